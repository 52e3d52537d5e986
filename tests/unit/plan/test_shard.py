"""Which machine looks at which repository."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envsync.model import RepositoryName
from envsync.plan.shard import Shard, shard_notice

names = st.builds(RepositoryName, st.text("abXY-_", min_size=1), st.text("abXY-_.", min_size=1))


@given(names, st.integers(1, 500))
def test_every_repository_is_in_exactly_one(name: RepositoryName, count: int) -> None:
    assert sum(Shard(index, count).holds(name) for index in range(1, count + 1)) == 1


@given(names, st.integers(1, 50))
def test_case_does_not_matter_as_nowhere_in_githubs_names(name: RepositoryName, count: int) -> None:
    other = RepositoryName(name.owner.upper(), name.name.lower())

    assert [Shard(index, count).holds(name) for index in range(1, count + 1)] == [
        Shard(index, count).holds(other) for index in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("name", "of_two", "of_four", "of_hundred"),
    [("payments", 2, 2, 34), ("web", 1, 3, 23), ("service-a", 2, 4, 92), ("service-b", 1, 1, 13)],
)
def test_no_version_of_envsync_puts_it_elsewhere(name: str, of_two: int, of_four: int, of_hundred: int) -> None:
    """Else two jobs with two versions would both leave one out."""
    found = [
        index
        for count in (2, 4, 100)
        for index in range(1, count + 1)
        if Shard(index, count).holds(RepositoryName("acme", name))
    ]

    assert found == [of_two, of_four, of_hundred]


def test_a_shard_is_written_as_its_option_is() -> None:
    assert str(Shard(2, 4)) == "2/4"


def test_a_run_about_a_shard_says_so() -> None:
    notice = shard_notice(Shard(2, 3), 6, 22)

    assert (notice.repository, notice.message) == (None, "this is shard 2/3 alone: 6 of 22 repositories")
