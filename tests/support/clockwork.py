"""The world around a connection, run by the test: a clock that only pauses move, and what was said."""

from __future__ import annotations

from dataclasses import dataclass, field

from envsync.github.connection import Effects

TOKEN = "ghp_0123456789abcdefghij"
NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


@dataclass
class World:
    now: float = NOW
    pauses: list[float] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def effects(self) -> Effects:
        return Effects(
            pause=self.pause,
            now=lambda: self.now,
            stopwatch=lambda: self.now,
            jitter=lambda: 1.0,
            notify=self.notices.append,
            trace=self.traces.append,
        )
