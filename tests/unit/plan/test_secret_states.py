from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from support.life import (
    KEYS,
    OTHER_KEYS,
    PLACE,
    RENEWED_KEYS,
    START,
    Life,
    Run,
    iso,
    production,
    secrets,
)

from envsync.errors import FailureKind
from envsync.model import DesiredRepository, External, LiveEnvironment, LiveSecret, RepositoryName, Unread
from envsync.plan.changes import (
    Change,
    Origin,
    Plan,
    Risk,
    SecretCreate,
    SecretDelete,
    SecretState,
    SecretUpdate,
    VariableCreate,
)
from envsync.plan.ledger import Compared, Ledger, spot
from envsync.plan.record import CLOCK_SKEW, INTENT_SECONDS, Made, Record, Sort, Tampered, Verified
from envsync.plan.secret_states import find_state, questions

FILE = production(secrets=secrets("TOKEN"), variables={"REGION": "eu"})
OLD, NEW = Run(sources={"TOKEN": b"old"}), Run(sources={"TOKEN": b"new"})
EXTERNAL = replace(FILE, secrets={"TOKEN": replace(FILE.secrets["TOKEN"], source=External())})
WHOLE = Life().apply(FILE, OLD)
WRITTEN = START + 100  # when the apply wrote it
BY_HAND = Life(LiveEnvironment("production", 9, secrets={"TOKEN": LiveSecret("TOKEN", iso(START), iso(START))}))


def told(plan: Plan) -> tuple[SecretState, tuple[Origin, Risk] | None]:
    """The state of the secret, and with what it is written if it is."""
    (status,) = plan.secrets
    found = [each for each in plan.changes if isinstance(each, SecretCreate | SecretUpdate | SecretDelete)]
    assert len(found) <= 1
    return status.state, (found[0].verdict.origin, found[0].verdict.risk) if found else None


def is_secret(change: Change) -> bool:
    return isinstance(change, SecretCreate | SecretUpdate)


# --- the record is verified --------------------------------------------------------------------------------

MISSING, TOUCHED, SYNCED = SecretState.MISSING, SecretState.TOUCHED_OUTSIDE, SecretState.IN_SYNC
CHANGED, UNVERIFIABLE = SecretState.SOURCE_CHANGED, SecretState.UNVERIFIABLE
UNREAD = Run()


@pytest.mark.parametrize(
    ("github", "run", "state", "written"),
    [
        ("as written", OLD, SYNCED, None),
        ("as written", NEW, CHANGED, (Origin.CONFIG, Risk.NEUTRAL)),
        ("as written", UNREAD, UNVERIFIABLE, None),
        ("touched", OLD, TOUCHED, (Origin.OUTSIDE, Risk.DESTROYS)),
        ("touched", NEW, TOUCHED, (Origin.CONFLICT, Risk.DESTROYS)),
        ("touched", UNREAD, TOUCHED, (Origin.OUTSIDE, Risk.DESTROYS)),
        ("deleted", OLD, MISSING, (Origin.OUTSIDE, Risk.NEUTRAL)),
        ("deleted", NEW, MISSING, (Origin.CONFLICT, Risk.NEUTRAL)),
        ("deleted", UNREAD, MISSING, (Origin.OUTSIDE, Risk.NEUTRAL)),
        ("older", OLD, UNVERIFIABLE, None),
        ("older", NEW, UNVERIFIABLE, None),
        ("unreadable", OLD, UNVERIFIABLE, None),
        ("unreadable", NEW, UNVERIFIABLE, None),
    ],
)
def test_a_secret_that_was_written_is_in_one_state_for_each_of_file_and_github(
    github: str, run: Run, state: SecretState, written: tuple[Origin, Risk] | None
) -> None:
    life = {
        "as written": WHOLE,
        "touched": WHOLE.written_secret("TOKEN", WRITTEN + 1),
        "deleted": WHOLE.without("secrets", "TOKEN"),
        "older": WHOLE.written_secret("TOKEN", WRITTEN - CLOCK_SKEW - 1),
        "unreadable": WHOLE.meddle(secrets={"TOKEN": LiveSecret("TOKEN", "yesterday", "yesterday")}),
    }[github]

    assert told(life.plan(FILE, run)) == (state, written)


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (WRITTEN - CLOCK_SKEW - 1, UNVERIFIABLE),
        (WRITTEN - CLOCK_SKEW, SYNCED),
        (WRITTEN, SYNCED),
        (WRITTEN + 1, TOUCHED),
    ],
)
def test_a_date_may_be_a_little_older_than_the_write_and_no_second_younger(
    moment: int, state: SecretState
) -> None:
    assert told(WHOLE.written_secret("TOKEN", moment).plan(FILE, OLD))[0] is state


def test_who_touched_it_and_when_is_said_in_words() -> None:
    plan = WHOLE.written_secret("TOKEN", WRITTEN + 60).plan(FILE, OLD)

    said = "somebody else wrote it on 2026-01-01 00:02:40 UTC, after envsync did on 2026-01-01 00:01:40 UTC"
    assert plan.secrets[0].reason == said
    assert [each.verdict.reason for each in plan.changes] == [f"{said}, and that value of TOKEN is lost"]


def test_why_a_source_could_not_be_compared_is_said() -> None:
    at = Verified(WHOLE.record, KEYS.seal(PLACE))
    live = WHOLE.live
    assert live is not None
    assert not isinstance(live.secrets, Unread)
    there = live.secrets["TOKEN"]

    unread = find_state(FILE.secrets["TOKEN"], there, at, None)
    no_secrets = find_state(FILE.secrets["TOKEN"], there, at, Compared(None, "as asked"))

    assert (unread.state, unread.reason, unread.known) == (UNVERIFIABLE, "its source was not read", True)
    assert (no_secrets.state, no_secrets.reason, no_secrets.origin) == (UNVERIFIABLE, "as asked", None)


# --- an apply was cut off ----------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [OLD, NEW, Run(sources={"TOKEN": b"third"})])
def test_what_a_cut_off_apply_wrote_is_written_once_more(run: Run) -> None:
    cut = WHOLE.cut_off(FILE, NEW, done=is_secret)

    assert told(cut.plan(FILE, run)) == (CHANGED, (Origin.INTERRUPTED, Risk.NEUTRAL))


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (OLD, (SYNCED, None)),
        (NEW, (CHANGED, (Origin.INTERRUPTED, Risk.NEUTRAL))),
        (UNREAD, (UNVERIFIABLE, None)),
    ],
)
def test_what_a_cut_off_apply_did_not_get_to_is_as_it_was(
    run: Run, expected: tuple[SecretState, tuple[Origin, Risk] | None]
) -> None:
    assert told(WHOLE.cut_off(FILE, NEW).plan(FILE, run)) == expected


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (INTENT_SECONDS, (CHANGED, (Origin.INTERRUPTED, Risk.NEUTRAL))),
        (INTENT_SECONDS + 1, (TOUCHED, (Origin.CONFLICT, Risk.DESTROYS))),
    ],
)
def test_an_intent_explains_what_was_written_within_the_hour(
    after: int, expected: tuple[SecretState, tuple[Origin, Risk]]
) -> None:
    cut = WHOLE.cut_off(FILE, NEW)

    assert told(cut.written_secret("TOKEN", cut.record.time + after).plan(FILE, NEW)) == expected


@pytest.mark.parametrize("life", [Life(LiveEnvironment("production", 9)), WHOLE.without("secrets", "TOKEN")])
def test_a_missing_one_that_was_to_be_written_was_cut_off(life: Life) -> None:
    cut = life.cut_off(FILE, OLD)

    assert told(cut.plan(FILE, OLD)) == (MISSING, (Origin.INTERRUPTED, Risk.NEUTRAL))


def test_a_new_one_that_a_cut_off_apply_wrote_is_written_once_more() -> None:
    cut = Life(LiveEnvironment("production", 9)).cut_off(FILE, OLD, done=is_secret)

    assert told(cut.plan(FILE, OLD)) == (CHANGED, (Origin.INTERRUPTED, Risk.NEUTRAL))


def test_a_cut_off_apply_explains_no_other_secret() -> None:
    cut = WHOLE.cut_off(replace(FILE, variables={"REGION": "us"}))

    assert told(cut.written_secret("TOKEN", cut.time).plan(FILE, OLD))[0] is TOUCHED


# --- nothing proves anything -------------------------------------------------------------------------------

POWERLESS = [
    Run(OTHER_KEYS, sources={"TOKEN": b"new"}),
    Run(None, sources={"TOKEN": b"new"}),
    Run(recorded=Tampered("edited"), sources={"TOKEN": b"new"}),
    Run(OTHER_KEYS, owner="platform", take_over=True, sources={"TOKEN": b"new"}),
]


@pytest.mark.parametrize("run", POWERLESS)
@pytest.mark.parametrize("life", [WHOLE, WHOLE.cut_off(FILE, NEW, done=is_secret)])
def test_with_no_verified_record_one_that_is_there_is_never_written(run: Run, life: Life) -> None:
    assert told(life.plan(FILE, run)) == (UNVERIFIABLE, None)
    assert told(life.without("secrets", "TOKEN").plan(FILE, run)) == (MISSING, (Origin.UNKNOWN, Risk.NEUTRAL))


def test_one_that_was_there_before_envsync_is_unverifiable_and_stays() -> None:
    adopted = BY_HAND.apply(FILE, OLD)

    assert adopted.record.secrets["TOKEN"].mark is None
    assert told(adopted.plan(FILE, OLD)) == (UNVERIFIABLE, None)
    assert told(adopted.written_secret("TOKEN", adopted.time + 50).plan(FILE, OLD)) == (UNVERIFIABLE, None)


def test_a_missing_one_that_is_not_on_record_is_new_in_the_file() -> None:
    assert told(Life().apply(production()).plan(FILE, OLD)) == (MISSING, (Origin.CONFIG, Risk.NEUTRAL))


def test_a_record_that_is_taken_over_vouches_for_the_value_all_the_same() -> None:
    taking = Run(owner="platform", take_over=True, sources={"TOKEN": b"old"})

    assert told(WHOLE.plan(FILE, taking)) == (SYNCED, None)
    assert told(WHOLE.plan(FILE, replace(taking, sources={"TOKEN": b"new"}))) == (
        CHANGED,
        (Origin.CONFIG, Risk.NEUTRAL),
    )


@pytest.mark.parametrize("run", [OLD, *POWERLESS, replace(OLD, rotate=("*",))])
def test_an_external_one_is_never_written(run: Run) -> None:
    for life in (WHOLE, WHOLE.written_secret("TOKEN", WRITTEN + 60), WHOLE.cut_off(FILE, NEW, done=is_secret)):
        assert told(life.plan(EXTERNAL, run)) == (SecretState.EXTERNAL, None)
    gone = WHOLE.without("secrets", "TOKEN").plan(EXTERNAL, run)
    assert told(gone) == (MISSING, None)
    assert [each.name for each in gone.unmet] == ["TOKEN"]


# --- rotation ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("globs", [("*",), ("token",), ("X*", "T?KEN")])
def test_rotating_what_envsync_wrote_loses_nothing(globs: tuple[str, ...]) -> None:
    run = replace(OLD, rotate=globs)
    said = "to be rotated: written once more from its source"
    for life, reason in (
        (WHOLE, f"{said}, which gives the same value as before"),
        (WHOLE.written_secret("TOKEN", WRITTEN - 60), said),
    ):
        plan = life.plan(FILE, run)
        (change,) = plan.changes
        assert (change.verdict.risk, change.verdict.origin) == (Risk.NEUTRAL, Origin.CONFIG)
        assert change.verdict.reason == plan.secrets[0].reason == reason


@pytest.mark.parametrize(
    ("life", "run"), [*product([WHOLE], POWERLESS), (BY_HAND, OLD), (BY_HAND.apply(FILE, OLD), OLD)]
)
def test_rotating_what_somebody_else_may_have_written_destroys(life: Life, run: Run) -> None:
    (change,) = [each for each in life.plan(FILE, replace(run, rotate=("TOKEN",))).changes if is_secret(each)]

    assert (change.verdict.risk, change.verdict.origin) == (Risk.DESTROYS, Origin.UNKNOWN)


@pytest.mark.parametrize("globs", [(), ("TOKE",), ("OTHER",)])
def test_only_what_is_named_is_rotated(globs: tuple[str, ...]) -> None:
    assert WHOLE.plan(FILE, replace(OLD, rotate=globs)).changes == ()


def test_rotating_what_was_touched_outside_still_destroys() -> None:
    touched = WHOLE.written_secret("TOKEN", WRITTEN + 60)

    assert touched.plan(FILE, replace(OLD, rotate=("*",))) == touched.plan(FILE, OLD)


# --- what no file has --------------------------------------------------------------------------------------

GONE = production(variables={"REGION": "eu"})


@pytest.mark.parametrize(
    ("life", "origin"),
    [
        (WHOLE, Origin.CONFIG),
        (WHOLE.written_secret("TOKEN", WRITTEN + 60), Origin.CONFLICT),
        (WHOLE.cut_off(GONE), Origin.INTERRUPTED),
        (Life(LiveEnvironment("production", 9)).cut_off(FILE, OLD, done=is_secret), Origin.INTERRUPTED),
    ],
)
def test_one_that_the_file_created_goes_with_it(life: Life, origin: Origin) -> None:
    (change,) = [each for each in life.plan(GONE).changes if not isinstance(each, VariableCreate)]

    assert isinstance(change, SecretDelete)
    assert (change.verdict.risk, change.verdict.origin) == (Risk.DESTROYS, origin)
    assert change.verdict.reason.startswith("it was created from a file, which no longer has it")


def test_one_that_was_there_before_stays_unless_it_is_pruned() -> None:
    adopted = BY_HAND.apply(FILE, OLD)

    listed, pruned = adopted.plan(GONE), adopted.plan(replace(GONE, prune=True))

    assert listed.changes == ()
    assert [each.name for each in listed.unmanaged] == ["TOKEN"]
    assert [(type(each), each.verdict.origin) for each in pruned.changes] == [(SecretDelete, Origin.CONFIG)]


@pytest.mark.parametrize("run", POWERLESS)
def test_with_no_verified_record_nobody_knows_who_created_it(run: Run) -> None:
    assert WHOLE.plan(GONE, run).changes == ()
    pruned = WHOLE.plan(replace(GONE, prune=True), run).changes
    assert [each.verdict.origin for each in pruned] == [Origin.UNKNOWN]


# --- which sources are read at all -------------------------------------------------------------------------


def test_only_sources_that_a_verified_record_has_a_mark_of_are_asked_for() -> None:
    file = replace(FILE, secrets=secrets("TOKEN", "NEW"))

    def asked(life: Life, wanted: object = file, run: Run = OLD) -> list[str]:
        ledger = life.ledger(wanted, run)  # type: ignore[arg-type]
        repository = DesiredRepository(RepositoryName("acme", "payments"), (wanted,))  # type: ignore[arg-type]
        live = {"acme/payments": life.repository()}
        return [each.secret.name for each in questions([repository], live, ledger)]

    assert asked(WHOLE) == ["TOKEN"]
    assert asked(WHOLE, EXTERNAL) == []
    assert asked(BY_HAND.apply(FILE, OLD)) == []
    assert all(asked(WHOLE, file, run) == [] for run in POWERLESS)
    assert asked(WHOLE, file, Run(owner="platform", take_over=True)) == ["TOKEN"]
    assert asked(WHOLE, file, Run(owner="platform")) == []


def test_nothing_is_asked_of_a_repository_that_was_not_read() -> None:
    repository = DesiredRepository(RepositoryName("acme", "payments"), (FILE,))
    ledger = Ledger(recorded={spot(repository.name, "production"): WHOLE.verified()})
    live = {"acme/payments": Unread("forbidden", FailureKind.NOT_PERMITTED)}

    assert list(questions([repository], live, ledger)) == []


# --- keys --------------------------------------------------------------------------------------------------


def test_the_next_apply_marks_anew_what_the_former_key_marked() -> None:
    run = replace(OLD, keys=RENEWED_KEYS)
    renewed = WHOLE.apply(FILE, run)

    new = RENEWED_KEYS.seal(PLACE)
    mark = new.mark(Sort.SECRET, "TOKEN", b"old")
    found = renewed.verified(run).record.secrets["TOKEN"]
    assert (found.mark, found.updated_at, found.made) == (mark, WRITTEN, Made.CREATED)
    assert told(renewed.plan(FILE, replace(run, keys=OTHER_KEYS))) == (SYNCED, None)


def test_a_mark_that_could_not_be_renewed_is_kept_and_says_so_once_its_key_is_gone() -> None:
    renewed = WHOLE.apply(FILE, Run(RENEWED_KEYS))  # its source was not read

    lost = renewed.plan(FILE, Run(OTHER_KEYS, sources={"TOKEN": b"old"}))

    assert renewed.verified(Run(RENEWED_KEYS)).record.secrets["TOKEN"].mark == (
        f"{KEYS.seal(PLACE).mark(Sort.SECRET, 'TOKEN', b'old')}@{KEYS.present.id}"
    )
    assert told(lost) == (UNVERIFIABLE, None)
    assert told(renewed.plan(FILE, Run(RENEWED_KEYS, sources={"TOKEN": b"old"}))) == (SYNCED, None)


def test_a_record_that_says_nothing_of_a_date_proves_nothing() -> None:
    last = replace(WHOLE.record.secrets["TOKEN"], updated_at=None)
    record: Record = replace(WHOLE.record, secrets={"TOKEN": last})
    verified = Verified(record, KEYS.seal(PLACE))

    assert told(WHOLE.plan(FILE, replace(OLD, recorded=verified))) == (UNVERIFIABLE, None)
    (gone,) = WHOLE.plan(GONE, Run(recorded=verified)).changes
    assert gone.verdict.origin is Origin.CONFIG
