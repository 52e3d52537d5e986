"""Counting what came in."""

from __future__ import annotations

from contextlib import suppress
from http.client import HTTPException

import pytest
from support.sandbox_http import PRODUCTION, client, world

from envsync.sandbox import Exchange, Sandbox, Traffic


def test_requests_are_counted_by_method_and_status() -> None:
    with world() as github:
        etag = github.call("GET", PRODUCTION).headers["etag"]
        github.call("GET", PRODUCTION)
        github.call("GET", PRODUCTION, headers={"If-None-Match": etag})
        github.call("GET", f"{PRODUCTION}x")
        traffic = github.sandbox.traffic
    assert traffic.requests == {("PUT", 200): 1, ("GET", 200): 2, ("GET", 304): 1, ("GET", 404): 1}
    assert (traffic.total, traffic.count("GET"), traffic.count(status=200)) == (5, 4, 3)
    assert traffic.count("GET", 304) == 1
    assert traffic.points == 5 + 4


def test_two_readings_have_a_difference() -> None:
    with world() as github:
        before = github.sandbox.traffic
        github.call("GET", PRODUCTION)
        after = github.sandbox.traffic
    assert after.requests - before.requests == {("GET", 200): 1}


def test_it_can_begin_anew() -> None:
    with world() as github:
        last = github.sandbox.reset_traffic()
        assert (last.total, last.points, last.created, last.most_at_once) == (1, 5, 1, 1)
        assert github.sandbox.traffic == Traffic()
        github.call("GET", PRODUCTION)
        assert github.sandbox.traffic.most_at_once == 1


@pytest.mark.parametrize(
    ("fault", "status"), [("503", 503), ("lost", 200), ("truncate", 200), ("reset", 0), ("hang", 0)]
)
def test_what_met_a_fault_counts_by_what_was_done(fault: str, status: int) -> None:
    with world(faults=[f"{fault}:GET:/meta"], check=lambda _: None) as github:
        with github.client(timeout=0.05) as call, suppress(OSError, HTTPException):
            call("GET", "/meta")
        assert github.sandbox.traffic.requests == {("GET", status): 1}


def test_an_observer_may_look_at_it() -> None:
    """It sees the requests before its own, and its own is under way."""
    seen: list[tuple[int, int]] = []

    def look(_: Exchange) -> None:
        seen.append((sandbox.traffic.total, sandbox.traffic.most_at_once))

    sandbox = Sandbox(observe=look)
    with sandbox, client(sandbox.url) as call:
        for _ in range(2):
            call("GET", "/meta")
    assert seen == [(0, 1), (1, 1)]
