"""HTTP as it comes over the wire."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from support.sandbox_http import PRODUCTION, REPOSITORY, world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sandbox_http import World

HEADERS = "Host: x\r\nAuthorization: Bearer sandbox\r\n"


@pytest.fixture
def github() -> Iterator[World]:
    with world(check=lambda _: None) as one:
        yield one


def connected(github: World) -> socket.socket:
    address = urlsplit(github.sandbox.url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=10)


def exchange(github: World, *parts: bytes) -> bytes:
    """Sends `parts` one by one, and reads until the server closes the connection."""
    with connected(github) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            wire.sendall(part)
        received = b""
        while chunk := wire.recv(65536):
            received += chunk
        return received


def request(line: str, more: str = "", body: str = "", *, last: bool = True) -> bytes:
    close = "Connection: close\r\n" if last else ""
    length = f"Content-Length: {len(body.encode())}\r\n" if body else ""
    return f"{line} HTTP/1.1\r\n{HEADERS}{more}{close}{length}\r\n{body}".encode()


def test_a_connection_serves_many_requests(github: World) -> None:
    before = github.call.connection.sock
    for _ in range(3):
        github.call("GET", PRODUCTION)
    assert github.call.connection.sock is before


def test_requests_that_do_not_wait_for_answers_are_answered_in_turn(github: World) -> None:
    path = f"{PRODUCTION}/variables"
    received = exchange(
        github,
        request(f"POST {path}", body='{"name": "A", "value": "1"}', last=False)
        + request(f"GET {path}/A", last=False)
        + request(f"DELETE {path}/A", last=True),
    )
    assert re.findall(rb"HTTP/1\.1 (.*)\r\n", received) == [b"201 Created", b"200 OK", b"204 No Content"]


def test_a_request_may_come_in_pieces(github: World) -> None:
    whole = request(f"POST {PRODUCTION}/variables", body='{"name": "A", "value": "ä"}')
    received = exchange(github, *(whole[index : index + 1] for index in range(len(whole))))
    assert received.startswith(b"HTTP/1.1 201 ")


def test_a_body_may_come_in_chunks(github: World) -> None:
    head = request(f"PUT {PRODUCTION}", "Transfer-Encoding: chunked\r\n")
    received = exchange(github, head, b'9\r\n{"wait_ti\r\n', b'9\r\nmer": 7 }\r\n', b"0\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 ")
    assert github.sandbox.state.environment("acme/payments", "production").protection.wait_timer == 7


def test_one_who_asks_before_sending_is_told_to_go_on(github: World) -> None:
    head = f"PUT {PRODUCTION} HTTP/1.1\r\n{HEADERS}Expect: 100-continue\r\nContent-Length: 17\r\n\r\n"
    with connected(github) as wire:
        wire.sendall(head.encode())
        assert wire.recv(65536).startswith(b"HTTP/1.1 100 ")
        wire.sendall(b'{"wait_timer": 7}')
        assert wire.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_targets_are_taken_as_they_come(github: World) -> None:
    exchange(github, request(f"PUT {REPOSITORY}/environments/a%2Fb%2fc?x=%2F&y"))
    seen = github.exchanges[-1]
    assert seen.path == f"{REPOSITORY}/environments/a%2Fb%2fc"
    assert seen.query == {"x": "/", "y": ""}
    assert "a/b/c" in github.sandbox.state.repository("acme/payments").environments


@pytest.mark.parametrize("line", ["GET http://other/user", "OPTIONS *", "CONNECT x:1", "BREW /pot"])
def test_what_is_no_endpoint_is_not_found(github: World, line: str) -> None:
    assert exchange(github, request(line)).startswith(b"HTTP/1.1 404 ")


def test_an_old_client_need_not_name_the_host(github: World) -> None:
    received = exchange(github, b"GET /user HTTP/1.0\r\nAuthorization: Bearer sandbox\r\n\r\n")
    assert json.loads(received.split(b"\r\n\r\n", 1)[1])["url"] == f"{github.sandbox.url}/users/sandbox"


@pytest.mark.parametrize(
    "raw",
    [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"],
    ids=["line", "no-host", "length"],
)
def test_what_is_no_http_is_refused(github: World, raw: bytes) -> None:
    received = exchange(github, raw)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert b"\r\ndate: Sun, 01 Mar 2026 12:00:00 GMT\r\n" in received


def test_headers_without_end_are_refused(github: World) -> None:
    assert exchange(github, b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000).startswith(b"HTTP/1.1 431 ")


def test_a_body_without_end_is_refused(github: World) -> None:
    size = 5 * 1024 * 1024
    head = f"PUT {PRODUCTION} HTTP/1.1\r\n{HEADERS}Content-Length: {size}\r\n\r\n".encode()
    with connected(github) as wire:
        wire.sendall(head)
        with pytest.raises(ConnectionError):  # noqa: PT012 - the server may close between any two sends
            for _ in range(1000):
                wire.sendall(b" " * 65536)
    assert github.call("GET", PRODUCTION).status == 200


def test_a_client_may_leave_at_any_time(github: World) -> None:
    for part in (b"", b"GET /us", request("GET /user", last=False)):
        with connected(github) as wire:
            wire.sendall(part)
    assert github.call("GET", "/user").status == 200


class TestLatency:
    def test_answers_take_their_time_and_do_not_wait_for_each_other(self) -> None:
        with world(latency=0.2) as github:
            begin = time.monotonic()

            def ask() -> None:
                with github.client() as call:
                    call("GET", PRODUCTION)

            threads = [threading.Thread(target=ask) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert 0.2 <= time.monotonic() - begin < 8 * 0.2

    def test_requests_on_one_connection_wait_for_each_other(self) -> None:
        with world(latency=0.02, check=lambda _: None) as github:
            received = exchange(github, request("GET /user", last=False) + request("GET /meta"))
            assert received.index(b'"login":"sandbox"') < received.index(b"verifiable_password")

    def test_nonsense_after_a_request_waits_for_its_answer(self) -> None:
        with world(latency=0.02) as github:
            received = exchange(github, request("GET /user", last=False) + b"nonsense\r\n\r\n")
            assert re.findall(rb"HTTP/1\.1 (.*)\r\n", received) == [b"200 OK", b"400 Bad Request"]

    def test_a_client_that_left_gets_no_answer(self) -> None:
        with world(latency=0.2) as github:
            with github.client(timeout=0.01) as call, pytest.raises(TimeoutError):
                call("GET", PRODUCTION)
            assert github.call("GET", PRODUCTION).status == 200
