"""What GitHub limits besides requests an hour: requests at once, points a minute, and what is created.

See "About secondary rate limits" in "Rate limits for the REST API" on docs.github.com. What a minute is, it leaves
open. Here it slides: who keeps to that keeps as well to minutes that begin at any fixed time, and to a bucket of
that size which fills at that pace. It leaves open, too, what a refused request costs. Here it costs as if it had
been let through, so that one who goes on regardless stays out.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from envsync.sandbox.exchange import SECONDARY_LIMIT, failure
from envsync.sandbox.traffic import Limit

if TYPE_CHECKING:
    from datetime import datetime

    from envsync.sandbox.exchange import EarlyReply

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_CREATION_LIMIT = (
    "You have exceeded a secondary rate limit and have been temporarily blocked from content creation. "
    "Please retry your request again later."
)


@dataclass(frozen=True, slots=True)
class SecondaryLimits:
    """The defaults are the figures that GitHub documents. All of them are for one token, or one installation."""

    concurrent: int = 100
    points_a_minute: int = 900
    reads: int = 1  # points for each
    writes: int = 5
    created_a_minute: int = 80
    created_an_hour: int = 500

    def points(self, method: str) -> int:
        return self.reads if method in _READS else self.writes


@dataclass(frozen=True, slots=True)
class Excess:
    """`seconds`: until the same request would be let through, if nothing else came."""

    limit: Limit
    seconds: int

    def reply(self) -> EarlyReply:
        """403 or 429: the documentation has both, so a client has to know both."""
        headers = {"retry-after": str(self.seconds)}
        if self.limit in (Limit.CREATED_A_MINUTE, Limit.CREATED_AN_HOUR):
            return failure(403, _CREATION_LIMIT, headers)
        return failure(429, SECONDARY_LIMIT, headers)


class Window:
    """What was counted in the last minute or hour."""

    def __init__(self, limit: Limit, most: int, length: timedelta) -> None:
        self._limit = limit
        self._most = most
        self._length = length
        self._counted = deque[tuple["datetime", int]]()  # when, how much; oldest first
        self._sum = 0

    def count(self, amount: int, now: datetime) -> Excess | None:
        while self._counted and self._counted[0][0] + self._length <= now:
            self._sum -= self._counted.popleft()[1]
        self._counted.append((now, amount))
        self._sum += amount
        return Excess(self._limit, self._wait(amount, now)) if self._sum > self._most else None

    def _wait(self, amount: int, now: datetime) -> int:
        surplus, end = self._sum + amount - self._most, now
        for when, counted in self._counted:
            if surplus <= 0:
                break
            surplus -= counted
            end = when + self._length
        return max(1, -((now - end) // _SECOND))  # rounded up


@dataclass(slots=True)
class _Account:
    points: Window
    minute: Window
    hour: Window
    under_way: int = 0


@dataclass(slots=True)
class Secondary:
    """Keeps the limits, each account's by itself, by the sandbox's clock."""

    limits: SecondaryLimits
    _accounts: dict[str, _Account] = field(default_factory=dict)

    def arrive(self, account: str, method: str, now: datetime) -> Excess | None:
        """A request has come in whole."""
        one = self._account(account)
        one.under_way += 1
        excess = one.points.count(self.limits.points(method), now)
        if one.under_way > self.limits.concurrent:
            return Excess(Limit.CONCURRENT, _MINUTE // _SECOND)
        return excess

    def create(self, account: str, now: datetime) -> Excess | None:
        """A request is about to make something new."""
        one = self._account(account)
        minute, hour = one.minute.count(1, now), one.hour.count(1, now)
        return hour or minute

    def leave(self, account: str) -> None:
        """The answer is on its way, or nobody waits for it any more."""
        self._account(account).under_way -= 1

    def _account(self, name: str) -> _Account:
        found = self._accounts.get(name)
        if found is None:
            found = self._accounts[name] = _Account(
                Window(Limit.POINTS, self.limits.points_a_minute, _MINUTE),
                Window(Limit.CREATED_A_MINUTE, self.limits.created_a_minute, _MINUTE),
                Window(Limit.CREATED_AN_HOUR, self.limits.created_an_hour, _HOUR),
            )
        return found
