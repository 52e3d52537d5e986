"""What is said of steps that were not taken, or not with success."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envsync.errors import FailureKind, RequestFailed
from envsync.plan.result import Because, Outcome, RecordOutcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envsync.errors import Interrupted, SecretSourceError
    from envsync.plan.changes import Release
    from envsync.plan.steps import Book, Step


_IN_DOUBT = "its answer was lost, and it may have been done all the same: run plan"


def fallen(step: Step, left: Sequence[Step], error: RequestFailed | SecretSourceError) -> Iterator[Result]:
    """What `step` was to make has failed, and what else is `left` is skipped."""
    partly = isinstance(error, RequestFailed) and (error.uncertain or error.kind is FailureKind.INCOMPLETE)
    for change in step.stake:
        yield Result(change, Outcome.FAILED, str(error), error.hint, partly=partly)
    for result in skipped(left, Because.UNPROTECTED):
        if result.change not in step.stake:
            yield result


def cut_off(step: Step, left: Sequence[Step], stopped: Interrupted) -> Iterator[Result]:
    """Nothing of what is `left` was done, but perhaps `step`, the first of it."""
    for result in skipped(left, Because.INTERRUPTED):
        in_doubt = stopped.uncertain and result.change in step.makes
        yield replace(result, hint=_IN_DOUBT, partly=True) if in_doubt else result


def is_well(result: Result | RecordOutcome) -> bool:
    return result.outcome is Outcome.APPLIED or result.reason == Because.NO_SECRETS


def released(release: Release, because: Because | None = None) -> Result:
    if because is None:
        return Result(release, Outcome.APPLIED)
    return Result(release, Outcome.SKIPPED, because.value)


def passed_over(book: Book | None, because: Because, hint: str | None = None) -> Iterator[Result | RecordOutcome]:
    if book is not None:
        yield RecordOutcome(book.at, book.next, Outcome.SKIPPED, because.value, hint)
        for release in book.makes:
            yield released(release, because)


def lost(book: Book | None, error: RequestFailed) -> Iterator[Result | RecordOutcome]:
    """The record was not written, and with it what it alone would have made."""
    if book is not None:
        yield RecordOutcome(book.at, book.next, Outcome.FAILED, str(error), error.hint)
        for release in book.makes:
            yield released(release, Because.NO_RECORD)


def skipped(steps: Sequence[Step], because: Because, hint: str | None = None) -> Iterator[Result]:
    for step in steps:
        for change in step.makes:
            yield Result(change, Outcome.SKIPPED, because.value, hint)
