"""Deployments of a repository, and how they went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.sandbox.account_shapes import node_id, simple_user
from envsync.sandbox.exchange import Reply, not_found
from envsync.sandbox.paging import page_of

if TYPE_CHECKING:
    from envsync.sandbox.account_shapes import Shape
    from envsync.sandbox.call import Call
    from envsync.sandbox.deployment_state import Deployment, DeploymentStatus

_TASK = "deploy"


def list_all(call: Call) -> Reply:
    """The newest first."""
    found = [one for one in reversed(call.repository.deployments.values()) if _is_wanted(call, one)]
    chunk, headers = page_of(call, found)
    return Reply(200, [_shape(call, one) for one in chunk], headers)


def statuses(call: Call) -> Reply:
    """The newest first."""
    one = call.repository.deployments.get(call.number("deployment_id"))
    if one is None:
        raise not_found()
    chunk, headers = page_of(call, one.statuses[::-1])
    return Reply(200, [_status(call, one, status) for status in chunk], headers)


def _is_wanted(call: Call, one: Deployment) -> bool:
    wanted = (call.query.get(name) for name in ("sha", "ref", "task", "environment"))
    sha, ref, task, environment = (None if text == "none" else text for text in wanted)  # as good as not asked
    return (
        sha in (None, one.sha)
        and ref in (None, one.ref)
        and task in (None, _TASK)
        and (environment is None or environment.casefold() == one.environment.casefold())
    )


def _shape(call: Call, one: Deployment) -> Shape:
    api = f"{call.api}/repos/{call.repository.full_name}"
    creator = call.state.account(one.creator)
    return {
        "url": f"{api}/deployments/{one.id}",
        "id": one.id,
        "node_id": node_id("DE", one.id),
        "task": _TASK,
        "original_environment": one.environment,
        "environment": one.environment,
        "description": None,
        "created_at": one.created_at,
        "updated_at": one.statuses[-1].created_at if one.statuses else one.created_at,
        "statuses_url": f"{api}/deployments/{one.id}/statuses",
        "repository_url": api,
        "creator": simple_user(call, creator) if creator is not None else None,
        "sha": one.sha,
        "ref": one.ref,
        "payload": {},
        "transient_environment": False,
        "production_environment": one.environment.casefold() == "production",
        "performed_via_github_app": None,
    }


def _status(call: Call, one: Deployment, status: DeploymentStatus) -> Shape:
    shape = _shape(call, one)
    page = f"{call.site}/{call.repository.full_name}/deployments"
    return {
        "url": f"{shape['url']}/statuses/{status.id}",
        "id": status.id,
        "node_id": node_id("DES", status.id),
        "state": status.state,
        "creator": shape["creator"],
        "description": "",
        "environment": one.environment,
        "target_url": page,
        "created_at": status.created_at,
        "updated_at": status.created_at,
        "deployment_url": shape["url"],
        "repository_url": shape["repository_url"],
        "log_url": page,
        "performed_via_github_app": None,
    }
