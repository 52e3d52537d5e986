"""What is made of an environment's JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.github_json import CUSTOM, PROTECTED, environment, reviewers, secret, team, timer, user, variable

from envsync.errors import RequestFailed
from envsync.github import live
from envsync.github.part import Part
from envsync.model import (
    LiveEnvironment,
    LivePattern,
    LiveRule,
    LiveSecret,
    LiveVariable,
    Pattern,
    RefPolicy,
    RefType,
    Settings,
    Team,
    UnknownReviewer,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def part(value: Any) -> Part:
    return Part(value, "GET /x")


def parsed(value: dict[str, Any]) -> LiveEnvironment:
    return live.environment(part(value), owner="acme")


def test_an_environment_that_nobody_configured_is_at_github_s_defaults() -> None:
    assert parsed(environment("staging", number=7)) == LiveEnvironment("staging", 7)


def test_rules_come_in_any_order_among_others() -> None:
    unknown = {"id": 9, "node_id": "GA_9", "type": "phase_of_the_moon", "reviewers": "werewolves"}
    branch_policy = {"id": 8, "node_id": "GA_8", "type": "branch_policy"}
    asked = reviewers(team("devops", 3), user("lead", 4), prevent_self_review=True)
    expected = Settings(
        required_reviewers=(Team("acme", "devops"), User("lead")),
        wait_timer=30,
        prevent_self_review=True,
        can_admins_bypass=False,
        deployment_branch_policy=RefPolicy.PROTECTED,
    )

    for rules in ([unknown, timer(30), branch_policy, asked], [asked, branch_policy, timer(30), unknown]):
        found = parsed(environment("prod", rules=rules, policy=PROTECTED, can_admins_bypass=False))
        assert found.settings == expected
        assert found.reviewer_ids == {"acme/devops": 3, "lead": 4}


def test_reviewers_are_sorted_as_people_write_them() -> None:
    found = parsed(environment("prod", rules=[reviewers(user("Zoe", 1), user("adam", 2), team("Night", 3))]))

    assert [str(reviewer) for reviewer in found.settings.required_reviewers] == ["acme/Night", "adam", "Zoe"]


def test_an_older_server_says_nothing_of_what_it_does_not_know() -> None:
    rule = reviewers(user("lead", 4))
    del rule["prevent_self_review"]
    found = parsed(environment("prod", rules=[rule]))

    assert found.settings == Settings(required_reviewers=(User("lead"),))


def test_an_environment_without_rules_may_leave_them_out() -> None:
    bare = environment("prod")
    del bare["protection_rules"]

    assert parsed(bare).settings == Settings()


def test_a_team_s_organization_stands_in_its_addresses() -> None:
    elsewhere = team("devops", 1, organization="partner")
    by_api = {
        "type": "Team",
        "reviewer": {"id": 2, "slug": "ops", "html_url": None, "url": "x/orgs/other/teams/ops"},
    }
    by_number = {"type": "Team", "reviewer": {"id": 3, "slug": "qa", "url": "https://api.github.com/teams/3"}}
    found = parsed(environment("prod", rules=[reviewers(elsewhere, by_api, by_number)]))

    assert set(found.settings.required_reviewers) == {
        Team("partner", "devops"),
        Team("other", "ops"),
        Team("acme", "qa"),
    }


def test_reviewers_of_other_types_survive() -> None:
    business = {"type": "BusinessTeam", "reviewer": {"id": 5, "slug": "sre", "name": "SRE"}}
    nameless = {"type": "Robot", "reviewer": {"id": 6}}
    found = parsed(environment("prod", rules=[reviewers(business, nameless)]))

    assert found.settings.required_reviewers == (
        UnknownReviewer("BusinessTeam", "sre"),
        UnknownReviewer("Robot", "6"),
    )
    assert found.reviewer_ids == {"businessteam:sre": 5, "robot:6": 6}


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        None,
        environment("prod", rules=[{"id": 1, "node_id": "x", "type": "wait_timer"}]),
        environment("prod", rules=[{"id": 1, "node_id": "x", "type": "required_reviewers"}]),
        environment("prod", rules=[reviewers({"type": "User", "reviewer": None})]),
        environment("prod", policy={"protected_branches": True, "custom_branch_policies": True}),
        environment("prod", policy={"protected_branches": False, "custom_branch_policies": False}),
        environment("prod", policy={}),
        environment("prod", can_admins_bypass=None),
        {key: value for key, value in environment("prod").items() if key != "deployment_branch_policy"},
    ],
)
def test_what_envsync_relies_on_is_not_guessed(value: Any) -> None:
    with pytest.raises(RequestFailed, match="is not answered as by GitHub's API"):
        parsed(value)


def test_selected_refs_are_github_s_custom_policies() -> None:
    assert parsed(environment("prod", policy=CUSTOM)).settings.deployment_branch_policy is RefPolicy.SELECTED


def test_a_pattern_without_a_type_is_of_branches() -> None:
    assert live.pattern(part({"id": 1, "name": "v*", "type": "tag"})) == LivePattern(1, Pattern(RefType.TAG, "v*"))
    assert live.pattern(part({"id": 2, "name": "main"})) == LivePattern(2, Pattern(RefType.BRANCH, "main"))
    with pytest.raises(RequestFailed, match="type: it should be branch or tag"):
        live.pattern(part({"id": 2, "name": "main", "type": "commit"}))


def test_the_other_parts() -> None:
    rule = {"id": 4, "node_id": "x", "enabled": False, "app": {"id": 1, "slug": "gate"}}

    assert live.rule(part(rule)) == LiveRule(4, "gate", enabled=False)
    assert live.variable(part(variable("Region", " eu\n"))) == LiveVariable(
        "REGION", " eu\n", "2026-01-02T00:00:00Z"
    )
    assert live.secret(part(secret("key"))) == LiveSecret("KEY", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")


@pytest.mark.parametrize("parse", [live.pattern, live.rule, live.variable, live.secret])
def test_no_part_is_made_of_nothing(parse: Callable[[Part], object]) -> None:
    with pytest.raises(RequestFailed):
        parse(part({}))
