"""A fingerprint of what a plan was based on, so that two plans can be told to be about the same state."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from envsync.model import Unread, reviewer_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envsync.model import DesiredRepository, LiveEnvironment, LiveRepository


def base_digest(digests: Mapping[str, str]) -> str:
    """SHA-256 (hex) over those of repositories, by name, whatever their order."""
    return _digest(digests)


def repository_digest(
    desired: DesiredRepository, live: LiveRepository | Unread, holds: Callable[[str], bool]
) -> str:
    """SHA-256 (hex) over what was read of the declared environments, with the names of the others beside them.

    Settings, patterns, rules, variables, and the names and dates of secrets: what GitHub shows, so no secret.
    """
    return _digest(_repository(live, desired, holds))


def _digest(state: object) -> str:
    text = json.dumps(state, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _repository(live: LiveRepository | Unread, desired: DesiredRepository, holds: Callable[[str], bool]) -> object:
    if isinstance(live, Unread):
        return None
    declared = {each.name.casefold() for each in desired.environments if holds(each.name)}
    return {
        "name": str(live.name),
        "environments": [name for name in sorted(live.environment_names) if holds(name)],
        "details": {key: _environment(each) for key, each in live.environments.items() if key in declared},
    }


def _environment(live: LiveEnvironment) -> object:
    settings = live.settings
    return {
        "id": live.id,
        "reviewers": [str(each) for each in sorted(settings.required_reviewers, key=reviewer_key)],
        "wait_timer": settings.wait_timer,
        "prevent_self_review": settings.prevent_self_review,
        "can_admins_bypass": settings.can_admins_bypass,
        "deployment_branch_policy": settings.deployment_branch_policy.value,
        "patterns": None
        if isinstance(live.patterns, Unread)
        else sorted([each.pattern.type.value, each.pattern.name] for each in live.patterns),
        "protection_rules": None
        if isinstance(live.protection_rules, Unread)
        else sorted(each.app for each in live.protection_rules),
        "variables": None
        if isinstance(live.variables, Unread)
        else {name: each.value for name, each in live.variables.items()},
        "secrets": None
        if isinstance(live.secrets, Unread)
        else {name: each.updated_at for name, each in live.secrets.items()},
    }
