"""A check a night, with an issue and a webhook: the issue remembers what was told."""

from __future__ import annotations

from support.loopback import Reply, serving
from support.trackers import FakeTracker

from envsync.drift.decision import Wanted
from envsync.drift.finding import Drifted, Finding, Gone, Unclear
from envsync.drift.issues import Done, report
from envsync.drift.marker import key_digest
from envsync.drift.memory import IssueMemory
from envsync.drift.notify import Message, channels, notify
from envsync.model import RepositoryName, SecretValue

HERE = RepositoryName("acme", "payments")
KEY = key_digest(["payments"], [], HERE)
ONE, TWO = Drifted("1" * 64), Drifted("2" * 64)


def test_an_issue_and_a_message_for_each_change_of_drift() -> None:
    tracker = FakeTracker()
    with serving() as hook:
        to = channels([SecretValue(hook.address.replace("http", "json").encode())])

        def night(finding: Finding) -> tuple[Done, int]:
            (told,) = report(tracker, [Wanted(HERE, KEY, finding, "title", "body")], chosen=False).told
            message = Message("title", "body", isinstance(finding, Drifted))
            done = notify(to, IssueMemory(tracker, [told]), {KEY: finding}, lambda _: message)
            assert done.forgotten is None
            return told.done, len(done.deliveries)

        hook.on("POST /", Reply({}))
        assert night(Gone()) == (Done.LEFT, 0)
        assert night(ONE) == (Done.OPENED, 1)
        assert night(ONE) == (Done.LEFT, 0)
        assert night(TWO) == (Done.EDITED, 1)
        assert night(Unclear()) == (Done.LEFT, 0)
        assert night(Gone()) == (Done.CLOSED, 1)
        assert night(Gone()) == (Done.LEFT, 0)
        hook.on("POST /", Reply({}, 503), Reply({}))
        assert night(TWO) == (Done.REOPENED, 1)
        assert night(TWO) == (Done.LEFT, 1)  # it had not gone out
        assert night(TWO) == (Done.LEFT, 0)

    assert len(hook.seen) == 5
    assert tracker.opened(HERE) == [1]
