"""Comments on issues and on pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from envsync.sandbox.call import body_object, text_in
from envsync.sandbox.exchange import Reply, not_found, validation_failed
from envsync.sandbox.issue_shapes import comment_shape
from envsync.sandbox.issue_state import Comment
from envsync.sandbox.issues import check_issue, check_length, issue_of
from envsync.sandbox.paging import page_of

if TYPE_CHECKING:
    from envsync.sandbox.call import Call
    from envsync.sandbox.issue_state import Issue

_RESOURCE = "IssueComment"


def list_all(call: Call) -> Reply:
    """Oldest first."""
    issue = issue_of(call)
    since = call.query.get("since", "")
    found = [one for one in issue.comments.values() if one.updated_at >= since]
    chunk, headers = page_of(call, sorted(found, key=lambda one: one.id))
    return Reply(200, [comment_shape(call, issue, one) for one in chunk], headers)


def create(call: Call) -> Reply:
    issue = issue_of(call, "write")
    comment = Comment(call.state.new_id(), call.token.login, _body(call), call.now, call.now)
    issue.comments[comment.id] = comment
    issue.updated_at = call.now
    shape = comment_shape(call, issue, comment)
    return Reply(201, shape, {"location": str(shape["url"])})


def get(call: Call) -> Reply:
    return Reply(200, comment_shape(call, *_comment(call, "read")))


def update(call: Call) -> Reply:
    issue, comment = _comment(call, "write")
    comment.body, comment.updated_at = _body(call), call.now
    issue.updated_at = call.now
    return Reply(200, comment_shape(call, issue, comment))


def delete(call: Call) -> Reply:
    issue, comment = _comment(call, "write")
    del issue.comments[comment.id]
    issue.updated_at = call.now
    return Reply(204)


def _comment(call: Call, level: Literal["read", "write"]) -> tuple[Issue, Comment]:
    number = call.number("comment")
    for issue in call.repository.issues.values():
        comment = issue.comments.get(number)
        if comment is not None:
            check_issue(call, issue, level)
            return issue, comment
    raise not_found()


def _body(call: Call) -> str:
    text = text_in(body_object(call), "body")
    if not text.strip():
        raise validation_failed(_RESOURCE, "body", "body can't be blank", "missing_field")
    return check_length(_RESOURCE, text)
