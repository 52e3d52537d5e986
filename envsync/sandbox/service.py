"""From a request to its answer: identity, limits, repository, permission, endpoint, headers."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
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
from envsync.sandbox.secondary import Secondary, SecondaryLimits
from envsync.sandbox.traffic import Limit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from envsync.sandbox.exchange import Options, Request
    from envsync.sandbox.faults import Fault
    from envsync.sandbox.identification import Identity
    from envsync.sandbox.routes import Match
    from envsync.sandbox.secondary import Excess
    from envsync.sandbox.state import Repository, State, Token
    from envsync.sandbox.traffic import Tally

API_VERSIONS = ("2022-11-28", "2026-03-10")
_ENTERPRISE_PREFIX = "/api/v3"
_JSON = "application/json; charset=utf-8"
_SERVER_ERROR = 500
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


_FOR_CACHES = (
    ("cache-control", "private, max-age=60, s-maxage=60"),
    ("vary", "Accept, Authorization, Cookie, X-GitHub-OTP"),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that has come in whole: for whom it counts, when, and whether it was one too many."""

    account: str
    now: datetime
    excess: Excess | None = None


def http_date(moment: datetime) -> str:
    return _http_date(int(moment.timestamp()))


@lru_cache(maxsize=1)  # there are thousands of answers a second
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


class Service:
    """GitHub without a socket. Knows the state, counts requests, and answers one request at a time."""

    def __init__(self, state: State, options: Options, tally: Tally) -> None:
        self._state = state
        self._options = options
        self._tally = tally
        self._limits = RateLimits(options.rate_limit)
        self._secondary = Secondary(options.secondary) if options.secondary is not None else None
        self._costs = options.secondary or SecondaryLimits()
        self._replica = Replica(options.stale_reads)
        self._endpoints = endpoints()

    def receive(self, request: Request) -> Visit:
        """Counts it. What comes without a good token is counted together, as GitHub counts by address."""
        now = self._options.now()
        token = self._state.token(request.headers.get("authorization", "").rpartition(" ")[2])
        account = counted_as(token) if token is not None else ""
        self._tally.arrive(self._costs.points(request.method))
        if self._secondary is None:
            return Visit(account, now)
        return Visit(account, now, self._secondary.arrive(account, request.method, now))

    def dismiss(self, visit: Visit) -> None:
        """The answer is on its way, or nobody waits for it any more."""
        self._tally.leave()
        if self._secondary is not None:
            self._secondary.leave(visit.account)

    def answer(self, request: Request, visit: Visit, site: str) -> tuple[Answer, Repository | None]:
        """The answer, and the repository that the request may have changed. `site` is the URL of this server."""
        now = visit.now
        headers = self._always(request, visit.account, now)
        path = _api_path(request)
        call: Call | None = None
        try:
            match = self._endpoints.find(request.method, path)
            asker = match.endpoint.asker if match is not None else Asker.TOKEN
            identity = identify(self._state, request.headers.get("authorization"), asker, now)
            headers.update(of_token(identity.token, path))
            call = self._call(request, path, identity, site, now)
            if request.method != "GET":
                self._replica.before_write(self._state, now)
            reply = self._reply(request, visit, call, match, headers)
            answer = self._rendered(request, reply, headers, call)
        except EarlyReply as early:
            answer = _written(early.reply, headers)
        changed = call.found if call is not None and request.method != "GET" else None
        return answer, changed

    def faulty(self, request: Request, visit: Visit, fault: Fault) -> Answer:
        """The answer to a request that meets a fault instead of its endpoint."""
        headers = self._always(request, visit.account, visit.now)
        reply = faulty_reply(fault)
        if reply.status < _SERVER_ERROR:
            return _written(reply, headers)
        content = html_page(reply.status)
        headers.update({**reply.headers, "content-type": "text/html; charset=utf-8"})
        return Answer(reply.status, list(headers.items()), content)

    def broken(self, request: Request) -> Answer:
        """The answer when the sandbox itself failed."""
        headers = self._always(request, "", self._options.now())
        return _written(failure(_SERVER_ERROR, "Server Error").reply, headers)

    def _always(self, request: Request, account: str, now: datetime) -> dict[str, str]:
        version = request.headers.get("x-github-api-version", API_VERSIONS[0])
        allowance = self._limits.of(account, now)
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

    def _call(self, request: Request, path: str, identity: Identity, site: str, now: datetime) -> Call:
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

    def _reply(
        self, request: Request, visit: Visit, call: Call, match: Match | None, headers: dict[str, str]
    ) -> Reply:
        spent = (match is not None and match.endpoint.free) or self._limits.spend(call.allowance)
        headers.update(self._limits.headers(call.allowance))
        if not spent:
            self._tally.refuse(Limit.HOURLY)
            raise failure(403, f"API rate limit exceeded for {call.token.login}.")
        self._refuse(visit.excess)
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
        if match.endpoint.creates(call):
            self._create(visit)
        return match.endpoint.answer(call)

    def _create(self, visit: Visit) -> None:
        self._tally.create()
        if self._secondary is not None:
            self._refuse(self._secondary.create(visit.account, visit.now))

    def _refuse(self, excess: Excess | None) -> None:
        if excess is not None:
            self._tally.refuse(excess.limit)
            raise excess.reply()

    def _rendered(self, request: Request, reply: Reply, headers: dict[str, str], call: Call) -> Answer:
        answer = _written(reply, headers)
        if request.method != "GET" or reply.status != 200:  # noqa: PLR2004 - what has an ETag
            return answer
        etag = _etag(answer.content, call.token)
        tagged = [*answer.headers, ("etag", etag), *_FOR_CACHES]
        if not _matches(request.headers.get("if-none-match", ""), etag):
            return Answer(answer.status, tagged, answer.content)
        self._limits.refund(call.allowance)
        fresh = {**dict(tagged), **self._limits.headers(call.allowance)}
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
    return Answer(reply.status, list(every.items()), _ENCODER.encode(reply.body).encode())


def _etag(content: bytes, token: Token) -> str:
    """Another one for each token, as GitHub's are: github/docs#34689."""
    return f'W/"{hashlib.sha256(token.value.encode() + content).hexdigest()}"'


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
