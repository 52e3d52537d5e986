"""When are two texts the same to GitHub's expressions?"""

from __future__ import annotations


def folded(text: str) -> str:
    """In upper case character by character, so that `ß` stays one: how .NET's ordinal comparison ignores case."""
    if text.isascii():
        return text.upper()
    return "".join(upper if len(upper := each.upper()) == 1 else each for each in text)
