"""When may a request be sent? Threads stand in line here, so that none of GitHub's limits is ever exceeded."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.github.call import Lost, cannot
from envsync.github.forecast import Forecast, Work, forecast
from envsync.github.limits import RULES, Account, Cost, Hold, Purse, Rules, Ticket
from envsync.github.retry import FAR_AWAY, LONGEST_WAIT
from envsync.plan.moments import lasting

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from envsync.github.call import Call, Outcome

    class Effects(Protocol):
        """What of `connection.Effects` waiting takes."""

        @property
        def pause(self) -> Callable[[float], None]: ...
        @property
        def now(self) -> Callable[[], float]: ...
        @property
        def stopwatch(self) -> Callable[[], float]: ...
        @property
        def notify(self) -> Callable[[str], None]: ...


__all__ = ["RULES", "Forecast", "Limiter", "Purse", "Rules", "Ticket", "Work"]

_WORTH_TELLING = 5.0  # seconds
_WORTH_A_TIME = 120.0
_NEVER_SENT = Lost("nothing was sent", sent=False)


class _Line:
    """Of one account. Whoever is first in line waits as long as it takes, the others for the first one.

    Who creates something stands in a line before that: those limits hold back nobody else.
    """

    def __init__(self, rules: Rules) -> None:
        self.account = Account(rules)
        self.settled = threading.Condition()  # guards the account
        self.door = threading.Lock()
        self.creating = threading.Lock()


class Limiter:
    """One for a run; all threads share it.

    `max_wait`: seconds that all waiting of the run may take; after that, whoever would have to wait fails at once.
    """

    def __init__(self, rules: Rules = RULES, *, max_wait: float | None = None) -> None:
        self._rules = rules
        self._max_wait = max_wait
        self._lock = threading.Lock()
        self._lines: dict[str, _Line] = {}
        self._waited = 0.0
        self._is_spent = False
        self._stopwatch = time.monotonic  # that of the run, once something was sent

    def admit(self, call: Call, account: str, effects: Effects, purse: Purse | None = None) -> Ticket:
        """Returns when the request may be sent; it is to be settled then. Raises `RequestFailed` to give up.

        `purse`: room that is set aside, for as long as it lasts.
        """
        self._stopwatch = effects.stopwatch
        line, cost = self._line(account), self._rules.cost(call)
        if purse is not None and purse.account == account and purse.covers(cost):
            round_ = self._stand(line, lambda now: line.account.spend(purse, cost, now), call.purpose, effects)
        else:
            if purse is not None:
                self.put_back(purse)  # whoever is first in line may wait for what is left of it
            take = line.account.take
            round_ = self._in_line(line, cost, lambda now: take(cost, now), call.purpose, effects)
        return Ticket(account, cost, round_)

    def set_aside(self, work: Work, account: str, purpose: str, effects: Effects) -> Purse:
        """Returns when there is room for all of it at once, or for as much as there ever is; to be put back then.

        `purpose` completes "cannot ..." where it gives up, as `admit` does.
        """
        self._stopwatch = effects.stopwatch
        line, rules = self._line(account), self._rules
        cost = Cost(
            min(work.reads * rules.read + work.writes * rules.write, rules.points_a_minute),
            min(work.creations, rules.created_a_minute, rules.created_an_hour),
        )
        aside = line.account.set_aside
        self._in_line(line, cost, lambda now: aside(cost, work.requests, now), purpose, effects)
        return Purse(account, cost, work.requests)

    def put_back(self, purse: Purse) -> None:
        """What is left of it. Once more does nothing."""
        line = self._line(purse.account)
        with line.settled:
            line.account.put_back(purse)
            line.settled.notify_all()

    def settle(self, ticket: Ticket, outcome: Outcome, effects: Effects) -> None:
        """Once for each ticket, as soon as its request has its answer, or never will."""
        line = self._line(ticket.account)
        with line.settled:
            line.account.settle(ticket, outcome, effects.stopwatch(), effects.now())
            line.settled.notify_all()

    def withdraw(self, ticket: Ticket, effects: Effects) -> None:
        """The request was not sent after all."""
        self.settle(ticket, _NEVER_SENT, effects)

    @property
    def sent(self) -> int:
        """How many requests were let through so far."""
        with self._lock:
            return sum(line.account.sent for line in self._lines.values())

    def forecast(self, work: Work) -> Forecast:
        """From what is known now, as if all of it went through the account that most requests went through."""
        with self._lock:
            lines = list(self._lines.values()) or [_Line(self._rules)]
        line = max(lines, key=lambda each: each.account.sent)
        with line.settled:
            return forecast(line.account, self._rules, work, self._stopwatch())

    def _line(self, account: str) -> _Line:
        with self._lock:
            line = self._lines.get(account)
            if line is None:
                line = self._lines[account] = _Line(self._rules)
            return line

    def _in_line(
        self, line: _Line, cost: Cost, ask: Callable[[float], Hold | int], purpose: str, effects: Effects
    ) -> int:
        if cost.created:
            with line.creating:
                self._stand(line, lambda now: line.account.reserve(cost, now), purpose, effects)
        try:
            with line.door:
                return self._stand(line, ask, purpose, effects)
        except BaseException:
            with line.settled:
                line.account.release(cost)
                line.settled.notify_all()
            raise

    def _stand(self, line: _Line, ask: Callable[[float], Hold | int], purpose: str, effects: Effects) -> int:
        """Wait until `ask` has something else to give than why not."""
        while True:
            with line.settled:
                now = effects.stopwatch()
                found = ask(now)
                if not isinstance(found, Hold):
                    return found
                if found.until is None:
                    line.settled.wait()
                    continue
            seconds = found.until - now
            self._allow(found, seconds, purpose, effects)
            if seconds >= _WORTH_TELLING:
                effects.notify(f"waiting {_how_long(seconds, effects.now())}: {found.why}")
            effects.pause(seconds)

    def _allow(self, hold: Hold, seconds: float, purpose: str, effects: Effects) -> None:
        """Count the pause, or give up."""
        bound = ""
        if seconds <= LONGEST_WAIT:
            with self._lock:
                if self._max_wait is None or (not self._is_spent and self._waited + seconds <= self._max_wait):
                    self._waited += seconds
                    return
                self._is_spent = True
            bound = f", and --max-wait is {self._max_wait:g} s in all"
        until = datetime.fromtimestamp(effects.now(), UTC) + min(timedelta(seconds=seconds), FAR_AWAY)
        text = f"{cannot(purpose)}: {hold.name} is used up until {until:%Y-%m-%d %H:%M:%S} UTC{bound}"
        hint = "run it again then"
        raise RequestFailed(FailureKind.RATE_LIMITED, Diagnostic("rate-limited", text, hint))


def _how_long(seconds: float, now: float) -> str:
    if seconds < _WORTH_A_TIME:
        return lasting(seconds)
    until = datetime.fromtimestamp(now + seconds, UTC)
    return f"{lasting(seconds)}, until {until:%H:%M:%S} UTC"
