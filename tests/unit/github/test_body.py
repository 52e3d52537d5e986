from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envsync.github.body import environment_body
from envsync.model import RefPolicy, Reviewer, Settings, Team, User, reviewer_key

if TYPE_CHECKING:
    from envsync.github.call import Json

IDS = {"lead": 4, "carol": 5, "acme/devops": 6}
LEAD, DEVOPS = User("lead"), Team("acme", "devops")


def body(before: Settings | None, goal: Settings) -> dict[str, Json]:
    return environment_body(before, goal, lambda reviewer: IDS[reviewer_key(reviewer)])


def test_what_is_and_stays_at_its_default_is_not_sent() -> None:
    assert body(None, Settings()) == {}
    assert body(Settings(), Settings()) == {}
    assert body(None, Settings(wait_timer=30)) == {"wait_timer": 30}


def test_what_is_set_is_sent_again_even_if_it_does_not_change() -> None:
    settings = Settings((LEAD, DEVOPS), 30, True, False, RefPolicy.SELECTED)  # noqa: FBT003 - all of them

    assert body(settings, settings) == {
        "reviewers": [{"type": "User", "id": 4}, {"type": "Team", "id": 6}],
        "wait_timer": 30,
        "prevent_self_review": True,
        "can_admins_bypass": False,
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
    }


def test_what_goes_is_cleared_in_so_many_words() -> None:
    settings = Settings((LEAD,), 30, True, False, RefPolicy.PROTECTED)  # noqa: FBT003 - all of them

    assert body(settings, Settings()) == {
        "reviewers": [],
        "wait_timer": 0,
        "prevent_self_review": False,
        "can_admins_bypass": True,
        "deployment_branch_policy": None,
    }


def test_self_review_is_not_prevented_where_nobody_reviews() -> None:
    assert body(Settings((LEAD,), prevent_self_review=True), Settings(prevent_self_review=True)) == {
        "reviewers": [],
        "prevent_self_review": False,
    }


def test_protected_branches_are_a_policy_of_their_own() -> None:
    assert body(None, Settings(deployment_branch_policy=RefPolicy.PROTECTED)) == {
        "deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": False}
    }


reviewers: st.SearchStrategy[tuple[Reviewer, ...]] = st.sampled_from(
    [(), (LEAD,), (DEVOPS, LEAD), (User("carol"),)]
)
settings = st.builds(
    Settings, reviewers, st.integers(0, 43_200), st.booleans(), st.booleans(), st.sampled_from(RefPolicy)
)

DEFAULTS: dict[str, Json] = {
    "reviewers": [],
    "wait_timer": 0,
    "prevent_self_review": False,
    "can_admins_bypass": True,
    "deployment_branch_policy": None,
}


def complete(of: Settings) -> dict[str, Json]:
    """What GitHub has where these settings are."""
    return {**DEFAULTS, **body(None, of)}


@pytest.mark.parametrize("omitted_keys_are_kept", [True, False])
@given(before=settings, goal=settings)
def test_the_goal_is_reached_whatever_an_omitted_key_means(
    *, before: Settings, goal: Settings, omitted_keys_are_kept: bool
) -> None:
    untouched = complete(before) if omitted_keys_are_kept else DEFAULTS

    assert {**untouched, **body(before, goal)} == complete(goal)
