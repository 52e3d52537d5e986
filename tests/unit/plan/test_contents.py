from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.life import (
    AT,
    OTHER_KEYS,
    START,
    Life,
    Run,
    iso,
    production,
    secrets,
    variables,
)

from envsync.errors import FailureKind
from envsync.model import DesiredEnvironment, Field, LiveEnvironment, LiveSecret, Unread
from envsync.plan.changes import (
    Kind,
    Origin,
    Plan,
    SecretCreate,
    SecretState,
    Unmanaged,
    VariableCreate,
    VariableDelete,
    VariableUpdate,
    view,
)
from envsync.plan.contents import NO_CONTEXT, created_secret, created_variable
from envsync.plan.environment import diff_environment
from envsync.plan.record import Made, Tampered

if TYPE_CHECKING:
    from envsync.plan.changes import Change

FILE = production(variables={"REGION": "eu"})
NONE = production()
BY_HAND = Life(
    LiveEnvironment(
        "production",
        9,
        variables=variables(REGION="eu", LEVEL="1"),
        secrets={"TOKEN": LiveSecret("TOKEN", iso(START), iso(START))},
    )
)
SOURCES = Run(sources={"TOKEN": b"x", "NEW": b"y"})


def told(plan: Plan) -> list[tuple[str, str | None, Origin]]:
    return [(view(each).action.value, view(each).name, each.verdict.origin) for each in plan.changes]


def unmanaged(plan: Plan) -> list[str | None]:
    return [each.name for each in plan.unmanaged]


# --- created and adopted -----------------------------------------------------------------------------------


def test_a_variable_that_the_file_created_goes_with_it() -> None:
    assert told(Life().apply(FILE).plan(NONE)) == [("delete", "REGION", Origin.CONFIG)]


def test_a_variable_that_it_adopted_stays_and_is_listed() -> None:
    adopted = BY_HAND.apply(FILE)

    assert adopted.record.variables["REGION"].made is Made.ADOPTED
    plan = adopted.plan(NONE)
    assert told(plan) == []
    assert Unmanaged(AT, Kind.VARIABLE, "REGION") in plan.unmanaged


def test_an_adopted_one_stays_adopted_whatever_the_file_makes_of_it() -> None:
    changed = BY_HAND.apply(FILE).apply(production(variables={"REGION": "us"}))

    assert changed.record.variables["REGION"].made is Made.ADOPTED
    assert told(changed.plan(NONE)) == []


def test_a_created_one_stays_created_whoever_changed_it_since() -> None:
    life = Life().apply(FILE).meddle(variables=variables(REGION="xx"))

    assert told(life.plan(NONE)) == [("delete", "REGION", Origin.CONFLICT)]
    assert life.apply(FILE).record.variables["REGION"].made is Made.CREATED


def test_one_that_somebody_deleted_is_created_anew() -> None:
    again = BY_HAND.apply(FILE).without("variables", "REGION").apply(FILE)

    assert again.record.variables["REGION"].made is Made.CREATED


def test_what_is_let_go_is_nobodys_and_adopted_if_the_file_has_it_again() -> None:
    let_go = BY_HAND.apply(FILE).apply(NONE)

    assert let_go.record.variables == {}
    assert let_go.apply(FILE).record.variables["REGION"].made is Made.ADOPTED


def test_what_was_taken_over_is_not_deleted_with_the_file() -> None:
    taking = Run(owner="platform", take_over=True)
    taken = Life().apply(FILE).apply(FILE, taking)

    assert taken.verified(Run(owner="platform")).record.variables["REGION"].made is Made.ADOPTED
    assert told(taken.plan(NONE, Run(owner="platform"))) == []
    assert unmanaged(taken.plan(NONE, Run(owner="platform"))) == ["REGION"]


@pytest.mark.parametrize("run", [Run(OTHER_KEYS), Run(None), Run(recorded=Tampered("edited"))])
def test_with_no_verified_record_nothing_counts_as_created(run: Run) -> None:
    life = Life().apply(FILE)

    assert told(life.plan(NONE, run)) == []
    assert told(life.plan(replace(NONE, prune=True), run)) == [("delete", "REGION", Origin.UNKNOWN)]


@pytest.mark.parametrize(
    ("now", "found"),
    [("eu", [("delete", "REGION", Origin.CONFIG)]), ("other", [])],
    ids=["own", "somebody else's"],
)
def test_what_a_cut_off_apply_created_goes_with_the_file_unless_somebody_else_wrote_it(
    now: str, found: list[tuple[str, str, Origin]]
) -> None:
    cut = Life().apply(NONE).cut_off(FILE, done=lambda _: True).meddle(variables=variables(REGION=now))

    assert told(cut.plan(NONE)) == found


def test_what_a_cut_off_apply_only_changed_or_deleted_it_did_not_create() -> None:
    verified = BY_HAND.cut_off(production(variables={"REGION": "us"}, prune=True)).verified()

    assert verified.record.intent is not None
    assert verified.record.intent.variables.keys() == {"REGION", "LEVEL"}
    assert not created_variable(verified, "REGION", "us")
    assert not created_variable(verified, "LEVEL", "1")
    assert not created_secret(verified, "TOKEN")


def test_a_secret_is_created_where_the_record_or_the_intent_says_so() -> None:
    file = replace(NONE, secrets=secrets("TOKEN", "NEW"))
    whole = BY_HAND.apply(file, SOURCES).verified()
    cut = BY_HAND.cut_off(file, SOURCES).verified()

    assert [created_secret(whole, name) for name in ("TOKEN", "NEW", "OTHER")] == [False, True, False]
    assert [created_secret(cut, name) for name in ("TOKEN", "NEW", "OTHER")] == [False, True, False]
    assert not created_secret(BY_HAND.apply(NONE).verified(), "TOKEN")
    assert not created_secret(None, "TOKEN")


# --- ignored, and not any more -----------------------------------------------------------------------------

BOTH = replace(FILE, secrets=secrets("TOKEN"))


@pytest.mark.parametrize("field", [Field.VARIABLES, Field.SECRETS])
@pytest.mark.parametrize("prune", [False, True])
def test_what_is_ignored_is_neither_changed_nor_listed_nor_recorded(field: Field, *, prune: bool) -> None:
    file = replace(BOTH, ignore=frozenset({field}), prune=prune)
    life = Life().apply(BOTH, SOURCES).meddle(variables=variables(REGION="xx", STRAY="x"))

    plan = life.plan(file, SOURCES)

    kinds = {view(each).kind for each in plan.changes} | {each.kind for each in plan.unmanaged}
    assert Kind(field.removesuffix("s")) not in kinds
    applied = life.apply(file, SOURCES).record
    assert getattr(applied, field) == {}
    assert bool(plan.secrets) is (field is Field.VARIABLES)


def test_what_is_not_ignored_any_more_differs_because_of_the_file() -> None:
    ignoring = replace(BOTH, ignore=frozenset({Field.VARIABLES, Field.SECRETS}))
    life = Life().apply(ignoring).meddle(variables=variables(REGION="xx"))

    assert told(life.plan(BOTH, SOURCES)) == [
        ("update", "REGION", Origin.CONFIG),
        ("create", "TOKEN", Origin.CONFIG),
    ]


def test_what_was_ignored_meanwhile_is_not_deleted_as_its_own() -> None:
    ignoring = replace(NONE, ignore=frozenset({Field.VARIABLES}))

    assert told(Life().apply(FILE).apply(ignoring).plan(NONE)) == []


# --- what was not read -------------------------------------------------------------------------------------


def failed(reason: str = "it did not answer") -> Unread:
    return Unread(reason, FailureKind.UNAVAILABLE)


@pytest.mark.parametrize("part", ["variables", "secrets"])
def test_what_was_not_read_does_not_change(part: str) -> None:
    plan = BY_HAND.meddle(**{part: failed()}).plan(replace(BOTH, prune=True, variables={"REGION": "us"}))

    assert [each.part for each in plan.unread] == [part]
    changed = [] if part == "variables" else [VariableDelete, VariableUpdate]
    assert [type(each) for each in plan.changes] == changed


@pytest.mark.parametrize("part", ["patterns", "protection_rules"])
def test_no_secret_enters_an_environment_that_may_be_open(part: str) -> None:
    life = Life(LiveEnvironment("production", 9)).meddle(**{part: failed()})

    plan = life.plan(BOTH, SOURCES)

    assert [type(each) for each in plan.changes] == [VariableCreate]
    assert [(each.name, each.reason) for each in plan.unmet] == [
        ("TOKEN", "what protects the environment could not be read")
    ]


# --- with nothing known ------------------------------------------------------------------------------------


def test_without_any_context_two_ways_are_compared() -> None:
    file: DesiredEnvironment = production(
        variables={"NEW": "1", "REGION": "us"}, secrets=secrets("TOKEN", "FRESH"), prune=True
    )

    plan = diff_environment("acme/payments", file, BY_HAND.live, NO_CONTEXT)

    assert {each.verdict.origin for each in plan.changes} == {Origin.UNKNOWN}
    kinds: list[type[Change]] = [VariableCreate, VariableUpdate, VariableDelete, SecretCreate]
    assert [type(each) for each in plan.changes] == kinds
    assert [(each.name, each.state) for each in plan.secrets] == [
        ("FRESH", SecretState.MISSING),
        ("TOKEN", SecretState.UNVERIFIABLE),
    ]
    assert not NO_CONTEXT.rotates("TOKEN")
