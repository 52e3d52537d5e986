"""One repository, as soon as it has been read: what of it differs, and what whoever applies should know."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envsync.cli import guard
from envsync.errors import Diagnostic, FailureKind, SecretSourceError
from envsync.model import LiveRepository, Unread
from envsync.plan.changes import Address, Notice, SecretWrite
from envsync.plan.diff import diff_repository
from envsync.plan.drift_check import drift_part
from envsync.plan.expected import expected_notices
from envsync.plan.schedule import schedule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from envsync.cli.bookkeeping import Books
    from envsync.cli.options import Options
    from envsync.config.configuration import Owners
    from envsync.model import DesiredRepository, RepositoryName
    from envsync.plan.changes import Plan
    from envsync.plan.diff import Scope
    from envsync.plan.drift_check import DriftPart
    from envsync.plan.ledger import Ledger
    from envsync.plan.steps import RepositorySteps
    from envsync.secrets.sources import Sources

_REFUSED = {FailureKind.NOT_AUTHENTICATED, FailureKind.NOT_PERMITTED, FailureKind.NOT_FOUND}


@dataclass(frozen=True, slots=True)
class Watch:
    """That it is about drift. `pending`: also what the files say and nobody has applied."""

    pending: bool


@dataclass(frozen=True, slots=True)
class Todo:
    """What applying takes: `plan` is the diff of the others. Kept only where there is anything to write."""

    desired: DesiredRepository
    live: LiveRepository | Unread
    ledger: Ledger
    plan: Plan

    def steps(self) -> tuple[RepositorySteps, ...]:
        return schedule(self.plan, [self.desired], {self.desired.name.key: self.live}, self.ledger)


@dataclass(frozen=True, slots=True)
class Examined:
    """What is kept of a repository once it has been compared."""

    name: RepositoryName
    environments: tuple[str, ...]  # that the files declare
    called: LiveRepository | None  # bare: under which names it is known; None: it could not be read
    refused: bool  # it could not be read for lack of permission
    plan: Plan
    drift: DriftPart | None
    guarding: tuple[Diagnostic, ...]  # why it may not be applied with this credential
    todo: Todo | None


@dataclass(frozen=True, slots=True)
class Examiner:
    """`today`: in UTC. `sources`: to be looked for before an apply needs them; None: there is no need to."""

    options: Options
    scope: Scope
    books: Books
    owners: Mapping[str, Owners]
    today: date
    watch: Watch | None
    sources: Sources | None

    def examine(self, desired: DesiredRepository, live: LiveRepository | Unread) -> Examined:
        key = desired.name.key
        ledger = self.books.ledger(
            self.options, [self.scope.narrow(desired)], {key: self.owners[key]}, {key: live}
        )
        found = diff_repository(desired, live, self.scope, ledger)
        plan = replace(found, warnings=(*found.warnings, *self._notices(desired, live, found)))
        drift = None
        if self.watch is not None:
            pending, today = self.watch.pending, self.today
            drift = drift_part(plan, desired, live, ledger, today=today, pending=pending, scope=self.scope)
        return Examined(
            desired.name,
            tuple(each.name for each in desired.environments),
            replace(live, environments={}, others={}, listed={}) if isinstance(live, LiveRepository) else None,
            isinstance(live, Unread) and live.kind in _REFUSED,
            plan,
            drift,
            guard.refusals(desired, live, plan, os.environ),
            Todo(desired, live, ledger, plan) if plan.writes and self.watch is None else None,
        )

    def _notices(self, desired: DesiredRepository, live: LiveRepository | Unread, plan: Plan) -> Iterator[Notice]:
        if self.watch is None:
            yield from guard.notices(desired, live, plan, os.environ)
            yield from expected_notices(plan, [desired], self.today)
        if self.sources is not None and not self.options.no_secrets:
            yield from _missing_sources(desired, plan, self.sources)


def _missing_sources(desired: DesiredRepository, plan: Plan, sources: Sources) -> Iterator[Notice]:
    """What apply would fail at, as far as that is known before it starts."""
    wanted = {Address(str(desired.name), each.name): each.secrets for each in desired.environments}
    for change in plan.changes:
        if isinstance(change, SecretWrite):
            try:
                sources.check(wanted[change.at][change.name])
            except SecretSourceError as error:
                message = f"{change.at.environment}: the secret {change.name} cannot be written: {error}"
                yield Notice(change.at.repository, error.diagnostics[0].code, message)
