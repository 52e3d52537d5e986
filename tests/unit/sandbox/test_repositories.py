"""Repositories, lists of them, and who has access."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.sandbox_http import PRODUCTION, REPOSITORY, links, world

from envsync.sandbox.state import Role, Token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sandbox_http import Result, World


@pytest.fixture
def github() -> Iterator[World]:
    with world() as one:
        yield one


def names(answer: Result) -> list[str]:
    return [one["full_name"] for one in answer.json]


def test_owner_and_name_are_compared_without_regard_to_case(github: World) -> None:
    found = github.call("GET", "/repos/ACME/PAYMENTS")
    assert found.json["full_name"] == "acme/payments"
    assert found.json["organization"]["login"] == "acme"
    assert found.json["permissions"]["admin"] is True


@pytest.mark.parametrize(("private", "visibility"), [(True, "private"), (False, "public")])
def test_who_can_see_it_is_said_in_two_ways(github: World, *, private: bool, visibility: str) -> None:
    github.sandbox.state.repository("acme/payments").private = private
    found = github.call("GET", REPOSITORY).json
    assert (found["private"], found["visibility"], found["has_issues"]) == (private, visibility, True)


def test_ids_lead_to_the_same(github: World) -> None:
    number = github.sandbox.state.repository("acme/payments").id
    assert github.call("GET", f"/repositories/{number}").json == github.call("GET", REPOSITORY).json
    assert github.call("GET", f"/repositories/{number}/environments/production").status == 200
    for wrong in ("1", "x", "%C2%B2"):
        assert github.call("GET", f"/repositories/{wrong}").status == 404


class TestRenamed:
    @pytest.fixture(autouse=True)
    def rename(self, github: World) -> None:
        github.sandbox.state.rename("acme/payments", "billing")

    def test_reads_are_sent_on_with_301_and_keep_their_query(self, github: World) -> None:
        number = github.sandbox.state.repository("acme/billing").id
        answer = github.call("GET", f"{REPOSITORY}/environments?per_page=1")
        location = f"{github.sandbox.url}/repositories/{number}/environments?per_page=1"
        assert (answer.status, answer.headers["location"], answer.json["url"]) == (301, location, location)
        assert github.call("GET", REPOSITORY).headers["location"].endswith(f"/repositories/{number}")

    @pytest.mark.parametrize(
        ("method", "path"),
        [("PUT", PRODUCTION), ("DELETE", PRODUCTION), ("POST", f"{PRODUCTION}/variables")],
    )
    def test_writes_are_sent_on_with_307_and_do_nothing(self, github: World, method: str, path: str) -> None:
        before = repr(github.sandbox.state.repositories)
        assert github.call(method, path, {"wait_timer": 5}).status == 307
        assert repr(github.sandbox.state.repositories) == before

    def test_an_encoded_name_stays_encoded(self, github: World) -> None:
        answer = github.call("GET", f"{REPOSITORY}/environments/a%2Fb")
        assert answer.headers["location"].endswith("/environments/a%2Fb")

    def test_on_an_enterprise_server_the_prefix_stays(self, github: World) -> None:
        answer = github.call("GET", f"/api/v3{REPOSITORY}")
        assert answer.headers["location"].startswith(f"{github.sandbox.url}/api/v3/repositories/")

    def test_the_new_name_works(self, github: World) -> None:
        assert github.call("GET", "/repos/acme/billing/environments").status == 200

    def test_a_team_finds_the_repository_by_its_former_name(self, github: World) -> None:
        assert github.call("GET", "/orgs/acme/teams/devops/repos/acme/payments").status == 204

    def test_seeding_the_old_name_makes_no_second_repository(self, github: World) -> None:
        github.sandbox.seed(repositories=[("acme", "payments")])
        assert list(github.sandbox.state.repositories) == ["acme/billing"]


def test_an_archived_repository_can_only_be_read(github: World) -> None:
    github.sandbox.state.repository("acme/payments").archived = True
    assert github.call("GET", REPOSITORY).json["archived"] is True
    answer = github.put(wait_timer=5)
    assert (answer.status, answer.message) == (403, "Repository was archived so is read-only.")


class TestLists:
    @pytest.fixture(autouse=True)
    def more(self, github: World) -> None:
        github.sandbox.seed(
            users=["carol"],
            repositories=[("acme", "api"), ("acme", "Web"), ("carol", "dotfiles"), ("carol", "secret")],
        )
        github.sandbox.state.repository("acme/web").private = False
        github.sandbox.state.repository("acme/web").fork = True
        github.sandbox.state.repository("acme/api").archived = True
        github.sandbox.state.repository("carol/dotfiles").private = False

    def test_an_organization_lists_the_newest_first(self, github: World) -> None:
        answer = github.call("GET", "/orgs/ACME/repos")
        assert names(answer) == ["acme/Web", "acme/api", "acme/payments"]
        assert [(one["archived"], one["fork"]) for one in answer.json] == [
            (False, True),
            (True, False),
            (False, False),
        ]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("sort=full_name", ["acme/api", "acme/payments", "acme/Web"]),
            ("sort=full_name&direction=desc", ["acme/Web", "acme/payments", "acme/api"]),
            ("direction=asc", ["acme/payments", "acme/api", "acme/Web"]),
            ("type=public", ["acme/Web"]),
            ("type=private", ["acme/api", "acme/payments"]),
            ("type=forks", ["acme/Web"]),
            ("type=sources", ["acme/api", "acme/payments"]),
            ("per_page=1&page=2", ["acme/api"]),
        ],
    )
    def test_it_can_be_sorted_and_narrowed(self, github: World, query: str, expected: list[str]) -> None:
        assert names(github.call("GET", f"/orgs/acme/repos?{query}")) == expected

    def test_a_user_lists_public_ones_alone(self, github: World) -> None:
        assert names(github.call("GET", "/users/carol/repos")) == ["carol/dotfiles"]
        assert names(github.call("GET", "/users/acme/repos")) == ["acme/Web"]
        assert github.call("GET", "/orgs/carol/repos").status == 404
        assert github.call("GET", "/users/nobody/repos").status == 404

    def test_the_tokens_own_user_sees_their_private_ones(self, github: World) -> None:
        github.sandbox.state.tokens["sandbox"].login = "carol"
        assert names(github.call("GET", "/user/repos?affiliation=owner")) == ["carol/dotfiles", "carol/secret"]
        assert names(github.call("GET", "/user/repos?affiliation=owner&visibility=private")) == ["carol/secret"]
        assert "acme/api" in names(github.call("GET", "/user/repos?affiliation=organization_member"))
        assert github.call("GET", "/user").json["owned_private_repos"] == 1

    def test_what_one_has_nothing_to_do_with_is_not_listed(self, github: World) -> None:
        del github.sandbox.state.repository("acme/api").users["sandbox"]
        del github.sandbox.state.repository("carol/secret").users["sandbox"]
        assert names(github.call("GET", "/user/repos")) == ["acme/payments", "acme/Web", "carol/dotfiles"]
        assert names(github.call("GET", "/user/repos?affiliation=collaborator&visibility=public")) == [
            "acme/Web",
            "carol/dotfiles",
        ]

    def test_a_token_lists_what_it_covers_and_what_is_public(self, github: World) -> None:
        github.sandbox.state.tokens["sandbox"].repositories = ["ACME/api"]
        assert names(github.call("GET", "/orgs/acme/repos")) == ["acme/Web", "acme/api"]

    def test_more_than_a_page(self, github: World) -> None:
        github.sandbox.seed(repositories=[("acme", f"r{number}") for number in range(110)])
        first = github.call("GET", "/orgs/acme/repos?per_page=500")
        assert len(first.json) == 100
        assert links(first).keys() == {"next", "last"}
        assert len(github.call.pages("/orgs/acme/repos")) == 113


@pytest.mark.parametrize("path", ["/orgs/big/repos", "/users/big/repos", "/user/repos?affiliation=owner"])
def test_a_thousand_are_listed_once_each_on_ten_pages(path: str) -> None:
    with world(check=lambda _: None) as github:
        github.sandbox.seed(
            users=[] if "orgs" in path else ["big"],
            repositories=[("big", f"service-{number:04}") for number in range(1000)],
        )
        for one in github.sandbox.state.repositories.values():
            one.private = False
        github.sandbox.state.tokens["sandbox"].login = "big"
        github.sandbox.reset_traffic()
        found = github.call.pages(f"{path}{'&' if '?' in path else '?'}per_page=100")
        assert len({one["full_name"] for one in found}) == len(found) == 1000
        assert github.sandbox.traffic.total == 10


class TestAccess:
    def test_collaborators(self, github: World) -> None:
        github.sandbox.seed(users=["dave"])
        assert github.call("GET", f"{REPOSITORY}/collaborators/Alice").status == 204
        assert github.call("GET", f"{REPOSITORY}/collaborators/dave").status == 404
        assert github.call("GET", f"{REPOSITORY}/collaborators/nobody").status == 404

    @pytest.mark.parametrize(
        ("role", "permission", "role_name"),
        [
            (Role.PULL, "read", "read"),
            (Role.TRIAGE, "read", "triage"),
            (Role.PUSH, "write", "write"),
            (Role.MAINTAIN, "write", "maintain"),
            (Role.ADMIN, "admin", "admin"),
        ],
    )
    def test_a_users_permission(self, github: World, role: Role, permission: str, role_name: str) -> None:
        github.sandbox.state.repository("acme/payments").users["alice"] = role
        found = github.call("GET", f"{REPOSITORY}/collaborators/alice/permission").json
        assert (found["permission"], found["role_name"]) == (permission, role_name)
        assert found["user"]["login"] == "alice"
        assert found["user"]["permissions"]["push"] is (role in (Role.PUSH, Role.MAINTAIN, Role.ADMIN))

    def test_the_strongest_role_counts(self, github: World) -> None:
        repository = github.sandbox.state.repository("acme/payments")
        github.sandbox.state.teams["acme/devops"].members.append("alice")
        repository.teams["devops"] = Role.ADMIN
        repository.teams["gone"] = Role.ADMIN
        found = github.call("GET", f"{REPOSITORY}/collaborators/alice/permission").json
        assert found["permission"] == "admin"

    def test_without_any_there_is_none_in_private_and_read_in_public(self, github: World) -> None:
        github.sandbox.seed(users=["dave"])
        path = f"{REPOSITORY}/collaborators/dave/permission"
        assert github.call("GET", path).json["permission"] == "none"
        github.sandbox.state.repository("acme/payments").private = False
        assert github.call("GET", path).json["permission"] == "read"
        assert github.call("GET", f"{REPOSITORY}/collaborators/dave").status == 404
        assert github.call("GET", f"{REPOSITORY}/collaborators/nobody/permission").status == 404

    def test_an_owner_is_an_admin(self, github: World) -> None:
        github.sandbox.seed(users=["carol"], repositories=[("carol", "tool")])
        found = github.call("GET", "/repos/carol/tool/collaborators/Carol/permission").json
        assert found["permission"] == "admin"

    def test_teams(self, github: World) -> None:
        (team,) = github.call("GET", f"{REPOSITORY}/teams").json
        assert (team["slug"], team["permission"]) == ("devops", "push")
        del github.sandbox.state.teams["acme/devops"]
        assert github.call("GET", f"{REPOSITORY}/teams").json == []

    def test_a_teams_access_is_204_or_404(self, github: World) -> None:
        path = "/orgs/ACME/teams/DevOps/repos/acme/payments"
        assert github.call("GET", path).status == 204
        media = {"Accept": "application/vnd.github.v3.repository+json"}
        found = github.call("GET", path, headers=media).json
        assert (found["full_name"], found["permissions"]["push"]) == ("acme/payments", True)
        github.sandbox.state.repository("acme/payments").teams.clear()
        assert github.call("GET", path).status == 404
        assert github.call("GET", path.replace("DevOps", "nobody")).status == 404
        assert github.call("GET", path.replace("payments", "nothing")).status == 404


class TestCollaborators:
    PATH = f"{REPOSITORY}/collaborators"

    @pytest.fixture(autouse=True)
    def people(self, github: World) -> None:
        github.sandbox.seed(users=["carol", "dora"])
        repository = github.sandbox.state.repository("acme/payments")
        repository.users.update({"bob": Role.PULL, "gone": Role.ADMIN})
        repository.teams["devops"] = Role.MAINTAIN
        github.sandbox.state.teams["acme/devops"].members.append("Carol")

    def logins(self, github: World, query: str = "") -> list[str]:
        return [one["login"] for one in github.call("GET", f"{self.PATH}{query}").json]

    def test_they_come_with_the_strongest_role_that_they_hold(self, github: World) -> None:
        found = {one["login"]: one for one in github.call("GET", self.PATH).json}
        assert {login: one["role_name"] for login, one in found.items()} == {
            "sandbox": "admin",
            "sandbox-colleague": "maintain",
            "alice": "write",
            "bob": "read",
            "carol": "maintain",
        }
        assert found["alice"]["permissions"] == {
            "admin": False,
            "maintain": False,
            "push": True,
            "triage": True,
            "pull": True,
        }

    def test_those_who_may_do_something_are_those_who_may_do_more_as_well(self, github: World) -> None:
        assert set(self.logins(github, "?permission=push")) == {"sandbox", "sandbox-colleague", "alice", "carol"}
        assert set(self.logins(github, "?permission=maintain")) == {"sandbox", "sandbox-colleague", "carol"}
        assert self.logins(github, "?permission=admin") == ["sandbox"]

    def test_by_how_they_came_in(self, github: World) -> None:
        assert set(self.logins(github, "?affiliation=direct")) == {"sandbox", "sandbox-colleague", "alice", "bob"}
        assert set(self.logins(github, "?affiliation=outside")) == {"alice", "bob"}
        assert "carol" in self.logins(github, "?affiliation=all")

    def test_page_by_page(self, github: World) -> None:
        assert len(github.call.pages(f"{self.PATH}?per_page=2")) == 5

    def test_a_users_repository_is_theirs(self, github: World) -> None:
        github.sandbox.seed(users=["carol"], repositories=[("carol", "tool")])
        found = github.call("GET", "/repos/carol/tool/collaborators?permission=admin").json
        assert [one["login"] for one in found] == ["sandbox", "carol"]
        outside = github.call("GET", "/repos/carol/tool/collaborators?affiliation=outside").json
        assert "carol" not in [one["login"] for one in outside]

    @pytest.mark.parametrize(("login", "status"), [("alice", 200), ("bob", 403), ("dora", 403)])
    def test_only_who_may_push_sees_who_else_may(self, github: World, login: str, status: int) -> None:
        github.sandbox.state.tokens["theirs"] = Token("theirs", login, {"metadata": "read"})
        with github.client("theirs") as call:
            answer = call("GET", self.PATH)
        assert answer.status == status
        if status == 403:
            assert answer.message == "Must have push access to view repository collaborators."

    def test_a_bot_has_no_role_and_goes_by_its_permissions(self, github: World) -> None:
        with github.client("sandbox-workflow") as call:
            assert call("GET", self.PATH).status == 200
