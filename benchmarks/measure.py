"""One run of a command against the sandbox, and what it took; and the sandbox alone."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.client import Client
from benchmarks.load import send
from benchmarks.server import Clock, Manner, Server
from benchmarks.workload import Command, Workload, asked_again, bound, expected, targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.client import Run
    from benchmarks.server import Place, Reading

COMMANDS = {"apply": Command.APPLY, "plan": Command.PLAN, "cache": Command.PLAN, "drift": Command.DRIFT}
_MOST_RUNS = 7
_ENOUGH = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Row:
    """One run of one command. Times are in seconds, memory is in bytes."""

    part: str
    repositories: int
    expected: int
    counted: int
    not_modified: int
    wall: float
    startup: float
    end: float  # after the last request had come in
    bound: float
    cpu: float
    memory: int
    sandbox_cpu: float
    most_at_once: int

    @property
    def ratio(self) -> float:
        """Of what comes after start-up to the bound."""
        return (self.wall - self.startup) / self.bound if self.bound else 0.0

    @property
    def is_wrong(self) -> bool:
        return self.counted != self.expected


@dataclass(frozen=True, slots=True)
class Alone:
    """What the sandbox does without envsync, for the requests of a plan."""

    repositories: int
    requests: int
    a_second: float  # without latency
    wall: float  # with latency
    bound: float

    @property
    def ratio(self) -> float:
        return self.wall / self.bound if self.bound else 0.0


@dataclass(frozen=True, slots=True)
class Bench:
    """One sandbox and one client."""

    load: Workload
    latency: float
    concurrency: int
    client: Client
    server: Server
    clock: Clock
    tls: bool = False

    def measure(self, part: str) -> Row:
        """What is quick, and changes nothing, is run more than once: the median by what comes after start-up."""
        place = self.server.serve(Manner(self.latency, tls=self.tls))
        if part == "cache":
            self.client.run(["plan"], place)
            self.server.read()
        rows = [self._measured(part, place)]
        while part != "apply" and len(rows) < _MOST_RUNS and sum(row.wall for row in rows) < _ENOUGH:
            rows.append(self._measured(part, place))
        return sorted(rows, key=lambda row: row.wall - row.startup)[len(rows) // 2]

    def _measured(self, part: str, place: Place) -> Row:
        run = self.client.run(_arguments(part), place)
        return self._row(part, run, self.server.read())

    def apply_quickly(self) -> None:
        """What the others look at."""
        self.client.run(_arguments("apply"), self.server.serve(Manner(0, tls=self.tls)))

    def alone(self) -> Alone:
        every = list(targets(self.load))
        at_once = send(self.server.serve(Manner(0)), every, connections=self.concurrency)
        wall = send(self.server.serve(Manner(self.latency)), every, connections=self.concurrency)
        lower = self.latency * max(1, len(every) / self.concurrency)
        return Alone(self.load.repositories, len(every), len(every) / at_once, wall, lower)

    def _row(self, part: str, run: Run, reading: Reading) -> Row:
        command = COMMANDS[part]
        began = run.began if reading.first is None else reading.first
        lower = bound(command, self.load, latency=self.latency, concurrency=self.concurrency)
        return Row(
            part,
            self.load.repositories,
            expected(command, self.load).total + (asked_again(self.load) if part == "cache" else 0),
            reading.requests,
            reading.not_modified,
            run.wall,
            began - run.began,
            run.began + run.wall - (reading.last or began),
            lower,
            run.cpu,
            run.memory,
            reading.cpu,
            reading.most_at_once,
        )


def _arguments(part: str) -> list[str]:
    match part:
        case "apply":
            return ["apply", "--yes", "--no-cache"]
        case "cache":
            return ["plan"]
        case _:
            return [part, "--no-cache"]


@contextmanager
def opened(repositories: int, latency: float, concurrency: int = 0, *, tls: bool = False) -> Iterator[Bench]:
    load, clock = Workload(repositories), Clock()
    with TemporaryDirectory() as folder, Server(load, clock) as server:
        client = Client(Path(folder))
        client.prepare(load)
        yield Bench(load, latency, concurrency, client, server, clock, tls)
