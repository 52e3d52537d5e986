from __future__ import annotations

from dataclasses import replace

import pytest
from support.life import KEYS, PAYMENTS, SEAL, SERVER, Life, Run, production

from envsync.errors import FailureKind
from envsync.model import (
    DesiredRepository,
    LiveEnvironment,
    LiveRepository,
    OtherEnvironment,
    Unread,
)
from envsync.plan.changes import Address, EnvironmentDelete, Origin, Plan, RecordNext, RecordState, Risk
from envsync.plan.diff import Scope, diff
from envsync.plan.ledger import Ledger, spot
from envsync.plan.record import Absent, Foreign, Made, Newer, Recorded, Tampered, Unverified, Verified
from envsync.plan.undeclared import is_undeclared

OLD = Address("acme/payments", "Old")
CREATED = Verified(Life().apply(production()).record, SEAL)
ADOPTED = replace(CREATED, record=replace(CREATED.record, made=Made.ADOPTED))
FAILED = Unread("it did not answer", FailureKind.UNAVAILABLE, "try again")
EVERYTHING = Scope()
UNKNOWN: list[Recorded | None] = [Absent(), Tampered("edited"), Unverified("no key", "set it"), None]


def planned(
    recorded: Recorded | None,
    *,
    prune: bool = False,
    key: bool = True,
    live: LiveRepository | None = None,
    scope: Scope = EVERYTHING,
    take_over: bool = False,
    never_touch: frozenset[str] = frozenset(),
) -> Plan:
    there = OtherEnvironment("Old", 3, None)
    live = live or LiveRepository(PAYMENTS, PAYMENTS, ("Old",), {}, 7, {"old": there})
    ledger = Ledger(
        SERVER,
        KEYS.seal if key else None,
        recorded={} if recorded is None else {spot(PAYMENTS, "old"): recorded},
        take_over=take_over,
    )
    desired = DesiredRepository(PAYMENTS, (), never_touch, prune=prune)
    return diff([desired], {PAYMENTS.key: live}, scope, ledger)


def deleted(plan: Plan) -> list[tuple[Risk, Origin]]:
    assert all(isinstance(each, EnvironmentDelete) and each.at == OLD for each in plan.changes)
    return [(each.verdict.risk, each.verdict.origin) for each in plan.changes]


def listed(plan: Plan) -> bool:
    return [each.at for each in plan.unmanaged] == [OLD]


@pytest.mark.parametrize("prune", [False, True])
def test_what_the_file_created_goes_with_it(*, prune: bool) -> None:
    plan = planned(CREATED, prune=prune)

    assert deleted(plan) == [(Risk.DESTROYS, Origin.CONFIG)]
    assert plan.changes[0].verdict.reason.startswith("it was created from a file, which no longer has it; ")
    assert plan.records == ()


def test_what_it_adopted_is_let_go_and_loses_its_record() -> None:
    plan = planned(ADOPTED)

    assert deleted(plan) == []
    assert listed(plan)
    (status,) = plan.records
    assert (status.at, status.state, status.next) == (OLD, RecordState.VERIFIED, RecordNext.REMOVE)


def test_what_it_adopted_is_pruned_where_it_prunes() -> None:
    assert deleted(planned(ADOPTED, prune=True)) == [(Risk.DESTROYS, Origin.CONFIG)]


@pytest.mark.parametrize("recorded", UNKNOWN)
def test_what_nobody_vouches_for_is_listed_or_pruned(recorded: Recorded | None) -> None:
    kept, pruned = planned(recorded), planned(recorded, prune=True)

    assert deleted(kept) == []
    assert listed(kept)
    assert kept.records == ()
    assert deleted(pruned) == [(Risk.DESTROYS, Origin.UNKNOWN)]


@pytest.mark.parametrize("take_over", [False, True])
@pytest.mark.parametrize("prune", [False, True])
@pytest.mark.parametrize("recorded", [Foreign("platform"), Foreign("platform", CREATED)])
def test_what_another_file_owns_is_never_touched(recorded: Recorded, *, prune: bool, take_over: bool) -> None:
    plan = planned(recorded, prune=prune, take_over=take_over)

    assert deleted(plan) == []
    assert listed(plan)
    (status,) = plan.records
    assert (status.state, status.next, status.owner) == (RecordState.FOREIGN, RecordNext.KEEP, "platform")
    assert bool(status.reason) is prune


def test_what_a_newer_envsync_recorded_stays() -> None:
    kept, pruned = planned(Newer(2)), planned(Newer(2), prune=True)

    assert (deleted(kept), listed(kept), kept.records) == ([], True, ())
    assert (deleted(pruned), listed(pruned)) == ([], True)
    assert [(each.state, each.next) for each in pruned.records] == [(RecordState.UNVERIFIED, RecordNext.KEEP)]


def repository(name: str, place: str, part: object) -> LiveRepository:
    empty = LiveRepository(PAYMENTS, PAYMENTS, (name,), id=7)
    if place == "others":
        return replace(empty, others={"old": OtherEnvironment(name, 3, part)})  # type: ignore[arg-type]
    return replace(empty, environments={"old": LiveEnvironment(name, 3, variables=part)})  # type: ignore[arg-type]


@pytest.mark.parametrize("place", ["others", "environments"])
@pytest.mark.parametrize("prune", [False, True])
def test_what_could_not_be_looked_at_stays(place: str, *, prune: bool) -> None:
    plan = planned(None, prune=prune, live=repository("Old", place, FAILED))

    assert (deleted(plan), listed(plan)) == ([], True)
    (part,) = plan.unread
    assert (part.part, part.environment, part.reason, part.hint, part.failed) == (
        "record",
        "Old",
        "it did not answer",
        "try again",
        True,
    )


def test_what_nobody_looked_at_is_not_pruned() -> None:
    unseen = LiveRepository(PAYMENTS, PAYMENTS, ("Old",), id=7)

    kept, pruned = planned(None, live=unseen), planned(None, prune=True, live=unseen)

    assert (deleted(kept), kept.unread) == ([], ())
    assert (deleted(pruned), listed(pruned)) == ([], True)
    assert [(each.part, each.failed) for each in pruned.unread] == [("record", False)]


@pytest.mark.parametrize("place", ["others", "environments"])
def test_what_was_looked_at_and_has_none_is_pruned(place: str) -> None:
    plan = planned(Absent(), prune=True, live=repository("Old", place, {} if place == "environments" else None))

    assert deleted(plan) == [(Risk.DESTROYS, Origin.UNKNOWN)]


def test_what_is_in_never_touch_or_out_of_scope_is_not_even_listed() -> None:
    for plan in (
        planned(CREATED, prune=True, never_touch=frozenset({"OLD"})),
        planned(CREATED, prune=True, scope=Scope(("new*",))),
    ):
        assert (plan.changes, plan.unmanaged, plan.records) == ((), (), ())


@pytest.mark.parametrize(("name", "found"), [("PRODUCTION", False), ("Legacy", False), ("other", True)])
def test_names_are_declared_in_any_case(name: str, *, found: bool) -> None:
    desired = DesiredRepository(PAYMENTS, (production(),), frozenset({"LEGACY"}))

    assert is_undeclared(desired, name) is found


# --- two files, one repository -----------------------------------------------------------------------------


@pytest.mark.parametrize("prune", [False, True])
@pytest.mark.parametrize("with_key", [True, False])
def test_two_files_never_plan_to_touch_what_the_other_created(*, prune: bool, with_key: bool) -> None:
    """Neither declares what the other does, and each may prune; without a key, too."""
    theirs = Life().apply(production(), Run(owner="platform"))

    def opened(owner: str) -> Recorded:
        return theirs.recorded(Run(KEYS if with_key else None, owner=owner))

    mine = planned(opened("payments"), prune=prune, key=with_key)

    assert deleted(mine) == []
    assert listed(mine)
    if with_key:
        assert deleted(planned(opened("platform"))) == [(Risk.DESTROYS, Origin.CONFIG)]
