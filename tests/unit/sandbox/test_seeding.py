"""Who and what exists."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from envsync.errors import EnvsyncError
from envsync.sandbox import Options, Plan, Sandbox
from envsync.sandbox.state import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = ("sandbox", "sandbox-colleague")  # who is there before anybody is named
EVERYTHING: dict[str, Any] = {
    "users": ["alice", "bob"],
    "teams": [("acme", "devops")],
    "apps": ["change-gate"],
    "repositories": [("acme", "payments")],
}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as one:
        yield one


def test_what_is_named_exists(sandbox: Sandbox) -> None:
    sandbox.seed(**EVERYTHING)
    assert {login: one.type for login, one in sandbox.state.accounts.items()} == {
        "sandbox": "User",
        "github-actions[bot]": "Bot",
        "sandbox-colleague": "User",
        "alice": "User",
        "bob": "User",
        "acme": "Organization",
    }
    assert sandbox.state.accounts["acme"].plan is Plan.ENTERPRISE
    assert (list(sandbox.state.teams), list(sandbox.state.apps)) == (["acme/devops"], ["change-gate"])
    repository = sandbox.state.repository("acme/payments")
    assert repository.private
    assert repository.users == {
        "sandbox": Role.ADMIN,
        "sandbox-colleague": Role.PUSH,
        "alice": Role.PUSH,
        "bob": Role.PUSH,
    }
    assert repository.teams == {"devops": Role.PUSH}


def test_what_is_there_is_not_touched(sandbox: Sandbox) -> None:
    sandbox.seed(**EVERYTHING)
    del sandbox.state.repository("acme/payments").users["bob"]
    sandbox.state.repository("acme/payments").users["alice"] = Role.ADMIN
    sandbox.state.accounts["acme"].plan = Plan.TEAM
    before = repr(sandbox.state)
    sandbox.seed(**EVERYTHING)
    sandbox.seed(
        users=["ALICE"], teams=[("ACME", "DevOps")], apps=["Change-Gate"], repositories=[("Acme", "Payments")]
    )
    assert repr(sandbox.state) == before


def test_who_is_new_gets_access_to_what_is_there_and_the_other_way_round(sandbox: Sandbox) -> None:
    sandbox.seed(**EVERYTHING)
    del sandbox.state.repository("acme/payments").users["bob"]
    more = {
        **EVERYTHING,
        "users": ["alice", "bob", "carol"],
        "repositories": [("acme", "payments"), ("acme", "api")],
    }
    sandbox.seed(**more)
    assert set(sandbox.state.repository("acme/payments").users) == {*OWN, "alice", "carol"}
    assert set(sandbox.state.repository("acme/api").users) == {*OWN, "alice", "bob", "carol"}


def test_two_are_in_a_team_so_that_one_can_approve_what_the_other_started(sandbox: Sandbox) -> None:
    sandbox.seed(**EVERYTHING)
    team = sandbox.state.teams["acme/devops"]
    assert team.members == list(OWN)
    team.members.clear()
    sandbox.seed(**EVERYTHING)
    assert team.members == []


class TestFiles:
    PLACE = ("acme", "payments")

    def test_they_are_replaced_each_time(self, sandbox: Sandbox) -> None:
        sandbox.seed(repositories=[self.PLACE], files={self.PLACE: {"a.yml": "one", "b.yml": "two"}})
        sandbox.seed(repositories=[self.PLACE], files={("ACME", "payments"): {"a.yml": "three"}})
        assert sandbox.state.repository("acme/payments").files == {"a.yml": "three"}
        sandbox.seed(files={self.PLACE: {}})
        assert sandbox.state.repository("acme/payments").files == {}

    def test_where_none_are_given_they_stay(self, sandbox: Sandbox) -> None:
        sandbox.seed(files={self.PLACE: {"a.yml": "one"}})
        sandbox.seed(**EVERYTHING)
        sandbox.seed(**EVERYTHING, files={("acme", "other"): {"b.yml": "two"}})
        assert sandbox.state.repository("acme/payments").files == {"a.yml": "one"}

    def test_a_repository_that_has_files_exists(self, sandbox: Sandbox) -> None:
        sandbox.seed(users=["alice"], files={self.PLACE: {"a.yml": "one"}})
        assert sandbox.state.repository("acme/payments").users["alice"] is Role.PUSH


def test_a_deployment_takes_no_environment() -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    with Sandbox(options=Options(now=lambda: moment)) as sandbox:
        sandbox.seed(repositories=[("acme", "payments")])
        number = sandbox.deploy("Acme/Payments", "staging", "in_progress", "success", ref="v1")
        (one,) = sandbox.state.repository("acme/payments").deployments.values()
    assert (one.id, one.environment, one.ref, one.creator) == (number, "staging", "v1", "sandbox")
    assert [status.state for status in one.statuses] == ["in_progress", "success"]
    assert len({one.id, *(status.id for status in one.statuses)}) == 3
    assert {one.created_at, *(status.created_at for status in one.statuses)} == {"2026-03-01T00:00:00Z"}


def test_an_owner_among_the_users_is_a_user(sandbox: Sandbox) -> None:
    sandbox.seed(users=["carol"], teams=[("acme", "devops")], repositories=[("Carol", "tool")])
    assert sandbox.state.repository("carol/tool").owner == "carol"
    assert sandbox.state.accounts["carol"].type == "User"
    assert sandbox.state.repository("carol/tool").teams == {}


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        ({"users": ["acme"], "teams": [("acme", "devops")]}, "acme is a user in the sandbox"),
        ({"users": ["a b"]}, "'a b' is not a login"),
        ({"users": ["../x"]}, "'../x' is not a login"),
        ({"users": ["alice\n"]}, "is not a login"),
        ({"teams": [("acme", "a/b")]}, "'a/b' is not a team's slug"),
        ({"apps": [""]}, "'' is not an App's slug"),
        ({"repositories": [("acme", "..")]}, "'..' is no repository's name"),
        ({"repositories": [("acme", "a/b")]}, "'a/b' is not a repository's name"),
        ({"repositories": [("..", "a")]}, "'..' is not a login"),
    ],
)
def test_what_github_would_not_have(sandbox: Sandbox, what: dict[str, Any], problem: str) -> None:
    with pytest.raises(EnvsyncError) as caught:
        sandbox.seed(**what)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "sandbox-bad-name"
    assert problem in diagnostic.message


def test_an_organization_is_no_user(sandbox: Sandbox) -> None:
    sandbox.seed(repositories=[("acme", "payments")])
    with pytest.raises(EnvsyncError, match="acme is an organization in the sandbox"):
        sandbox.seed(users=["acme"])


def test_logins_of_apps_and_of_managed_users(sandbox: Sandbox) -> None:
    sandbox.seed(users=["renovate[bot]", "octo_acme"])
    assert {"renovate[bot]", "octo_acme"} <= sandbox.state.accounts.keys()


def test_the_bots_of_apps_can_be_named_as_users(sandbox: Sandbox) -> None:
    sandbox.seed(users=["github-actions[bot]"], repositories=[("acme", "payments")])
    assert sandbox.state.accounts["github-actions[bot]"].type == "Bot"
