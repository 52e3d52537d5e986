"""Faults that take another machine, a proxy or a certificate; test_connection meets the others."""

from __future__ import annotations

import socket
import threading

import pytest
from urllib3 import PoolManager, ProxyManager
from urllib3.exceptions import ConnectTimeoutError, HTTPError

from envsync.github.call import Lost
from envsync.github.faults import lost


def fault_of(url: str, *, proxy: str | None = None) -> Exception:
    manager = PoolManager() if proxy is None else ProxyManager(proxy)
    with manager, pytest.raises(HTTPError) as raised:
        manager.urlopen("GET", url, retries=False, timeout=5)
    return raised.value


def test_a_name_that_nobody_has() -> None:
    error = fault_of("https://nobody.invalid/")

    assert lost(error, host="nobody.invalid") == Lost("the name nobody.invalid cannot be resolved", sent=False)


def test_a_proxy_that_is_not_there() -> None:
    error = fault_of("https://ghe.example/", proxy="http://127.0.0.1:9")

    assert lost(error, host="ghe.example") == Lost(
        "the proxy did not let the request through",
        sent=False,
        advice="check the proxy that HTTPS_PROXY names, or have NO_PROXY name ghe.example",
    )


def test_a_server_that_does_not_speak_tls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_in_the_clear() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(1024)
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer_in_the_clear)
        thread.start()
        error = fault_of(f"https://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()

    assert lost(error, host="ghe.example") == Lost("the encrypted connection to ghe.example failed")


def test_a_host_that_does_not_answer() -> None:
    assert lost(ConnectTimeoutError(), host="ghe.example") == (
        Lost("ghe.example cannot be reached in time", sent=False)
    )


def test_a_network_that_leads_nowhere() -> None:
    error = fault_of("http://255.255.255.255/")

    assert lost(error, host="ghe.example") == Lost("ghe.example cannot be reached", sent=False)


def test_anything_else_is_named_by_its_kind_alone() -> None:
    error = fault_of("http://example:port/")

    assert lost(error, host="ghe.example") == Lost(
        "the request could not be made (LocationParseError)", lasting=True
    )


def test_errors_may_hold_each_other() -> None:
    first, second = HTTPError(), ValueError()
    first.__cause__, second.__cause__ = second, first

    assert lost(first, host="ghe.example").lasting
