"""Branch and tag patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.sandbox_http import CUSTOM, PRODUCTION, PROTECTED, world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sandbox_http import World

PATTERNS = f"{PRODUCTION}/deployment-branch-policies"


@pytest.fixture
def github() -> Iterator[World]:
    with world() as one:
        one.put(deployment_branch_policy=CUSTOM)
        yield one


def shown(github: World) -> list[tuple[str, str]]:
    return [(one["type"], one["name"]) for one in github.call("GET", PATTERNS).json["branch_policies"]]


def test_a_pattern_is_of_a_branch_unless_it_says_otherwise(github: World) -> None:
    assert github.call("POST", PATTERNS, {"name": "main"}).status == 200
    assert github.call("POST", PATTERNS, {"name": "v*", "type": "tag"}).status == 200
    assert shown(github) == [("branch", "main"), ("tag", "v*")]


@pytest.mark.parametrize("policy", [None, PROTECTED], ids=["all", "protected"])
def test_outside_custom_mode_there_is_nothing_at_all(github: World, policy: object) -> None:
    number = github.call("POST", PATTERNS, {"name": "main"}).json["id"]
    github.put(deployment_branch_policy=policy)
    assert github.call("GET", PATTERNS).status == 404
    assert github.call("POST", PATTERNS, {"name": "main"}).status == 404
    assert github.call("PUT", f"{PATTERNS}/{number}", {"name": "main"}).status == 404
    assert github.call("DELETE", f"{PATTERNS}/{number}").status == 404


def test_leaving_custom_mode_drops_the_patterns(github: World) -> None:
    github.call("POST", PATTERNS, {"name": "main"})
    github.put(deployment_branch_policy=None)
    github.put(deployment_branch_policy=CUSTOM)
    assert shown(github) == []


def test_staying_in_custom_mode_keeps_them(github: World) -> None:
    github.call("POST", PATTERNS, {"name": "main"})
    github.put(wait_timer=5, deployment_branch_policy=CUSTOM)
    assert shown(github) == [("branch", "main")]


def test_one_that_exists_is_pointed_to(github: World) -> None:
    number = github.call("POST", PATTERNS, {"name": "main"}).json["id"]
    answer = github.call("POST", PATTERNS, {"name": "main", "type": "branch"})
    assert (answer.status, answer.text) == (303, "")
    assert answer.headers["location"] == f"{github.sandbox.url}{PATTERNS}/{number}"
    assert shown(github) == [("branch", "main")]


def test_branches_and_tags_can_share_a_name_and_case_matters(github: World) -> None:
    for name, kind in (("main", "branch"), ("main", "tag"), ("Main", "branch")):
        assert github.call("POST", PATTERNS, {"name": name, "type": kind}).status == 200


def test_renaming_keeps_id_and_type(github: World) -> None:
    number = github.call("POST", PATTERNS, {"name": "v*", "type": "tag"}).json["id"]
    answer = github.call("PUT", f"{PATTERNS}/{number}", {"name": "release-*", "type": "branch"})
    assert answer.json["id"] == number
    assert shown(github) == [("tag", "release-*")]
    assert github.call("GET", f"{PATTERNS}/{number}").json == answer.json


def test_renaming_to_what_is_there_is_refused(github: World) -> None:
    number = github.call("POST", PATTERNS, {"name": "main"}).json["id"]
    github.call("POST", PATTERNS, {"name": "develop"})
    assert github.call("PUT", f"{PATTERNS}/{number}", {"name": "develop"}).status == 422
    assert github.call("PUT", f"{PATTERNS}/{number}", {"name": "main"}).status == 200


def test_deleting(github: World) -> None:
    number = github.call("POST", PATTERNS, {"name": "main"}).json["id"]
    assert github.call("DELETE", f"{PATTERNS}/{number}").status == 204
    assert github.call("DELETE", f"{PATTERNS}/{number}").status == 404
    assert github.call("DELETE", f"{PATTERNS}/main").status == 404
    assert shown(github) == []


@pytest.mark.parametrize("body", [None, [], {}, {"name": ""}, {"name": 1}, {"name": "x", "type": "ref"}], ids=str)
def test_what_is_no_pattern_is_refused(github: World, body: object) -> None:
    assert github.call("POST", PATTERNS, body).status == 422


def test_they_come_in_pages_of_30_and_at_most_100(github: World) -> None:
    for number in range(130):
        github.call("POST", PATTERNS, {"name": f"b{number}"})
    for query, size in (("", 30), ("?per_page=100", 100), ("?per_page=1000", 100)):
        answer = github.call("GET", PATTERNS + query).json
        assert (len(answer["branch_policies"]), answer["total_count"]) == (size, 130)
    names = [one["name"] for one in github.call.pages(PATTERNS, "branch_policies")]
    assert names == [f"b{number}" for number in range(130)]
