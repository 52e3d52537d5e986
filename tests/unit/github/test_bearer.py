"""A token may depend on whom a request is about, and end while envsync runs."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from support.github_json import problem
from support.loopback import Loopback, Reply, Silence

from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.github.bearer import Place, Scheme, place_of
from envsync.github.call import Call
from envsync.github.connection import Access, Connection
from envsync.github.server import Target
from envsync.github.writer import Writer
from envsync.model import SecretValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.clockwork import World

ACME, PEAR = "/repos/acme/web", "/repos/pear/web"
ASKED = problem(401, "Bad credentials")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/repos/acme/web", Place("acme", "web")),
        ("/repos/acme/my%20web/environments/a%2Fb", Place("acme", "my web")),
        ("/orgs/acme/repos", Place("acme")),
        ("/orgs/acme", Place("acme")),
        ("/users/acme/repos", Place("acme")),
        ("/users/lead", None),
        ("/repositories/7/environments", None),
        ("/apps/gate", None),
        ("/user", None),
    ],
)
def test_a_path_tells_whom_it_is_about(path: str, place: Place | None) -> None:
    assert place_of(path) == place


@dataclass
class Tokens:
    """A bearer with a token for each owner, numbered anew each time that one is renewed."""

    source: str = "the test"
    scheme: Scheme = "token"
    lasts: bool = False
    exhausted: bool = False
    asked: list[Place | None] = field(default_factory=list)
    held: dict[str, SecretValue] = field(default_factory=dict)
    count: int = 0

    def token_for(self, place: Place | None, _access: Access) -> SecretValue:
        self.asked.append(place)
        owner = "nobody" if place is None else place.owner
        if self.exhausted:
            raise RequestFailed(FailureKind.NOT_PERMITTED, Diagnostic("none", "there is no token"))
        if owner not in self.held:
            self.count += 1
            self.held[owner] = SecretValue(f"{owner}-{self.count}".encode())
        return self.held[owner]

    def account(self, place: Place | None) -> str:
        return "nobody" if place is None else place.owner

    def renewed(self, place: Place | None, used: SecretValue) -> bool:
        assert place is not None
        return self.held.pop(place.owner) is used

    def advice(self, place: Place | None, permission: str | None) -> str | None:
        return f"give {place} {permission}"


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def connection(access: Callable[..., Access], tokens: Tokens) -> Iterator[Connection]:
    opened = Connection(replace(access(), credential=tokens))
    yield opened
    opened.close()


def sent(github: Loopback) -> list[str]:
    return [seen.headers["authorization"] for seen in github.seen]


def test_each_owner_is_asked_about_with_its_own_token(
    github: Loopback, connection: Connection, tokens: Tokens
) -> None:
    for path in (ACME, PEAR, "/repositories/7", "/users/lead", "/orgs/acme/repos"):
        github.on(f"GET {path}", Reply({}))
        connection.fetch(Target(path), "look")

    assert sent(github) == ["token acme-1", "token pear-2", "token pear-2", "token pear-2", "token acme-1"]
    assert tokens.asked == [Place("acme", "web"), *[Place("pear", "web")] * 3, Place("acme")]


def test_a_signed_token_is_a_bearer_s(github: Loopback, connection: Connection, tokens: Tokens) -> None:
    tokens.scheme = "Bearer"
    github.on(f"GET {ACME}", Reply({}))

    connection.fetch(Target(ACME), "look")

    assert sent(github) == ["Bearer acme-1"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_that_has_lapsed_is_renewed_and_the_request_repeated(
    github: Loopback, connection: Connection, method: str
) -> None:
    github.on(f"{method} {ACME}", ASKED, Reply({}, 201 if method == "POST" else 200))
    call = Call("POST", Target(ACME), "write") if method == "POST" else Call("GET", Target(ACME), "look")

    connection.received(connection.exchange(call))

    assert sent(github) == ["token acme-1", "token acme-2"]


def test_it_is_renewed_once(github: Loopback, connection: Connection) -> None:
    github.on(f"GET {ACME}", ASKED)

    with pytest.raises(RequestFailed, match="GitHub does not accept the token from the test") as raised:
        connection.fetch(Target(ACME), "look")

    assert raised.value.kind is FailureKind.NOT_AUTHENTICATED
    assert sent(github) == ["token acme-1", "token acme-2"]


def test_a_token_that_ended_while_limits_were_waited_for_is_not_sent(
    github: Loopback, access: Callable[..., Access], tokens: Tokens, world: World
) -> None:
    def reply(_: object) -> Reply:
        told = {"Limit": "1", "Remaining": "0", "Reset": str(int(world.now) + 3599)}
        return Reply({}, 200, {f"X-RateLimit-{name}": value for name, value in told.items()})

    def pause(seconds: float) -> None:
        world.pause(seconds)
        tokens.held.clear()
        tokens.exhausted = len(world.pauses) == 2

    github.on(f"GET {ACME}", reply)
    patient = replace(access(), credential=tokens, effects=replace(world.effects(), pause=pause))
    with closing(Connection(patient)) as connection:
        connection.fetch(Target(ACME), "look")
        connection.fetch(Target(ACME), "look")
        with pytest.raises(RequestFailed, match="there is no token"):
            connection.fetch(Target(ACME), "look")
        tokens.exhausted = False
        asking = threading.Thread(target=connection.fetch, args=(Target(ACME), "look"), daemon=True)
        asking.start()
        asking.join(10)  # what was not sent holds up nobody

    assert sent(github) == ["token acme-1", "token acme-2", "token acme-3"]
    assert world.pauses == [3600, 3600]


def test_each_account_has_limits_of_its_own(github: Loopback, connection: Connection, world: World) -> None:
    github.on(f"GET {ACME}", problem(429, "no", headers={"Retry-After": "9"}), Reply({}))
    github.on(f"GET {PEAR}", Reply({}))

    connection.fetch(Target(PEAR), "look")
    connection.fetch(Target(ACME), "look")
    connection.fetch(Target(PEAR), "look")

    assert world.pauses == [9]


def test_no_token_that_was_used_is_ever_shown(github: Loopback, connection: Connection) -> None:
    github.on(f"GET {ACME}", Reply({}))
    github.on(f"GET {PEAR}", problem(422, "neither acme-1 nor pear-2"))
    connection.fetch(Target(ACME), "look")

    with pytest.raises(RequestFailed, match=r"\(422\): neither \(hidden\) nor \(hidden\)$"):
        connection.fetch(Target(PEAR), "look")


def test_the_bearer_knows_what_to_do_about_a_refusal(github: Loopback, connection: Connection) -> None:
    github.on(f"GET {ACME}/environments", problem(403, "Resource not accessible by integration"))

    with pytest.raises(RequestFailed) as raised:
        connection.fetch(Target(f"{ACME}/environments"), "look")

    assert raised.value.hint == "give acme/web Actions: read"


def test_a_write_that_may_have_been_done_stays_in_doubt_when_there_is_no_token_any_more(
    github: Loopback, connection: Connection, tokens: Tokens
) -> None:
    def lose(_: object) -> Reply:
        tokens.exhausted = True
        return Reply(b"", 502)

    for method in ("PUT", "POST"):
        github.on(f"{method} {ACME}", lose)
    writer = Writer(connection)

    with pytest.raises(RequestFailed, match="there is no token") as raised:
        writer.put(ACME, {}, "write")
    assert raised.value.uncertain
    with pytest.raises(RequestFailed, match="there is no token") as raised:
        writer.put(ACME, {}, "write")
    assert not raised.value.uncertain

    tokens.exhausted = False
    with pytest.raises(RequestFailed) as raised:
        writer.post(ACME, {}, "write", there=lambda: False)
    assert raised.value.uncertain


def test_a_harmless_post_is_repeated(github: Loopback, connection: Connection) -> None:
    github.on(f"POST {ACME}", Silence.CUT, Reply({"token": "x"}, 201))

    exchange = connection.exchange(Call("POST", Target(ACME), "get a token", harmless=True))

    assert connection.received(exchange).status == 201
