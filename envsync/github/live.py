"""What does GitHub's JSON say of an environment? Whatever the order, and whatever else stands in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from envsync.model import (
    LiveEnvironment,
    LivePattern,
    LiveRule,
    LiveSecret,
    LiveVariable,
    Pattern,
    RefPolicy,
    RefType,
    Reviewer,
    Settings,
    Team,
    UnknownReviewer,
    User,
    reviewer_key,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.github.part import Part

_TEAM_URL = re.compile(r"/orgs/([^/]+)/teams/")


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the rules inside `protection_rules` come to; a rule that is not there is at its default."""

    wait_timer: int = 0
    prevent_self_review: bool = False
    reviewers: Mapping[Reviewer, int] = field(default_factory=dict)  # with GitHub's ids


def environment(part: Part, *, owner: str) -> LiveEnvironment:
    """Name, id and settings. The caller reads patterns, rules, variables and secrets, which stand elsewhere."""
    rules = _rules(part, owner)
    return LiveEnvironment(
        name=part.member("name").text(),
        id=part.member("id").integer(),
        settings=Settings(
            required_reviewers=tuple(sorted(rules.reviewers, key=reviewer_key)),
            wait_timer=rules.wait_timer,
            prevent_self_review=rules.prevent_self_review,
            can_admins_bypass=_flag(part, "can_admins_bypass", default=True),
            deployment_branch_policy=_branch_policy(part.member("deployment_branch_policy")),
        ),
        reviewer_ids={reviewer_key(reviewer): id_ for reviewer, id_ in rules.reviewers.items()},
    )


def created_at(part: Part) -> str | None:
    """None where the server does not say."""
    moment = part.optional("created_at")
    return None if moment is None or moment.is_null else moment.text()


def pattern(part: Part) -> LivePattern:
    """Servers from before tag patterns give no `type`: theirs are all of branches."""
    kind = part.optional("type")
    if kind is None:
        ref_type = RefType.BRANCH
    elif kind.text() in set(RefType):
        ref_type = RefType(kind.text())
    else:
        raise kind.unexpected("it should be branch or tag")
    return LivePattern(part.member("id").integer(), Pattern(ref_type, part.member("name").text()))


def rule(part: Part) -> LiveRule:
    app = part.member("app").member("slug").text()
    return LiveRule(part.member("id").integer(), app, enabled=part.member("enabled").flag())


def variable(part: Part) -> LiveVariable:
    name, value, updated = (part.member(key).text() for key in ("name", "value", "updated_at"))
    return LiveVariable(name.upper(), value, updated)


def secret(part: Part) -> LiveSecret:
    name, created, updated = (part.member(key).text() for key in ("name", "created_at", "updated_at"))
    return LiveSecret(name.upper(), created, updated)


def _rules(part: Part, owner: str) -> _Rules:
    """Timer, reviewers and self-review. What the rule `branch_policy` says stands elsewhere, in more detail."""
    wait_timer, prevent_self_review, reviewers = 0, False, dict[Reviewer, int]()
    listed = part.optional("protection_rules")
    for item in () if listed is None else listed.items():
        match item.member("type").text():
            case "wait_timer":
                wait_timer = item.member("wait_timer").integer()
            case "required_reviewers":
                prevent_self_review = _flag(item, "prevent_self_review", default=False)
                reviewers |= dict(_reviewer(reviewer, owner) for reviewer in item.member("reviewers").items())
            case _:
                pass
    return _Rules(wait_timer, prevent_self_review, reviewers)


def _flag(part: Part, key: str, *, default: bool) -> bool:
    """Older Enterprise Servers leave out what they do not know, and behave as the default says."""
    member = part.optional(key)
    return default if member is None else member.flag()


def _branch_policy(part: Part) -> RefPolicy:
    if part.is_null:
        return RefPolicy.ALL
    protected, custom = part.member("protected_branches").flag(), part.member("custom_branch_policies").flag()
    if protected == custom:
        raise part.unexpected("protected_branches and custom_branch_policies should differ")
    return RefPolicy.PROTECTED if protected else RefPolicy.SELECTED


def _reviewer(part: Part, owner: str) -> tuple[Reviewer, int]:
    kind, who = part.member("type").text(), part.member("reviewer")
    number = who.member("id").integer()
    match kind:
        case "User":
            return User(who.member("login").text()), number
        case "Team":
            return Team(_organization(who) or owner, who.member("slug").text()), number
        case _:
            named = (who.optional(key) for key in ("slug", "login", "name"))
            return UnknownReviewer(
                kind, next((name.text() for name in named if name is not None), str(number))
            ), number


def _organization(team: Part) -> str | None:
    """The team's own: an environment's JSON does not name it but in the addresses. The API's may go by number."""
    for key in ("html_url", "url"):
        address = team.optional(key)
        found = None if address is None or address.is_null else _TEAM_URL.search(address.text())
        if found is not None:
            return unquote(found[1])
    return None
