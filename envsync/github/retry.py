"""Shall a request be repeated, and when? Decisions only: who waits is somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from envsync.github.call import Answer, Lost
from envsync.github.http_date import http_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.github.call import Json, Outcome

_FORBIDDEN, _REQUEST_TIMEOUT, _TOO_MANY_REQUESTS = 403, 408, 429
_SUCCESSES = range(200, 300)
_DONE = frozenset(
    {200, 201, 204}
)  # no other 2xx is documented for what envsync asks; 206 would be a part of a list
_FIRST_SERVER_ERROR = 500
_MOST_DIGITS = 12  # more than any time that GitHub can mean
_SECONDARY_WAIT = 60.0  # "wait for at least one minute": docs.github.com, rate limits for the REST API
RESET_MARGIN = 1.0  # the reset is told in whole seconds
LONGEST_WAIT = 3700.0  # seconds: an hour is the longest window of GitHub's
FAR_AWAY = timedelta(days=365)  # beyond what a date can say


@dataclass(frozen=True, slots=True)
class Policy:
    attempts: int = 5
    backoff: float = 1.0  # seconds before the second attempt, at most; doubled for each further one
    max_wait: float = 120.0  # seconds, of all pauses of one request together; for rate limits the limiter waits


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Again:
    """As soon as the limiter lets it through."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """What came of the request stands, be it success or failure."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    seconds: float  # until GitHub takes requests again
    name: str
    is_told: bool = True  # by GitHub; else it is what its documentation says to wait at least


def decide(
    outcome: Outcome, *, attempt: int, waited: float, repeatable: bool, now: float, jitter: float, policy: Policy
) -> Wait | Again | GiveUp:
    """`attempt` counts from 1; `waited` is the sum of the pauses so far; `jitter` is in [0, 1].

    What may have been done is repeated only where twice is once. A request that GitHub's limits turned away was
    not done, nor was one that never left.
    """
    if attempt >= policy.attempts:
        return GiveUp()
    limit = rate_limit(outcome, now)
    fault = broken(outcome)
    if limit is not None:
        return Again() if limit.seconds <= LONGEST_WAIT else GiveUp()
    if fault is not None and not _lasting(outcome) and (repeatable or not may_have_happened(outcome)):
        backoff = jitter * policy.backoff * 2 ** (attempt - 1)
        wait = Wait(_retry_after(outcome, now) or backoff, fault)
        return wait if waited + wait.seconds <= policy.max_wait else GiveUp()
    return GiveUp()


def broken(outcome: Outcome) -> str | None:
    """What kept the request from a proper answer, as a clause; None where it has one."""
    match outcome:
        case Lost(reason=reason):
            return reason
        case Answer(status=status) if status >= _FIRST_SERVER_ERROR or status == _REQUEST_TIMEOUT:
            return f"GitHub answered {status}"
        case Answer(status=status, whole=whole) if status in _SUCCESSES and not (whole and status in _DONE):
            return "GitHub's answer is not whole"
        case _:
            return None


def may_have_happened(outcome: Outcome) -> bool:
    """Whether GitHub may have done what was asked although no proper answer says so."""
    return outcome.sent if isinstance(outcome, Lost) else broken(outcome) is not None


def rate_limit(outcome: Outcome, now: float) -> RateLimit | None:
    """The limit that turned the request away: 403 or 429, and either headers or words that say so."""
    if isinstance(outcome, Lost) or outcome.status not in {_FORBIDDEN, _TOO_MANY_REQUESTS}:
        return None
    after = _retry_after(outcome, now)
    if after is not None:
        return RateLimit(after, "GitHub's secondary rate limit")
    if outcome.headers.get("x-ratelimit-remaining") == "0":
        reset = number(outcome.headers, "x-ratelimit-reset")
        if reset is None:
            return RateLimit(_SECONDARY_WAIT, "GitHub's hourly rate limit", is_told=False)
        left = max(reset - clock(outcome, now), 0.0) + RESET_MARGIN
        return RateLimit(left, "GitHub's hourly rate limit")
    if outcome.status == _TOO_MANY_REQUESTS or "rate limit" in _message(outcome.data).lower():
        return RateLimit(_SECONDARY_WAIT, "GitHub's secondary rate limit", is_told=False)
    return None


def clock(answer: Answer, now: float) -> float:
    """GitHub's own time where it tells it: this machine's clock may be off."""
    told = http_date(answer.headers.get("date", ""))
    return now if told is None else told


def number(headers: Mapping[str, str], name: str) -> float | None:
    text = headers.get(name, "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _lasting(outcome: Outcome) -> bool:
    return isinstance(outcome, Lost) and outcome.lasting


def _retry_after(outcome: Outcome, now: float) -> float | None:
    """Seconds, at least one; the header gives a number of them or an HTTP date."""
    if isinstance(outcome, Lost) or "retry-after" not in outcome.headers:
        return None
    seconds = number(outcome.headers, "retry-after")
    if seconds is None:
        until = http_date(outcome.headers["retry-after"])
        if until is None:
            return None
        seconds = until - clock(outcome, now)
    return max(seconds, 1.0)


def _message(data: Json) -> str:
    message = data.get("message") if isinstance(data, dict) else None
    return message if isinstance(message, str) else ""
