from __future__ import annotations

from dataclasses import replace

import pytest
from support.trackers import FakeTracker, keyed, signed

from envsync.drift.decision import CAME_BACK, CHANGED, CLOSED_BY_HAND, GONE, Wanted
from envsync.drift.finding import Drifted, Finding, Gone, Unclear
from envsync.drift.issues import Done, NotTold, Reported, Told, report
from envsync.drift.marker import DUPLICATE, NOTHING, Checksum, Marker, marked, read_marker
from envsync.errors import Diagnostic, EnvsyncError, Interrupted
from envsync.model import LiveIssue, RepositoryName

HERE, THERE, ELSEWHERE = (RepositoryName("acme", name) for name in ("payments", "billing", "site"))
KEY, DRIFT, OLD, TOLD = "a" * 64, "d" * 64, "e" * 64, "7" * 64
PROVING = keyed()


def wanted(finding: Finding, repository: RepositoryName = HERE) -> Wanted:
    return Wanted(repository, KEY, finding, f"{type(finding).__name__} here", "what differs")


def issue(number: int, drift: str, *, is_open: bool = True) -> LiveIssue:
    return signed(number, Marker(KEY, drift, TOLD), is_open=is_open)


def planted(number: int, drift: str, *, is_open: bool = True) -> LiveIssue:
    return signed(number, Marker(KEY, drift, DRIFT), is_open=is_open, proving=Checksum())


def marker(tracker: FakeTracker, number: int) -> Marker | None:
    return read_marker(tracker.now(HERE)[number], PROVING)


def tell(tracker: FakeTracker, finding: Finding) -> Told:
    reported = report(tracker, [wanted(finding)], PROVING, chosen=False)
    assert reported.failed == ()
    (told,) = reported.told
    return told


def failure(code: str = "unavailable") -> EnvsyncError:
    return EnvsyncError(Diagnostic(code, "GitHub does not answer"))


@pytest.fixture
def tracker() -> FakeTracker:
    return FakeTracker()


# --- the life of an issue ----------------------------------------------------------------------------------


def test_drift_opens_one_issue_and_a_second_run_leaves_it_alone(tracker: FakeTracker) -> None:
    assert tell(tracker, Drifted(DRIFT)) == Told(HERE, KEY, Done.OPENED, 1, None)
    assert tracker.now(HERE)[1] == LiveIssue(
        1,
        is_open=True,
        title="Drifted here",
        body=marked(Marker(KEY, DRIFT, None), "Drifted here", "what differs", PROVING),
    )
    tracker.calls.clear()

    assert tell(tracker, Drifted(DRIFT)) == Told(HERE, KEY, Done.LEFT, 1, None)
    assert tracker.calls == ["is_public", "issues"]


def test_another_drift_is_written_over_it_and_nobody_is_told_twice(tracker: FakeTracker) -> None:
    tracker.put(HERE, issue(4, OLD))

    assert tell(tracker, Drifted(DRIFT)) == Told(HERE, KEY, Done.EDITED, 4, TOLD)
    assert tracker.writes == ["edit 4"]
    assert marker(tracker, 4) == Marker(KEY, DRIFT, TOLD)


def test_a_repair_closes_it_with_a_comment(tracker: FakeTracker) -> None:
    tracker.put(HERE, issue(4, DRIFT))

    assert tell(tracker, Gone()) == Told(HERE, KEY, Done.CLOSED, 4, TOLD)
    assert tracker.writes == ["edit 4", "comment 4", "close 4"]
    assert tracker.comments == [(4, GONE)]
    assert tracker.reasons == {4: "completed"}
    assert tracker.now(HERE)[4].title == "Gone here"
    tracker.calls.clear()

    assert tell(tracker, Gone()) == Told(HERE, KEY, Done.LEFT, 4, TOLD)
    assert tracker.writes == []


def test_it_comes_back_in_the_same_issue(tracker: FakeTracker) -> None:
    tracker.put(HERE, issue(4, NOTHING, is_open=False))

    assert tell(tracker, Drifted(DRIFT)) == Told(HERE, KEY, Done.REOPENED, 4, TOLD)
    assert tracker.opened(HERE) == [4]
    assert tracker.comments == [(4, CAME_BACK)]
    assert tracker.writes == ["comment 4", "reopen 4", "edit 4"]


def test_closing_by_hand_does_not_make_drift_go_away(tracker: FakeTracker) -> None:
    tracker.put(HERE, issue(4, DRIFT, is_open=False))

    assert tell(tracker, Drifted(DRIFT)).done is Done.REOPENED
    assert tracker.comments == [(4, CLOSED_BY_HAND)]
    assert "`expected`" in CLOSED_BY_HAND


def test_where_not_all_was_read_an_issue_stays_as_it_is(tracker: FakeTracker) -> None:
    tracker.put(HERE, issue(4, DRIFT))

    assert tell(tracker, Unclear()) == Told(HERE, KEY, Done.LEFT, 4, TOLD)
    assert tracker.writes == []


@pytest.mark.parametrize("finding", [Gone(), Unclear()])
def test_no_drift_needs_no_issue(tracker: FakeTracker, finding: Finding) -> None:
    assert tell(tracker, finding) == Told(HERE, KEY, Done.LEFT, None, None)
    assert tracker.writes == []


# --- issues that others wrote or changed -------------------------------------------------------------------


def test_a_planted_issue_is_made_ones_own_and_nobody_counts_as_told(tracker: FakeTracker) -> None:
    tracker.put(HERE, planted(4, DRIFT))

    assert tell(tracker, Drifted(DRIFT)) == Told(HERE, KEY, Done.EDITED, 4, None)
    assert tracker.opened(HERE) == [4]
    assert tracker.now(HERE)[4].title == "Drifted here"
    assert marker(tracker, 4) == Marker(KEY, DRIFT, None)
    tracker.calls.clear()

    assert tell(tracker, Drifted(DRIFT)) == Told(HERE, KEY, Done.LEFT, 4, None)
    assert tracker.writes == []


def test_where_not_all_was_read_a_planted_issue_is_left_and_not_believed(tracker: FakeTracker) -> None:
    tracker.put(HERE, planted(4, DRIFT))

    assert tell(tracker, Unclear()) == Told(HERE, KEY, Done.LEFT, 4, None)


@pytest.mark.parametrize("drift", [NOTHING, DRIFT, DUPLICATE])
def test_a_planted_issue_that_is_closed_is_reopened_instead_of_a_second_one(
    tracker: FakeTracker, drift: str
) -> None:
    tracker.put(HERE, planted(4, drift, is_open=False))

    assert tell(tracker, Drifted(DRIFT)) == Told(HERE, KEY, Done.REOPENED, 4, None)
    assert tracker.comments == [(4, CHANGED)]
    assert tracker.opened(HERE) == [4]


def test_a_planted_issue_is_closed_when_there_is_no_drift(tracker: FakeTracker) -> None:
    tracker.put(HERE, planted(4, DRIFT))

    assert tell(tracker, Gone()) == Told(HERE, KEY, Done.CLOSED, 4, None)
    assert marker(tracker, 4) == Marker(KEY, NOTHING, None)


def test_a_line_that_somebody_wrote_above_makes_no_second_issue(tracker: FakeTracker) -> None:
    one = issue(4, DRIFT)
    tracker.put(HERE, replace(one, body=f"Carol: I am on it\n\n{one.body}"))

    assert tell(tracker, Drifted(DRIFT)).done is Done.EDITED
    assert tell(tracker, Drifted(DRIFT)).done is Done.LEFT
    assert tell(tracker, Gone()).done is Done.CLOSED
    assert list(tracker.now(HERE)) == [4]


# --- duplicates --------------------------------------------------------------------------------------------


def test_duplicates_are_closed_and_name_the_one_that_stays(tracker: FakeTracker) -> None:
    tracker.put(HERE, issue(4, DRIFT), issue(6, DRIFT))

    assert tell(tracker, Drifted(DRIFT)) == Told(HERE, KEY, Done.LEFT, 4, TOLD, (6,))
    assert tracker.opened(HERE) == [4]
    assert tracker.comments == [(6, "Duplicate of #4")]
    assert tracker.reasons == {6: "not_planned"}
    assert marker(tracker, 6) == Marker(KEY, DUPLICATE, TOLD)


@pytest.mark.parametrize(("drift", "done"), [(DRIFT, Done.LEFT), (OLD, Done.EDITED)])
def test_one_that_a_lagging_list_hid_is_the_one_that_stays(tracker: FakeTracker, drift: str, done: Done) -> None:
    """It turns up in the second look, which each run takes that opened one."""
    tracker.history[HERE.key] = [{}, {4: issue(4, drift)}]
    tracker.lag = 1

    assert tell(tracker, Drifted(DRIFT)) == Told(HERE, KEY, done, 4, TOLD, (5,))
    assert tracker.opened(HERE) == [4]
    assert marker(tracker, 4) == Marker(KEY, DRIFT, TOLD)


def test_one_that_a_lagging_list_hid_is_closed_beside_the_one_that_comes_back(tracker: FakeTracker) -> None:
    closed = issue(4, NOTHING, is_open=False)
    tracker.history[HERE.key] = [{4: closed}, {4: closed, 5: issue(5, DRIFT)}]
    tracker.lag = 1

    assert tell(tracker, Drifted(DRIFT)) == Told(HERE, KEY, Done.REOPENED, 4, TOLD, (5,))
    assert tracker.opened(HERE) == [4]


def test_its_own_issue_counts_where_the_list_does_not_have_it_yet(tracker: FakeTracker) -> None:
    tracker.lag = 1

    assert tell(tracker, Drifted(DRIFT)) == Told(HERE, KEY, Done.OPENED, 1, None)
    assert tracker.opened(HERE) == [1]


def test_one_that_somebody_closed_at_once_is_left_to_the_next_run() -> None:
    class Hasty(FakeTracker):
        def edit(self, repository: RepositoryName, number: int, title: str, body: str) -> None:
            super().edit(repository, number, title, body)
            self.close(repository, number, "completed")

    hasty = Hasty()
    hasty.put(HERE, issue(4, NOTHING, is_open=False))

    assert tell(hasty, Drifted(DRIFT)).done is Done.REOPENED
    assert hasty.opened(HERE) == []
    assert hasty.writes == ["comment 4", "reopen 4", "edit 4", "close 4"]


# --- who may read it ---------------------------------------------------------------------------------------


def test_nothing_is_written_anywhere_where_one_repository_is_public(tracker: FakeTracker) -> None:
    tracker.public = {THERE.key, ELSEWHERE.key}

    with pytest.raises(EnvsyncError, match="acme/billing is public") as caught:
        report(tracker, [wanted(Drifted(DRIFT), each) for each in (HERE, THERE, ELSEWHERE)], PROVING, chosen=False)

    assert [each.code for each in caught.value.diagnostics] == ["report-is-public"] * 2
    assert "--report-to OWNER/REPO" in (caught.value.hint or "")
    assert tracker.calls == ["is_public"] * 3


def test_a_public_repository_that_the_user_chose_is_taken(tracker: FakeTracker) -> None:
    tracker.public = {HERE.key}

    assert report(tracker, [wanted(Drifted(DRIFT))], PROVING, chosen=True).told[0].done is Done.OPENED
    assert "is_public" not in tracker.calls


def test_each_repository_is_asked_about_once(tracker: FakeTracker) -> None:
    other = Wanted(HERE, "b" * 64, Gone(), "", "")

    report(tracker, [wanted(Gone()), other], PROVING, chosen=False)

    assert tracker.calls == ["is_public", "issues", "issues"]


# --- failures ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["comment", "reopen", "edit"])
def test_what_fails_half_way_while_it_comes_back_is_told_by_the_next_run(tracker: FakeTracker, call: str) -> None:
    tracker.put(HERE, issue(4, NOTHING, is_open=False))
    tracker.failing = {(call, HERE.key): failure()}

    assert len(report(tracker, [wanted(Drifted(DRIFT))], PROVING, chosen=False).failed) == 1

    tracker.failing = {}
    assert tell(tracker, Drifted(DRIFT)).done in {Done.REOPENED, Done.EDITED}
    assert tracker.opened(HERE) == [4]
    assert (4, CAME_BACK) in tracker.comments
    assert marker(tracker, 4) == Marker(KEY, DRIFT, TOLD)


@pytest.mark.parametrize("call", ["is_public", "issues", "open"])
def test_a_failure_at_one_repository_stops_no_other(tracker: FakeTracker, call: str) -> None:
    error = failure()
    tracker.failing = {(call, THERE.key): error}
    everywhere = [wanted(Drifted(DRIFT), each) for each in (THERE, HERE, ELSEWHERE)]

    assert report(tracker, everywhere, PROVING, chosen=False) == Reported(
        (Told(HERE, KEY, Done.OPENED, 1, None), Told(ELSEWHERE, KEY, Done.OPENED, 1, None)),
        (NotTold(THERE, KEY, error),),
    )
    assert tracker.opened(THERE) == []


def test_a_repository_that_nobody_could_ask_about_does_not_hide_a_public_one(tracker: FakeTracker) -> None:
    tracker.failing = {("is_public", HERE.key): failure()}
    tracker.public = {THERE.key}

    with pytest.raises(EnvsyncError, match="acme/billing is public"):
        report(tracker, [wanted(Drifted(DRIFT), each) for each in (HERE, THERE)], PROVING, chosen=False)


@pytest.mark.parametrize("call", ["is_public", "issues", "open"])
def test_ctrl_c_stops_all(tracker: FakeTracker, call: str) -> None:
    tracker.failing = {(call, HERE.key): Interrupted()}

    with pytest.raises(Interrupted):
        report(tracker, [wanted(Drifted(DRIFT), each) for each in (HERE, THERE)], PROVING, chosen=False)

    assert tracker.opened(THERE) == []
