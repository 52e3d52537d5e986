from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from support.plans import EVERYTHING

from envsync.model import Expected
from envsync.plan.changes import Address, Kind, Notice, Origin, Risk, Unmanaged
from envsync.plan.drift import Deed, Difference, Drift, Excused

HERE = Difference(
    Address("acme/payments", "production"),
    Kind.SETTINGS,
    None,
    Deed.CHANGED,
    Origin.OUTSIDE,
    Risk.WEAKENS,
    "carol can approve",
)
THERE = replace(HERE, at=Address("acme/web", "production"), origin=Origin.UNKNOWN, risk=Risk.NEUTRAL)
EXPECTED = Expected("*", frozenset(), "incident 4711", date(2026, 12, 1))
BOTH = Drift(
    (HERE, THERE),
    (Excused(HERE, EXPECTED), Excused(THERE, EXPECTED)),
    (Excused(HERE, EXPECTED), Excused(THERE, EXPECTED)),
    EVERYTHING.changes,
    EVERYTHING.unread,
    (Notice(None, "sandbox", "of all"), Notice("acme/web", "renamed-repository", "of one")),
    tuple(Unmanaged(each.at, Kind.VARIABLE, "BY_HAND") for each in (HERE, THERE)),
)


@pytest.mark.parametrize(
    ("found", "drifted"),
    [
        (Drift(), False),
        (Drift(pending=()), False),
        (Drift(expected=(Excused(HERE, EXPECTED),)), False),
        (Drift((HERE,)), True),
        (Drift(pending=EVERYTHING.changes), True),
    ],
)
def test_what_counts_and_what_is_pending_has_to_be_seen_to(found: Drift, *, drifted: bool) -> None:
    assert found.drifted is drifted


def test_what_counts_is_counted_by_risk_and_origin() -> None:
    assert (BOTH.weakened, BOTH.of(Origin.OUTSIDE), BOTH.of(Origin.CONFLICT)) == (1, 1, 0)
    assert BOTH.partly_read
    assert not Drift().partly_read


def test_what_is_about_one_repository_leaves_the_others_out() -> None:
    web = BOTH.only("acme/web")

    assert (web.differences, web.expected, web.lapsed) == (
        (THERE,),
        (Excused(THERE, EXPECTED),),
        (Excused(THERE, EXPECTED),),
    )
    assert web.pending is not None
    assert {each.at.repository for each in web.pending} == {"acme/web"}
    assert {each.repository for each in web.unread} == {"acme/web"}
    assert web.warnings == BOTH.warnings
    assert web.unmanaged == BOTH.unmanaged[1:]
    assert [each.code for each in BOTH.only("acme/payments").warnings] == ["sandbox"]


def test_nobody_asked_stays_nobody_asked() -> None:
    assert Drift().only("acme/web") == Drift()
