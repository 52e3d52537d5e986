"""Pages and the links between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.sandbox_http import REPOSITORY, links, world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sandbox_http import World

ENVIRONMENTS = f"{REPOSITORY}/environments"


@pytest.fixture(scope="module")
def github() -> Iterator[World]:
    """With 120 environments; no test here changes anything."""
    with world() as one:
        for number in range(119):
            one.call("PUT", f"{ENVIRONMENTS}/e{number}")
        yield one


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("", 30),
        ("?per_page=100", 100),
        ("?per_page=101", 100),
        ("?per_page=99999999999999999999", 30),
        ("?per_page=0", 30),
        ("?per_page=-5", 30),
        ("?per_page=all", 30),
        ("?per_page=100&page=2", 20),
        ("?page=5", 0),
        ("?page=0", 30),
    ],
)
def test_a_size_that_github_does_not_want_is_replaced_in_silence(github: World, query: str, size: int) -> None:
    answer = github.call("GET", ENVIRONMENTS + query).json
    assert len(answer["environments"]) == size
    assert answer["total_count"] == 120


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (1, {"next": 2, "last": 4}),
        (2, {"prev": 1, "next": 3, "last": 4, "first": 1}),
        (4, {"prev": 3, "first": 1}),
        (9, {"prev": 4, "first": 1}),
    ],
)
def test_links_lead_to_the_other_pages(github: World, page: int, expected: dict[str, int]) -> None:
    number = github.sandbox.state.repository("acme/payments").id
    found = links(github.call("GET", f"{ENVIRONMENTS}?per_page=30&page={page}"))
    assert found == {
        relation: f"/repositories/{number}/environments?per_page=30&page={target}"
        for relation, target in expected.items()
    }


def test_links_are_absolute_and_stay_on_the_server_that_was_asked(github: World) -> None:
    assert github.call("GET", ENVIRONMENTS).headers["link"].startswith(f"<{github.sandbox.url}/repositories/")
    answer = github.call("GET", f"/api/v3{ENVIRONMENTS}", headers={"Host": "localhost:1"})
    assert answer.headers["link"].startswith("<http://localhost:1/api/v3/repositories/")


def test_following_them_gives_everything_once(github: World) -> None:
    names = [one["name"] for one in github.call.pages(ENVIRONMENTS, "environments")]
    assert names == ["production", *(f"e{number}" for number in range(119))]


def test_one_page_has_no_links(github: World) -> None:
    assert "link" not in github.call("GET", "/orgs/acme/repos").headers
