"""Plan -> steps: which request makes which change, and in what order. Pure; `apply` interprets it.

An environment goes down to what old and new both allow, then its secrets and variables change, then it goes up to
the goal: see `meet`. A repository's environments are deleted last. Every change is made by exactly one step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, auto
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol, TypeVar, assert_never

from envsync.model import LiveRepository, Pattern, RefPolicy, Unread, reviewer_key
from envsync.plan.bookkeeping import entry_of
from envsync.plan.changes import (
    EnvironmentCreate,
    EnvironmentDelete,
    PatternCreate,
    PatternDelete,
    PatternRename,
    RecordNext,
    Release,
    RuleCreate,
    RuleDelete,
    SecretCreate,
    SecretDelete,
    SecretUpdate,
    SettingsUpdate,
    VariableCreate,
    VariableDelete,
    VariableUpdate,
)
from envsync.plan.goal import goal, protection_of
from envsync.plan.ledger import NOTHING
from envsync.plan.meet import way
from envsync.plan.steps import (
    AddPattern,
    AddRule,
    AddVariable,
    Book,
    EnvironmentSteps,
    PutSettings,
    RemoveEnvironment,
    RemovePattern,
    RemoveRule,
    RemoveSecret,
    RemoveVariable,
    RenamePattern,
    RepositorySteps,
    SetVariable,
    Step,
    WriteSecret,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from envsync.model import DesiredEnvironment, DesiredRepository, LiveEnvironment, Settings
    from envsync.plan.changes import (
        Address,
        Change,
        PatternChange,
        Plan,
        RecordStatus,
        RuleChange,
        SecretChange,
        VariableChange,
    )
    from envsync.plan.ledger import Ledger
    from envsync.plan.meet import Way
    from envsync.plan.strictness import Protection

    _Content = VariableChange | SecretChange
    _Detail = PatternChange | RuleChange | _Content
    _Kept = EnvironmentCreate | SettingsUpdate | _Detail


class _Addressed(Protocol):
    @property
    def at(self) -> Address: ...


_At = TypeVar("_At", bound=_Addressed)
_NO_REQUEST = Release | EnvironmentDelete


class _Phase(IntEnum):
    """When a step comes, within an environment."""

    ADD_RULES = auto()  # stricter than before, whatever the refs
    NARROW = auto()
    ADD_RULES_TO_NEW = auto()  # the environment has to be there first
    ADD_NARROW_PATTERNS = auto()  # before old ones go: an empty list makes waiting jobs fail
    REMOVE_PATTERNS = auto()
    HAND_OVER = auto()
    REMOVE_SECRETS = auto()
    REMOVE_VARIABLES = auto()  # before others come: there is room for a hundred
    VARIABLES = auto()
    WRITE_SECRETS = auto()
    REACH = auto()
    ADD_PATTERNS = auto()
    REMOVE_RULES = auto()


def schedule(
    plan: Plan,
    desired: Sequence[DesiredRepository],
    live: Mapping[str, LiveRepository | Unread],
    ledger: Ledger = NOTHING,
) -> tuple[RepositorySteps, ...]:
    """The steps of `plan`, which is `diff(desired, live, …, ledger)`."""
    changes = _by_repository(plan.changes)
    records = _by_repository(each for each in plan.records if each.next is not RecordNext.KEEP)
    found = []
    for repository in desired:
        name, there = str(repository.name), live[repository.name.key]
        # a repository that was not read has no change
        if (name in changes or name in records) and isinstance(there, LiveRepository):
            work = _Work(repository, there, ledger, changes.get(name, ()), records.get(name, ()))
            found.append(work.steps())
    return tuple(found)


def _by_repository(items: Iterable[_At]) -> dict[str, tuple[_At, ...]]:
    found: dict[str, list[_At]] = {}
    for item in items:
        found.setdefault(item.at.repository, []).append(item)
    return {name: tuple(each) for name, each in found.items()}


@dataclass(frozen=True, slots=True)
class _Work:
    """What there is to do in one repository."""

    desired: DesiredRepository
    live: LiveRepository
    ledger: Ledger
    changes: tuple[Change, ...]
    records: tuple[RecordStatus, ...]

    def steps(self) -> RepositorySteps:
        bodies = {body.name: body for body in self.desired.environments}
        names = {each.at.environment for each in (*self.changes, *self.records)} & bodies.keys()
        return RepositorySteps(
            self.live.name,
            tuple(self._environment(bodies[name]) for name in sorted(names)),
            tuple(
                EnvironmentSteps(each.at.environment, (Step(RemoveEnvironment(), (each,)),))
                for each in self.changes
                if isinstance(each, EnvironmentDelete)
            ),
            self.live.id,
            tuple(Book(each.at, each.next, None) for each in self.records if each.at.environment not in bodies),
            tuple(each for each in self.changes if isinstance(each, Release) and _of_repository(each)),
        )

    def _environment(self, body: DesiredEnvironment) -> EnvironmentSteps:
        there = self.live.environments.get(body.name.casefold())
        mine = [each for each in self.changes if each.at.environment == body.name and not _of_repository(each)]
        steps = _environment(tuple(each for each in mine if not isinstance(each, _NO_REQUEST)), body, there)
        entry = entry_of(self.desired, body, there, self.ledger, tuple(mine))
        releases = tuple(each for each in mine if isinstance(each, Release))
        status = next((each for each in self.records if each.at.environment == body.name), None)
        book = None if status is None else Book(status.at, status.next, entry, releases)
        return EnvironmentSteps(there.name if there else body.name, steps, there, book)


def _of_repository(change: Change) -> bool:
    """Whether it is about a name in the repository's `never_touch`, and so in all its records."""
    return isinstance(change, Release) and change.field.name == "never_touch"


def _environment(
    changes: tuple[_Kept, ...], desired: DesiredEnvironment, live: LiveEnvironment | None
) -> tuple[Step, ...]:
    wanted = goal(desired, live).protection
    settings = tuple(each for each in changes if isinstance(each, EnvironmentCreate | SettingsUpdate))
    details = tuple(each for each in changes if not isinstance(each, EnvironmentCreate | SettingsUpdate))
    planner = _Planner(desired, live, way(protection_of(live), wanted), wanted)
    dropped = tuple(each for each in details if isinstance(each, PatternDelete) and planner.drops(each.pattern))
    steps = [step for each in details if each not in dropped for step in planner.detail(each)]
    steps += planner.puts((*settings, *dropped), at_once=not steps)
    return tuple(step for _, step in sorted(steps, key=itemgetter(0)))


@dataclass(frozen=True, slots=True)
class _Planner:
    """One environment's way, as requests."""

    desired: DesiredEnvironment
    live: LiveEnvironment | None
    way: Way
    goal: Protection

    def puts(self, makes: tuple[Change, ...], *, at_once: bool) -> Iterator[tuple[_Phase, Step]]:
        """The requests that set settings. `at_once`: nothing else happens, and one request has no in-between."""
        stages = [
            (_Phase.NARROW, self.way.narrowed.settings),
            (_Phase.HAND_OVER, self.way.handed_over.settings),
            (_Phase.REACH, self.goal.settings),
        ]
        now = self.live
        puts: list[tuple[_Phase, PutSettings]] = []
        for phase, settings in stages[-1:] if at_once else stages:
            if now is None and puts:
                continue  # a new environment goes to its goal at once
            if now is None or _sorted(settings) != _sorted(now.settings):
                puts.append((phase, PutSettings(now, settings)))
                now = None if now is None else replace(now, settings=settings)
        for phase, put in puts[:-1]:
            yield phase, Step(put, towards=makes)
        for phase, put in puts[-1:]:
            yield phase, Step(put, makes)

    def drops(self, pattern: Pattern) -> bool:
        """Whether a pattern that is to go goes by itself: the policy leaves `selected` with it in the list."""
        narrowed = self.way.narrowed
        return narrowed.settings.deployment_branch_policy is not RefPolicy.SELECTED or pattern in narrowed.patterns

    def detail(self, change: _Detail) -> Iterator[tuple[_Phase, Step]]:
        match change:
            case PatternCreate() | PatternRename() | PatternDelete():
                yield from self._pattern(change)
            case RuleCreate():
                phase = _Phase.ADD_RULES if self.live else _Phase.ADD_RULES_TO_NEW
                yield phase, Step(AddRule(change.app), (change,))
            case RuleDelete():
                rules = () if self.live is None else self.live.protection_rules
                known = () if isinstance(rules, Unread) else rules
                rule_id = next(rule.id for rule in known if rule.app == change.app)
                yield _Phase.REMOVE_RULES, Step(RemoveRule(rule_id), (change,))
            case VariableCreate() | VariableUpdate():
                yield _Phase.VARIABLES, Step(_variable_act(change), (change,))
            case VariableDelete():
                yield _Phase.REMOVE_VARIABLES, Step(_variable_act(change), (change,))
            case SecretCreate() | SecretUpdate():
                yield _Phase.WRITE_SECRETS, Step(WriteSecret(self.desired.secrets[change.name]), (change,))
            case SecretDelete():
                yield _Phase.REMOVE_SECRETS, Step(RemoveSecret(change.name), (change,))
            case _:
                assert_never(change)

    def _pattern(self, change: PatternChange) -> Iterator[tuple[_Phase, Step]]:
        patterns = () if self.live is None else self.live.patterns
        ids = {each.pattern: each.id for each in (() if isinstance(patterns, Unread) else patterns)}
        match change:
            case PatternCreate():
                early = change.pattern in self.way.narrowed.patterns
                phase = _Phase.ADD_NARROW_PATTERNS if early else _Phase.ADD_PATTERNS
                yield phase, Step(AddPattern(change.pattern), (change,))
            case PatternRename() if self._hands_over():
                # In one request, refs of the file could be deployed with the approval of those who go.
                new = Pattern(change.pattern.type, change.new_name)
                yield _Phase.REMOVE_PATTERNS, Step(RemovePattern(ids[change.pattern]), towards=(change,))
                yield _Phase.ADD_PATTERNS, Step(AddPattern(new), (change,))
            case PatternRename():
                rename = RenamePattern(ids[change.pattern], change.new_name)
                yield _Phase.ADD_NARROW_PATTERNS, Step(rename, (change,))
            case PatternDelete():
                yield _Phase.REMOVE_PATTERNS, Step(RemovePattern(ids[change.pattern]), (change,))
            case _:
                assert_never(change)

    def _hands_over(self) -> bool:
        return self.way.narrowed.settings != self.way.handed_over.settings


def _sorted(settings: Settings) -> Settings:
    return replace(settings, required_reviewers=tuple(sorted(settings.required_reviewers, key=reviewer_key)))


def _variable_act(change: VariableChange) -> AddVariable | SetVariable | RemoveVariable:
    match change:
        case VariableCreate():
            return AddVariable(change.name, change.value)
        case VariableUpdate():
            return SetVariable(change.name, change.after)
        case VariableDelete():
            return RemoveVariable(change.name)
        case _:
            assert_never(change)
