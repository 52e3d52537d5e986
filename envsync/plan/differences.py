"""A change seen from the other side: not what apply would do, but what was done, and who gets through by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from envsync.model import External, Field
from envsync.plan.changes import (
    Action,
    EnvironmentCreate,
    EnvironmentDelete,
    Kind,
    Origin,
    PatternCreate,
    PatternDelete,
    PatternRename,
    Release,
    Risk,
    RuleCreate,
    RuleDelete,
    SecretCreate,
    SecretDelete,
    SecretState,
    SecretUpdate,
    SettingsUpdate,
    VariableCreate,
    VariableDelete,
    VariableUpdate,
    Verdict,
    view,
)
from envsync.plan.drift import Deed, Difference, DriftField
from envsync.plan.goal import goal, protection_of, secrets_of, variables_of
from envsync.plan.moments import shown
from envsync.plan.strictness import DIMENSIONS, OPEN, Dimension, judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TypeAlias

    from envsync.model import DesiredEnvironment, LiveEnvironment, LiveSecret, LiveVariable
    from envsync.plan.changes import (
        Address,
        PatternChange,
        Plan,
        RuleChange,
        SecretChange,
        SecretStatus,
        Unmet,
        VariableChange,
    )

    States: TypeAlias = Mapping[tuple[Address, str], SecretStatus]
    # Of what a file declares; the other changes give up a guard or are about an environment that is in no file.
    DeclaredChange: TypeAlias = (
        EnvironmentCreate | SettingsUpdate | PatternChange | RuleChange | VariableChange | SecretChange
    )

_COUNTED = frozenset({Origin.OUTSIDE, Origin.CONFLICT, Origin.UNKNOWN})
_DEEDS = {Action.CREATE: Deed.REMOVED, Action.UPDATE: Deed.CHANGED, Action.DELETE: Deed.ADDED}
_IN_WORDS = {
    (Deed.REMOVED, Origin.OUTSIDE): "it was deleted",
    (Deed.REMOVED, Origin.CONFLICT): "it was deleted, and the file wants another value by now",
    (Deed.REMOVED, Origin.UNKNOWN): "not on GitHub",
    (Deed.CHANGED, Origin.OUTSIDE): "its value was changed",
    (Deed.CHANGED, Origin.CONFLICT): "its value was changed, and the file wants another one by now",
    (Deed.CHANGED, Origin.UNKNOWN): "the value differs",
    (Deed.ADDED, Origin.OUTSIDE): "it was added",
    (Deed.ADDED, Origin.CONFLICT): "its value was changed, and no file has it any more",
    (Deed.ADDED, Origin.UNKNOWN): "in no file",
}
_GONE = (
    "declared and not on GitHub: somebody deleted it, or nobody has applied it yet; "
    "whoever names it in a workflow gets it with no protection"
)


def states_of(plan: Plan) -> States:
    return {(each.at, each.name): each for each in plan.secrets}


def counted(plan: Plan) -> Iterator[EnvironmentDelete | DeclaredChange]:
    """The changes that somebody else made necessary, or may have. What is due to the files is not drift."""
    states = states_of(plan)
    for change in plan.changes:
        if isinstance(change, Release) or change.verdict.origin not in _COUNTED:
            continue
        if isinstance(change, SecretUpdate) and states[change.at, change.name].state is SecretState.UNVERIFIABLE:
            continue  # it is to be rotated: nobody knows that it differs
        yield change


@dataclass(frozen=True, slots=True)
class Sight:
    """All that a difference in one declared environment is told by. `after`: when it was last applied."""

    desired: DesiredEnvironment
    live: LiveEnvironment | None
    states: States
    after: str | None = None

    def differences(self, change: DeclaredChange) -> Iterator[Difference]:
        """One; of settings, one for each field."""
        seen, absent = view(change), isinstance(change, EnvironmentCreate)
        fields = tuple(DriftField(each.name, each.after, None if absent else each.before) for each in seen.fields)
        name = change.new_name if isinstance(change, PatternRename) else seen.name
        for group in [(each,) for each in fields] if isinstance(change, SettingsUpdate) else [fields]:
            verdict = self._verdict(change, _DEEDS[seen.action], group)
            yield Difference(
                change.at,
                seen.kind,
                name,
                _DEEDS[seen.action],
                verdict.origin,
                verdict.risk,
                verdict.reason,
                group,
                self._since(seen.kind, name),
                self.after,
            )

    def unmet(self, unmet: Unmet) -> Iterator[Difference]:
        """What the file requires, is not so, and apply cannot help. None where nobody else has a part in it."""
        deed, origin, reason, risk = Deed.REMOVED, Origin.UNKNOWN, unmet.reason, Risk.WEAKENS
        fields: tuple[DriftField, ...] = ()
        name: str | None = unmet.name
        if unmet.kind is Kind.SECRET:
            status, risk = self.states[unmet.at, unmet.name], Risk.NEUTRAL
            reason = status.reason
            if status.state is SecretState.TOUCHED_OUTSIDE:
                deed, origin = Deed.CHANGED, Origin.OUTSIDE
            elif status.state is not SecretState.MISSING:
                return
        elif unmet.kind is Kind.SETTINGS:
            name, fields = None, (DriftField(unmet.name, declared=True, live=False),)
        yield Difference(
            unmet.at,
            unmet.kind,
            name,
            deed,
            origin,
            risk,
            reason,
            fields,
            self._since(unmet.kind, name),
            self.after,
            # Apply writes any other secret as soon as it can read what protects the environment.
            by_hand=unmet.kind is not Kind.SECRET or isinstance(self.desired.secrets[unmet.name].source, External),
        )

    def _verdict(self, change: DeclaredChange, deed: Deed, fields: tuple[DriftField, ...]) -> Verdict:
        """Of the way from what the file says to what is there."""
        wanted, now, origin = (
            goal(self.desired, self.live).protection,
            protection_of(self.live),
            change.verdict.origin,
        )
        verdicts = judge(wanted, now)
        match change:
            case EnvironmentCreate():
                return Verdict(Risk.NEUTRAL if wanted == OPEN else Risk.WEAKENS, _GONE, origin)
            case SettingsUpdate():
                found = verdicts[DIMENSIONS[Field(fields[0].name)]]
            case PatternCreate() | PatternRename() | PatternDelete():
                found = verdicts[Dimension.REFS]
            case RuleCreate() | RuleDelete():
                found = verdicts[Dimension.RULES]
            case SecretUpdate():
                return Verdict(Risk.NEUTRAL, self.states[change.at, change.name].reason, origin)
            case VariableCreate() | VariableUpdate() | VariableDelete() | SecretCreate() | SecretDelete():
                return Verdict(Risk.NEUTRAL, _IN_WORDS[deed, origin], origin)
            case _:
                assert_never(change)
        return Verdict(found.risk, found.reason, origin)

    def _since(self, kind: Kind, name: str | None) -> str | None:
        there: Mapping[str, LiveVariable | LiveSecret] = {}
        if kind is Kind.VARIABLE:
            there = variables_of(self.live)
        elif kind is Kind.SECRET:
            there = secrets_of(self.live)
        found = None if name is None else there.get(name)
        return None if found is None else shown(found.updated_at)
