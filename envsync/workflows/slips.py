"""Is one name of a secret or variable a slip of the fingers for another?

Stricter than a near miss: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_KEY_ID` are two names, as are `KEY_1` and `KEY_2`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONG = 5  # letters of a word in which any one may be wrong: `PROD` is no slip for `PRED`
_SHORTEST = 3  # in shorter ones a letter may be missing, doubled or swapped, or be the neighbour of the right one
_ROWS = ("QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM")


def slip(name: str, names: Iterable[str]) -> str | None:
    """The first of `names` that is the same but for underscores, or for one letter of a word."""
    return next((each for each in names if each != name and is_slip(name, each)), None)


def is_slip(name: str, other: str) -> bool:
    if name.replace("_", "") == other.replace("_", ""):
        return True
    words, others = name.split("_"), other.split("_")
    differing = [pair for pair in zip(words, others, strict=False) if pair[0] != pair[1]]
    return len(words) == len(others) and len(differing) == 1 and _one_letter(*differing[0])


def _one_letter(word: str, other: str) -> bool:
    """One letter too few, too many or wrong, or two that changed places; a plural is meant."""
    shorter, longer = sorted((word, other), key=len)
    if len(shorter) < _SHORTEST or not (word + other).isalpha() or f"{shorter}S" == longer:
        return False
    if len(shorter) != len(longer):
        return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
    wrong = [at for at, (one, two) in enumerate(zip(word, other, strict=True)) if one != two]
    if len(wrong) == 1:
        return len(word) >= _LONG or _are_neighbours(word[wrong[0]], other[wrong[0]])
    swapped = any(
        second == first + 1 and word[first] == other[second] and word[second] == other[first]
        for first, second in pairwise(wrong)
    )
    return len(wrong) == 2 and swapped  # noqa: PLR2004 - two letters that changed places


def _are_neighbours(one: str, other: str) -> bool:
    """On the keyboard."""
    return any(one + other in row or other + one in row for row in _ROWS)
