"""Custom deployment protection rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.sandbox_http import PRODUCTION, world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sandbox_http import World

RULES = f"{PRODUCTION}/deployment_protection_rules"


@pytest.fixture
def github() -> Iterator[World]:
    with world() as one:
        yield one


def apps(github: World) -> dict[str, int]:
    key = "available_custom_deployment_protection_rule_integrations"
    return {app["slug"]: app["id"] for app in github.call.pages(f"{RULES}/apps", key)}


def test_an_app_is_enabled_by_its_id(github: World) -> None:
    answer = github.call("POST", RULES, {"integration_id": apps(github)["change-gate"]})
    assert answer.status == 201
    assert answer.json["enabled"] is True
    assert answer.json["app"]["slug"] == "change-gate"
    listing = github.call("GET", RULES).json
    assert listing == {"total_count": 1, "custom_deployment_protection_rules": [answer.json]}
    assert github.call("GET", f"{RULES}/{answer.json['id']}").json == answer.json


@pytest.mark.parametrize("body", [None, {}, {"integration_id": 1}, {"integration_id": "change-gate"}], ids=str)
def test_only_apps_that_exist(github: World, body: object) -> None:
    assert github.call("POST", RULES, body).status == 422


def test_each_app_once_and_six_at_most(github: World) -> None:
    github.sandbox.seed(apps=[f"gate-{number}" for number in range(6)])
    numbers = list(apps(github).values())
    assert [github.call("POST", RULES, {"integration_id": number}).status for number in numbers] == [201] * 6 + [
        422
    ]
    assert github.call("POST", RULES, {"integration_id": numbers[0]}).status == 422


def test_removing(github: World) -> None:
    number = github.call("POST", RULES, {"integration_id": apps(github)["change-gate"]}).json["id"]
    assert github.call("DELETE", f"{RULES}/{number}").status == 204
    assert github.call("DELETE", f"{RULES}/{number}").status == 404
    assert github.call("GET", f"{RULES}/{number}").status == 404
    assert github.call("GET", RULES).json["total_count"] == 0


def test_a_rule_goes_with_its_app(github: World) -> None:
    github.call("POST", RULES, {"integration_id": apps(github)["change-gate"]})
    github.sandbox.state.apps.clear()
    assert github.call("GET", RULES).json["total_count"] == 0


def test_the_list_of_apps_comes_in_pages(github: World) -> None:
    github.sandbox.seed(apps=[f"gate-{number}" for number in range(40)])
    assert (
        len(github.call("GET", f"{RULES}/apps").json["available_custom_deployment_protection_rule_integrations"])
        == 30
    )
    assert len(apps(github)) == 41


def test_an_environment_that_is_missing_has_none(github: World) -> None:
    other = RULES.replace("production", "other")
    assert github.call("GET", other).status == 404
    assert github.call("GET", f"{other}/apps").status == 404
    assert github.call("POST", other, {"integration_id": 1}).status == 404
