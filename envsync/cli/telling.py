"""Who is told of drift: an issue that is kept, and notifications where something is news."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli.output import complain, note
from envsync.cli.reporting import reporting_access
from envsync.drift.decision import Wanted
from envsync.drift.issues import Done, report
from envsync.drift.marker import MARKER_LENGTH
from envsync.drift.memory import FileMemory, IssueMemory
from envsync.drift.notify import Message, NotSent, notify
from envsync.errors import Diagnostic, EnvsyncError, Severity
from envsync.github.issues import GitHubTracker
from envsync.github.links import issue_link
from envsync.github.writer import open_reporter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.cli.options import Options
    from envsync.drift.finding import Finding
    from envsync.drift.issues import Reported
    from envsync.drift.memory import Memory
    from envsync.drift.notify import Channel
    from envsync.github.connection import Access
    from envsync.model import RepositoryName
    from envsync.plan.drift import Drift

LONGEST_ISSUE = 65_536  # characters that GitHub takes of an issue's text
MEMORY = Path(".envsync/reported.json")
WHOLE_AT = "in the output of `envsync drift`"


@dataclass(frozen=True, slots=True)
class Telling:
    """What was asked for. `report_to` None: an issue in each repository, if there is to be a report at all."""

    report: bool = False
    report_to: RepositoryName | None = None
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """What one issue is about, or where there is none, one notification. `home`: where the issue is kept."""

    key: str
    home: RepositoryName | None
    drift: Drift
    finding: Finding
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Came:
    """Whether all went out that was to; said is what did not."""

    reported: bool = True
    notified: bool = True


@dataclass(frozen=True, slots=True)
class Teller:
    """What telling needs besides what there is to tell. `access` is how GitHub was read."""

    options: Options
    access: Access
    to: Sequence[Channel]

    def tell(self, telling: Telling, topics: Sequence[Topic], found: Drift) -> Came:
        """`found` is what all the topics come from."""
        if not telling.report:
            memory = FileMemory(MEMORY, lambda damage: complain((damage,), self.options.color))
            return Came(notified=self._notify(topics, found, memory, {}))
        with closing(open_reporter(reporting_access(self.options, self.access))) as writer:
            tracker = GitHubTracker(writer)
            try:
                reported = report(tracker, _wanted(topics), chosen=telling.report_to is not None)
            except EnvsyncError as refused:
                complain(refused.diagnostics, self.options.color)
                return Came(reported=False)
            self._say(reported)
            numbers = {each.key: each.number for each in reported.told}
            # What could not be reported is told by the next check that can: nothing else would remember it.
            told = [topic for topic in topics if topic.key in numbers]
            links = {
                topic.key: issue_link(self.access.api_url, topic.home, number)
                for topic in told
                if topic.home is not None and (number := numbers[topic.key]) is not None
            }
            notified = self._notify(told, found, IssueMemory(tracker, reported.told), links)
            return Came(not reported.failed, notified)

    def _say(self, reported: Reported) -> None:
        for told in reported.told:
            if told.done is not Done.LEFT:
                note(self.options, f"report: {told.done} issue {told.number} of {told.repository}")
        for failed in reported.failed:
            complain(failed.error.diagnostics, self.options.color)

    def _notify(self, topics: Sequence[Topic], found: Drift, memory: Memory, links: dict[str, str]) -> bool:
        def message(keys: Sequence[str]) -> Message:
            return _message([topic for topic in topics if topic.key in keys], topics, found, links)

        notified = notify(self.to, memory, {topic.key: topic.finding for topic in topics}, message)
        failed = [each for each in notified.deliveries if isinstance(each, NotSent)]
        for each in failed:
            words = f"no notification went to {each.name}: {each.why}"
            hint = "the next check tries again, also at those that took it"
            complain((Diagnostic("not-notified", words, hint),), self.options.color)
        if notified.deliveries and not failed:
            note(self.options, f"notified: {', '.join(each.name for each in notified.deliveries)}")
        if notified.forgotten is not None:
            warnings = (replace(each, severity=Severity.WARNING) for each in notified.forgotten.diagnostics)
            complain(warnings, self.options.color)
        return not failed


def _wanted(topics: Sequence[Topic]) -> list[Wanted]:
    return [
        Wanted(topic.home, topic.key, topic.finding, topic.title, topic.body)
        for topic in topics
        if topic.home is not None
    ]


def _message(news: Sequence[Topic], topics: Sequence[Topic], found: Drift, links: dict[str, str]) -> Message:
    """One for all that is news: hundreds of repositories may be."""
    from envsync.render.notification import notification

    drift = found if len(topics) == 1 else found.only(*(str(topic.home) for topic in news))
    title, body = notification(drift, [links[topic.key] for topic in news if topic.key in links])
    return Message(title, body, drift.drifted)


def issue_room() -> int:
    """Characters that an issue's text may have, besides its marker."""
    return LONGEST_ISSUE - MARKER_LENGTH
