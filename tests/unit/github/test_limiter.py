"""Many threads in one line: in a time that passes only where all of them wait for it."""

from __future__ import annotations

import random
import re
import threading
from collections import deque
from typing import TYPE_CHECKING

import pytest
from support.traffic import CREATE, EPOCH, READ, Hourly, most
from support.virtual_time import VirtualTime

from envsync.errors import Diagnostic, FailureKind, Interrupted, RequestFailed
from envsync.github.call import Answer, Call, Lost, Outcome
from envsync.github.limiter import RULES, Forecast, Limiter, Rules, Work

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITED = {
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "4000",
    "x-ratelimit-reset": str(int(EPOCH + 3600)),
}
FINE = Answer(200, LIMITED)


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


class GitHub:
    """What arrives, through a limiter. `reply` answers in the middle of the way."""

    def __init__(self, time: VirtualTime, limiter: Limiter, reply: Callable[[], Outcome] = lambda: FINE) -> None:
        self.arrivals: list[tuple[float, Call]] = []
        self.reply = reply
        self._time, self._limiter = time, limiter
        self._lock = threading.Lock()

    def ask(self, call: Call = READ, account: str = "GH_TOKEN", takes: float = 0.1) -> Outcome:
        effects = self._time.effects()
        ticket = self._limiter.admit(call, account, effects)
        outcome: Outcome = Lost("interrupted")
        try:
            self._time.sleep(takes / 2)
            with self._lock:
                self.arrivals.append((self._time.now, call))
                answer = self.reply()
            self._time.sleep(takes / 2)
            outcome = answer
        finally:
            self._limiter.settle(ticket, outcome, effects)
        return outcome

    def points(self) -> list[tuple[float, int]]:
        return [(at, RULES.cost(call).points) for at, call in self.arrivals]

    def created(self) -> list[tuple[float, int]]:
        return [(at, RULES.cost(call).created) for at, call in self.arrivals]


def shared(calls: list[Call], ask: Callable[[Call], object], threads: int) -> list[Callable[[], None]]:
    waiting = deque(calls)

    def work() -> None:
        while waiting:
            try:
                call = waiting.popleft()
            except IndexError:
                return
            ask(call)

    return [work] * threads


def test_threads_keep_to_the_limits_together(time: VirtualTime) -> None:
    rng = random.Random(6)
    calls = [READ] * 300 + [CREATE] * 60
    rng.shuffle(calls)
    github = GitHub(time, Limiter(Rules(points_a_minute=300, created_a_minute=26)))

    raised = time.run(shared(calls, lambda call: github.ask(call, takes=rng.choice((0.2, 0.6, 1.0))), threads=16))

    assert raised == []
    assert len(github.arrivals) == len(calls)
    assert most(github.points(), 60) <= 300
    assert most(github.created(), 60) == 26


def test_threads_share_what_is_left_of_the_hour(time: VirtualTime) -> None:
    hourly = Hourly(40)
    github = GitHub(time, Limiter(), lambda: hourly.answer(time.now, free=False))

    assert time.run(shared([READ] * 100, github.ask, threads=16)) == []
    assert hourly.refused == 0
    assert len(github.arrivals) == 100
    assert 7200 <= time.now < 7300


def test_waiting_is_told_once(time: VirtualTime) -> None:
    github = GitHub(time, Limiter())

    time.run(shared([READ] * 910, github.ask, threads=16))

    (notice,) = time.notices
    assert re.fullmatch("waiting [0-9]+ s: 900 points a minute are GitHub's limit", notice)


def test_who_comes_alone_is_told_exactly(time: VirtualTime) -> None:
    github = GitHub(time, Limiter(), lambda: Answer(200, {**LIMITED, "x-ratelimit-remaining": "0"}))

    github.ask()
    github.ask()

    assert time.notices == ["waiting 1 h 0 min, until 23:13:21 UTC: 5,000 requests an hour are GitHub's limit"]


def test_short_pauses_are_not_worth_a_word(time: VirtualTime) -> None:
    replies = iter([Answer(429, {"retry-after": "4"}), FINE, Answer(429, {"retry-after": "5"}), FINE])
    github = GitHub(time, Limiter(), lambda: next(replies))

    for _ in range(2):
        github.ask(takes=0)
    assert (time.now, time.notices) == (4, [])

    for _ in range(2):
        github.ask(takes=0)
    assert (time.now, time.notices) == (9, ["waiting 5 s: GitHub's secondary rate limit"])


def test_a_refusal_stops_all_requests_of_the_account_and_no_others(time: VirtualTime) -> None:
    replies = deque([FINE, Answer(429, {"retry-after": "30"})])
    github = GitHub(time, Limiter(), lambda: replies.popleft() if replies else FINE)
    for _ in range(2):
        github.ask(takes=0)

    github.ask(account="installation 7", takes=0)
    assert time.now == 0
    assert time.run(shared([READ] * 8, lambda call: github.ask(call, takes=1), threads=8)) == []

    at = sorted(at for at, _ in github.arrivals)
    assert at[:4] == [0, 0, 0, 30.5]
    assert min(at[4:]) >= 31.5  # one went ahead
    assert len(time.notices) == 1


def test_a_server_without_limits_is_asked_at_full_speed(time: VirtualTime) -> None:
    github = GitHub(time, Limiter(), lambda: Answer(200, {}))

    time.run(shared([CREATE] * 1000, lambda call: github.ask(call, takes=0.001), threads=8))

    assert time.now < 2
    assert time.notices == []


def test_whoever_waits_comes_out_when_the_run_is_interrupted(time: VirtualTime) -> None:
    github = GitHub(time, Limiter(), lambda: Answer(200, {**LIMITED, "x-ratelimit-remaining": "0"}))
    github.ask()
    time.interrupt()

    raised = time.run(shared([READ, CREATE] * 8, github.ask, threads=16))

    assert [type(error) for error in raised] == [Interrupted] * 16


def test_what_an_interrupted_creation_reserved_is_given_back(time: VirtualTime) -> None:
    replies = deque([FINE, Answer(429, {"retry-after": "600"})])
    limiter = Limiter()
    github = GitHub(time, limiter, lambda: replies.popleft() if replies else FINE)
    for _ in range(2):
        github.ask(takes=0)

    def stop(_: float) -> None:
        raise Interrupted

    for _ in range(200):
        with pytest.raises(Interrupted):
            limiter.admit(CREATE, "GH_TOKEN", Stopping(stop))
    github.ask(CREATE)
    assert time.now == pytest.approx(600.1)


class Stopping:
    def __init__(self, pause: Callable[[float], None]) -> None:
        self.pause = pause
        self.now = lambda: EPOCH
        self.stopwatch = lambda: 1.0
        self.notify: Callable[[str], None] = lambda _: None


class TestMaxWait:
    def test_bounds_all_waiting_of_a_run(self, time: VirtualTime) -> None:
        replies = deque([Answer(429, {"retry-after": "40"}), FINE, Answer(429, {"retry-after": "50"})])
        github = GitHub(time, Limiter(max_wait=80), lambda: replies.popleft() if replies else FINE)
        for _ in range(3):
            github.ask(takes=0)
        assert time.now == 40

        for purpose in ("read acme/web", "read acme/api"):
            with pytest.raises(RequestFailed) as raised:
                github.ask(Call("GET", READ.target, purpose))
            assert raised.value.kind is FailureKind.RATE_LIMITED
            assert not raised.value.uncertain
            assert raised.value.diagnostics == (
                Diagnostic(
                    "rate-limited",
                    f"cannot {purpose}: GitHub's secondary rate limit is used up until 2023-11-14 22:14:50 UTC, "
                    "and --max-wait is 80 s in all",
                    "run it again then",
                ),
            )
        assert time.now == 40

    def test_lets_through_what_need_not_wait(self, time: VirtualTime) -> None:
        github = GitHub(time, Limiter(max_wait=0))
        for _ in range(80):
            github.ask(CREATE, takes=0)

        with pytest.raises(RequestFailed, match="GitHub's limit of 80 created a minute is used up until"):
            github.ask(CREATE)
        github.ask(READ)
        github.ask(READ, account="installation 7")

    def test_fails_who_would_have_to_wait_at_once_once_it_is_spent(self, time: VirtualTime) -> None:
        replies = deque([Answer(429, {"retry-after": "40"})])
        github = GitHub(time, Limiter(max_wait=20), lambda: replies.popleft() if replies else FINE)
        github.ask(takes=0)
        with pytest.raises(RequestFailed):
            github.ask()

        time.sleep(39)
        with pytest.raises(RequestFailed):
            github.ask()
        time.sleep(1)
        assert github.ask() is FINE

    def test_is_no_reason_to_wait_for_more_than_an_hour(self, time: VirtualTime) -> None:
        github = GitHub(time, Limiter(max_wait=10**6), lambda: Answer(429, {"retry-after": "999999999999"}))
        github.ask()

        with pytest.raises(RequestFailed, match=r"secondary rate limit is used up until 2024-11-13 \S+ UTC$"):
            github.ask()


def test_work_is_forecast_from_what_is_known(time: VirtualTime) -> None:
    limiter = Limiter()
    assert limiter.forecast(Work(5001)) == Forecast(3600, "5,000 requests an hour")

    github = GitHub(time, limiter)
    for account in ("the GitHub App 7", "installation 7", "installation 7"):
        github.ask(account=account, takes=0)
    assert limiter.forecast(Work(898)) == Forecast(0, "")
    assert limiter.forecast(Work(899)) == Forecast(61, "900 points a minute")

    github.reply = lambda: Answer(200, {})
    for _ in range(3):
        github.ask(account="GH_TOKEN", takes=0)
    assert limiter.forecast(Work(10**6)) == Forecast(0, "")


def test_a_server_that_refuses_everything_is_not_asked_for_ever(time: VirtualTime) -> None:
    """Else a thousand repositories would each wait their five times."""
    github = GitHub(time, Limiter(), lambda: Answer(429, {"retry-after": "1"}))

    raised = time.run(shared([READ] * 200, github.ask, threads=4))

    assert {type(error) for error in raised} == {RequestFailed}
    assert len(github.arrivals) < 30
