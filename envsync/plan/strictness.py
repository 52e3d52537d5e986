"""Who can get a deployment through: whether a change of an environment lets in somebody who was kept out.

Judged in six dimensions, each on its own. GitHub asks for the approval of any one required reviewer, so each
further reviewer makes an environment weaker, and none at all makes it weakest. `protected` and a list of patterns
cannot be compared: going from one to the other counts as weaker.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never, cast

from envsync.model import Field, Pattern, RefPolicy, Settings, User, reviewer_key
from envsync.plan.changes import (
    EnvironmentCreate,
    EnvironmentDelete,
    FieldChange,
    PatternCreate,
    PatternDelete,
    PatternRename,
    Release,
    Risk,
    RuleCreate,
    RuleDelete,
    SecretCreate,
    SecretDelete,
    SecretUpdate,
    SettingsUpdate,
    VariableCreate,
    VariableDelete,
    VariableUpdate,
    Verdict,
)
from envsync.plan.patterns import covers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envsync.plan.changes import Change, FieldValue


class Dimension(StrEnum):
    REVIEWERS = "reviewers"
    TIMER = "timer"
    SELF_REVIEW = "self-review"
    BYPASS = "bypass"
    REFS = "refs"
    RULES = "rules"


DIMENSIONS = {
    Field.REQUIRED_REVIEWERS: Dimension.REVIEWERS,
    Field.WAIT_TIMER: Dimension.TIMER,
    Field.PREVENT_SELF_REVIEW: Dimension.SELF_REVIEW,
    Field.CAN_ADMINS_BYPASS: Dimension.BYPASS,
    Field.DEPLOYMENT_BRANCH_POLICY: Dimension.REFS,
    Field.DEPLOYMENT_PROTECTION_RULES: Dimension.RULES,
}


@dataclass(frozen=True, slots=True)
class Protection:
    """Everything about an environment that keeps a deployment from going through."""

    settings: Settings = field(default_factory=Settings)
    patterns: frozenset[Pattern] = frozenset()
    rules: frozenset[str] = frozenset()


OPEN = Protection()  # what GitHub makes of an environment that a workflow names and nobody configured

NEUTRAL = Verdict(Risk.NEUTRAL, "who can deploy stays the same")


def judge(before: Protection, after: Protection) -> dict[Dimension, Verdict]:
    """The verdict on each dimension; one that does not change is neutral."""
    return {
        Dimension.REVIEWERS: _reviewers(before.settings, after.settings),
        Dimension.TIMER: _timer(before.settings.wait_timer, after.settings.wait_timer),
        Dimension.SELF_REVIEW: _self_review(before.settings, after.settings),
        Dimension.BYPASS: _bypass(before.settings, after.settings),
        Dimension.REFS: _refs(before, after),
        Dimension.RULES: _rules(before.rules, after.rules),
    }


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """One verdict for several dimensions: the gravest risk, and the reasons for it."""
    kept = list(verdicts)
    risk = max((verdict.risk for verdict in kept), key=lambda each: each.rank, default=Risk.NEUTRAL)
    if risk is Risk.NEUTRAL:
        return NEUTRAL
    return Verdict(risk, "; ".join(verdict.reason for verdict in kept if verdict.risk is risk))


def weakened(change: Change, patterns: frozenset[Pattern]) -> frozenset[Dimension]:
    """The dimensions in which a change weakens: at least one where that is its risk, else none.

    `patterns`: those that its environment gets, for they tell whom a list of patterns lets through.
    """
    if change.verdict.risk is not Risk.WEAKENS:
        return frozenset()
    match change:
        case PatternCreate() | PatternRename() | PatternDelete():
            return frozenset({Dimension.REFS})
        case RuleCreate() | RuleDelete():
            return frozenset({Dimension.RULES})
        case SettingsUpdate():
            before = _settings({field.name: field.before for field in change.fields})
            after = _settings({field.name: field.after for field in change.fields})
            verdicts = judge(Protection(before), Protection(after, patterns))
            found = frozenset(each for each, verdict in verdicts.items() if verdict.risk is Risk.WEAKENS)
            return found or frozenset(Dimension)
        case Release(_, _, FieldChange(_, tuple(before), tuple(after))):
            return frozenset(DIMENSIONS[Field(name)] for name in after if name not in before)
        case (
            Release()
            | EnvironmentCreate()
            | EnvironmentDelete()
            | VariableCreate()
            | VariableUpdate()
            | VariableDelete()
            | SecretCreate()
            | SecretUpdate()
            | SecretDelete()
        ):
            return frozenset(Dimension)  # no single dimension explains it
        case _:
            assert_never(change)


def _settings(fields: Mapping[str, FieldValue]) -> Settings:
    """Settings that have these fields; the others are at their defaults, the same before and after."""
    names = cast("tuple[str, ...]", fields.get(Field.REQUIRED_REVIEWERS, ()))
    return Settings(
        required_reviewers=tuple(map(User, names)),  # a team's name is another text than any login
        wait_timer=cast("int", fields.get(Field.WAIT_TIMER, 0)),
        prevent_self_review=bool(fields.get(Field.PREVENT_SELF_REVIEW)),
        can_admins_bypass=bool(fields.get(Field.CAN_ADMINS_BYPASS)),
        deployment_branch_policy=RefPolicy(cast("str", fields.get(Field.DEPLOYMENT_BRANCH_POLICY, RefPolicy.ALL))),
    )


def _names(names: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, names)))


def _reviewers(before: Settings, after: Settings) -> Verdict:
    old = {reviewer_key(reviewer): reviewer for reviewer in before.required_reviewers}
    new = {reviewer_key(reviewer): reviewer for reviewer in after.required_reviewers}
    if old.keys() == new.keys():
        return NEUTRAL
    if not new:
        return Verdict(Risk.WEAKENS, "nobody has to approve any more")
    if not old:
        return Verdict(Risk.TIGHTENS, f"needs the approval of {_names(new.values())}")
    added = [new[key] for key in new.keys() - old.keys()]
    if added:
        return Verdict(Risk.WEAKENS, f"{_names(added)} can approve")
    return Verdict(Risk.TIGHTENS, f"{_names(old[key] for key in old.keys() - new.keys())} can no longer approve")


def _timer(before: int, after: int) -> Verdict:
    if after == before:
        return NEUTRAL
    risk = Risk.WEAKENS if after < before else Risk.TIGHTENS
    return Verdict(risk, f"deployments wait {after} minutes instead of {before}")


def _self_review(before: Settings, after: Settings) -> Verdict:
    if before.prevent_self_review == after.prevent_self_review:
        return NEUTRAL
    if after.prevent_self_review:
        return Verdict(Risk.TIGHTENS, "nobody can approve a deployment of their own")
    return Verdict(Risk.WEAKENS, "reviewers can approve their own deployments")


def _bypass(before: Settings, after: Settings) -> Verdict:
    if before.can_admins_bypass == after.can_admins_bypass:
        return NEUTRAL
    if after.can_admins_bypass:
        return Verdict(Risk.WEAKENS, "administrators can bypass the rules")
    return Verdict(Risk.TIGHTENS, "administrators can no longer bypass the rules")


def _refs(before: Protection, after: Protection) -> Verdict:
    old, new = before.settings.deployment_branch_policy, after.settings.deployment_branch_policy
    match old, new:
        case RefPolicy.SELECTED, RefPolicy.SELECTED:
            return _patterns(before.patterns, after.patterns)
        case _ if old is new:
            return NEUTRAL
        case _, RefPolicy.SELECTED if not after.patterns:
            return Verdict(Risk.TIGHTENS, "nothing can deploy")
        case RefPolicy.ALL, _:
            return Verdict(Risk.TIGHTENS, f"only {_refs_in_words(after)} can deploy")
        case _:
            return Verdict(Risk.WEAKENS, f"{_refs_in_words(after)} can deploy")


def _refs_in_words(protection: Protection) -> str:
    match protection.settings.deployment_branch_policy:
        case RefPolicy.ALL:
            return "every branch and tag"
        case RefPolicy.PROTECTED:
            return "protected branches"
        case RefPolicy.SELECTED:
            return _patterns_in_words(protection.patterns)
        case _:
            assert_never(protection.settings.deployment_branch_policy)


def _patterns_in_words(patterns: Iterable[Pattern]) -> str:
    return ", ".join(f"{pattern.type} {pattern.name}" for pattern in sorted(patterns))


def _patterns(before: frozenset[Pattern], after: frozenset[Pattern]) -> Verdict:
    if let_in := _uncovered(after, before):
        return Verdict(Risk.WEAKENS, f"{_patterns_in_words(let_in)} can deploy")
    if kept_out := _uncovered(before, after):
        return Verdict(Risk.TIGHTENS, f"{_patterns_in_words(kept_out)} can no longer deploy")
    return NEUTRAL


def _uncovered(patterns: frozenset[Pattern], by: frozenset[Pattern]) -> list[Pattern]:
    """Those that match something which no single one of `by` is sure to match."""
    return [
        pattern
        for pattern in sorted(patterns - by)
        if not any(wide.type is pattern.type and covers(wide.name, pattern.name) for wide in by)
    ]


def _rules(before: frozenset[str], after: frozenset[str]) -> Verdict:
    if before == after:
        return NEUTRAL
    if dropped := before - after:
        return Verdict(Risk.WEAKENS, f"{_names(dropped)} no longer has to agree")
    return Verdict(Risk.TIGHTENS, f"{_names(after - before)} has to agree")
