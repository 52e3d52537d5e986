"""Room that is set aside: who has begun something does not wait in the middle of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from support.traffic import CHANGE, CREATE, EPOCH, READ, most
from support.virtual_time import VirtualTime

from envsync.errors import FailureKind, RequestFailed
from envsync.github.call import Answer, Call
from envsync.github.limiter import RULES, Limiter, Rules, Work

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = "GH_TOKEN"
LIMITED = {
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "4000",
    "x-ratelimit-reset": str(int(EPOCH + 3600)),
}


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


class GitHub:
    def __init__(self, time: VirtualTime, limiter: Limiter, headers: dict[str, str] | None = None) -> None:
        self.arrivals: list[tuple[float, Call]] = []
        self._time, self._limiter = time, limiter
        self._headers = LIMITED if headers is None else headers
        self._lock = threading.Lock()

    def turn(self, work: Work, calls: list[Call], purpose: str = "apply it") -> tuple[float, float]:
        """When the first and the last of them arrived."""
        effects = self._time.effects()
        purse = self._limiter.set_aside(work, ACCOUNT, purpose, effects)
        try:
            at = []
            for call in calls:
                ticket = self._limiter.admit(call, ACCOUNT, effects, purse)
                self._time.sleep(0.1)
                with self._lock:
                    at.append(self._time.now)
                    self.arrivals.append((self._time.now, call))
                self._limiter.settle(ticket, Answer(200, self._headers), effects)
            return at[0], at[-1]
        finally:
            self._limiter.put_back(purse)


def turns(
    github: GitHub, work: Work, calls: list[Call], count: int
) -> tuple[list[Callable[[], None]], list[float]]:
    took: list[float] = []

    def one() -> None:
        first, last = github.turn(work, calls)
        took.append(last - first)

    return [one] * count, took


def test_what_is_begun_is_not_held_up(time: VirtualTime) -> None:
    """Without it, each of these would wait a minute or more between two of its requests."""
    github = GitHub(time, Limiter())
    work, calls = Work(reads=5, writes=20, creations=10), [READ] * 5 + [CREATE] * 10 + [CHANGE] * 10
    works, took = turns(github, work, calls, 24)

    assert time.run(works) == []
    assert len(took) == 24
    assert max(took) < 3  # 25 requests of a tenth of a second each, one after the other
    assert most([(at, RULES.cost(call).points) for at, call in github.arrivals], 60) <= 900
    assert most([(at, RULES.cost(call).created) for at, call in github.arrivals], 60) <= 80
    assert 120 < time.now < 135  # eight have room at a time: by points as by creations


def test_what_is_not_used_goes_back(time: VirtualTime) -> None:
    limiter = Limiter()
    github = GitHub(time, limiter)
    for _ in range(50):
        github.turn(Work(reads=400, writes=80, creations=40), [READ])

    assert time.now < 10
    assert limiter.forecast(Work(reads=850)).seconds == 0


def test_more_than_there_ever_is_waits_for_as_much_as_there_is(time: VirtualTime) -> None:
    """An environment with a hundred secrets and a hundred variables, say."""
    github = GitHub(time, Limiter(Rules(points_a_minute=50, created_a_minute=6)))

    first, last = github.turn(Work(writes=12, creations=12), [CREATE] * 12)

    assert first < 1
    assert 60 < last < 130


@pytest.mark.parametrize("work", [Work(reads=1), Work(writes=3), Work(reads=3, writes=3, creations=1)])
def test_who_needs_more_than_was_set_aside_stands_in_line_and_holds_up_nobody(
    time: VirtualTime, work: Work
) -> None:
    github = GitHub(time, Limiter(Rules(points_a_minute=60, created_a_minute=6)))
    works, took = turns(github, work, [READ, CREATE, CREATE, READ], 12)

    assert time.run(works) == []
    assert len(took) == 12
    assert most([(at, RULES.cost(call).points) for at, call in github.arrivals], 60) <= 60
    assert most([(at, RULES.cost(call).created) for at, call in github.arrivals], 60) <= 6


def test_the_hour_has_to_have_room_for_all_of_it(time: VirtualTime) -> None:
    github = GitHub(time, Limiter(), {**LIMITED, "x-ratelimit-remaining": "10"})
    github.turn(Work(reads=1), [READ])

    first, _ = github.turn(Work(reads=11), [READ])

    assert first > 3600


def test_who_may_not_wait_so_long_does_not_begin(time: VirtualTime) -> None:
    github = GitHub(time, Limiter(max_wait=30), {**LIMITED, "x-ratelimit-remaining": "10"})
    github.turn(Work(reads=1), [READ])

    with pytest.raises(RequestFailed, match="cannot apply it: GitHub's limit of 5,000 requests an hour") as failed:
        github.turn(Work(reads=11), [READ])
    assert failed.value.kind is FailureKind.RATE_LIMITED
    github.turn(Work(reads=10), [READ])  # for which there is room


def test_a_server_without_limits_needs_no_room(time: VirtualTime) -> None:
    github = GitHub(time, Limiter(), {})
    github.turn(Work(), [READ])
    works, took = turns(github, Work(writes=500, creations=500), [CREATE] * 500, 8)

    assert time.run(works) == []
    assert len(took) == 8
    assert time.now < 60
