"""Accounts, teams, Apps, and the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.sandbox_http import world

from envsync.sandbox import Options
from envsync.sandbox.state import Token

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
    assert (found["slug"], found["members_count"], found["repos_count"]) == ("devops", 3, 1)
    assert found["organization"]["login"] == "acme"
    assert found["html_url"] == f"{github.sandbox.url}/orgs/acme/teams/devops"
    assert github.call("GET", "/orgs/other/teams/devops").status == 404


def test_who_is_in_a_team(github: World) -> None:
    github.sandbox.state.teams["acme/devops"].members += ["alice", "gone"]
    members = "/orgs/acme/teams/devops/members"
    assert [one["login"] for one in github.call("GET", members).json] == ["sandbox", "sandbox-colleague", "alice"]
    assert [one["login"] for one in github.call("GET", f"{members}?per_page=1&page=3&role=all").json] == ["alice"]
    assert github.call("GET", f"{members}?role=maintainer").json == []
    assert github.call("GET", "/orgs/acme/teams/other/members").status == 404


def test_whether_somebody_is_in_a_team(github: World) -> None:
    memberships = "/orgs/acme/teams/devops/memberships"
    found = github.call("GET", f"{memberships}/SANDBOX").json
    assert (found["role"], found["state"]) == ("member", "active")
    assert found["url"] == f"{github.sandbox.url}{memberships}/sandbox"
    for login in ("alice", "nobody"):
        assert github.call("GET", f"{memberships}/{login}").status == 404


class TestPlan:
    """GitHub shows an organization's to its owners, and to Apps with a permission for it."""

    @staticmethod
    def shown(github: World, **token: Any) -> bool:
        github.sandbox.state.tokens["other"] = Token("other", "alice", **token)
        with github.client("other") as call:
            answer = call("GET", "/orgs/acme")
        assert answer.status == 200
        return "plan" in answer.json

    def test_who_administers_the_organization_sees_it(self, github: World) -> None:
        assert self.shown(github, permissions={"organization_administration": "read"})
        assert self.shown(github, permissions={"organization_administration": "write"}, account="ACME")

    def test_nobody_else_does(self, github: World) -> None:
        assert not self.shown(github, permissions={"administration": "write", "organization_plan": "read"})
        assert not self.shown(github, permissions={"organization_administration": "read"}, account="other")

    def test_an_app_has_a_permission_for_it(self, github: World) -> None:
        for permission, sees in (("organization_plan", True), ("organization_administration", False)):
            _, number = github.sandbox.install_app(
                "robot", public_key="", owner="acme", permissions={permission: "read"}
            )
            assert self.shown(github, permissions={permission: "read"}, installation=number) is sees


class TestEnterpriseServer:
    def test_every_answer_names_its_version(self) -> None:
        with world(options=Options(enterprise_version="3.14.2")) as github:
            answers = [github.call("GET", path) for path in ("/api/v3/meta", "/user", "/orgs/nobody")]
            with github.client("wrong") as call:
                answers.append(call("GET", "/meta"))
        assert {answer.headers["x-github-enterprise-version"] for answer in answers} == {"3.14.2"}
        assert answers[0].json["installed_version"] == "3.14.2"

    def test_githubs_own_servers_have_none(self, github: World) -> None:
        answer = github.call("GET", "/meta")
        assert "installed_version" not in answer.json
        assert "x-github-enterprise-version" not in answer.headers


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
