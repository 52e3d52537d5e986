"""How long a run takes is told before it begins, where it is long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envsync.cli.options import Options
from envsync.cli.waiting import announce
from envsync.github.limiter import Forecast, Work

if TYPE_CHECKING:
    from pytest import CaptureFixture  # noqa: PT013 - a type


def options(**given: float) -> Options:
    return Options(("environments.yaml",), named=False, color="auto", quiet=False, verbose=False, **given)  # type: ignore[arg-type]


def said(capsys: CaptureFixture[str], work: Work, forecast: Forecast, **given: float) -> list[str]:
    announce(options(**given), "reading 1,000 repositories", work, forecast)
    return capsys.readouterr().err.splitlines()


def test_a_short_run_is_not_worth_a_word(capsys: CaptureFixture[str]) -> None:
    assert said(capsys, Work(reads=900), Forecast(0, "")) == []
    assert said(capsys, Work(reads=1000), Forecast(59, "900 points a minute")) == []


def test_a_long_one_is_with_what_makes_it_long(capsys: CaptureFixture[str]) -> None:
    assert said(capsys, Work(reads=21_010), Forecast(15_120, "5,000 requests an hour")) == [
        (
            "reading 1,000 repositories takes about 21,010 requests: up to 4 h 12 min, "
            "since GitHub's limit is 5,000 requests an hour"
        )
    ]


def test_many_requests_are_told_where_nothing_limits_them(capsys: CaptureFixture[str]) -> None:
    assert said(capsys, Work(reads=21_010), Forecast(0, "")) == [
        "reading 1,000 repositories takes about 21,010 requests"
    ]


@pytest.mark.parametrize(("most", "warns"), [(600, True), (20_000, False)])
def test_that_it_will_be_given_up_is_told_before(capsys: CaptureFixture[str], most: float, *, warns: bool) -> None:
    lines = said(capsys, Work(reads=21_010), Forecast(15_120, "5,000 requests an hour"), max_wait=most)

    assert lines[1:] == (["it will probably stop early: --max-wait allows 10 min of waiting"] if warns else [])
