"""What was found wrong with one file: each thing at each place once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.documents.codes import Code
from envsync.errors import Diagnostic

if TYPE_CHECKING:
    from envsync.documents.nodes import Scalar
    from envsync.documents.page import Page
    from envsync.errors import Span

MAX_ERRORS = 500  # nobody reads more; a hostile file could have any number


class Findings:
    def __init__(self, page: Page) -> None:
        self._page = page
        self._errors: dict[tuple[str, Span], Diagnostic] = {}
        self._warnings: dict[tuple[str, Span], Diagnostic] = {}
        self.more = False  # there were errors that are not listed

    @property
    def room(self) -> int:
        """How many errors more are taken."""
        return MAX_ERRORS - len(self._errors)

    @property
    def clean(self) -> bool:
        return not self._errors

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        found = (*self._errors.values(), *self._warnings.values())
        if not self.more:
            return found
        message = f"`{self._page.file}` has more errors than the {MAX_ERRORS} listed"
        return (*found, Diagnostic(Code.MORE_ERRORS, message, "mend these first"))

    def error(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        if self.room:
            self._errors.setdefault((code, span), self._page.error(code, message, span, hint))
        else:
            self.more = True

    def warning(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        if len(self._warnings) < MAX_ERRORS:
            self._warnings.setdefault((code, span), self._page.warning(code, message, span, hint))

    def quoted(self, scalar: Scalar) -> str:
        return self._page.quoted(scalar)

    def quoted_text(self, text: str, span: Span) -> str:
        return self._page.quoted_text(text, span)

    def hides(self, span: Span) -> bool:
        return self._page.hides(span)
