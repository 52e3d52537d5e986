"""A web server on loopback that answers as a test has it, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Seen:
    """A request as it came in; `target` is neither decoded nor normalised."""

    method: str
    target: str
    headers: Mapping[str, str]  # names in lower case
    body: Any

    @property
    def line(self) -> str:
        return f"{self.method} {self.target}"


class Silence(Enum):
    """Ways not to answer."""

    CUT = "close the connection instead of answering"
    CUT_SHORT = "announce more than is sent, then close"
    HANG = "hold the connection open and say nothing"


@dataclass(frozen=True)
class Reply:
    body: Any = None  # bytes go out as they are, all else as JSON; None is an empty body
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Answering = Reply | Silence | Callable[[Seen], Reply]


class Loopback:
    """Answers each method and target by its replies in turn; the last one stays. What is not set is 404."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._replies: dict[str, list[Answering]] = defaultdict(list)
        self._released = threading.Event()
        self.address = ""

    def on(self, line: str, *replies: Answering) -> None:
        """`line` is as in `GET /user`, with or without the query that the request has to have."""
        self._replies[line] = list(replies)

    @property
    def lines(self) -> list[str]:
        return [seen.line for seen in self.seen]

    def bodies(self, method: str) -> list[Any]:
        return [seen.body for seen in self.seen if seen.method == method]

    def reply_to(self, seen: Seen) -> Reply | Silence:
        self.seen.append(seen)
        path_only = f"{seen.method} {urlsplit(seen.target).path}"
        replies = self._replies.get(seen.line) or self._replies.get(path_only)
        if not replies:
            return Reply({"message": "Not Found"}, 404)
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        return reply if isinstance(reply, Reply | Silence) else reply(seen)

    def wait_for_release(self) -> None:
        self._released.wait(timeout=30)

    def release(self) -> None:
        self._released.set()


@contextmanager
def serving() -> Iterator[Loopback]:
    loopback = Loopback()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = Seen(self.command, self.path, headers, json.loads(text) if text else None)
            reply = loopback.reply_to(seen)
            if isinstance(reply, Silence):
                self.close_connection = True
                self.be_silent(reply)
                return
            body = b"" if reply.body is None else reply.body
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response_only(reply.status)  # no Date: the test says what time it is
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def be_silent(self, silence: Silence) -> None:
            if silence is Silence.HANG:
                loopback.wait_for_release()
            elif silence is Silence.CUT_SHORT:
                self.send_response_only(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"total_count": 1, "envi')

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Say nothing: a test reads `seen`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        loopback.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield loopback
        finally:
            loopback.release()
            server.shutdown()
            thread.join()
