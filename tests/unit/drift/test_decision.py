from __future__ import annotations

from dataclasses import replace

import pytest
from support.trackers import keyed, signed

from envsync.drift.decision import (
    CAME_BACK,
    CHANGED,
    CLOSED_BY_HAND,
    Close,
    CloseDuplicate,
    Edit,
    Leave,
    Main,
    Open,
    Reopen,
    Wanted,
    decide,
)
from envsync.drift.finding import Drifted, Finding, Gone, Unclear
from envsync.drift.marker import DUPLICATE, NOTHING, Checksum, Marker, marked
from envsync.model import LiveIssue, RepositoryName

KEY, DRIFT, OLD, TOLD = "a" * 64, "d" * 64, "e" * 64, "7" * 64
FINDINGS = [Drifted(DRIFT), Gone(), Unclear()]
PROVING = keyed()


def wanted(finding: Finding) -> Wanted:
    return Wanted(RepositoryName("acme", "payments"), KEY, finding, "new title", "new body")


def issue(number: int, drift: str, *, is_open: bool = True, key: str = KEY, told: str | None = TOLD) -> LiveIssue:
    return signed(number, Marker(key, drift, told), is_open=is_open)


def planted(number: int, drift: str = DRIFT, *, is_open: bool = True, told: str | None = DRIFT) -> LiveIssue:
    """By somebody who has no key."""
    return signed(number, Marker(KEY, drift, told), is_open=is_open, proving=Checksum())


def body(drift: str, told: str | None = TOLD) -> str:
    return marked(Marker(KEY, drift, told), "new title", "new body", PROVING)


@pytest.mark.parametrize(
    ("found", "finding", "action"),
    [
        # there is none
        ([], Drifted(DRIFT), Open("new title", body(DRIFT, None))),
        ([], Gone(), Leave(None)),
        ([], Unclear(), Leave(None)),
        # it is open
        ([issue(3, DRIFT)], Drifted(DRIFT), Leave(3)),
        ([issue(3, OLD)], Drifted(DRIFT), Edit(3, "new title", body(DRIFT))),
        ([issue(3, OLD, told=None)], Drifted(DRIFT), Edit(3, "new title", body(DRIFT, None))),
        ([issue(3, NOTHING)], Drifted(DRIFT), Edit(3, "new title", body(DRIFT))),
        ([issue(3, DUPLICATE)], Drifted(DRIFT), Edit(3, "new title", body(DRIFT))),
        ([issue(3, DRIFT)], Gone(), Close(3, "new title", body(NOTHING))),
        (
            [issue(3, NOTHING)],
            Gone(),
            Close(3, "new title", body(NOTHING)),
        ),  # a run was killed before it closed it
        ([issue(3, DRIFT)], Unclear(), Leave(3)),
        # it is closed
        ([issue(3, NOTHING, is_open=False)], Drifted(DRIFT), Reopen(3, "new title", body(DRIFT), CAME_BACK)),
        ([issue(3, DRIFT, is_open=False)], Drifted(DRIFT), Reopen(3, "new title", body(DRIFT), CLOSED_BY_HAND)),
        ([issue(3, OLD, is_open=False)], Drifted(DRIFT), Reopen(3, "new title", body(DRIFT), CLOSED_BY_HAND)),
        ([issue(3, NOTHING, is_open=False)], Gone(), Leave(3)),
        ([issue(3, OLD, is_open=False)], Gone(), Edit(3, "new title", body(NOTHING))),
        ([issue(3, OLD, is_open=False)], Unclear(), Leave(3)),
        # several are closed: the highest; a duplicate never
        (
            [issue(5, NOTHING, is_open=False), issue(3, OLD, is_open=False), issue(7, DUPLICATE, is_open=False)],
            Drifted(DRIFT),
            Reopen(5, "new title", body(DRIFT), CAME_BACK),
        ),
        ([issue(7, DUPLICATE, is_open=False)], Drifted(DRIFT), Open("new title", body(DRIFT, None))),
        # an open one before all that are closed
        (
            [issue(9, NOTHING, is_open=False), issue(4, DRIFT), issue(1, OLD, is_open=False)],
            Drifted(DRIFT),
            Leave(4),
        ),
    ],
)
def test_one_issue(found: list[LiveIssue], finding: Finding, action: Main) -> None:
    assert decide(found, wanted(finding), PROVING) == (action, ())


def duplicate(told: str | None) -> str:
    return marked(Marker(KEY, DUPLICATE, told), "old title", "Duplicate of #5.\n", PROVING)


@pytest.mark.parametrize("finding", FINDINGS)
def test_the_lowest_open_one_stays(finding: Finding) -> None:
    found = [issue(8, DRIFT), issue(2, DRIFT, is_open=False), issue(5, DRIFT), issue(6, OLD, told=None)]

    main, duplicates = decide(found, wanted(finding), PROVING)

    assert not isinstance(main, Open)
    assert main.number == 5
    assert duplicates == (
        CloseDuplicate(6, "old title", duplicate(None), 5),
        CloseDuplicate(8, "old title", duplicate(TOLD), 5),
    )


@pytest.mark.parametrize("finding", FINDINGS)
def test_somebody_elses_issues_do_not_count(finding: Finding) -> None:
    others = [
        LiveIssue(1, is_open=True, title="mine", body="I wrote this"),
        LiveIssue(2, is_open=True, title="quoted", body=f"> {issue(2, DRIFT).body}"),
        issue(3, DRIFT, key="b" * 64),
        issue(4, NOTHING, key="b" * 64, is_open=False),
    ]

    def found(*ours: LiveIssue) -> tuple[Main, tuple[CloseDuplicate, ...]]:
        return decide([*others, *ours], wanted(finding), PROVING)

    assert found() == decide([], wanted(finding), PROVING)
    assert found(issue(9, OLD)) == decide([issue(9, OLD)], wanted(finding), PROVING)


# --- issues that others wrote or changed -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "finding", "action"),
    [
        # it is open: told of as if it were another drift, and restored
        ([planted(3)], Drifted(DRIFT), Edit(3, "new title", body(DRIFT, None))),
        ([planted(3)], Gone(), Close(3, "new title", body(NOTHING, None))),
        ([planted(3)], Unclear(), Leave(3)),  # what to restore nobody knows
        # it is closed
        ([planted(3, is_open=False)], Drifted(DRIFT), Reopen(3, "new title", body(DRIFT, None), CHANGED)),
        ([planted(3, NOTHING, is_open=False)], Drifted(DRIFT), Reopen(3, "new title", body(DRIFT, None), CHANGED)),
        (
            [planted(3, DUPLICATE, is_open=False)],
            Drifted(DRIFT),
            Reopen(3, "new title", body(DRIFT, None), CHANGED),
        ),
        ([planted(3, NOTHING, is_open=False)], Gone(), Edit(3, "new title", body(NOTHING, None))),
        ([planted(3, is_open=False)], Unclear(), Leave(3)),
        # an open one, of envsync's, before one that is closed and planted
        ([issue(3, DRIFT), planted(5, is_open=False)], Drifted(DRIFT), Leave(3)),
    ],
)
def test_nothing_that_is_not_proven_is_believed(found: list[LiveIssue], finding: Finding, action: Main) -> None:
    assert decide(found, wanted(finding), PROVING) == (action, ())


@pytest.mark.parametrize(
    "changed",
    [
        replace(issue(3, DRIFT), title="Update dependencies"),
        replace(issue(3, DRIFT), body=issue(3, DRIFT).body.replace("old body", "all is well")),
        replace(issue(3, DRIFT), body=issue(3, DRIFT).body.replace(TOLD, DRIFT)),
        replace(issue(3, OLD), body=issue(3, OLD).body.replace(OLD, DRIFT)),
        replace(issue(3, DRIFT), body="I am on it\n\n" + issue(3, DRIFT).body),
    ],
    ids=["title", "text", "told", "drift", "a line above"],
)
def test_what_somebody_changed_is_restored_and_told_of(changed: LiveIssue) -> None:
    main, _ = decide([changed], wanted(Drifted(DRIFT)), PROVING)

    assert main == Edit(3, "new title", body(DRIFT, None))


def test_a_planted_one_is_closed_as_a_duplicate_and_keeps_nothing_of_what_it_said() -> None:
    main, duplicates = decide([issue(5, DRIFT), planted(6)], wanted(Drifted(DRIFT)), PROVING)

    assert main == Leave(5)
    assert duplicates == (CloseDuplicate(6, "old title", duplicate(None), 5),)
