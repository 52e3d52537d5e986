"""Straight or through a proxy, and whom to trust: with real TLS on loopback."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import ssl
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from support.tls import Identity, identity
from urllib3.util import create_urllib3_context

from envsync.github.call import Answer, Call, Lost
from envsync.github.connection import Access, Connection
from envsync.github.credentials import Credential
from envsync.github.retry import Policy
from envsync.github.route import Route, route_to, trust
from envsync.github.server import Target
from envsync.model import SecretValue
from envsync.sandbox import FULL_TOKEN, Fault, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envsync.github.call import Outcome

WHO = Target("/meta")
GITHUB = "https://ghe.example"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)


@pytest.fixture
def known(tmp_path: Path) -> Identity:
    return identity(tmp_path, "127.0.0.1", "ghe.example")


def outcome_of(url: str) -> Outcome:
    access = Access(url, Credential(SecretValue(FULL_TOKEN.encode()), "GH_FULL_TOKEN"), policy=Policy(attempts=1))
    with closing(Connection(access)) as connection:
        return connection.exchange(Call("GET", WHO, "look at the server")).outcome


def status_of(url: str) -> int:
    outcome = outcome_of(url)
    assert isinstance(outcome, Answer), outcome
    return outcome.status


# --- whom to trust -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_bundle_of_one_s_own_is_trusted(known: Identity, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    with Sandbox(tls=known.context) as github:
        monkeypatch.setenv(variable, known.bundle)

        assert github.url.startswith("https://127.0.0.1:")
        assert status_of(github.url) == 200


def test_without_it_the_server_is_not_trusted_and_gets_no_request(known: Identity) -> None:
    with Sandbox(tls=known.context) as github:
        outcome = outcome_of(github.url)

        assert github.traffic.total == 0
    assert isinstance(outcome, Lost)
    assert outcome.reason.startswith(f"the certificate of {urlsplit(github.url).netloc} is not trusted (")
    assert outcome.advice == (
        "if your own authority has signed it, have REQUESTS_CA_BUNDLE name a file with its certificate"
    )
    assert (outcome.sent, outcome.lasting) == (False, True)


def test_a_server_of_another_name_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = identity(tmp_path, "other.example")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", other.bundle)
    with Sandbox(tls=other.context) as github:
        outcome = outcome_of(github.url)

    assert isinstance(outcome, Lost)
    assert "is not trusted (IP address mismatch" in outcome.reason


def test_a_folder_of_certificates_may_be_named(
    tmp_path: Path, known: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none").mkdir()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none"))
    with Sandbox(tls=known.context) as github:
        outcome = outcome_of(github.url)

    assert isinstance(outcome, Lost)
    assert "is not trusted" in outcome.reason


@pytest.mark.parametrize("content", [None, "no certificate\n"])
def test_a_bundle_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content, encoding="utf-8")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))

    assert outcome_of(GITHUB) == Lost(
        f"the certificate bundle {bundle} cannot be read",
        sent=False,
        lasting=True,
        advice="correct REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, or unset it",
    )


def test_a_bundle_is_loaded_once_for_all_threads(known: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ssl.SSLContext] = []

    def seen() -> ssl.SSLContext:
        made.append(create_urllib3_context())
        return made[-1]

    monkeypatch.setattr("envsync.github.route.create_urllib3_context", seen)
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(trust, [known.bundle] * 32))

    assert found == set(made)
    assert len(made) == 1


def test_what_all_threads_share_stays_as_it_is(known: Identity) -> None:
    known.context.set_alpn_protocols(["h2", "http/1.1"])
    shared = trust(known.bundle)

    shared.set_alpn_protocols(["h2"])

    assert spoken(shared, known.context) == "http/1.1"


def spoken(client: ssl.SSLContext, server: ssl.SSLContext) -> str | None:
    """What both agree on, by messages in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname="127.0.0.1")
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    pending = [ours, theirs]
    while pending:
        for side in tuple(pending):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            pending.remove(side)
    return ours.selected_alpn_protocol()


# --- which way ---------------------------------------------------------------------------------------------


@contextmanager
def proxy(port: int) -> Iterator[tuple[str, list[bytes]]]:
    """One that leads wherever it is asked to that port of this machine, and what it was asked."""
    asked: list[bytes] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        if b"Proxy-Authorization" not in asked[-1]:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        else:
            there = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))
        writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(lead, "127.0.0.1", 0)
        bound.set_result(server.sockets[0].getsockname()[1])
        await asyncio.to_thread(over.wait)
        server.close()
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)

    bound, over = Future[int](), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        yield f"127.0.0.1:{bound.result()}", asked
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_proxy_passes_on_what_it_cannot_read(
    known: Identity, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", known.bundle)
    with Sandbox(tls=known.context) as github, proxy(int(github.url.rpartition(":")[2])) as (address, asked):
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}somebody:password@{address}")

        assert status_of(GITHUB) == 200

    head = asked[0].decode()
    assert head.startswith("CONNECT ghe.example:443 HTTP/1.")
    assert f"Proxy-Authorization: Basic {base64.b64encode(b'somebody:password').decode()}" in head
    assert FULL_TOKEN not in head


def test_one_that_does_not_let_anybody_through(known: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(tls=known.context) as github, proxy(int(github.url.rpartition(":")[2])) as (address, _):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")

        assert outcome_of(f"{GITHUB}:8443/api/v3") == Lost(
            "the proxy did not let the request through",
            sent=False,
            lasting=True,  # its password will not be another one
            advice="check the proxy that HTTPS_PROXY names, or have NO_PROXY name ghe.example",
        )


def test_an_answer_that_is_lost_in_the_tunnel_may_be_one_to_what_was_done(
    known: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", known.bundle)
    with (
        Sandbox(tls=known.context, faults=[Fault.parse("lost:*:*:1")]) as github,
        proxy(int(github.url.rpartition(":")[2])) as (address, _),
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:password@{address}")

        assert outcome_of(GITHUB) == Lost("the connection was cut off before the answer was complete", sent=True)
        assert github.traffic.total == 1


def test_a_proxy_that_nobody_trusts_is_told_as_such(known: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(tls=known.context) as not_even_a_proxy:
        monkeypatch.setenv("HTTPS_PROXY", not_even_a_proxy.url)

        outcome = outcome_of(GITHUB)

    assert isinstance(outcome, Lost)
    assert outcome.reason.startswith("the certificate of the proxy is not trusted (")
    assert outcome.lasting


def test_a_socks_proxy_takes_what_can_speak_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5h://127.0.0.1:9")

    outcome = outcome_of(GITHUB)

    assert isinstance(outcome, Lost)
    if importlib.util.find_spec("socks") is None:
        assert (outcome.reason, outcome.advice) == (
            "the proxy that the environment names is a SOCKS proxy",
            "install PySocks beside envsync",
        )
    else:
        assert not outcome.sent


def test_a_log_of_keys_that_cannot_be_written_is_not_taken_for_the_bundle(
    known: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", known.bundle)
    monkeypatch.setenv("SSLKEYLOGFILE", f"{known.bundle}/keys")

    assert outcome_of(GITHUB) == Lost(
        "encrypted connections cannot be set up (Not a directory)",
        sent=False,
        lasting=True,
        advice="check SSLKEYLOGFILE",
    )


def test_nothing_is_opened_ahead_through_a_proxy(known: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(tls=known.context) as github, proxy(int(github.url.rpartition(":")[2])) as (address, asked):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
        with closing(Connection(Access(GITHUB, Credential(SecretValue(b"token"), "GH_FULL_TOKEN")))) as connection:
            assert not connection.connect()

        assert asked == []


@pytest.mark.parametrize(
    "address",
    [
        "ftp://somebody:hush@there",
        "exa mple",
        "http://somebody:hush@[::1",
        "http://somebody:hush@",
        "http://:8080",
    ],
)
def test_a_proxy_that_is_none_is_not_told_since_it_may_have_a_password(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)

    assert outcome_of("https://[2001:db8::1]:8443") == Lost(
        "the proxy that the environment names cannot be used",
        sent=False,
        lasting=True,
        advice="check the proxy that HTTPS_PROXY names, or have NO_PROXY name 2001:db8::1",
    )


def test_no_proxy_leads_to_this_machine_or_to_what_no_proxy_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "ghe.example")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "bundle.pem")

    assert route_to("https://api.github.com") == (
        Route("https://api.github.com", "http://proxy.example:3128", "bundle.pem")
    )
    assert route_to("https://ghe.example/api/v3") == Route("https://ghe.example", None, "bundle.pem")
    assert route_to("https://127.0.0.1:8443").proxy is None
