"""The limiter against a sandbox that enforces GitHub's limits. Hours pass in seconds: no wait is sat out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.server import SPAWN, Manner
from benchmarks.workload import Command, Workload, expected, limited

if TYPE_CHECKING:
    from benchmarks.client import Client
    from benchmarks.server import Clock, Place, Server
    from benchmarks.workload import Requests

_SETTLED = 0.05  # seconds without a request, beyond an answer's, after which everybody waits


@dataclass(frozen=True, slots=True)
class Case:
    command: Command
    repositories: int
    an_hour: int  # requests

    @property
    def requests(self) -> Requests:
        return expected(self.command, Workload(self.repositories))

    @property
    def bound(self) -> tuple[str, float]:
        """The limit that takes longest, and how long."""
        times = limited(self.requests, an_hour=self.an_hour)
        name = max(times, key=lambda each: times[each])
        return name, times[name]


# In each of them another limit is the one that counts.
CASES = (
    Case(Command.PLAN, 100, 5000),
    Case(Command.PLAN, 300, 5000),
    Case(Command.APPLY, 7, 5000),
    Case(Command.APPLY, 10, 5000),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """How a case went."""

    case: Case
    refused: int
    counted: int
    virtual: float  # seconds, from the first request
    real: float

    @property
    def ratio(self) -> float:
        return self.virtual / self.case.bound[1]

    @property
    def again(self) -> int:
        """Requests more than there should be. A record that had to wait to be sent is written once more."""
        return self.counted - self.case.requests.total

    @property
    def is_wrong(self) -> bool:
        return bool(self.refused) or self.again < 0 or (self.case.command is not Command.APPLY and self.again > 0)


def keep(case: Case, client: Client, server: Server, clock: Clock, latency: float) -> Kept:
    client.prepare(Workload(case.repositories))
    if case.command is not Command.APPLY:
        client.run(["apply", "--yes", "--no-cache"], server.serve(Manner(0)))
    place = server.serve(Manner(latency, case.an_hour))
    began = time.monotonic()
    arguments = _arguments(case.command)
    process = SPAWN.Process(target=_envsync, args=(arguments, client, place, clock, latency + _SETTLED))
    process.start()
    process.join()
    if process.exitcode:
        raise client.failed(arguments, process.exitcode)
    ended, reading = clock.stopwatch(), server.read()
    virtual = 0.0 if reading.first is None else ended - reading.first
    return Kept(case, reading.refused, reading.requests, virtual, time.monotonic() - began)


def _arguments(command: Command) -> list[str]:
    return [command, "--no-cache", *(["--yes"] if command is Command.APPLY else [])]


def _envsync(arguments: list[str], client: Client, place: Place, clock: Clock, settled: float) -> None:
    from benchmarks.inside import leap  # noqa: PLC0415 - heavy, and who starts it stays small: see `Run.memory`

    leap(arguments, client, place, clock, settled)
