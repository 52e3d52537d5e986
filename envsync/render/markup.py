"""Text of somebody else's -> Markdown that shows it, and does nothing else, on GitHub.

GitHub turns text into links, mentions, references to issues and commits, and pictures, some of it only after it
has read Markdown and its entities: escapes do not help against `@somebody`. In code spans it does none of that. So
names and values stand in code spans, and of words only plain ones stand outside.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from envsync.render.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UNFOLD = "\n\n</details>"
# GitHub's parser takes no fence of more than 80: https://github.com/github/cmark-gfm/blob/master/src/inlines.c
_MOST_BACKTICKS = 20

_PIECE = re.compile(r"(?<!`)`(?!`)(?P<quoted>[^`]+)`(?!`)|(?P<space> +)|(?P<word>[^ `]+)|`+")
_WORD = re.compile(r"(?P<before>\(*)(?P<core>.*?)(?P<after>[,;:.!?)]*)")
# Letters, or digits alone: no name of a commit, no reference (GH-1, JIRA-1), no address without a scheme.
_PLAIN = re.compile(r"(?!www)(?![0-9a-f]{7})(?:[^\W\d_]+(?:['-][^\W\d_]+)*|\d*)", re.IGNORECASE)


def code(text: str) -> str:
    """A code span. Blanks alone could not be seen, and parsers differ over them: they are spelt out."""
    shown = printable(text)
    if not shown.strip(" "):
        shown = shown.replace(" ", r"\u0020") or '""'
    longest = max(map(len, re.findall("`+", shown)), default=0)
    if longest > _MOST_BACKTICKS:
        shown, longest = shown.replace("`", r"\u0060"), 0
    fence = "`" * (longest + 1)
    # One blank on each side is taken away where there is one on both.
    padding = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{padding}{shown}{padding}{fence}"


@lru_cache(maxsize=32)  # the same few reasons stand beside thousands of changes
def words(text: str) -> str:
    """A clause. What it quotes in backticks, and whatever is no plain word, becomes code; several blanks one."""
    pieces = [piece for match in _PIECE.finditer(printable(text).strip()) for piece in _pieces(match)]
    return "".join(
        code("".join(shown for shown, _ in group)) if is_code else "".join(shown for shown, _ in group)
        for is_code, group in groupby(pieces, key=lambda piece: piece[1])
    )


def _pieces(match: re.Match[str]) -> Iterable[tuple[str, bool]]:
    """What is shown, and whether in code."""
    if match["space"]:
        return [(" ", False)]
    if match["quoted"]:
        return [(match["quoted"], True)]
    found = _WORD.fullmatch(match["word"] or "")
    if found is None or match["word"] is None:
        return [(match[0], True)]
    core = found["core"]
    is_code = _PLAIN.fullmatch(core) is None
    return [each for each in ((found["before"], False), (core, is_code), (found["after"], False)) if each[0]]


def bold(markdown: str) -> str:
    return f"**{markdown}**"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Of cells that are Markdown already."""
    return "\n".join(row(cells) for cells in (head, ["---"] * len(head), *rows))


def row(cells: Sequence[str]) -> str:
    """A bar is taken for the end of a cell even in code, and a backslash before it away."""
    escaped = (cell.replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def folded(summary: str, body: str) -> str:
    return f"{fold(summary)}{body}{UNFOLD}"


def fold(summary: str) -> str:
    """What stands before a body that is folded, `UNFOLD` after it. `summary` is HTML already."""
    return f"<details><summary>{summary}</summary>\n\n"  # a blank line lets Markdown in again


def html_code(text: str) -> str:
    return f"<code>{html.escape(printable(text))}</code>"
