"""`--report issue`: one issue for each drift, opened, kept up to date, and closed when the drift is gone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from envsync.drift.decision import GONE, Close, CloseDuplicate, Edit, Leave, Open, Reopen, decide
from envsync.drift.marker import read_marker
from envsync.errors import Diagnostic, EnvsyncError, Interrupted
from envsync.model import LiveIssue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.drift.decision import Main, Wanted
    from envsync.drift.marker import Proving
    from envsync.drift.tracker import Tracker
    from envsync.model import RepositoryName

LABEL = "envsync-drift"  # an issue without it is not looked at


class Done(StrEnum):
    OPENED = "opened"
    EDITED = "edited"
    REOPENED = "reopened"
    CLOSED = "closed"
    LEFT = "left"  # it says what is so already, or nobody knows better


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one wanted issue. `number` None: there is none, and none is needed."""

    repository: RepositoryName
    key: str
    done: Done
    number: int | None
    notified: str | None  # the drift that notifications last told of, as the issue's marker proves
    duplicates: tuple[int, ...] = ()  # closed beside it


@dataclass(frozen=True, slots=True)
class NotTold:
    repository: RepositoryName
    key: str
    error: EnvsyncError


@dataclass(frozen=True, slots=True)
class Reported:
    told: tuple[Told, ...] = ()
    failed: tuple[NotTold, ...] = ()


def report(tracker: Tracker, wanted: Sequence[Wanted], proving: Proving, *, chosen: bool) -> Reported:
    """A failure at one repository stops no other.

    `chosen`: the user named the repository (`--report-to`). If not, an `EnvsyncError` refuses all before anything
    is written where one of them is public: an issue tells everybody what does not guard a deployment.
    """
    unknown = {} if chosen else _look_who_reads(tracker, wanted)
    told: list[Told] = []
    failed: list[NotTold] = []
    for each in wanted:
        try:
            if error := unknown.get(each.repository.key):
                raise error
            told.append(_tell(tracker, each, proving))
        except Interrupted:
            raise
        except EnvsyncError as error:
            failed.append(NotTold(each.repository, each.key, error))
    return Reported(tuple(told), tuple(failed))


def _look_who_reads(tracker: Tracker, wanted: Sequence[Wanted]) -> dict[str, EnvsyncError]:
    """Those of which nobody knows. Raises where one is public."""
    public: list[RepositoryName] = []
    unknown: dict[str, EnvsyncError] = {}
    for repository in {each.repository.key: each.repository for each in wanted}.values():
        try:
            if tracker.is_public(repository):
                public.append(repository)
        except Interrupted:
            raise
        except EnvsyncError as error:
            unknown[repository.key] = error
    if public:
        hint = "name a private repository that keeps the issue for all: --report-to OWNER/REPO"
        raise EnvsyncError(
            *(
                Diagnostic("report-is-public", f"{each} is public, and so would be an issue there", hint)
                for each in public
            )
        )
    return unknown


def _tell(tracker: Tracker, wanted: Wanted, proving: Proving) -> Told:
    """One open issue at most, also when two runs overlap.

    GitHub has no conditional create. So whoever opened or reopened one looks again, and all that look close all
    but the lowest number. A list that is older than the other run's write hides it for a moment: then two stay
    open, and the next run closes one. Where two runs see the duplicate at once, it has two comments.
    """
    found = tracker.issues(wanted.repository, LABEL)
    main, duplicates = decide(found, wanted, proving)
    issue, done = _do(tracker, wanted.repository, main, found)
    _close_duplicates(tracker, wanted.repository, duplicates)
    closed = [each.number for each in duplicates]
    if isinstance(main, Open | Reopen) and issue:
        again = tracker.issues(wanted.repository, LABEL)
        if all(each.number != issue.number for each in again):
            again = [*again, issue]
        main, duplicates = decide(again, wanted, proving)
        # Nothing is opened twice in one run: where somebody has just closed it, the next run sees to that.
        if isinstance(main, Edit | Leave) and main.number != issue.number:
            issue, done = _do(tracker, wanted.repository, main, again)
        _close_duplicates(tracker, wanted.repository, duplicates)
        closed += [each.number for each in duplicates]
    marker = read_marker(issue, proving) if issue else None
    return Told(
        wanted.repository,
        wanted.key,
        done,
        issue.number if issue else None,
        marker.told if marker else None,
        tuple(closed),
    )


def _do(
    tracker: Tracker, repository: RepositoryName, action: Main, found: Sequence[LiveIssue]
) -> tuple[LiveIssue | None, Done]:
    """The issue as it is then; None: there is none."""
    match action:
        case Open(title, body):
            return tracker.open(repository, title, body, LABEL), Done.OPENED
        case Edit(number, title, body):
            tracker.edit(repository, number, title, body)
            return LiveIssue(number, is_open=True, title=title, body=body), Done.EDITED
        case Reopen(number, title, body, comment):
            # What it says comes last: where that is not reached, the next run finds that it has to tell.
            tracker.comment(repository, number, comment)
            tracker.reopen(repository, number)
            tracker.edit(repository, number, title, body)
            return LiveIssue(number, is_open=True, title=title, body=body), Done.REOPENED
        case Close(number, title, body):
            # Closed last: what a crash leaves open is closed by the next run.
            tracker.edit(repository, number, title, body)
            tracker.comment(repository, number, GONE)
            tracker.close(repository, number, "completed")
            return LiveIssue(number, is_open=False, title=title, body=body), Done.CLOSED
        case Leave(number):
            return next((each for each in found if each.number == number), None), Done.LEFT
        case _:
            assert_never(action)


def _close_duplicates(tracker: Tracker, repository: RepositoryName, duplicates: Sequence[CloseDuplicate]) -> None:
    for each in duplicates:
        tracker.edit(repository, each.number, each.title, each.body)
        tracker.comment(
            repository, each.number, f"Duplicate of #{each.stays}"
        )  # GitHub links the two by these words
        tracker.close(repository, each.number, "not_planned")
