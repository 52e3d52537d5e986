"""What a shard found comes back as it was, and what nobody's shard found does not come in."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.drifts import CHECKED, EXAMPLES, RECORDS
from support.plans import EVERYTHING, THREE_WAY
from support.shards import SCHEMAS, World, document, printed, worlds

from envsync.errors import ConfigError
from envsync.plan.changes import Address, FieldChange, Release, Risk, Verdict
from envsync.plan.codec import dumps
from envsync.plan.drift import Checked, Drift
from envsync.plan.drift_decode import parse_drift
from envsync.plan.shard import Shard

NAMES = ("acme/gone", "acme/payments", "acme/web")


def parsed(content: str | bytes) -> Checked:
    return parse_drift(content.encode() if isinstance(content, str) else content, "1.json", SCHEMAS)


def wrong(content: str | bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        parsed(content)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.hint
    return f"{diagnostic.code}: {diagnostic.message}"


def refused(said: Any) -> str:
    return wrong(json.dumps(said)).removeprefix("merge-file: 1.json is not what drift wrote: ")


def of(found: Drift) -> Checked:
    return replace(CHECKED, found=found)


# --- what comes back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
def test_everything_that_drift_can_have_comes_back_as_it_was(name: str) -> None:
    checked = of(EXAMPLES[name])

    assert parsed(printed(checked)) == checked


def test_every_change_that_can_be_pending_comes_back_as_it_was() -> None:
    at, verdict = Address("acme/web", "production"), Verdict(Risk.WEAKENS, "nobody notices any more")
    released = [
        Release(at, verdict, FieldChange("ignore", (), ("wait_timer",))),
        Release(at, verdict, FieldChange("never_touch", before=True, after=False)),
    ]
    changes = [*EVERYTHING.changes, *THREE_WAY.changes, *released]
    here = tuple(each for each in changes if each.at.repository in NAMES)
    assert {type(each) for each in here} == {type(each) for each in changes}
    checked = of(Drift(pending=here))

    assert parsed(printed(checked)) == checked


@given(worlds(), st.sampled_from((None, Shard(1, 2), Shard(3, 3))))
def test_what_a_run_found_comes_back_as_it_was(world: World, shard: Shard | None) -> None:
    checked = world.checked(shard)

    again = parsed(printed(checked))

    assert again == checked
    assert printed(again) == printed(checked)


def test_the_order_of_members_does_not_matter() -> None:
    assert parsed(json.dumps(document(CHECKED), sort_keys=True)) == CHECKED


# --- what is no drift --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is not JSON"),
        (printed(CHECKED)[:-20].encode(), "it is not JSON"),
        (b"\xff\xfe{\x00}\x00", "it is not JSON"),
        (b"[" * 200_000, "it is not JSON"),
        (b"9" * 10_000, "it is not JSON"),
        (b'{"format_version": "\\ud800"}', "it is not JSON"),
        (b'{"format_version": 1.1}', "it is not JSON"),
        (b'{"format_version": NaN}', "it is not JSON"),
        (b"[]", "it is not a JSON object"),
        (b"{}", "what stands at $ is not what the format"),
        (b'{"format_version": "1"}', "what stands at $ is not what the format"),
    ],
    ids=lambda each: repr(each)[:40],
)
def test_what_is_no_drift_is_refused(content: bytes, why: str) -> None:
    assert wrong(content).startswith(f"merge-file: 1.json is not what drift wrote: {why}")


@pytest.mark.parametrize("version", ["1.0", "1.2", "2.0"])
def test_another_version_of_the_format_is_named(version: str) -> None:
    """A newer minor one may say something that this envsync would leave out without a word."""
    assert wrong(json.dumps({"format_version": version})) == (
        f"unsupported-drift-version: 1.json is a drift of format version {version}, "
        "and this envsync makes version 1.1"
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("more", "hostile"),
        ("shard", {"index": 0, "count": 2}),
        ("shard", {"index": 1, "count": 10**9}),
        ("differences.0.risk", "hostile"),
        ("differences.0.command", ["hostile"]),
        ("unread.0.failed", 1),
        ("summary.weakens", True),
        ("expected.0.until", "hostile"),
        ("pending.0.fields", {}),
        ("idle.0.where", "hostile"),
        ("format_version", "hostile\n1.1"),
    ],
)
def test_another_shape_is_refused_with_its_place_and_without_what_stands_there(path: str, value: object) -> None:
    message = edited(path, value)

    assert "what stands at $" in message
    assert "hostile" not in message


def edited(path: str, value: object) -> str:
    said = document(CHECKED)
    *steps, last = path.split(".")
    part = said
    for step in steps:
        part = part[int(step)] if step.isdigit() else part[step]
    part[last] = value
    return refused(said)


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("shard", {"index": 3, "count": 2}, "it says what no drift can say"),
        ("differences.0.since", "yesterday", "it says what no drift can say"),
        ("differences.0.after", "2026-11-20T09:12:00+00:00", "it says what no drift can say"),
        ("expected.0.until", "2026-02-30", "it says what no drift can say"),
        ("pending.0.action", "create", "it says what no drift can say"),
        ("summary.weakens", 0, "it was edited"),
        ("format_version", "1.1\n", "it was edited"),
        ("expected.0.until", "2026-12-01\n", "it says what no drift can say"),
        ("expected.0.differences", ["b", "a"], "it was edited"),
        ("repositories", ["acme/web", "acme/payments", "acme/gone"], "`repositories` is not sorted"),
        ("repositories", [*NAMES, "acme/WEB"], "`repositories` is not sorted, or names one twice"),
        ("repositories", ["acme/x\x1b[31m", *NAMES], "`repositories` has something else than names"),
        ("repositories", [*NAMES, "https://evil/x"], "`repositories` has something else than names"),
        ("repositories", ["acme/payments", "acme/web"], "it tells of a repository that is not among"),
        ("warnings.0.code", "sandbox\n", "a warning has no code"),
        ("lapsed.0.difference.reason", "x", "`lapsed` has what is not in `differences`"),
        ("idle.0.where", ["acme/other"], "`idle` tells of a repository"),
        ("idle.0.repositories", ["acme/payments"], "`idle` tells of a repository"),
        ("shut_out", True, "`shut_out` says that nothing was read"),
    ],
)
def test_what_contradicts_itself_is_refused(path: str, value: object, why: str) -> None:
    assert edited(path, value).startswith(why)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("environment", {"action": "update"}),
        ("settings", {"action": "create"}),
        ("branch_pattern", {"action": "update"}),
        ("branch_pattern", {"name": None}),
        ("protection_rule", {"action": "update"}),
        ("variable", {"fields": []}),
        ("variable", {"fields": [{"name": "value", "before": None, "after": 1}]}),
        ("secret", {"name": None}),
        ("secret", {"fields": [{"name": "value", "before": None, "after": "hunter2"}]}),
    ],
)
def test_what_no_plan_has_is_not_pending(kind: str, change: dict[str, Any]) -> None:
    pending = tuple(each for each in EVERYTHING.changes if each.at.repository in NAMES)
    said = document(of(Drift(pending=pending)))
    next(each for each in said["pending"] if each["kind"] == kind).update(change)

    assert refused(said).startswith(("it says what no drift can say", "it was edited"))


@given(
    st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda x: dumps(x).encode())
)
def test_nothing_but_a_drift_is_read_as_one(content: bytes) -> None:
    assert wrong(content)


def test_a_repository_that_nobody_may_read_makes_the_check_shut_out() -> None:
    names = ("acme/gone",)
    blind = replace(CHECKED, found=Drift(unread=CHECKED.found.unread[:1]), repositories=names, shut_out=True)

    assert parsed(printed(blind)).shut_out
    assert not parsed(printed(of(RECORDS))).shut_out


def test_a_plan_is_no_drift() -> None:
    with pytest.raises(ConfigError, match=r"1\.json is a plan: it says what apply would do") as raised:
        parse_drift(b'{"format_version": "1.0", "base_digest": "0"}', "1.json", SCHEMAS)
    assert raised.value.diagnostics[0].code == "not-a-drift"


def test_what_stands_twice_is_not_taken() -> None:
    """It means one thing to one reader, and another thing to the next one."""
    with pytest.raises(ConfigError, match="it is not JSON, or none of envsync's"):
        parse_drift(b'{"format_version": "1.1", "differences": [], "differences": []}', "1.json", SCHEMAS)
