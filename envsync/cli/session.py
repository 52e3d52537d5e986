"""One run against GitHub or the sandbox: from files and a credential to what differs, and what is to be done."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli.access import reached, sandbox_access
from envsync.cli.bookkeeping import Books
from envsync.cli.embedded import SANDBOX_NOTICE, populate, sandbox_folder, standing_in
from envsync.cli.examining import Examiner
from envsync.cli.output import complain, get_ready_to_show, note, progress
from envsync.cli.selecting import expanded, hold_apart, selected
from envsync.cli.stop import Stop
from envsync.cli.surveying import Surveyor
from envsync.cli.waiting import announce
from envsync.config import load
from envsync.errors import ConfigError, Diagnostic
from envsync.github.crew import Crew
from envsync.github.expand import Owners
from envsync.github.server import DEFAULT_API_URL
from envsync.plan.diff import Scope, joined
from envsync.plan.drift_check import joined_drift
from envsync.plan.shard import shard_notice
from envsync.plan.work import Work, reading
from envsync.secrets.record_keys import KEY, RecordKeys
from envsync.secrets.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envsync.cli.examining import Examined, Todo, Watch
    from envsync.cli.options import Options
    from envsync.config import Configuration
    from envsync.config.configuration import Resolved
    from envsync.github.connection import Access
    from envsync.model import DesiredRepository, RepositoryName
    from envsync.plan.changes import Notice, Plan
    from envsync.plan.drift import Drift

_PARTS = 4  # of an environment, which are asked for at once


@dataclass(frozen=True, slots=True)
class Session:
    """Everything that is known once GitHub has been read."""

    access: Access
    crew: Crew
    names: tuple[RepositoryName, ...]  # of the repositories that it is about
    present: Mapping[str, RepositoryName]  # by `RepositoryName.key`: what those that could be read are called now
    environments: frozenset[str]  # that the files declare in one of them
    plan: Plan
    drift: Drift | None  # None: nobody asked
    todo: tuple[Todo, ...]
    guarding: tuple[Diagnostic, ...]  # why it may not be applied with this credential
    nothing_read: bool  # for lack of permission
    books: Books
    owners: Mapping[str, tuple[str, ...]]  # by `RepositoryName.key`: the names of the files that declare it

    @property
    def compared(self) -> tuple[str, ...]:
        return tuple(map(str, self.names))


@contextmanager
def opened(
    options: Options, *, applies: bool = False, watch: Watch | None = None, stop: Stop | None = None
) -> Iterator[Session]:
    """Read the files, then GitHub, and compare. The sandbox, if it is one, is up while the context is.

    `watch`: what drift asks for; what protects the environments that no file declares is read too.
    """
    if options.sandbox and options.api_url is not None:
        raise ConfigError(
            Diagnostic("two-servers", "--sandbox and --api-url name two servers", "leave one of them out")
        )
    stop = stop or Stop(options)
    configuration = load([Path(file) for file in options.files])
    complain(configuration.warnings, options.color)
    sources = Sources(os.environ, allow_commands=options.allow_commands)
    keys = RecordKeys.from_environ(os.environ)
    if options.sandbox:
        from envsync.sandbox import RECORD_KEY, Sandbox
        from envsync.sandbox import Options as Manner

        keys = keys or RecordKeys.from_environ({KEY: RECORD_KEY})
        with Sandbox(sandbox_folder(), options=Manner(rate_limit=None)) as sandbox:
            populate(sandbox, configuration)
            access = sandbox_access(options, sandbox.url, stop)
            # Its port is another one each time; what it keeps stays the same.
            books = Books("sandbox", keys, standing_in(options, sources.read))
            with _crew(access, stop) as crew:
                run = _Run(options, access, crew, books, watch, None, (SANDBOX_NOTICE,))
                yield run.read(configuration)
    else:
        # A plan is often made where commands may not run.
        checked = sources if applies else replace(sources, allow_commands=True)
        with reached(options, stop) as access, _crew(access, stop) as crew:
            if access.api_url != DEFAULT_API_URL:
                note(options, f"comparing with {access.api_url}, with the token from {access.credential.source}")
            books = Books(access.api_url, keys, sources.read)
            yield _Run(options, access, crew, books, watch, checked).read(configuration)


@contextmanager
def _crew(access: Access, stop: Stop) -> Iterator[Crew]:
    crew = Crew(access)
    try:
        yield crew
    except BaseException:
        crew.stop()
        stop.event.set()  # and whoever waits, waits no more
        raise
    finally:
        crew.close()


@dataclass(frozen=True, slots=True)
class _Run:
    """`general`: what is to be known whatever is found."""

    options: Options
    access: Access
    crew: Crew
    books: Books
    watch: Watch | None
    sources: Sources | None
    general: tuple[Notice, ...] = ()

    def read(self, configuration: Configuration) -> Session:
        """One repository after the other comes in, is compared, and is let go of where nothing is to be done."""
        get_ready_to_show(self.options)
        with progress(self.options) as say:
            say("finding the repositories")
            owners = Owners(self.crew.reader)
            if configuration.patterns:  # the list of repositories takes a round trip, or two
                self.crew.get_ready(_PARTS * max(len(file.environments) for file in configuration.declarations))
            resolved = configuration.resolve(expanded(configuration, owners))
            shard, wanted = self.options.shard, selected(self.options, resolved.desired)
            desired = wanted if shard is None else tuple(each for each in wanted if shard.holds(each.name))
            numbers = owners.numbers
            scope = Scope(self.options.environments, self.options.settings_only, looks_on=self.watch is not None)
            examiner = Examiner(
                self.options,
                scope,
                self.books,
                resolved.owners,
                datetime.now(UTC).date(),
                self.watch,
                self.sources,
            )
            examined: dict[str, Examined] = {}
            coming = self.crew.flow(desired, self._surveyor(scope, numbers).read)
            work = self._work(desired, scope, numbers)
            self.crew.get_ready(work.reads)
            for repository, live in coming:
                if not examined:  # by now GitHub has told its limits
                    self._announce(len(desired), work)
                examined[str(repository.name)] = examiner.examine(repository, live)
                say(f"read {len(examined)} of {len(desired)}: {repository.name}")
        told = () if shard is None else (shard_notice(shard, len(desired), len(wanted)),)
        return self._session(resolved, [examined[str(each.name)] for each in desired], (*self.general, *told))

    def _work(self, desired: Sequence[DesiredRepository], scope: Scope, numbers: Mapping[str, int]) -> Work:
        records = self._keeps_records
        return sum(
            (
                reading(each, scope, keeps_records=records, identify=records and each.name.key not in numbers)
                for each in desired
            ),
            Work(),
        )

    def _announce(self, repositories: int, work: Work) -> None:
        count = f"{repositories:,} {'repository' if repositories == 1 else 'repositories'}"
        left = Work(reads=max(0, work.reads - self.access.limiter.sent))
        less = "" if self.access.cache is None else ", less where an answer of a run before still holds"
        announce(self.options, f"reading {count}", work, self.access.limiter.forecast(left), unless=less)

    @property
    def _keeps_records(self) -> bool:
        return self.books.keys is not None and not self.options.settings_only

    def _surveyor(self, scope: Scope, numbers: Mapping[str, int]) -> Surveyor:
        records, watches = self._keeps_records, self.watch is not None
        return Surveyor(self.crew.reader, scope, numbers, keeps_records=records, watches=watches)

    def _session(self, resolved: Resolved, examined: Sequence[Examined], general: Sequence[Notice]) -> Session:
        called = [each.called for each in examined if each.called is not None]
        hold_apart(called, (each.name for each in resolved.desired))
        plan = joined({str(each.name): each.plan for each in examined})
        drifts = {str(each.name): each.drift for each in examined if each.drift is not None}
        expected = {str(each.name): each.expected for each in resolved.desired}
        return Session(
            self.access,
            self.crew,
            names=tuple(each.name for each in examined),
            present={each.name.key: each.called.name for each in examined if each.called is not None},
            environments=frozenset(name for each in examined for name in each.environments),
            plan=replace(plan, warnings=(*general, *plan.warnings)),
            drift=None
            if self.watch is None
            else joined_drift(drifts, expected, general, pending=self.watch.pending),
            todo=tuple(each.todo for each in examined if each.todo is not None),
            guarding=tuple(reason for each in examined for reason in each.guarding),
            nothing_read=all(each.refused for each in examined),
            books=self.books,
            owners={key: each.repository for key, each in resolved.owners.items()},
        )
