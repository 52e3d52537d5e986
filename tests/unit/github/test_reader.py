from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest
from support.github_json import listing
from support.loopback import Loopback, Reply

from envsync.errors import FailureKind, RequestFailed
from envsync.github.connection import Connection
from envsync.github.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from envsync.github.connection import Access

T = TypeVar("T")


def test_a_reader_cannot_write(reader: Reader) -> None:
    assert {name for name in dir(reader) if not name.startswith("_")} == {"get", "pages", "together", "close"}


def test_all_pages_are_read_however_few_github_puts_on_one(github: Loopback, reader: Reader) -> None:
    github.on("GET /things", listing("things", [{"id": number} for number in range(95)], most=30))

    pages = reader.pages("/things", "things", "list things")

    assert [item.member("id").integer() for item in pages.items] == list(range(95))
    assert github.lines == [
        "GET /things?per_page=100",
        "GET /things?page=2&per_page=30",
        "GET /things?page=3&per_page=30",
        "GET /things?page=4&per_page=30",
    ]
    assert not pages.moved


class _Recording:
    """Asks in turn, and remembers how much could have been asked at once."""

    def __init__(self) -> None:
        self.together: list[int] = []

    def gather(self, asks: Sequence[Callable[[], T]]) -> list[T]:
        self.together.append(len(asks))
        return [ask() for ask in asks]


@pytest.fixture
def many(access: Callable[..., Access]) -> Iterator[tuple[Reader, _Recording]]:
    connection, hands = Connection(access()), _Recording()
    yield Reader(connection.fetch, connection.local, connection.close, hands), hands
    connection.close()


def paged(github: Loopback, where: str, *, told: str = "", pages: int = 5) -> None:
    """Each page names the next and the last one, in `told` where that is not the address that was asked for."""
    for number in range(1, pages + 1):
        at = f"{github.address}{told or where}?page={{}}&per_page=100"
        links = [f'<{at.format(number + 1)}>; rel="next"', f'<{at.format(pages)}>; rel="last"']
        query = "per_page=100" if number == 1 else f"page={number}&per_page=100"
        address = where if number == 1 else told or where
        headers = {"Link": ", ".join(links)} if number < pages else {}
        github.on(f"GET {address}?{query}", Reply([number], headers=headers))


def numbers(reader: Reader, where: str) -> list[int]:
    return [item.integer() for item in reader.pages(where, None, "list things").items]


def test_pages_that_the_first_one_tells_of_are_read_together(
    github: Loopback, many: tuple[Reader, _Recording]
) -> None:
    reader, hands = many
    paged(github, "/orgs/acme/repos")

    assert numbers(reader, "/orgs/acme/repos") == [1, 2, 3, 4, 5]
    assert hands.together == [4]
    assert len(github.seen) == 5


def test_the_order_of_a_query_does_not_matter(github: Loopback, many: tuple[Reader, _Recording]) -> None:
    """Else each page would be read twice."""
    reader, _ = many
    paged(github, "/orgs/acme/repos")
    at = f"{github.address}/orgs/acme/repos"
    turned = f'<{at}?per_page=100&page=3>; rel="next", <{at}?per_page=100&page=5>; rel="last"'
    github.on("GET /orgs/acme/repos?page=2&per_page=100", Reply([2], headers={"Link": turned}))

    assert numbers(reader, "/orgs/acme/repos") == [1, 2, 3, 4, 5]
    assert len(github.seen) == 5


def test_pages_of_nobody_are_read_one_by_one(github: Loopback, many: tuple[Reader, _Recording]) -> None:
    """An App has a token for each owner, and an address such as this one does not say whose it is."""
    reader, hands = many
    paged(github, "/orgs/acme/repos", told="/organizations/7/repos")

    assert numbers(reader, "/orgs/acme/repos") == [1, 2, 3, 4, 5]
    assert hands.together == [0]


def test_a_list_that_became_shorter_ends_where_its_pages_say(
    github: Loopback, many: tuple[Reader, _Recording]
) -> None:
    reader, _ = many
    paged(github, "/orgs/acme/repos")
    github.on("GET /orgs/acme/repos?page=4&per_page=100", Reply([4]))

    assert numbers(reader, "/orgs/acme/repos") == [1, 2, 3, 4]


def test_an_answer_may_be_the_list_itself(github: Loopback, reader: Reader) -> None:
    github.on("GET /things", listing(None, [1, 2]))

    pages = reader.pages("/things", None, "list things", query={"sort": "name"})

    assert [item.integer() for item in pages.items] == [1, 2]
    assert github.lines == ["GET /things?sort=name"]


def test_all_pages_of_a_renamed_repository_are_read(github: Loopback, reader: Reader) -> None:
    github.on(
        "GET /repos/acme/old/things", Reply({}, 301, {"Location": f"{github.address}/repositories/7/things"})
    )
    github.on("GET /repositories/7/things", listing("things", list(range(130))))

    pages = reader.pages("/repos/acme/old/things", "things", "list things")

    assert len(pages.items) == 130
    assert pages.moved
    assert len(github.seen) == 3


def test_pages_without_end_are_left(github: Loopback, reader: Reader) -> None:
    following = {"Link": f'<{github.address}/things?page=2>; rel="next"'}
    github.on("GET /things", Reply({"things": [1]}, headers=following))

    with pytest.raises(RequestFailed, match="GitHub's pages have no end") as raised:
        reader.pages("/things", "things", "list\x1b[2J things")

    assert raised.value.kind is FailureKind.UNAVAILABLE
    assert str(raised.value).startswith("cannot list\\x1b[2J things: ")
    assert len(github.seen) == 2


def test_a_next_page_elsewhere_is_not_fetched(github: Loopback, reader: Reader) -> None:
    github.on("GET /things", Reply({"things": [1]}, headers={"Link": '<https://evil.example/things>; rel="next"'}))

    with pytest.raises(RequestFailed, match="cannot list things: GitHub's answer leads away") as raised:
        reader.pages("/things", "things", "list things")

    assert raised.value.diagnostics[0].code == "foreign-link"


@pytest.mark.parametrize("link", ['<x>; rel="last"', ""])
def test_a_link_header_without_a_next_page_ends_the_list(github: Loopback, reader: Reader, link: str) -> None:
    github.on("GET /things", Reply({"things": [1]}, headers={"Link": link}))

    assert len(reader.pages("/things", "things", "list things").items) == 1


@pytest.mark.parametrize("link", ["<x>", "rel=next", "<<"])
def test_a_link_header_that_cannot_be_read_is_not_taken_for_the_end(
    github: Loopback, reader: Reader, link: str
) -> None:
    github.on("GET /things", Reply({"things": [1]}, headers={"Link": link}))

    with pytest.raises(RequestFailed, match="there may be more pages"):
        reader.pages("/things", "things", "list things")


def test_an_answer_of_another_shape_is_no_empty_list(github: Loopback, reader: Reader) -> None:
    github.on("GET /things", Reply({"total_count": 0}))

    with pytest.raises(
        RequestFailed, match="GET /things is not answered as by GitHub's API: things: it is missing"
    ):
        reader.pages("/things", "things", "list things")
