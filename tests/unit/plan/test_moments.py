from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envsync.plan.moments import FIRST, LAST, lasting, seconds, shown, stamp, words


@pytest.mark.parametrize(
    ("iso", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-23T09:37:39Z", 1_795_426_659),
        ("2026-11-23T09:37:39.999Z", 1_795_426_659),
        ("2026-11-23T10:37:39+01:00", 1_795_426_659),
        ("2026-11-23T04:07:39-05:30", 1_795_426_659),
        ("1969-12-31T23:59:59.500Z", -1),
        ("0001-01-01T00:00:00Z", FIRST),
        ("9999-12-31T23:59:59Z", LAST),
    ],
)
def test_what_github_writes_is_taken_to_whole_seconds(iso: str, expected: int) -> None:
    assert seconds(iso) == expected


@pytest.mark.parametrize("iso", ["", "yesterday", "2026-11-23T09:37:39", "2026-13-01T00:00:00Z", "\ud800"])
def test_what_names_no_moment_is_an_error(iso: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which one is Python's business
        seconds(iso)


@given(st.integers(FIRST, LAST))
def test_a_moment_in_words_names_it_to_the_second(moment: int) -> None:
    assert seconds(words(moment).replace(" UTC", "Z")) == moment


def test_a_moment_in_words_reads_like_a_date() -> None:
    assert words(1_795_426_659) == "2026-11-23 09:37:39 UTC"


@pytest.mark.parametrize(("moment", "nearest"), [(FIRST - 1, FIRST), (LAST + 1, LAST)])
def test_a_moment_outside_every_calendar_is_shown_as_the_nearest_date(moment: int, nearest: int) -> None:
    assert words(moment) == words(nearest)


@given(st.integers(FIRST, LAST))
def test_a_stamp_of_a_moment_is_what_github_would_write(moment: int) -> None:
    assert seconds(stamp(moment)) == moment
    assert shown(stamp(moment)) == stamp(moment)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T10:37:39.5+01:00", "2026-11-23T09:37:39Z"),
        ("0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00Z"),
        ("yesterday", None),
    ],
)
def test_a_date_of_githubs_is_shown_in_utc_or_not_at_all(text: str, expected: str | None) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (42.4, "43 s"), (60, "60 s"), (120, "2 min"), (3599, "1 h 0 min"), (15_120, "4 h 12 min")],
)
def test_durations_are_in_words(seconds: float, words: str) -> None:
    assert lasting(seconds) == words
