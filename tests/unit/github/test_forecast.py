"""What is forecast is what comes: the same work is sent, in a time that is only counted."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.traffic import CHANGE, CREATE, EPOCH, READ, Hourly, travel

from envsync.github.call import Answer, Call
from envsync.github.forecast import Forecast, Work, forecast
from envsync.github.limits import RULES, Account, Cost, Rules, Ticket

SMALL = Rules(points_a_minute=300, created_a_minute=26, created_an_hour=160)
SWIFT = 0.001  # seconds there, and back


def calls(work: Work, rng: random.Random) -> list[Call]:
    changes = work.writes - work.creations
    found = [READ] * work.reads + [CHANGE] * changes + [CREATE] * work.creations
    rng.shuffle(found)
    return found


def told(work: Work, account: Account | None = None) -> Forecast:
    return forecast(account or Account(RULES), RULES, work, 0.0)


@pytest.mark.parametrize(
    ("work", "seconds", "bound"),
    [
        (Work(), 0, ""),
        (Work(reads=900), 0, ""),
        (Work(reads=901), 61, "900 points a minute"),
        (Work(reads=100, writes=161), 61, "900 points a minute"),
        (Work(reads=1800), 61, "900 points a minute"),
        (Work(writes=80, creations=80), 0, ""),
        (Work(writes=81, creations=81), 61, "80 created a minute"),
        (Work(writes=501, creations=501), 3660, "500 created an hour"),
        (Work(writes=660, creations=660), 3660 + 61, "500 created an hour"),
        (Work(writes=1001, creations=1001), 7320, "500 created an hour"),
        (Work(reads=5000), 5 * 61, "900 points a minute"),
        (Work(reads=5001), 3600, "5,000 requests an hour"),
        (Work(reads=10_001), 7201, "5,000 requests an hour"),
    ],
)
def test_the_limit_that_takes_longest_is_named(work: Work, seconds: float, bound: str) -> None:
    assert told(work) == Forecast(seconds, bound)


def test_work_adds_up() -> None:
    assert Work(1, 2, 3) + Work(10, 20, 30) == Work(11, 22, 33)


@given(
    st.integers(0, 999).map(random.Random),
    st.builds(Work, st.integers(0, 900), st.integers(0, 150)),
    st.integers(0, 80),
    st.builds(Work, st.integers(0, 900), st.integers(0, 150)),
    st.integers(0, 80),
)
def test_work_takes_as_long_as_forecast_whatever_went_before(
    rng: random.Random, before: Work, made: int, work: Work, creations: int
) -> None:
    before, work = before + Work(0, made, made), work + Work(1, creations, creations)
    account = Account(SMALL)
    start = travel(calls(before, rng), SMALL, lambda: SWIFT, account=account).end

    promised = forecast(account, SMALL, work, start)
    took = travel(calls(work, rng), SMALL, lambda: SWIFT, account=account, start=start).end - start

    slack = 61 if creations or made else 5  # where two limits meet, either may wait for the other
    assert promised.seconds * 0.99 - 1 <= took <= promised.seconds * 1.02 + slack


@given(st.integers(60, 300), st.integers(0, 299), st.integers(1, 700))
def test_the_hour_s_budget_is_forecast_as_well(limit: int, used: int, reads: int) -> None:
    account, hourly = Account(RULES), Hourly(limit, min(used, limit - 1))
    start = travel([READ], RULES, lambda: SWIFT, account=account, hourly=hourly).end

    promised = forecast(account, RULES, Work(reads), start)
    took = travel([READ] * reads, RULES, lambda: SWIFT, account=account, hourly=hourly, start=start).end - start

    assert took == pytest.approx(promised.seconds, abs=10)
    assert promised.bound in {"", f"{limit} requests an hour"}


def test_what_is_left_of_an_hour_that_is_nearly_over_is_not_counted_on() -> None:
    headers = {"limit": "5000", "remaining": "5000", "reset": str(int(EPOCH + 9))}
    account = Account(RULES)
    settle(account, Answer(200, {f"x-ratelimit-{name}": value for name, value in headers.items()}))

    assert told(Work(15_899), account).seconds == pytest.approx(2 * 3601 + 10 + 5 * 61)


def test_a_refusal_is_waited_for_first() -> None:
    account = Account(RULES)
    settle(account, Answer(429, {"retry-after": "90"}))

    assert told(Work(1), account) == Forecast(90, "GitHub's secondary rate limit")


def test_a_server_without_limits_makes_nobody_wait() -> None:
    account = Account(RULES)
    settle(account, Answer(200, {}))

    assert told(Work(100_000, 100_000, 100_000), account) == Forecast(0, "")


def settle(account: Account, answer: Answer) -> None:
    cost = Cost(1)
    round_ = account.take(cost, 0.0)
    assert isinstance(round_, int)
    account.settle(Ticket("", cost, round_), answer, 0.0, EPOCH)
