"""Secrets and variables of a repository, and those that its organization shares with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.sandbox_http import REPOSITORY, world

from envsync.sandbox.shared_state import SharedValue
from envsync.sandbox.state import Secret, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sandbox_http import World

DAY = "2026-03-01T00:00:00Z"
ACTIONS = f"{REPOSITORY}/actions"


@pytest.fixture
def github() -> Iterator[World]:
    with world() as one:
        yield one


def test_secrets_are_names_and_dates(github: World) -> None:
    github.sandbox.state.repository("acme/payments").actions_secrets["TOKEN"] = Secret("TOKEN", DAY, DAY)
    assert github.call("GET", f"{ACTIONS}/secrets").json == {
        "total_count": 1,
        "secrets": [{"name": "TOKEN", "created_at": DAY, "updated_at": DAY}],
    }


def test_variables_have_values(github: World) -> None:
    github.sandbox.state.repository("acme/payments").actions_variables["A"] = Variable("A", "1", DAY, DAY)
    assert github.call("GET", f"{ACTIONS}/variables").json == {
        "total_count": 1,
        "variables": [{"name": "A", "value": "1", "created_at": DAY, "updated_at": DAY}],
    }


@pytest.mark.parametrize("kind", ["secrets", "variables"])
def test_an_organization_shares_with_all_or_with_some(github: World, kind: str) -> None:
    owner = github.sandbox.state.accounts["acme"]
    values = owner.actions_secrets if kind == "secrets" else owner.actions_variables
    values["TO_ALL"] = SharedValue("TO_ALL", DAY, DAY, "1")
    values["TO_SOME"] = SharedValue("TO_SOME", DAY, DAY, "2", ["Acme/Payments"])
    values["TO_OTHERS"] = SharedValue("TO_OTHERS", DAY, DAY, "3", ["acme/web"])
    found = github.call("GET", f"{ACTIONS}/organization-{kind}").json
    assert found["total_count"] == 2
    assert [one["name"] for one in found[kind]] == ["TO_ALL", "TO_SOME"]
    assert [one.get("value") for one in found[kind]] == ([None, None] if kind == "secrets" else ["1", "2"])
    assert github.call("GET", f"{ACTIONS}/{kind}").json["total_count"] == 0


def test_nobody_shares_with_a_users_repository(github: World) -> None:
    github.sandbox.seed(users=["carol"], repositories=[("carol", "tool")])
    for kind in ("secrets", "variables"):
        assert github.call("GET", f"/repos/carol/tool/actions/organization-{kind}").json["total_count"] == 0


def test_they_come_by_name_in_pages_of_their_own_size(github: World) -> None:
    repository = github.sandbox.state.repository("acme/payments")
    for number in reversed(range(40)):
        name = f"V{number:02}"
        repository.actions_secrets[name] = Secret(name, DAY, DAY)
        repository.actions_variables[name] = Variable(name, "", DAY, DAY)
    for kind, sizes in (("secrets", (30, 40)), ("variables", (10, 30))):
        shown = [len(github.call("GET", f"{ACTIONS}/{kind}{query}").json[kind]) for query in ("", "?per_page=100")]
        assert tuple(shown) == sizes
        names = [one["name"] for one in github.call.pages(f"{ACTIONS}/{kind}", kind)]
        assert names == sorted(repository.actions_secrets)
