"""How a file may be shown: diagnostics with its lines, every value under `secrets` masked."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.documents.nodes import Scalar
    from envsync.errors import Span

_COMMENT = re.compile(r"(?<!\S)#")
MASK = "•••"
END_OF_LINE = 1 << 30
_LONGEST_QUOTE = 60
LONGEST_LINE = 4_000  # nobody wrote it by hand, and each diagnostic would hold it

Stretch = tuple[int, int]  # columns, the end exclusive


@dataclass(frozen=True, slots=True)
class Page:
    file: str
    lines: tuple[str, ...]
    hidden: Mapping[int, tuple[Stretch, ...]]  # by line: what nobody may see, sorted and disjoint

    def error(self, code: str, message: str, span: Span, hint: str | None = None) -> Diagnostic:
        span = self._clipped(span)
        return Diagnostic(code, message, hint, span, self._line(span.line, span.column))

    def warning(self, code: str, message: str, span: Span, hint: str | None = None) -> Diagnostic:
        return replace(self.error(code, message, span, hint), severity=Severity.WARNING)

    def note(self, code: str, message: str, span: Span, hint: str | None = None) -> Diagnostic:
        return replace(self.error(code, message, span, hint), severity=Severity.NOTE)

    def quoted(self, scalar: Scalar) -> str:
        return self.quoted_text(scalar.text, scalar.span)

    def quoted_text(self, text: str, span: Span) -> str:
        """The text as a message may have it; `span` is where it stands."""
        if self.hides(span):
            return MASK
        return f"`{text}`" if len(text) <= _LONGEST_QUOTE else f"`{text[:_LONGEST_QUOTE]}…`"

    def hides(self, span: Span) -> bool:
        for line in range(span.line, span.end_line + 1):
            stretch = self._stretch(line, span.column if line == span.line else 1)
            if stretch and stretch[0] < (span.end_column if line == span.end_line else END_OF_LINE):
                return True
        return False

    def _stretch(self, line: int, column: int) -> Stretch | None:
        """The first that ends beyond the column."""
        stretches = self.hidden.get(line, ())
        index = bisect.bisect_right(stretches, column, key=lambda stretch: stretch[1])
        return stretches[index] if index < len(stretches) else None

    def _clipped(self, span: Span) -> Span:
        """Ends where the mask ends, so that no caret tells the length of what is masked."""
        stretch = self._stretch(span.line, span.column)
        if not stretch or (span.line == span.end_line and span.end_column <= stretch[0]):
            return span
        return replace(span, end_line=span.line, end_column=max(span.column, stretch[0]) + len(MASK))

    def _line(self, number: int, caret: int) -> str | None:
        """Masks left of the caret keep their width, which the caret's column tells anyway; others do not."""
        text = self.lines[number - 1] if number <= len(self.lines) else ""
        if len(text) > LONGEST_LINE:
            return None
        shown, at = "", 1
        for start, end in self.hidden.get(number, ()) or _commented(text):
            concealed = text[start - 1 : end - 1]
            lead = len(concealed) - len(concealed.lstrip())
            shown += text[at - 1 : start - 1 + lead]
            first, last = start + lead, start + len(concealed)
            if first < last:
                shown += "•" * (last - first) if last <= caret else "•" * max(caret - first, 0) + MASK
            at = end
        return shown + text[at - 1 :]


def _commented(text: str) -> tuple[Stretch, ...]:
    """A comment in a line that says `secrets` may be what once was none."""
    comment = _COMMENT.search(text)
    return ((comment.start() + 1, END_OF_LINE),) if comment and "secret" in text.casefold() else ()
