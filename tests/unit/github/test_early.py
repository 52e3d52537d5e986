"""Connections that are opened ahead, with real TLS: which of them is still good when something is to be sent."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import closing, contextmanager
from select import select
from typing import TYPE_CHECKING

import pytest
from support.tls import Identity, identity
from urllib3.connection import HTTPSConnection

from envsync.errors import RequestFailed
from envsync.github.call import Answer, Call
from envsync.github.connection import Access, Connection
from envsync.github.credentials import Credential
from envsync.github.crew import Crew
from envsync.github.early import EarlyPool
from envsync.github.retry import Policy
from envsync.github.server import Target
from envsync.model import SecretValue
from envsync.sandbox import FULL_TOKEN, Sandbox

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from envsync.github.call import Outcome

LONG = 20  # seconds: longer than anything here takes
LOOK = Call("GET", Target("/meta"), "look at the server")


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Identity:
    made = identity(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", made.bundle)
    return made


def access(url: str) -> Access:
    return Access(url, Credential(SecretValue(FULL_TOKEN.encode()), "GH_TOKEN"), policy=Policy(attempts=1))


def is_answered(outcome: Outcome) -> bool:
    return isinstance(outcome, Answer) and outcome.status == 200


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_the_first_request_takes_the_connection_that_is_open(known: Identity) -> None:
    with Sandbox(tls=known.context) as github, closing(Connection(access(github.url))) as connection:
        connection.connect()
        assert (known.context.greeted, github.traffic.total) == (1, 0)

        # As of TLS 1.3 the server has tickets to give, which the client has not read yet.
        until(lambda: has_something_to_read(connection))
        connection.connect()  # it is open already
        assert is_answered(connection.exchange(LOOK).outcome)
        assert is_answered(connection.exchange(LOOK).outcome)

    assert (known.context.greeted, github.traffic.total) == (1, 2)


def has_something_to_read(connection: Connection) -> bool:
    sock = opened(connection).sock
    return bool(select([sock], [], [], 0)[0])


def test_a_crew_connects_once_the_first_request_has_reached_github(known: Identity) -> None:
    together = threading.Barrier(6)

    def ask(crew: Crew) -> bool:
        together.wait(LONG)  # each thread has one
        return is_answered(crew.connection().exchange(LOOK).outcome)

    with Sandbox(tls=known.context) as github, closing(Crew(access(github.url), 8)) as crew:
        crew.get_ready(5)
        until(lambda: len(crew._idle) == 5)
        assert known.context.greeted == 0

        crew.reader._fetch(LOOK.target, LOOK.purpose)
        until(lambda: known.context.greeted == 6 and len(crew._idle) == 5)
        assert github.traffic.total == 1

        assert all(crew.gather([lambda: ask(crew)] * 6))  # who gathers does one of them
        assert known.context.greeted == 6


def test_a_crew_that_does_not_reach_github_tries_it_once(known: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")  # nobody trusts it
    with Sandbox(tls=known.context) as github, closing(Crew(access(github.url), 8)) as crew:
        crew.get_ready(5)
        with pytest.raises(RequestFailed, match="is not trusted"):
            crew.reader._fetch(LOOK.target, LOOK.purpose)
        until(lambda: len(crew._idle) == 5)

    assert known.context.greeted == 2  # ahead, and for the request


def test_what_hinders_it_the_request_tells(known: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{reserved.getsockname()[1]}"
        with closing(Connection(access(url))) as connection:
            connection.connect()
            assert "refuses connections" in str(connection.exchange(LOOK).outcome)
        with closing(Connection(access("https://nobody.invalid"))) as connection:
            connection.connect()
            assert "cannot be resolved" in str(connection.exchange(LOOK).outcome)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", f"{known.bundle}.not")
    with closing(Connection(access(url))) as connection:
        connection.connect()
        assert "cannot be read" in str(connection.exchange(LOOK).outcome)


# --- a connection that is not there any more ---------------------------------------------------------------


def close(_: ssl.SSLSocket) -> None:
    """As whoever serves does next."""


def reset(opened: socket.socket) -> None:
    """It will be, rather than closed."""
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def speak(encrypted: ssl.SSLSocket) -> None:
    encrypted.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")


@contextmanager
def serving(context: ssl.SSLContext, first: Callable[[ssl.SSLSocket], None] | None) -> Iterator[str]:
    """Does that with its first connection, or does not greet it, and answers a request of the second."""

    def serve() -> None:
        peer, _ = listening.accept()
        if first is None:
            reset(peer)
            peer.close()
        else:
            with context.wrap_socket(peer, server_side=True) as encrypted:
                first(encrypted)
        peer, _ = listening.accept()
        with context.wrap_socket(peer, server_side=True) as encrypted:
            encrypted.recv(65536)
            encrypted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def test_one_that_was_never_greeted_is_replaced(known: Identity) -> None:
    with serving(known.context, None) as url, closing(Connection(access(url))) as connection:
        assert not connection.connect()

        assert is_answered(connection.exchange(LOOK).outcome)


@pytest.mark.parametrize("first", [close, reset, speak])
def test_one_that_is_not_there_any_more_is_replaced(
    known: Identity, first: Callable[[ssl.SSLSocket], None]
) -> None:
    with serving(known.context, first) as url, closing(Connection(access(url))) as connection:
        connection.connect()
        until(lambda: not opened(connection).is_connected)

        assert is_answered(connection.exchange(LOOK).outcome)


def opened(connection: Connection) -> HTTPSConnection:
    pool = connection._wire._pool
    assert isinstance(pool, EarlyPool)
    assert pool.pool is not None
    found = pool.pool.queue[-1]  # without the look that is tested here
    assert isinstance(found, HTTPSConnection)
    return found
