"""Deployments, and how they went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.sandbox_http import REPOSITORY, world

from envsync.sandbox import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sandbox_http import World

DEPLOYMENTS = f"{REPOSITORY}/deployments"


@pytest.fixture
def github() -> Iterator[World]:
    with world() as one:
        yield one


def ids(github: World, query: str = "") -> list[int]:
    return [one["id"] for one in github.call("GET", f"{DEPLOYMENTS}{query}").json]


def test_the_newest_comes_first(github: World) -> None:
    numbers = [github.sandbox.deploy("acme/payments", "staging") for _ in range(3)]
    assert ids(github) == numbers[::-1]
    assert [one["id"] for one in github.call.pages(f"{DEPLOYMENTS}?per_page=2")] == numbers[::-1]


def test_some_of_them(github: World) -> None:
    staging = github.sandbox.deploy("acme/payments", "Staging", ref="v1")
    production = github.sandbox.deploy("acme/payments", "production")
    assert ids(github, "?environment=staging") == [staging]
    assert ids(github, "?environment=other") == []
    assert ids(github, "?ref=refs/heads/main") == [production]
    assert ids(github, "?ref=v1&environment=production") == []
    sha = github.call("GET", DEPLOYMENTS).json[0]["sha"]
    assert ids(github, f"?sha={sha}") == [production]
    assert ids(github, "?task=deploy") == ids(github, "?task=none&sha=none") == [production, staging]
    assert ids(github, "?task=migrate") == []


def test_what_is_said_of_one(github: World) -> None:
    number = github.sandbox.deploy("acme/payments", "Production")
    (found,) = github.call("GET", DEPLOYMENTS).json
    assert (found["environment"], found["production_environment"]) == ("Production", True)
    assert (found["creator"]["login"], len(found["sha"])) == ("sandbox", 40)
    assert found["statuses_url"] == f"{github.sandbox.url}{DEPLOYMENTS}/{number}/statuses"
    del github.sandbox.state.accounts["sandbox"]
    assert github.call("GET", DEPLOYMENTS).json[0]["creator"] is None


def test_how_one_went(github: World) -> None:
    number = github.sandbox.deploy("acme/payments", "staging", "queued", "in_progress", "success")
    found = github.call("GET", f"{DEPLOYMENTS}/{number}/statuses").json
    assert [one["state"] for one in found] == ["success", "in_progress", "queued"]
    assert {one["environment"] for one in found} == {"staging"}
    assert len(github.call.pages(f"{DEPLOYMENTS}/{number}/statuses?per_page=1")) == 3


def test_one_is_as_new_as_what_was_said_of_it_last() -> None:
    with world(options=Options()) as github:
        github.sandbox.deploy("acme/payments", "staging", "queued", "success")
        (one,) = github.sandbox.state.repository("acme/payments").deployments.values()
        one.statuses[1].created_at = "2126-01-01T00:00:00Z"
        (found,) = github.call("GET", DEPLOYMENTS).json
    assert found["created_at"] < found["updated_at"] == "2126-01-01T00:00:00Z"


def test_of_what_is_not_there_nothing_is_said(github: World) -> None:
    for number in ("1", "x"):
        assert github.call("GET", f"{DEPLOYMENTS}/{number}/statuses").status == 404
