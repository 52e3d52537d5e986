"""Where in its file does a piece of a scalar's text stand?

A scalar of several lines, a folded or an escaped one, does not stand in the file as it reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.errors import Span

if TYPE_CHECKING:
    from envsync.documents.nodes import Scalar


class Places:
    """Finds one piece after the other, in the order in which they stand."""

    def __init__(self, scalar: Scalar, lines: tuple[str, ...]) -> None:
        self._span = scalar.span
        self._lines = lines
        self._line, self._column = scalar.span.line, scalar.span.column
        self._lost = False
        if not scalar.plain and self._first() in {"|", ">"}:
            self._next_line()  # after the indicator stand comments alone

    def find(self, piece: str) -> Span:
        """The whole scalar where the piece cannot be found, or one before could not."""
        while not self._lost:
            line, end = self._rest()
            at = line.find(piece, self._column - 1, end)
            if at >= 0:
                column = at + 1
                self._column = column + len(piece)
                return Span(self._span.file, self._line, column, self._line, self._column)
            self._next_line()
        return self._span

    def _next_line(self) -> None:
        self._line, self._column = self._line + 1, 1
        self._lost = self._line > self._span.end_line

    def _first(self) -> str:
        line, end = self._rest()
        return line[self._column - 1 : end][:1]

    def _rest(self) -> tuple[str, int]:
        """The line, and where it ends for the scalar."""
        line = self._lines[self._line - 1] if self._line <= len(self._lines) else ""
        return line, self._span.end_column - 1 if self._line == self._span.end_line else len(line)
