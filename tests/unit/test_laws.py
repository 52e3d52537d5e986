"""What holds for every file and every state of GitHub."""

from __future__ import annotations

from dataclasses import replace
from random import Random  # noqa: TC003 - Hypothesis reads the annotation

from hypothesis import given
from hypothesis import strategies as st
from support.states import REPOSITORY, as_desired, desired_repositories, live_repositories
from support.world import World

from envsync.apply import Interpreter
from envsync.model import (
    DesiredRepository,
    External,
    LiveEnvironment,
    LiveRepository,
    SecretValue,
    Unread,
)
from envsync.plan.changes import Kind, Plan, Risk, view
from envsync.plan.codec import dumps, encode
from envsync.plan.diff import diff
from envsync.plan.result import Outcome, Result
from envsync.plan.schedule import schedule


def plan_of(desired: DesiredRepository, live: LiveRepository) -> Plan:
    return diff([desired], {REPOSITORY.key: live})


def apply(desired: DesiredRepository, live: LiveRepository) -> tuple[World, list[Result]]:
    world = World(REPOSITORY, dict(live.environments))
    steps = schedule(plan_of(desired, live), [desired], {REPOSITORY.key: live})
    interpreter = Interpreter(world, lambda secret: SecretValue(secret.name.encode()))
    return world, [each for each in interpreter.apply(steps) if isinstance(each, Result)]


@given(desired_repositories(), live_repositories())
def test_after_an_apply_there_is_nothing_to_do(desired: DesiredRepository, live: LiveRepository) -> None:
    world, results = apply(desired, live)

    assert all(result.outcome is Outcome.APPLIED for result in results)
    assert plan_of(desired, world.live()).changes == ()


@given(desired_repositories(), live_repositories())
def test_every_change_is_made_exactly_once(desired: DesiredRepository, live: LiveRepository) -> None:
    _, results = apply(desired, live)

    made = [result.change for result in results]
    assert len(made) == len(set(made))
    assert set(made) == set(plan_of(desired, live).changes)


@given(live_repositories())
def test_a_file_that_says_what_is_there_changes_nothing(live: LiveRepository) -> None:
    there = live.environments.values()
    desired = DesiredRepository(REPOSITORY, tuple(as_desired(each, lambda _name: External()) for each in there))

    plan = plan_of(desired, live)

    assert plan.changes == ()
    assert plan.unmanaged == ()


@given(desired_repositories(), live_repositories(), st.randoms(use_true_random=False))
def test_the_order_in_which_github_answers_does_not_matter(
    desired: DesiredRepository, live: LiveRepository, random: Random
) -> None:
    assert dumps(encode(plan_of(desired, shuffled(live, random)))) == dumps(encode(plan_of(desired, live)))


@given(desired_repositories(), live_repositories())
def test_what_no_file_declares_is_listed_and_left_alone(desired: DesiredRepository, live: LiveRepository) -> None:
    plan = plan_of(desired, live)
    world, _ = apply(desired, live)

    for unmanaged in plan.unmanaged:
        there = world.environments[unmanaged.at.environment.casefold()]
        match unmanaged.kind:
            case Kind.ENVIRONMENT:
                assert there == live.environments[unmanaged.at.environment.casefold()]
            case Kind.VARIABLE:
                before = live.environments[unmanaged.at.environment.casefold()].variables
                assert not isinstance(there.variables, Unread)
                assert not isinstance(before, Unread)
                assert there.variables[str(unmanaged.name)] == before[str(unmanaged.name)]
            case _:
                assert not isinstance(there.secrets, Unread)
                assert unmanaged.name in there.secrets


@given(desired_repositories(), live_repositories())
def test_what_is_never_touched_is_not_even_listed(desired: DesiredRepository, live: LiveRepository) -> None:
    plan = plan_of(desired, live)

    places = {each.at.environment for each in (*plan.changes, *plan.unmanaged)}
    assert not places & desired.never_touch


@given(desired_repositories(), live_repositories())
def test_only_what_destroys_needs_deleting_secrets_or_environments(
    desired: DesiredRepository, live: LiveRepository
) -> None:
    for change in plan_of(desired, live).changes:
        seen = view(change)
        grave = seen.action == "delete" and seen.kind in {Kind.ENVIRONMENT, Kind.SECRET}
        assert (change.verdict.risk is Risk.DESTROYS) == grave


def shuffled(live: LiveRepository, random: Random) -> LiveRepository:
    def mixed(environment: LiveEnvironment) -> LiveEnvironment:
        assert isinstance(environment.patterns, tuple)
        assert isinstance(environment.protection_rules, tuple)
        assert isinstance(environment.variables, dict)
        reviewers = environment.settings.required_reviewers
        return replace(
            environment,
            settings=replace(
                environment.settings, required_reviewers=tuple(random.sample(reviewers, len(reviewers)))
            ),
            patterns=tuple(random.sample(environment.patterns, len(environment.patterns))),
            protection_rules=tuple(random.sample(environment.protection_rules, len(environment.protection_rules))),
            variables=dict(random.sample(list(environment.variables.items()), len(environment.variables))),
        )

    names = random.sample(live.environment_names, len(live.environment_names))
    environments = {name.casefold(): mixed(live.environments[name.casefold()]) for name in names}
    return replace(live, environment_names=tuple(names), environments=environments)
