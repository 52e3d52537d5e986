"""What holds of every drift check, whatever the file, GitHub and the record say."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from support.bookkeeper import Bookkeeper
from support.schemas import check
from support.states import (
    NAMES,
    REPOSITORY,
    SECRETS,
    VARIABLES,
    desired_repositories,
    live_repositories,
)
from support.world import World

from envsync.model import Expected, Field, ListedEnvironment
from envsync.plan.changes import (
    EnvironmentCreate,
    Kind,
    Origin,
    RecordNext,
    RecordState,
    Risk,
    SettingsUpdate,
    view,
)
from envsync.plan.codec import dumps
from envsync.plan.diff import diff
from envsync.plan.drift import Checked, Deed
from envsync.plan.drift_check import drift_of
from envsync.plan.drift_codec import drift_digest, encode_drift
from envsync.plan.result import Outcome

if TYPE_CHECKING:
    from random import Random

    from envsync.model import DesiredRepository, LiveRepository
    from envsync.plan.changes import Address, Change, Plan
    from envsync.plan.drift import Difference, Drift

    Part = tuple[Address, Kind, tuple[str, ...]]

TODAY = date(2026, 3, 1)
NAMED = (
    *Field,
    "environment",
    *(f"variables.{name}" for name in VARIABLES),
    *(f"secrets.{name}" for name in SECRETS),
)
entries = st.builds(
    Expected,
    st.sampled_from((*NAMES, "*", "prod*")),
    st.frozensets(st.sampled_from(tuple(map(str, NAMED))), max_size=3),
    st.sampled_from(("incident", "holidays")),
    st.integers(-2, 2).map(lambda days: TODAY + timedelta(days=days)),
)
expectations = st.lists(entries, max_size=4).map(tuple)


def listing(live: LiveRepository) -> LiveRepository:
    """With what GitHub's list says, and the rules of all."""
    listed = {
        key: ListedEnvironment(each.name, "2026-01-01T00:00:00Z", each.settings, each.protection_rules)
        for key, each in live.environments.items()
    }
    return replace(live, listed=listed)


def checked(keeper: Bookkeeper, desired: DesiredRepository, listed: LiveRepository) -> tuple[Plan, Drift]:
    ledger = keeper.ledger(desired, listed)
    live = {REPOSITORY.key: listed}
    plan = diff([desired], live, ledger=ledger)
    return plan, drift_of(plan, [desired], live, ledger, today=TODAY, pending=True)


def as_listed(keeper: Bookkeeper, desired: DesiredRepository) -> LiveRepository:
    """What is read for a drift check of `desired`."""
    return replace(keeper.live(desired), listed=listing(keeper.world.live()).listed)


def keeping(live: LiveRepository) -> Bookkeeper:
    return Bookkeeper(World(REPOSITORY, dict(live.environments)))


def printed(found: Drift) -> str:
    return dumps(encode_drift(Checked(found, (str(REPOSITORY),), "https://api.github.com", ("payments",))))


def declared(found: Drift) -> list[Difference]:
    return [each for each in found.differences if each.deed is not Deed.APPEARED]


@given(desired_repositories(), live_repositories())
def test_what_was_just_applied_has_not_drifted(desired: DesiredRepository, live: LiveRepository) -> None:
    keeper = keeping(live)
    came = keeper.apply(desired)
    assert {each.outcome for each in came.changes} <= {Outcome.APPLIED}

    plan, found = checked(keeper, desired, as_listed(keeper, desired))

    assert {each.reason for each in declared(found)} <= {each.reason for each in plan.unmet}
    assert found.pending == ()
    assert found.unread == ()


@st.composite
def drifted(draw: st.DrawFn) -> tuple[Bookkeeper, DesiredRepository, LiveRepository]:
    """A file was applied; then somebody made of it whatever they liked, and the file may have changed as well."""
    file, before, after = draw(desired_repositories()), draw(live_repositories()), draw(live_repositories())
    keeper = keeping(before)
    keeper.apply(file)
    there = keeper.world.environments
    for key, each in after.environments.items():
        there[key] = replace(each, id=there[key].id, record=there[key].record) if key in there else each
    for name in draw(st.sets(st.sampled_from(sorted(there)))) if there else ():
        if name not in after.environments:
            del there[name]
    desired = replace(draw(st.just(file) | desired_repositories()), expected=draw(expectations))
    return keeper, desired, as_listed(keeper, desired)


def parts(plan: Plan, pending: Counter[Change]) -> Counter[Part]:
    """Of the changes that are not pending, of what cannot be met, and of records: settings one by one.

    Nothing of what is in an environment that is not there.
    """
    found: Counter[Part] = Counter()
    for change in (Counter(plan.changes) - pending).elements():
        seen = view(change)
        names = [each.name for each in seen.fields]
        for group in [(name,) for name in names] if isinstance(change, SettingsUpdate) else [tuple(names)]:
            found[change.at, seen.kind, group] += 1
    for unmet in plan.unmet:
        found[unmet.at, unmet.kind, (unmet.name,) if unmet.kind is Kind.SETTINGS else ()] += 1
    for status in plan.records:
        if (status.state, status.next) == (RecordState.ABSENT, RecordNext.WRITE):
            found[status.at, Kind.VARIABLE, ()] += 1
    gone = {each.at for each in plan.changes if isinstance(each, EnvironmentCreate)}
    return Counter(
        {
            (at, kind, fields): number
            for (at, kind, fields), number in found.items()
            if kind is Kind.ENVIRONMENT or at not in gone
        }
    )


@given(drifted())
def test_each_change_is_drift_or_expected_or_pending_and_only_one_of_them(
    given_: tuple[Bookkeeper, DesiredRepository, LiveRepository],
) -> None:
    plan, found = checked(*given_)

    excused = [each.difference for each in found.expected]
    unmanaged = {each.at for each in plan.unmanaged if each.name is None}
    listed = {each.at for each in found.unmanaged if each.name is None}
    assert listed == unmanaged - {each.at for each in (*found.differences, *excused)}
    told = Counter(
        (each.at, each.kind, tuple(field.name for field in each.fields))
        for each in (*found.differences, *excused)
        if each.at not in unmanaged
    )
    assert found.pending is not None
    assert Counter(found.pending) <= Counter(plan.changes)
    assert {each.verdict.origin for each in found.pending} <= {Origin.CONFIG, Origin.INTERRUPTED}
    assert told == parts(plan, Counter(found.pending))


@given(drifted())
def test_nothing_is_both_counted_and_expected(
    given_: tuple[Bookkeeper, DesiredRepository, LiveRepository],
) -> None:
    _, found = checked(*given_)

    counted = set(found.differences)
    assert not counted & {each.difference for each in found.expected}
    assert {each.difference for each in found.lapsed} <= counted
    assert all(each.expected.until >= TODAY for each in found.expected)
    assert all(each.expected.until < TODAY for each in found.lapsed)


@given(drifted())
def test_what_the_files_expect_changes_nothing_of_what_was_found(
    given_: tuple[Bookkeeper, DesiredRepository, LiveRepository],
) -> None:
    keeper, desired, live = given_
    _, found = checked(keeper, desired, live)
    _, bare = checked(keeper, replace(desired, expected=()), live)

    assert {*found.differences, *(each.difference for each in found.expected)} == set(bare.differences)
    assert (found.pending, found.unread) == (bare.pending, bare.unread)


@given(drifted(), st.randoms(use_true_random=False))
def test_the_order_of_things_does_not_matter_and_the_format_is_kept(
    given_: tuple[Bookkeeper, DesiredRepository, LiveRepository], random: Random
) -> None:
    keeper, desired, live = given_
    names = random.sample(live.environment_names, len(live.environment_names))
    entries_ = tuple(random.sample(desired.expected, len(desired.expected)))
    mixed = replace(live, environment_names=tuple(names), listed=dict(reversed(list(live.listed.items()))))

    _, found = checked(keeper, desired, live)
    _, again = checked(keeper, replace(desired, expected=entries_), mixed)

    assert printed(again) == printed(found)
    assert drift_digest(random.sample(found.differences, len(found.differences))) == drift_digest(
        found.differences
    )
    check("drift", printed(found))


@given(drifted())
def test_weakening_differences_come_first(
    given_: tuple[Bookkeeper, DesiredRepository, LiveRepository],
) -> None:
    _, found = checked(*given_)

    weakens = [each.risk is Risk.WEAKENS for each in found.differences]
    assert weakens == sorted(weakens, reverse=True)
