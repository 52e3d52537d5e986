from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envsync.github.call import Answer, Lost, Outcome
from envsync.github.retry import (
    Again,
    GiveUp,
    Policy,
    RateLimit,
    Wait,
    broken,
    decide,
    may_have_happened,
    rate_limit,
)

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT
ORDINARY: dict[str, Any] = {
    "attempt": 1,
    "waited": 0.0,
    "repeatable": True,
    "now": NOW,
    "jitter": 1.0,
    "policy": Policy(),
}

header_values = st.text() | st.integers(-10, 10**15).map(str) | st.just("Tue, 14 Nov 2023 22:14:20 GMT")
headers = st.dictionaries(
    st.sampled_from(["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset", "date"]), header_values
)
answers = st.builds(
    Answer,
    st.sampled_from([200, 201, 204, 301, 303, 400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503]),
    headers,
    st.none() | st.just({"message": "You have exceeded a secondary rate limit."}) | st.just({"message": 1}),
    st.booleans(),
)
outcomes: st.SearchStrategy[Outcome] = answers | st.builds(Lost, st.just("reset"), st.booleans(), st.booleans())
policies = st.builds(Policy, st.integers(1, 8), st.floats(0, 10), st.floats(0, 300))


@given(st.lists(outcomes, min_size=10, max_size=10), policies, st.booleans(), st.floats(0, 1), st.floats(0, 2e9))
def test_no_request_takes_more_attempts_or_pauses_than_the_policy_allows(
    outcomes: list[Outcome],
    policy: Policy,
    repeatable: bool,  # noqa: FBT001
    jitter: float,
    now: float,
) -> None:
    waited, attempt = 0.0, 1
    for outcome in outcomes:
        decision = decide(
            outcome,
            attempt=attempt,
            waited=waited,
            repeatable=repeatable,
            now=now,
            jitter=jitter,
            policy=policy,
        )
        if isinstance(decision, GiveUp):
            break
        attempt += 1
        if isinstance(decision, Wait):
            assert decision.seconds >= 0
            waited += decision.seconds
            now += decision.seconds

    assert attempt <= policy.attempts
    assert waited <= policy.max_wait


@given(outcomes, policies, st.integers(1, 8), st.floats(0, 300))
def test_what_may_have_been_done_is_never_done_again_blindly(
    outcome: Outcome, policy: Policy, attempt: int, waited: float
) -> None:
    decision = decide(
        outcome, attempt=attempt, waited=waited, repeatable=False, now=NOW, jitter=1.0, policy=policy
    )

    assert isinstance(decision, GiveUp) or not may_have_happened(outcome)


@given(outcomes)
def test_what_github_settled_stands(outcome: Outcome) -> None:
    if broken(outcome) is None and rate_limit(outcome, NOW) is None:
        assert decide(outcome, **ORDINARY) == GiveUp()


@pytest.mark.parametrize("status", [200, 301, 401, 404, 422])
def test_an_answer_is_not_asked_for_twice(status: int) -> None:
    assert decide(Answer(status, {}), **ORDINARY) == GiveUp()


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (Answer(500, {}), "GitHub answered 500"),
        (Answer(502, {}, whole=False), "GitHub answered 502"),
        (Answer(408, {}), "GitHub answered 408"),
        (Answer(200, {}, whole=False), "GitHub's answer is not whole"),
        (Lost("reset"), "reset"),
    ],
)
def test_faults_are_tried_again_after_twice_the_time(outcome: Outcome, why: str) -> None:
    decisions = [decide(outcome, **{**ORDINARY, "attempt": attempt}) for attempt in range(1, 6)]

    assert decisions == [Wait(1, why), Wait(2, why), Wait(4, why), Wait(8, why), GiveUp()]


def test_the_pause_is_anything_up_to_that_time() -> None:
    assert decide(Lost("reset"), **{**ORDINARY, "attempt": 3, "jitter": 0.25}) == Wait(1, "reset")


def test_a_post_is_repeated_when_it_surely_was_not_done() -> None:
    post = {**ORDINARY, "repeatable": False}

    assert decide(Lost("refused", sent=False), **post) == Wait(1, "refused")
    assert decide(Answer(429, {"retry-after": "7"}), **post) == Again()
    assert decide(Lost("reset"), **post) == GiveUp()
    assert decide(Answer(502, {}), **post) == GiveUp()
    assert decide(Answer(201, {}, whole=False), **post) == GiveUp()


@pytest.mark.parametrize("status", [202, 203, 205, 206])
def test_a_success_that_github_does_not_document_is_none(status: int) -> None:
    assert broken(Answer(status, {}, {"environments": []}, whole=True)) == "GitHub's answer is not whole"


def test_what_will_not_change_is_not_tried_again() -> None:
    assert decide(Lost("the certificate is not trusted", sent=False, lasting=True), **ORDINARY) == GiveUp()


def test_a_fault_s_own_retry_after_is_honoured() -> None:
    assert decide(Answer(503, {"retry-after": "30"}), **ORDINARY) == Wait(30, "GitHub answered 503")
    assert decide(Answer(503, {"retry-after": "300"}), **ORDINARY) == GiveUp()


SECONDARY, HOURLY = "GitHub's secondary rate limit", "GitHub's hourly rate limit"


@pytest.mark.parametrize(
    ("status", "headers", "limit"),
    [
        (403, {"retry-after": "17"}, RateLimit(17, SECONDARY)),
        (429, {"retry-after": "0"}, RateLimit(1, SECONDARY)),
        (429, {"retry-after": "Tue, 14 Nov 2023 22:14:20 GMT"}, RateLimit(60, SECONDARY)),
        (429, {"retry-after": "Tue, 14 Nov 2023 22:14:20 -0000"}, RateLimit(60, SECONDARY)),
        (429, {"retry-after": "soon"}, RateLimit(60, SECONDARY, is_told=False)),
        (429, {}, RateLimit(60, SECONDARY, is_told=False)),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000040"}, RateLimit(41, HOURLY)),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1600000000"}, RateLimit(1, HOURLY)),
        (429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "never"}, RateLimit(60, HOURLY, is_told=False)),
        (429, {"x-ratelimit-remaining": "0"}, RateLimit(60, HOURLY, is_told=False)),
        (403, {"x-ratelimit-remaining": "4999"}, None),
        (403, {}, None),
        (422, {"retry-after": "17"}, None),
    ],
)
def test_limits_are_told_by_headers(status: int, headers: dict[str, str], limit: RateLimit | None) -> None:
    assert rate_limit(Answer(status, headers), NOW) == limit


def test_limits_are_told_by_words_when_the_headers_are_missing() -> None:
    told = Answer(403, {}, {"message": "You have exceeded a secondary rate limit."})

    assert rate_limit(told, NOW) == RateLimit(60, SECONDARY, is_told=False)
    assert rate_limit(Answer(403, {}, {"message": None}), NOW) is None


def test_the_time_is_counted_by_github_s_clock() -> None:
    behind = {"date": "Tue, 14 Nov 2023 22:13:20 GMT"}
    reset = {**behind, "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000040"}
    date = {**behind, "retry-after": "Tue, 14 Nov 2023 22:14:20 GMT"}

    assert rate_limit(Answer(403, reset), NOW - 3600) == RateLimit(41, HOURLY)
    assert rate_limit(Answer(429, date), NOW + 3600) == RateLimit(60, SECONDARY)


def test_how_long_a_limit_is_waited_for_is_the_limiter_s_to_say() -> None:
    an_hour = Answer(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 3600)})

    assert decide(an_hour, **{**ORDINARY, "waited": 120.0}) == Again()
    assert decide(Answer(429, {}), **ORDINARY) == Again()


def test_a_limit_that_lasts_longer_than_any_window_is_not_waited_for() -> None:
    assert decide(Answer(429, {"retry-after": "3701"}), **ORDINARY) == GiveUp()


def test_a_server_that_always_refuses_is_left_alone_some_day() -> None:
    assert decide(Answer(429, {}), **{**ORDINARY, "attempt": 5}) == GiveUp()
