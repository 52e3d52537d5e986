"""What an environment shall be in the end, once what somebody else owns is left to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envsync.model import Field, RefPolicy, Settings, Unread, reviewer_key
from envsync.plan.strictness import OPEN, Protection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envsync.model import DesiredEnvironment, LiveEnvironment, LiveSecret, LiveVariable, Reviewer


@dataclass(frozen=True, slots=True)
class Goal:
    """`unmet` says why what the file requires of the settings cannot be made; None: it can."""

    protection: Protection
    unmet: str | None = None


def variables_of(live: LiveEnvironment | None) -> Mapping[str, LiveVariable]:
    """None, too, where they were not read: for what only looks at those that are known."""
    return {} if live is None or isinstance(live.variables, Unread) else live.variables


def secrets_of(live: LiveEnvironment | None) -> Mapping[str, LiveSecret]:
    """As `variables_of`."""
    return {} if live is None or isinstance(live.secrets, Unread) else live.secrets


def protection_of(live: LiveEnvironment | None) -> Protection:
    """What protects an environment now. A part that was not read counts as having nothing in it: see `goal`."""
    if live is None:
        return OPEN
    return Protection(
        settings=live.settings,
        patterns=frozenset(() if isinstance(live.patterns, Unread) else (each.pattern for each in live.patterns)),
        rules=frozenset(
            () if isinstance(live.protection_rules, Unread) else (each.app for each in live.protection_rules)
        ),
    )


def goal(desired: DesiredEnvironment, live: LiveEnvironment | None) -> Goal:
    """The protection to reach: the file's, with what is ignored or was not read kept as it is."""
    now = protection_of(live)
    wanted = _keep_ignored(desired, now.settings)
    unmet = None
    if wanted.prevent_self_review and not wanted.required_reviewers:
        # Only with `ignore: [required_reviewers]`: GitHub refuses it without a reviewer.
        if Field.PREVENT_SELF_REVIEW not in desired.ignore:
            unmet = "GitHub prevents self-review only where there is a required reviewer, and there is none"
        wanted = replace(wanted, prevent_self_review=False)
    keep_refs = Field.DEPLOYMENT_BRANCH_POLICY in desired.ignore
    keep_patterns = keep_refs or (live is not None and isinstance(live.patterns, Unread))
    keep_rules = Field.DEPLOYMENT_PROTECTION_RULES in desired.ignore or (
        live is not None and isinstance(live.protection_rules, Unread)
    )
    patterns = now.patterns if keep_patterns else desired.patterns
    if wanted.deployment_branch_policy is not RefPolicy.SELECTED:
        patterns = frozenset()
    rules = now.rules if keep_rules else _slugs_as_on_github(desired.protection_rules, now.rules)
    return Goal(Protection(wanted, patterns, rules), unmet)


def _keep_ignored(desired: DesiredEnvironment, live: Settings) -> Settings:
    wanted, ignore = desired.settings, desired.ignore
    policy = Field.DEPLOYMENT_BRANCH_POLICY
    return Settings(
        required_reviewers=live.required_reviewers
        if Field.REQUIRED_REVIEWERS in ignore
        else _as_spelt_on_github(wanted.required_reviewers, live.required_reviewers),
        wait_timer=(live if Field.WAIT_TIMER in ignore else wanted).wait_timer,
        prevent_self_review=(live if Field.PREVENT_SELF_REVIEW in ignore else wanted).prevent_self_review,
        can_admins_bypass=(live if Field.CAN_ADMINS_BYPASS in ignore else wanted).can_admins_bypass,
        deployment_branch_policy=(live if policy in ignore else wanted).deployment_branch_policy,
    )


def _as_spelt_on_github(wanted: Iterable[Reviewer], live: Iterable[Reviewer]) -> tuple[Reviewer, ...]:
    """A reviewer that is there already is the same in any case, and needs no look-up."""
    there = {reviewer_key(reviewer): reviewer for reviewer in live}
    found = [there.get(reviewer_key(reviewer), reviewer) for reviewer in wanted]
    return tuple(sorted(found, key=reviewer_key))


def _slugs_as_on_github(wanted: Iterable[str], live: Iterable[str]) -> frozenset[str]:
    there = {slug.casefold(): slug for slug in live}
    return frozenset(there.get(slug.casefold(), slug) for slug in wanted)
