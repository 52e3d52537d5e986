"""The command line in this process, with a clock of ours, or under a profiler."""

from __future__ import annotations

import os
import sys
import time
from cProfile import Profile
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, TypeVar
from unittest.mock import patch

from envsync.cli import access as reaching
from envsync.cli import run, session
from envsync.cli.access import access_of
from envsync.github.connection import Connection
from envsync.github.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from benchmarks.client import Client
    from benchmarks.server import Clock, Place
    from envsync.cli.options import Options
    from envsync.cli.stop import Stop
    from envsync.github.connection import Access

T = TypeVar("T")
Item = TypeVar("Item")


def leap(arguments: list[str], client: Client, place: Place, clock: Clock, settled: float) -> None:
    """Ends the process. `settled`: seconds without a request after which everybody waits."""
    sleeper = _Sleeper(clock, settled)

    def leaping(options: Options, stop: Stop | None = None) -> Access:
        access = access_of(options, stop)
        effects = replace(access.effects, pause=sleeper.pause, now=clock.now, stopwatch=clock.stopwatch)
        return replace(access, effects=effects)

    _settle_in(client, place)
    with patch.object(reaching, "access_of", leaping):
        sys.exit(run(arguments))


def profile(client: Client, place: Place, file: Path) -> None:
    """Ends the process. What is built in counts for its caller."""
    _settle_in(client, place)
    profiler = Profile(time.thread_time, builtins=False)
    with patch.object(session, "Crew", _OneHand):
        code = profiler.runcall(run, ["plan", "--no-cache"])
    profiler.dump_stats(str(file))
    sys.exit(code)


def _settle_in(client: Client, place: Place) -> None:
    os.chdir(client.folder)
    os.environ.clear()
    os.environ.update(client.environ(place))
    sys.stdout = sys.stderr = client.log.open("w", encoding="utf-8")


class _Sleeper:
    """Once everybody waits, time leaps to where the first one has waited long enough."""

    def __init__(self, clock: Clock, settled: float) -> None:
        self._clock = clock
        self._settled = settled
        self._lock = Lock()
        self._due: list[float] = []

    def pause(self, seconds: float) -> None:
        due = self._clock.stopwatch() + seconds
        with self._lock:
            self._due.append(due)
        while (left := due - self._clock.stopwatch()) > 0:
            time.sleep(min(left, self._settled / 4))
            with self._lock:
                if self._clock.quiet > self._settled:
                    self._clock.leap(max(0.0, min(self._due) - self._clock.stopwatch()))
        with self._lock:
            self._due.remove(due)


class _OneHand:
    """A crew of nobody but the caller."""

    def __init__(self, access: Access) -> None:
        mine = self._connection = Connection(access)
        self.reader = Reader(mine.fetch, mine.local, mine.close, self)

    def connection(self) -> Connection:
        return self._connection

    def get_ready(self, requests: int) -> None: ...

    def gather(self, asks: Sequence[Callable[[], T]]) -> list[T]:
        return [ask() for ask in asks]

    def flow(self, items: Sequence[Item], work: Callable[[Item], Iterable[T]]) -> Iterator[T]:
        for item in items:
            yield from work(item)

    def stop(self) -> None: ...

    def close(self) -> None:
        self._connection.close()
