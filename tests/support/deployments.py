"""Who can get what deployed, when: an independent little model of GitHub's rules, to tell promise 2 in."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from envsync.model import LiveEnvironment, Pattern, RefPolicy, RefType, Unread

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


class Attempt(NamedTuple):
    """Somebody tries to deploy a ref: `approver` approves it after `minutes`, and `apps` agree."""

    approver: str
    own: bool  # who approves it started it
    admin: bool  # and bypasses what can be bypassed
    ref: tuple[RefType, str]
    minutes: int
    apps: frozenset[str]


PEOPLE = ("ann", "bob", "acme/ops", "carol", "stranger")
REFS = (
    (RefType.BRANCH, "main"),
    (RefType.BRANCH, "main2"),
    (RefType.BRANCH, "develop"),
    (RefType.BRANCH, "release/1"),
    (RefType.TAG, "v1"),
)
PROTECTED = {(RefType.BRANCH, "main"), (RefType.BRANCH, "develop")}
APPS = (
    frozenset[str](),
    frozenset({"change-gate"}),
    frozenset({"datadog"}),
    frozenset({"change-gate", "datadog"}),
)

ATTEMPTS = tuple(
    Attempt(*values) for values in product(PEOPLE, (False, True), (False, True), REFS, (0, 5, 30, 43_200), APPS)
)


def succeeding(environment: LiveEnvironment | None) -> AbstractSet[Attempt]:
    """All attempts that get through. GitHub makes an environment that is not there, open, for whoever names it."""
    if environment is None:
        return frozenset(ATTEMPTS)
    settings = environment.settings
    assert not isinstance(environment.patterns, Unread)
    assert not isinstance(environment.protection_rules, Unread)
    return _succeeding(
        frozenset(str(each) for each in settings.required_reviewers),
        settings.wait_timer,
        settings.prevent_self_review,
        settings.can_admins_bypass,
        settings.deployment_branch_policy,
        frozenset(each.pattern for each in environment.patterns),
        frozenset(each.app for each in environment.protection_rules),
    )


@cache
def _succeeding(
    reviewers: frozenset[str],
    minutes: int,
    no_self_review: bool,  # noqa: FBT001
    bypass: bool,  # noqa: FBT001
    policy: RefPolicy,
    patterns: frozenset[Pattern],
    apps: frozenset[str],
) -> AbstractSet[Attempt]:
    refs = {ref for ref in REFS if _may_deploy(ref, policy, patterns)}

    def succeeds(attempt: Attempt) -> bool:
        if attempt.ref not in refs:
            return False
        if attempt.admin and bypass:
            return True
        approved = not reviewers or (attempt.approver in reviewers and not (no_self_review and attempt.own))
        return approved and attempt.minutes >= minutes and attempt.apps >= apps

    return frozenset(filter(succeeds, ATTEMPTS))


def _may_deploy(ref: tuple[RefType, str], policy: RefPolicy, patterns: frozenset[Pattern]) -> bool:
    match policy:
        case RefPolicy.ALL:
            return True
        case RefPolicy.PROTECTED:
            return ref in PROTECTED
        case RefPolicy.SELECTED:
            kind, name = ref
            return any(each.type is kind and _matches(each.name, name) for each in patterns)


def _matches(pattern: str, name: str) -> bool:
    """Of the patterns that the tests draw: text and `*`, which stops at a slash, also where it is doubled."""
    return re.fullmatch("[^/]*".join(map(re.escape, re.split(r"\*+", pattern))), name) is not None
