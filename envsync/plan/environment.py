"""One environment: what differs between what the file wants and what is on GitHub."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from envsync.model import (
    RECORD_VARIABLE,
    External,
    Field,
    Pattern,
    RefPolicy,
    RefType,
    Settings,
    Unread,
    reviewer_key,
)
from envsync.plan.changes import (
    Address,
    EnvironmentCreate,
    FieldChange,
    Kind,
    PatternCreate,
    PatternDelete,
    PatternRename,
    Plan,
    Risk,
    RuleCreate,
    RuleDelete,
    SecretCreate,
    SecretDelete,
    SecretState,
    SecretStatus,
    SettingsUpdate,
    Unmanaged,
    Unmet,
    UnreadPart,
    VariableCreate,
    VariableDelete,
    VariableUpdate,
    Verdict,
)
from envsync.plan.goal import goal, protection_of
from envsync.plan.strictness import OPEN, Dimension, combine, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.model import DesiredEnvironment, LiveEnvironment
    from envsync.plan.changes import Change, FieldValue, PatternChange
    from envsync.plan.strictness import Protection

T = TypeVar("T")

_DIMENSIONS = {
    Field.REQUIRED_REVIEWERS: Dimension.REVIEWERS,
    Field.WAIT_TIMER: Dimension.TIMER,
    Field.PREVENT_SELF_REVIEW: Dimension.SELF_REVIEW,
    Field.CAN_ADMINS_BYPASS: Dimension.BYPASS,
    Field.DEPLOYMENT_BRANCH_POLICY: Dimension.REFS,
}


def diff_environment(repository: str, desired: DesiredEnvironment, live: LiveEnvironment | None) -> Plan:
    at = Address(repository, desired.name)
    reached = goal(desired, live)
    now = protection_of(live)
    protection = _protection(at, now, reached.protection, exists=live is not None)
    variables = _variables(at, desired, live)
    secrets = _secrets(at, desired, live)
    unmet = [] if reached.unmet is None else [Unmet(at, Kind.SETTINGS, "prevent_self_review", reached.unmet)]
    return Plan(
        "",
        changes=(*protection, *variables.changes, *secrets.changes),
        secrets=secrets.secrets,
        unmanaged=(*variables.unmanaged, *secrets.unmanaged),
        unmet=(*unmet, *secrets.unmet),
        unread=_unread(at, desired, live),
    )


# --- protection --------------------------------------------------------------------------------------------


def _protection(at: Address, now: Protection, wanted: Protection, *, exists: bool) -> list[Change]:
    # An environment that is not there is the weakest of all, so making it can only tighten.
    verdicts = judge(now, wanted)
    changes: list[Change] = []
    fields = _fields(now.settings, wanted.settings)
    if not exists:
        risk = Risk.NEUTRAL if wanted == OPEN else Risk.TIGHTENS
        changes.append(EnvironmentCreate(at, Verdict(risk, "GitHub has no such environment"), fields))
    elif fields:
        touched = [verdicts[_DIMENSIONS[Field(field.name)]] for field in fields]
        changes.append(SettingsUpdate(at, combine(touched), fields))
    changes += _patterns(at, verdicts[Dimension.REFS], now.patterns, wanted)
    changes += [RuleCreate(at, verdicts[Dimension.RULES], app) for app in sorted(wanted.rules - now.rules)]
    changes += [RuleDelete(at, verdicts[Dimension.RULES], app) for app in sorted(now.rules - wanted.rules)]
    return changes


def _fields(before: Settings, after: Settings) -> tuple[FieldChange, ...]:
    old, new = _values(before), _values(after)
    return tuple(FieldChange(name, old[name], new[name]) for name in old if old[name] != new[name])


def _values(settings: Settings) -> dict[str, FieldValue]:
    reviewers = sorted(settings.required_reviewers, key=reviewer_key)
    return {
        Field.REQUIRED_REVIEWERS.value: tuple(map(str, reviewers)),
        Field.WAIT_TIMER.value: settings.wait_timer,
        Field.PREVENT_SELF_REVIEW.value: settings.prevent_self_review,
        Field.CAN_ADMINS_BYPASS.value: settings.can_admins_bypass,
        Field.DEPLOYMENT_BRANCH_POLICY.value: settings.deployment_branch_policy.value,
    }


def _patterns(at: Address, verdict: Verdict, now: frozenset[Pattern], wanted: Protection) -> list[PatternChange]:
    changes: list[PatternChange] = []
    stays_selected = wanted.settings.deployment_branch_policy is RefPolicy.SELECTED
    for kind in RefType:
        added = sorted(each for each in wanted.patterns - now if each.type is kind)
        gone = sorted(each for each in now - wanted.patterns if each.type is kind)
        if stays_selected and len(added) == len(gone) == 1:
            changes.append(PatternRename(at, verdict, gone[0], added[0].name))
            continue
        changes += [PatternCreate(at, verdict, each) for each in added]
        changes += [PatternDelete(at, verdict, each) for each in gone]
    return changes


# --- variables and secrets ---------------------------------------------------------------------------------


def _variables(at: Address, desired: DesiredEnvironment, live: LiveEnvironment | None) -> Plan:
    there = _there(live.variables if live else {})
    if there is None or Field.VARIABLES in desired.ignore:
        return Plan("")
    changes: list[Change] = []
    for name, value in sorted(desired.variables.items()):
        if name not in there:
            changes.append(VariableCreate(at, Verdict(Risk.NEUTRAL, "not on GitHub"), name, value))
        elif there[name] != value:
            verdict = Verdict(Risk.NEUTRAL, "the value differs")
            changes.append(VariableUpdate(at, verdict, name, there[name], value))
    others = sorted(there.keys() - desired.variables.keys() - {RECORD_VARIABLE})
    if desired.prune:
        verdict = Verdict(Risk.NEUTRAL, "in no file")
        changes += [VariableDelete(at, verdict, name, there[name]) for name in others]
        return Plan("", changes=tuple(changes))
    unmanaged = tuple(Unmanaged(at, Kind.VARIABLE, name) for name in others)
    return Plan("", changes=tuple(changes), unmanaged=unmanaged)


def _secrets(at: Address, desired: DesiredEnvironment, live: LiveEnvironment | None) -> Plan:
    there = _there(live.secrets if live else {})
    if there is None or Field.SECRETS in desired.ignore:
        return Plan("")
    changes: list[Change] = []
    states: list[SecretStatus] = []
    unmet: list[Unmet] = []
    for name, secret in sorted(desired.secrets.items()):
        external = isinstance(secret.source, External)
        if name in there:
            state = SecretState.EXTERNAL if external else SecretState.UNVERIFIABLE
        else:
            state = SecretState.MISSING
            if external:
                unmet.append(Unmet(at, Kind.SECRET, name, "it is external, and nobody has set it on GitHub"))
            else:
                changes.append(SecretCreate(at, Verdict(Risk.NEUTRAL, "not on GitHub"), name))
        states.append(SecretStatus(at, name, state))
    others = sorted(there.keys() - desired.secrets.keys())
    deletions = [SecretDelete(at, _lost(name), name) for name in others] if desired.prune else []
    unmanaged = () if desired.prune else tuple(Unmanaged(at, Kind.SECRET, name) for name in others)
    return Plan("", (*changes, *deletions), tuple(states), unmanaged, tuple(unmet))


def _lost(secret: str) -> Verdict:
    return Verdict(Risk.DESTROYS, f"{secret} is lost: GitHub never gives a secret back")


def _there(part: Mapping[str, T] | Unread) -> Mapping[str, T] | None:
    return None if isinstance(part, Unread) else part


# --- what was not read -------------------------------------------------------------------------------------


def _unread(at: Address, desired: DesiredEnvironment, live: LiveEnvironment | None) -> tuple[UnreadPart, ...]:
    if live is None:
        return ()
    parts = {
        Field.DEPLOYMENT_BRANCH_POLICY: ("branch and tag patterns", live.patterns),
        Field.DEPLOYMENT_PROTECTION_RULES: ("deployment protection rules", live.protection_rules),
        Field.VARIABLES: ("variables", live.variables),
        Field.SECRETS: ("secrets", live.secrets),
    }
    return tuple(
        UnreadPart(at.repository, at.environment, name, part.reason, part.hint, part.kind is not None)
        for field, (name, part) in parts.items()
        if isinstance(part, Unread) and field not in desired.ignore
    )
