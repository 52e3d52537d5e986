"""GitHub's secondary limits: what counts, for whom, and when there is room again."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sandbox_http import CUSTOM, PRODUCTION, REPOSITORY, Clock, world

from envsync.sandbox import Limit, Options, SecondaryLimits
from envsync.sandbox.secondary import Window
from envsync.sandbox.state import Token

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from support.sandbox_http import World

MINUTE = timedelta(minutes=1)
VARIABLES = f"{PRODUCTION}/variables"


def limited(latency: float = 0.0, **limits: int) -> AbstractContextManager[World]:
    """Making the environment was a write, and created something."""
    return world(options=Options(secondary=SecondaryLimits(**limits), now=Clock()), latency=latency)


def clock(github: World) -> Clock:
    now = github.sandbox._options.now
    assert isinstance(now, Clock)
    return now


def test_the_figures_are_those_that_github_documents() -> None:
    assert SecondaryLimits() == SecondaryLimits(
        concurrent=100, points_a_minute=900, reads=1, writes=5, created_a_minute=80, created_an_hour=500
    )


def test_unless_asked_for_nothing_is_limited() -> None:
    with world() as github:
        statuses = {github.call("PUT", PRODUCTION, content=b"[").status for _ in range(181)}
        assert statuses == {400}
        assert not github.sandbox.traffic.refusals


class TestPoints:
    def test_a_read_costs_one_and_a_write_five(self) -> None:
        with limited(points_a_minute=12) as github:
            assert [github.call("GET", PRODUCTION).status for _ in range(2)] == [200, 200]
            assert github.put(wait_timer=5).status == 200
            assert github.sandbox.traffic.points == 12
            assert github.call("GET", PRODUCTION).status == 429
            assert github.sandbox.traffic.refusals == {Limit.POINTS: 1}

    def test_the_refusal_says_when_there_is_room_and_there_is(self) -> None:
        with limited(points_a_minute=10) as github:
            clock(github).advance(30)
            for _ in range(5):
                assert github.call("GET", PRODUCTION).status == 200
            refused = github.call("GET", PRODUCTION)
            assert "secondary rate limit" in refused.message
            assert refused.headers["retry-after"] == "30"  # the write from the beginning leaves the minute then
            assert refused.headers["x-ratelimit-remaining"] == "5000"
            clock(github).advance(29.5)
            assert github.call("GET", PRODUCTION).headers["retry-after"] == "1"
            clock(github).advance(0.5)
            assert github.call("GET", PRODUCTION).status == 200

    def test_what_is_refused_does_nothing(self) -> None:
        with limited(points_a_minute=5) as github:
            assert github.put(wait_timer=5).status == 429
            assert github.sandbox.state.environment("acme/payments", "production").protection.wait_timer == 0

    def test_whoever_goes_on_regardless_stays_out(self) -> None:
        with limited(points_a_minute=5) as github:
            statuses = []
            for _ in range(120):
                clock(github).advance(1)
                statuses.append(github.call("GET", PRODUCTION).status)
            assert statuses == [429] * 120

    def test_a_304_costs_a_point_as_well(self) -> None:
        with limited(points_a_minute=7) as github:
            etag = github.call("GET", PRODUCTION).headers["etag"]
            asked = [github.call("GET", PRODUCTION, headers={"If-None-Match": etag}) for _ in range(2)]
            assert [answer.status for answer in asked] == [304, 429]

    def test_each_token_has_its_own(self) -> None:
        with limited(points_a_minute=5) as github, github.client("sandbox-reader") as reader:
            assert github.call("GET", PRODUCTION).status == 429
            assert reader("GET", PRODUCTION).status == 200

    def test_the_tokens_of_an_installation_share_one(self) -> None:
        with limited(points_a_minute=5) as github:
            _, number = github.sandbox.install_app("robot", public_key="", owner="acme", permissions={})
            for name in ("ghs_1", "ghs_2"):
                token = Token(name, "robot[bot]", {"metadata": "read"}, installation=number)
                github.sandbox.state.issued[name] = token
            with github.client("ghs_1") as one, github.client("ghs_2") as other:
                statuses = [call("GET", REPOSITORY).status for call in (one, other) * 3]
            assert statuses == [200] * 5 + [429]

    def test_it_goes_with_the_hourly_limit(self) -> None:
        options = Options(rate_limit=3, secondary=SecondaryLimits(points_a_minute=6), now=Clock())
        with world(options=options) as github:
            answers = [github.call("GET", PRODUCTION) for _ in range(3)]
            assert [answer.status for answer in answers] == [200, 429, 403]
            assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
            assert github.sandbox.traffic.refusals == {Limit.POINTS: 1, Limit.HOURLY: 1}


class TestCreation:
    def test_what_makes_something_new_counts(self) -> None:
        with limited() as github:
            branch = {"deployment_branch_policy": CUSTOM}

            def created() -> int:
                return github.sandbox.reset_traffic().created

            assert created() == 1  # production
            for _ in range(2):
                github.put_secret("TOKEN", b"x")
            assert created() == 1
            github.call("PUT", f"{REPOSITORY}/environments/staging", branch)
            github.put(**branch)
            assert created() == 1
            github.call("POST", f"{PRODUCTION}/deployment-branch-policies", {"name": "main"})
            github.call("POST", VARIABLES, {"name": "A", "value": "1"})
            github.call("POST", f"{REPOSITORY}/issues", {"title": "Drift"})
            assert created() == 3
            github.call("PATCH", f"{VARIABLES}/A", {"value": "2"})
            github.call("DELETE", f"{VARIABLES}/A")
            github.call("GET", VARIABLES)
            assert created() == 0

    def test_too_much_in_a_minute(self) -> None:
        with limited(created_a_minute=2) as github:
            clock(github).advance(20)
            assert github.call("POST", VARIABLES, {"name": "A", "value": "1"}).status == 201
            refused = github.call("POST", VARIABLES, {"name": "B", "value": "1"})
            assert (refused.status, refused.headers["retry-after"]) == (403, "60")  # the refused one counts
            assert "blocked from content creation" in refused.message
            assert [*github.sandbox.state.environment("acme/payments", "production").variables] == ["A"]
            assert github.call("PATCH", f"{VARIABLES}/A", {"value": "2"}).status == 204
            clock(github).advance(60)
            assert github.call("POST", VARIABLES, {"name": "B", "value": "1"}).status == 201
            assert github.sandbox.traffic.refusals == {Limit.CREATED_A_MINUTE: 1}

    def test_too_much_in_an_hour(self) -> None:
        with limited(created_an_hour=2) as github:
            clock(github).advance(600)
            github.put_secret("A", b"x")
            clock(github).advance(600)
            refused = github.put_secret("B", b"x")
            assert (refused.status, refused.headers["retry-after"]) == (403, "3000")
            assert github.put_secret("A", b"y").status == 204
            clock(github).advance(3000)
            assert github.put_secret("B", b"x").status == 201
            assert github.sandbox.traffic.refusals == {Limit.CREATED_AN_HOUR: 1}


class TestConcurrency:
    def ask_at_once(self, github: World, clients: int) -> list[int]:
        statuses: list[int] = []

        def ask() -> None:
            with github.client() as call:
                statuses.append(call("GET", PRODUCTION).status)

        threads = [threading.Thread(target=ask) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(statuses)

    def test_a_request_is_under_way_until_its_answer_is_sent(self) -> None:
        with limited(concurrent=3, latency=0.1) as github:
            assert self.ask_at_once(github, 3) == [200] * 3
            assert self.ask_at_once(github, 5) == [200] * 3 + [429] * 2
            assert github.call("GET", PRODUCTION).status == 200
            assert github.sandbox.traffic.refusals == {Limit.CONCURRENT: 2}
            assert github.sandbox.traffic.most_at_once == 5

    def test_requests_that_do_not_meet_are_not_counted_together(self) -> None:
        with limited(concurrent=1) as github:
            assert [github.call("GET", PRODUCTION).status for _ in range(3)] == [200] * 3
            assert github.sandbox.traffic.most_at_once == 1

    @pytest.mark.parametrize("fault", ["hang", "lost", "reset", "truncate"])
    def test_one_who_leaves_or_gets_no_answer_is_not_under_way_any_more(self, fault: str) -> None:
        options = Options(secondary=SecondaryLimits(concurrent=1), now=Clock())
        with world(options=options, faults=[f"{fault}:GET:/meta"], check=lambda _: None) as github:
            with github.client(timeout=0.05) as call, pytest.raises((OSError, HTTPException)):
                call("GET", "/meta")
            # That the client has left may come to be known after its next request.
            assert any(github.call("GET", REPOSITORY).status == 200 for _ in range(100))


@given(
    st.lists(st.tuples(st.integers(0, 40_000), st.sampled_from([1, 5])), max_size=40),
    st.integers(5, 30),
)
def test_no_minute_holds_more_than_the_limit_wherever_it_begins(steps: list[tuple[int, int]], most: int) -> None:
    """Steps are milliseconds and points."""
    window, now, counted = Window(Limit.POINTS, most, MINUTE), Clock()(), list[tuple[datetime, int]]()

    def until(moment: datetime) -> int:
        return sum(points for when, points in counted if moment - MINUTE < when <= moment)

    for milliseconds, points in steps:
        now += timedelta(milliseconds=milliseconds)
        counted.append((now, points))
        excess = window.count(points, now)
        assert (excess is not None) == (until(now) > most)
        if excess is not None:
            then = now + timedelta(seconds=excess.seconds)
            assert until(then) + points <= most
            assert excess.seconds == 1 or until(then - timedelta(seconds=1)) + points > most
