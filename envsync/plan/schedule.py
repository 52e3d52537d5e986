"""Plan -> steps: which request makes which change, and in what order. Pure; `apply` interprets it.

Within an environment protection comes before secrets; a repository's environments are deleted last. Every change
of a plan is made by exactly one step.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, assert_never

from envsync.model import LiveRepository, RefPolicy, Unread
from envsync.plan.changes import (
    EnvironmentCreate,
    EnvironmentDelete,
    PatternCreate,
    PatternDelete,
    PatternRename,
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
from envsync.plan.goal import goal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envsync.model import (
        DesiredEnvironment,
        DesiredRepository,
        DesiredSecret,
        LiveEnvironment,
        Pattern,
        RepositoryName,
        Settings,
    )
    from envsync.plan.changes import Change, PatternChange, Plan, RuleChange, SecretChange, VariableChange

    _Detail = PatternChange | RuleChange | VariableChange | SecretChange
    _Kept = EnvironmentCreate | SettingsUpdate | _Detail


@dataclass(frozen=True, slots=True)
class PutSettings:
    before: LiveEnvironment | None
    settings: Settings


@dataclass(frozen=True, slots=True)
class AddPattern:
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class RenamePattern:
    id: int
    new_name: str


@dataclass(frozen=True, slots=True)
class RemovePattern:
    id: int


@dataclass(frozen=True, slots=True)
class AddRule:
    app: str


@dataclass(frozen=True, slots=True)
class RemoveRule:
    id: int


@dataclass(frozen=True, slots=True)
class AddVariable:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SetVariable:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class RemoveVariable:
    name: str


@dataclass(frozen=True, slots=True)
class WriteSecret:
    secret: DesiredSecret


@dataclass(frozen=True, slots=True)
class RemoveSecret:
    name: str


@dataclass(frozen=True, slots=True)
class RemoveEnvironment:
    pass


ProtectionAct = PutSettings | AddPattern | RenamePattern | RemovePattern | AddRule | RemoveRule
ContentAct = AddVariable | SetVariable | RemoveVariable | WriteSecret | RemoveSecret
Act = ProtectionAct | ContentAct | RemoveEnvironment


@dataclass(frozen=True, slots=True)
class Step:
    """One request, and the changes that are made once it is done."""

    act: Act
    makes: tuple[Change, ...]

    @property
    def protects(self) -> bool:
        return isinstance(self.act, ProtectionAct)


@dataclass(frozen=True, slots=True)
class EnvironmentSteps:
    environment: str  # GitHub's spelling where it exists
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class RepositorySteps:
    repository: RepositoryName  # as GitHub calls it now
    environments: tuple[EnvironmentSteps, ...]
    deletions: tuple[EnvironmentSteps, ...]  # only where everything before them went well


def schedule(
    plan: Plan, desired: Sequence[DesiredRepository], live: Mapping[str, LiveRepository | Unread]
) -> tuple[RepositorySteps, ...]:
    """The steps of `plan`, which is `diff(desired, live)`."""
    wanted = {str(repository.name): repository for repository in desired}
    return tuple(
        _repository(tuple(changes), wanted[name], there)
        for name, changes in groupby(plan.changes, key=lambda change: change.at.repository)
        # a repository that was not read has no change
        if isinstance(there := live[wanted[name].name.key], LiveRepository)
    )


def _repository(changes: tuple[Change, ...], desired: DesiredRepository, live: LiveRepository) -> RepositorySteps:
    bodies = {body.name: body for body in desired.environments}
    kept = [change for change in changes if not isinstance(change, EnvironmentDelete)]
    environments = []
    for name, group in groupby(kept, key=lambda change: change.at.environment):
        there = live.environments.get(name.casefold())
        steps = _environment(tuple(group), bodies[name], there)
        environments.append(EnvironmentSteps(there.name if there else name, steps))
    deletions = [
        EnvironmentSteps(change.at.environment, (Step(RemoveEnvironment(), (change,)),))
        for change in changes
        if isinstance(change, EnvironmentDelete)
    ]
    return RepositorySteps(live.name, tuple(environments), tuple(deletions))


def _environment(
    changes: tuple[_Kept, ...], desired: DesiredEnvironment, live: LiveEnvironment | None
) -> tuple[Step, ...]:
    settings = goal(desired, live).protection.settings
    leaves_selected = settings.deployment_branch_policy is not RefPolicy.SELECTED
    # GitHub drops the patterns by itself when the policy leaves `selected`.
    dropped = tuple(each for each in changes if leaves_selected and isinstance(each, PatternDelete))
    steps: list[tuple[int, Step]] = []
    for change in changes:
        if isinstance(change, EnvironmentCreate | SettingsUpdate):
            put = PutSettings(live, settings)
            steps.append((_phase(put), Step(put, (change, *dropped))))
        elif change not in dropped:
            act = _act(change, desired, live)
            steps.append((_phase(act), Step(act, (change,))))
    return tuple(step for _, step in sorted(steps, key=itemgetter(0)))


def _act(change: _Detail, desired: DesiredEnvironment, live: LiveEnvironment | None) -> ProtectionAct | ContentAct:
    match change:
        case PatternCreate() | PatternRename() | PatternDelete():
            return _pattern_act(change, live)
        case RuleCreate():
            return AddRule(change.app)
        case RuleDelete():
            rules = () if live is None or isinstance(live.protection_rules, Unread) else live.protection_rules
            return RemoveRule(next(rule.id for rule in rules if rule.app == change.app))
        case VariableCreate() | VariableUpdate() | VariableDelete():
            return _variable_act(change)
        case SecretCreate() | SecretUpdate():
            return WriteSecret(desired.secrets[change.name])
        case SecretDelete():
            return RemoveSecret(change.name)
        case _:
            assert_never(change)


def _pattern_act(change: PatternChange, live: LiveEnvironment | None) -> ProtectionAct:
    patterns = () if live is None or isinstance(live.patterns, Unread) else live.patterns
    ids = {each.pattern: each.id for each in patterns}
    match change:
        case PatternCreate():
            return AddPattern(change.pattern)
        case PatternRename():
            return RenamePattern(ids[change.pattern], change.new_name)
        case PatternDelete():
            return RemovePattern(ids[change.pattern])
        case _:
            assert_never(change)


def _variable_act(change: VariableChange) -> ContentAct:
    match change:
        case VariableCreate():
            return AddVariable(change.name, change.value)
        case VariableUpdate():
            return SetVariable(change.name, change.after)
        case VariableDelete():
            return RemoveVariable(change.name)
        case _:
            assert_never(change)


def _phase(act: ProtectionAct | ContentAct) -> int:
    """What comes first. New patterns come before old ones go: an empty list makes waiting jobs fail."""
    match act:
        case PutSettings():
            return 0
        case AddPattern() | RenamePattern() | AddRule():
            return 1
        case RemovePattern() | RemoveRule():
            return 2
        case RemoveSecret():
            return 3
        case AddVariable() | SetVariable() | RemoveVariable():
            return 4
        case WriteSecret():
            return 5
        case _:
            assert_never(act)
