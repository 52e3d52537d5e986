from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support.deployments import succeeding
from support.states import APPS, PATTERNS, settings

from envsync.model import LiveEnvironment, LivePattern, LiveRule, RefPolicy
from envsync.plan.changes import Risk
from envsync.plan.meet import way
from envsync.plan.strictness import Protection, combine, judge


@st.composite
def protections(draw: st.DrawFn) -> Protection:
    wanted = draw(settings())
    selected = wanted.deployment_branch_policy is RefPolicy.SELECTED
    patterns = draw(st.frozensets(st.sampled_from(PATTERNS))) if selected else frozenset()
    return Protection(wanted, patterns, draw(st.frozensets(st.sampled_from(APPS))))


def through(protection: Protection) -> set[object]:
    patterns = tuple(LivePattern(0, each) for each in sorted(protection.patterns))
    rules = tuple(LiveRule(0, app) for app in sorted(protection.rules))
    environment = LiveEnvironment("x", 0, protection.settings, patterns=patterns, protection_rules=rules)
    return set(succeeding(environment))


@given(protections())
def test_there_is_no_way_to_go_from_a_state_to_itself(protection: Protection) -> None:
    path = way(protection, protection)

    assert path.narrowed == path.handed_over == protection


@given(protections(), protections())
def test_it_ends_at_least_as_strict_as_the_goal_before_secrets_enter(now: Protection, goal: Protection) -> None:
    assert through(way(now, goal).handed_over) <= through(goal)


@given(protections(), protections())
def test_no_stage_lets_anybody_through_whom_neither_end_does(now: Protection, goal: Protection) -> None:
    path = way(now, goal)

    for stage in (path.narrowed, path.handed_over):
        assert through(stage) <= through(now) | through(goal)


@given(protections(), protections())
def test_a_change_is_called_weakening_where_somebody_new_gets_through(now: Protection, goal: Protection) -> None:
    verdict = combine(judge(now, goal).values())

    if verdict.risk is not Risk.WEAKENS:
        assert through(goal) <= through(now)


@given(protections(), protections(), protections())
def test_what_is_not_weaker_than_what_is_not_weaker_is_not_weaker(
    a: Protection, b: Protection, c: Protection
) -> None:
    def weakens(before: Protection, after: Protection) -> bool:
        return any(verdict.risk is Risk.WEAKENS for verdict in judge(before, after).values())

    if not weakens(a, b) and not weakens(b, c):
        assert not weakens(a, c)
