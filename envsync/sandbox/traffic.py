"""What came in and what became of it, for whoever wants to count requests."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Limit(StrEnum):
    """What a request can exceed."""

    HOURLY = "requests an hour"
    CONCURRENT = "requests at once"
    POINTS = "points a minute"
    CREATED_A_MINUTE = "created a minute"
    CREATED_AN_HOUR = "created an hour"


@dataclass(frozen=True, slots=True)
class Traffic:
    """All figures are of whole requests. What a fault refuses is no refusal of the sandbox's.

    `requests`: method and status -> how many; 0 is the status of what was reset or left hanging.
    `refusals`: what was exceeded -> how many requests were refused for it.
    `points`: what they cost of the secondary limit, refused or not.
    `created`: requests that were to make something new, refused or not.
    `most_at_once`: the highest number of requests that had come in and had no answer yet.
    """

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    refusals: Counter[Limit] = field(default_factory=Counter)
    points: int = 0
    created: int = 0
    most_at_once: int = 0

    @property
    def total(self) -> int:
        return self.requests.total()

    def count(self, method: str | None = None, status: int | None = None) -> int:
        """Requests with that method and that status; None: any."""
        return sum(
            number
            for (one, answered), number in self.requests.items()
            if method in (None, one) and status in (None, answered)
        )


@dataclass(slots=True)
class Tally:
    """Counts in the server's thread, and is read from any."""

    _requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    _refusals: Counter[Limit] = field(default_factory=Counter)
    _points: int = 0
    _created: int = 0
    _under_way: int = 0
    _most_at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arrive(self, points: int) -> None:
        with self._lock:
            self._points += points
            self._under_way += 1
            self._most_at_once = max(self._most_at_once, self._under_way)

    def answer(self, method: str, status: int) -> None:
        with self._lock:
            self._requests[method, status] += 1

    def refuse(self, limit: Limit) -> None:
        with self._lock:
            self._refusals[limit] += 1

    def create(self) -> None:
        with self._lock:
            self._created += 1

    def leave(self) -> None:
        with self._lock:
            self._under_way -= 1

    def reading(self, *, reset: bool = False) -> Traffic:
        """`reset` begins anew, with what is under way."""
        with self._lock:
            requests, refusals = Counter(self._requests), Counter(self._refusals)
            traffic = Traffic(requests, refusals, self._points, self._created, self._most_at_once)
            if reset:
                self._requests.clear()
                self._refusals.clear()
                self._points = self._created = 0
                self._most_at_once = self._under_way
        return traffic
