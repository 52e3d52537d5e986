from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.life import (
    DEVELOP,
    KEYS,
    MAIN,
    PLACE,
    RENEWED_KEYS,
    SEAL,
    SPOT,
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
from envsync.model import (
    MAX_VALUE_BYTES,
    DesiredRepository,
    External,
    Field,
    LiveEnvironment,
    LiveSecret,
    RefPolicy,
    RepositoryName,
    Settings,
    Unread,
    User,
)
from envsync.plan.bookkeeping import Done, Entry, Written, entry_of
from envsync.plan.changes import SecretUpdate, SettingsUpdate, VariableCreate, VariableDelete, view
from envsync.plan.ledger import Ledger
from envsync.plan.record import CLOCK_SKEW, Made, RecordedSecret, RecordedVariable, Sort
from envsync.plan.strictness import Protection

if TYPE_CHECKING:
    from envsync.model import DesiredEnvironment
    from envsync.plan.changes import Change

GUARDED = Settings(
    (User("ann"),),
    30,
    prevent_self_review=True,
    can_admins_bypass=False,
    deployment_branch_policy=RefPolicy.SELECTED,
)
FILE = production(
    settings=GUARDED,
    patterns=frozenset({MAIN}),
    protection_rules=frozenset({"gate"}),
    variables={"REGION": "eu"},
    secrets=secrets("TOKEN"),
    prune=True,
)
OLD = Run(sources={"TOKEN": b"old"}, never_touch=frozenset({"legacy"}))
NEW = replace(OLD, sources={"TOKEN": b"new"})
WHOLE = Life().apply(FILE, OLD)
WRITTEN = START + 100
LATER = production(
    settings=replace(GUARDED, wait_timer=60), patterns=frozenset({MAIN}), protection_rules=frozenset({"gate"})
)
FAILED = Unread("it did not answer", FailureKind.UNAVAILABLE)


def token_mark(value: bytes) -> str:
    return SEAL.mark(Sort.SECRET, "TOKEN", value)


# --- what a whole apply records ----------------------------------------------------------------------------


def test_a_whole_apply_records_all_that_the_file_says() -> None:
    record = WHOLE.record

    assert record.owner == "payments"
    assert record.time == WHOLE.time
    assert record.made is Made.CREATED
    assert record.protection == Protection(GUARDED, frozenset({MAIN}), frozenset({"gate"}))
    assert record.variables == {"REGION": RecordedVariable(Made.CREATED, marked("eu"))}
    assert record.secrets == {"TOKEN": RecordedSecret(Made.CREATED, token_mark(b"old"), WRITTEN)}
    assert record.ignore == record.unread == frozenset()
    assert record.never_touch == {"legacy"}
    assert record.prune
    assert record.intent is None


def test_an_environment_that_was_there_is_adopted_for_good() -> None:
    adopted = Life(LiveEnvironment("production", 9)).apply(FILE, OLD)

    assert adopted.record.made is Made.ADOPTED
    assert adopted.apply(LATER).record.made is Made.ADOPTED
    assert WHOLE.apply(LATER).record.made is Made.CREATED


def test_external_secrets_are_not_recorded() -> None:
    external = {"TOKEN": replace(FILE.secrets["TOKEN"], source=External())}

    assert WHOLE.apply(replace(FILE, secrets=external), OLD).record.secrets == {}


def test_what_is_ignored_is_recorded_at_its_default() -> None:
    ignore = frozenset(
        {
            Field.WAIT_TIMER,
            Field.REQUIRED_REVIEWERS,
            Field.DEPLOYMENT_BRANCH_POLICY,
            Field.DEPLOYMENT_PROTECTION_RULES,
        }
    )

    record = WHOLE.apply(replace(FILE, ignore=ignore), OLD).record

    assert record.ignore == ignore
    assert record.protection == Protection(Settings(prevent_self_review=True, can_admins_bypass=False))


@pytest.mark.parametrize(
    ("part", "field", "left"),
    [
        ("patterns", Field.DEPLOYMENT_BRANCH_POLICY, Protection(GUARDED, frozenset(), frozenset({"gate"}))),
        ("protection_rules", Field.DEPLOYMENT_PROTECTION_RULES, Protection(GUARDED, frozenset({MAIN}))),
    ],
)
def test_what_was_not_read_is_not_recorded(part: str, field: Field, left: Protection) -> None:
    life = WHOLE.meddle(**{part: FAILED})

    record = life.entry(FILE, OLD).settled(SEAL, life.time)

    assert record.unread == {field}
    assert record.protection == left


def test_secrets_that_were_not_read_stay_on_record() -> None:
    life = WHOLE.meddle(secrets=FAILED)

    assert life.entry(FILE, OLD).settled(SEAL, life.time).secrets == WHOLE.record.secrets


def test_a_secret_that_is_neither_there_nor_written_is_not_on_record() -> None:
    """As where no source was to be read."""
    entry = replace(Life().entry(FILE, OLD), changes=())

    assert entry.settled(SEAL, START).secrets == {}


# --- what a partial one does -------------------------------------------------------------------------------


def test_what_failed_stays_as_it_was_on_record() -> None:
    file = replace(FILE, variables={"REGION": "us", "LEVEL": "1"})

    record = WHOLE.apply(file, NEW, fails=lambda each: view(each).name in ("REGION", "TOKEN")).record

    assert record.variables == {
        "REGION": RecordedVariable(Made.CREATED, marked("eu")),
        "LEVEL": RecordedVariable(Made.CREATED, marked("1", "LEVEL")),
    }
    assert record.secrets == WHOLE.record.secrets
    assert record.intent is None


def test_what_was_to_go_and_did_not_is_still_the_files_own() -> None:
    gone = replace(FILE, variables={}, secrets={})

    record = WHOLE.apply(gone, OLD, fails=lambda _: True).record

    assert (record.variables, record.secrets) == (WHOLE.record.variables, WHOLE.record.secrets)


def test_what_may_have_been_done_is_still_intended() -> None:
    file = replace(FILE, variables={"REGION": "us", "LEVEL": "1"})

    record = WHOLE.apply(
        file, NEW, fails=lambda each: view(each).name == "LEVEL", uncertain=lambda each: view(each).name != "LEVEL"
    ).record

    assert record.intent is not None
    assert record.intent.protection is None
    assert record.intent.variables.keys() == {"REGION"}
    assert record.intent.secrets == {"TOKEN": WRITTEN}
    assert record.variables["REGION"].mark == marked("eu")


def test_a_protection_that_failed_in_part_is_still_intended_as_a_whole() -> None:
    file = replace(FILE, settings=replace(GUARDED, wait_timer=60), protection_rules=frozenset({"gate", "datadog"}))

    record = WHOLE.apply(file, OLD, fails=lambda each: isinstance(each, SettingsUpdate)).record

    before = Protection(GUARDED, frozenset({MAIN}), frozenset({"gate"}))
    assert record.protection == before
    assert record.intent is not None
    assert record.intent.protection == (before, Protection(file.settings, file.patterns, file.protection_rules))


def test_fields_that_were_ignored_stay_so_until_the_protection_is_whole() -> None:
    ignore = frozenset({Field.WAIT_TIMER, Field.VARIABLES})
    life = WHOLE.apply(replace(FILE, ignore=ignore), OLD)
    assert life.live is not None
    life = life.meddle(settings=replace(life.live.settings, wait_timer=1))

    failed = life.apply(FILE, OLD, fails=lambda each: isinstance(each, SettingsUpdate))

    assert failed.record.ignore == {Field.WAIT_TIMER}
    assert failed.apply(FILE, OLD).record.ignore == frozenset()


def test_parts_that_were_not_read_stay_so_until_the_protection_is_whole() -> None:
    blind = WHOLE.meddle(patterns=FAILED)
    assert blind.live is not None
    unread = Life(replace(blind.live, record=None)).entry(FILE, OLD)
    record = unread.settled(SEAL, START)
    assert record.unread == {Field.DEPLOYMENT_BRANCH_POLICY}
    verified = replace(WHOLE.verified(), record=record)

    entry = WHOLE.entry(LATER, replace(OLD, recorded=verified))

    assert entry.settled(SEAL, START, Done()).unread == {Field.DEPLOYMENT_BRANCH_POLICY}
    assert entry.settled(SEAL, START, Done(entry.changes)).unread == frozenset()


@pytest.mark.parametrize("pruned_before", [False, True])
def test_pruning_counts_from_when_it_first_worked(*, pruned_before: bool) -> None:
    life = Life().apply(production(prune=pruned_before)).meddle(variables=variables(STRAY="x"))
    file = production(prune=True)

    assert life.apply(file, fails=lambda each: isinstance(each, VariableDelete)).record.prune is pruned_before
    assert life.apply(file).record.prune
    assert not life.apply(file).apply(production()).record.prune


# --- dates of secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "recorded"),
    [
        (1000 - CLOCK_SKEW - 1, 1010),  # of the value before, out of a replica that lags behind
        (1000 - CLOCK_SKEW, 1000 - CLOCK_SKEW),
        (1005, 1005),
        (1010 + CLOCK_SKEW, 1010 + CLOCK_SKEW),
        (1010 + CLOCK_SKEW + 1, 1010),  # somebody wrote it meanwhile: that is to be told
        (None, 1010),
    ],
)
def test_the_date_on_record_is_that_of_envsyncs_own_write(shown: int | None, recorded: int) -> None:
    entry = WHOLE.entry(FILE, NEW)
    after = {} if shown is None else {"TOKEN": LiveSecret("TOKEN", iso(START), iso(shown))}

    record = entry.settled(SEAL, START, Done(entry.changes, (), {"TOKEN": Written("m" * 16, 1000, 1010)}, after))

    assert record.secrets["TOKEN"] == RecordedSecret(Made.CREATED, "m" * 16, recorded)


def test_a_date_that_nobody_can_read_is_taken_for_an_earlier_one() -> None:
    entry = WHOLE.entry(FILE, NEW)
    after = {"TOKEN": LiveSecret("TOKEN", "", "yesterday")}

    record = entry.settled(
        SEAL, START, Done(entry.changes, (), {"TOKEN": Written("m" * 16, START, START + 1)}, after)
    )

    assert record.secrets["TOKEN"].updated_at == START + 1


def test_an_adopted_secret_that_is_written_stays_adopted() -> None:
    there = {"TOKEN": LiveSecret("TOKEN", iso(START), iso(START))}
    adopted = Life(LiveEnvironment("production", 9, secrets=there)).apply(FILE, OLD)
    assert adopted.record.secrets == {"TOKEN": RecordedSecret(Made.ADOPTED)}

    rotated = adopted.apply(FILE, replace(OLD, rotate=("*",)))

    assert rotated.record.secrets == {"TOKEN": RecordedSecret(Made.ADOPTED, token_mark(b"old"), rotated.time - 10)}
    assert rotated.plan(FILE, OLD).changes == ()


# --- nothing new to say ------------------------------------------------------------------------------------


@pytest.mark.parametrize("life", [WHOLE, Life(LiveEnvironment("production", 9)).apply(FILE, OLD)])
def test_a_record_of_a_whole_apply_is_up_to_date(life: Life) -> None:
    assert life.entry(FILE, OLD).is_up_to_date()
    assert life.wait(10_000).entry(FILE, OLD).is_up_to_date()
    assert life.entry(FILE, replace(OLD, sources={})).is_up_to_date()


@pytest.mark.parametrize(
    ("life", "file", "run"),
    [
        (WHOLE.meddle(record=None), FILE, OLD),
        (WHOLE, FILE, NEW),
        (WHOLE, replace(FILE, prune=False), OLD),
        (WHOLE, FILE, replace(OLD, never_touch=frozenset())),
        (WHOLE, replace(FILE, ignore=frozenset({Field.VARIABLES})), OLD),
        (WHOLE, FILE, replace(OLD, keys=RENEWED_KEYS)),
        (Life().apply(production()), production(), Run(RENEWED_KEYS)),  # no mark in it says so
        (WHOLE, FILE, replace(OLD, owner="platform", take_over=True)),
        (WHOLE.cut_off(LATER, OLD, stop="after"), LATER, OLD),
        (WHOLE.cut_off(LATER, OLD, stop="before"), FILE, OLD),
    ],
)
def test_a_record_that_would_say_something_else_is_not(life: Life, file: DesiredEnvironment, run: Run) -> None:
    assert not life.entry(file, run).is_up_to_date()


def test_what_somebody_else_owns_may_change_without_news() -> None:
    ignore = frozenset(Field) - {Field.VARIABLES, Field.SECRETS}
    file = replace(FILE, ignore=ignore)
    life = WHOLE.apply(file, OLD)

    moved = life.meddle(
        settings=Settings((User("bob"),), 5, deployment_branch_policy=RefPolicy.SELECTED),
        patterns=pattern_list([DEVELOP]),
        protection_rules=rule_list(["datadog"]),
    )

    assert moved.entry(file, OLD).is_up_to_date()


# --- room --------------------------------------------------------------------------------------------------


def entry(count: int, *changes: Change, life: Life | None = None) -> Entry:
    values = variables(**{f"V{number}": "x" for number in range(count)})
    there = (life or Life(LiveEnvironment("production", 9))).meddle(variables=values)
    return replace(there.entry(production()), changes=changes)


CREATE = VariableCreate(*(None, None), "NEW", "x")  # type: ignore[arg-type]
DELETE = VariableDelete(*(None, None), "V0", "x")  # type: ignore[arg-type]
AGAIN = VariableCreate(*(None, None), "V0", "x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "changes", "room", "now"),
    [
        (98, (), True, True),
        (99, (), True, True),
        (100, (), False, False),
        (98, (CREATE,), True, True),
        (99, (CREATE,), False, True),
        (100, (DELETE,), True, False),
        (100, (DELETE, CREATE), False, False),
        (99, (AGAIN,), True, True),
    ],
)
def test_an_environment_has_room_for_a_hundred(
    count: int, changes: tuple[Change, ...], *, room: bool, now: bool
) -> None:
    found = entry(count, *changes)

    assert (found.has_room(), found.has_room_now()) == (room, now)


def test_a_record_that_is_there_has_its_room() -> None:
    assert entry(100, life=WHOLE).has_room_now()
    assert not entry(100, life=WHOLE).has_room()


def test_a_new_environment_has_room_and_so_has_one_whose_variables_nobody_read() -> None:
    for found in (Entry("payments", FILE, None), WHOLE.meddle(variables=FAILED, record=None).entry(FILE)):
        assert found.has_room()
        assert found.has_room_now()
        assert VariableDelete not in map(type, found.changes)


@pytest.mark.parametrize("count", [1, 200])
def test_a_record_that_fits_is_never_too_long_for_a_variable(count: int) -> None:
    """Whatever is written later: marks and dates come on top of what was measured."""
    found = None
    for length in range(1, 600, 7):
        names = [f"S{'X' * length}{number}" for number in range(count)]
        run = Run(sources=dict.fromkeys(names, b"x"))
        file = production(secrets=secrets(*names))
        fits = Life().entry(file, run).fits(KEYS.seal(PLACE))
        if not fits:
            found = length
            break
        applied = Life().apply(file, run)
        assert applied.live is not None
        assert applied.live.record is not None
        assert len(applied.live.record.value) <= MAX_VALUE_BYTES
        assert (
            len(SEAL.sign(applied.entry(file, replace(run, rotate=("*",))).intent(SEAL, START))) <= MAX_VALUE_BYTES
        )
    assert (found is None) is (count == 1)


# --- where it comes from -----------------------------------------------------------------------------------


def test_an_entry_knows_its_owner_and_what_may_be_trusted() -> None:
    repository = DesiredRepository(RepositoryName("Acme", "Payments"), (FILE,), frozenset({"legacy"}))
    verified = WHOLE.verified()
    ledger = Ledger(owners={SPOT: "payments"}, recorded={SPOT: verified})
    change = SecretUpdate(*(None, None), "TOKEN")  # type: ignore[arg-type]

    found = entry_of(repository, FILE, WHOLE.live, ledger, (change,))

    assert found == Entry("payments", FILE, WHOLE.live, verified, frozenset({"legacy"}), (change,))
    assert entry_of(repository, FILE, None, Ledger(), ()).owner == ""
