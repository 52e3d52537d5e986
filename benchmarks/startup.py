"""What passes before envsync gets to its work. A test holds what may be imported; this tells what it costs."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.client import ENVSYNC

if TYPE_CHECKING:
    from benchmarks.client import Client
    from benchmarks.server import Clock, Manner, Place, Server

RUNS = 11


def startups(client: Client, server: Server, clock: Clock, manner: Manner) -> dict[str, float]:
    """Medians in seconds, of processes in turn: a machine whose speed drifts slows all of them."""
    place = server.serve(manner)
    times: dict[str, list[float]] = {}
    for _ in range(RUNS + 1):
        times.setdefault("an empty Python", []).append(_whole([sys.executable, "-c", "pass"], client, place))
        for command in ("--version", "validate"):
            times.setdefault(f"envsync {command}", []).append(_whole([ENVSYNC, command], client, place))
        began = clock.stopwatch()
        client.run(["plan", "--no-cache"], place)
        first = server.read().first
        if first is not None:
            times.setdefault("envsync plan, to its first request", []).append(first - began)
    return {name: statistics.median(each[1:]) for name, each in times.items()}  # the first one compiles


def _whole(command: list[str], client: Client, place: Place) -> float:
    began = time.monotonic()
    subprocess.run(command, check=True, cwd=client.folder, env=client.environ(place), stdout=subprocess.DEVNULL)
    return time.monotonic() - began
