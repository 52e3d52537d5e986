"""The sandbox in a process of its own, and a clock that both sides of a benchmark go by."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.sharedctypes import Synchronized
    from types import TracebackType

    from benchmarks.workload import Workload

SPAWN = get_context("spawn")


class Clock:
    """For several processes. Time passes as it does on the wall, but nobody sits out a wait: it is leapt over."""

    def __init__(self) -> None:
        self._ahead: Synchronized[float] = SPAWN.Value("d", 0.0)  # seconds
        self._quiet_since: Synchronized[float] = SPAWN.Value("d", 0.0)

    def now(self) -> float:
        return time.time() + self._ahead.value

    def stopwatch(self) -> float:
        return time.monotonic() + self._ahead.value

    def stir(self) -> None:
        """Something happens."""
        self._quiet_since.value = time.monotonic()

    @property
    def quiet(self) -> float:
        """Seconds on the wall since something happened."""
        return time.monotonic() - self._quiet_since.value

    def leap(self, seconds: float) -> None:
        self._ahead.value += seconds
        self.stir()


@dataclass(frozen=True, slots=True)
class Manner:
    """How it is served. `limits`: requests an hour, with all of GitHub's other limits; None: it has none.

    `tls`: over TLS, as GitHub, with a certificate among a hundred others that the client has to load.
    """

    latency: float
    limits: int | None = None
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    url: str
    token: str
    record_key: str
    bundle: str | None  # of certificates, to trust it


@dataclass(frozen=True, slots=True)
class Reading:
    """What came in since the last reading, by the sandbox's own count."""

    requests: int
    statuses: dict[int, int]
    created: int
    most_at_once: int
    refused: int
    first: float | None  # on the clock's stopwatch: when the first request had come in whole
    last: float | None
    cpu: float  # seconds that the sandbox's process took

    @property
    def not_modified(self) -> int:
        return self.statuses.get(304, 0)


class Server:
    """`serve` may be called again: with the same repositories, at the same address."""

    def __init__(self, load: Workload, clock: Clock) -> None:
        self._pipe, self._theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_work, args=(self._theirs, load, clock), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self._theirs.close()  # so that its end is heard of here
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        with suppress(BrokenPipeError):  # it has come to an end already, and told why
            self._pipe.send(None)
        self._process.join()

    def serve(self, manner: Manner) -> Place:
        self._pipe.send(manner)
        place: Place = self._pipe.recv()
        return place

    def read(self) -> Reading:
        self._pipe.send("read")
        reading: Reading = self._pipe.recv()
        return reading


def _work(pipe: Connection, load: Workload, clock: Clock) -> None:
    from benchmarks.hosting import host  # noqa: PLC0415 - heavy, and who starts it stays small: see `Run.memory`

    host(pipe, load, clock)
