"""After every single request: nobody gets through whom neither the old nor the new state lets through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from support.deployments import succeeding
from support.states import REPOSITORY, desired_repositories, live_repositories
from support.world import World

from envsync.apply import Interpreter
from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.model import (
    DesiredEnvironment,
    DesiredRepository,
    DesiredSecret,
    FromEnvironment,
    Pattern,
    RefPolicy,
    RefType,
    SecretValue,
    Settings,
    User,
)
from envsync.plan.changes import Risk
from envsync.plan.diff import diff
from envsync.plan.result import Outcome, Result
from envsync.plan.schedule import schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envsync.model import LiveEnvironment, LiveRepository

NAMES = ("staging", "production", "prüfung / 1", "qa")


def applied(desired: DesiredRepository, live: LiveRepository, world: World) -> list[Result]:
    there = {REPOSITORY.key: live}
    steps = schedule(diff([desired], there), [desired], there)
    interpreter = Interpreter(world, lambda secret: SecretValue(secret.name.encode()))
    return [each for each in interpreter.apply(steps) if isinstance(each, Result)]


def moments(world: World) -> Iterator[tuple[str, str, LiveEnvironment | None]]:
    """Each environment before each call, and after the last one."""
    for call, environments in [*world.history, ("end", world.environments)]:
        for name in NAMES:
            yield call, name, environments.get(name)


@given(desired_repositories(), live_repositories())
def test_nobody_gets_through_whom_neither_state_allows(desired: DesiredRepository, live: LiveRepository) -> None:
    world = World(REPOSITORY, dict(live.environments))
    applied(desired, live, world)

    for call, name, environment in moments(world):
        either = succeeding(live.environments.get(name)) | succeeding(world.environments.get(name))
        assert succeeding(environment) <= either, call


SELECTED = RefPolicy.SELECTED
MAIN, DEVELOP = Pattern(RefType.BRANCH, "main"), Pattern(RefType.BRANCH, "develop")


def an_environment(
    reviewers: str = "",
    timer: int = 0,
    policy: RefPolicy = RefPolicy.ALL,
    patterns: tuple[Pattern, ...] = (),
    rule: str = "",
    secret: str = "",
    variable: str = "",
) -> DesiredEnvironment:
    people = tuple(User(name) for name in reviewers.split())
    return DesiredEnvironment(
        "qa",
        Settings(people, timer, deployment_branch_policy=policy),
        frozenset(patterns),
        frozenset(rule.split()),
        {variable: "x"} if variable else {},
        {secret: DesiredSecret(secret, FromEnvironment("X"))} if secret else {},
        prune=True,
    )


MOVES = {
    "one PUT where settings alone change, however mixed": (
        an_environment("ann", timer=5),
        an_environment("bob", timer=30),
        ["put_environment"],
    ),
    "one PUT where it tightens before a secret enters": (
        an_environment(),
        an_environment("ann", secret="NEW"),
        ["put_environment", "put_secret"],
    ),
    "one PUT where it weakens after a secret is gone": (
        an_environment("ann", secret="OLD"),
        an_environment(),
        ["delete_secret", "put_environment"],
    ),
    "down to what both allow, secrets, up to the goal": (
        an_environment("ann bob", timer=5),
        an_environment("ann", timer=0, secret="NEW"),
        ["put_environment", "put_secret", "put_environment"],
    ),
    "a rule comes first and goes last": (
        an_environment(rule="datadog", timer=5),
        an_environment(rule="change-gate", timer=0),
        ["create_rule", "put_environment", "delete_rule"],
    ),
    "a pattern that replaces another is renamed in place": (
        an_environment("ann", policy=SELECTED, patterns=(MAIN,)),
        an_environment("ann", policy=SELECTED, patterns=(DEVELOP,), variable="V"),
        ["rename_pattern", "create_variable"],
    ),
    "more refs only after the secrets": (
        an_environment(policy=SELECTED, patterns=(MAIN,), secret="OLD"),
        an_environment(policy=SELECTED, patterns=(MAIN, DEVELOP)),
        ["delete_secret", "create_pattern"],
    ),
    "refs are narrowed before reviewers change where none of them stays, even to none at all": (
        an_environment("ann", policy=SELECTED, patterns=(MAIN,)),
        an_environment("bob", policy=SELECTED, patterns=(DEVELOP,), secret="NEW"),
        ["delete_pattern", "put_environment", "put_secret", "create_pattern"],
    ),
    "where the refs stay, one PUT hands over": (
        an_environment("ann", timer=30, policy=SELECTED, patterns=(MAIN,)),
        an_environment("bob", policy=SELECTED, patterns=(MAIN,), secret="NEW"),
        ["put_environment", "put_secret", "put_environment"],
    ),
    "a list and `protected` have nothing in common that is sure": (
        an_environment("ann", policy=SELECTED, patterns=(MAIN,)),
        an_environment("bob", policy=RefPolicy.PROTECTED, secret="NEW"),
        ["delete_pattern", "put_environment", "put_secret", "put_environment"],
    ),
    "from every ref to some, with new reviewers": (
        an_environment("ann"),
        an_environment("bob", policy=SELECTED, patterns=(MAIN,), secret="NEW"),
        ["put_environment", "create_pattern", "put_environment", "put_secret"],
    ),
}


@pytest.mark.parametrize("move", MOVES)
def test_the_way_from_one_state_to_another(move: str) -> None:
    before, after, calls = MOVES[move]
    world = World(REPOSITORY)
    applied(DesiredRepository(REPOSITORY, (before,)), world.live(), world)
    start = world.live()
    world.calls.clear()
    world.history.clear()
    applied(DesiredRepository(REPOSITORY, (after,)), start, world)

    assert [call.split()[0] for call in world.calls] == calls
    old, new = start.environments["qa"], world.environments["qa"]
    for call, environments in world.history:
        assert succeeding(environments["qa"]) <= succeeding(old) | succeeding(new), call


@given(desired_repositories(), live_repositories())
def test_a_secret_enters_only_an_environment_at_least_as_strict_as_it_will_be(
    desired: DesiredRepository, live: LiveRepository
) -> None:
    world = World(REPOSITORY, dict(live.environments))
    applied(desired, live, world)

    for call, environments in world.history:
        method, _, name = call.partition(" ")
        if method == "put_secret":
            now, end = environments[name.casefold()], world.environments[name.casefold()]
            assert succeeding(now) <= succeeding(end)


@given(desired_repositories(), live_repositories())
def test_cut_off_anywhere_it_left_no_gap_and_one_more_apply_finishes(
    desired: DesiredRepository, live: LiveRepository
) -> None:
    whole = World(REPOSITORY, dict(live.environments))
    applied(desired, live, whole)

    for length in range(len(whole.calls)):
        cut = World(REPOSITORY, dict(live.environments))
        cut.fail = failing_after(length)
        applied(desired, live, cut)
        for call, name, environment in moments(cut):
            either = succeeding(live.environments.get(name)) | succeeding(whole.environments.get(name))
            assert succeeding(environment) <= either, call
        cut.fail = lambda _call: None
        results = applied(desired, cut.live(), cut)
        assert all(result.outcome is Outcome.APPLIED for result in results)
        assert diff([desired], {REPOSITORY.key: cut.live()}).changes == ()


@given(desired_repositories(), live_repositories())
def test_what_is_called_neutral_or_tightening_lets_nobody_through_who_could_not_before(
    desired: DesiredRepository, live: LiveRepository
) -> None:
    plan = diff([desired], {REPOSITORY.key: live})
    grave = {
        change.at.environment for change in plan.changes if change.verdict.risk in {Risk.WEAKENS, Risk.DESTROYS}
    }
    world = World(REPOSITORY, dict(live.environments))
    applied(desired, live, world)

    for name, before in live.environments.items():
        if before.name not in grave:
            assert succeeding(world.environments[name]) <= succeeding(before)


def failing_after(length: int) -> Callable[[str], None]:
    """A world that ends after so many calls: each one more fails."""
    calls = iter(range(length))

    def fail(call: str) -> None:
        if call not in {"check_access", "read_environment"} and next(calls, None) is None:
            raise RequestFailed(FailureKind.UNAVAILABLE, Diagnostic("gone", "GitHub is gone"))

    return fail
