"""Diagnostic -> text, in rustc's manner: what, where, the line, a caret, one thing to do."""

from __future__ import annotations

import bisect
import itertools
import unicodedata
from typing import TYPE_CHECKING

from envsync.errors import Severity
from envsync.render.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from envsync.errors import Diagnostic, Span

_TAB = "    "
_CUT = "…"
_NARROWEST = 20  # columns of source that are shown however narrow the terminal is

_BOLD = "1"
_BLUE = "1;34"
_CYAN = "1;36"
_COLORS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}


def render(diagnostics: Iterable[Diagnostic], *, color: bool, width: int) -> str:
    """By file, line and column, and at the end how many there are. Empty if there are none; else ends a line."""
    paint = _painted if color else _plain
    ordered = in_order(diagnostics)
    if not ordered:
        return ""
    gutter = max((len(str(one.span.line)) for one in ordered if one.span), default=0)
    parts = [_one(diagnostic, gutter, width, paint) for diagnostic in ordered]
    return "\n".join([*parts, count(ordered) + "\n"])


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By file, line and column."""
    return sorted(diagnostics, key=_place)


def _place(diagnostic: Diagnostic) -> tuple[str, int, int, str, str]:
    span = diagnostic.span
    place = (span.file, span.line, span.column) if span else ("", 0, 0)
    return (*place, diagnostic.code, diagnostic.message)


def _one(diagnostic: Diagnostic, gutter: int, width: int, paint: Callable[[str, str], str]) -> str:
    color = _COLORS[diagnostic.severity]
    head = paint(f"{diagnostic.severity}[{printable(diagnostic.code)}]", color)
    lines = [head + paint(f": {_indented(diagnostic.message, 4)}", _BOLD)]
    margin = " " * gutter
    span = diagnostic.span
    if span:
        lines.append(f"{margin}{paint('-->', _BLUE)} {printable(str(span))}")
    if span and diagnostic.source is not None:
        bar = f"{margin} {paint('|', _BLUE)}"
        shown, marks = _snippet(diagnostic.source, span, _room(width, gutter))
        number = paint(f"{span.line:>{gutter}} |", _BLUE)
        lines += [bar, f"{number} {shown}".rstrip(), f"{bar} {paint(marks, color)}"]
    if diagnostic.hint:
        lines.append(f"{margin} {paint('= help', _CYAN)}: {_indented(diagnostic.hint, gutter + 9)}")
    return "\n".join(lines) + "\n"


def snippet(diagnostic: Diagnostic, width: int) -> list[str]:
    """The line and the caret alone, each behind a bar. Empty where there is no line."""
    if diagnostic.span is None or diagnostic.source is None:
        return []
    number = str(diagnostic.span.line)
    shown, marks = _snippet(diagnostic.source, diagnostic.span, _room(width, len(number)))
    return [f"{number} | {shown}".rstrip(), f"{' ' * len(number)} | {marks}"]


def _room(width: int, gutter: int) -> int:
    return max(width - gutter - 3, _NARROWEST)


def _snippet(source: str, span: Span, room: int) -> tuple[str, str]:
    """The line, cut to what fits around the caret, and below it the caret."""
    cells = [_cell(character) for character in source]
    starts = list(itertools.accumulate((width for _, width in cells), initial=0))
    first = min(span.column - 1, len(cells))
    end = len(cells) if span.end_line > span.line else min(span.end_column - 1, len(cells))
    left, right = _window(starts, first, room)
    end = max(first, min(end, right))
    before, after = _CUT if left else "", _CUT if right < len(cells) else ""
    shown = "".join(text for text, _ in cells[left:right])
    indent = " " * (len(before) + starts[first] - starts[left])
    return before + shown + after, indent + "^" * max(starts[end] - starts[first], 1)


def _window(starts: Sequence[int], first: int, room: int) -> tuple[int, int]:
    """Which cells are shown: all if they fit, else a stretch with the caret a third from its left."""
    if starts[-1] <= room:
        return 0, len(starts) - 1
    room -= 2 * len(_CUT)
    left = bisect.bisect_left(starts, starts[first] - room // 3)
    return left, bisect.bisect_right(starts, starts[left] + room) - 1


def _cell(character: str) -> tuple[str, int]:
    """How a character is shown, and in how many columns of a terminal."""
    if character == "\t":
        return _TAB, len(_TAB)
    text = printable(character)
    if text != character:
        return text, len(text)
    if unicodedata.category(character) in {"Mn", "Me"}:
        return text, 0
    return text, 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _indented(text: str, columns: int) -> str:
    """Lines after the first stand under it."""
    return ("\n" + " " * columns).join(printable(line) for line in text.split("\n"))


def _plain(text: str, _style: str) -> str:
    return text


def _painted(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m"


def count(diagnostics: Sequence[Diagnostic]) -> str:
    numbers = [(severity, sum(one.severity is severity for one in diagnostics)) for severity in Severity]
    return ", ".join(f"{number} {severity}{'' if number == 1 else 's'}" for severity, number in numbers if number)
