"""What is to be done with the issues that are there, so that one tells of the drift and no second one does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from envsync.drift.finding import Drifted, Gone, Unclear
from envsync.drift.marker import DUPLICATE, NOTHING, UNPROVEN, Marker, marked, read_marker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.drift.finding import Finding
    from envsync.drift.marker import Proving
    from envsync.model import LiveIssue, RepositoryName

GONE = (
    "Nothing that counts differs any more. What is expected for a while, or was not compared, stands above "
    "if there is any."
)
CAME_BACK = "There is drift again: what differs now stands above."
CLOSED_BY_HAND = (
    "This was closed, and the drift is still there. The place to keep it quiet for a while is `expected` in the "
    "environments file, with a reason and a last day."
)
CHANGED = "This was closed, and there is drift. It was not as envsync had left it; what differs now stands above."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one issue shall say. `title` and `body` (without a marker) fit the finding, `Gone` too."""

    repository: RepositoryName  # where the issue is kept
    key: str  # of `key_digest`
    finding: Finding
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Open:
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Edit:
    """In place, with no comment: nobody is told twice of what is still there."""

    number: int
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Reopen:
    number: int
    title: str
    body: str
    comment: str


@dataclass(frozen=True, slots=True)
class Close:
    number: int
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class CloseDuplicate:
    """Its marker says what it is, so that it is never the one that is reopened.

    It has one all the same: a run that saw it as it was may reopen it, and the next run must find it.
    """

    number: int
    title: str
    body: str
    stays: int


@dataclass(frozen=True, slots=True)
class Leave:
    number: int | None  # None: there is no issue, and none is needed


Action = Open | Edit | Reopen | Close | CloseDuplicate | Leave
Main = Open | Edit | Reopen | Close | Leave


def decide(
    found: Sequence[LiveIssue], wanted: Wanted, proving: Proving
) -> tuple[Main, tuple[CloseDuplicate, ...]]:
    """The lowest open one is kept; else the highest closed one comes back; else there is a new one.

    Every run decides by number, so that all that see the same issues keep the same one. One whose marker is not
    proven counts, or there would be two; but as one that tells of another drift, and that nobody was told of.
    """
    ours = [
        (issue, marker)
        for issue in sorted(found, key=lambda issue: issue.number)
        if (marker := read_marker(issue, proving)) and marker.key == wanted.key
    ]
    opened = [each for each in ours if each[0].is_open]
    if not opened:
        closed = [each for each in ours if each[1].drift != DUPLICATE]
        return _closed(*closed[-1], wanted, proving) if closed else _absent(wanted, proving), ()
    (kept, marker), *others = opened
    main = _opened(kept, marker, wanted, proving)
    return main, tuple(_duplicate(*other, kept.number, proving) for other in others)


def _opened(issue: LiveIssue, marker: Marker, wanted: Wanted, proving: Proving) -> Edit | Close | Leave:
    match wanted.finding:
        case Drifted(digest) if marker.drift != digest:
            return Edit(issue.number, wanted.title, _body(marker, digest, wanted, proving))
        case Drifted() | Unclear():
            return Leave(issue.number)
        case Gone():
            return Close(issue.number, wanted.title, _body(marker, NOTHING, wanted, proving))
        case _:
            assert_never(wanted.finding)


def _closed(issue: LiveIssue, marker: Marker, wanted: Wanted, proving: Proving) -> Reopen | Edit | Leave:
    match wanted.finding:
        case Drifted(digest):
            body = _body(marker, digest, wanted, proving)
            return Reopen(issue.number, wanted.title, body, _why_again(marker))
        case Gone() if marker.drift != NOTHING:  # closed by hand: else it would be said of the next drift, too
            return Edit(issue.number, wanted.title, _body(marker, NOTHING, wanted, proving))
        case Gone() | Unclear():
            return Leave(issue.number)
        case _:
            assert_never(wanted.finding)


def _absent(wanted: Wanted, proving: Proving) -> Open | Leave:
    match wanted.finding:
        case Drifted(digest):
            marker = Marker(wanted.key, digest, None)
            return Open(wanted.title, marked(marker, wanted.title, wanted.body, proving))
        case Gone() | Unclear():
            return Leave(None)
        case _:
            assert_never(wanted.finding)


def _why_again(marker: Marker) -> str:
    return {NOTHING: CAME_BACK, UNPROVEN: CHANGED}.get(marker.drift, CLOSED_BY_HAND)


def _duplicate(issue: LiveIssue, marker: Marker, stays: int, proving: Proving) -> CloseDuplicate:
    body = marked(replace(marker, drift=DUPLICATE), issue.title, f"Duplicate of #{stays}.\n", proving)
    return CloseDuplicate(issue.number, issue.title, body, stays)


def _body(marker: Marker, drift: str, wanted: Wanted, proving: Proving) -> str:
    return marked(replace(marker, drift=drift), wanted.title, wanted.body, proving)
