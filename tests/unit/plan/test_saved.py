from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.plans import CHANGED, EVERYTHING
from support.states import REPOSITORY, desired_repositories, live_repositories

from envsync.errors import ConfigError, Refused
from envsync.plan.changes import (
    FieldChange,
    Notice,
    Plan,
    Risk,
    SecretState,
    SettingsUpdate,
    UnreadPart,
    VariableCreate,
    VariableUpdate,
    Verdict,
)
from envsync.plan.codec import dumps, encode
from envsync.plan.diff import diff
from envsync.plan.saved import LARGEST, differences, hold, parse

if TYPE_CHECKING:
    from envsync.model import DesiredRepository, LiveRepository

SCHEMA = json.loads((Path(__file__).parents[3] / "schemas/plan.schema.json").read_text(encoding="utf-8"))


def saved(plan: Plan = EVERYTHING) -> dict[str, Any]:
    """What a plan is once it was saved and read again."""
    return parse(dumps(encode(plan)).encode(), "plan.json", SCHEMA)


def compared(before: Plan, after: Plan) -> tuple[str, ...]:
    return differences(saved(before), encode(after))


def wrong(content: bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(content, "plan.json", SCHEMA)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.hint
    return f"{diagnostic.code}: {diagnostic.message}"


# --- what is the same --------------------------------------------------------------------------------------


def test_a_plan_is_what_was_saved_of_it() -> None:
    assert saved() == encode(EVERYTHING)
    hold(saved(), EVERYTHING, "plan.json")


def test_warnings_are_not_compared() -> None:
    warned = replace(EVERYTHING, warnings=(Notice(None, "no-source", "a source has nothing to give"),))

    assert compared(EVERYTHING, warned) == ()


@given(desired_repositories(), live_repositories(), live_repositories())
def test_two_plans_differ_in_nothing_only_if_they_are_one(
    desired: DesiredRepository, live: LiveRepository, other: LiveRepository
) -> None:
    first, second = (diff([desired], {REPOSITORY.key: each}) for each in (live, other))

    assert compared(first, first) == ()
    assert (compared(first, second) == ()) == (first == second)


# --- what differs ------------------------------------------------------------------------------------------


def test_a_change_that_is_new_or_gone() -> None:
    new = VariableCreate(CHANGED, Verdict(Risk.NEUTRAL, "not on GitHub"), "NEW", "1")
    without = Plan(EVERYTHING.base_digest, changes=EVERYTHING.changes[:2])

    assert compared(without, replace(without, changes=(*without.changes, new))) == (
        "new: acme/payments staging: create variable NEW",
    )
    assert compared(without, replace(without, changes=without.changes[1:])) == (
        "gone: acme/payments old: delete environment",
    )


def test_a_change_that_differs_says_in_what() -> None:
    before = SettingsUpdate(CHANGED, Verdict(Risk.NEUTRAL, "a"), (FieldChange("wait_timer", 30, 10),))
    after = SettingsUpdate(
        CHANGED,
        Verdict(Risk.WEAKENS, "a"),
        (
            FieldChange("required_reviewers", ("ann",), ()),
            FieldChange("wait_timer", 30, 0),
            FieldChange("can_admins_bypass", before=False, after=True),
        ),
    )

    (line,) = compared(Plan("0" * 64, (before,)), Plan("0" * 64, (after,)))

    assert line == (
        "differs: acme/payments staging: update settings: risk weakens instead of neutral; "
        "can_admins_bypass false -> true instead of unchanged; "
        'required_reviewers ["ann"] -> [] instead of unchanged; '
        "wait_timer 30 -> 0 instead of 30 -> 10"
    )


def test_the_state_of_a_secret() -> None:
    known, *others = EVERYTHING.secrets
    rotated = replace(known, state=SecretState.UNVERIFIABLE)

    assert compared(EVERYTHING, replace(EVERYTHING, secrets=(rotated, *others))) == (
        "differs: acme/payments production: secret DB_PASSWORD: state unverifiable instead of missing",
    )
    assert compared(EVERYTHING, replace(EVERYTHING, secrets=tuple(others))) == (
        "gone: acme/payments production: secret DB_PASSWORD (missing)",
    )


def test_what_stands_beside_the_changes() -> None:
    unread = UnreadPart("acme/new", None, "repository", "GitHub answered 502", None, failed=True)
    now = replace(
        EVERYTHING, unmanaged=EVERYTHING.unmanaged[1:], unmet=(), unread=(unread, *EVERYTHING.unread[1:])
    )

    assert compared(EVERYTHING, now) == (
        "gone: acme/payments github-actions: unmanaged environment",
        "gone: acme/payments production: cannot be met: secret LEGACY_TOKEN",
        "gone: acme/gone: not read: repository",
        "new: acme/new: not read: repository",
    )


def test_only_something_else_moved() -> None:
    assert compared(EVERYTHING, replace(EVERYTHING, base_digest="1" * 64)) == (
        "something else on GitHub moved, of which nothing shows in the plan",
    )


def test_a_value_is_shortened_and_a_name_cannot_pass_for_another_line() -> None:
    name, verdict = "A\n  new: B" + "x" * 400, Verdict(Risk.NEUTRAL, "")
    before, after = (VariableUpdate(CHANGED, verdict, name, "", value * 400) for value in "12")

    (line,) = compared(Plan("0" * 64, (before,)), Plan("0" * 64, (after,)))

    assert line.isprintable()
    assert len(line) < 400


# --- files that nobody saved so ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edit",
    [
        lambda plan: plan["summary"].update(weakens=0),
        lambda plan: plan["changes"].reverse(),
        lambda plan: plan["changes"].append(plan["changes"][0]),
        lambda plan: plan["changes"][7]["fields"].reverse(),
        lambda plan: plan.update(format_version="1.0\n"),
    ],
)
def test_an_edit_that_changes_no_change_is_noticed_all_the_same(edit: Any) -> None:
    document = saved()
    edit(document)

    found = differences(parse(json.dumps(document).encode(), "plan.json", SCHEMA), encode(EVERYTHING))

    assert found == ("the file was edited: its order, its summary or its version is not what envsync writes",)


def test_true_is_not_taken_for_1() -> None:
    document = saved()
    document["changes"][7]["fields"][1]["after"] = False

    assert differences(document, encode(EVERYTHING)) == (
        "differs: acme/payments staging: update settings: wait_timer 30 -> 0 instead of 30 -> false",
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is not JSON"),
        (b"version: 1", "it is not JSON"),
        (b"\xff\xfe{\x00}\x00", "it is not JSON"),
        (b"\xef\xbb\xbf{}", "it is not JSON"),
        (b"[" * 200_000, "it is not JSON"),
        (b"9" * 10_000, "it is not JSON"),
        (b"[]", "it is not a JSON object"),
        (b"null", "it is not a JSON object"),
        (b"{}", "what stands at $ is not what the format of a plan has there"),
        (b'{"format_version": 2}', "what stands at $ is not"),
        (b" " * (LARGEST + 1), "it is larger than 64 MiB"),
    ],
    ids=str,
)
def test_what_is_no_plan_is_refused(content: bytes, why: str) -> None:
    assert wrong(content).startswith(f"plan-file: plan.json is not a saved plan: {why}")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.changes[0].risk", "harmless"),
        ("$.changes[0].command", ["rm"]),
        ("$.changes[7].fields[1].after", float("nan")),
        ("$.base_digest", "0"),
        ("$.unread[0].failed", 1),
    ],
)
def test_a_plan_of_another_shape_is_refused_with_the_place_and_without_what_stands_there(
    path: str, value: object
) -> None:
    document: Any = saved()
    *steps, last = path.removeprefix("$.").replace("[", ".").replace("]", "").split(".")
    part = document
    for step in steps:
        part = part[int(step)] if step.isdigit() else part[step]
    part[last] = value

    message = wrong(json.dumps(document).encode())

    assert path.removesuffix(".command") in message
    assert "harmless" not in message


@pytest.mark.parametrize("version", ["2.0", "1.1", "10.0"])
def test_another_version_of_the_format_is_named(version: str) -> None:
    assert wrong(json.dumps({"format_version": version, "steps": []}).encode()) == (
        f"unsupported-plan-version: plan.json is a plan of format version {version}, "
        "and this envsync makes version 1.0"
    )


@given(
    st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda x: dumps(x).encode())
)
def test_nothing_but_a_plan_is_read_as_one(content: bytes) -> None:
    assert wrong(content)


# --- the refusal -------------------------------------------------------------------------------------------


def test_what_was_not_agreed_to_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        hold(saved(), replace(EVERYTHING, base_digest="1" * 64), "plan.json")

    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "plan-changed"
    assert diagnostic.message == (
        "the plan is not the one in plan.json any more:\n"
        "  something else on GitHub moved, of which nothing shows in the plan"
    )
    assert str(diagnostic.hint).startswith("run plan again")


def test_a_refusal_lists_no_more_than_anybody_reads() -> None:
    verdict = Verdict(Risk.NEUTRAL, "not on GitHub")
    many = tuple(VariableCreate(CHANGED, verdict, f"V{number:03}", "") for number in range(60))

    with pytest.raises(Refused) as caught:
        hold(saved(Plan("0" * 64)), Plan("0" * 64, many), "plan.json")

    lines = caught.value.diagnostics[0].message.splitlines()
    assert (len(lines), lines[-1]) == (52, "  and 10 more")
