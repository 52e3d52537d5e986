"""Who and what exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from envsync.errors import EnvsyncError
from envsync.sandbox import Plan, Sandbox
from envsync.sandbox.state import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        "alice": "User",
        "bob": "User",
        "acme": "Organization",
    }
    assert sandbox.state.accounts["acme"].plan is Plan.ENTERPRISE
    assert (list(sandbox.state.teams), list(sandbox.state.apps)) == (["acme/devops"], ["change-gate"])
    repository = sandbox.state.repository("acme/payments")
    assert repository.private
    assert repository.users == {"sandbox": Role.ADMIN, "alice": Role.PUSH, "bob": Role.PUSH}
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
    assert set(sandbox.state.repository("acme/payments").users) == {"sandbox", "alice", "carol"}
    assert set(sandbox.state.repository("acme/api").users) == {"sandbox", "alice", "bob", "carol"}


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
