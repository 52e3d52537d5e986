"""What somebody meant who wrote something else."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 60  # no name of the format is longer, and comparing costs the product of the lengths


def near_miss(text: str, names: Iterable[str]) -> str | None:
    """The name that is nearest, without regard to case and to - for _; an exact one in another case included."""
    if len(text) > _LONGEST:
        return None
    known = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(text.casefold().replace("-", "_"), known, n=1)
    return known[found[0]] if found else None


def did_you_mean(text: str, names: Iterable[str]) -> str | None:
    found = near_miss(text, names)
    return f"did you mean `{found}`?" if found else None
