from __future__ import annotations

import pytest

from envsync.documents.near_misses import did_you_mean, near_miss

NAMES = ("required_reviewers", "wait_timer", "variables")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("requird_reviewers", "required_reviewers"),
        ("Wait-Timer", "wait_timer"),
        ("vars", "variables"),
        ("colour", None),
        ("", None),
        ("wait_timer" * 10, None),
    ],
)
def test_the_nearest_name_is_found(text: str, name: str | None) -> None:
    assert near_miss(text, NAMES) == name
    assert did_you_mean(text, NAMES) == (name and f"did you mean `{name}`?")
