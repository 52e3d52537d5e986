"""A request, what was answered, and both together as a test sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from envsync.sandbox.secondary import SecondaryLimits
    from envsync.sandbox.state import State

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"

DOCUMENTATION = "https://docs.github.com/rest"
SECONDARY_LIMIT = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
    "If you reach out to GitHub Support for help, please include the request ID."
)


def timestamp(moment: datetime) -> str:
    """GitHub shows whole seconds: two writes in the same one cannot be told apart."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Options:
    """How this GitHub behaves where GitHub's servers differ, or nobody knows.

    `rate_limit`: requests an hour and token, 0 for no limit, None for a server that knows no limits and says so.
    `secondary`: what it limits besides, None for nothing. By `now`, as all of these.
    `enterprise_version`: that of the Enterprise Server that this one plays; None for GitHub's own servers.
    `omitted_keys`: what a `PUT` of an environment does to what it does not mention.
    `refuse_keys`: keys of that `PUT` that an old Enterprise Server does not know.
    `stale_reads`: seconds during which a GET after a write answers as it would have before that write.
    `token_seconds`: how long the token of an App's installation lives.
    `on_secret` gets repository, environment, name and value of each secret written: the value is kept nowhere.
    """

    rate_limit: int | None = 0
    secondary: SecondaryLimits | None = None
    enterprise_version: str | None = None
    omitted_keys: Literal["keep", "reset"] = "keep"
    refuse_keys: frozenset[str] = frozenset()
    stale_reads: float = 0
    token_seconds: float = 3600
    on_secret: Callable[[str, str, str, bytes], None] | None = None
    now: Callable[[], datetime] = _utc_now


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str  # path and query, percent-encoded as they came
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint says; `None` is an empty body."""

    status: int
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes over the wire."""

    status: int
    headers: Sequence[tuple[str, str]]
    content: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, handed to an observer after the work was done and before the answer is sent.

    What was reset or left hanging is no exchange: there was neither work nor answer.
    """

    method: str
    path: str  # percent-encoded
    query: Mapping[str, str]
    request_headers: Mapping[str, str]  # names in lower case; without Authorization
    request: Json  # what could not be parsed is None
    status: int
    response_headers: Mapping[str, str]  # names in lower case
    response: Json
    fault: str | None  # the fault that made the answer, as it was specified
    state: State  # as it is now, not a copy


class EarlyReply(Exception):  # noqa: N818 - ends a request with an answer; a 303 is no error
    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def failure(status: int, message: str, headers: Mapping[str, str] | None = None) -> EarlyReply:
    body = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}
    return EarlyReply(Reply(status, body, headers or {}))


def not_found() -> EarlyReply:
    return failure(404, "Not Found")


def invalid_request(reason: str) -> EarlyReply:
    """GitHub's answer to a body that is not of the form it takes."""
    return failure(422, f"Invalid request.\n\n{reason}")


def validation_failed(resource: str, field_name: str, message: str, code: str = "custom") -> EarlyReply:
    """GitHub's answer to a body of the right form that it does not want."""
    body: Json = {
        "message": "Validation Failed",
        "errors": [{"resource": resource, "code": code, "field": field_name, "message": message}],
        "documentation_url": DOCUMENTATION,
        "status": "422",
    }
    return EarlyReply(Reply(422, body))
