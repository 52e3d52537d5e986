"""What a file gives up guarding: a protection field that it ignores now, or a name in `never_touch`."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from support.life import OTHER_KEYS, PAYMENTS, SEAL, Life, Run, production

from envsync.model import DesiredRepository, Field, LiveRepository
from envsync.plan.changes import Address, FieldChange, Origin, Plan, Release, Risk, Verdict
from envsync.plan.diff import Scope, diff
from envsync.plan.grants import Grant, Grants, refusals
from envsync.plan.ledger import Ledger, spot
from envsync.plan.record import Verified
from envsync.plan.strictness import Dimension, weakened

FILE = production()
WHOLE = Life().apply(FILE)
GUARDS = {
    Field.REQUIRED_REVIEWERS: Dimension.REVIEWERS,
    Field.WAIT_TIMER: Dimension.TIMER,
    Field.PREVENT_SELF_REVIEW: Dimension.SELF_REVIEW,
    Field.CAN_ADMINS_BYPASS: Dimension.BYPASS,
    Field.DEPLOYMENT_BRANCH_POLICY: Dimension.REFS,
    Field.DEPLOYMENT_PROTECTION_RULES: Dimension.RULES,
}


def ignoring(*fields: Field) -> Plan:
    return WHOLE.plan(replace(FILE, ignore=frozenset(fields)))


@pytest.mark.parametrize(("field", "dimension"), GUARDS.items())
def test_ignoring_what_was_guarded_weakens_in_its_dimension(field: Field, dimension: Dimension) -> None:
    plan = ignoring(field)

    (change,) = plan.changes
    assert isinstance(change, Release)
    assert (change.verdict.risk, change.verdict.origin) == (Risk.WEAKENS, Origin.CONFIG)
    assert change.verdict.reason == f"whoever changes {field} is no longer noticed"
    assert change.field == FieldChange("ignore", (), (field.value,))
    assert weakened(change, frozenset()) == {dimension}


@pytest.mark.parametrize("dimension", Dimension)
def test_it_takes_the_grant_of_that_very_dimension(dimension: Dimension) -> None:
    for field, needed in GUARDS.items():
        granted = Grants(narrow=frozenset({Grant(Risk.WEAKENS, "production", dimension)}))

        assert bool(refusals(ignoring(field), granted)) is (dimension is not needed)


def test_ignoring_two_at_once_takes_two_grants() -> None:
    for one, other in combinations(GUARDS, 2):
        (change,) = ignoring(one, other).changes
        assert weakened(change, frozenset()) == {GUARDS[one], GUARDS[other]}
        assert change.verdict.reason.count(" or ") == 1


@pytest.mark.parametrize("field", [Field.VARIABLES, Field.SECRETS])
def test_ignoring_what_protects_nothing_weakens_nothing(field: Field) -> None:
    plan = ignoring(field)

    assert plan.changes == ()
    assert [each.next for each in plan.records] == ["write"]


def test_what_was_ignored_before_is_not_given_up_again() -> None:
    ignored = replace(FILE, ignore=frozenset({Field.WAIT_TIMER}))
    life = WHOLE.apply(ignored)

    assert life.plan(ignored).changes == ()
    (change,) = life.plan(replace(ignored, ignore=ignored.ignore | {Field.CAN_ADMINS_BYPASS})).changes
    assert isinstance(change, Release)
    assert change.field == FieldChange("ignore", ("wait_timer",), ("can_admins_bypass", "wait_timer"))
    assert weakened(change, frozenset()) == {Dimension.BYPASS}
    assert life.plan(FILE).changes == ()


@pytest.mark.parametrize(
    ("life", "run"),
    [(Life(), Run()), (WHOLE, Run(OTHER_KEYS)), (WHOLE, Run(None)), (WHOLE.meddle(record=None), Run())],
)
def test_with_no_verified_record_nobody_knows_what_was_guarded(life: Life, run: Run) -> None:
    plan = life.plan(replace(FILE, ignore=frozenset(GUARDS)), run)

    assert not any(isinstance(each, Release) for each in plan.changes)


# --- never_touch -------------------------------------------------------------------------------------------


def releasing(
    former: frozenset[str],
    now: frozenset[str] = frozenset(),
    names: tuple[str, ...] = ("Legacy", "production"),
    globs: tuple[str, ...] = (),
    *,
    recorded: bool = True,
) -> list[tuple[str, Risk, Origin]]:
    verified = Verified(replace(WHOLE.record, never_touch=former), SEAL)
    assert WHOLE.live is not None
    live = LiveRepository(PAYMENTS, PAYMENTS, names, {"production": WHOLE.live}, 7)
    ledger = Ledger(recorded={spot(PAYMENTS, "production"): verified} if recorded else {})
    desired = DesiredRepository(PAYMENTS, (FILE,), now)
    plan = diff([desired], {PAYMENTS.key: live}, Scope(globs), ledger)
    found = [each for each in plan.changes if isinstance(each, Release)]
    assert all(each.field == FieldChange("never_touch", before=True, after=False) for each in found)
    assert all(weakened(each, frozenset()) == frozenset(Dimension) for each in found)
    return [(each.at.environment, each.verdict.risk, each.verdict.origin) for each in found]


def test_taking_a_name_out_of_never_touch_weakens() -> None:
    assert releasing(frozenset({"LEGACY"})) == [("Legacy", Risk.WEAKENS, Origin.CONFIG)]
    assert releasing(frozenset({"production"})) == [("production", Risk.WEAKENS, Origin.CONFIG)]


def test_narrowing_a_run_does_not_do_without_the_grant() -> None:
    assert releasing(frozenset({"legacy"}), globs=("legacy",)) == [("Legacy", Risk.WEAKENS, Origin.CONFIG)]


def test_a_name_that_stays_in_it_or_is_nowhere_else_is_not_released() -> None:
    assert releasing(frozenset({"legacy"}), frozenset({"LEGACY"})) == []
    assert releasing(frozenset({"legacy"}), names=("production",)) == []
    assert releasing(frozenset()) == []
    assert releasing(frozenset({"legacy"}), globs=("prod*",)) == []
    assert releasing(frozenset({"legacy"}), recorded=False) == []


def test_the_record_says_what_the_file_never_touches() -> None:
    kept = WHOLE.apply(FILE, Run(never_touch=frozenset({"legacy"})))

    assert kept.record.never_touch == {"legacy"}
    assert kept.plan(FILE, Run(never_touch=frozenset({"legacy"}))).records[0].next == "keep"
    assert Address("acme/payments", "legacy") not in {each.at for each in kept.plan(FILE).changes}


def test_releasing_a_name_needs_a_grant_for_its_whole_environment_and_is_something_to_write() -> None:
    field = FieldChange("never_touch", before=True, after=False)
    verdict = Verdict(Risk.WEAKENS, "never_touch no longer keeps envsync away", Origin.CONFIG)
    plan = Plan("", changes=(Release(Address("acme/payments", "legacy"), verdict, field),))

    (refusal,) = refusals(plan, Grants())

    assert refusal.hint is not None
    assert refusal.hint.endswith("--allow-weakening=legacy")
    assert plan.writes
    assert not Plan("").writes
