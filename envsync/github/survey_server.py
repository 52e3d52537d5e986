"""What server is it, whose clock is right, and how many requests are left?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.errors import FailureKind, RequestFailed
from envsync.github.attempts import attempt, unread
from envsync.github.http_date import http_date
from envsync.plan.facts import RateLimit, ServerFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.github.connection import Access
    from envsync.github.part import Part
    from envsync.github.reader import Reader
    from envsync.model import Unread

VERSION = "x-github-enterprise-version"
_HALF_A_SECOND = 0.5  # a Date tells whole ones, and those that have begun


def survey_server(reader: Reader, access: Access) -> tuple[ServerFacts, Mapping[str, str]]:
    """With the headers of the answer, which tell something of the token as well. Raises where there is none."""
    started = access.effects.now()
    received = reader.get("/meta", "see what server it is")
    middle = (started + access.effects.now()) / 2
    told = http_date(received.headers.get("date", ""))
    skew = None if told is None else middle - (told + _HALF_A_SECOND)
    version = received.data.optional("installed_version")
    server = ServerFacts(
        access.api_url,
        received.headers.get(VERSION) if version is None else version.text(),
        skew,
        _rate_limit(reader, middle - (skew or 0.0)),
    )
    return server, received.headers


def _rate_limit(reader: Reader, server_time: float) -> RateLimit | Unread | None:
    """An Enterprise Server that sets none answers 404. See "Rate limits" in its docs for administrators."""
    try:
        received = reader.get("/rate_limit", "see how many requests are left")
    except RequestFailed as failed:
        return None if failed.kind is FailureKind.NOT_FOUND else unread(failed)
    return attempt(lambda: _core(received.data, server_time))


def _core(data: Part, server_time: float) -> RateLimit:
    core = data.member("resources").member("core")
    limit, remaining, reset = (core.member(key).integer() for key in ("limit", "remaining", "reset"))
    return RateLimit(limit, remaining, max(0, round(reset - server_time)))
