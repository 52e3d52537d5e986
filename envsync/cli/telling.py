"""Who is told of drift: an issue that is kept, and notifications where something is news."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli.output import complain, note
from envsync.cli.reporting import LONGEST_TEXT, reporting_access
from envsync.drift.decision import Wanted
from envsync.drift.issues import Done, report
from envsync.drift.marker import MARKER_LENGTH
from envsync.drift.memory import FileMemory, IssueMemory
from envsync.drift.notify import Message, NotSent, notify
from envsync.errors import Diagnostic, EnvsyncError, Interrupted, Severity
from envsync.github.issues import GitHubTracker
from envsync.github.links import issue_link
from envsync.github.writer import open_reporter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envsync.cli.options import Options
    from envsync.drift.finding import Finding
    from envsync.drift.issues import Reported
    from envsync.drift.marker import Proving
    from envsync.drift.memory import Memory
    from envsync.drift.notify import Channel
    from envsync.github.connection import Access
    from envsync.model import RepositoryName
    from envsync.plan.drift import Drift

MEMORY = Path(".envsync/reported.json")
WHOLE_AT = "the output of `envsync drift`"


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
    about: tuple[str, ...]  # repositories
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
    """What telling needs besides what there is to tell. `access` is how GitHub was read, or who writes the report.

    It is asked for only where there is a report: notifications take no credential of GitHub's.
    """

    options: Options
    access: Callable[[], Access]
    to: Sequence[Channel]
    proving: Proving  # that an issue says what envsync wrote

    def tell(self, telling: Telling, topics: Sequence[Topic], found: Drift) -> Came:
        """`found` is what all the topics come from."""
        if not telling.report:
            return Came(notified=self._notify(topics, found, self._file_memory(), {}))
        try:
            access = reporting_access(self.options, self.access())
            with closing(open_reporter(access)) as writer:
                return self._report(GitHubTracker(writer), access.api_url, telling, topics, found)
        except Interrupted:
            raise
        except EnvsyncError as refused:
            complain(refused.diagnostics, self.options.color)
            return Came(reported=False, notified=self._notify(topics, found, self._file_memory(), {}))

    def _report(
        self, tracker: GitHubTracker, api_url: str, telling: Telling, topics: Sequence[Topic], found: Drift
    ) -> Came:
        if telling.report_to is not None and tracker.is_public(telling.report_to):
            complain((_public(telling.report_to),), self.options.color)
        reported = report(tracker, _wanted(topics), self.proving, chosen=telling.report_to is not None)
        numbers = {each.key: each.number for each in reported.told}
        links = {
            topic.key: issue_link(api_url, topic.home, number)
            for topic in topics
            if topic.home is not None and (number := numbers.get(topic.key)) is not None
        }
        self._say(reported, links)
        told = [topic for topic in topics if topic.key in numbers]
        notified = self._notify(told, found, IssueMemory(tracker, reported.told, self.proving), links)
        # Whoever is to be told is told, also where no issue remembers it.
        left = [topic for topic in topics if topic.key not in numbers]
        also_notified = self._notify(left, found, self._file_memory(), {})
        return Came(not reported.failed, notified and also_notified)

    def _file_memory(self) -> FileMemory:
        return FileMemory(MEMORY, lambda damage: complain((damage,), self.options.color))

    def _say(self, reported: Reported, links: dict[str, str]) -> None:
        for told in reported.told:
            if told.number is not None:
                done = "is up to date" if told.done is Done.LEFT else f"was {told.done}"
                note(self.options, f"report: issue {told.number} of {told.repository} {done}: {links[told.key]}")
        for failed in reported.failed:
            complain(failed.error.diagnostics, self.options.color)

    def _notify(self, topics: Sequence[Topic], found: Drift, memory: Memory, links: dict[str, str]) -> bool:
        def message(keys: Sequence[str]) -> Message:
            return _message([topic for topic in topics if topic.key in keys], found, links)

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


def _public(repository: RepositoryName) -> Diagnostic:
    message = f"{repository} is public: everybody reads in the issue who can get through"
    hint = "name a private repository in --report-to, unless that is what you want"
    return Diagnostic("report-is-public", message, hint, severity=Severity.WARNING)


def _wanted(topics: Sequence[Topic]) -> list[Wanted]:
    return [
        Wanted(topic.home, topic.key, topic.finding, topic.title, topic.body)
        for topic in topics
        if topic.home is not None
    ]


def _message(news: Sequence[Topic], found: Drift, links: dict[str, str]) -> Message:
    """One for all that is news: hundreds of repositories may be."""
    from envsync.render.notification import notification

    about = [name for topic in news for name in topic.about]
    drift = news[0].drift if len(news) == 1 else found.only(*about)
    title, body = notification(drift, [links[topic.key] for topic in news if topic.key in links], about)
    return Message(title, body, drift.drifted)


def issue_room() -> int:
    """Characters that an issue's text may have, besides its marker."""
    return LONGEST_TEXT - MARKER_LENGTH
