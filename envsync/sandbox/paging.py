"""Which part of a list an answer holds, and where the others are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envsync.sandbox.call import Call

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PageSize:
    default: int
    maximum: int


USUAL = PageSize(30, 100)
VARIABLES = PageSize(10, 30)


def page_of(call: Call, items: Sequence[_T], size: PageSize = USUAL) -> tuple[Sequence[_T], Mapping[str, str]]:
    """The asked-for stretch of `items`, and the `Link` header if there are others. Too large a page is clamped."""
    per_page = min(_positive(call.query.get("per_page"), size.default), size.maximum)
    number = _positive(call.query.get("page"), 1)
    start = (number - 1) * per_page
    last = max(1, -(-len(items) // per_page))
    chunk = items[start : start + per_page]
    links = []
    if number > 1:
        links.append(_link(call, min(number - 1, last), "prev"))
    if number < last:
        links += [_link(call, number + 1, "next"), _link(call, last, "last")]
    if number > 1:
        links.append(_link(call, 1, "first"))
    return chunk, {"link": ", ".join(links)} if links else {}


def _positive(text: str | None, default: int) -> int:
    if text is None or not (text.isascii() and text.isdecimal()) or len(text) > 9:  # noqa: PLR2004 - beyond any page
        return default
    return int(text) or default


def _link(call: Call, number: int, relation: str) -> str:
    path = call.path
    if call.found is not None and path.startswith("/repos/"):
        # GitHub names the repository by its id here, whatever the request called it.
        path = f"/repositories/{call.found.id}/" + path.split("/", 4)[4]
    query = urlencode({**call.query, "page": number})
    return f'<{call.api}{path}?{query}>; rel="{relation}"'
