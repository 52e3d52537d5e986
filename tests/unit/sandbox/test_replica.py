"""Reads that lag behind writes."""

from __future__ import annotations

from support.sandbox_http import PRODUCTION, Clock, World, world

from envsync.sandbox import Options

VARIABLES = f"{PRODUCTION}/variables"


def wait_timer(github: World) -> int:
    rules = github.call("GET", PRODUCTION).json["protection_rules"]
    return sum(rule["wait_timer"] for rule in rules if rule["type"] == "wait_timer")


def test_a_read_after_a_write_answers_as_before_it_until_the_time_is_over() -> None:
    clock = Clock()
    with world(options=Options(now=clock, stale_reads=2)) as github:
        clock.advance(2)
        assert github.put(wait_timer=30).status == 200
        seen = []
        for _ in range(3):
            seen.append(wait_timer(github))
            clock.advance(1)
        assert seen == [0, 0, 30]


def test_each_write_comes_to_be_seen_in_its_turn() -> None:
    clock = Clock()
    with world(options=Options(now=clock, stale_reads=2)) as github:
        clock.advance(2)
        github.put(wait_timer=5)
        clock.advance(1)
        github.put(wait_timer=30)
        seen = [wait_timer(github)]
        for _ in range(2):
            clock.advance(1)
            seen.append(wait_timer(github))
        assert seen == [0, 5, 30]


def test_what_was_just_created_is_not_there_yet_and_cannot_be_created_twice() -> None:
    clock = Clock()
    with world(options=Options(now=clock, stale_reads=2)) as github:
        assert github.call("GET", PRODUCTION).status == 404
        clock.advance(2)
        assert github.call("POST", VARIABLES, {"name": "A", "value": "x"}).status == 201
        assert github.call("GET", f"{VARIABLES}/A").status == 404
        assert github.call("POST", VARIABLES, {"name": "A", "value": "x"}).status == 409
        clock.advance(2)
        assert github.call("GET", f"{VARIABLES}/A").json["value"] == "x"


def test_unless_asked_for_a_read_is_never_stale() -> None:
    with world() as github:
        github.put(wait_timer=30)
        assert wait_timer(github) == 30
