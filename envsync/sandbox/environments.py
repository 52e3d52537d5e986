"""Environments: what a `PUT` takes, what it makes of it, and how an environment is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict
from urllib.parse import quote
from zlib import crc32

from envsync.sandbox.account_shapes import node_id, simple_user, team
from envsync.sandbox.call import brief, truth, whole_number
from envsync.sandbox.exchange import Reply, failure, invalid_request, validation_failed
from envsync.sandbox.paging import page_of
from envsync.sandbox.state import (
    Environment,
    Plan,
    PolicyMode,
    Protection,
    Reviewer,
    role_of_team,
    role_of_user,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.sandbox.account_shapes import Shape
    from envsync.sandbox.call import Call
    from envsync.sandbox.exchange import Json
    from envsync.sandbox.state import Account, RuleType, Team

_MAX_REVIEWERS = 6
_MAX_WAIT_MINUTES = 43_200
_MAX_NAME = 255
_PAID_KEYS = frozenset({"wait_timer", "reviewers", "prevent_self_review"})


class _Asked(TypedDict, total=False):
    """What a body asks for; what it does not mention is not in here."""

    wait_timer: int
    prevent_self_review: bool
    reviewers: list[Reviewer]
    deployment_branch_policy: PolicyMode
    can_admins_bypass: bool


def list_all(call: Call) -> Reply:
    everything = list(call.environments.values())
    chunk, headers = page_of(call, everything)
    shapes = [environment_shape(call, one) for one in chunk]
    return Reply(200, {"total_count": len(everything), "environments": shapes}, headers)


def get(call: Call) -> Reply:
    return Reply(200, environment_shape(call, call.environment))


def delete(call: Call) -> Reply:
    del call.environments[call.environment.name.casefold()]
    return Reply(204)


def is_new(call: Call) -> bool:
    return call.names["environment"].casefold() not in call.environments


def put(call: Call) -> Reply:
    name = call.names["environment"]
    if len(name) > _MAX_NAME:
        raise validation_failed("Environment", "name", f"name is too long (maximum is {_MAX_NAME} characters)")
    asked = _asked(call)
    existing = call.environments.get(name.casefold())
    if _PAID_KEYS & asked.keys() and call.repository.private and call.owner.plan is not Plan.ENTERPRISE:
        if existing is None:
            _create(call, name)  # it is left behind, bare
        raise failure(
            422,
            "Failed to create the environment protection rule. "
            "Please ensure the billing plan supports the required reviewers protection rule.",
        )
    start = existing.protection if existing and call.options.omitted_keys == "keep" else Protection()
    reviewers = asked.get("reviewers", start.reviewers)
    if asked.get("prevent_self_review") and not reviewers:
        raise validation_failed(
            "Environment", "prevent_self_review", "prevent_self_review can only be enabled with required reviewers"
        )
    reviewers = [one for one in reviewers if _has_access(call, one)]
    environment = existing or _create(call, name)
    environment.protection = Protection(
        wait_timer=asked.get("wait_timer", start.wait_timer),
        reviewers=reviewers,
        prevent_self_review=bool(reviewers) and asked.get("prevent_self_review", start.prevent_self_review),
        can_admins_bypass=asked.get("can_admins_bypass", start.can_admins_bypass),
        policy=asked.get("deployment_branch_policy", start.policy),
    )
    _follow_up(call, environment)
    return Reply(200, environment_shape(call, environment))


def _create(call: Call, name: str) -> Environment:
    environment = Environment(call.state.new_id(), name, created_at=call.now, updated_at=call.now)
    call.environments[name.casefold()] = environment
    return environment


def _follow_up(call: Call, environment: Environment) -> None:
    """What a change of the protection entails: rules come and go, and with custom mode its patterns."""
    environment.revision += 1
    if environment.protection.policy is not PolicyMode.CUSTOM:
        environment.patterns.clear()
    present = _rules_of(environment.protection)
    for gone in [kind for kind in environment.rule_ids if kind not in present]:
        del environment.rule_ids[gone]
    for kind in present:
        if kind not in environment.rule_ids:
            environment.rule_ids[kind] = call.state.new_id()


def _rules_of(protection: Protection) -> list[RuleType]:
    rules: list[RuleType] = []
    if protection.wait_timer:
        rules.append("wait_timer")
    if protection.reviewers:
        rules.append("required_reviewers")
    if protection.policy is not PolicyMode.ALL:
        rules.append("branch_policy")
    return rules


# --- what a body asks for ----------------------------------------------------------------------------------


def _asked(call: Call) -> _Asked:
    body = {} if call.body is None else call.body
    if not isinstance(body, dict):
        raise invalid_request("The request body must be an object.")
    for key in sorted(call.options.refuse_keys & body.keys()):
        raise invalid_request(f'"{key}" is not a permitted key.')
    asked = _Asked()
    if "wait_timer" in body:
        asked["wait_timer"] = _wait_timer(body["wait_timer"])
    if "prevent_self_review" in body:
        asked["prevent_self_review"] = truth(body["prevent_self_review"], "properties/prevent_self_review")
    if "reviewers" in body:
        asked["reviewers"] = _reviewers(body["reviewers"])
    if "deployment_branch_policy" in body:
        asked["deployment_branch_policy"] = _policy(body["deployment_branch_policy"])
    if "can_admins_bypass" in body:
        asked["can_admins_bypass"] = truth(body["can_admins_bypass"], "properties/can_admins_bypass")
    return asked


def _wait_timer(value: object) -> int:
    minutes = whole_number(value, "properties/wait_timer")
    if minutes < 0:
        raise invalid_request(f"For 'properties/wait_timer', {minutes} is not greater than or equal to 0.")
    if minutes > _MAX_WAIT_MINUTES:
        raise invalid_request(
            f"For 'properties/wait_timer', {minutes} is not less than or equal to {_MAX_WAIT_MINUTES}."
        )
    return minutes


def _reviewers(value: object) -> list[Reviewer]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid_request(f"For 'properties/reviewers', {brief(value)} is not an array.")
    reviewers: dict[Reviewer, None] = {}
    for index, item in enumerate(value):
        where = f"properties/reviewers/items/{index}"
        if not isinstance(item, dict):
            raise invalid_request(f"For '{where}', {brief(item)} is not an object.")
        number = whole_number(item.get("id"), f"{where}/id")
        match item.get("type"):
            case "User" | "Team" as kind:
                reviewers[Reviewer(kind, number)] = None
            case other:
                raise invalid_request(f"For '{where}/type', {brief(other)} is neither User nor Team.")
    if len(reviewers) > _MAX_REVIEWERS:
        raise validation_failed("Environment", "reviewers", f"at most {_MAX_REVIEWERS} reviewers can be required")
    return list(reviewers)


def _policy(value: object) -> PolicyMode:
    where = "properties/deployment_branch_policy"
    if value is None:
        return PolicyMode.ALL
    if not isinstance(value, dict):
        raise invalid_request(f"For '{where}', {brief(value)} is not an object.")
    protected = truth(value.get("protected_branches"), f"{where}/protected_branches")
    custom = truth(value.get("custom_branch_policies"), f"{where}/custom_branch_policies")
    if protected == custom:
        raise validation_failed(
            "Environment",
            "deployment_branch_policy",
            "custom_branch_policies and protected_branches cannot have the same value",
        )
    return PolicyMode.PROTECTED if protected else PolicyMode.CUSTOM


# --- reviewers ---------------------------------------------------------------------------------------------


def _user(call: Call, reviewer: Reviewer) -> Account | None:
    accounts = call.state.accounts.values()
    return next((one for one in accounts if one.id == reviewer.id and one.type == "User"), None)


def _team(call: Call, reviewer: Reviewer) -> Team | None:
    return next((one for one in call.state.teams.values() if one.id == reviewer.id), None)


def _has_access(call: Call, reviewer: Reviewer) -> bool:
    """Those without are dropped in silence (reported by users of several tools)."""
    if reviewer.type == "User":
        user = _user(call, reviewer)
        return user is not None and role_of_user(call.state, call.repository, user.login) is not None
    one = _team(call, reviewer)
    return one is not None and role_of_team(call.repository, one) is not None


# --- how an environment is shown ---------------------------------------------------------------------------


def environment_shape(call: Call, environment: Environment) -> Shape:
    repository, protection = call.repository.full_name, environment.protection
    shape: Shape = {
        "id": environment.id,
        "node_id": node_id("EN", environment.id),
        "name": environment.name,
        # A slash in the name is not encoded here, so that the URL leads nowhere.
        "url": f"{call.api}/repos/{repository}/environments/{quote(environment.name)}",
        "html_url": f"{call.site}/{repository}/deployments/activity_log"
        f"?environments_filter={quote(environment.name, safe='')}",
        "created_at": environment.created_at,
        "updated_at": environment.updated_at,
        "can_admins_bypass": protection.can_admins_bypass,
        "protection_rules": _rule_shapes(call, environment),
        "deployment_branch_policy": None
        if protection.policy is PolicyMode.ALL
        else {
            "protected_branches": protection.policy is PolicyMode.PROTECTED,
            "custom_branch_policies": protection.policy is PolicyMode.CUSTOM,
        },
    }
    if "can_admins_bypass" in call.options.refuse_keys:
        del shape["can_admins_bypass"]
    return shape


def _rule_shapes(call: Call, environment: Environment) -> list[Mapping[str, Json]]:
    """In an order that nobody can rely on, yet the same until the next `PUT`, as the ETag demands."""

    def order(kind: RuleType) -> int:
        return crc32(f"{environment.id}/{environment.revision}/{kind}".encode())

    return [_rule_shape(call, environment, kind) for kind in sorted(_rules_of(environment.protection), key=order)]


def _rule_shape(call: Call, environment: Environment, kind: RuleType) -> Shape:
    # A test that writes to the state does not allot ids.
    number = environment.rule_ids.get(kind, environment.id)
    shape: Shape = {"id": number, "node_id": node_id("GA", number), "type": kind}
    if kind == "wait_timer":
        shape["wait_timer"] = environment.protection.wait_timer
    if kind == "required_reviewers":
        if "prevent_self_review" not in call.options.refuse_keys:
            shape["prevent_self_review"] = environment.protection.prevent_self_review
        shape["reviewers"] = _reviewer_shapes(call, environment)
    return shape


def _reviewer_shapes(call: Call, environment: Environment) -> list[Mapping[str, Json]]:
    shapes: list[Mapping[str, Json]] = []
    for reviewer in environment.protection.reviewers:
        if reviewer.type == "User":
            user = _user(call, reviewer)
            if user is not None:
                shapes.append({"type": "User", "reviewer": simple_user(call, user)})
        else:
            one = _team(call, reviewer)
            if one is not None:
                shapes.append({"type": "Team", "reviewer": team(call, one)})
    return shapes
