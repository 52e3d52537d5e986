from __future__ import annotations

from dataclasses import replace

import pytest
from support.life import (
    DEVELOP,
    MAIN,
    SEAL,
    START,
    Life,
    Run,
    iso,
    marked,
    pattern_list,
    production,
    rule_list,
    secrets,
    variables,
)

from envsync.errors import FailureKind
from envsync.model import Field, LiveEnvironment, LiveSecret, RefPolicy, Settings, Unread, User
from envsync.plan.changes import Address, EnvironmentDelete, Origin, Risk, Verdict, view
from envsync.plan.intent import absorb, intend, moment
from envsync.plan.record import IntendedVariable, Intent, Made, RecordedVariable
from envsync.plan.strictness import OPEN, Protection

SELECTED = Settings((User("ann"),), 30, deployment_branch_policy=RefPolicy.SELECTED)
FILE = production(
    settings=SELECTED,
    patterns=frozenset({MAIN}),
    protection_rules=frozenset({"gate"}),
    variables={"REGION": "eu"},
    secrets=secrets("TOKEN"),
)
GOAL = Protection(SELECTED, frozenset({MAIN}), frozenset({"gate"}))
OLD, NEW = Run(sources={"TOKEN": b"old"}), Run(sources={"TOKEN": b"new"})
WHOLE = Life().apply(FILE, OLD)
EMPTY = Life(LiveEnvironment("production", 9))
FAILED = Unread("it did not answer", FailureKind.UNAVAILABLE)


def absorbed(life: Life) -> tuple[Protection | None, dict[str, RecordedVariable]]:
    record = absorb(life.record, life.live, SEAL)
    return record.protection, dict(record.variables)


# --- what is intended --------------------------------------------------------------------------------------


def test_an_intent_says_how_each_thing_was_and_is_to_be() -> None:
    file = replace(
        FILE, settings=replace(SELECTED, wait_timer=60), variables={"LEVEL": "1", "REGION": "us"}, secrets={}
    )
    cut = WHOLE.cut_off(file)

    assert cut.record.intent == Intent(
        (GOAL, replace(GOAL, settings=file.settings)),
        {
            "LEVEL": IntendedVariable(None, marked("1", "LEVEL")),
            "REGION": IntendedVariable(marked("eu"), marked("us")),
        },
        {"TOKEN": START + 100},
    )
    assert replace(cut.record, intent=None, time=WHOLE.record.time) == WHOLE.record


def test_what_goes_is_intended_not_to_be_there() -> None:
    intent = WHOLE.cut_off(replace(FILE, variables={})).record.intent

    assert intent == Intent(variables={"REGION": IntendedVariable(marked("eu"), None)}, secrets={})


def test_a_new_environment_was_open_and_held_nothing() -> None:
    entry = Life().entry(FILE, OLD)

    assert entry.intent(SEAL, START).made is Made.CREATED
    assert entry.intent(SEAL, START).intent == Intent(
        (OPEN, GOAL), {"REGION": IntendedVariable(None, marked("eu"))}, {"TOKEN": None}
    )


def test_what_github_would_not_show_is_not_intended() -> None:
    gone = EnvironmentDelete(Address("acme/payments", "old"), Verdict(Risk.DESTROYS, "gone", Origin.CONFIG))
    released = WHOLE.entry(replace(FILE, ignore=frozenset({Field.WAIT_TIMER})), OLD).changes

    assert len(released) == 1
    assert intend([gone, *released], WHOLE.live, GOAL, None, SEAL) is None


def test_a_date_that_nobody_can_read_is_before_any_other() -> None:
    assert moment("yesterday") == 0
    assert moment(iso(START)) == START
    there = {"TOKEN": LiveSecret("TOKEN", "yesterday", "yesterday")}
    intent = EMPTY.meddle(secrets=there).entry(FILE, replace(OLD, rotate=("*",))).intent(SEAL, START).intent

    assert intent is not None
    assert intent.secrets == {"TOKEN": 0}


@pytest.mark.parametrize("live", [None, EMPTY.live, EMPTY.meddle(secrets=FAILED).live])
def test_a_secret_that_nobody_saw_was_not_there(live: LiveEnvironment | None) -> None:
    changes = Life().entry(FILE, OLD).changes

    intent = intend(changes, live, GOAL, None, SEAL)

    assert intent is not None
    assert intent.secrets == {"TOKEN": None}


# --- cut off again -----------------------------------------------------------------------------------------


def test_an_intent_goes_back_to_before_the_first_apply_that_was_cut_off() -> None:
    """Else the date of the first one's own write would pass for somebody else's."""
    first = WHOLE.cut_off(FILE, NEW, done=lambda _: True)
    second = first.cut_off(FILE, NEW)

    assert first.record.intent is not None
    assert second.record.intent is not None
    assert first.record.intent.secrets == second.record.intent.secrets == {"TOKEN": START + 100}
    (change,) = second.plan(FILE, NEW).changes
    assert change.verdict.origin is Origin.INTERRUPTED


def test_it_does_not_go_back_past_what_somebody_else_wrote() -> None:
    first = WHOLE.cut_off(FILE, NEW)
    late = first.record.time + 10_000
    second = first.written_secret("TOKEN", late).cut_off(FILE, NEW)

    assert second.record.intent is not None
    assert second.record.intent.secrets == {"TOKEN": late}


@pytest.mark.parametrize("stop", ["before", "middle", "after"])
def test_a_second_cut_off_accuses_nobody_either(stop: str) -> None:
    middle = replace(FILE, settings=replace(SELECTED, wait_timer=60), variables={"REGION": "us", "LEVEL": "1"})
    last = replace(
        FILE, settings=Settings((User("bob"),), 5), patterns=frozenset(), variables={"REGION": "asia"}, secrets={}
    )
    for done in (True, False):
        first = WHOLE.cut_off(middle, NEW, stop=stop, done=lambda _, done=done: done)  # type: ignore[misc]
        second = first.cut_off(last, NEW, stop=stop, done=lambda _, done=done: done)  # type: ignore[misc]
        for file in (FILE, middle, last):
            for life in (first, second):
                plan = life.plan(file, NEW)
                accused = {
                    view(each)
                    for each in plan.changes
                    if each.verdict.origin in (Origin.OUTSIDE, Origin.CONFLICT, Origin.UNKNOWN)
                }
                assert not accused, (done, file)
        assert first.apply(last, NEW).plan(last, NEW).changes == ()


# --- what was done of it -----------------------------------------------------------------------------------


def test_without_an_intent_nothing_is_absorbed() -> None:
    assert absorb(WHOLE.record, WHOLE.live, SEAL) == WHOLE.record
    cut = WHOLE.cut_off(replace(FILE, variables={"REGION": "us"}), done=lambda _: True)
    assert absorb(cut.record, None, SEAL) == cut.record


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({"REGION": "us", "LEVEL": "1"}, {"REGION": "us", "LEVEL": "1"}),
        ({"REGION": "us", "LEVEL": "1", "OLD": "x"}, {"REGION": "us", "LEVEL": "1", "OLD": "x"}),
        ({"REGION": "eu", "OLD": "x"}, {"REGION": "eu", "OLD": "x"}),
        ({"REGION": "xx", "LEVEL": "xx", "OLD": "yy"}, {"REGION": "eu", "OLD": "x"}),
        ({}, {"REGION": "eu"}),
    ],
)
def test_variables_are_absorbed_as_far_as_github_shows_the_intended_ones(
    now: dict[str, str], expected: dict[str, str]
) -> None:
    start = Life().apply(production(variables={"REGION": "eu", "OLD": "x"}))
    cut = start.cut_off(production(variables={"REGION": "us", "LEVEL": "1"})).meddle(variables=variables(**now))

    found = absorbed(cut)[1]

    assert {name: each.mark for name, each in found.items()} == {
        name: marked(value, name) for name, value in expected.items()
    }
    assert {each.made for each in found.values()} == {Made.CREATED}


def test_what_an_apply_only_changed_it_adopted() -> None:
    there = EMPTY.meddle(variables=variables(REGION="eu"))
    cut = there.cut_off(production(variables={"REGION": "us", "LEVEL": "1"}), done=lambda _: True)

    found = absorbed(cut)[1]

    assert (found["REGION"].made, found["LEVEL"].made) == (Made.ADOPTED, Made.CREATED)


def test_variables_that_were_not_read_are_as_they_were_on_record() -> None:
    cut = WHOLE.cut_off(replace(FILE, variables={"REGION": "us"}), done=lambda _: True)

    assert absorb(cut.record, cut.meddle(variables=FAILED).live, SEAL).variables == WHOLE.record.variables


# --- of the protection -------------------------------------------------------------------------------------

WIDER = replace(
    FILE,
    settings=replace(SELECTED, wait_timer=5),
    patterns=frozenset({MAIN, DEVELOP}),
    protection_rules=frozenset({"datadog"}),
)


@pytest.mark.parametrize("stop", ["before", "middle", "after"])
def test_the_protection_is_absorbed_as_far_as_it_got(stop: str) -> None:
    cut = WHOLE.cut_off(WIDER, stop=stop)
    assert cut.live is not None
    assert not isinstance(cut.live.patterns, Unread)
    assert not isinstance(cut.live.protection_rules, Unread)

    assert absorbed(cut)[0] == Protection(
        cut.live.settings,
        frozenset(each.pattern for each in cut.live.patterns),
        frozenset(each.app for each in cut.live.protection_rules),
    )


def test_what_somebody_else_did_meanwhile_is_not_absorbed() -> None:
    cut = WHOLE.cut_off(WIDER)
    assert cut.live is not None
    release = replace(DEVELOP, name="release/*")
    cut = cut.meddle(
        settings=replace(cut.live.settings, required_reviewers=(User("mallory"),)),
        patterns=pattern_list([DEVELOP, release]),
        protection_rules=rule_list(["datadog", "strange"]),
    )

    assert absorbed(cut)[0] == Protection(
        replace(SELECTED, wait_timer=5), frozenset({MAIN, DEVELOP}), frozenset({"datadog"})
    )


def test_what_was_not_read_is_not_absorbed() -> None:
    cut = WHOLE.cut_off(WIDER).meddle(patterns=FAILED, protection_rules=FAILED)

    assert absorbed(cut)[0] == Protection(replace(SELECTED, wait_timer=5), GOAL.patterns, GOAL.rules)


def test_an_intent_that_is_not_about_the_protection_leaves_it() -> None:
    cut = WHOLE.cut_off(replace(FILE, variables={"REGION": "us"})).meddle(settings=Settings())

    assert absorbed(cut)[0] == GOAL


def test_a_first_apply_vouches_for_the_protection_it_got_to() -> None:
    for stop in ("before", "middle", "after"):
        cut = EMPTY.cut_off(FILE, OLD, stop=stop)
        assert cut.record.protection is None
        assert absorbed(cut)[0] is not None
    assert absorbed(EMPTY.cut_off(FILE, OLD))[0] == GOAL


@pytest.mark.parametrize(
    "meddled",
    [
        {"settings": replace(SELECTED, required_reviewers=(User("mallory"),))},
        {"patterns": pattern_list([MAIN, DEVELOP])},
        {"protection_rules": rule_list(["gate", "strange"])},
    ],
)
def test_a_first_apply_vouches_for_nothing_where_somebody_else_had_a_hand_in_it(
    meddled: dict[str, object],
) -> None:
    assert absorbed(EMPTY.cut_off(FILE, OLD).meddle(**meddled))[0] is None


def test_a_first_apply_vouches_for_nothing_where_something_is_gone_that_it_did_not_touch() -> None:
    there = EMPTY.meddle(settings=SELECTED, patterns=pattern_list([MAIN]), protection_rules=rule_list(["gate"]))
    cut = there.cut_off(replace(FILE, settings=replace(SELECTED, wait_timer=60)), OLD)

    assert absorbed(cut)[0] is not None
    assert absorbed(cut.meddle(patterns=()))[0] is None
    assert absorbed(cut.meddle(protection_rules=()))[0] is None
