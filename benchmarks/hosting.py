"""The process that has the sandbox in it."""

from __future__ import annotations

import ssl
import time
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import certifi
import trustme

from benchmarks.server import Manner, Place, Reading
from benchmarks.workload import OWNER, REVIEWERS
from envsync.sandbox import FULL_TOKEN, RECORD_KEY, Options, Sandbox, SecondaryLimits

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from benchmarks.server import Clock
    from benchmarks.workload import Workload


class _Door:
    """The sandbox asks for the time first of all when a request has come in whole."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.forget()

    def forget(self) -> None:
        self.first: float | None = None
        self.last: float | None = None

    def now(self) -> datetime:
        self._clock.stir()
        self.last = self._clock.stopwatch()
        if self.first is None:
            self.first = self.last
        return datetime.fromtimestamp(self._clock.now(), UTC)


def host(pipe: Connection, load: Workload, clock: Clock) -> None:
    """Does what comes through the pipe, until that is None."""
    door, sandbox, spent = _Door(clock), None, 0.0
    with TemporaryDirectory() as folder, ExitStack() as stack:
        identity = _Identity(Path(folder))
        while (asked := pipe.recv()) is not None:
            if isinstance(asked, Manner):
                stack.close()
                sandbox = stack.enter_context(_sandbox(asked, door, identity, sandbox))
                if not sandbox.state.repositories:
                    _seed(sandbox, load)
                pipe.send(Place(sandbox.url, FULL_TOKEN, RECORD_KEY, identity.bundle if asked.tls else None))
            elif sandbox is not None:
                pipe.send(_reading(sandbox, door, time.process_time() - spent))
            door.forget()
            spent = time.process_time()


class _Identity:
    """As whom it speaks TLS. `bundle`: all that a client usually trusts, and this."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1").configure_cert(self.context)
        self.bundle = str(folder / "bundle.pem")
        Path(self.bundle).write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())


def _sandbox(manner: Manner, door: _Door, identity: _Identity, before: Sandbox | None) -> Sandbox:
    secondary = None if manner.limits is None else SecondaryLimits()
    options = Options(rate_limit=manner.limits, secondary=secondary, now=door.now)
    port = 0 if before is None else int(before.url.rpartition(":")[2])
    tls = identity.context if manner.tls else None
    sandbox = Sandbox(port=port, latency=manner.latency, options=options, tls=tls)
    if before is not None:
        sandbox.state = before.state
    return sandbox


def _seed(sandbox: Sandbox, load: Workload) -> None:
    user, team = REVIEWERS
    organization, _, slug = team.partition("/")
    sandbox.seed(users=[user], teams=[(organization, slug)], repositories=[(OWNER, name) for name in load.names])


def _reading(sandbox: Sandbox, door: _Door, cpu: float) -> Reading:
    traffic = sandbox.reset_traffic()
    statuses = Counter[int]()
    for (_, status), count in traffic.requests.items():
        statuses[status] += count
    return Reading(
        requests=traffic.total,
        statuses=dict(statuses),
        created=traffic.created,
        most_at_once=traffic.most_at_once,
        refused=traffic.refusals.total(),
        first=door.first,
        last=door.last,
        cpu=cpu,
    )
