"""A slice of the campaign of `tests/campaign`, by fixed seeds: states, crashes, faults."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from campaign import crashes, faults, order
from campaign.draw import file_of, repository

from envsync.config import load

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.world import Tally

FAULTS = ("503 1", "429+1 1", "truncate 1", "lost 1", "reset 1", "502 lasting")


def is_well(tally: Tally) -> bool:
    assert tally.requests > 0
    assert tally.gaps == []
    assert tally.problems == []
    return True


@pytest.mark.parametrize("seed", range(30))
def test_a_file_says_what_was_drawn(seed: int, tmp_path: Path) -> None:
    drawn = repository(Random(seed))
    path = tmp_path / "environments.yaml"
    path.write_text(file_of(drawn), encoding="utf-8")

    assert load([path]).desired({}) == (drawn,)


@pytest.mark.parametrize("seed", range(30))
def test_no_request_leaves_a_gap(seed: int) -> None:
    assert is_well(order.case(seed))


def test_killed_at_some_requests_one_more_apply_finishes() -> None:
    assert is_well(crashes.case(3, points=3))


@pytest.mark.parametrize("kind", FAULTS)
def test_what_fails_is_told_and_made_good(kind: str) -> None:
    assert is_well(faults.case(1, kind))


@pytest.mark.parametrize("kind", faults.MIXED)
def test_with_others_at_work(kind: str) -> None:
    assert is_well(faults.case(4, kind))
