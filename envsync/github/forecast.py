"""How long will GitHub's limits make work take? In closed form, from what is known now."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.github.limits import HOUR
from envsync.github.retry import RESET_MARGIN
from envsync.plan.work import Work

if TYPE_CHECKING:
    from envsync.github.limits import Account, Rules, Window


__all__ = ["Forecast", "Work", "forecast"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """`bound` names the limit that takes longest, as in "900 points a minute"; empty where none makes it wait."""

    seconds: float
    bound: str


_FAR = 365 * 24 * HOUR  # beyond which it is the server that talks nonsense


class _Pace:
    """A window as what it is: as many slots as its limit, each to be had again a window after it was taken."""

    def __init__(self, window: Window, now: float) -> None:
        self._slots = list(window.slots(now)) or [0.0]
        self._seconds = window.seconds

    def of(self, units: int) -> float:
        """Seconds until the last of so many units can be had."""
        if units <= 0:
            return 0.0
        rounds, slot = divmod(units - 1, len(self._slots))
        return rounds * self._seconds + self._slots[slot]

    def within(self, seconds: float) -> int:
        """How many units can be had in so many seconds."""
        rounds, rest = divmod(seconds, self._seconds)
        late = bisect_right(self._slots, rest)
        return int(rounds) * len(self._slots) + late


def forecast(account: Account, rules: Rules, work: Work, now: float) -> Forecast:
    """What comes on top, the way of requests and answers, is left out."""
    blocked = account.blocked(now)
    delay = 0.0 if blocked is None or blocked.until is None else blocked.until - now
    times = {"" if blocked is None else blocked.name: delay}
    if not account.is_free and work.requests:
        times |= {
            account.points.label: _Pace(account.points, now).of(_points(work, rules)),
            f"{account.budget.limit:,} requests an hour": _hourly(account, rules, work, now),
        } | _creating(account, work.creations, now)
    bound = max(times, key=lambda label: times[label])
    return Forecast(min(times[bound], _FAR), bound) if times[bound] > 0 else Forecast(0.0, "")


def _points(work: Work, rules: Rules) -> int:
    return work.reads * rules.read + work.writes * rules.write


def _hourly(account: Account, rules: Rules, work: Work, now: float) -> float:
    """What is left of an hour counts as far as the points allow to use it up before it ends."""
    pace, points = _Pace(account.points, now), _points(work, rules) / work.requests
    left, ends = account.budget.left(now)
    later = work.requests - min(left, int(pace.within(ends) / points))
    if later <= 0:
        return 0.0
    hours, last = divmod(later - 1, account.budget.limit)
    return ends + hours * (HOUR + RESET_MARGIN) + (last * points // account.points.limit) * account.points.seconds


def _creating(account: Account, creations: int, now: float) -> dict[str, float]:
    """Those of an hour come at the pace of those of a minute, in the next hour as well."""
    minute, hour = account.created
    paced, slots = _Pace(minute, now), _Pace(hour, now)
    hours, last = divmod(max(creations - 1, 0), hour.limit)
    if not hours and slots.of(creations) <= paced.of(creations):
        return {minute.label: paced.of(creations)}
    return {
        minute.label: paced.of(creations),
        hour.label: hours * hour.seconds + max(slots.of(last + 1), paced.of(last + 1)),
    }
