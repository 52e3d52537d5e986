"""Branch and tag patterns of an environment, which exist in custom mode alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.sandbox.account_shapes import node_id
from envsync.sandbox.call import body_object, brief, text_in
from envsync.sandbox.exchange import EarlyReply, Reply, invalid_request, not_found, validation_failed
from envsync.sandbox.paging import page_of
from envsync.sandbox.state import Pattern, PolicyMode

if TYPE_CHECKING:
    from envsync.sandbox.account_shapes import Shape
    from envsync.sandbox.call import Call
    from envsync.sandbox.state import PatternType


def list_all(call: Call) -> Reply:
    patterns = list(_patterns(call).values())
    chunk, headers = page_of(call, patterns)
    return Reply(200, {"total_count": len(patterns), "branch_policies": [_shape(one) for one in chunk]}, headers)


def get(call: Call) -> Reply:
    return Reply(200, _shape(_pattern(call)))


def create(call: Call) -> Reply:
    patterns = _patterns(call)
    body = body_object(call)
    name = _name(call)
    kind: PatternType
    match body.get("type", "branch"):
        case "branch" | "tag" as kind:
            pass
        case other:
            raise invalid_request(f"For 'properties/type', {brief(other)} is neither branch nor tag.")
    twin = next((one for one in patterns.values() if (one.type, one.name) == (kind, name)), None)
    if twin is not None:
        raise EarlyReply(Reply(303, headers={"location": f"{call.api}{call.path}/{twin.id}"}))
    pattern = Pattern(call.state.new_id(), kind, name)
    patterns[pattern.id] = pattern
    return Reply(200, _shape(pattern))


def rename(call: Call) -> Reply:
    """The type stays, whatever the body says of it."""
    pattern = _pattern(call)
    name = _name(call)
    if any(
        one.id != pattern.id and (one.type, one.name) == (pattern.type, name) for one in _patterns(call).values()
    ):
        raise validation_failed("DeploymentBranchPolicy", "name", "name has already been taken")
    pattern.name = name
    return Reply(200, _shape(pattern))


def delete(call: Call) -> Reply:
    del _patterns(call)[_pattern(call).id]
    return Reply(204)


def _patterns(call: Call) -> dict[int, Pattern]:
    environment = call.environment
    if environment.protection.policy is not PolicyMode.CUSTOM:
        raise not_found()
    return environment.patterns


def _pattern(call: Call) -> Pattern:
    pattern = _patterns(call).get(call.number("pattern_id"))
    if pattern is None:
        raise not_found()
    return pattern


def _name(call: Call) -> str:
    name = text_in(body_object(call), "name")
    if not name:
        raise validation_failed("DeploymentBranchPolicy", "name", "name can't be blank")
    return name


def _shape(pattern: Pattern) -> Shape:
    return {
        "id": pattern.id,
        "node_id": node_id("GA", pattern.id),
        "name": pattern.name,
        "type": pattern.type,
    }
