from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from support.life import KEYS, PAYMENTS, SEAL, SERVER, Life, production

from envsync.errors import FailureKind
from envsync.model import (
    DesiredRepository,
    Expected,
    ListedEnvironment,
    LiveRepository,
    LiveRule,
    OtherEnvironment,
    RefPolicy,
    Settings,
    Unread,
    User,
)
from envsync.plan.appeared import environment_looks_open
from envsync.plan.changes import Address, EnvironmentDelete, Kind, Origin, Risk, Unmanaged
from envsync.plan.diff import Scope, diff
from envsync.plan.drift import Deed, Drift
from envsync.plan.drift_check import drift_of
from envsync.plan.ledger import Ledger, spot
from envsync.plan.record import Absent, Foreign, Made, Recorded, Verified

OLD = Address("acme/payments", "Old")
OPEN = ListedEnvironment("Old", "2026-02-03T04:05:06Z", Settings(), ())
EMPTY = DesiredRepository(PAYMENTS, ())
PRUNING = DesiredRepository(PAYMENTS, (), prune=True)
MISSPELT = Expected("old", frozenset(), "a misspelt workflow", date(2026, 3, 1))
EVERYTHING = Scope()
PROTECTIONS = [
    Settings((User("ann"),)),
    Settings(wait_timer=1),
    Settings(deployment_branch_policy=RefPolicy.PROTECTED),
    Settings(deployment_branch_policy=RefPolicy.SELECTED),
]
CREATED = Verified(Life().apply(production()).record, SEAL)
ADOPTED = replace(CREATED, record=replace(CREATED.record, made=Made.ADOPTED))


def drift(
    listed: ListedEnvironment | None,
    desired: DesiredRepository = EMPTY,
    recorded: Recorded | None = None,
    scope: Scope = EVERYTHING,
) -> Drift:
    known = {} if listed is None else {"old": listed}
    there = OtherEnvironment("Old", 3, None)
    live = {PAYMENTS.key: LiveRepository(PAYMENTS, PAYMENTS, ("Old",), {}, 7, {"old": there}, known)}
    ledger = Ledger(SERVER, KEYS.seal, recorded={} if recorded is None else {spot(PAYMENTS, "old"): recorded})
    plan = diff([desired], live, scope, ledger)
    return drift_of(plan, [desired], live, ledger, today=date(2026, 3, 1), pending=True, scope=scope)


def test_an_environment_that_nobody_declares_and_nothing_protects_appeared() -> None:
    (found,) = drift(OPEN).differences

    assert (found.at, found.kind, found.name, found.deed) == (OLD, Kind.ENVIRONMENT, None, Deed.APPEARED)
    assert (found.origin, found.risk, found.since) == (Origin.OUTSIDE, Risk.WEAKENS, "2026-02-03T04:05:06Z")
    assert found.reason.startswith("every branch and tag can deploy to it, and nobody has to approve: ")


def test_when_it_appeared_may_not_be_known() -> None:
    (found,) = drift(replace(OPEN, created_at=None)).differences

    assert found.since is None


@pytest.mark.parametrize("settings", PROTECTIONS, ids=["reviewer", "timer", "protected", "selected"])
def test_what_is_protected_by_anything_is_nobodys_business(settings: Settings) -> None:
    found = drift(replace(OPEN, settings=settings, protection_rules=None))

    assert (found.differences, found.unread) == ((), ())


def test_what_is_no_difference_is_listed_and_what_is_one_is_not_told_twice() -> None:
    protected = drift(replace(OPEN, settings=PROTECTIONS[0]))

    assert protected.unmanaged == (Unmanaged(OLD, Kind.ENVIRONMENT, None),)
    assert drift(OPEN).unmanaged == ()
    assert drift(OPEN, replace(EMPTY, expected=(MISSPELT,))).unmanaged == ()


def test_a_custom_rule_protects_it_and_one_that_is_switched_off_does_not() -> None:
    assert drift(replace(OPEN, protection_rules=(LiveRule(1, "change-gate"),))).differences == ()
    assert drift(replace(OPEN, protection_rules=(LiveRule(1, "change-gate", enabled=False),))).differences


@pytest.mark.parametrize("listed", [None, replace(OPEN, protection_rules=None)], ids=["nothing", "no-rules"])
def test_what_nobody_looked_at_is_unread(listed: ListedEnvironment | None) -> None:
    found = drift(listed)

    assert found.differences == ()
    assert [(each.environment, each.part, each.failed) for each in found.unread] == [
        ("Old", "deployment protection rules", False)
    ]


def test_rules_that_could_not_be_read_are_unread() -> None:
    refused = Unread("the token may not", FailureKind.NOT_PERMITTED, "give it Actions: read")
    found = drift(replace(OPEN, protection_rules=refused))

    assert found.differences == ()
    assert [(each.reason, each.hint, each.failed) for each in found.unread] == [
        ("the token may not", "give it Actions: read", True)
    ]


def test_what_is_never_touched_or_out_of_scope_does_not_count() -> None:
    assert drift(OPEN, replace(EMPTY, never_touch=frozenset({"OLD"}))) == Drift(pending=())
    assert drift(OPEN, scope=Scope(("production",))) == Drift(pending=())


def test_what_is_proven_to_be_another_files_does_not_count_and_a_claim_is_no_proof() -> None:
    assert drift(OPEN, recorded=Foreign("billing", CREATED)).differences == ()
    assert len(drift(OPEN, recorded=Foreign("billing")).differences) == 1


def test_what_the_file_created_once_is_to_be_deleted_and_did_not_appear() -> None:
    found = drift(OPEN, recorded=CREATED)

    assert found.differences == ()
    assert found.pending is not None
    assert list(map(type, found.pending)) == [EnvironmentDelete]


def test_what_the_file_lets_go_unprotected_counts() -> None:
    assert len(drift(OPEN, recorded=ADOPTED).differences) == 1


def test_where_the_file_prunes_one_that_is_protected_was_added() -> None:
    (found,) = drift(replace(OPEN, settings=PROTECTIONS[0]), PRUNING, Absent()).differences

    assert (found.deed, found.origin, found.risk) == (Deed.ADDED, Origin.UNKNOWN, Risk.NEUTRAL)
    assert found.reason == "in no file"


def test_where_the_file_prunes_one_that_is_open_appeared_and_is_counted_once() -> None:
    (found,) = drift(OPEN, PRUNING, Absent()).differences

    assert found.deed is Deed.APPEARED


def test_where_the_file_prunes_one_whose_rules_are_not_known_was_added() -> None:
    found = drift(replace(OPEN, protection_rules=None), PRUNING, Absent())

    assert [each.deed for each in found.differences] == [Deed.ADDED]
    assert len(found.unread) == 1


def test_custom_rules_are_asked_for_where_nothing_else_protects() -> None:
    def asked(listed: ListedEnvironment, desired: DesiredRepository = EMPTY, *, held: bool = True) -> bool:
        return environment_looks_open(listed, desired, lambda _name: held)

    assert asked(OPEN)
    assert not asked(OPEN, held=False)
    assert not asked(OPEN, replace(EMPTY, environments=(replace(production(), name="old"),)))
    assert not any(asked(replace(OPEN, settings=each)) for each in PROTECTIONS)
