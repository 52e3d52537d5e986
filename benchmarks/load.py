"""What the sandbox can do alone: the requests of a plan over plain sockets, with none of envsync's code."""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.server import Place

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_OK = b"HTTP/1.1 200 "


@dataclass(slots=True)
class _Line:
    """One connection, with at most one request under way."""

    socket: socket.socket
    received: bytes = b""

    def is_answered(self, piece: bytes) -> bool:
        self.received += piece
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            if not piece:
                raise ConnectionError("the sandbox closed a connection")
            return False
        length = _LENGTH.search(head)
        if not head.startswith(_OK) or length is None:
            raise ConnectionError(f"the sandbox answered {head[:60]!r}")
        return len(body) == int(length[1])


def send(place: Place, targets: Iterable[str], *, connections: int) -> float:
    """All of them, as fast as the answers come: seconds."""
    split = urlsplit(place.url)
    waiting = deque(
        f"GET {target} HTTP/1.1\r\nHost: {split.netloc}\r\nAuthorization: token {place.token}\r\n"
        "Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nUser-Agent: load\r\n"
        "X-GitHub-Api-Version: 2022-11-28\r\n\r\n".encode()
        for target in targets
    )
    began = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for _ in range(min(connections, len(waiting))):
            line = _Line(socket.create_connection((str(split.hostname), split.port or 80)))
            line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(line.socket, selectors.EVENT_READ, line)
            line.socket.sendall(waiting.popleft())
        while selector.get_map():
            for key, _ in selector.select():
                _go_on(key.data, waiting, selector)
    return time.monotonic() - began


def _go_on(line: _Line, waiting: deque[bytes], selector: selectors.BaseSelector) -> None:
    if not line.is_answered(line.socket.recv(1 << 20)):
        return
    line.received = b""
    if waiting:
        line.socket.sendall(waiting.popleft())
    else:
        selector.unregister(line.socket)
        line.socket.close()
