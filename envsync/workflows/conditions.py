"""What do the conditions of a workflow's jobs say? Each is read once, and only where somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.workflows.expression import (
    STATUS,
    BadExpression,
    Embedded,
    condition,
    references,
    segments,
    status_functions,
)
from envsync.workflows.values import LETTERS, Scope, truths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envsync.documents.nodes import Scalar
    from envsync.workflows.effort import Effort
    from envsync.workflows.tree import Expression
    from envsync.workflows.workflow import Job


class Conditions:
    """What it is asked for raises `Exhausted` when the effort is spent."""

    def __init__(self, jobs: Iterable[Job], effort: Effort) -> None:
        self._texts = {job.id: job.condition.text for job in jobs if job.condition}
        self._effort = effort
        self._read: dict[str, Expression | None] = {}

    def of(self, job: str) -> Expression | None:
        """None: it has none, or what is no expression, with which GitHub takes no workflow."""
        if job not in self._texts:
            return None
        if job not in self._read:
            text = self._texts[job]
            self._effort.spend(1 + len(text) // LETTERS)
            found = condition(text)
            self._read[job] = None if isinstance(found, BadExpression) else found
        return self._read[job]

    def asking(self, job: str) -> Expression | None:
        """None, too, where it does not ask how others went, so that it is `success() && (…)`."""
        text = self._texts.get(job, "").casefold()
        found = self.of(job) if any(each in text for each in STATUS) else None
        return found if found and status_functions(found) else None


def is_never(text: Scalar | None) -> bool:
    """Whether it is false whatever happens, as `if: false` is, with which people switch a job off."""
    found = condition(text.text) if text and "false" in text.text.casefold() else None
    return found is not None and not isinstance(found, BadExpression) and truths(found, Scope({})) == {False}


def shares_input(parsed: Expression, environment: Scalar | None) -> bool:
    """Whether a condition and the name of an environment depend on the same input."""
    if environment is None or "${{" not in environment.text:
        return False
    parts = (each.expression for each in segments(environment.text) if isinstance(each, Embedded))
    named = (name for each in parts if not isinstance(each, BadExpression) for name in inputs_in(each))
    return not set(inputs_in(parsed)).isdisjoint(named)


def inputs_in(expression: Expression) -> Iterator[str]:
    """In lower case, wherever they are taken from."""
    for each in references(expression):
        path = tuple((name or "").casefold() for name in each.path)
        if each.context == "inputs" and path:
            yield path[0]
        elif each.context == "github" and path[:2] == ("event", "inputs") and path[2:]:
            yield path[2]
