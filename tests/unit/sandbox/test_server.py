"""The sandbox as its users see it."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from support.sandbox_http import PRODUCTION, Clock, client, world
from support.tls import identity
from urllib3 import PoolManager

from envsync.errors import EnvsyncError
from envsync.sandbox import FULL_TOKEN, Exchange, Options, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.sandbox_http import Client


def test_it_listens_on_loopback_alone_and_is_gone_afterwards() -> None:
    with Sandbox() as sandbox:
        address = urlsplit(sandbox.url)
        assert (address.scheme, address.hostname) == ("http", "127.0.0.1")
        threads = [thread.name for thread in threading.enumerate()]
        assert "sandbox" in threads
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", address.port or 0)).close()
    assert "sandbox" not in [thread.name for thread in threading.enumerate()]


def test_it_speaks_tls_and_links_to_where_it_is_reached(tmp_path: Path) -> None:
    known = identity(tmp_path)
    with Sandbox(tls=known.context) as sandbox, PoolManager(ca_certs=known.bundle) as pool:
        sandbox.seed(repositories=[("acme", "payments"), ("acme", "orders")])
        headers = {"Authorization": f"Bearer {FULL_TOKEN}"}
        answer = pool.request("GET", f"{sandbox.url}/orgs/acme/repos?per_page=1", headers=headers)

        assert answer.status == 200
        assert f"<{sandbox.url}/" in answer.headers["Link"]
        assert sandbox.url.startswith("https://127.0.0.1:")


def test_a_port_that_is_taken() -> None:
    with Sandbox() as first:
        port = urlsplit(first.url).port or 0
        with pytest.raises(EnvsyncError) as caught:
            Sandbox(port=port).__enter__()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "sandbox-port-unusable"
    assert f"port {port}" in diagnostic.message
    with Sandbox(port=port) as again:
        assert again.url == first.url


def test_a_port_that_is_none() -> None:
    with pytest.raises(EnvsyncError, match="cannot listen on port 70000"):
        Sandbox(port=70_000).__enter__()


def test_several_live_side_by_side() -> None:
    with world() as one, world() as other:
        one.put(wait_timer=5)
        assert other.call("GET", PRODUCTION).json["protection_rules"] == []


def test_in_memory_it_goes_on_where_it_was() -> None:
    sandbox = Sandbox()
    with sandbox:
        sandbox.seed(repositories=[("acme", "payments")])
    with sandbox, client(sandbox.url) as call:
        assert call("GET", "/repos/acme/payments").status == 200


def test_what_a_client_had_open_is_closed() -> None:
    with world() as github:
        github.call("GET", PRODUCTION)
        assert github.call.connection.sock is not None
        wire = github.call.connection.sock.dup()
    with wire:
        wire.settimeout(10)
        with contextlib.suppress(ConnectionResetError):
            assert wire.recv(1) == b""


def test_a_test_may_change_the_state_between_two_requests() -> None:
    with world() as github:
        github.sandbox.state.environment("acme/payments", "production").protection.wait_timer = 9
        (rule,) = github.call("GET", PRODUCTION).json["protection_rules"]
        assert rule["wait_timer"] == 9


class TestObserving:
    def test_an_observer_sees_everything_but_the_token(self) -> None:
        with world(options=Options(now=Clock())) as github:
            github.call("PUT", f"{PRODUCTION}?x=1", {"wait_timer": 5}, headers={"X-Trace": "y"})
            seen = github.exchanges[-1]
        assert (seen.method, seen.path, seen.query) == ("PUT", PRODUCTION, {"x": "1"})
        assert seen.request == {"wait_timer": 5}
        assert seen.request_headers["x-trace"] == "y"
        assert "authorization" not in seen.request_headers
        assert seen.status == 200
        assert isinstance(seen.response, dict)
        assert seen.response["name"] == "production"
        assert seen.response_headers["date"] == "Sun, 01 Mar 2026 12:00:00 GMT"
        assert seen.fault is None

    def test_it_sees_the_state_after_the_work_and_before_the_answer(self) -> None:
        timers: list[int] = []

        def look(exchange: Exchange) -> None:
            if exchange.method == "PUT":
                timers.append(exchange.state.environment("acme/payments", "production").protection.wait_timer)

        with world(check=look) as github:
            github.put(wait_timer=5)
            assert timers == [0, 5]

    def test_what_it_raises_comes_out_at_the_end(self) -> None:
        def object_to(exchange: Exchange) -> None:
            assert exchange.method != "PUT", "somebody wrote"

        sandbox = Sandbox(observe=object_to)
        statuses: list[int] = []
        with pytest.raises(AssertionError, match="somebody wrote"), sandbox, client(sandbox.url) as call:
            statuses.extend(call(method, PRODUCTION).status for method in ("PUT", "GET"))
        assert statuses == [500, 404]

    def test_so_does_what_goes_wrong_inside(self) -> None:
        def fail(*_: object) -> None:
            raise RuntimeError("broken")

        with pytest.raises(RuntimeError, match="broken"), world(options=Options(on_secret=fail)) as github:
            assert github.put_secret("A", b"x").status == 500

    def test_the_first_failure_counts(self) -> None:
        def object_to(exchange: Exchange) -> None:
            raise ValueError(exchange.path)

        sandbox = Sandbox(observe=object_to)
        with pytest.raises(ValueError, match="/first"), sandbox, client(sandbox.url) as call:
            assert [call("GET", path).status for path in ("/first", "/second")] == [500, 500]


class TestServing:
    SCRIPT = """
import signal, sys
from pathlib import Path
from envsync.sandbox import Sandbox
with Sandbox(Path(sys.argv[1])) as sandbox:
    sandbox.seed(repositories=[("acme", "payments")])
    sandbox.serve_forever(lambda: print(sandbox.url, flush=True))
print("stopped", signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
"""

    @contextmanager
    def process(self, directory: Path) -> Iterator[tuple[subprocess.Popen[str], Client]]:
        command = [sys.executable, "-c", self.SCRIPT, str(directory)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            with client(process.stdout.readline().strip()) as call:
                yield process, call

    def wait_timer(self, directory: Path) -> int:
        with Sandbox(directory) as sandbox:
            return sandbox.state.environment("acme/payments", "production").protection.wait_timer

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_it_serves_until_a_signal_and_gives_signals_back(self, tmp_path: Path, number: int) -> None:
        with self.process(tmp_path) as (process, call):
            assert call("PUT", PRODUCTION, {"wait_timer": 5}).status == 200
            process.send_signal(number)
            assert process.stdout is not None
            assert process.stdout.read() == "stopped True\n"
            assert process.wait(timeout=10) == 0
        assert self.wait_timer(tmp_path) == 5

    def test_a_process_that_is_killed_loses_nothing_that_it_answered(self, tmp_path: Path) -> None:
        with self.process(tmp_path) as (process, call):
            call("PUT", PRODUCTION, {"wait_timer": 5})
            process.kill()
        assert self.wait_timer(tmp_path) == 5
