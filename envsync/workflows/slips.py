"""Is one name of a secret or variable a slip of the fingers for another?

Stricter than a near miss: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_KEY_ID` are two names, as are `KEY_1` and `KEY_2`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORTEST = 5  # letters of a word in which one may be wrong: `PROD` is no slip for `PRED`


def slip(name: str, names: Iterable[str]) -> str | None:
    """The first of `names` that is the same but for underscores, or for one letter of a long word."""
    return next((each for each in names if each != name and _is_slip(name, each)), None)


def _is_slip(name: str, other: str) -> bool:
    if name.replace("_", "") == other.replace("_", ""):
        return True
    words, others = name.split("_"), other.split("_")
    differing = [pair for pair in zip(words, others, strict=False) if pair[0] != pair[1]]
    return len(words) == len(others) and len(differing) == 1 and _one_letter(*differing[0])


def _one_letter(word: str, other: str) -> bool:
    """One letter too few, too many or wrong, or two that changed places; a plural is meant."""
    if (
        min(len(word), len(other)) < _SHORTEST
        or not (word + other).isalpha()
        or f"{word}S" == other
        or f"{other}S" == word
    ):
        return False
    if len(word) != len(other):
        longer, shorter = sorted((word, other), key=len, reverse=True)
        return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
    wrong = [at for at, (one, two) in enumerate(zip(word, other, strict=True)) if one != two]
    swapped = any(
        second == first + 1 and word[first] == other[second] and word[second] == other[first]
        for first, second in pairwise(wrong)
    )
    return len(wrong) == 1 or (len(wrong) == 2 and swapped)  # noqa: PLR2004 - two letters that changed places
