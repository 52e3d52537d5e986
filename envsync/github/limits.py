"""What does GitHub let one account do, and when? Decisions only: who waits is somebody else.

The figures are those of "Rate limits for the REST API" on docs.github.com. See docs/explanation/rate-limits.md.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.github.call import Lost
from envsync.github.retry import LONGEST_WAIT, RESET_MARGIN, broken, clock, number, rate_limit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envsync.github.call import Answer, Call, Outcome
    from envsync.github.retry import RateLimit

MINUTE, HOUR = 60.0, 3600.0
_MARGIN = 1 / 60  # of a window: clocks do not run alike, and nobody knows how finely GitHub counts
_SAME_HOUR = 60.0  # seconds by which two answers may differ on when the hour ends
_MOST_REFUSALS = 20  # with no answer between: those of four requests
_MOST_DOUBLINGS = 10  # beyond the longest wait
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Cost:
    points: int
    created: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """How many requests may be under way at once is kept by the number of threads that send them."""

    points_a_minute: int = 900
    read: int = 1  # points
    write: int = 5
    created_a_minute: int = 80
    created_an_hour: int = 500
    requests_an_hour: int = 5000  # as long as GitHub has not said how many

    def cost(self, call: Call) -> Cost:
        return Cost(self.read if call.method == "GET" else self.write, int(call.is_creation))


RULES = Rules()


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a request may not be sent yet. `until` is on the stopwatch; None: until one under way has its answer."""

    until: float | None
    name: str  # of the limit: "… is used up"
    why: str  # "waiting 5 s: …"


def _hold(until: float | None, label: str) -> Hold:
    return Hold(until, f"GitHub's limit of {label}", f"{label} are GitHub's limit")


class Window:
    """How much was done in the last minute, or hour.

    A request reaches GitHub somewhere between its sending and its answer. So it counts from the one until a whole
    window after the other: then no window of GitHub's holds more than this one, wherever it begins.
    """

    def __init__(self, limit: int, seconds: float, unit: str) -> None:
        self.limit = limit
        self.seconds = seconds * (1 + _MARGIN)
        self.label = f"{limit:,} {unit}"
        self._landed: deque[tuple[float, int]] = deque()  # until when it counts, and how much
        self._sum = 0  # of those
        self._flying = 0

    def take(self, cost: int) -> None:
        self._flying += cost

    def land(self, cost: int, now: float) -> None:
        self.drop(cost)
        if cost:
            self._landed.append((now + self.seconds, cost))
            self._sum += cost

    def drop(self, cost: int) -> None:
        """It never left."""
        self._flying -= cost

    def hold(self, cost: int, now: float) -> Hold | None:
        self._forget(now)
        excess = self._sum + self._flying + cost - self.limit
        if not cost or excess <= 0:
            return None
        until = now
        for until, amount in self._landed:
            excess -= amount
            if excess <= 0:
                return _hold(until, self.label)
        if self._flying:
            return _hold(None, self.label)
        return _hold(until, self.label) if self._landed else None  # it costs more than there ever is

    def slots(self, now: float) -> Iterator[float]:
        """For each unit of the limit in how many seconds it can be had, in their order."""
        self._forget(now)
        yield from [0.0] * (self.limit - self._sum - self._flying)
        for until, amount in self._landed:
            yield from [until - now] * amount
        yield from [self.seconds] * self._flying

    def _forget(self, now: float) -> None:
        while self._landed and self._landed[0][0] <= now:
            self._sum -= self._landed.popleft()[1]


@dataclass(slots=True)
class _Hour:
    remaining: int
    until: float  # on the stopwatch


class Budget:
    """How many requests are left in the hour, as GitHub's answers tell.

    They come in any order, and one token was seen to be counted in two places at a time: of each hour, which its
    end tells from others, the lowest counts.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._hours: dict[int, _Hour] = {}  # by their end, as GitHub tells it

    def tell(self, answer: Answer, now: float, wall: float) -> None:
        limit, remaining, reset = (
            number(answer.headers, f"x-ratelimit-{name}") for name in ("limit", "remaining", "reset")
        )
        if answer.headers.get("x-ratelimit-resource", "core") != "core" or answer.status == _UNAUTHORIZED:
            return  # another budget: a token that is not good is counted by the address it comes from
        if not limit or remaining is None or reset is None:
            return
        until = now + (reset - clock(answer, wall)) + RESET_MARGIN
        if until <= now:
            return
        self.limit = int(limit)
        end = next((end for end in self._hours if abs(end - reset) <= _SAME_HOUR), int(reset))
        hour = self._hours.setdefault(end, _Hour(int(remaining), until))
        hour.remaining = min(hour.remaining, int(remaining))
        hour.until = min(hour.until, until)

    def spend_unseen(self) -> None:
        """For a request whose answer was lost."""
        for hour in self._hours.values():
            hour.remaining -= 1

    def has_ended(self, now: float) -> bool:
        """Whether the last hour that was known has just passed."""
        knew = bool(self._hours)
        self._hours = {end: hour for end, hour in self._hours.items() if hour.until > now}
        return knew and not self._hours

    def hold(self, flying: int, wanted: int = 1) -> Hold | None:
        """What is under way may not be counted yet. `wanted`: so many at once."""
        label = f"{self.limit:,} requests an hour"
        used_up = [hour.until for hour in self._hours.values() if hour.remaining < wanted]
        if used_up:
            return _hold(max(used_up), label)
        if any(hour.remaining < flying + wanted for hour in self._hours.values()):
            return _hold(None, label)
        return None

    def left(self, now: float) -> tuple[int, float]:
        """How many requests, and for how many seconds from now."""
        hours = [hour for hour in self._hours.values() if hour.until > now]
        if not hours:
            return self.limit, HOUR
        tightest = min(hours, key=lambda hour: hour.remaining)
        return max(tightest.remaining, 0), tightest.until - now


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to send one request."""

    account: str
    cost: Cost
    round: int  # between two times that one request goes alone


class Purse:
    """Room that is set aside for one who has begun something and shall not have to wait in the middle of it."""

    def __init__(self, account: str, cost: Cost, requests: int) -> None:
        self.account = account
        self.points = cost.points
        self.created = cost.created
        self.requests = requests

    def covers(self, cost: Cost) -> bool:
        return self.requests > 0 and cost.points <= self.points and cost.created <= self.created

    def spend(self, cost: Cost) -> None:
        self.points -= cost.points
        self.created -= cost.created
        self.requests -= 1


class Account:
    """What is known of requests that share limits. For one thread at a time; times are the stopwatch's.

    Whether GitHub takes requests at all is tried by one alone: at first, after a refusal, and in a new hour.
    """

    def __init__(self, rules: Rules) -> None:
        self.points = Window(rules.points_a_minute, MINUTE, "points a minute")
        self.created = (
            Window(rules.created_a_minute, MINUTE, "created a minute"),
            Window(rules.created_an_hour, HOUR, "created an hour"),
        )
        self.budget = Budget(rules.requests_an_hour)
        self.sent = 0
        self._limits: bool | None = None  # whether the server has any; None: it has not answered yet
        self._flying = 0
        self._aside = 0  # requests that room is set aside for
        self._round = 0
        self._open = False
        self._refused_until = -math.inf
        self._refused_by = ""
        self._streak = 0  # refusals without an answer between

    @property
    def is_free(self) -> bool:
        return self._limits is False

    def blocked(self, now: float) -> Hold | None:
        """By a refusal of GitHub's. Where it refuses all the time, nobody waits any more."""
        name, until = self._refused_by, self._refused_until
        if self._streak >= _MOST_REFUSALS:
            until = max(until, now + 2 * LONGEST_WAIT)
        return Hold(until, name, name) if until > now else None

    def reserve(self, cost: Cost, now: float) -> Hold | int:
        """The room that a creation takes, besides the points; or why there is none yet."""
        hold = None if self.is_free else _latest(window.hold(cost.created, now) for window in self.created)
        if hold is not None:
            return hold
        for window in self.created:
            window.take(cost.created)
        return self._round

    def release(self, cost: Cost) -> None:
        """What was reserved and is not used."""
        for window in self.created:
            window.drop(cost.created)

    def take(self, cost: Cost, now: float) -> Hold | int:
        """The round in which the request may be sent; or why it may not yet. Creations are reserved before."""
        hold = self._hold(cost, now)
        if hold is not None:
            return hold
        self.points.take(cost.points)
        self._flying += 1
        self.sent += 1
        return self._round

    def set_aside(self, cost: Cost, requests: int, now: float) -> Hold | int:
        """Room for several requests at once, or for as many as there ever is. Creations are reserved before."""
        shut = self._shut(now)
        if shut is not None:
            return shut
        if not self.is_free:
            wanted = min(requests, self.budget.limit)
            holds = self.points.hold(cost.points, now), self.budget.hold(self._flying + self._aside, wanted)
            if (hold := _latest(holds)) is not None:
                return hold
        self.points.take(cost.points)
        self._aside += requests
        return self._round

    def spend(self, purse: Purse, cost: Cost, now: float) -> Hold | int:
        """As `take`, from what was set aside."""
        held = self._held_back(now)
        if held is not None:
            return held
        purse.spend(cost)
        self._aside -= 1
        self._flying += 1
        self.sent += 1
        return self._round

    def put_back(self, purse: Purse) -> None:
        self.points.drop(purse.points)
        self.release(Cost(0, purse.created))
        self._aside -= purse.requests
        purse.points = purse.created = purse.requests = 0

    def settle(self, ticket: Ticket, outcome: Outcome, now: float, wall: float) -> None:
        self._flying -= 1
        never_left = isinstance(outcome, Lost) and not outcome.sent
        for window, cost in (
            (self.points, ticket.cost.points),
            *((window, ticket.cost.created) for window in self.created),
        ):
            if never_left or self.is_free:
                window.drop(cost)
            else:
                window.land(cost, now)
        limit = rate_limit(outcome, wall)
        if isinstance(outcome, Lost):
            if not never_left:
                self.budget.spend_unseen()
        else:
            self._hear(outcome, limit, now, wall)
        if limit is not None:
            self._turned_away(ticket, limit, now)
        elif ticket.round == self._round:
            self._open, self._streak = True, 0

    def _shut(self, now: float) -> Hold | None:
        """As `blocked`. Where an hour has just ended, one request goes ahead again."""
        if self.budget.has_ended(now):
            self._knock()
        return self.blocked(now)

    def _held_back(self, now: float) -> Hold | None:
        """By a refusal, or by the one that goes ahead; whatever room there is."""
        shut = self._shut(now)
        if shut is not None:
            return shut
        return Hold(None, "", "") if not self._open and self._flying else None

    def _hold(self, cost: Cost, now: float) -> Hold | None:
        held = self._held_back(now)
        if held is not None or self.is_free:
            return held
        return _latest((self.points.hold(cost.points, now), self.budget.hold(self._flying + self._aside)))

    def _hear(self, answer: Answer, limit: RateLimit | None, now: float, wall: float) -> None:
        if any(name.startswith("x-ratelimit-") for name in answer.headers):
            self._limits = True
            self.budget.tell(answer, now, wall)
        elif self._limits is None and limit is None and broken(answer) is None:
            self._limits = False  # a proxy's page of an error says nothing of the server's limits

    def _turned_away(self, ticket: Ticket, limit: RateLimit, now: float) -> None:
        """Requests that were under way together are turned away together: that is once."""
        if ticket.round == self._round:
            self._knock()
            self._streak += 1
        seconds = limit.seconds
        if not limit.is_told:
            # "wait for an exponentially increasing amount of time between retries": docs.github.com
            seconds = min(seconds * 2.0 ** (min(max(self._streak, 1), _MOST_DOUBLINGS) - 1), LONGEST_WAIT)
        if now + seconds > self._refused_until:
            self._refused_until, self._refused_by = now + seconds, limit.name

    def _knock(self) -> None:
        self._open = False
        self._round += 1


def _latest(holds: Iterable[Hold | None]) -> Hold | None:
    """What is known to last longest; else what ends with an answer."""
    found = [hold for hold in holds if hold is not None]
    return max(found, key=lambda hold: -1.0 if hold.until is None else hold.until, default=None)
