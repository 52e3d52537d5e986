"""The way from one protection to another on which nobody gets through whom neither of the two would let through.

Settings go down to what both allow, and up to the goal only after secrets have been written; GitHub takes them in
one request. Patterns and rules are requests of their own, so the order matters: see `way`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envsync.model import RefPolicy, Settings, reviewer_key

if TYPE_CHECKING:
    from envsync.model import Pattern, Reviewer
    from envsync.plan.strictness import Protection


@dataclass(frozen=True, slots=True)
class Way:
    """The protections that an environment passes through; each that equals the one before it costs nothing.

    `narrowed` is what it is brought down to; `handed_over` differs from it only where no reviewer stays. Secrets
    enter after that, when the environment is at least as strict as it will be. Then it goes up to the goal.
    """

    narrowed: Protection
    handed_over: Protection
    # The list would be empty for a while, which makes waiting jobs fail: new patterns come before the old ones go.
    patterns_swap: bool = False


def way(now: Protection, goal: Protection) -> Way:
    """How to get from `now` to `goal`.

    While the settings allow only what both allow, any mixture of old and new refs is safe: each of them is allowed
    by the one or the other. Where no reviewer stays, no settings can allow less than both (no reviewer at all
    would be weakest), so the refs are narrowed to common ones first, and then the new reviewers take over.
    """
    if _no_reviewer_stays(now.settings, goal.settings):
        refs = _common_refs(now, goal)
        settings = _meet(now.settings, goal.settings, now.settings.required_reviewers)
        policy = refs.settings.deployment_branch_policy
        narrowed = replace(
            now,
            settings=replace(settings, deployment_branch_policy=policy),
            patterns=refs.patterns,
            rules=now.rules | goal.rules,
        )
        taken_over = replace(narrowed.settings, required_reviewers=goal.settings.required_reviewers)
        handed_over = replace(narrowed, settings=taken_over)
        if (policy, refs.patterns) == (now.settings.deployment_branch_policy, now.patterns):
            narrowed = handed_over  # the refs stay: one request does both
        return Way(narrowed, handed_over)
    stay = _staying(now.settings, goal.settings)
    settings = _meet(now.settings, goal.settings, stay)
    if goal.settings.deployment_branch_policy is RefPolicy.ALL:
        policy, patterns = now.settings.deployment_branch_policy, now.patterns
    else:
        policy, patterns = goal.settings.deployment_branch_policy, _kept(now, goal)
    swap = policy is RefPolicy.SELECTED and not patterns and bool(goal.patterns)
    narrowed = replace(
        now,
        settings=replace(settings, deployment_branch_policy=policy),
        patterns=goal.patterns if swap else patterns,
        rules=now.rules | goal.rules,
    )
    return Way(narrowed, narrowed, swap)


def _meet(one: Settings, other: Settings, reviewers: tuple[Reviewer, ...]) -> Settings:
    prevent = one.prevent_self_review or other.prevent_self_review
    return replace(
        one,
        required_reviewers=reviewers,
        wait_timer=max(one.wait_timer, other.wait_timer),
        prevent_self_review=prevent and bool(reviewers),
        can_admins_bypass=one.can_admins_bypass and other.can_admins_bypass,
    )


def _keys(settings: Settings) -> frozenset[str]:
    return frozenset(map(reviewer_key, settings.required_reviewers))


def _no_reviewer_stays(now: Settings, goal: Settings) -> bool:
    return bool(_keys(now)) and bool(_keys(goal)) and _keys(now).isdisjoint(_keys(goal))


def _staying(now: Settings, goal: Settings) -> tuple[Reviewer, ...]:
    """Those of both; where one side has none, which lets everybody through, those of the other."""
    if not now.required_reviewers:
        return goal.required_reviewers
    if not goal.required_reviewers:
        return now.required_reviewers
    wanted = _keys(goal)
    return tuple(each for each in now.required_reviewers if reviewer_key(each) in wanted)


def _kept(now: Protection, goal: Protection) -> frozenset[Pattern]:
    """What of the goal's list is there before secrets are: old patterns that stay, and all where refs narrow."""
    if now.settings.deployment_branch_policy is RefPolicy.SELECTED:
        return now.patterns & goal.patterns
    return goal.patterns


def _common_refs(now: Protection, goal: Protection) -> Protection:
    old, new = now.settings.deployment_branch_policy, goal.settings.deployment_branch_policy
    if new is RefPolicy.ALL or (old is new and old is not RefPolicy.SELECTED):
        return now
    if old is RefPolicy.ALL:
        return goal
    # Two lists have in common at least the patterns of both; `protected` and a list nothing that is sure.
    both = now.patterns & goal.patterns
    return replace(now, settings=replace(now.settings, deployment_branch_policy=RefPolicy.SELECTED), patterns=both)
