"""The listening socket and the thread that serves it."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, EnvsyncError
from envsync.sandbox.connection import Connection

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from envsync.sandbox.connection import Delivery
    from envsync.sandbox.exchange import Request

HOST = "127.0.0.1"
_BACKLOG = 512


class Listener:
    """Serves on loopback in a daemon thread with its own event loop, from `start` to `stop`.

    `date` tells the time as HTTP writes it, for the answers that `serve` has no part in. `tls`: as whom it speaks
    TLS; None: it does not.
    """

    def __init__(
        self,
        serve: Callable[[Request], Delivery],
        date: Callable[[], str],
        *,
        port: int,
        latency: float,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._serve = serve
        self._date = date
        self._port = port
        self._latency = latency
        self._tls = tls
        self._bound: Future[int] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="sandbox", daemon=True)

    def start(self) -> str:
        """Returns the URL. Raises an EnvsyncError when the port is taken."""
        self._thread.start()
        try:
            return f"{'http' if self._tls is None else 'https'}://{HOST}:{self._bound.result()}"
        except (OSError, OverflowError) as error:
            self._thread.join()
            raise EnvsyncError(
                Diagnostic(
                    code="sandbox-port-unusable",
                    message=f"the sandbox cannot listen on port {self._port}: {error}",
                    hint="choose another one with `--port`; `--port 0` takes any that is free",
                )
            ) from error

    def stop(self) -> None:
        """Closes the socket and all connections, whatever they are waiting for."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        connections: set[Connection] = set()
        try:
            server = await self._loop.create_server(
                lambda: Connection(self._serve, self._date, connections, self._latency),
                HOST,
                self._port,
                backlog=_BACKLOG,
                ssl=self._tls,
            )
        except (OSError, OverflowError) as error:
            self._bound.set_exception(error)
            return
        self._bound.set_result(server.sockets[0].getsockname()[1])
        await self._stopping.wait()
        server.close()
        for connection in tuple(connections):
            connection.abort()
            await connection.closed.wait()
        await server.wait_closed()
