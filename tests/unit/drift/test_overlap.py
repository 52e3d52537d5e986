"""Two checks that run at once report to the same repository, and their calls come in any order."""

from __future__ import annotations

import pytest
from support.trackers import FakeTracker, Replay, Stepwise, every_order, keyed, signed

from envsync.drift.decision import Wanted
from envsync.drift.finding import Drifted, Finding, Gone
from envsync.drift.issues import report
from envsync.drift.marker import NOTHING, Checksum, Marker, Proving, read_marker
from envsync.model import LiveIssue, RepositoryName

HERE = RepositoryName("acme", "payments")
KEY, DRIFT, OTHER = "a" * 64, "d" * 64, "e" * 64
PROVING, NOBODYS = keyed(), Checksum()


def wanted(finding: Finding) -> Wanted:
    return Wanted(HERE, KEY, finding, "title", "body")


def issue(number: int, drift: str, *, is_open: bool, proving: Proving = PROVING) -> LiveIssue:
    marker = Marker(KEY, drift, None)
    return signed(number, marker, is_open=is_open, title="title", text="body", proving=proving)


STARTS = {
    "nothing": [],
    "gone": [issue(1, NOTHING, is_open=False)],
    "closed by hand": [issue(1, DRIFT, is_open=False)],
    "two that were closed": [issue(1, NOTHING, is_open=False), issue(2, DRIFT, is_open=False)],
    "open": [issue(1, DRIFT, is_open=True)],
    "open, of another drift": [issue(1, OTHER, is_open=True)],
    "two open": [issue(1, OTHER, is_open=True), issue(2, DRIFT, is_open=True)],
    "one of two open": [issue(1, DRIFT, is_open=False), issue(2, DRIFT, is_open=True)],
    "planted": [issue(1, DRIFT, is_open=True, proving=NOBODYS)],
    "planted, and closed": [issue(1, NOTHING, is_open=False, proving=NOBODYS)],
    "planted beside it": [issue(1, DRIFT, is_open=True), issue(2, DRIFT, is_open=True, proving=NOBODYS)],
}


def run(finding: Finding) -> Stepwise:
    def go(tracker: Replay) -> None:
        assert not report(tracker, [wanted(finding)], PROVING, chosen=True).failed

    return Stepwise(go)


def tracker(start: str) -> FakeTracker:
    world = FakeTracker()
    world.put(HERE, *STARTS[start])
    return world


def goes_on(world: FakeTracker, finding: Finding) -> None:
    """A further run, alone and with a list that is right."""
    assert not report(world, [wanted(finding)], PROVING, chosen=True).failed


def tells_of(world: FakeTracker, drift: str) -> bool:
    (number,) = world.opened(HERE)
    marker = read_marker(world.now(HERE)[number], PROVING)
    return marker == Marker(KEY, drift, None)


@pytest.mark.parametrize("start", STARTS)
def test_one_issue_is_open_in_the_end(start: str) -> None:
    most = 0

    def check(world: FakeTracker) -> None:
        nonlocal most
        most = max(most, len(world.now(HERE)))
        assert tells_of(world, DRIFT), world.calls

    assert every_order(tracker(start), [run(Drifted(DRIFT)), run(Drifted(DRIFT))], check)
    assert most == 2 or start != "nothing"  # so it is true that both may open one


@pytest.mark.parametrize("start", STARTS)
def test_a_list_that_lags_hides_the_other_one_until_the_next_run(start: str) -> None:
    most = 0

    def check(world: FakeTracker) -> None:
        nonlocal most
        most = max(most, len(world.opened(HERE)))
        goes_on(world, Drifted(DRIFT))
        assert tells_of(world, DRIFT), world.calls

    every_order(tracker(start), [run(Drifted(DRIFT)), run(Drifted(DRIFT))], check, most_lag=2)
    assert most <= 2
    assert most == 2 or start != "nothing"  # so it is true that a list can hide one


@pytest.mark.parametrize("start", STARTS)
def test_wherever_both_runs_are_killed_the_next_one_mends_it(start: str) -> None:
    def check(world: FakeTracker) -> None:
        goes_on(world, Drifted(DRIFT))
        assert tells_of(world, DRIFT), world.calls

    every_order(tracker(start), [run(Drifted(DRIFT)), run(Drifted(DRIFT))], check, between=True)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("second", [Drifted(OTHER), Gone()])
def test_two_that_saw_different_states_leave_one_at_most_and_the_next_says_what_is_so(
    start: str, second: Finding
) -> None:
    def check(world: FakeTracker) -> None:
        assert len(world.opened(HERE)) <= 1, world.calls
        goes_on(world, Drifted(DRIFT))
        assert tells_of(world, DRIFT), world.calls

    every_order(tracker(start), [run(Drifted(DRIFT)), run(second)], check)


@pytest.mark.parametrize("start", STARTS)
def test_wherever_a_run_is_killed_that_closes_the_next_one_closes(start: str) -> None:
    def check(world: FakeTracker) -> None:
        goes_on(world, Gone())
        assert world.opened(HERE) == []
        calls = len(world.calls)
        goes_on(world, Gone())
        assert world.calls[calls:] == ["issues"]

    every_order(tracker(start), [run(Gone()), run(Gone())], check, between=True)
