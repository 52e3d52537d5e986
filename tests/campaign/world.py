"""A GitHub in a given state, an envsync in this process to bring it there, and what a case came to."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from support.states import APPS, REPOSITORY, REVIEWERS

from campaign.draw import NEVER_TOUCHED, UNDECLARED
from campaign.watch import Watch, bystanders, deployers
from envsync.apply import Interpreter
from envsync.github.connection import Access
from envsync.github.credentials import Credential
from envsync.github.read import read_repository
from envsync.github.reader import open_reader
from envsync.github.write import GitHubTarget
from envsync.github.writer import open_writer
from envsync.model import (
    DesiredEnvironment,
    DesiredRepository,
    DesiredSecret,
    FromEnvironment,
    LiveRepository,
    RepositoryName,
    SecretValue,
    Settings,
    Team,
    User,
)
from envsync.plan.diff import diff
from envsync.plan.result import Outcome
from envsync.plan.schedule import schedule
from envsync.plan.undeclared import is_undeclared
from envsync.sandbox import FULL_TOKEN, Sandbox, State

if TYPE_CHECKING:
    from envsync.plan.changes import Plan

OTHER = RepositoryName("acme", "other")


@dataclass(slots=True)
class Tally:
    """What came of one case."""

    requests: int = 0
    faults: int = 0  # injected, kills and meddling included
    further: int = 0  # applies that it took after the first one
    gaps: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.requests += other.requests
        self.faults += other.faults
        self.further = max(self.further, other.further)
        self.gaps += other.gaps
        self.problems += other.problems

    def expect(self, holds: object, otherwise: str) -> None:
        if not holds:
            self.problems.append(otherwise)


@dataclass(slots=True)
class Clock:
    """The machine's, which a case can put forward instead of waiting."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class OverHttp:
    """Plans and applies in this process, against a sandbox that serves."""

    def __init__(self, sandbox: Sandbox) -> None:
        access = Access(sandbox.url, Credential(SecretValue(FULL_TOKEN.encode()), "the sandbox"))
        self._reader = open_reader(access)
        self._writer = open_writer(access)

    def plan(self, desired: DesiredRepository) -> Plan:
        return diff([desired], {desired.name.key: self._read(desired)})

    def apply(self, desired: DesiredRepository) -> bool:
        """Whether all of it was applied."""
        live = {desired.name.key: self._read(desired)}
        steps = schedule(diff([desired], live), [desired], live)
        interpreter = Interpreter(GitHubTarget(self._writer), lambda secret: SecretValue(secret.name.encode()))
        return all(result.outcome is Outcome.APPLIED for result in list(interpreter.apply(steps)))

    def close(self) -> None:
        self._reader.close()
        self._writer.close()

    def _read(self, desired: DesiredRepository) -> LiveRepository:
        return read_repository(
            self._reader,
            desired.name,
            [each.name for each in desired.environments],
            settings_only=False,
            others=lambda name: desired.prune and is_undeclared(desired, name),
        )


def differences(sandbox: Sandbox, desired: DesiredRepository) -> int:
    """How many changes are left to make, as a plan right now says."""
    github = OverHttp(sandbox)
    try:
        return len(github.plan(desired).changes)
    finally:
        github.close()


def populated(sandbox: Sandbox, before: DesiredRepository) -> None:
    """Brings a sandbox to `before`, with environments, variables and secrets of other people beside it."""
    sandbox.seed(
        users=[each.login for each in REVIEWERS if isinstance(each, User)],
        teams=[(each.organization, each.slug) for each in REVIEWERS if isinstance(each, Team)],
        apps=APPS,
        repositories=[(name.owner, name.name) for name in (REPOSITORY, OTHER)],
    )
    github = OverHttp(sandbox)
    try:
        assert github.apply(DesiredRepository(REPOSITORY, tuple(map(_with_others, before.environments))))
        strangers = (_stranger(NEVER_TOUCHED), _stranger(UNDECLARED))
        for name in (REPOSITORY, OTHER):
            assert github.apply(DesiredRepository(name, strangers))
    finally:
        github.close()


def _with_others(environment: DesiredEnvironment) -> DesiredEnvironment:
    """The same, with a variable and a secret that no file declares."""
    return DesiredEnvironment(
        environment.name,
        environment.settings,
        environment.patterns,
        environment.protection_rules,
        {**environment.variables, "OTHER": "somebody's"},
        {**environment.secrets, "OTHER": DesiredSecret("OTHER", FromEnvironment("SOURCE"))},
    )


def _stranger(name: str) -> DesiredEnvironment:
    secrets = {"OTHER": DesiredSecret("OTHER", FromEnvironment("SOURCE"))}
    return DesiredEnvironment(name, Settings((User("carol"),), 30), variables={"OTHER": "x"}, secrets=secrets)


def state_before(before: DesiredRepository) -> State:
    with Sandbox() as sandbox:
        populated(sandbox, before)
        return deepcopy(sandbox.state)


def install(sandbox: Sandbox, state: State) -> None:
    """Gives a sandbox a copy of a state; it goes on serving the object that it has."""
    for each in fields(State):
        setattr(sandbox.state, each.name, deepcopy(getattr(state, each.name)))


def watch(state: State, live: State, desired: DesiredRepository) -> Watch:
    """Of what `live` comes to, from `state` on."""
    return Watch(deployers(state), lambda: bystanders(live, desired), bystanders(state, desired))
