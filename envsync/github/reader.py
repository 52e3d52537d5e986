"""Reading from GitHub, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from requests.utils import parse_header_links

from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.github.bearer import place_of
from envsync.github.call import cannot
from envsync.github.connection import Connection
from envsync.github.server import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from envsync.github.connection import Access, Received
    from envsync.github.part import Part

T = TypeVar("T")
_Page: TypeAlias = "tuple[str, frozenset[tuple[str, str]]]"

_MOST_PAGES = 1_000
_NUMBER = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
NOTHING: Mapping[str, str] = MappingProxyType({})
PER_PAGE = {"per_page": "100"}  # the most that GitHub gives of anything but variables


def open_reader(access: Access) -> Reader:
    """For one thread, and to be closed by whoever opened it."""
    return reader_of(Connection(access))


def reader_of(connection: Connection) -> Reader:
    return Reader(connection.fetch, connection.local, connection.close, InTurn())


@dataclass(frozen=True, slots=True)
class Pages:
    items: tuple[Part, ...]
    moved: bool  # a redirect led to them, so the repository has another name now


class Gatherer(Protocol):
    def gather(self, asks: Sequence[Callable[[], T]]) -> list[T]:
        """What they give, in their order."""
        ...


class InTurn:
    """For one thread."""

    def gather(self, asks: Sequence[Callable[[], T]]) -> list[T]:
        return [ask() for ask in asks]


class Reader:
    """It has no way to write: all it gets of a connection is what fetches and resolves links.

    For as many threads as what it gets is for.
    """

    def __init__(
        self,
        fetch: Callable[[Target, str], Received],
        local: Callable[[str, str], Target],
        close: Callable[[], None],
        gatherer: Gatherer,
    ) -> None:
        self._fetch = fetch
        self._local = local
        self.close = close
        self._gatherer = gatherer

    def together(self, asks: Sequence[Callable[[], T]]) -> list[T]:
        """What they give, in their order, side by side where there are hands. The first failure is raised."""
        return self._gatherer.gather(asks)

    def get(self, path: str, purpose: str, *, query: Mapping[str, str] = NOTHING) -> Received:
        """`purpose` completes "cannot ..." in the message of a failure, which is raised as `RequestFailed`.

        Of a list it is one page.
        """
        return self._fetch(Target(path, tuple(query.items())), purpose)

    def pages(self, path: str, key: str | None, purpose: str, *, query: Mapping[str, str] = PER_PAGE) -> Pages:
        """The items under `key` (None: the answer is the list) of all pages.

        GitHub clamps a `per_page` above its maximum without a word, so that only its `Link` header tells the end.
        """
        target: Target | None = Target(path, tuple(query.items()))
        ahead: dict[_Page, Received] = {}
        items: list[Part] = []
        seen: set[Target] = set()
        moved = False
        while target is not None:
            if target in seen or len(seen) == _MOST_PAGES:
                raise _endless(purpose)
            seen.add(target)
            received = ahead.pop(_page_of(target), None) or self._fetch(target, purpose)
            items += (received.data if key is None else received.data.member(key)).items()
            moved = moved or received.moved
            links = _links(received.headers.get("link", ""), purpose)
            target = self._led_to(links, "next", purpose)
            if target is not None and len(seen) == 1:
                ahead = self._ahead(_between(target, self._led_to(links, "last", purpose)), purpose)
        return Pages(tuple(items), moved)

    def _led_to(self, links: Mapping[str, str], relation: str, purpose: str) -> Target | None:
        return self._local(links[relation], purpose) if relation in links else None

    def _ahead(self, targets: Sequence[Target], purpose: str) -> dict[_Page, Received]:
        found = self.together([self._asking(each, purpose) for each in targets])
        return dict(zip(map(_page_of, targets), found, strict=True))

    def _asking(self, target: Target, purpose: str) -> Callable[[], Received]:
        return lambda: self._fetch(target, purpose)


def _links(header: str, purpose: str) -> Mapping[str, str]:
    """Address by relation. Raises where the header says nothing that can be read: there may be more pages."""
    links = parse_header_links(header)
    if header.strip() and not all("rel" in link for link in links):
        text = f"{cannot(purpose)}: the Link header of GitHub's answer cannot be read, so there may be more pages"
        hint = "check that the API URL is that of a GitHub server"
        raise RequestFailed(FailureKind.UNAVAILABLE, Diagnostic("unexpected-answer", text, hint))
    return {link["rel"]: link["url"] for link in links}


def _page_of(target: Target) -> _Page:
    """GitHub need not have the parts of a query in the same order in all of its links."""
    return target.path, frozenset(target.query)


def _between(second: Target, last: Target | None) -> list[Target]:
    """The pages to come, where GitHub tells the number of the last one: they can be asked for together.

    It is a guess: whether a page is used is up to the links of the page before it. Where the address has no owner,
    as in `/organizations/7/repos`, only the connection that asked for the first page knows whose token to send.
    """
    numbers = [_page(second), None if last is None else _page(last)]
    if place_of(second.path) is None:
        return []
    if last is None or numbers[0] is None or numbers[1] is None or _on_page(second, numbers[1]) != last:
        return []
    return [_on_page(second, number) for number in range(numbers[0], min(numbers[1], _MOST_PAGES) + 1)]


def _page(target: Target) -> int | None:
    text = dict(target.query).get("page", "")
    return int(text) if _NUMBER.fullmatch(text) else None


def _on_page(target: Target, number: int) -> Target:
    query = tuple((name, str(number) if name == "page" else value) for name, value in target.query)
    return Target(target.path, query)


def _endless(purpose: str) -> RequestFailed:
    text = f"{cannot(purpose)}: GitHub's pages have no end"
    hint = "check that the API URL is that of a GitHub server"
    return RequestFailed(FailureKind.UNAVAILABLE, Diagnostic("endless-pages", text, hint))
