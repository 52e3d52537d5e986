"""From which line on a file may hold what belongs under `secrets`, whatever its structure says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envsync.documents.near_misses import near_miss

if TYPE_CHECKING:
    from collections.abc import Sequence

_SECRET = re.compile("secret", re.IGNORECASE)
_COMMENT = re.compile(r"\s*#+\s*([\"']?secrets?[\"']?\s*:)?")
_WORD = re.compile(r"[a-z]{5,9}", re.IGNORECASE)
_ENOUGH_LETTERS = 4  # that a word shares with `secrets`: most need not be compared
_MOST_COMPARED = 2_000


def first_mention(lines: Sequence[str], also: re.Pattern[str] = _SECRET) -> int:
    """The first line, counted from 1, that says `secrets` or nearly so; one beyond the last if none does.

    `also` is what counts too. In a comment only a key counts: one that may once have been none.
    """
    compared: set[str] = set()
    for number, line in enumerate(lines, 1):
        comment = _COMMENT.match(line)
        if comment:
            if comment[1]:
                return number
        elif _SECRET.search(line) or also.search(line) or _has_near_miss(line, compared):
            return number
    return len(lines) + 1


def _has_near_miss(line: str, compared: set[str]) -> bool:
    for found in _WORD.finditer(line):
        word = found[0].casefold()
        if word in compared or len(set(word) & set("secrt")) < _ENOUGH_LETTERS:
            continue
        compared.add(word)
        if len(compared) > _MOST_COMPARED or near_miss(word, ("secrets",)):
            return True
    return False
