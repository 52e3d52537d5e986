"""One environment: what differs between what the file wants and what is on GitHub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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

    from envsync.model import DesiredEnvironment, LiveEnvironment, LiveSecret
    from envsync.plan.changes import Change, FieldValue, PatternChange
    from envsync.plan.strictness import Protection

_DIMENSIONS = {
    Field.REQUIRED_REVIEWERS: Dimension.REVIEWERS,
    Field.WAIT_TIMER: Dimension.TIMER,
    Field.PREVENT_SELF_REVIEW: Dimension.SELF_REVIEW,
    Field.CAN_ADMINS_BYPASS: Dimension.BYPASS,
    Field.DEPLOYMENT_BRANCH_POLICY: Dimension.REFS,
}


def diff_environment(
    repository: str, desired: DesiredEnvironment, live: LiveEnvironment | None, *, settings_only: bool = False
) -> Plan:
    """What has to change in one environment; `live` None: GitHub has none of that name."""
    at = Address(repository, desired.name)
    reached = goal(desired, live)
    protection = _protection(at, protection_of(live), reached.protection, exists=live is not None)
    there = _contents(live, settings_only=settings_only)
    unread = _unread(at, desired, live, there)
    variables = _variables(at, desired, there.variables)
    secrets = _secrets(at, desired, there.secrets, known=all(part.part not in _GUARDS for part in unread))
    unmet = [] if reached.unmet is None else [Unmet(at, Kind.SETTINGS, "prevent_self_review", reached.unmet)]
    return Plan(
        "",
        changes=(*protection, *variables.changes, *secrets.changes),
        secrets=secrets.secrets,
        unmanaged=(*variables.unmanaged, *secrets.unmanaged),
        unmet=(*unmet, *_switched_off(at, reached.protection, live), *secrets.unmet),
        unread=unread,
    )


@dataclass(frozen=True, slots=True)
class _Contents:
    """What an environment guards."""

    variables: Mapping[str, str] | Unread
    secrets: Mapping[str, LiveSecret] | Unread


def _contents(live: LiveEnvironment | None, *, settings_only: bool) -> _Contents:
    if live is not None:
        return _Contents(live.variables, live.secrets)
    nobody_asked = Unread("only settings were to be read", kind=None)
    return _Contents(nobody_asked, nobody_asked) if settings_only else _Contents({}, {})


def _switched_off(at: Address, wanted: Protection, live: LiveEnvironment | None) -> list[Unmet]:
    """A rule that is there and disabled keeps nobody out, and the REST API cannot enable it."""
    rules = () if live is None or isinstance(live.protection_rules, Unread) else live.protection_rules
    return [
        Unmet(at, Kind.PROTECTION_RULE, rule.app, "it is there, but switched off: enable it on GitHub")
        for rule in rules
        if rule.app in wanted.rules and not rule.enabled
    ]


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


def _variables(at: Address, desired: DesiredEnvironment, there: Mapping[str, str] | Unread) -> Plan:
    if isinstance(there, Unread) or Field.VARIABLES in desired.ignore:
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


def _secrets(
    at: Address, desired: DesiredEnvironment, there: Mapping[str, LiveSecret] | Unread, *, known: bool
) -> Plan:
    """`known`: the protection was read as a whole. No secret enters an environment that may be open."""
    if isinstance(there, Unread) or Field.SECRETS in desired.ignore:
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
            elif not known:
                unmet.append(Unmet(at, Kind.SECRET, name, "what protects the environment could not be read"))
            else:
                changes.append(SecretCreate(at, Verdict(Risk.NEUTRAL, "not on GitHub"), name))
        states.append(SecretStatus(at, name, state))
    others = sorted(there.keys() - desired.secrets.keys())
    deletions = [SecretDelete(at, _lost(name), name) for name in others] if desired.prune else []
    unmanaged = () if desired.prune else tuple(Unmanaged(at, Kind.SECRET, name) for name in others)
    return Plan("", (*changes, *deletions), tuple(states), unmanaged, tuple(unmet))


def _lost(secret: str) -> Verdict:
    return Verdict(Risk.DESTROYS, f"{secret} is lost: GitHub never gives a secret back")


# --- what was not read -------------------------------------------------------------------------------------


_PATTERNS, _RULES = "branch and tag patterns", "deployment protection rules"
_GUARDS = frozenset({_PATTERNS, _RULES})


def _unread(
    at: Address, desired: DesiredEnvironment, live: LiveEnvironment | None, contents: _Contents
) -> tuple[UnreadPart, ...]:
    parts = {
        Field.DEPLOYMENT_BRANCH_POLICY: (_PATTERNS, live.patterns if live else ()),
        Field.DEPLOYMENT_PROTECTION_RULES: (_RULES, live.protection_rules if live else ()),
        Field.VARIABLES: ("variables", contents.variables),
        Field.SECRETS: ("secrets", contents.secrets),
    }
    return tuple(
        UnreadPart(at.repository, at.environment, name, part.reason, part.hint, part.kind is not None)
        for field, (name, part) in parts.items()
        if isinstance(part, Unread) and field not in desired.ignore
    )
