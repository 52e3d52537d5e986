"""Accounts, teams, Apps, and the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.sandbox_http import world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sandbox_http import World


@pytest.fixture
def github() -> Iterator[World]:
    with world() as one:
        yield one


def test_logins_are_compared_without_regard_to_case(github: World) -> None:
    found = github.call("GET", "/users/ALICE").json
    assert (found["login"], found["type"], found["id"]) == ("alice", "User", github.user_id("alice"))


def test_organizations_are_users_too_but_users_are_no_organizations(github: World) -> None:
    assert github.call("GET", "/users/acme").json["type"] == "Organization"
    assert github.call("GET", "/orgs/Acme").json["plan"]["name"] == "enterprise"
    assert github.call("GET", "/orgs/alice").status == 404


def test_the_tokens_user(github: World) -> None:
    found = github.call("GET", "/user").json
    assert (found["login"], found["user_view_type"]) == ("sandbox", "private")


def test_a_team(github: World) -> None:
    github.sandbox.state.teams["acme/devops"].members.append("alice")
    found = github.call("GET", "/orgs/acme/teams/DEVOPS").json
    assert (found["slug"], found["members_count"], found["repos_count"]) == ("devops", 1, 1)
    assert found["organization"]["login"] == "acme"
    assert found["html_url"] == f"{github.sandbox.url}/orgs/acme/teams/devops"
    assert github.call("GET", "/orgs/other/teams/devops").status == 404


def test_an_app(github: World) -> None:
    assert github.call("GET", "/apps/Change-Gate").json["slug"] == "change-gate"
    assert github.call("GET", "/apps/other").status == 404


@pytest.mark.parametrize(
    "path", ["/", "/users", "/users/", "/repos/acme", "/nothing", "/orgs/acme/teams/devops/x"]
)
def test_what_is_nowhere_is_not_found(path: str) -> None:
    with world(check=lambda _: None) as github:
        answer = github.call("GET", path)
        assert answer.status == 404
        assert answer.json == {
            "message": "Not Found",
            "documentation_url": "https://docs.github.com/rest",
            "status": "404",
        }


def test_a_method_that_a_path_does_not_have_is_not_found_either() -> None:
    with world(check=lambda _: None) as github:
        assert github.call("POST", "/users/alice").status == 404
        assert github.call("HEAD", "/users/alice").status == 404
