"""One request over real HTTP: what goes out, what is repeated, and what is made of the answer."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

import pytest
from support.clockwork import TOKEN, World
from support.github_json import problem
from support.loopback import Loopback, Reply, Silence
from support.tls import identity

from envsync import __version__
from envsync.errors import Diagnostic, FailureKind, Interrupted, RequestFailed
from envsync.github.bearer import Place
from envsync.github.cache import open_cache
from envsync.github.call import Answer, Call, Exchange, Json, Lost, Method
from envsync.github.connection import Access, Connection
from envsync.github.limiter import Limiter, Work
from envsync.github.retry import Policy
from envsync.github.server import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from support.loopback import Seen

    from envsync.github.connection import Received

ENVIRONMENTS = Target("/repos/acme/web/environments")
ONCE = Policy(attempts=1)


@pytest.fixture
def connection(access: Callable[..., Access]) -> Iterator[Connection]:
    opened = Connection(access())
    yield opened
    opened.close()


@pytest.fixture
def connected(access: Callable[..., Access]) -> Iterator[Callable[..., Connection]]:
    opened: list[Connection] = []

    def connect(**options: object) -> Connection:
        opened.append(Connection(access(**options)))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def call(method: Method, body: Json = None) -> Call:
    return Call(method, ENVIRONMENTS, "list the environments", body)


def test_a_request_says_who_asks_and_in_which_version(github: Loopback, connection: Connection) -> None:
    github.on("GET /repos/acme/web/environments", Reply({"environments": []}))

    received = connection.fetch(ENVIRONMENTS, "list the environments")

    assert received.data.member("environments").items() == ()
    headers = github.seen[0].headers
    assert headers["authorization"] == f"token {TOKEN}"
    assert headers["user-agent"] == f"envsync/{__version__}"
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["accept"] == "application/vnd.github+json"
    assert "content-type" not in headers


def test_a_server_may_serve_the_api_under_a_path(github: Loopback, connected: Callable[..., Connection]) -> None:
    github.on("GET /api/v3/repos/acme/web/environments", Reply([]))

    received = connected(api_url=f"{github.address}/api/v3").fetch(ENVIRONMENTS, "list the environments")

    assert received.data.items() == ()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST", "DELETE"])
def test_a_write_carries_its_body_as_json(github: Loopback, connection: Connection, method: Method) -> None:
    github.on(f"{method} /repos/acme/web/environments", Reply({"id": 1}, 201))

    exchange = connection.exchange(call(method, {"name": "ü🚀"}))

    assert isinstance(exchange.outcome, Answer)
    assert (exchange.outcome.status, exchange.outcome.data) == (201, {"id": 1})
    assert github.seen[0].body == {"name": "ü🚀"}
    assert github.seen[0].headers["content-type"] == "application/json"


def test_no_body_reaches_a_log(github: Loopback, connection: Connection, caplog: pytest.LogCaptureFixture) -> None:
    github.on("PUT /repos/acme/web/environments", Reply({"answer": "sealed"}))

    with caplog.at_level(logging.DEBUG):
        connection.exchange(call("PUT", {"encrypted_value": "sealed"}))

    assert caplog.records
    assert "sealed" not in caplog.text
    assert TOKEN not in caplog.text


def test_each_request_leaves_a_trace_without_its_body(
    github: Loopback, connection: Connection, world: World
) -> None:
    github.on("PUT /repos/acme/web/environments", Reply({}))

    connection.exchange(call("PUT", {"wait_timer": 30}))

    assert world.traces == ["PUT /repos/acme/web/environments -> 200 (0.000 s)"]


@pytest.mark.parametrize(
    "fault", [Reply(b"<html>Bad Gateway</html>", 502), Reply(b'{"id": '), Silence.CUT, Silence.CUT_SHORT]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_fault_is_repeated_where_twice_is_once(
    github: Loopback, connection: Connection, world: World, method: Method, fault: Reply | Silence
) -> None:
    github.on(f"{method} /repos/acme/web/environments", fault, fault, Reply({"id": 1}))

    exchange = connection.exchange(call(method))

    assert exchange == Exchange(call(method), exchange.outcome, doubtful=True)
    assert isinstance(exchange.outcome, Answer)
    assert exchange.outcome.data == {"id": 1}
    assert world.pauses == [1, 2]
    assert len(world.notices) == 2
    assert world.notices[0].startswith("waiting 1 s: ")


@pytest.mark.parametrize("fault", [Reply(None, 500), Reply(b"{", 201), Silence.CUT, Silence.CUT_SHORT])
def test_a_post_is_not(github: Loopback, connection: Connection, world: World, fault: Reply | Silence) -> None:
    github.on("POST /repos/acme/web/environments", fault)

    connection.exchange(call("POST"))

    assert len(github.seen) == 1
    assert world.pauses == []


def test_github_s_limits_are_waited_for_and_announced(
    github: Loopback, connection: Connection, world: World
) -> None:
    github.on(
        "POST /repos/acme/web/environments",
        problem(429, "You have exceeded a secondary rate limit", headers={"Retry-After": "12"}),
        Reply({"id": 1}, 201),
    )

    exchange = connection.exchange(call("POST"))

    assert connection.verdict(exchange) is exchange.outcome
    assert world.notices == ["waiting 12 s: GitHub's secondary rate limit"]
    assert world.pauses == [12]
    assert not exchange.doubtful


USED_UP = {"Date": "Tue, 14 Nov 2023 22:13:20 GMT", "X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0"}


def test_a_limit_is_waited_for_as_long_as_it_lasts(github: Loopback, connection: Connection, world: World) -> None:
    reset = {"X-RateLimit-Reset": str(int(world.now) + 2400)}
    refusal = problem(403, "API rate limit exceeded", headers={**USED_UP, **reset})
    github.on("GET /repos/acme/web/environments", refusal, Reply([]))

    assert connection.fetch(ENVIRONMENTS, "list the environments").status == 200
    assert world.notices == ["waiting 40 min, until 22:53:21 UTC: GitHub's hourly rate limit"]


def test_before_a_limit_is_exceeded_it_is_waited_for(
    github: Loopback, connection: Connection, world: World
) -> None:
    reset = {"X-RateLimit-Reset": str(int(world.now) + 2400)}
    github.on("GET /repos/acme/web/environments", Reply([], 200, {**USED_UP, **reset}))

    for _ in range(2):
        connection.fetch(ENVIRONMENTS, "list the environments")

    assert world.pauses == [2401]
    assert world.notices == ["waiting 40 min, until 22:53:21 UTC: 5,000 requests an hour are GitHub's limit"]


def test_a_limit_that_lasts_too_long_is_reported_with_its_end(
    github: Loopback, connection: Connection, world: World
) -> None:
    reset = {"X-RateLimit-Reset": str(int(world.now) + 4000)}
    github.on(
        "GET /repos/acme/web/environments", problem(403, "API rate limit exceeded", headers={**USED_UP, **reset})
    )

    with pytest.raises(RequestFailed, match="hourly rate limit is used up until") as raised:
        connection.fetch(ENVIRONMENTS, "list the environments")
    assert raised.value.kind is FailureKind.RATE_LIMITED
    with pytest.raises(RequestFailed, match="hourly rate limit is used up until"):
        connection.fetch(ENVIRONMENTS, "list the environments")

    assert world.pauses == []
    assert len(github.seen) == 1


def test_a_server_that_always_refuses_is_left_alone_some_day(
    github: Loopback, connection: Connection, world: World
) -> None:
    github.on("GET /repos/acme/web/environments", problem(429, "no", headers={}))

    with pytest.raises(RequestFailed, match="secondary rate limit is used up until"):
        connection.fetch(ENVIRONMENTS, "list the environments")

    assert world.pauses == [60, 120, 240, 480]


class TestMaxWait:
    @pytest.fixture
    def hasty(self, access: Callable[..., Access]) -> Iterator[Connection]:
        opened = Connection(replace(access(), limiter=Limiter(max_wait=10)))
        yield opened
        opened.close()

    def test_is_the_most_that_limits_may_take(self, github: Loopback, hasty: Connection, world: World) -> None:
        github.on("GET /repos/acme/web/environments", problem(429, "no", headers={"Retry-After": "12"}))

        with pytest.raises(RequestFailed, match="and --max-wait is 10 s in all") as raised:
            hasty.fetch(ENVIRONMENTS, "list the environments")

        assert raised.value.kind is FailureKind.RATE_LIMITED
        assert world.pauses == []

    def test_leaves_a_write_in_doubt_that_was_so_before(self, github: Loopback, hasty: Connection) -> None:
        refusal = problem(429, "no", headers={"Retry-After": "12"})
        github.on("PUT /repos/acme/web/environments", Silence.CUT, refusal)

        with pytest.raises(RequestFailed, match="and --max-wait is 10 s in all") as raised:
            hasty.exchange(call("PUT"))

        assert raised.value.uncertain
        with pytest.raises(RequestFailed) as raised:
            hasty.exchange(call("PUT"))
        assert not raised.value.uncertain


def test_connections_share_what_they_know_of_limits(
    github: Loopback, access: Callable[..., Access], world: World
) -> None:
    shared = access()
    github.on("GET /repos/acme/web/environments", problem(429, "no", headers={"Retry-After": "12"}), Reply([]))
    first, second = Connection(shared), Connection(replace(shared, policy=ONCE))

    assert isinstance(second.verdict(second.exchange(call("GET"))), RequestFailed)
    first.fetch(ENVIRONMENTS, "list the environments")

    assert world.pauses == [12]
    first.close()
    second.close()


def test_headers_that_make_no_sense_do_no_harm(github: Loopback, connection: Connection) -> None:
    nonsense = {"X-RateLimit-Limit": "many", "X-RateLimit-Remaining": "few", "X-RateLimit-Reset": "", "Link": "<<"}
    github.on("GET /repos/acme/web/environments", Reply([], 200, nonsense))

    assert connection.fetch(ENVIRONMENTS, "list the environments").status == 200


def lost(exchange: Exchange) -> Lost:
    assert isinstance(exchange.outcome, Lost)
    return exchange.outcome


def test_a_server_that_says_nothing_is_not_waited_for_without_end(
    github: Loopback, connected: Callable[..., Connection]
) -> None:
    github.on("PUT /repos/acme/web/environments", Silence.HANG)

    exchange = connected(timeout=0.05, policy=ONCE).exchange(call("PUT"))

    assert lost(exchange) == Lost("GitHub did not answer in time")


def test_a_server_that_is_not_there_got_nothing(connected: Callable[..., Connection]) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        exchange = connected(api_url=address, policy=ONCE).exchange(call("POST"))

    assert lost(exchange) == Lost(f"{urlsplit(address).netloc} refuses connections", sent=False)


def test_a_post_that_never_left_may_be_sent_again(
    github: Loopback, connected: Callable[..., Connection], world: World
) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        exchange = connected(api_url=address).exchange(call("POST"))

    assert world.pauses == [1, 2, 4, 8]
    assert not exchange.doubtful
    assert github.seen == []


def test_a_broken_answer_is_lost(github: Loopback, connected: Callable[..., Connection]) -> None:
    cut = "the connection was cut off before the answer was complete"
    connection = connected(policy=ONCE)

    github.on("GET /repos/acme/web/environments", Silence.CUT)
    assert lost(connection.exchange(call("GET"))) == Lost(cut)
    github.on("GET /repos/acme/web/environments", Silence.CUT_SHORT)
    assert lost(connection.exchange(call("GET"))) == Lost(cut)
    github.on("GET /repos/acme/web/environments", Reply(b"not gzip", headers={"Content-Encoding": "gzip"}))
    assert lost(connection.exchange(call("GET"))) == Lost("GitHub's answer could not be decompressed")


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[str]:
    """A server with a certificate that nobody vouches for."""
    context = identity(tmp_path).context

    def shake_hands(server: socket.socket) -> None:
        peer, _ = server.accept()
        with peer, suppress(ssl.SSLError), context.wrap_socket(peer, server_side=True) as encrypted:
            encrypted.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=shake_hands, args=(server,))
        thread.start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_the_token_is_not_shown_to_an_impostor(
    connected: Callable[..., Connection], impostor: str, world: World
) -> None:
    exchange = connected(api_url=impostor).exchange(call("PUT"))

    assert lost(exchange) == Lost(
        f"the certificate of {urlsplit(impostor).netloc} is not trusted (unable to get local issuer certificate)",
        sent=False,
        lasting=True,
        advice="if your own authority has signed it, have REQUESTS_CA_BUNDLE name a file with its certificate",
    )
    assert world.pauses == []


def test_no_proxy_sees_what_is_meant_for_this_machine(
    github: Loopback, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    github.on("GET /repos/acme/web/environments", Reply([]))

    assert connection.fetch(ENVIRONMENTS, "list the environments").status == 200


def test_a_proxy_of_the_environment_s_leads_to_all_others(
    connected: Callable[..., Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{reserved.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        exchange = connected(api_url="https://ghe.invalid/api/v3", policy=ONCE).exchange(call("GET"))

    assert lost(exchange) == Lost(
        "the proxy did not let the request through",
        sent=False,
        advice="check the proxy that HTTPS_PROXY names, or have NO_PROXY name ghe.invalid",
    )


def test_ctrl_c_is_not_an_outcome(github: Loopback, access: Callable[..., Access]) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    github.on("GET /repos/acme/web/environments", Reply(None, 502))
    patient = access()
    connection = Connection(replace(patient, effects=replace(patient.effects, pause=interrupt)))

    with pytest.raises(KeyboardInterrupt):
        connection.fetch(ENVIRONMENTS, "list the environments")
    connection.close()


def test_a_request_that_was_interrupted_holds_up_no_other(
    github: Loopback, access: Callable[..., Access], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    shared = access()
    github.on("GET /repos/acme/web/environments", Reply([]))
    with closing(Connection(shared)) as connection:
        with monkeypatch.context() as patched:
            patched.setattr("envsync.github.wire.Wire.request", interrupt)
            with pytest.raises(KeyboardInterrupt):
                connection.exchange(call("GET"))
        asking = threading.Thread(target=connection.exchange, args=(call("GET"),), daemon=True)
        asking.start()
        asking.join(10)

    assert len(github.seen) == 1


def test_the_other_loopback_is_reached_by_its_number(connected: Callable[..., Connection]) -> None:
    with socket.socket(socket.AF_INET6) as reserved:
        reserved.bind(("::1", 0))
        address = f"http://[::1]:{reserved.getsockname()[1]}"
        exchange = connected(api_url=address, policy=ONCE).exchange(call("GET"))

    assert lost(exchange) == Lost(f"{urlsplit(address).netloc} refuses connections", sent=False)


class TestRedirects:
    """GitHub redirects what is asked of a repository under a former name."""

    def test_a_read_goes_on_at_the_new_place_with_its_query(
        self, github: Loopback, connection: Connection
    ) -> None:
        github.on(
            "GET /repos/acme/web/environments",
            Reply({}, 301, {"Location": f"{github.address}/repositories/7/environments"}),
        )
        github.on("GET /repositories/7/environments", Reply([]))

        received = connection.fetch(Target(ENVIRONMENTS.path, (("per_page", "100"),)), "list the environments")

        assert received.moved
        assert github.lines == [
            "GET /repos/acme/web/environments?per_page=100",
            "GET /repositories/7/environments?per_page=100",
        ]

    @pytest.mark.parametrize("location", ["http://127.0.0.2:1/repositories/7", "https://evil.example/x", ""])
    def test_the_token_does_not_follow_to_another_server(
        self, github: Loopback, connection: Connection, location: str
    ) -> None:
        github.on("GET /repos/acme/web/environments", Reply({}, 301, {"Location": location}))

        with pytest.raises(RequestFailed, match="leads away from") as raised:
            connection.fetch(ENVIRONMENTS, "list the environments")

        assert raised.value.diagnostics[0].code == "foreign-link"

    def test_a_circle_is_left(self, github: Loopback, connection: Connection) -> None:
        github.on("GET /repos/acme/web/environments", Reply({}, 301, {"Location": "/repos/acme/web/environments"}))

        with pytest.raises(RequestFailed, match="redirects it without end"):
            connection.fetch(ENVIRONMENTS, "list the environments")

        assert len(github.seen) == 4

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_a_write_does_not_follow(self, github: Loopback, connection: Connection, status: int) -> None:
        github.on(
            "PUT /repos/acme/web/environments", Reply({}, status, {"Location": "/repositories/7/environments"})
        )

        failed = connection.verdict(connection.exchange(call("PUT")))

        assert isinstance(failed, RequestFailed)
        assert failed.kind is FailureKind.CHANGED
        assert len(github.seen) == 1


class TestServerTime:
    at = "Tue, 14 Nov 2023 22:13:20 GMT"

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "POST", "DELETE"])
    @pytest.mark.parametrize("status", [200, 204, 303, 307, 403, 404, 422, 500])
    def test_is_told_by_an_answer_of_any_sort(
        self, github: Loopback, connected: Callable[..., Connection], method: Method, status: int
    ) -> None:
        body = None if status == 204 else {"message": "x"}
        github.on(f"{method} /repos/acme/web/environments", Reply(body, status, {"Date": self.at}))
        connection = connected(policy=ONCE)

        connection.exchange(call(method))

        assert connection.server_time() == 1_700_000_000

    def test_is_that_of_the_last_answer(self, github: Loopback, connected: Callable[..., Connection]) -> None:
        later = "Tue, 14 Nov 2023 22:13:25 GMT"
        dates = [{"Date": self.at}, {"Date": later}, {}]
        github.on("GET /repos/acme/web/environments", *(Reply([], 200, date) for date in dates))
        connection = connected(policy=ONCE)

        connection.exchange(call("GET"))
        connection.exchange(call("GET"))
        assert connection.server_time() == 1_700_000_005

        github.on("PUT /repos/acme/web/environments", Silence.CUT)
        connection.exchange(call("PUT"))
        assert connection.server_time() == 1_700_000_005  # no answer tells no time

        connection.exchange(call("GET"))
        with pytest.raises(RequestFailed):
            connection.server_time()

    def test_goes_on_while_nothing_is_answered(
        self, github: Loopback, world: World, connected: Callable[..., Connection]
    ) -> None:
        """A record says when it was written, and may have waited for GitHub's limits before."""
        github.on("GET /repos/acme/web/environments", Reply([], 200, {"Date": self.at}))
        connection = connected(policy=ONCE)
        connection.exchange(call("GET"))

        world.pause(40.6)

        assert connection.server_time() == 1_700_000_040

    @pytest.mark.parametrize("date", [None, "", "now", "1700000000", "Tue, 31 Feb 2023 22:13:20 GMT"])
    def test_is_not_guessed(self, github: Loopback, connection: Connection, date: str | None) -> None:
        github.on("GET /repos/acme/web/environments", Reply([], 200, {} if date is None else {"Date": date}))
        connection.exchange(call("GET"))

        with pytest.raises(RequestFailed) as raised:
            connection.server_time()

        assert (raised.value.kind, raised.value.uncertain) == (FailureKind.UNAVAILABLE, False)
        (diagnostic,) = raised.value.diagnostics
        assert diagnostic.code == "no-server-time"
        assert diagnostic.message == (
            "cannot tell GitHub's time: its last answer has no Date header that can be read"
        )
        assert diagnostic.hint == (
            "a proxy between here and GitHub may have removed or changed the header: have it passed on as it is"
        )


class TestTheTurn:
    """What belongs together is begun only where GitHub's limits leave room for all of it."""

    headers: ClassVar = {"x-ratelimit-limit": "5000", "x-ratelimit-reset": "1700003000"}

    def answered(self, github: Loopback, remaining: int) -> None:
        told = {**self.headers, "x-ratelimit-remaining": str(remaining)}
        github.on("GET /repos/acme/web/environments", Reply([], 200, told))

    def test_waits_before_it_begins_and_not_in_the_middle(
        self, github: Loopback, world: World, connected: Callable[..., Connection]
    ) -> None:
        self.answered(github, 3)
        connection = connected()
        connection.exchange(call("GET"))

        with connection.turn(Place("acme", "web"), Work(reads=4), "begin it now"):
            began = len(world.pauses)
            assert began == 1  # until the hour is over: three are left
            self.answered(github, 5000)
            for _ in range(4):
                connection.exchange(call("GET"))
            assert len(world.pauses) == began

    def test_gives_back_what_it_did_not_use(
        self, github: Loopback, world: World, connected: Callable[..., Connection]
    ) -> None:
        self.answered(github, 3)
        connection = connected()
        connection.exchange(call("GET"))

        for _ in range(3):
            with connection.turn(Place("acme", "web"), Work(reads=3), "begin it now"):
                pass

        assert world.pauses == []


class TestKeptAnswers:
    """GitHub says that an answer still holds; whether it is all there is, is another question."""

    @pytest.fixture
    def keeping(self, access: Callable[..., Access], tmp_path: Path) -> Iterator[Connection]:
        cache = open_cache(tmp_path / "answers", pytest.fail)
        connection = Connection(replace(access(), cache=cache))
        yield connection
        connection.close()
        cache.close()

    def ask(self, connection: Connection, query: str = "100") -> Received:
        return connection.fetch(Target(ENVIRONMENTS.path, (("per_page", query),)), "list")

    def answers(self, github: Loopback, first: object, *, link: str = "", then: Mapping[str, str]) -> None:
        def reply(seen: Seen) -> Reply:
            if "if-none-match" in seen.headers:
                return Reply(None, 304, {"etag": '"1"', **then})
            return Reply(first, 200, {"etag": '"1"', **({"link": link} if link else {})})

        github.on("GET /repos/acme/web/environments", reply)

    def test_an_object_is_taken_with_the_link_that_it_had(self, github: Loopback, keeping: Connection) -> None:
        self.answers(github, {"total_count": 1}, link="<x>; rel=next", then={})

        self.ask(keeping)
        again = self.ask(keeping)

        assert (again.status, again.data.value) == (200, {"total_count": 1})
        assert again.headers["link"] == "<x>; rel=next"
        assert len(github.seen) == 2

    def test_the_link_of_the_present_answer_counts(self, github: Loopback, keeping: Connection) -> None:
        """A page of a list is the same, and another one follows by now."""
        self.answers(github, [1] * 100, link="<x>; rel=prev", then={"link": "<x>; rel=prev, <y>; rel=next"})

        self.ask(keeping)

        assert "rel=next" in self.ask(keeping).headers["link"]
        assert len(github.seen) == 2

    @pytest.mark.parametrize(("items", "link"), [(100, ""), (100, "<x>; rel=next"), (3, "<x>; rel=prev")])
    def test_a_list_that_may_go_on_is_asked_for_as_a_whole_where_no_link_tells(
        self, github: Loopback, keeping: Connection, items: int, link: str
    ) -> None:
        self.answers(github, [1] * items, link=link, then={})

        self.ask(keeping)
        assert len(self.ask(keeping).data.items()) == items

        assert ["if-none-match" in each.headers for each in github.seen] == [False, True, False]

    def test_a_list_that_does_not_fill_its_page_is_all_there_is(
        self, github: Loopback, keeping: Connection
    ) -> None:
        self.answers(github, [1] * 99, then={})

        self.ask(keeping)
        assert len(self.ask(keeping).data.items()) == 99

        assert len(github.seen) == 2


@pytest.mark.parametrize(("method", "uncertain"), [("PUT", True), ("GET", False)])
def test_who_is_interrupted_says_whether_an_attempt_before_may_have_done_it(
    github: Loopback, access: Callable[..., Access], method: Method, *, uncertain: bool
) -> None:
    github.on(f"{method} /repos/acme/web/environments", Silence.CUT)

    def stop(_: float) -> None:
        raise Interrupted(Diagnostic("interrupted", "interrupted"))

    reached = access()
    interrupted = replace(reached, effects=replace(reached.effects, pause=stop))
    with closing(Connection(interrupted)) as connection, pytest.raises(Interrupted) as raised:
        connection.exchange(call(method))
    assert raised.value.uncertain is uncertain
