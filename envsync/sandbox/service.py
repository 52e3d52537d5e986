"""From a request to its answer: identity, limits, repository, permission, endpoint, headers."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from envsync.sandbox.call import Call
from envsync.sandbox.exchange import Answer, EarlyReply, Reply, failure, not_found, timestamp
from envsync.sandbox.faults import faulty_reply, html_page
from envsync.sandbox.identification import Asker, check_asker, counted_as, identify
from envsync.sandbox.oauth_headers import of_token
from envsync.sandbox.permissions import check, find_repository, moved
from envsync.sandbox.rate_limit import RateLimits
from envsync.sandbox.replica import Replica
from envsync.sandbox.routes import endpoints

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from envsync.sandbox.exchange import Options, Request
    from envsync.sandbox.faults import Fault
    from envsync.sandbox.identification import Identity
    from envsync.sandbox.rate_limit import Allowance
    from envsync.sandbox.routes import Match
    from envsync.sandbox.state import Repository, State

API_VERSIONS = ("2022-11-28", "2026-03-10")
_ENTERPRISE_PREFIX = "/api/v3"
_JSON = "application/json; charset=utf-8"
_SERVER_ERROR = 500


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


class Service:
    """GitHub without a socket. Knows the state, counts requests, and answers one request at a time."""

    def __init__(self, state: State, options: Options) -> None:
        self._state = state
        self._options = options
        self._limits = RateLimits(options.rate_limit)
        self._replica = Replica(options.stale_reads)
        self._endpoints = endpoints()

    def answer(self, request: Request, site: str) -> tuple[Answer, Repository | None]:
        """The answer, and the repository that the request may have changed. `site` is the URL of this server."""
        now = self._options.now()
        headers = self._always(request, now)
        call: Call | None = None
        try:
            match = self._endpoints.find(request.method, _api_path(request))
            asker = match.endpoint.asker if match is not None else Asker.TOKEN
            identity = identify(self._state, request.headers.get("authorization"), asker, now)
            headers.update(of_token(identity.token, _api_path(request)))
            call = self._call(request, identity, site, now)
            if request.method != "GET":
                self._replica.before_write(self._state, now)
            reply = self._reply(request, call, match, headers)
            answer = self._rendered(request, reply, headers, call.allowance)
        except EarlyReply as early:
            answer = _written(early.reply, headers)
        changed = call.found if call is not None and request.method != "GET" else None
        return answer, changed

    def faulty(self, request: Request, fault: Fault) -> Answer:
        """The answer to a request that meets a fault instead of its endpoint."""
        headers = self._always(request, self._options.now())
        reply = faulty_reply(fault)
        if reply.status < _SERVER_ERROR:
            return _written(reply, headers)
        content = html_page(reply.status)
        headers.update({**reply.headers, "content-type": "text/html; charset=utf-8"})
        return Answer(reply.status, list(headers.items()), content)

    def broken(self, request: Request) -> Answer:
        """The answer when the sandbox itself failed."""
        return _written(failure(_SERVER_ERROR, "Server Error").reply, self._always(request, self._options.now()))

    def _always(self, request: Request, now: datetime) -> dict[str, str]:
        version = request.headers.get("x-github-api-version", API_VERSIONS[0])
        asking = request.headers.get("authorization", "").rpartition(" ")[2]
        token = self._state.token(asking)
        allowance = self._limits.of(counted_as(token) if token is not None else "", now)
        return {
            "date": http_date(now),
            "server": "github.com",
            "x-github-request-id": secrets.token_hex(10).upper(),
            "x-github-media-type": "github.v3; format=json",
            "x-github-api-version-selected": version if version in API_VERSIONS else API_VERSIONS[0],
            **self._limits.headers(allowance),
            **self._of_enterprise_server(),
        }

    def _of_enterprise_server(self) -> Mapping[str, str]:
        version = self._options.enterprise_version
        return {"x-github-enterprise-version": version} if version is not None else {}

    def _call(self, request: Request, identity: Identity, site: str, now: datetime) -> Call:
        path = _api_path(request)
        return Call(
            method=request.method,
            path=path,
            names={},
            query=dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True)),
            headers=request.headers,
            token=identity.token,
            signed_by=identity.app,
            allowance=self._limits.of(counted_as(identity.token), now),
            state=self._replica.seen(self._state, now) if request.method == "GET" else self._state,
            options=self._options,
            now=timestamp(now),
            site=site,
            api=site if path == request.path else site + _ENTERPRISE_PREFIX,
        )

    def _reply(self, request: Request, call: Call, match: Match | None, headers: dict[str, str]) -> Reply:
        spent = (match is not None and match.endpoint.free) or self._limits.spend(call.allowance)
        headers.update(self._limits.headers(call.allowance))
        if not spent:
            raise failure(403, f"API rate limit exceeded for {call.token.login}.")
        if request.headers.get("x-github-api-version", API_VERSIONS[0]) not in API_VERSIONS:
            raise failure(400, "Unsupported 'X-GitHub-Api-Version' header.")
        if match is None:
            raise not_found()
        call.names = match.names
        needs = match.endpoint.needs
        if needs is not None:
            headers.update(needs.header)
        check_asker(call, match.endpoint)
        if "repo" in match.names or "repository_id" in match.names:
            call.found = find_repository(call.state, call.token, match.names)
            _send_on_if_renamed(request, call)
        check(call.token, needs, call.found, match.names.get("org"))
        if call.found is not None and call.found.archived and call.method != "GET":
            raise failure(403, "Repository was archived so is read-only.")
        call.body = _body(request)
        return match.endpoint.answer(call)

    def _rendered(self, request: Request, reply: Reply, headers: dict[str, str], allowance: Allowance) -> Answer:
        answer = _written(reply, headers)
        if request.method != "GET" or reply.status != 200:  # noqa: PLR2004 - what has an ETag
            return answer
        etag = f'W/"{hashlib.sha256(answer.content).hexdigest()}"'
        tagged = [*answer.headers, ("etag", etag), ("cache-control", "private, max-age=60, s-maxage=60")]
        if not _matches(request.headers.get("if-none-match", ""), etag):
            return Answer(answer.status, tagged, answer.content)
        self._limits.refund(allowance)
        fresh = {**dict(tagged), **self._limits.headers(allowance)}
        del fresh["content-type"]
        return Answer(304, list(fresh.items()), b"")


def _api_path(request: Request) -> str:
    """Without the prefix of an Enterprise Server."""
    prefixed = request.path.startswith(f"{_ENTERPRISE_PREFIX}/")
    return request.path.removeprefix(_ENTERPRISE_PREFIX) if prefixed else request.path


def _written(reply: Reply, headers: Mapping[str, str]) -> Answer:
    every = {**headers, **reply.headers}
    if reply.body is None:
        return Answer(reply.status, list(every.items()), b"")
    every["content-type"] = _JSON
    content = json.dumps(reply.body, separators=(",", ":"), ensure_ascii=False).encode()
    return Answer(reply.status, list(every.items()), content)


def _matches(if_none_match: str, etag: str) -> bool:
    """The weak comparison: `W/` says nothing."""
    if not if_none_match:
        return False
    wanted = etag.removeprefix("W/")
    return any(one.strip().removeprefix("W/") in ("*", wanted) for one in if_none_match.split(","))


def _send_on_if_renamed(request: Request, call: Call) -> None:
    if "repo" not in call.names or call.found is None or call.path.startswith("/orgs/"):
        return
    if f"{call.names['owner']}/{call.names['repo']}".casefold() == call.found.full_name.casefold():
        return
    rest = call.path.split("/", 4)[4:]
    query = request.target.partition("?")[2]
    location = "/".join([f"{call.api}/repositories/{call.found.id}", *rest]) + (f"?{query}" if query else "")
    raise moved(call.method, location)


def _body(request: Request) -> object:
    if not request.body.strip():
        return None
    try:
        body: object = json.loads(request.body)
        if b"\\ud" in request.body.lower():
            json.dumps(body, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except (ValueError, RecursionError):
        raise failure(400, "Problems parsing JSON") from None
    return body
