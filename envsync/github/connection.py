"""How does a request get an answer? It is sent, repeated where that is safe, and judged."""

from __future__ import annotations

import math
import random
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from github import Auth, Github

from envsync import __version__
from envsync.errors import Diagnostic, FailureKind, Interrupted, RequestFailed
from envsync.github.bearer import Place, place_of
from envsync.github.cache import Kept
from envsync.github.call import Answer, Call, Exchange, Lost, cannot, parse_answer, printable
from envsync.github.http_date import http_date
from envsync.github.judge import Judge
from envsync.github.limiter import Limiter
from envsync.github.part import Part
from envsync.github.retry import GiveUp, Policy, Wait, decide, may_have_happened
from envsync.github.server import Target, target_of
from envsync.github.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from envsync.github.bearer import Bearer
    from envsync.github.cache import Cache, Drawer
    from envsync.github.call import Outcome
    from envsync.github.limiter import Purse, Ticket, Work
    from envsync.model import SecretValue

_API_VERSION = "2022-11-28"  # every supported Enterprise Server knows it
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 307, 308})
_OK, _NOT_MODIFIED, _UNAUTHORIZED = 200, 304, 401
_USUAL_PAGE = 30  # items, where nobody asked for more
_STALE = 1.0  # seconds that a token is kept without a question whether it is still good


def _nobody(_: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Effects:
    """What a connection needs of the world besides the network."""

    pause: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time  # seconds since 1970
    stopwatch: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    notify: Callable[[str], None] = _nobody  # why it takes longer
    trace: Callable[[str], None] = _nobody  # a line for each request: no body, no token


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach GitHub, and as whom. Threads may share it; each opens connections of its own."""

    api_url: str
    credential: Bearer
    timeout: float = 30.0  # seconds, to connect and between two pieces of an answer
    policy: Policy = field(default_factory=Policy)
    effects: Effects = field(default_factory=Effects)
    limiter: Limiter = field(default_factory=Limiter)
    cache: Cache | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A proper answer. `moved`: a redirect led to it, so the repository has another name now."""

    status: int
    headers: Mapping[str, str]
    data: Part
    moved: bool = False


class Connection:
    """PyGithub's requester is not safe to share between threads, and mixes answers up: open one for each."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._wire = Wire(access.api_url, access.timeout)
        self._judge = Judge(urlsplit(access.api_url).netloc, access.credential.source, self._advice)
        self._place: Place | None = None  # that was asked about last
        self._token: SecretValue | None = None  # that the requester has
        self._requester = Github(
            base_url=access.api_url,
            user_agent=f"envsync/{__version__}",
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
            api_version=_API_VERSION,
        ).requester
        self._date = ""  # of the last answer
        self._dated = 0.0  # when that was, on the stopwatch
        self._purse: Purse | None = None
        self._drawer: Drawer | None = None  # for the answers to this token

    def close(self) -> None:
        self._wire.close()
        self._requester.close()

    def connect(self) -> bool:
        """Ahead of the first request; what hinders it, the request will tell. False: there is no connection."""
        return self._wire.connect()

    def fetch(self, target: Target, purpose: str) -> Received:
        """A `GET`, redirects within the API followed."""
        exchange, moved = self.follow(target, purpose)
        return self.received(exchange, moved=moved)

    def follow(self, target: Target, purpose: str) -> tuple[Exchange, bool]:
        """As `fetch`, but not judged; with whether a redirect led there."""
        origin, moved = target, False
        for _ in range(_MOST_REDIRECTS + 1):
            exchange = self.exchange(Call("GET", target, purpose))
            outcome = exchange.outcome
            if not isinstance(outcome, Answer) or outcome.status not in _REDIRECTS:
                return exchange, moved
            moved = True
            found = self.local(outcome.headers.get("location", ""), purpose)
            target = found if found.query else Target(found.path, origin.query)
        raise _astray(f"{cannot(purpose)}: GitHub redirects it without end")

    def exchange(self, call: Call) -> Exchange:
        """Send, and send again while that is safe and may help.

        Failures of all kinds come back as outcomes, but that it cannot be sent, for want of a token or because it
        would have to wait too long for GitHub's limits: that is raised.
        """
        effects, doubtful, renewed, whole = self._access.effects, False, False, False
        attempt, waited = 0, 0.0
        while True:
            attempt += 1
            with marking(in_doubt=doubtful and call.method != "GET"):
                ticket = self._admitted(call)
            outcome = self._once(call, ticket, whole=whole)
            if outcome is None:
                whole = True
                continue
            if not renewed and self._has_lapsed(outcome):
                renewed = True
                continue
            decision = decide(
                outcome,
                attempt=attempt,
                waited=waited,
                repeatable=call.repeatable,
                now=effects.now(),
                jitter=effects.jitter(),
                policy=self._access.policy,
            )
            if isinstance(decision, GiveUp):
                return Exchange(call, outcome, doubtful)
            doubtful = doubtful or may_have_happened(outcome)
            if isinstance(decision, Wait):
                with marking(in_doubt=doubtful and call.method != "GET"):
                    self.wait(decision.seconds, f"{decision.why} ({call.method} {call.target.path})")
                waited += decision.seconds

    @contextmanager
    def turn(self, place: Place, work: Work, purpose: str) -> Iterator[None]:
        """Begins when GitHub's limits leave room for all of the work, so that nothing of it has to wait.

        Raises `RequestFailed` where that would take too long. `purpose` completes "cannot ...".
        """
        access, bearer = self._access, self._access.credential
        bearer.token_for(place, access)
        purse = access.limiter.set_aside(work, bearer.account(place), purpose, access.effects)
        self._purse = purse
        try:
            yield
        finally:
            self._purse = None
            access.limiter.put_back(purse)

    def server_time(self) -> int:
        """Seconds since 1970: as the last answer told them, and as many as went by since. Never too many."""
        told = http_date(self._date)
        if told is None:
            raise _timeless()
        return int(told + self._access.effects.stopwatch() - self._dated)

    def wait(self, seconds: float, why: str) -> None:
        self._access.effects.notify(f"waiting {max(1, math.ceil(seconds))} s: {why}")
        self._access.effects.pause(seconds)

    def backoff(self, attempt: int) -> float:
        return self._access.effects.jitter() * self._access.policy.backoff * float(2 ** (attempt - 1))

    @property
    def attempts(self) -> int:
        return self._access.policy.attempts

    def verdict(self, exchange: Exchange) -> Answer | RequestFailed:
        return self._judge.verdict(exchange, self._access.effects.now())

    def received(self, exchange: Exchange, *, moved: bool = False) -> Received:
        """The proper answer of an exchange, or its failure raised."""
        call, answer = exchange.call, self.verdict(exchange)
        if isinstance(answer, RequestFailed):
            raise answer
        return Received(
            answer.status, answer.headers, Part(answer.data, f"{call.method} {call.target.path}"), moved
        )

    def local(self, link: str, purpose: str) -> Target:
        """Where a link of GitHub's leads, as long as that is in the API that the token is for."""
        target = target_of(link, api_url=self._access.api_url) if link else None
        if target is None:
            raise _astray(f"{cannot(purpose)}: GitHub's answer leads away from {self._access.api_url}")
        return target

    def _admitted(self, call: Call) -> Ticket:
        """Signed, and let through by the limiter."""
        limiter, effects = self._access.limiter, self._access.effects
        self._sign(call)
        started = effects.stopwatch()
        ticket = limiter.admit(call, self._access.credential.account(self._place), effects, self._purse)
        if effects.stopwatch() - started > _STALE:
            try:
                self._sign(call)
            except BaseException:
                limiter.withdraw(ticket, effects)
                raise
        return ticket

    def _sign(self, call: Call) -> None:
        """Have the requester send the token for this call."""
        bearer = self._access.credential
        self._place = place_of(call.target.path) or self._place
        token = bearer.token_for(self._place, self._access)
        if token is self._token:
            return
        text = token.reveal().decode("ascii")
        auth = Auth.AppAuthToken(text) if bearer.scheme == "Bearer" else Auth.Token(text)
        self._requester.close()
        self._requester = self._requester.withAuth(auth)
        self._judge = self._judge.hiding(text)
        self._token = token
        cache = self._access.cache if bearer.lasts else None
        self._drawer = None if cache is None else cache.drawer(self._access.api_url, token)

    def _has_lapsed(self, outcome: Outcome) -> bool:
        """Whether the token of the last request is no longer good, and there is another one."""
        if self._token is None or not isinstance(outcome, Answer) or outcome.status != _UNAUTHORIZED:
            return False
        return self._access.credential.renewed(self._place, self._token)

    def _advice(self, path: str, permission: str | None) -> str | None:
        return self._access.credential.advice(place_of(path) or self._place, permission)

    def _once(self, call: Call, ticket: Ticket, *, whole: bool) -> Outcome | None:
        """`whole`: ask for all of it, not whether what is kept still holds. None: that is not enough to go by."""
        effects = self._access.effects
        started = effects.stopwatch()
        outcome: Outcome = Lost("it was interrupted")
        drawer = self._drawer if call.method == "GET" else None
        kept: Kept | None = None
        try:
            kept = None if drawer is None or whole else drawer.find(call.url)
            outcome = self._wire.carry(call, self._requester, {} if kept is None else {"If-None-Match": kept.etag})
        finally:
            self._access.limiter.settle(ticket, outcome, effects)
        if isinstance(outcome, Answer):
            self._date, self._dated = outcome.headers.get("date", ""), effects.stopwatch()
        result = str(outcome.status) if isinstance(outcome, Answer) else outcome.reason
        effects.trace(f"{call.method} {printable(call.url)} -> {result} ({effects.stopwatch() - started:.3f} s)")
        return outcome if drawer is None else self._as_kept(drawer, call, kept, outcome)

    def _as_kept(self, drawer: Drawer, call: Call, kept: Kept | None, outcome: Outcome) -> Outcome | None:
        """What GitHub says it has answered before; what it has not is kept for the next time."""
        if not isinstance(outcome, Answer):
            return outcome
        if kept is not None and outcome.status == _NOT_MODIFIED:
            return _again(call, kept, outcome)
        if outcome.status == _OK and outcome.whole and (etag := outcome.headers.get("etag")):
            drawer.keep(call.url, Kept(etag, self._wire.body, outcome.headers.get("link", "")))
        return outcome


@contextmanager
def marking(*, in_doubt: bool) -> Iterator[None]:
    """What ends a write says whether an attempt before may have done it."""
    try:
        yield
    except RequestFailed as failed:
        uncertain = failed.uncertain or in_doubt
        raise RequestFailed(failed.kind, *failed.diagnostics, uncertain=uncertain) from None
    except Interrupted as interrupted:
        raise Interrupted(*interrupted.diagnostics, uncertain=interrupted.uncertain or in_doubt) from None


def _again(call: Call, kept: Kept, outcome: Answer) -> Answer | None:
    """The answer that GitHub says still holds. None where that may not be all of it.

    A bare list does not tell how many there are: a full page stays the same where another one follows by now, and
    only the `Link` of this very answer tells. An object has its count in it.
    """
    answer = parse_answer(_OK, outcome.headers, kept.body)
    if "link" in outcome.headers:
        return answer
    if isinstance(answer.data, list):
        size = dict(call.target.query).get("per_page", "")
        is_full = len(answer.data) >= (int(size) if size.isdecimal() else _USUAL_PAGE)
        return None if kept.link or is_full else answer
    return replace(answer, headers={**outcome.headers, "link": kept.link}) if kept.link else answer


def _astray(message: str) -> RequestFailed:
    hint = "check the API URL; behind a proxy, it must be the address that the server itself gives out"
    return RequestFailed(FailureKind.UNAVAILABLE, Diagnostic("foreign-link", message, hint))


def _timeless() -> RequestFailed:
    text = "cannot tell GitHub's time: its last answer has no Date header that can be read"
    hint = "a proxy between here and GitHub may have removed or changed the header: have it passed on as it is"
    return RequestFailed(FailureKind.UNAVAILABLE, Diagnostic("no-server-time", text, hint))
