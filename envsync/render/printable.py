"""Text from files and from GitHub, made safe and short enough to print."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envsync.plan.changes import FieldValue

_ACTED_UPON = re.compile(r"[<>@&|\[\]()`\\]|(?<=www)\.", re.IGNORECASE)

LONGEST = 120  # characters of one value; the JSON plan has all of it


def printable(text: str) -> str:
    """Escape what a terminal would obey instead of showing: control characters, and those that turn text."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else json.dumps(character)[1:-1] for character in text)


def inert(text: str) -> str:
    """For titles, chats and mail, none of which shall find somebody to call in it, or a link.

    What makes a style at most stays, so that whoever searches for a name finds it.
    """
    shown = printable(text).replace("://", "·")
    return _ACTED_UPON.sub("·", shown)


def shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… ({len(text):,} characters)"


def value(value: FieldValue) -> str:
    """A field's value as the file would have it."""
    match value:
        case None | ():
            return "none"
        case bool():
            return "true" if value else "false"
        case tuple():
            return printable(", ".join(value))
        case _:
            return printable(str(value))


def quoted(text: str) -> str:
    """A variable's value, whose blanks and line ends matter."""
    return shortened(printable(json.dumps(text, ensure_ascii=False)))
