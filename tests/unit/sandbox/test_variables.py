"""Variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.sandbox_http import PRODUCTION, Clock, links, world

from envsync.sandbox import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sandbox_http import World

VARIABLES = f"{PRODUCTION}/variables"


@pytest.fixture
def github() -> Iterator[World]:
    with world() as one:
        yield one


def create(github: World, name: str, value: str = "x") -> int:
    return github.call("POST", VARIABLES, {"name": name, "value": value}).status


def test_names_come_back_in_upper_case(github: World) -> None:
    assert create(github, "aws_Region", "eu-west-1") == 201
    found = github.call("GET", f"{VARIABLES}/Aws_region").json
    assert (found["name"], found["value"]) == ("AWS_REGION", "eu-west-1")


def test_an_existing_one_is_a_conflict_and_stays(github: World) -> None:
    create(github, "REGION", "eu")
    answer = github.call("POST", VARIABLES, {"name": "region", "value": "us"})
    assert (answer.status, answer.message) == (409, "Already exists - Variable already exists")
    assert github.call("GET", f"{VARIABLES}/REGION").json["value"] == "eu"


def test_a_new_value_moves_the_date() -> None:
    clock = Clock()
    with world(options=Options(now=clock)) as github:
        create(github, "REGION", "eu")
        clock.advance(5)
        assert github.call("PATCH", f"{VARIABLES}/REGION", {"value": "us"}).status == 204
        assert github.call("GET", f"{VARIABLES}/REGION").json == {
            "name": "REGION",
            "value": "us",
            "created_at": "2026-03-01T12:00:00Z",
            "updated_at": "2026-03-01T12:00:05Z",
        }


def test_a_new_name(github: World) -> None:
    create(github, "OLD", "kept")
    create(github, "TAKEN")
    assert github.call("PATCH", f"{VARIABLES}/OLD", {"name": "taken"}).status == 409
    assert github.call("PATCH", f"{VARIABLES}/OLD", {"name": "new"}).status == 204
    assert github.call("GET", f"{VARIABLES}/OLD").status == 404
    assert github.call("GET", f"{VARIABLES}/NEW").json["value"] == "kept"


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"value": "x"},
        {"name": "A"},
        {"name": "A", "value": 1},
        {"name": "A", "value": None},
        {"name": "9A", "value": "x"},
        {"name": "A B", "value": "x"},
        {"name": "", "value": "x"},
        {"name": "github_sha", "value": "x"},
        {"name": "A", "value": "ä" * 24_577},
    ],
    ids=lambda body: str(body)[:40],
)
def test_what_is_refused(github: World, body: object) -> None:
    assert github.call("POST", VARIABLES, body).status == 422
    assert github.call("GET", VARIABLES).json["total_count"] == 0


@pytest.mark.parametrize("value", ["", "ä" * 24_576, 'a "b"\n\t\0 😀', " x "], ids=lambda value: value[:8])
def test_values_come_back_as_they_were_sent(github: World, value: str) -> None:
    assert create(github, "A", value) == 201
    assert github.call("GET", f"{VARIABLES}/A").json["value"] == value


def test_100_and_no_more(github: World) -> None:
    assert [create(github, f"V{number}") for number in range(101)] == [201] * 100 + [422]


def test_they_come_in_pages_of_10_and_at_most_30(github: World) -> None:
    for number in range(35):
        create(github, f"V{number:02}")
    for query, size in (("", 10), ("?per_page=30", 30), ("?per_page=100", 30)):
        answer = github.call("GET", VARIABLES + query)
        assert (len(answer.json["variables"]), answer.json["total_count"]) == (size, 35)
        assert "next" in links(answer)
    names = [one["name"] for one in github.call.pages(f"{VARIABLES}?per_page=100", "variables")]
    assert names == [f"V{number:02}" for number in range(35)]


def test_missing_ones(github: World) -> None:
    for method, body in (("GET", None), ("PATCH", {"value": "x"}), ("DELETE", None)):
        assert github.call(method, f"{VARIABLES}/ABSENT", body).status == 404


def test_deleting(github: World) -> None:
    create(github, "A")
    assert github.call("DELETE", f"{VARIABLES}/a").status == 204
    assert github.call("GET", VARIABLES).json == {"total_count": 0, "variables": []}
