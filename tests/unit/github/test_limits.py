"""Whatever way requests and answers take, no window of GitHub's is ever exceeded, and no time is lost."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.traffic import CHANGE, CREATE, EPOCH, READ, Hourly, Trip, most, travel

from envsync.github.call import Answer, Call, Lost, Outcome
from envsync.github.limits import RULES, Account, Cost, Hold, Rules, Ticket
from envsync.github.server import Target

SMALL = Rules(points_a_minute=300, created_a_minute=26, created_an_hour=160)  # a third: the same in less time
TOLD = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4000", "x-ratelimit-reset": str(int(EPOCH + 1800))}


def mixed(rng: random.Random, reads: int, changes: int, creations: int) -> list[Call]:
    calls = [READ] * reads + [CHANGE] * changes + [CREATE] * creations
    rng.shuffle(calls)
    return calls


def points(trip: Trip) -> list[tuple[float, int]]:
    return [(at, cost.points) for at, cost in trip.arrivals]


def created(trip: Trip) -> list[tuple[float, int]]:
    return [(at, cost.created) for at, cost in trip.arrivals]


def fullest(arrivals: list[tuple[float, int]], phase: float) -> int:
    """Of the minutes that begin at a phase, as a server counts that forgets all at once."""
    minutes: dict[float, int] = {}
    for at, amount in arrivals:
        minute = (at - phase) // 60
        minutes[minute] = minutes.get(minute, 0) + amount
    return max(minutes.values())


def lowest(arrivals: list[tuple[float, int]], limit: int) -> float:
    """Of a bucket that is filled as fast as the limit allows, and holds as much as a minute."""
    level = least = float(limit)
    for (before, _), (at, amount) in pairwise([(0.0, 0), *arrivals]):
        level = min(level + (at - before) * limit / 60, limit) - amount
        least = min(least, level)
    return least


def bound(calls: list[Call], rules: Rules) -> float:
    """How long it takes whoever keeps to the rules, where a write may find four points left and wait."""
    costs = [rules.cost(call) for call in calls]
    spent, made = sum(cost.points for cost in costs), sum(cost.created for cost in costs)
    windows = (
        (spent, rules.points_a_minute - rules.write + 1, 60),
        (made, rules.created_a_minute, 60),
        (made, rules.created_an_hour, 3600),
    )
    return max((math.ceil(amount / limit) - 1) * float(seconds) for amount, limit, seconds in windows if amount)


@given(
    st.integers(0, 999).map(random.Random),
    st.integers(1, 900),
    st.integers(0, 150),
    st.integers(0, 60),
    st.floats(0, 1),
    st.floats(0, 60),
)
def test_no_window_of_github_s_is_exceeded_and_no_time_is_lost(
    rng: random.Random, reads: int, changes: int, creations: int, slowest: float, phase: float
) -> None:
    calls = mixed(rng, reads, changes, creations)

    trip = travel(calls, SMALL, lambda: rng.uniform(0, slowest))

    assert len(trip.arrivals) == len(calls)
    assert most(points(trip), 60) <= SMALL.points_a_minute
    assert fullest(points(trip), phase) <= SMALL.points_a_minute
    assert lowest(points(trip), SMALL.points_a_minute) >= -1e-6
    assert most(created(trip), 60) <= SMALL.created_a_minute
    two_limits = 61 if creations else 0  # a minute's last creation may find no points left
    assert trip.end <= 1.1 * bound(calls, SMALL) + (len(calls) / 64 + 2) * 2 * slowest + two_limits


def test_what_is_created_in_an_hour_is_counted() -> None:
    rng = random.Random(6)
    calls = mixed(rng, 0, 0, 600)

    trip = travel(calls, SMALL, lambda: rng.uniform(0, 1))

    assert most(created(trip), 3600) == SMALL.created_an_hour
    assert most(created(trip), 60) == SMALL.created_a_minute
    assert trip.end <= 1.1 * bound(calls, SMALL)


def test_who_waits_to_create_something_holds_up_nobody_else() -> None:
    calls = [CREATE] * (SMALL.created_a_minute + 1) + [READ] * 100

    trip = travel(calls, SMALL, lambda: 0.1)

    late = [at for at, cost in trip.arrivals if at > 10]
    assert len(late) == 1


def test_as_long_as_there_is_budget_there_is_no_pause() -> None:
    trip = travel([READ] * 900, RULES, lambda: 0.025)

    assert trip.end == pytest.approx(0.05 + math.ceil(899 / 64) * 0.05)  # the first one goes alone


@given(
    st.integers(0, 999).map(random.Random),
    st.integers(2, 150),
    st.integers(0, 150),
    st.floats(0, 2),
    st.floats(0, 1),
)
def test_the_hour_s_budget_is_used_to_the_last_request_and_no_further(
    rng: random.Random, limit: int, used: int, slowest: float, unchanged: float
) -> None:
    hourly = Hourly(limit, min(used, limit - 1))
    calls = [READ] * 300

    def free() -> bool:
        return rng.random() < unchanged

    trip = travel(calls, RULES, lambda: rng.uniform(0, slowest), hourly=hourly, free=free)

    assert hourly.refused == 0
    assert trip.end <= 1.1 * math.ceil((300 + used) / limit) * 3600


def test_answers_come_out_of_order() -> None:
    account = Account(RULES)
    for remaining in ("3", "9", "1", "5"):
        account.settle(sent(account), answer(remaining=remaining), 0, EPOCH)

    sent(account)

    assert account.take(Cost(1), 0) == Hold(None, *HOURLY)  # the last one that is left may be under way


HOURLY = ("GitHub's limit of 5,000 requests an hour", "5,000 requests an hour are GitHub's limit")
POINTS = ("GitHub's limit of 900 points a minute", "900 points a minute are GitHub's limit")


def sent(account: Account, now: float = 0.0, cost: Cost | None = None) -> Ticket:
    cost = cost or Cost(1)
    assert isinstance(account.reserve(cost, now), int)
    taken = account.take(cost, now)
    assert isinstance(taken, int), taken
    return Ticket("", cost, taken)


def answer(status: int = 200, **told: str) -> Answer:
    """`date`, `retry_after` and the like; those of the rate limit by their last word."""
    names = {"limit", "remaining", "reset", "resource"}
    more = {f"x-ratelimit-{name}": value for name, value in told.items() if name in names}
    return Answer(status, TOLD | more | {k.replace("_", "-"): v for k, v in told.items() if k not in names})


def settled(outcome: Outcome, now: float = 0.0, account: Account | None = None) -> Account:
    account = account or Account(RULES)
    account.settle(sent(account, now), outcome, now, EPOCH + now)
    return account


def held(account: Account, now: float = 0.0, cost: Cost | None = None) -> float | None:
    """Until when; fails where nothing holds."""
    hold = account.take(cost or Cost(1), now)
    assert isinstance(hold, Hold)
    return hold.until


def test_a_request_counts_until_a_minute_after_its_answer() -> None:
    account = settled(answer())
    slow = sent(account, cost=Cost(800))
    sent(account, cost=Cost(99))

    assert account.take(Cost(2), 61.5) == Hold(None, *POINTS)
    account.settle(slow, answer(), 30, EPOCH)
    assert held(account, 61.5, Cost(2)) == 91
    assert account.take(Cost(2), 91) == 0


def test_whoever_waits_is_told_when_enough_has_left_not_when_something_has() -> None:
    account = settled(answer())
    account.settle(sent(account, cost=Cost(895)), answer(), 30, EPOCH)
    settled(answer(), 40, account)

    assert [held(account, 41, Cost(cost)) for cost in (4, 5, 899, 900)] == [61, 91, 91, 101]


def test_a_request_without_an_answer_counts_from_when_it_was_given_up() -> None:
    account = settled(answer())
    account.settle(sent(account, cost=Cost(899)), Lost("reset"), 30, EPOCH)

    assert held(account, 50, Cost(5)) == 61 + 30


def test_a_request_that_never_left_does_not_count() -> None:
    account = settled(answer())
    account.settle(sent(account, cost=Cost(899, 80)), Lost("refused", sent=False), 30, EPOCH)

    assert isinstance(account.reserve(Cost(5, 1), 31), int)
    assert isinstance(account.take(Cost(5, 1), 31), int)


def test_a_request_that_costs_more_than_there_is_waits_for_all_others() -> None:
    account = settled(answer())

    assert held(account, 1, Cost(901)) == 61
    assert account.take(Cost(901), 61) == 0


class TestTheHour:
    def test_ends_by_the_server_s_clock(self) -> None:
        ahead = answer(remaining="0", date="Tue, 14 Nov 2023 22:33:20 GMT")  # 20 minutes later than here

        assert held(settled(ahead)) == 601  # a second more: GitHub tells whole ones

    def test_is_asked_about_by_one_request_when_it_is_new(self) -> None:
        account = settled(answer(remaining="0"))

        first = sent(account, 1801)
        assert account.take(Cost(1), 1801) == Hold(None, "", "")
        account.settle(first, answer(reset=str(int(EPOCH + 5400))), 1802, EPOCH + 1802)
        sent(account, 1802)
        sent(account, 1802)

    def test_s_end_may_be_told_a_second_apart(self) -> None:
        account = settled(answer(remaining="0"))
        settled(answer(remaining="7", reset=str(int(EPOCH + 1801))), 1801, account)

        assert held(settled(answer(remaining="0", reset=str(int(EPOCH + 1799))))) == 1800

    def test_may_be_counted_in_two_places(self) -> None:
        account = settled(answer(remaining="3000"))
        settled(answer(remaining="0", reset=str(int(EPOCH + 600))), 0, account)

        assert held(account) == 601
        assert isinstance(account.take(Cost(1), 601), int)

    def test_loses_a_request_with_each_answer_that_is_lost(self) -> None:
        account = settled(answer(remaining="1"))

        assert held(settled(Lost("reset"), 0, account)) == 1801

    @pytest.mark.parametrize(
        "other",
        [
            answer(401, remaining="0", limit="60"),
            answer(remaining="0", resource="search"),
            answer(remaining="0", limit="0"),
            answer(remaining="0", reset=str(int(EPOCH - 1))),
            answer(remaining="none"),
        ],
    )
    def test_is_not_spoken_of_by_every_header(self, other: Answer) -> None:
        sent(settled(other))


class TestAServerWithoutLimits:
    def test_is_known_by_its_first_answer(self) -> None:
        account = settled(Answer(404, {}))

        for _ in range(1000):
            sent(account, cost=Cost(5, 1))
        assert account.is_free

    @pytest.mark.parametrize(
        "outcome",
        [Lost("reset"), Answer(502, {}), Answer(200, {}, whole=False), Answer(429, {"retry-after": "1"})],
    )
    def test_is_not_known_by_what_a_proxy_may_have_said(self, outcome: Outcome) -> None:
        assert not settled(outcome).is_free

    def test_may_have_some_later(self) -> None:
        account = settled(Answer(200, {}))
        settled(answer(), 0, account)

        assert not account.is_free

    def test_is_not_one_that_told_them_once(self) -> None:
        account = settled(answer())
        settled(Answer(200, {}), 0, account)

        assert not account.is_free


class TestARefusal:
    def test_holds_for_all_until_it_ends_then_one_goes_ahead(self) -> None:
        account = settled(answer())
        under_way = sent(account)
        settled(answer(429, retry_after="30"), 0, account)
        account.settle(under_way, answer(), 1, EPOCH)

        assert held(account, 29) == 30
        first = sent(account, 30)
        assert account.take(Cost(1), 30) == Hold(None, "", "")
        account.settle(first, answer(), 31, EPOCH)
        sent(account, 31)
        sent(account, 31)

    def test_of_requests_that_were_under_way_together_is_one(self) -> None:
        account = settled(answer())
        for ticket, told in [(sent(account), told) for told in ({}, {"retry-after": "90"}, {}, {})]:
            account.settle(ticket, Answer(429, told), 0, EPOCH)

        assert held(account) == 90

    def test_that_comes_late_counts_all_the_same(self) -> None:
        account = settled(answer(reset=str(int(EPOCH + 10))))
        under_way = sent(account)
        assert account.take(Cost(1), 20) == Hold(None, "", "")  # a new hour: one is to go ahead

        account.settle(under_way, Answer(429, {}), 21, EPOCH)

        assert held(account, 21) == 21 + 60

    def test_that_does_not_say_how_long_lasts_twice_as_long_each_time(self) -> None:
        account, now, lengths = settled(answer()), 0.0, []
        for _ in range(8):
            settled(Answer(403, {}, {"message": "You have exceeded a secondary rate limit."}), now, account)
            until = held(account, now)
            assert until is not None
            lengths.append(until - now)
            now = until

        assert lengths == [60, 120, 240, 480, 960, 1920, 3700, 3700]
        settled(answer(), now, account)
        settled(Answer(429, {}), now, account)
        assert held(account, now) == now + 60

    def test_holds_where_there_are_no_limits_too(self) -> None:
        account = settled(Answer(200, {}))
        settled(Answer(429, {"retry-after": "5"}), 0, account)

        assert held(account) == 5


@pytest.mark.parametrize(
    ("call", "cost"),
    [
        (READ, Cost(1)),
        (CHANGE, Cost(5)),
        (Call("DELETE", Target("/x"), "delete"), Cost(5)),
        (CREATE, Cost(5, 1)),
        (Call("PUT", Target("/x"), "write"), Cost(5, 1)),
        (Call("PUT", Target("/x"), "change", creates=False), Cost(5)),
        (Call("POST", Target("/x"), "get a token", harmless=True), Cost(5)),
    ],
)
def test_each_request_has_its_cost(call: Call, cost: Cost) -> None:
    assert RULES.cost(call) == cost
