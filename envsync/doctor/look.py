"""One thing that is looked at, and what can come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.errors import Severity
from envsync.plan.checkup import Check, Status, Topic

if TYPE_CHECKING:
    from envsync.errors import Diagnostic

_STATUS = {Severity.ERROR: Status.FAIL, Severity.WARNING: Status.WARN, Severity.NOTE: Status.NOTE}


@dataclass(frozen=True, slots=True)
class Look:
    """`code` is a stable slug; `repository` None: it is about all of them, or about none."""

    topic: Topic
    code: str
    repository: str | None = None

    def passes(self, said: str) -> Check:
        return Check(self.topic, self.code, Status.PASS, self.repository, said)

    def notes(self, said: str, next_step: str | None = None, link: str | None = None) -> Check:
        """Nothing is wrong: what could not be known, or is not done yet."""
        return Check(self.topic, self.code, Status.NOTE, self.repository, said, next_step, link)

    def warns(self, said: str, next_step: str, link: str | None = None) -> Check:
        return Check(self.topic, self.code, Status.WARN, self.repository, said, next_step, link)

    def fails(self, said: str, next_step: str, link: str | None = None) -> Check:
        return Check(self.topic, self.code, Status.FAIL, self.repository, said, next_step, link)

    def hampers(self, said: str, next_step: str, link: str | None = None, *, gravely: bool) -> Check:
        """`gravely`: what the command is for cannot work so."""
        return (self.fails if gravely else self.warns)(said, next_step, link)

    def repeats(self, diagnostic: Diagnostic, otherwise: str, link: str | None = None) -> Check:
        """What somebody else found, as gravely as they did; `otherwise`: the next step where they know of none."""
        status = _STATUS[diagnostic.severity]
        said = diagnostic.message if diagnostic.span is None else f"{diagnostic.span}: {diagnostic.message}"
        step = diagnostic.hint if status is Status.NOTE else diagnostic.hint or otherwise
        return Check(self.topic, self.code, status, self.repository, said, step, link)


def counted(number: int, thing: str) -> str:
    """`1 environment`, `2 repositories`, `3 days`."""
    if number == 1:
        return f"1 {thing}"
    plural = f"{thing.removesuffix('y')}ies" if thing.endswith("ry") else f"{thing}s"
    return f"{number} {plural}"
