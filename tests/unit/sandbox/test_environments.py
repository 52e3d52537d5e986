"""What a `PUT` of an environment makes of its body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.sandbox_http import CUSTOM, PRODUCTION, PROTECTED, REPOSITORY, Clock, world

from envsync.sandbox import Options, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sandbox_http import Result, World


@pytest.fixture
def github() -> Iterator[World]:
    with world() as one:
        yield one


EVERYTHING = {"wait_timer": 7, "can_admins_bypass": False, "deployment_branch_policy": PROTECTED}


def rules(answer: Result) -> dict[str, dict[str, Any]]:
    return {rule["type"]: rule for rule in answer.json["protection_rules"]}


def reviewer_names(answer: Result) -> list[str]:
    found = rules(answer).get("required_reviewers", {"reviewers": []})["reviewers"]
    return [one["reviewer"].get("login") or one["reviewer"]["slug"] for one in found]


def test_a_new_environment_is_open_to_all(github: World) -> None:
    answer = github.call("PUT", f"{REPOSITORY}/environments/staging")
    assert answer.status == 200
    assert answer.json["protection_rules"] == []
    assert answer.json["deployment_branch_policy"] is None
    assert answer.json["can_admins_bypass"] is True


def test_what_was_set_is_shown_inside_rules(github: World) -> None:
    answer = github.put(
        wait_timer=30,
        prevent_self_review=True,
        reviewers=[github.user("alice"), github.team("acme/devops")],
        can_admins_bypass=False,
        deployment_branch_policy=PROTECTED,
    )
    found = rules(answer)
    assert found.keys() == {"wait_timer", "required_reviewers", "branch_policy"}
    assert found["wait_timer"]["wait_timer"] == 30
    assert found["required_reviewers"]["prevent_self_review"] is True
    assert reviewer_names(answer) == ["alice", "devops"]
    assert answer.json["can_admins_bypass"] is False
    assert answer.json["deployment_branch_policy"] == PROTECTED
    assert github.call("GET", PRODUCTION).json == answer.json


def test_the_order_of_the_rules_varies_but_only_with_a_put(github: World) -> None:
    orders = set()
    for minutes in range(1, 30):
        answer = github.put(wait_timer=minutes, reviewers=[github.user("bob")], deployment_branch_policy=PROTECTED)
        orders.add(tuple(rules(answer)))
        assert github.call("GET", PRODUCTION).json == answer.json
    assert len(orders) > 1


def test_a_rule_keeps_its_id_until_it_goes(github: World) -> None:
    first = rules(github.put(wait_timer=1))["wait_timer"]["id"]
    assert rules(github.put(wait_timer=2))["wait_timer"]["id"] == first
    github.put(wait_timer=0)
    assert rules(github.put(wait_timer=1))["wait_timer"]["id"] != first


def test_the_list_says_since_when_each_one_is_there(github: World) -> None:
    github.clock.advance(60)
    github.call("PUT", f"{REPOSITORY}/environments/staging")
    found = github.call("GET", f"{REPOSITORY}/environments").json["environments"]
    assert [(one["name"], one["created_at"]) for one in found] == [
        ("production", "2026-03-01T12:00:00Z"),
        ("staging", "2026-03-01T12:01:00Z"),
    ]


def test_names_are_compared_without_regard_to_case_and_the_first_spelling_stays(github: World) -> None:
    answer = github.call("PUT", f"{REPOSITORY}/environments/PRODUCTION", {"wait_timer": 5})
    assert answer.json["name"] == "production"
    listing = github.call("GET", "/repos/ACME/Payments/environments").json
    assert [one["name"] for one in listing["environments"]] == ["production"]


@pytest.mark.parametrize(
    ("encoded", "name"),
    [
        ("a%2Fb", "a/b"),
        ("50%25%20off", "50% off"),
        ("%C3%A4%F0%9F%9A%80", "ä🚀"),
        ("x%3Ay%3F%23", "x:y?#"),
        ("a+b", "a+b"),
    ],
)
def test_names_are_percent_decoded_once(github: World, encoded: str, name: str) -> None:
    path = f"{REPOSITORY}/environments/{encoded}"
    assert github.call("PUT", path).json["name"] == name
    assert github.call("GET", path).json["name"] == name
    assert github.call("DELETE", path).status == 204
    assert github.call("GET", path).status == 404


def test_a_name_that_is_no_utf8_is_not_found(github: World) -> None:
    assert github.call("GET", f"{REPOSITORY}/environments/%FF").status == 404


def test_the_url_of_a_name_with_a_slash_leads_nowhere(github: World) -> None:
    url = github.call("PUT", f"{REPOSITORY}/environments/a%2Fb").json["url"]
    assert url == f"{github.sandbox.url}{REPOSITORY}/environments/a/b"


def test_a_name_can_have_255_characters(github: World) -> None:
    assert github.call("PUT", f"{REPOSITORY}/environments/{'ä' * 255}".replace("ä", "%C3%A4")).status == 200
    assert github.call("PUT", f"{REPOSITORY}/environments/{'a' * 256}").status == 422


def test_deleting_takes_everything_with_it(github: World) -> None:
    github.put(deployment_branch_policy=CUSTOM)
    github.call("POST", f"{PRODUCTION}/variables", {"name": "A", "value": "1"})
    github.put_secret("B", b"2")
    assert github.call("DELETE", PRODUCTION).status == 204
    assert github.call("DELETE", PRODUCTION).status == 404
    github.call("PUT", PRODUCTION)
    assert github.call("GET", f"{PRODUCTION}/variables").json["total_count"] == 0
    assert github.call("GET", f"{PRODUCTION}/secrets").json["total_count"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"wait_timer": -1},
        {"wait_timer": 43_201},
        {"wait_timer": "5"},
        {"wait_timer": True},
        {"wait_timer": None},
        {"prevent_self_review": "yes"},
        {"prevent_self_review": True},
        {"prevent_self_review": True, "reviewers": []},
        {"can_admins_bypass": None},
        {"reviewers": {}},
        {"reviewers": [1]},
        {"reviewers": [{"type": "User"}]},
        {"reviewers": [{"type": "BusinessTeam", "id": 1}]},
        {"reviewers": [{"type": "User", "id": number} for number in range(7)]},
        {"deployment_branch_policy": "all"},
        {"deployment_branch_policy": {"protected_branches": True}},
        {"deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": True}},
        {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": False}},
        ["wait_timer"],
    ],
    ids=str,
)
def test_what_github_refuses_changes_nothing(github: World, body: object) -> None:
    before = github.call("GET", PRODUCTION).json
    answer = github.call("PUT", PRODUCTION, body)
    assert answer.status == 422
    assert github.call("GET", PRODUCTION).json == before
    assert github.call("PUT", f"{REPOSITORY}/environments/new", body).status == 422
    assert github.call("GET", f"{REPOSITORY}/environments/new").status == 404


@pytest.mark.parametrize("body", [None, {}, {"unknown": 1}, {"wait_timer": 43_200}], ids=str)
def test_what_github_takes(github: World, body: object) -> None:
    assert github.call("PUT", PRODUCTION, body).status == 200


def test_a_body_of_null_is_no_body(github: World) -> None:
    assert github.call("PUT", PRODUCTION, content=b"null").status == 200


class TestReviewers:
    def test_those_without_access_are_dropped_without_a_word(self, github: World) -> None:
        del github.sandbox.state.repository("acme/payments").users["bob"]
        answer = github.put(reviewers=[github.user("alice"), github.user("bob"), {"type": "Team", "id": 1}])
        assert answer.status == 200
        assert reviewer_names(answer) == ["alice"]

    def test_a_team_of_another_organization_has_no_access(self, github: World) -> None:
        github.sandbox.seed(teams=[("other", "devops")])
        assert reviewer_names(github.put(reviewers=[github.team("other/devops")])) == []

    def test_access_can_come_through_a_team(self, github: World) -> None:
        del github.sandbox.state.repository("acme/payments").users["bob"]
        github.sandbox.state.teams["acme/devops"].members.append("Bob")
        assert reviewer_names(github.put(reviewers=[github.user("bob")])) == ["bob"]

    def test_one_who_is_named_twice_counts_once(self, github: World) -> None:
        assert reviewer_names(github.put(reviewers=[github.user("bob")] * 7)) == ["bob"]

    def test_when_the_last_one_goes_self_review_goes_with_the_rule(self, github: World) -> None:
        github.put(reviewers=[github.user("alice")], prevent_self_review=True)
        assert rules(github.put(reviewers=[])) == {}
        assert (
            rules(github.put(reviewers=[github.user("alice")]))["required_reviewers"]["prevent_self_review"]
            is False
        )

    def test_self_review_vanishes_when_all_are_dropped(self, github: World) -> None:
        github.sandbox.state.repository("acme/payments").users.clear()
        answer = github.put(reviewers=[github.user("alice")], prevent_self_review=True)
        assert answer.status == 200
        assert rules(answer) == {}

    def test_self_review_can_be_set_for_those_who_are_there(self, github: World) -> None:
        github.put(reviewers=[github.user("alice")])
        assert rules(github.put(prevent_self_review=True))["required_reviewers"]["prevent_self_review"] is True

    def test_a_deleted_account_is_no_longer_shown(self, github: World) -> None:
        github.put(reviewers=[github.user("alice"), github.user("bob"), github.team("acme/devops")])
        del github.sandbox.state.accounts["bob"]
        del github.sandbox.state.teams["acme/devops"]
        assert reviewer_names(github.call("GET", PRODUCTION)) == ["alice"]


class TestOmittedKeys:
    def test_they_can_be_kept(self) -> None:
        with world(options=Options(omitted_keys="keep")) as github:
            github.put(**EVERYTHING, reviewers=[github.user("alice")], prevent_self_review=True)
            answer = github.put(wait_timer=8)
            assert rules(answer)["wait_timer"]["wait_timer"] == 8
            assert rules(answer)["required_reviewers"]["prevent_self_review"] is True
            assert answer.json["can_admins_bypass"] is False
            assert answer.json["deployment_branch_policy"] == PROTECTED

    def test_they_can_be_reset(self) -> None:
        with world(options=Options(omitted_keys="reset")) as github:
            github.put(**EVERYTHING, reviewers=[github.user("alice")], prevent_self_review=True)
            answer = github.put(wait_timer=8)
            assert list(rules(answer)) == ["wait_timer"]
            assert answer.json["can_admins_bypass"] is True
            assert answer.json["deployment_branch_policy"] is None


class TestOldServer:
    def test_it_refuses_and_does_not_show_what_it_does_not_know(self) -> None:
        unknown = frozenset({"prevent_self_review", "can_admins_bypass"})
        with world(options=Options(refuse_keys=unknown)) as github:
            for key in sorted(unknown):
                answer = github.put(**{key: False})
                assert answer.status == 422
                assert answer.message == f'Invalid request.\n\n"{key}" is not a permitted key.'
            answer = github.put(reviewers=[github.user("alice")])
            assert "can_admins_bypass" not in answer.json
            assert "prevent_self_review" not in rules(answer)["required_reviewers"]


class TestPlans:
    @pytest.mark.parametrize("plan", [Plan.PRO, Plan.TEAM])
    @pytest.mark.parametrize(
        "body", [{"wait_timer": 0}, {"reviewers": []}, {"prevent_self_review": False}], ids=str
    )
    def test_paid_rules_are_refused_on_private_repositories_even_at_their_defaults(
        self, github: World, plan: Plan, body: object
    ) -> None:
        github.sandbox.state.accounts["acme"].plan = plan
        answer = github.call("PUT", f"{REPOSITORY}/environments/new", body)
        assert answer.status == 422
        assert "billing plan" in answer.message
        assert github.call("GET", f"{REPOSITORY}/environments/new").status == 200  # left behind, bare
        assert github.call("PUT", f"{REPOSITORY}/environments/new", body).status == 422

    @pytest.mark.parametrize("plan", [Plan.PRO, Plan.TEAM])
    def test_branch_policies_are_free_of_that(self, github: World, plan: Plan) -> None:
        github.sandbox.state.accounts["acme"].plan = plan
        assert github.put(deployment_branch_policy=CUSTOM, can_admins_bypass=False).status == 200

    def test_public_repositories_have_it_all(self, github: World) -> None:
        github.sandbox.state.accounts["acme"].plan = Plan.FREE
        github.sandbox.state.repository("acme/payments").private = False
        assert github.put(wait_timer=5, reviewers=[github.user("alice")]).status == 200

    @pytest.mark.parametrize("path", ["", "/production", "/production/secrets", "/production/variables"])
    def test_private_repositories_on_free_have_no_environments(self, github: World, path: str) -> None:
        github.sandbox.state.accounts["acme"].plan = Plan.FREE
        assert github.call("GET", f"{REPOSITORY}/environments{path}").status == 404
        assert github.call("GET", REPOSITORY).status == 200


class TestDates:
    def test_a_change_of_the_rules_does_not_show(self) -> None:
        clock = Clock()
        with world(options=Options(now=clock)) as github:
            before = github.call("GET", PRODUCTION).json
            clock.advance(3600)
            after = github.put(wait_timer=1).json
            assert after["updated_at"] == before["updated_at"] == "2026-03-01T12:00:00Z"
            new = github.call("PUT", f"{REPOSITORY}/environments/new").json
            assert new["created_at"] == "2026-03-01T13:00:00Z"
