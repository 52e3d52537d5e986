from __future__ import annotations

import pytest

from envsync.drift.decision import (
    CAME_BACK,
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
from envsync.drift.marker import DUPLICATE, NOTHING, Marker, marked
from envsync.model import LiveIssue, RepositoryName

KEY, DRIFT, OLD, TOLD = "a" * 64, "d" * 64, "e" * 64, "7" * 64
FINDINGS = [Drifted(DRIFT), Gone(), Unclear()]


def wanted(finding: Finding) -> Wanted:
    return Wanted(RepositoryName("acme", "payments"), KEY, finding, "new title", "new body")


def issue(number: int, drift: str, *, is_open: bool = True, key: str = KEY, told: str | None = TOLD) -> LiveIssue:
    return LiveIssue(number, is_open, "old title", marked(Marker(key, drift, told), "old body"))


def body(drift: str, told: str | None = TOLD) -> str:
    return marked(Marker(KEY, drift, told), "new body")


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
    assert decide(found, wanted(finding)) == (action, ())


@pytest.mark.parametrize("finding", FINDINGS)
def test_the_lowest_open_one_stays(finding: Finding) -> None:
    found = [issue(8, DRIFT), issue(2, DRIFT, is_open=False), issue(5, DRIFT), issue(6, OLD, told=None)]

    main, duplicates = decide(found, wanted(finding))

    assert not isinstance(main, Open)
    assert main.number == 5
    assert duplicates == (
        CloseDuplicate(6, "old title", marked(Marker(KEY, DUPLICATE, None), "Duplicate of #5.\n"), 5),
        CloseDuplicate(8, "old title", marked(Marker(KEY, DUPLICATE, TOLD), "Duplicate of #5.\n"), 5),
    )


@pytest.mark.parametrize("finding", FINDINGS)
def test_somebody_elses_issues_do_not_count(finding: Finding) -> None:
    others = [
        LiveIssue(1, is_open=True, title="mine", body="I wrote this"),
        LiveIssue(2, is_open=True, title="edited", body=f"Note\n{issue(2, DRIFT).body}"),
        issue(3, DRIFT, key="b" * 64),
        issue(4, NOTHING, key="b" * 64, is_open=False),
    ]

    assert decide(others, wanted(finding)) == decide([], wanted(finding))
    assert decide([*others, issue(9, OLD)], wanted(finding)) == decide([issue(9, OLD)], wanted(finding))
