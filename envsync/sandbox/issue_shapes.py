"""Issues and comments as GitHub shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.sandbox.account_shapes import node_id, simple_user
from envsync.sandbox.labels import label_shapes
from envsync.sandbox.state import role_of_user

if TYPE_CHECKING:
    from envsync.sandbox.account_shapes import Shape
    from envsync.sandbox.call import Call
    from envsync.sandbox.issue_state import Comment, Issue

_REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def issue_shape(call: Call, issue: Issue) -> Shape:
    repository_url = f"{call.api}/repos/{call.repository.full_name}"
    url = f"{repository_url}/issues/{issue.number}"
    shape: Shape = {
        "id": issue.id,
        "node_id": node_id("PR" if issue.is_pull_request else "I", issue.id),
        "url": url,
        "repository_url": repository_url,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "timeline_url": f"{url}/timeline",
        "html_url": _page(call, issue),
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "user": _user(call, issue.author),
        "author_association": _association(call, issue.author),
        "labels": label_shapes(call, issue.labels),
        "state": issue.state,
        "state_reason": issue.state_reason,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "locked": False,
        "active_lock_reason": None,
        "comments": len(issue.comments),
        "created_at": issue.created_at,
        "updated_at": issue.updated_at,
        "closed_at": issue.closed_at,
        "closed_by": _user(call, issue.closed_by),
        "reactions": _reactions(url),
        "performed_via_github_app": None,
    }
    if issue.is_pull_request:
        page = _page(call, issue)
        shape["draft"] = False
        shape["pull_request"] = {
            "url": f"{repository_url}/pulls/{issue.number}",
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": None,
        }
    return shape


def comment_shape(call: Call, issue: Issue, comment: Comment) -> Shape:
    repository_url = f"{call.api}/repos/{call.repository.full_name}"
    url = f"{repository_url}/issues/comments/{comment.id}"
    return {
        "id": comment.id,
        "node_id": node_id("IC", comment.id),
        "url": url,
        "html_url": f"{_page(call, issue)}#issuecomment-{comment.id}",
        "issue_url": f"{repository_url}/issues/{issue.number}",
        "body": comment.body,
        "user": _user(call, comment.author),
        "author_association": _association(call, comment.author),
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "reactions": _reactions(url),
        "performed_via_github_app": None,
    }


def _page(call: Call, issue: Issue) -> str:
    kind = "pull" if issue.is_pull_request else "issues"
    return f"{call.site}/{call.repository.full_name}/{kind}/{issue.number}"


def _user(call: Call, login: str | None) -> Shape | None:
    account = call.state.account(login) if login is not None else None
    return simple_user(call, account) if account is not None else None


def _association(call: Call, login: str) -> str:
    if login.casefold() == call.repository.owner.casefold():
        return "OWNER"
    return "NONE" if role_of_user(call.state, call.repository, login) is None else "COLLABORATOR"


def _reactions(url: str) -> Shape:
    return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(_REACTIONS, 0)}
