"""An apply keeps the record of each environment: what is intended first, what was done last."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from support.bookkeeper import Bookkeeper
from support.world import START, World, timestamp

from envsync.errors import Diagnostic, ExitCode, FailureKind, Interrupted, RequestFailed
from envsync.model import (
    RECORD_VARIABLE,
    DesiredEnvironment,
    DesiredRepository,
    DesiredSecret,
    Field,
    FromEnvironment,
    LiveEnvironment,
    LiveSecret,
    LiveVariable,
    RepositoryName,
    SecretValue,
    Settings,
    User,
)
from envsync.plan.changes import Origin, RecordNext, RecordState, Release, SecretState
from envsync.plan.record import FRESH_SECONDS, INTENT_SECONDS, Made
from envsync.plan.result import Because, Outcome, exit_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from envsync.plan.record import Record
    from envsync.plan.result import Came

PAYMENTS = RepositoryName("acme", "payments")
OPEN = Settings()
GUARDED = Settings(required_reviewers=(User("ann"),))
SECRET = {"TOKEN": DesiredSecret("TOKEN", FromEnvironment("TOKEN"))}
TWO = SECRET | {"WORD": DesiredSecret("WORD", FromEnvironment("WORD"))}
WROTE = RecordNext.WRITE, Outcome.APPLIED, None


@dataclass
class GitHub(World):
    """Says of each write which variable or secret it is of; `refuses` raises what shall go wrong with one."""

    writes: list[str] = field(default_factory=list)
    refuses: Callable[[str], None] = lambda _write: None
    before_write: Callable[[str], None] = lambda _write: None
    shown: dict[str, LiveSecret] | None = None  # what a replica answers that lags behind
    after_listing: Callable[[], None] = lambda: None

    def put_environment(
        self, repository: RepositoryName, name: str, before: LiveEnvironment | None, goal: Settings
    ) -> LiveEnvironment:
        self._note(f"put {name}")
        return super().put_environment(repository, name, before, goal)

    def create_variable(self, repository: RepositoryName, environment: str, name: str, value: str) -> None:
        self._note(f"create {name} in {environment}")
        super().create_variable(repository, environment, name, value)

    def update_variable(self, repository: RepositoryName, environment: str, name: str, value: str) -> None:
        self._note(f"update {name} in {environment}")
        super().update_variable(repository, environment, name, value)

    def delete_variable(self, repository: RepositoryName, environment: str, name: str) -> None:
        self._note(f"delete {name} in {environment}")
        super().delete_variable(repository, environment, name)

    def put_secret(self, repository: RepositoryName, environment: str, name: str, value: SecretValue) -> None:
        self._note(f"secret {name} in {environment}")
        super().put_secret(repository, environment, name, value)

    def delete_environment(self, repository: RepositoryName, name: str) -> None:
        self._note(f"remove {name}")
        super().delete_environment(repository, name)

    def list_secrets(self, repository: RepositoryName, environment: str) -> dict[str, LiveSecret]:
        self.after_listing()
        return super().list_secrets(repository, environment) if self.shown is None else self.shown

    def _note(self, write: str) -> None:
        write = write.replace(RECORD_VARIABLE, "record")
        self.before_write(write)
        self.refuses(write)
        self.writes.append(write)


@dataclass
class Lab:
    github: GitHub
    envsync: Bookkeeper

    def apply(self, *environments: DesiredEnvironment, **more: object) -> Came:
        self.github.writes.clear()
        self.github.time += 60
        return self.envsync.apply(desired(*environments), **more)  # type: ignore[arg-type]

    def kept(self, *environments: DesiredEnvironment) -> None:
        """Bring GitHub there, records and all."""
        assert exit_code(self.apply(*environments)) is ExitCode.OK
        self.github.writes.clear()

    def record(self, environment: str = "qa") -> Record:
        found = self.envsync.record(environment)
        assert found is not None
        return found

    def state(self, *environments: DesiredEnvironment) -> dict[str, tuple[SecretState, Origin | None]]:
        """Of each secret, and the origin of what is to be done about it."""
        self.github.time += 60
        plan = self.envsync.plan(desired(*environments))
        origins = {change.name: change.verdict.origin for change in plan.changes if hasattr(change, "name")}
        return {each.name: (each.state, origins.get(each.name)) for each in plan.secrets}


def desired(*environments: DesiredEnvironment) -> DesiredRepository:
    return DesiredRepository(PAYMENTS, environments)


def lab(*environments: LiveEnvironment) -> Lab:
    github = GitHub(PAYMENTS, {each.name.casefold(): each for each in environments})
    return Lab(github, Bookkeeper(github))


def qa(settings: Settings = OPEN, **more: object) -> DesiredEnvironment:
    return DesiredEnvironment("qa", settings, **more)  # type: ignore[arg-type]


def variables(*names: str) -> dict[str, LiveVariable]:
    return {name: LiveVariable(name, "x", timestamp(START)) for name in names}


def many(count: int) -> list[str]:
    return [f"V{number}" for number in range(count)]


def failure() -> RequestFailed:
    return RequestFailed(FailureKind.UNAVAILABLE, Diagnostic("broken", "GitHub is broken", "wait"))


def interruption() -> Interrupted:
    return Interrupted(Diagnostic("interrupted", "interrupted"))


def refusing(word: str, error: Callable[[], Exception] = failure, *, after: int = 0) -> Callable[[str], None]:
    """Each write that has `word` in it fails, but for the first few."""
    left = iter(range(after))

    def refuse(write: str) -> None:
        if word in write and next(left, None) is None:
            raise error()

    return refuse


def records(came: Came) -> list[tuple[RecordNext, Outcome, str | None]]:
    return [(each.next, each.outcome, each.reason) for each in came.records]


def outcomes(came: Came) -> list[tuple[Outcome, str | None]]:
    return [(each.outcome, each.reason) for each in came.changes]


# --- the order ---------------------------------------------------------------------------------------------


def test_the_intent_comes_before_the_first_write_and_the_record_after_the_last() -> None:
    there = lab(LiveEnvironment("qa", 1))
    intents: list[bool] = []

    def look(write: str) -> None:
        if "record" not in write:
            intents.append(there.record().intent is not None)

    there.github.before_write = look
    came = there.apply(qa(GUARDED, variables={"REGION": "eu"}, secrets=SECRET))

    assert there.github.writes == [
        "create record in qa",
        "put qa",
        "create REGION in qa",
        "secret TOKEN in qa",
        "update record in qa",
    ]
    assert intents == [True, True, True]
    assert there.record().intent is None
    assert records(came) == [WROTE]
    assert exit_code(came) is ExitCode.OK


def test_a_new_environment_gets_its_intent_as_soon_as_it_is_there() -> None:
    there = lab()

    there.apply(qa(GUARDED, variables={"REGION": "eu"}))

    assert there.github.writes == [
        "put qa",
        "create record in qa",
        "create REGION in qa",
        "update record in qa",
    ]
    assert there.record().made is Made.CREATED


def test_a_new_environment_with_nothing_in_it_needs_no_intent() -> None:
    there = lab()

    there.apply(qa(GUARDED))

    assert there.github.writes == ["put qa", "create record in qa"]


def test_where_nothing_but_the_record_is_new_it_is_written_once() -> None:
    there = lab(LiveEnvironment("qa", 1))

    came = there.apply(qa())

    assert there.github.writes == ["create record in qa"]
    assert there.record().made is Made.ADOPTED
    assert came.changes == ()
    assert records(came) == [WROTE]


def test_where_nothing_is_new_nothing_is_written() -> None:
    there = lab()
    there.kept(qa(GUARDED, secrets=SECRET))

    came = there.apply(qa(GUARDED, secrets=SECRET))

    assert there.github.writes == []
    assert records(came) == []


def test_a_variable_that_makes_room_goes_before_there_is_a_record() -> None:
    there = lab(LiveEnvironment("qa", 1, variables=variables(*many(100))))
    kept = dict.fromkeys(many(99), "x")

    came = there.apply(qa(variables=kept, prune=True))

    assert there.github.writes == ["delete V99 in qa", "create record in qa"]
    assert records(came) == [WROTE]


def test_a_record_for_which_there_is_no_room_goes_before_all_else() -> None:
    there = lab(LiveEnvironment("qa", 1, variables=variables(*many(99))))
    there.kept(qa(variables=dict.fromkeys(many(99), "x")))

    came = there.apply(qa(variables=dict.fromkeys(many(100), "x")))

    assert there.github.writes == ["delete record in qa", "create V99 in qa"]
    assert records(came) == [(RecordNext.REMOVE, Outcome.APPLIED, None)]
    assert exit_code(came) is ExitCode.OK


def test_a_record_that_only_has_to_go_goes() -> None:
    """Its key is lost, and nobody wants another one."""
    there = lab()
    there.kept(qa())
    there.envsync.keys = None
    there.envsync.options = replace(there.envsync.options, take_over=True)

    came = there.apply(qa())

    assert there.github.writes == ["delete record in qa"]
    assert there.github.environments["qa"].record is None
    assert records(came) == [(RecordNext.REMOVE, Outcome.APPLIED, None)]


def test_an_apply_without_a_key_writes_secrets_and_keeps_nothing_of_them() -> None:
    there = lab()
    there.kept(qa())
    there.envsync.keys = None
    there.envsync.options = replace(there.envsync.options, take_over=True)

    came = there.apply(qa(secrets=SECRET))

    assert there.github.writes == ["delete record in qa", "secret TOKEN in qa"]
    assert exit_code(came) is ExitCode.OK


# --- what cannot be written --------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [False, True])
def test_without_an_intent_nothing_is_written(kept: bool) -> None:  # noqa: FBT001
    there = lab(LiveEnvironment("qa", 1))
    if kept:
        there.kept(qa())
    there.github.refuses = refusing("record")

    came = there.apply(qa(GUARDED, secrets=SECRET, variables={"REGION": "eu"}))

    assert there.github.writes == []
    assert outcomes(came) == [(Outcome.SKIPPED, Because.NO_RECORD)] * 3
    assert records(came) == [(RecordNext.WRITE, Outcome.FAILED, "GitHub is broken")]
    assert came.records[0].hint == "wait"
    assert exit_code(came) is ExitCode.FAILURE


def test_a_new_environment_without_an_intent_stays_as_empty_as_it_is() -> None:
    there = lab()
    there.github.refuses = refusing("record")

    came = there.apply(qa(GUARDED, secrets=SECRET))

    assert there.github.writes == ["put qa"]
    assert outcomes(came) == [(Outcome.APPLIED, None), (Outcome.SKIPPED, Because.NO_RECORD)]
    assert exit_code(came) is ExitCode.PARTLY_APPLIED


def test_one_environment_without_a_record_does_not_stop_the_others() -> None:
    there = lab(LiveEnvironment("a", 1), LiveEnvironment("b", 2))
    there.github.refuses = refusing("record in a")

    came = there.apply(DesiredEnvironment("a", GUARDED), DesiredEnvironment("b", GUARDED))

    assert [each.outcome for each in came.changes] == [Outcome.SKIPPED, Outcome.APPLIED]
    assert [each.outcome for each in came.records] == [Outcome.FAILED, Outcome.APPLIED]
    assert exit_code(came) is ExitCode.PARTLY_APPLIED


def test_a_record_that_cannot_be_written_in_the_end_is_said_and_keeps_its_intent() -> None:
    there = lab(LiveEnvironment("qa", 1))
    there.github.refuses = refusing("record", after=1)

    came = there.apply(qa(GUARDED, secrets=SECRET))

    assert [each.outcome for each in came.changes] == [Outcome.APPLIED, Outcome.APPLIED]
    assert records(came) == [(RecordNext.WRITE, Outcome.FAILED, "GitHub is broken")]
    assert exit_code(came) is ExitCode.PARTLY_APPLIED
    assert there.record().intent is not None
    assert there.state(qa(GUARDED, secrets=SECRET)) == {"TOKEN": (SecretState.SOURCE_CHANGED, Origin.INTERRUPTED)}


def test_what_cannot_be_looked_at_once_more_keeps_its_intent() -> None:
    there = lab(LiveEnvironment("qa", 1))

    def broken() -> None:
        raise failure()

    there.github.after_listing = broken

    came = there.apply(qa(secrets=SECRET))

    assert records(came) == [(RecordNext.WRITE, Outcome.FAILED, "GitHub is broken")]
    assert there.record().intent is not None


def test_of_an_environment_that_could_not_be_made_no_record_is_said_to_be_written() -> None:
    there = lab()
    there.github.refuses = refusing("put")

    came = there.apply(qa(GUARDED, secrets=SECRET))

    assert there.github.environments == {}
    assert records(came) == [(RecordNext.WRITE, Outcome.SKIPPED, Because.UNPROTECTED)]
    assert exit_code(came) is ExitCode.FAILURE


def test_an_environment_that_cannot_be_read_again_is_said_once_with_its_record() -> None:
    there = lab(LiveEnvironment("qa", 1))

    def unread(call: str) -> None:
        if call == "read_environment":
            raise failure()

    there.github.fail = unread

    with_changes, alone = there.apply(qa(GUARDED)), there.apply(qa())

    assert [each.outcome for each in with_changes.changes] == [Outcome.FAILED]
    assert records(with_changes) == records(alone) == [(RecordNext.WRITE, Outcome.FAILED, "GitHub is broken")]
    assert alone.changes == ()
    assert exit_code(alone) is ExitCode.FAILURE


def test_an_environment_that_moved_keeps_its_record() -> None:
    there = lab(LiveEnvironment("qa", 1))

    def move() -> None:
        there.github.environments["qa"] = LiveEnvironment("qa", 1, Settings(wait_timer=5))

    came = there.apply(qa(GUARDED), planned=move)

    assert there.github.writes == []
    assert records(came) == [(RecordNext.WRITE, Outcome.SKIPPED, Because.MOVED)]


# --- cut off -----------------------------------------------------------------------------------------------


def test_the_intent_of_an_interrupted_apply_stays() -> None:
    there = lab(LiveEnvironment("qa", 1))
    after = qa(GUARDED, variables={"REGION": "eu"}, secrets=SECRET)

    came = there.apply(after, stopped=lambda: len(there.github.writes) >= 3)

    assert there.github.writes == ["create record in qa", "put qa", "create REGION in qa"]
    assert records(came) == [(RecordNext.WRITE, Outcome.SKIPPED, Because.INTERRUPTED)]
    assert exit_code(came) is ExitCode.INTERRUPTED
    intent = there.record().intent
    assert intent is not None
    assert intent.variables.keys() == {"REGION"}
    assert intent.secrets == {"TOKEN": None}


def test_stopped_after_the_last_step_the_intent_stays_too() -> None:
    there = lab(LiveEnvironment("qa", 1))

    came = there.apply(qa(GUARDED), stopped=lambda: len(there.github.writes) >= 2)

    assert outcomes(came) == [(Outcome.APPLIED, None)]
    assert exit_code(came) is ExitCode.INTERRUPTED
    assert there.record().intent is not None
    assert there.envsync.plan(desired(qa(GUARDED))).changes == ()


@pytest.mark.parametrize(("after", "made"), [(0, Outcome.SKIPPED), (1, Outcome.APPLIED)])
def test_who_interrupts_a_record_that_is_tried_again_did_not_see_it_fail(after: int, made: Outcome) -> None:
    there = lab(LiveEnvironment("qa", 1))
    there.github.refuses = refusing("record", interruption, after=after)

    came = there.apply(qa(GUARDED))

    assert [each.outcome for each in came.changes] == [made]
    assert records(came) == [(RecordNext.WRITE, Outcome.SKIPPED, Because.INTERRUPTED)]
    assert exit_code(came) is ExitCode.INTERRUPTED


def test_before_the_first_step_there_is_nothing_to_keep() -> None:
    came = lab(LiveEnvironment("qa", 1)).apply(qa(GUARDED), stopped=lambda: True)

    assert records(came) == [(RecordNext.WRITE, Outcome.SKIPPED, Because.INTERRUPTED)]


def test_a_deletion_that_was_refused_is_nobody_elses_doing() -> None:
    """The file left secrets to others, and prunes them now: the one that stays was there all along."""
    there = lab(LiveEnvironment("qa", 1, secrets={"OLD": LiveSecret("OLD", timestamp(START), timestamp(START))}))
    there.kept(qa(ignore=frozenset({Field.SECRETS}), prune=True))

    def refuse(call: str) -> None:
        if call == "delete_secret":
            raise failure()

    there.github.fail = refuse
    assert [each.outcome for each in there.apply(qa(prune=True)).changes] == [Outcome.FAILED]

    plan = there.envsync.plan(desired(qa(prune=True)))

    assert [change.verdict.origin for change in plan.changes] == [Origin.CONFIG]


# --- secrets -----------------------------------------------------------------------------------------------


def test_secrets_that_are_not_to_be_written_are_not_intended_either() -> None:
    there = lab(LiveEnvironment("qa", 1))
    there.envsync.options = replace(there.envsync.options, no_secrets=True)
    intents: list[Record] = []

    def look(write: str) -> None:
        if write == "put qa":
            intents.append(there.record())

    there.github.before_write = look
    came = there.apply(qa(GUARDED, secrets=SECRET))

    (before,) = intents
    assert before.intent is not None
    assert before.intent.secrets == {}
    assert there.record().secrets == {}
    assert records(came) == [WROTE]
    assert exit_code(came) is ExitCode.OK


def test_with_secrets_alone_to_write_and_none_to_be_written_there_is_no_intent() -> None:
    there = lab(LiveEnvironment("qa", 1))
    there.envsync.options = replace(there.envsync.options, no_secrets=True)

    there.apply(qa(secrets=SECRET))

    assert there.github.writes == ["create record in qa"]


def test_an_intent_that_is_old_is_renewed_before_a_secret_is_written() -> None:
    there = lab(LiveEnvironment("qa", 1))
    times: dict[str, int] = {}

    def wait(write: str) -> None:
        if write == "secret TOKEN in qa":
            there.github.time += INTENT_SECONDS
        if write == "secret WORD in qa":
            times["written"], times["intended"] = there.github.time, there.record().time

    there.github.before_write = wait
    there.apply(qa(secrets=TWO))

    assert there.github.writes == [
        "create record in qa",
        "secret TOKEN in qa",
        "update record in qa",
        "secret WORD in qa",
        "update record in qa",
    ]
    assert times["written"] - times["intended"] < FRESH_SECONDS
    assert {state for state, _ in there.state(qa(secrets=TWO)).values()} == {SecretState.IN_SYNC}


def test_an_intent_that_is_young_is_not_renewed() -> None:
    there = lab(LiveEnvironment("qa", 1))

    def wait(write: str) -> None:
        if write == "secret TOKEN in qa":
            there.github.time += INTENT_SECONDS // 2 - 60

    there.github.before_write = wait
    there.apply(qa(secrets=TWO))

    assert [write for write in there.github.writes if "record" in write] == [
        "create record in qa",
        "update record in qa",
    ]


def test_who_writes_a_secret_right_after_envsync_is_noticed() -> None:
    there = lab(LiveEnvironment("qa", 1))

    def meddle() -> None:
        there.github.time += 30
        World.put_secret(there.github, PAYMENTS, "qa", "TOKEN", SecretValue(b"somebody's"))

    there.github.after_listing = meddle
    there.apply(qa(secrets=SECRET))

    assert there.state(qa(secrets=SECRET)) == {"TOKEN": (SecretState.TOUCHED_OUTSIDE, Origin.OUTSIDE)}


def test_a_replica_that_still_shows_the_date_before_accuses_nobody() -> None:
    there = lab(LiveEnvironment("qa", 1))
    there.kept(qa(secrets=SECRET))
    there.github.time += 3600
    there.envsync.values["TOKEN"] = b"another"
    there.github.shown = World.list_secrets(there.github, PAYMENTS, "qa")

    there.apply(qa(secrets=SECRET))

    assert there.state(qa(secrets=SECRET)) == {"TOKEN": (SecretState.IN_SYNC, None)}


def test_a_replica_that_does_not_show_the_secret_yet_accuses_nobody() -> None:
    there = lab(LiveEnvironment("qa", 1))
    there.github.shown = {}

    there.apply(qa(secrets=SECRET))

    assert there.state(qa(secrets=SECRET)) == {"TOKEN": (SecretState.IN_SYNC, None)}


def test_a_plan_out_of_such_a_replica_accuses_nobody_either() -> None:
    there = lab(LiveEnvironment("qa", 1))
    there.kept(qa(secrets=SECRET))
    old = there.github.environments["qa"].secrets
    there.github.time += 3600
    there.envsync.values["TOKEN"] = b"another"
    there.apply(qa(secrets=SECRET))

    there.github.environments["qa"] = replace(there.github.environments["qa"], secrets=old)

    assert there.state(qa(secrets=SECRET)) == {"TOKEN": (SecretState.UNVERIFIABLE, None)}


# --- a server that takes its time --------------------------------------------------------------------------


def slow(there: Lab, *delays: int) -> None:
    """So many seconds pass while a record is being written."""
    left = iter(delays)

    def wait(write: str) -> None:
        if "record" in write:
            there.github.time += next(left, 0)

    there.github.before_write = wait


def test_a_record_that_arrives_late_is_written_once_more() -> None:
    there = lab(LiveEnvironment("qa", 1))
    slow(there, FRESH_SECONDS + 1, FRESH_SECONDS + 1)

    came = there.apply(qa())

    assert there.github.writes == ["create record in qa", "update record in qa", "update record in qa"]
    assert records(came) == [WROTE]
    (status,) = there.envsync.plan(desired(qa())).records
    assert (status.state, status.next) == (RecordState.VERIFIED, RecordNext.KEEP)


def test_a_record_that_arrives_just_in_time_is_written_once() -> None:
    there = lab(LiveEnvironment("qa", 1))
    slow(there, FRESH_SECONDS - 1)  # the write itself takes one more

    there.apply(qa())

    assert there.github.writes == ["create record in qa"]
    (status,) = there.envsync.plan(desired(qa())).records
    assert status.state is RecordState.VERIFIED


def test_a_record_that_is_late_three_times_has_failed() -> None:
    there = lab(LiveEnvironment("qa", 1))
    slow(there, *[FRESH_SECONDS + 1] * 9)

    came = there.apply(qa(GUARDED))

    assert there.github.writes == ["create record in qa", "update record in qa", "update record in qa"]
    assert outcomes(came) == [(Outcome.SKIPPED, Because.NO_RECORD)]
    (record,) = came.records
    assert record.reason == "cannot write the record of qa in acme/payments: GitHub takes too long"
    assert str(record.hint).startswith("run it again")


# --- what is let go and released ---------------------------------------------------------------------------


def test_an_environment_that_is_let_go_stays_without_its_record() -> None:
    there = lab(LiveEnvironment("qa", 1))
    there.kept(qa(GUARDED))

    came = there.apply()

    assert there.github.writes == ["delete record in qa"]
    assert there.github.environments["qa"].settings == GUARDED
    assert records(came) == [(RecordNext.REMOVE, Outcome.APPLIED, None)]


@pytest.mark.parametrize(
    ("error", "outcome", "reason", "code"),
    [
        (failure, Outcome.FAILED, "GitHub is broken", ExitCode.FAILURE),
        (interruption, Outcome.SKIPPED, Because.INTERRUPTED, ExitCode.INTERRUPTED),
    ],
)
def test_what_cannot_be_let_go_is_said(
    error: Callable[[], Exception], outcome: Outcome, reason: str, code: ExitCode
) -> None:
    there = lab(LiveEnvironment("qa", 1))
    there.kept(qa())
    there.github.refuses = refusing("delete record", error)

    came = there.apply()

    assert records(came) == [(RecordNext.REMOVE, outcome, reason)]
    assert exit_code(came) is code


def test_nothing_is_let_go_once_it_is_stopped() -> None:
    there = lab(LiveEnvironment("qa", 1))
    there.kept(qa())

    came = there.apply(stopped=lambda: True)

    assert there.github.writes == []
    assert records(came) == [(RecordNext.REMOVE, Outcome.SKIPPED, Because.INTERRUPTED)]


def test_a_field_is_released_by_the_record_that_says_so() -> None:
    there = lab(LiveEnvironment("qa", 1))
    there.kept(qa(GUARDED))

    came = there.apply(qa(GUARDED, ignore=frozenset({Field.WAIT_TIMER})))

    assert there.github.writes == ["update record in qa"]
    assert [(type(each.change), each.outcome) for each in came.changes] == [(Release, Outcome.APPLIED)]
    assert there.record().ignore == {Field.WAIT_TIMER}


@pytest.mark.parametrize(("error", "because"), [(failure, Because.NO_RECORD), (interruption, Because.INTERRUPTED)])
def test_a_field_is_not_released_without_its_record(error: Callable[[], Exception], because: Because) -> None:
    there = lab(LiveEnvironment("qa", 1))
    there.kept(qa(GUARDED))
    there.github.refuses = refusing("record", error)

    came = there.apply(qa(GUARDED, ignore=frozenset({Field.WAIT_TIMER})))

    assert outcomes(came) == [(Outcome.SKIPPED, because)]
    there.github.refuses = lambda _write: None
    assert there.record().ignore == frozenset()


def guarding(*names: str) -> DesiredRepository:
    return DesiredRepository(PAYMENTS, (qa(GUARDED),), frozenset(names))


def test_a_name_leaves_never_touch_once_all_records_say_so() -> None:
    there = lab(LiveEnvironment("qa", 1), LiveEnvironment("pages", 2))
    there.envsync.apply(guarding("pages"))

    came = there.envsync.apply(guarding())

    assert [(each.change.at.environment, each.outcome) for each in came.changes] == [("pages", Outcome.APPLIED)]
    assert there.record().never_touch == frozenset()
    assert there.envsync.plan(guarding()).changes == ()


def test_a_name_stays_in_never_touch_where_a_record_still_says_so() -> None:
    there = lab(LiveEnvironment("qa", 1), LiveEnvironment("pages", 2))
    there.envsync.apply(guarding("pages"))
    there.github.refuses = refusing("record")

    came = there.envsync.apply(guarding())

    assert outcomes(came) == [(Outcome.SKIPPED, Because.NOT_WHOLE)]
    there.github.refuses = lambda _write: None
    assert [change.at.environment for change in there.envsync.plan(guarding()).changes] == ["pages"]


def test_no_environment_is_deleted_where_a_record_could_not_be_written() -> None:
    there = lab()
    old = DesiredEnvironment("old")
    there.kept(qa(), old)
    there.github.refuses = refusing("record in qa")

    came = there.apply(qa(GUARDED))

    assert outcomes(came) == [(Outcome.SKIPPED, Because.NO_RECORD), (Outcome.SKIPPED, Because.NOT_WHOLE)]
    assert "remove old" not in there.github.writes
    there.github.refuses = lambda _write: None
    there.apply(qa(GUARDED))
    assert there.github.writes[-1] == "remove old"
