"""What goes wrong on purpose: which request meets which fault."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, EnvsyncError
from envsync.sandbox.exchange import DOCUMENTATION, SECONDARY_LIMIT, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.sandbox.exchange import Request

_FORM = "STATUS[+RETRY-AFTER]|reset|lost|hang|truncate[:METHOD[:PATH-GLOB[:COUNT]]]"
_MOST_PARTS = 4


class FaultKind(StrEnum):
    STATUS = "status"  # answers a status without doing the work
    RESET = "reset"  # resets the connection without doing the work
    LOST = "lost"  # does the work and closes the connection without an answer
    HANG = "hang"  # never answers, and does no work
    TRUNCATE = "truncate"  # does the work and sends half of the body; where there is none, it is as `lost`


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, `count` times, with the requests that fit."""

    kind: FaultKind
    method: str = "*"
    path: str = "*"  # fnmatch, on the percent-encoded path
    count: int | None = None  # None: each time
    status: int = 0
    retry_after: int | None = None  # seconds

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Reads `503:PUT:*/environments/production:2`. Raises an EnvsyncError that says what is wrong."""
        parts = text.split(":")
        if len(parts) > _MOST_PARTS:
            raise _bad(text, "has too many parts; a colon in a path is written %3A")
        what, method, path, count = parts + [""] * (_MOST_PARTS - len(parts))
        if count and not (_is_number(count) and int(count)):
            raise _bad(text, f"has a count of {count!r}, which is no whole number above 0")
        method = (method or "*").upper()
        if method != "*" and not (method.isascii() and method.isalpha()):
            raise _bad(text, f"has a method of {method!r}")
        kind, status, retry_after = _kind(what, text)
        return cls(kind, method, path or "*", int(count) if count else None, status, retry_after)

    def __str__(self) -> str:
        what = str(self.status) if self.kind is FaultKind.STATUS else self.kind.value
        if self.retry_after is not None:
            what = f"{what}+{self.retry_after}"
        return f"{what}:{self.method}:{self.path}" + (f":{self.count}" if self.count is not None else "")

    def fits(self, request: Request) -> bool:
        return self.method in ("*", request.method) and fnmatchcase(request.path, self.path)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _kind(what: str, text: str) -> tuple[FaultKind, int, int | None]:
    named = next((kind for kind in FaultKind if kind.value == what and kind is not FaultKind.STATUS), None)
    if named is not None:
        return named, 0, None
    status, plus, seconds = what.partition("+")
    if not _is_number(status) or (plus and not _is_number(seconds)):
        raise _bad(text, f"starts with {what!r}")
    if int(status) not in set(HTTPStatus) or int(status) < HTTPStatus.BAD_REQUEST:
        raise _bad(text, f"has a status of {status}, which is no HTTP error")
    return FaultKind.STATUS, int(status), int(seconds) if plus else None


def _bad(text: str, problem: str) -> EnvsyncError:
    return EnvsyncError(
        Diagnostic(
            code="sandbox-bad-fault",
            message=f"the fault {text!r} {problem}",
            hint=f"write {_FORM}, for example 503:PUT:*/environments/production:2",
        )
    )


class Faults:
    """The faults of a run, of which the first that fits a request and is not used up happens to it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._left = [(fault, fault.count) for fault in faults]

    def take(self, request: Request) -> Fault | None:
        for index, (fault, left) in enumerate(self._left):
            if left != 0 and fault.fits(request):
                self._left[index] = (fault, None if left is None else left - 1)
                return fault
        return None


def faulty_reply(fault: Fault) -> Reply:
    """What GitHub says when it fails: 5xx are HTML of the proxies in front of it, hence have no JSON body."""
    headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
    if fault.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Reply(fault.status, None, headers)
    message = HTTPStatus(fault.status).phrase
    if fault.status in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS):
        message = SECONDARY_LIMIT
    return Reply(
        fault.status,
        {"message": message, "documentation_url": DOCUMENTATION, "status": str(fault.status)},
        headers,
    )


def html_page(status: int) -> bytes:
    phrase = HTTPStatus(status).phrase
    return (
        f"<html>\r\n<head><title>{status} {phrase}</title></head>\r\n"
        f"<body>\r\n<center><h1>{status} {phrase}</h1></center>\r\n</body>\r\n</html>\r\n"
    ).encode()
