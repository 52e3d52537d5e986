"""Requests to a GitHub with limits, in a time that is only counted: who may send when, what arrives when."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import count
from typing import TYPE_CHECKING

from envsync.github.call import Answer, Call, Outcome
from envsync.github.limits import Account, Cost, Hold, Rules, Ticket
from envsync.github.server import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

EPOCH = 1_700_000_000.0
WORKERS = 64
READ = Call("GET", Target("/repos/acme/web/environments"), "read")
CHANGE = Call("PATCH", Target("/repos/acme/web/environments/a/variables/B"), "change B")
CREATE = Call("POST", Target("/repos/acme/web/environments/a/variables"), "create B")


@dataclass
class Hourly:
    """GitHub's count of requests: an hour begins with the first one."""

    limit: int
    used: int = 0
    ends: float | None = None
    refused: int = 0

    def answer(self, now: float, *, free: bool) -> Answer:
        if self.ends is None or now >= self.ends:
            self.used = 0 if self.ends is not None else self.used
            self.ends = float(int(now) + 3600)
        status = 304 if free else 200
        if self.used >= self.limit:
            self.refused += 1
            status = 403
        elif not free:
            self.used += 1
        told = {"limit": self.limit, "remaining": self.limit - self.used, "reset": int(EPOCH + self.ends)}
        date = format_datetime(datetime.fromtimestamp(int(EPOCH + now), UTC), usegmt=True)
        return Answer(status, {"date": date, **{f"x-ratelimit-{name}": str(it) for name, it in told.items()}})


@dataclass
class Trip:
    """What came of it: `arrivals` at GitHub in their order, and when the last answer was there."""

    arrivals: list[tuple[float, Cost]] = field(default_factory=list)
    end: float = 0.0


@dataclass
class _Line:
    """Whoever is first waits until a time, or for an answer (None), before asking again."""

    enter: Callable[[Cost, float], Hold | int]
    waiting: deque[Cost] = field(default_factory=deque)
    asks_at: float | None = 0.0

    def let_in(self, now: float) -> Iterable[tuple[Cost, int]]:
        while self.waiting and self.asks_at is not None and self.asks_at <= now:
            found = self.enter(self.waiting[0], now)
            if isinstance(found, Hold):
                self.asks_at = found.until
            else:
                yield self.waiting.popleft(), found


def travel(
    calls: Sequence[Call],
    rules: Rules,
    delay: Callable[[], float],
    *,
    hourly: Hourly | None = None,
    free: Callable[[], bool] = lambda: False,
    account: Account | None = None,
    start: float = 0.0,
) -> Trip:
    """`delay` is asked for the way there and for the way back; `free` tells whether the answer is a 304."""
    account, hourly, trip = account or Account(rules), hourly or Hourly(10**6), Trip(end=start)
    creating, door = _Line(account.reserve), _Line(account.take)
    waiting, number = deque(calls), count()
    events: list[tuple[float, int, Ticket, Outcome | None]] = []
    now, idle = start, WORKERS
    while True:
        while waiting and idle:
            cost = rules.cost(waiting.popleft())
            (creating if cost.created else door).waiting.append(cost)
            idle -= 1
        for cost, _ in creating.let_in(now):
            door.waiting.append(cost)
        for cost, round_ in door.let_in(now):
            heapq.heappush(events, (now + delay(), next(number), Ticket("", cost, round_), None))
        held = [line.asks_at for line in (creating, door) if line.waiting and line.asks_at is not None]
        if not held and not events:
            assert not waiting
            assert not creating.waiting
            assert not door.waiting, "somebody waits for an answer that will never come"
            return trip
        now = min([*held, *(event[0] for event in events[:1])])
        while events and events[0][0] <= now:
            _, _, ticket, outcome = heapq.heappop(events)
            if outcome is None:
                trip.arrivals.append((now, ticket.cost))
                answer = hourly.answer(now, free=free())
                heapq.heappush(events, (now + delay(), next(number), ticket, answer))
                continue
            account.settle(ticket, outcome, now, EPOCH + now)
            trip.end, idle = now, idle + 1
            for line in (creating, door):
                line.asks_at = now if line.asks_at is None else line.asks_at


def most(arrivals: Sequence[tuple[float, int]], seconds: float) -> int:
    """The most that any span of that length holds, both of its ends included."""
    held: deque[tuple[float, int]] = deque()
    highest = total = 0
    for at, amount in arrivals:
        while held and held[0][0] < at - seconds:
            total -= held.popleft()[1]
        held.append((at, amount))
        total += amount
        highest = max(highest, total)
    return highest
