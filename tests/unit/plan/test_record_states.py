from __future__ import annotations

from dataclasses import replace

import pytest
from support.life import (
    AT,
    OTHER_KEYS,
    RENEWED_KEYS,
    START,
    Life,
    Run,
    iso,
    production,
    secrets,
    variables,
)

from envsync.model import RECORD_VARIABLE, LiveEnvironment, LiveVariable, Settings, Unread
from envsync.plan.changes import RecordNext, RecordState, VariableCreate, VariableUpdate
from envsync.plan.record import Absent, Newer, Recorded, Tampered, Unverified
from envsync.plan.record_states import unproven

FILE = production(variables={"REGION": "eu"})
MOVED = production(variables={"REGION": "us"})
WHOLE = Life().apply(FILE)
BY_HAND = Life(LiveEnvironment("production", 9, variables=variables(REGION="eu")))
WRITE, KEEP, REMOVE = RecordNext.WRITE, RecordNext.KEEP, RecordNext.REMOVE
VERIFIED, FOREIGN, UNVERIFIED = RecordState.VERIFIED, RecordState.FOREIGN, RecordState.UNVERIFIED
TAMPERED, ABSENT = RecordState.TAMPERED, RecordState.ABSENT
UNKEYED = Unverified("another key", "set it")


@pytest.mark.parametrize(
    ("run", "state", "then"),
    [
        (Run(), VERIFIED, KEEP),
        (Run(RENEWED_KEYS), VERIFIED, WRITE),
        (Run(owner="platform"), FOREIGN, KEEP),
        (Run(owner="platform", take_over=True), FOREIGN, WRITE),
        (Run(None, owner="platform", take_over=True), FOREIGN, REMOVE),
        (Run(OTHER_KEYS), UNVERIFIED, KEEP),
        (Run(OTHER_KEYS, take_over=True), UNVERIFIED, WRITE),
        (Run(None), UNVERIFIED, KEEP),
        (Run(None, take_over=True), UNVERIFIED, REMOVE),
        (Run(recorded=Tampered("edited")), TAMPERED, WRITE),
        (Run(None, recorded=Tampered("edited")), TAMPERED, KEEP),
        (Run(recorded=Newer(2)), UNVERIFIED, KEEP),
        (Run(recorded=Newer(2), take_over=True), UNVERIFIED, KEEP),
        (Run(recorded=Absent()), ABSENT, WRITE),
    ],
)
def test_what_becomes_of_a_record_in_each_state(run: Run, state: RecordState, then: RecordNext) -> None:
    (status,) = WHOLE.plan(FILE, run).records

    assert (status.at, status.state, status.next) == (AT, state, then)
    assert (status.owner is not None) is (state is FOREIGN)
    assert bool(status.reason) is (state not in (VERIFIED, ABSENT) or run.keys is RENEWED_KEYS)


def test_with_neither_key_nor_record_there_is_nothing_to_say() -> None:
    assert BY_HAND.plan(FILE, Run(None)).records == ()


def test_a_record_is_written_anew_where_anything_changes() -> None:
    assert [each.next for each in WHOLE.plan(MOVED).records] == [WRITE]


def test_a_record_of_an_environment_that_is_not_there_yet_is_written() -> None:
    assert [(each.state, each.next) for each in Life().plan(FILE).records] == [(ABSENT, WRITE)]


@pytest.mark.parametrize(
    ("run", "timer", "codes"),
    [(Run(), 5, ["record-not-kept"]), (Run(), 0, []), (Run(None), 5, [])],
)
def test_where_variables_were_not_read_the_record_cannot_be_kept(run: Run, timer: int, codes: list[str]) -> None:
    unread = WHOLE.meddle(variables=Unread("as asked", None), record=None)

    plan = unread.plan(replace(FILE, settings=Settings(wait_timer=timer)), run)

    assert plan.records == ()
    assert [each.code for each in plan.warnings] == codes
    assert bool(plan.changes) is bool(timer)


def test_what_another_file_or_a_newer_envsync_owns_is_left_alone_with_a_reason() -> None:
    newer = WHOLE.meddle(record=LiveVariable(RECORD_VARIABLE, '{"version":3}', iso(START)))

    (foreign,) = WHOLE.plan(MOVED, Run(owner="platform")).unread
    (unknown,) = newer.plan(MOVED, Run(take_over=True)).unread

    assert foreign.reason == "its record says that it belongs to the file called payments"
    assert "--take-over" in (foreign.hint or "")
    assert unknown.reason == "its record has format 3, and this envsync knows format 1 only"
    assert "newer envsync" in (unknown.hint or "")
    assert foreign.failed
    assert unknown.failed


# --- room --------------------------------------------------------------------------------------------------


def many(count: int) -> dict[str, str]:
    return {f"V{number}": "x" for number in range(count)}


@pytest.mark.parametrize(("count", "then"), [(98, WRITE), (99, WRITE), (100, KEEP)])
def test_a_hundredth_variable_leaves_no_room_for_a_record(count: int, then: RecordNext) -> None:
    life = Life(LiveEnvironment("production", 9, variables=variables(**many(count))))

    for plan in (life.plan(production(variables=many(count))), Life().plan(production(variables=many(count)))):
        (status,) = plan.records
        assert (status.state, status.next) == (ABSENT, then)
        assert ("100 variables leave no room" in status.reason) is (then is KEEP)


def test_a_record_makes_room_for_the_hundredth_variable() -> None:
    life = Life().apply(production(variables=many(99)))

    (status,) = life.plan(production(variables=many(100))).records

    assert (status.state, status.next) == (VERIFIED, REMOVE)


@pytest.mark.parametrize(("prune", "then"), [(False, KEEP), (True, WRITE)])
def test_what_goes_makes_room(*, prune: bool, then: RecordNext) -> None:
    life = Life(LiveEnvironment("production", 9, variables=variables(**many(100))))

    (status,) = life.plan(production(variables=many(99), prune=prune)).records

    assert status.next is then


LONG = production(secrets=secrets(*(f"{'S' * 500}{number}" for number in range(100))))


@pytest.mark.parametrize(
    ("run", "then"),
    [
        (Run(), REMOVE),
        (Run(recorded=Tampered("edited")), REMOVE),
        (Run(owner="platform"), KEEP),
        (Run(owner="platform", take_over=True), REMOVE),
        (Run(OTHER_KEYS), KEEP),
        (Run(OTHER_KEYS, take_over=True), REMOVE),
        (Run(recorded=Newer(2)), KEEP),
    ],
)
def test_a_record_that_cannot_be_replaced_goes_only_where_it_could_be_written_over(
    run: Run, then: RecordNext
) -> None:
    (status,) = WHOLE.plan(LONG, run).records

    assert status.next is then


def test_a_record_that_is_too_long_is_not_written() -> None:
    (status,) = Life().plan(LONG).records

    assert status.next is KEEP
    assert "more than 48 KB" in status.reason


def test_without_a_key_room_does_not_matter() -> None:
    (status,) = WHOLE.meddle(variables=variables(**many(100))).plan(production(), Run(None)).records

    assert (status.state, status.next) == (UNVERIFIED, KEEP)


def test_a_newer_record_stays_even_where_there_is_no_room() -> None:
    life = Life(LiveEnvironment("production", 9, variables=variables(**many(100))))

    (status,) = life.plan(production(variables=many(100)), Run(recorded=Newer(2))).records

    assert status.next is KEEP


# --- what may not be applied -------------------------------------------------------------------------------


@pytest.mark.parametrize("recorded", [None, Absent(), Tampered("edited")])
def test_a_plan_that_makes_no_record_untrue_may_be_applied(recorded: Recorded | None) -> None:
    assert unproven(WHOLE.plan(MOVED, Run(recorded=recorded))) == ()


def test_a_record_that_cannot_be_verified_must_not_become_untrue() -> None:
    run = Run(recorded=UNKEYED)

    (found,) = unproven(WHOLE.plan(MOVED, run))

    assert found.code == "record-not-verified"
    assert "acme/payments production: another key: set it" in found.message
    assert unproven(WHOLE.plan(FILE, run)) == (), "nothing changes"
    assert unproven(WHOLE.plan(MOVED, replace(run, take_over=True))) == ()


def test_the_same_change_is_planned_whatever_the_record_is() -> None:
    for run in (Run(), Run(recorded=UNKEYED), Run(None)):
        assert [type(each) for each in WHOLE.plan(MOVED, run).changes] == [VariableUpdate]
        assert [type(each) for each in Life().plan(MOVED, run).changes][1:] == [VariableCreate]
