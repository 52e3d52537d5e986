"""What a benchmark compares with: had this no tests, a wrong bound would look like a fast program."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[3]))

from benchmarks.workload import (
    SECRETS,
    Command,
    Requests,
    Workload,
    asked_again,
    bound,
    expected,
    file_text,
    limited,
    round_trips,
    targets,
)
from envsync.config import load


def test_the_file_is_one_that_envsync_takes(tmp_path: Path) -> None:
    file = tmp_path / "environments.yaml"
    file.write_text(file_text(Workload(3)))
    configuration = load([file])
    assert not configuration.warnings
    (pattern,) = configuration.patterns
    assert pattern.text == "acme/*"
    assert len(SECRETS) == 1


@pytest.mark.parametrize("command", [Command.PLAN, Command.DRIFT])
def test_reading_takes_four_requests_for_each_environment_and_one_for_their_list(command: Command) -> None:
    assert expected(command, Workload(1)) == Requests(reads=1 + 1 + 5 * 4)
    assert expected(command, Workload(1000)).total == 10 + 1000 * 21  # the owner's repositories are on ten pages


def test_a_single_page_that_is_full_is_asked_for_once_more() -> None:
    assert [asked_again(Workload(number)) for number in (1, 99, 100, 101, 200)] == [0, 0, 1, 0, 0]


def test_the_sandbox_alone_is_asked_what_a_plan_asks_for() -> None:
    load_ = Workload(3)
    assert len(set(targets(load_))) == expected(Command.PLAN, load_).total - 1


def test_the_first_apply_counts_what_it_makes() -> None:
    made = 5 * (1 + 1 + 4 + 4) + (4 + 1 + 1 + 4 + 1)  # environment, record, variables, secrets; patterns
    assert expected(Command.APPLY, Workload(7)).creations == 7 * made
    assert expected(Command.APPLY, Workload(7)).writes == 7 * (made + 5)  # and each record's last word


def test_a_plan_is_three_round_trips_and_one_more_where_the_list_has_pages() -> None:
    assert round_trips(Command.PLAN, Workload(100)) == 3
    assert round_trips(Command.PLAN, Workload(101)) == 4


def test_with_one_repository_all_of_an_apply_is_one_after_the_other() -> None:
    assert round_trips(Command.APPLY, Workload(1)) == expected(Command.APPLY, Workload(1)).total


def test_the_bound_is_the_critical_path_until_there_is_more_than_hands_can_do() -> None:
    assert bound(Command.PLAN, Workload(1), latency=0.05, concurrency=64) == pytest.approx(0.15)
    assert bound(Command.PLAN, Workload(1000), latency=0.05, concurrency=64) == pytest.approx(0.05 * 21010 / 64)


@pytest.mark.parametrize(
    ("requests", "limit", "seconds"),
    [
        (Requests(reads=900), "points a minute", 0),
        (Requests(reads=901), "points a minute", 60),
        (Requests(reads=0, writes=181), "points a minute", 60),
        (Requests(reads=5001), "requests an hour", 3600),
        (Requests(reads=5901), "requests an hour", 3660),
        (Requests(reads=0, writes=81, creations=81), "created a minute", 60),
        (Requests(reads=0, writes=501, creations=501), "created an hour", 3600),
        (Requests(reads=0, writes=600, creations=600), "created an hour", 3660),
    ],
)
def test_each_limit_makes_requests_take_their_time(requests: Requests, limit: str, seconds: float) -> None:
    assert limited(requests, an_hour=5000)[limit] == seconds
