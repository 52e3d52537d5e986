"""The hourly limit, and what does not count."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from support.sandbox_http import PRODUCTION, Clock, world

from envsync.sandbox import Options

if TYPE_CHECKING:
    from support.sandbox_http import Result

NOON = 1_772_366_400


def figures(answer: Result) -> tuple[int, int, int]:
    headers = answer.headers
    remaining, used = int(headers["x-ratelimit-remaining"]), int(headers["x-ratelimit-used"])
    return int(headers["x-ratelimit-limit"]), remaining, used


def test_each_request_counts_until_none_is_left_and_the_hour_is_over() -> None:
    clock = Clock()
    with world(options=Options(rate_limit=4, now=clock)) as github:  # one is spent on making the environment
        answers = [github.call("GET", PRODUCTION) for _ in range(5)]
        assert [answer.status for answer in answers] == [200, 200, 200, 403, 403]
        assert [figures(answer) for answer in answers[:4]] == [(4, 2, 2), (4, 1, 3), (4, 0, 4), (4, 0, 4)]
        assert "API rate limit exceeded" in answers[3].message
        assert int(answers[3].headers["x-ratelimit-reset"]) == NOON + 3600
        assert answers[3].headers["x-ratelimit-resource"] == "core"
        assert "retry-after" not in answers[3].headers
        clock.advance(3599)
        assert github.call("GET", PRODUCTION).status == 403
        clock.advance(1)
        assert github.call("GET", PRODUCTION).status == 200


def test_a_server_without_limits_says_nothing_of_them() -> None:
    with world(options=Options(rate_limit=None)) as github:
        answers = [github.call("GET", path) for path in ("/rate_limit", PRODUCTION, PRODUCTION)]
    assert (answers[0].status, answers[0].message) == (404, "Rate limiting is not enabled.")
    assert [answer.status for answer in answers[1:]] == [200, 200]
    assert not [name for answer in answers for name in answer.headers if name.startswith("x-ratelimit")]


def test_a_write_that_is_out_of_the_limit_does_nothing() -> None:
    with world(options=Options(rate_limit=1)) as github:
        assert github.put(wait_timer=5).status == 403
        assert github.sandbox.state.environment("acme/payments", "production").protection.wait_timer == 0


def test_each_token_has_its_own() -> None:
    with world(options=Options(rate_limit=1)) as github, github.client("sandbox-reader") as reader:
        assert github.call("GET", PRODUCTION).status == 403
        assert reader("GET", PRODUCTION).status == 200


def test_asking_for_the_limit_is_free() -> None:
    with world(options=Options(rate_limit=2)) as github:
        for _ in range(3):
            assert github.call("GET", "/rate_limit").json["rate"]["remaining"] == 1


def test_what_has_not_changed_is_free() -> None:
    with world(options=Options(rate_limit=3)) as github:
        etag = github.call("GET", PRODUCTION).headers["etag"]
        for _ in range(3):
            answer = github.call("GET", PRODUCTION, headers={"If-None-Match": etag})
            assert (answer.status, figures(answer)) == (304, (3, 1, 2))


def test_answers_that_cross_say_what_was_left_for_each() -> None:
    left: list[int] = []
    with world(options=Options(rate_limit=10), latency=0.05) as github:

        def ask() -> None:
            with github.client() as call:
                left.append(figures(call("GET", PRODUCTION))[1])

        threads = [threading.Thread(target=ask) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert github.sandbox.traffic.most_at_once > 1
    assert sorted(left) == [4, 5, 6, 7, 8]


def test_refusals_count_as_well() -> None:
    with world(options=Options(rate_limit=10)) as github:
        assert figures(github.put(wait_timer=-1)) == (10, 8, 2)


@pytest.mark.parametrize("token", ["sandbox", None, "wrong"])
def test_without_a_limit_the_headers_are_there_all_the_same(token: str | None) -> None:
    with world() as github, github.client(token) as call:
        assert figures(call("GET", PRODUCTION)) == (5000, 5000, 0)
        assert call("GET", PRODUCTION, headers={"If-None-Match": "*"}).status in (304, 401)
        assert figures(call("GET", PRODUCTION)) == (5000, 5000, 0)
