"""Issues; pull requests are among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from envsync.sandbox.call import body_object, brief, text_in
from envsync.sandbox.exchange import Reply, failure, invalid_request, not_found, validation_failed
from envsync.sandbox.issue_shapes import issue_shape
from envsync.sandbox.issue_state import StateReason
from envsync.sandbox.labels import keys_of, label_shapes
from envsync.sandbox.paging import page_of
from envsync.sandbox.permissions import Needs, not_accessible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.sandbox.call import Call
    from envsync.sandbox.issue_state import Issue, IssueState

MAX_BODY = 65_536  # characters

_RESOURCE = "Issue"
_MAX_TITLE = 256
_STATES = ("open", "closed", "all")


def list_all(call: Call) -> Reply:
    _check_enabled(call)
    found = [one for one in call.repository.issues.values() if _is_wanted(call, one)]
    match call.query.get("sort"):
        case "updated":
            found.sort(key=lambda one: (one.updated_at, one.number))
        case "comments":
            found.sort(key=lambda one: (len(one.comments), one.number))
        case _:
            found.sort(key=lambda one: one.number)
    if call.query.get("direction") != "asc":
        found.reverse()
    chunk, headers = page_of(call, found)
    return Reply(200, [issue_shape(call, one) for one in chunk], headers)


def create(call: Call) -> Reply:
    _check_enabled(call)
    body = body_object(call)
    title, text = _title(body), _text(body)
    labels = keys_of(call, body["labels"]) if body.get("labels") is not None else []
    issue = call.state.new_issue(call.repository, title, call.token.login, call.now)
    issue.body, issue.labels = text, labels
    shape = issue_shape(call, issue)
    return Reply(201, shape, {"location": str(shape["url"])})


def get(call: Call) -> Reply:
    return Reply(200, issue_shape(call, issue_of(call)))


def update(call: Call) -> Reply:
    issue = issue_of(call, "write")
    body = {} if call.body is None else body_object(call)
    title = _title(body) if body.get("title") is not None else issue.title
    text = _text(body) if "body" in body else issue.body
    state, reason = _state(body)
    if body.get("labels") is not None:
        issue.labels = keys_of(call, body["labels"])
    issue.title, issue.body, issue.updated_at = title, text, call.now
    _turn(call, issue, state or issue.state, reason)
    return Reply(200, issue_shape(call, issue))


def list_labels(call: Call) -> Reply:
    chunk, headers = page_of(call, label_shapes(call, issue_of(call).labels))
    return Reply(200, chunk, headers)


def add_labels(call: Call) -> Reply:
    issue = issue_of(call, "write")
    asked = call.body if isinstance(call.body, list) else body_object(call).get("labels")
    issue.labels += [key for key in keys_of(call, asked) if key not in issue.labels]
    issue.updated_at = call.now
    return Reply(200, label_shapes(call, issue.labels))


def issue_of(call: Call, level: Literal["read", "write"] = "read") -> Issue:
    found = call.repository.issues.get(call.number("issue"))
    if found is None:
        _check_enabled(call)
        raise not_found()
    check_issue(call, found, level)
    return found


def check_issue(call: Call, issue: Issue, level: Literal["read", "write"]) -> None:
    """For a pull request its own permission does as well, and it is there without issues."""
    if issue.is_pull_request:
        return
    _check_enabled(call)
    needs = Needs("issues", level)
    if not needs.are_met_by(call.token):
        raise not_accessible(needs.header)


def check_length(resource: str, text: str) -> str:
    if len(text) > MAX_BODY:
        raise validation_failed(resource, "body", f"body is too long (maximum is {MAX_BODY} characters)")
    return text


def _check_enabled(call: Call) -> None:
    if not call.repository.has_issues:
        raise failure(410, "Issues has been disabled in this repository.")


# --- which ones are listed -----------------------------------------------------------------------------------


def _is_wanted(call: Call, issue: Issue) -> bool:
    query = call.query
    state = query.get("state", "open")
    if state not in _STATES:
        raise validation_failed(_RESOURCE, "state", f"state must be one of {', '.join(_STATES)}", "invalid")
    labels = {name.strip().casefold() for name in query.get("labels", "").split(",") if name.strip()}
    creator = query.get("creator")
    return (
        state in ("all", issue.state)
        and labels <= set(issue.labels)
        and issue.updated_at >= query.get("since", "")
        and (creator is None or creator.casefold() == issue.author.casefold())
    )


# --- what a body asks for ------------------------------------------------------------------------------------


def _title(body: Mapping[str, object]) -> str:
    title = body.get("title")
    text = str(title) if isinstance(title, int) and not isinstance(title, bool) else text_in(body, "title")
    if not text.strip():
        raise validation_failed(_RESOURCE, "title", "title can't be blank", "missing_field")
    if len(text) > _MAX_TITLE:
        raise validation_failed(_RESOURCE, "title", f"title is too long (maximum is {_MAX_TITLE} characters)")
    return text


def _text(body: Mapping[str, object]) -> str | None:
    return check_length(_RESOURCE, text_in(body, "body")) if body.get("body") is not None else None


def _state(body: Mapping[str, object]) -> tuple[IssueState | None, StateReason | None]:
    state: IssueState | None
    match body.get("state"):
        case None | "open" | "closed" as state:
            pass
        case other:
            raise invalid_request(f"For 'properties/state', {brief(other)} is neither open nor closed.")
    reason = body.get("state_reason")
    found: StateReason | None = next((one for one in get_args(StateReason) if one == reason), None)
    if reason is not None and found is None:
        raise invalid_request(f"For 'properties/state_reason', {brief(reason)} is no reason.")
    return state, found


def _turn(call: Call, issue: Issue, state: IssueState, reason: StateReason | None) -> None:
    """A reason that does not go with the state is passed over."""
    if state == "closed":
        if issue.state == "open":
            issue.state, issue.closed_at, issue.closed_by = "closed", call.now, call.token.login
            issue.state_reason = None if issue.is_pull_request else "completed"
        if reason not in (None, "reopened"):
            issue.state_reason = reason
    elif issue.state == "closed":
        issue.state, issue.closed_at, issue.closed_by = "open", None, None
        issue.state_reason = None if issue.is_pull_request else "reopened"
