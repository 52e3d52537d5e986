"""A check a night, with an issue and a webhook: the issue remembers what was told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from support.loopback import Loopback, Reply, serving
from support.trackers import FakeTracker, keyed, signed

from envsync.drift.decision import Wanted
from envsync.drift.finding import Drifted, Finding, Gone, Unclear
from envsync.drift.issues import Done, report
from envsync.drift.marker import Checksum, Marker, key_digest
from envsync.drift.memory import IssueMemory
from envsync.drift.notify import Message, channels, notify
from envsync.errors import Diagnostic, EnvsyncError
from envsync.model import RepositoryName, SecretValue

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = RepositoryName("acme", "payments")
KEY = key_digest(["payments"], [], HERE)
PROVING = keyed()
ONE, TWO = Drifted("1" * 64), Drifted("2" * 64)


@dataclass
class Nights:
    """A check each, with the messages that the webhook got."""

    tracker: FakeTracker
    hook: Loopback

    def __call__(self, finding: Finding) -> tuple[Done, int]:
        to = channels([SecretValue(self.hook.address.replace("http", "json").encode())])
        wanted = Wanted(HERE, KEY, finding, "title", "body")
        (told,) = report(self.tracker, [wanted], PROVING, chosen=False).told
        message = Message("title", "body", isinstance(finding, Drifted))
        done = notify(to, IssueMemory(self.tracker, [told], PROVING), {KEY: finding}, lambda _: message)
        assert done.forgotten is None
        return told.done, len(done.deliveries)


@pytest.fixture
def night() -> Iterator[Nights]:
    with serving() as hook:
        hook.on("POST /", Reply({}))
        yield Nights(FakeTracker(), hook)


def test_an_issue_and_a_message_for_each_change_of_drift(night: Nights) -> None:
    assert night(Gone()) == (Done.LEFT, 0)
    assert night(ONE) == (Done.OPENED, 1)
    assert night(ONE) == (Done.LEFT, 0)
    assert night(TWO) == (Done.EDITED, 1)
    assert night(Unclear()) == (Done.LEFT, 0)
    assert night(Gone()) == (Done.CLOSED, 1)
    assert night(Gone()) == (Done.LEFT, 0)
    night.hook.on("POST /", Reply({}, 503), Reply({}))
    assert night(TWO) == (Done.REOPENED, 1)
    assert night(TWO) == (Done.LEFT, 1)  # it had not gone out
    assert night(TWO) == (Done.LEFT, 0)

    assert len(night.hook.seen) == 5
    assert night.tracker.opened(HERE) == [1]


def test_an_issue_that_says_all_are_told_silences_nobody(night: Nights) -> None:
    """A workflow of any branch can open it, before it makes the drift."""
    says = Marker(KEY, ONE.digest, ONE.digest)
    night.tracker.put(HERE, signed(1, says, title="Update dependencies", text="", proving=Checksum()))

    assert night(ONE) == (Done.EDITED, 1)
    assert night(ONE) == (Done.LEFT, 0)
    assert night.tracker.now(HERE)[1].title == "title"


def test_a_marker_in_which_somebody_put_that_all_are_told_silences_nobody(night: Nights) -> None:
    assert night(ONE) == (Done.OPENED, 1)
    issue = night.tracker.now(HERE)[1]
    night.tracker.put(HERE, replace(issue, body=issue.body.replace(ONE.digest, TWO.digest)))

    assert night(TWO) == (Done.EDITED, 1)


@pytest.mark.parametrize("back", [ONE, TWO])
def test_drift_that_comes_back_is_told_and_what_was_closed_by_hand_is_not(night: Nights, back: Drifted) -> None:
    assert [night(finding) for finding in (ONE, Gone())] == [(Done.OPENED, 1), (Done.CLOSED, 1)]
    assert night(back) == (Done.REOPENED, 1)

    night.tracker.close(HERE, 1, "completed")
    assert night(back) == (Done.REOPENED, 0)


@pytest.mark.parametrize("call", ["comment", "reopen", "edit"])
def test_what_fails_while_it_comes_back_is_told_by_the_next_check(night: Nights, call: str) -> None:
    assert [night(finding) for finding in (ONE, Gone())] == [(Done.OPENED, 1), (Done.CLOSED, 1)]
    night.tracker.failing = {(call, HERE.key): EnvsyncError(Diagnostic("unavailable", "no answer"))}
    assert report(night.tracker, [Wanted(HERE, KEY, ONE, "title", "body")], PROVING, chosen=False).failed

    night.tracker.failing = {}
    assert night(ONE)[1] == 1
    assert night(ONE) == (Done.LEFT, 0)
