"""What does an exchange mean? A proper answer, or a failure in words that say what to do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.github.call import Answer, Lost, cannot, printable
from envsync.github.permissions import needed, repository_of
from envsync.github.retry import FAR_AWAY, broken, may_have_happened, rate_limit

if TYPE_CHECKING:
    from collections.abc import Callable

    from envsync.github.call import Call, Exchange, Json

_LONGEST_MESSAGE = 300
_HIDDEN = "(hidden)"


def _no_advice(_path: str, _permission: str | None) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Judge:
    """`source` names where the token came from; `tokens` are known only to keep them out of messages.

    `advise` says, for a path and the permission that it needs, what to do where GitHub does not permit it.
    """

    host: str
    source: str
    advise: Callable[[str, str | None], str | None] = field(default=_no_advice, repr=False)
    tokens: tuple[str, ...] = field(default=(), repr=False)

    def hiding(self, token: str) -> Judge:
        return replace(self, tokens=(*self.tokens, token))

    def verdict(self, exchange: Exchange, now: float) -> Answer | RequestFailed:
        """The answer where GitHub did what was asked, that is where it is whole and its status 2xx."""
        call, outcome = exchange.call, exchange.outcome
        limit = rate_limit(outcome, now)
        if limit is not None:
            kind = FailureKind.RATE_LIMITED
            diagnostic = _limited(call, limit.name, limit.seconds, now)
        elif isinstance(outcome, Lost) or broken(outcome) is not None:
            kind = FailureKind.UNAVAILABLE
            diagnostic = self._unavailable(call, outcome)
        elif outcome.status in range(200, 300):
            return outcome
        else:
            kind, diagnostic = self._refused(call, outcome)
        uncertain = call.method != "GET" and (exchange.doubtful or may_have_happened(outcome))
        return RequestFailed(kind, diagnostic, uncertain=uncertain)

    def _unavailable(self, call: Call, outcome: Answer | Lost) -> Diagnostic:
        doubt = (
            "; it may have been done all the same" if call.method != "GET" and may_have_happened(outcome) else ""
        )
        match outcome:
            case Lost(reason=reason, advice=advice):
                text = f"{cannot(call.purpose)}: {reason}{doubt}"
                hint = advice or f"check the connection to {self.host}, then run it again"
                return Diagnostic("no-answer", text, hint)
            case Answer(status=status) if status >= 300:  # noqa: PLR2004 - not a success
                text = f"{cannot(call.purpose)}: GitHub answered {status}{doubt}"
                return Diagnostic("server-error", text, "see https://www.githubstatus.com, then run it again")
            case _:
                text = f"{cannot(call.purpose)}: the answer to {call.method} {call.url} is not whole JSON{doubt}"
                return Diagnostic("unexpected-answer", text, f"check that {self.host} serves GitHub's REST API")

    def _refused(self, call: Call, answer: Answer) -> tuple[FailureKind, Diagnostic]:
        failed = cannot(call.purpose)
        said = self._said(call, answer.data)
        match answer.status:
            case 401:
                text = f"{failed}: GitHub does not accept the token from {self.source}"
                hint = f"it may have expired or been revoked, or belong to another server than {self.host}"
                return FailureKind.NOT_AUTHENTICATED, Diagnostic("not-authenticated", text, hint)
            case 403 | 451:
                text = f"{failed}: GitHub does not permit it{said}"
                return FailureKind.NOT_PERMITTED, Diagnostic("not-permitted", text, self._permission(call, answer))
            case 404 | 410:
                text = f"{failed}: GitHub answered {answer.status}: it does not exist, or the token may not see it"
                hint = f"check the name; {self._permission(call, answer)}"
                return FailureKind.NOT_FOUND, Diagnostic("not-found", text, hint)
            case status if status < 400:  # noqa: PLR2004 - a redirect
                text = f"{failed}: GitHub redirects it ({status}), so nothing was done"
                hint = "the repository was renamed or moved, it seems: name it as GitHub calls it now"
                return FailureKind.CHANGED, Diagnostic("moved", text, hint)
            case status:
                text = f"{failed}: GitHub refuses it ({status}){said}"
                return FailureKind.REJECTED, Diagnostic("rejected", text)

    def _permission(self, call: Call, answer: Answer) -> str:
        if "x-github-sso" in answer.headers:
            return f"authorize the token from {self.source} for the organization's single sign-on"
        permission = needed(call.method, call.target.path, answer.headers.get("x-accepted-github-permissions"))
        advice = self.advise(call.target.path, permission)
        if advice is not None:
            return advice
        repository = repository_of(call.target.path)
        access = f"access to {repository}" if repository else "access"
        grant = f" and the permission {permission}" if permission else ""
        return f"the token from {self.source} needs {access}{grant}"

    def _said(self, call: Call, data: Json) -> str:
        """GitHub's reasons as a clause to append, fit to be shown: one line, of bounded length, with no secret."""
        if not isinstance(data, dict):
            return ""
        errors = data.get("errors")
        reasons = [data.get("message"), *(errors if isinstance(errors, list) else [errors])]
        text = "; ".join(filter(None, (_reason(reason) for reason in reasons)))
        for hidden in (*self.tokens, *call.hidden):
            text = text.replace(hidden, _HIDDEN) if hidden else text
        return f": {shown(text)}" if text else ""


def shown(text: str) -> str:
    """Text of somebody else's as it may go to a terminal: on one line, with no control character, not too long."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[: _LONGEST_MESSAGE - 1]}…"


def _reason(reason: Json) -> str:
    """An item of `errors`: words, or an object with `resource`, `field`, `code` and `message`, all optional."""
    if isinstance(reason, str):
        return reason
    if not isinstance(reason, dict):
        return ""
    message = reason.get("message")
    if isinstance(message, str) and message:
        return message
    return " ".join(str(reason[key]) for key in ("resource", "field", "code") if isinstance(reason.get(key), str))


def _limited(call: Call, name: str, seconds: float, now: float) -> Diagnostic:
    until = datetime.fromtimestamp(now, UTC) + min(timedelta(seconds=seconds), FAR_AWAY)
    text = f"{cannot(call.purpose)}: {name} is used up until {until:%Y-%m-%d %H:%M:%S} UTC"
    return Diagnostic("rate-limited", text, "run it again then, or with a token that has a limit of its own")
