"""Names in a sentence, or in a box."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 5


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`; not more than five."""
    shown = list(names) if len(names) <= _MOST else [*names[: _MOST - 1], f"{len(names) - _MOST + 1} more"]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def brief(names: Sequence[str], most: int) -> str:
    """The first ones, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
