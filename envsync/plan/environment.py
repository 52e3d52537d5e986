"""One environment: what differs between what the file wants and what is on GitHub."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envsync.model import Field, RefPolicy, RefType, Settings, Unread, reviewer_key
from envsync.plan.changes import (
    Address,
    EnvironmentCreate,
    FieldChange,
    Kind,
    Origin,
    PatternCreate,
    PatternDelete,
    PatternRename,
    Plan,
    Release,
    Risk,
    RuleCreate,
    RuleDelete,
    SettingsUpdate,
    Unmet,
    UnreadPart,
    Verdict,
)
from envsync.plan.contents import NO_CONTEXT, Context, diff_secrets, diff_variables
from envsync.plan.goal import goal, protection_of
from envsync.plan.origin import combine_origins
from envsync.plan.strictness import DIMENSIONS, OPEN, Dimension, combine, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.model import DesiredEnvironment, LiveEnvironment, LiveSecret, LiveVariable, Pattern
    from envsync.plan.changes import Change, FieldValue, PatternChange
    from envsync.plan.origin import History
    from envsync.plan.strictness import Protection


def diff_environment(
    repository: str,
    desired: DesiredEnvironment,
    live: LiveEnvironment | None,
    context: Context = NO_CONTEXT,
    *,
    settings_only: bool = False,
) -> Plan:
    """What has to change in one environment; `live` None: GitHub has none of that name."""
    at = Address(repository, desired.name)
    reached = goal(desired, live)
    now = protection_of(live)
    protection = _protection(at, now, reached.protection, context.history, exists=live is not None)
    there = _contents(live, settings_only=settings_only)
    unread = _unread(at, desired, live, there)
    variables = diff_variables(at, desired, there.variables, context)
    known = all(part.part not in _GUARDS for part in unread)
    secrets = diff_secrets(at, desired, there.secrets, context, known=known)
    unmet = [] if reached.unmet is None else [Unmet(at, Kind.SETTINGS, "prevent_self_review", reached.unmet)]
    return Plan(
        "",
        changes=(*protection, *_released(at, desired, context), *variables.changes, *secrets.changes),
        secrets=secrets.secrets,
        unmanaged=(*variables.unmanaged, *secrets.unmanaged),
        unmet=(*unmet, *_switched_off(at, desired, reached.protection, live), *secrets.unmet),
        unread=unread,
    )


@dataclass(frozen=True, slots=True)
class _Contents:
    """What an environment guards."""

    variables: Mapping[str, LiveVariable] | Unread
    secrets: Mapping[str, LiveSecret] | Unread


def _contents(live: LiveEnvironment | None, *, settings_only: bool) -> _Contents:
    if live is not None:
        return _Contents(live.variables, live.secrets)
    nobody_asked = Unread("only settings were to be read", kind=None)
    return _Contents(nobody_asked, nobody_asked) if settings_only else _Contents({}, {})


def _switched_off(
    at: Address, desired: DesiredEnvironment, wanted: Protection, live: LiveEnvironment | None
) -> list[Unmet]:
    """A rule that is there and disabled keeps nobody out, and the REST API cannot enable it."""
    if Field.DEPLOYMENT_PROTECTION_RULES in desired.ignore:
        return []
    rules = () if live is None or isinstance(live.protection_rules, Unread) else live.protection_rules
    return [
        Unmet(at, Kind.PROTECTION_RULE, rule.app, "it is there, but switched off: enable it on GitHub")
        for rule in rules
        if rule.app in wanted.rules and not rule.enabled
    ]


# --- protection --------------------------------------------------------------------------------------------


def _protection(
    at: Address, now: Protection, wanted: Protection, history: History, *, exists: bool
) -> list[Change]:
    # An environment that is not there is the weakest of all, so making it can only tighten.
    verdicts = judge(now, wanted)
    changes: list[Change] = []
    if not exists:
        risk = Risk.NEUTRAL if wanted == OPEN else Risk.TIGHTENS
        fields = _fields(now.settings, wanted.settings)
        changes.append(EnvironmentCreate(at, Verdict(risk, "GitHub has no such environment"), fields))
    else:
        changes += _settings(at, now.settings, wanted.settings, verdicts, history)
    changes += _patterns(at, verdicts[Dimension.REFS], now.patterns, wanted, history)
    rules = verdicts[Dimension.RULES]
    changes += [
        RuleCreate(at, replace(rules, origin=history.rule(app, wanted=True)), app)
        for app in sorted(wanted.rules - now.rules)
    ]
    changes += [
        RuleDelete(at, replace(rules, origin=history.rule(app, wanted=False)), app)
        for app in sorted(now.rules - wanted.rules)
    ]
    return changes


def _settings(
    at: Address, now: Settings, wanted: Settings, verdicts: Mapping[Dimension, Verdict], history: History
) -> list[Change]:
    """One change for each origin: what somebody changed on GitHub is told apart from what the file changed."""
    groups: dict[Origin, list[FieldChange]] = {}
    for field in _fields(now, wanted):
        groups.setdefault(history.setting(Field(field.name), wanted, now), []).append(field)
    return [
        SettingsUpdate(
            at,
            replace(combine([verdicts[DIMENSIONS[Field(field.name)]] for field in fields]), origin=origin),
            tuple(fields),
        )
        for origin, fields in sorted(groups.items(), key=lambda group: list(Origin).index(group[0]))
    ]


def _released(at: Address, desired: DesiredEnvironment, context: Context) -> list[Change]:
    """The protection fields that the file guarded when it was last applied, and leaves to somebody else now."""
    if context.verified is None:
        return []
    before = context.verified.record.ignore & DIMENSIONS.keys()
    after = desired.ignore & DIMENSIONS.keys()
    if not (given_up := sorted(after - before)):
        return []
    reason = f"whoever changes {' or '.join(given_up)} is no longer noticed"
    ignored = FieldChange("ignore", tuple(sorted(before)), tuple(sorted(after)))
    return [Release(at, Verdict(Risk.WEAKENS, reason, Origin.CONFIG), ignored)]


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


def _patterns(
    at: Address, verdict: Verdict, now: frozenset[Pattern], wanted: Protection, history: History
) -> list[PatternChange]:
    def judged(*patterns: Pattern) -> Verdict:
        origins = [history.pattern(each, wanted=each in wanted.patterns) for each in patterns]
        return replace(verdict, origin=combine_origins(origins))

    changes: list[PatternChange] = []
    stays_selected = wanted.settings.deployment_branch_policy is RefPolicy.SELECTED
    for kind in RefType:
        added = sorted(each for each in wanted.patterns - now if each.type is kind)
        gone = sorted(each for each in now - wanted.patterns if each.type is kind)
        if stays_selected and len(added) == len(gone) == 1:
            changes.append(PatternRename(at, judged(gone[0], added[0]), gone[0], added[0].name))
            continue
        changes += [PatternCreate(at, judged(each), each) for each in added]
        changes += [PatternDelete(at, judged(each), each) for each in gone]
    return changes


# --- what was not read -------------------------------------------------------------------------------------


RULES_PART = "deployment protection rules"
_PATTERNS_PART = "branch and tag patterns"
_GUARDS = frozenset({_PATTERNS_PART, RULES_PART})


def _unread(
    at: Address, desired: DesiredEnvironment, live: LiveEnvironment | None, contents: _Contents
) -> tuple[UnreadPart, ...]:
    parts = {
        Field.DEPLOYMENT_BRANCH_POLICY: (_PATTERNS_PART, live.patterns if live else ()),
        Field.DEPLOYMENT_PROTECTION_RULES: (RULES_PART, live.protection_rules if live else ()),
        Field.VARIABLES: ("variables", contents.variables),
        Field.SECRETS: ("secrets", contents.secrets),
    }
    return tuple(
        UnreadPart(at.repository, at.environment, name, part.reason, part.hint, part.kind is not None)
        for field, (name, part) in parts.items()
        if isinstance(part, Unread) and field not in desired.ignore
    )
