"""Reading from GitHub, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from requests.utils import parse_header_links

from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.github.call import cannot
from envsync.github.connection import Connection
from envsync.github.server import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envsync.github.connection import Access, Received
    from envsync.github.part import Part

_MOST_PAGES = 1_000
NOTHING: Mapping[str, str] = MappingProxyType({})
PER_PAGE = {"per_page": "100"}  # the most that GitHub gives of anything but variables


def open_reader(access: Access) -> Reader:
    """For one thread, and to be closed by whoever opened it."""
    return reader_of(Connection(access))


def reader_of(connection: Connection) -> Reader:
    return Reader(connection.fetch, connection.local, connection.close)


@dataclass(frozen=True, slots=True)
class Pages:
    items: tuple[Part, ...]
    moved: bool  # a redirect led to them, so the repository has another name now


class Reader:
    """For one thread. It has no way to write: all it gets of a connection is what fetches and resolves links."""

    def __init__(
        self,
        fetch: Callable[[Target, str], Received],
        local: Callable[[str, str], Target],
        close: Callable[[], None],
    ) -> None:
        self._fetch = fetch
        self._local = local
        self.close = close

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
        items: list[Part] = []
        seen: set[Target] = set()
        moved = False
        while target is not None:
            if target in seen or len(seen) == _MOST_PAGES:
                raise _endless(purpose)
            seen.add(target)
            received = self._fetch(target, purpose)
            items += (received.data if key is None else received.data.member(key)).items()
            moved = moved or received.moved
            link = _next(received.headers.get("link", ""), purpose)
            target = None if link is None else self._local(link, purpose)
        return Pages(tuple(items), moved)


def _next(header: str, purpose: str) -> str | None:
    """Raises where the header says nothing that can be read: there may be more pages."""
    links = parse_header_links(header)
    if header.strip() and not all("rel" in link for link in links):
        text = f"{cannot(purpose)}: the Link header of GitHub's answer cannot be read, so there may be more pages"
        hint = "check that the API URL is that of a GitHub server"
        raise RequestFailed(FailureKind.UNAVAILABLE, Diagnostic("unexpected-answer", text, hint))
    return next((link["url"] for link in links if link["rel"] == "next"), None)


def _endless(purpose: str) -> RequestFailed:
    text = f"{cannot(purpose)}: GitHub's pages have no end"
    hint = "check that the API URL is that of a GitHub server"
    return RequestFailed(FailureKind.UNAVAILABLE, Diagnostic("endless-pages", text, hint))
