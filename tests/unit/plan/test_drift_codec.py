from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from support.drifts import CHECKED
from support.plans import EVERYTHING
from support.schemas import check

from envsync.model import Expected
from envsync.plan.changes import Address, Kind, Origin, Risk
from envsync.plan.codec import dumps, encode
from envsync.plan.drift import Checked, Deed, Difference, Drift, DriftField, Excused
from envsync.plan.drift_codec import drift_digest, encode_drift, news_digest
from envsync.plan.shard import Shard

AT = Address("acme/payments", "Prüfung / 1")
OPENED = Difference(
    AT,
    Kind.SETTINGS,
    None,
    Deed.CHANGED,
    Origin.CONFLICT,
    Risk.WEAKENS,
    "carol can approve",
    (DriftField("required_reviewers", ("ann",), ("ann", "carol")),),
    after="2026-01-01T00:00:00Z",
)
TOUCHED = Difference(
    AT,
    Kind.SECRET,
    "TOKEN",
    Deed.CHANGED,
    Origin.OUTSIDE,
    Risk.NEUTRAL,
    "somebody wrote it",
    since="2026-02-03T04:05:06Z",
)
LOST = Difference(AT, Kind.ENVIRONMENT, None, Deed.REMOVED, Origin.UNKNOWN, Risk.WEAKENS, "gone")
EXPECTED = Expected("*", frozenset(), "incident 4711", date(2026, 12, 1))
DRIFT = Drift(
    differences=(OPENED, LOST, TOUCHED),
    expected=(Excused(TOUCHED, EXPECTED),),
    lapsed=(Excused(OPENED, EXPECTED),),
    pending=EVERYTHING.changes,
    unread=EVERYTHING.unread,
    warnings=EVERYTHING.warnings,
    unmanaged=EVERYTHING.unmanaged,
)


def said(drift: Drift) -> Any:
    checked = Checked(drift, ("acme/payments",), "https://api.github.com", ("payments",))
    return check("drift", dumps(encode_drift(checked)))


def test_a_drift_with_everything_in_it_is_as_the_schema_says() -> None:
    found = said(DRIFT)

    assert found["summary"] == {
        "differences": 3,
        "outside": 1,
        "conflict": 1,
        "unknown": 1,
        "weakens": 2,
        "expected": 1,
        "pending": len(EVERYTHING.changes),
    }
    assert found["differences"][0] == {
        "repository": "acme/payments",
        "environment": "Prüfung / 1",
        "kind": "settings",
        "name": None,
        "deed": "changed",
        "origin": "conflict",
        "risk": "weakens",
        "reason": "carol can approve",
        "fields": [{"name": "required_reviewers", "declared": ["ann"], "live": ["ann", "carol"]}],
        "since": None,
        "after": "2026-01-01T00:00:00Z",
        "by_hand": False,
    }
    assert found["expected"] == [
        {
            "difference": found["differences"][2],
            "environment": "*",
            "differences": [],
            "reason": "incident 4711",
            "until": "2026-12-01",
        }
    ]
    assert found["lapsed"][0]["difference"] == found["differences"][0]
    assert [each["action"] for each in found["pending"][:2]] == ["delete", "create"]
    assert found["unmanaged"] == encode(EVERYTHING)["unmanaged"] != []


def test_nothing_pending_is_another_thing_than_nobody_asked() -> None:
    asked, unasked = said(Drift(pending=())), said(Drift())

    assert (asked["pending"], asked["summary"]["pending"]) == ([], 0)
    assert (unasked["pending"], unasked["summary"]["pending"]) == (None, None)


def test_it_says_what_was_looked_at_and_how() -> None:
    found = check("drift", dumps(encode_drift(replace(CHECKED, shard=Shard(2, 4)))))

    assert {name: found[name] for name in list(found)[:7]} == {
        "format_version": "1.1",
        "shard": {"index": 2, "count": 4},
        "server": "https://api.github.com",
        "owners": ["payments", "web"],
        "asked": {"repositories": ["acme/*"], "environments": ["*"], "settings_only": True},
        "repositories": ["acme/gone", "acme/payments", "acme/web"],
        "shut_out": False,
    }
    assert found["idle"] == [
        {
            "environment": "staging",
            "differences": [],
            "reason": "load test",
            "until": "2026-11-01",
            "repositories": ["acme/gone", "acme/payments", "acme/web"],
            "where": ["acme/web"],
        }
    ]


def test_what_apply_cannot_put_back_is_said_and_makes_no_other_drift() -> None:
    by_hand = replace(LOST, by_hand=True)

    assert [each["by_hand"] for each in said(Drift((LOST, by_hand)))["differences"]] == [False, True]
    assert drift_digest([LOST]) == drift_digest([by_hand]), "issues hold digests from before it was said"


@pytest.mark.parametrize("deed", Deed)
def test_every_deed_is_as_the_schema_says(deed: Deed) -> None:
    assert said(Drift((replace(LOST, deed=deed),)))["differences"][0]["deed"] == deed


def test_another_order_wording_or_apply_is_the_same_drift() -> None:
    same = replace(TOUCHED, reason="other words", after="2026-09-09T00:00:00Z")

    assert drift_digest([TOUCHED, LOST]) == drift_digest([LOST, same])


@pytest.mark.parametrize(
    "other",
    [
        replace(TOUCHED, at=Address("acme/web", "production")),
        replace(TOUCHED, kind=Kind.VARIABLE),
        replace(TOUCHED, name="OTHER"),
        replace(TOUCHED, deed=Deed.REMOVED),
        replace(TOUCHED, origin=Origin.CONFLICT),
        replace(TOUCHED, risk=Risk.WEAKENS),
        replace(TOUCHED, fields=(DriftField("value", None, "1"),)),
        replace(TOUCHED, since="2026-02-03T04:05:07Z"),
    ],
)
def test_anything_else_that_moved_is_another_drift(other: Difference) -> None:
    assert drift_digest([TOUCHED]) != drift_digest([other])
    assert len(drift_digest([other])) == 64


def test_what_is_only_listed_is_no_news() -> None:
    assert news_digest(replace(DRIFT, unmanaged=(), unread=(), warnings=())) == news_digest(DRIFT)
    assert news_digest(Drift((LOST,), unmanaged=EVERYTHING.unmanaged)) == drift_digest([LOST])


def test_one_difference_more_or_none_is_another_drift() -> None:
    assert len({drift_digest(each) for each in ([], [LOST], [LOST, TOUCHED], [LOST, LOST])}) == 4
