"""How many requests a token has left in its hour, by the sandbox's clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_HOUR = 3600
_SHOWN_WHEN_OFF = 5000


@dataclass(slots=True)
class Allowance:
    """One token's window: it opens with the first request and lasts an hour."""

    limit: int
    resets: int = 0  # seconds since 1970
    used: int = 0

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    def figures(self) -> dict[str, int]:
        return {"limit": self.limit, "remaining": self.remaining, "reset": self.resets, "used": self.used}

    def headers(self) -> Mapping[str, str]:
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(self.resets),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-resource": "core",
        }


class RateLimits:
    """The allowances of all tokens.

    With a limit of 0 nothing is counted, as in an hour without requests; with None nothing is said of it either.
    """

    def __init__(self, limit: int | None) -> None:
        self._counts = bool(limit)
        self._is_said = limit is not None
        self._limit = limit or _SHOWN_WHEN_OFF
        self._allowances: dict[str, Allowance] = {}

    def of(self, token: str, now: datetime) -> Allowance:
        seconds = int(now.timestamp())
        allowance = self._allowances.get(token)
        if allowance is None or seconds >= allowance.resets:
            allowance = self._allowances[token] = Allowance(self._limit, seconds + _HOUR)
        return allowance

    def headers(self, allowance: Allowance) -> Mapping[str, str]:
        return allowance.headers() if self._is_said else {}

    def spend(self, allowance: Allowance) -> bool:
        """Counts a request; False when there was none left."""
        if not self._counts:
            return True
        if not allowance.remaining:
            return False
        allowance.used += 1
        return True

    def refund(self, allowance: Allowance) -> None:
        """A 304 costs nothing."""
        if self._counts:
            allowance.used -= 1
