"""Which keys does a `PUT` of an environment carry?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.model import RefPolicy, Settings, Team

if TYPE_CHECKING:
    from collections.abc import Callable

    from envsync.github.call import Json
    from envsync.model import Reviewer


def environment_body(before: Settings | None, goal: Settings, id_of: Callable[[Reviewer], int]) -> dict[str, Json]:
    """A key is there if its value is, or shall be, anything but GitHub's default.

    So the outcome is the same whether GitHub keeps or resets what a `PUT` leaves out. A plan that refuses timers
    or reviewers even at their defaults is not sent them, nor an old server the keys that it does not know.
    """
    default = Settings()
    now = before or default
    full: dict[str, Json] = {
        "wait_timer": goal.wait_timer,
        # GitHub refuses it without a reviewer.
        "prevent_self_review": goal.prevent_self_review and bool(goal.required_reviewers),
        "can_admins_bypass": goal.can_admins_bypass,
        "deployment_branch_policy": _branch_policy(goal.deployment_branch_policy),
    }
    body = {
        key: value
        for key, value in full.items()
        if {getattr(goal, key), getattr(now, key)} != {getattr(default, key)}
    }
    if goal.required_reviewers or now.required_reviewers:
        body["reviewers"] = [
            {"type": "Team" if isinstance(reviewer, Team) else "User", "id": id_of(reviewer)}
            for reviewer in goal.required_reviewers
        ]
    return body


def _branch_policy(policy: RefPolicy) -> Json:
    if policy is RefPolicy.ALL:
        return None
    custom = policy is RefPolicy.SELECTED
    return {"protected_branches": not custom, "custom_branch_policies": custom}
