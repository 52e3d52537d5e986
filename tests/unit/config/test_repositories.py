from __future__ import annotations

import pytest

from envsync.config.repositories import RepositoryPattern, is_pattern, matches, repository_name, sample
from envsync.model import RepositoryName


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("acme/*", "acme/payments", True),
        ("acme/*", "ACME/Payments", True),
        ("Acme/Pay*", "acme/payments", True),
        ("acme/*.github.io", "acme/acme.github.io", True),
        ("acme/p?", "acme/p1", True),
        ("acme/p?", "acme/p", False),
        ("acme/p?", "acme/p10", False),
        ("acme/*", "other/payments", False),
        ("acme/a-*-b", "acme/a-b", False),
        ("acme/payments", "acme/payments", True),
        ("acme/payments", "acme/payments-eu", False),
    ],
)
def test_patterns_match_names_without_regard_to_case(text: str, name: str, *, found: bool) -> None:
    assert matches(text, repository_name(name)) is found


@pytest.mark.parametrize("text", ["acme/*", "acme/a-?-*", "acme/x"])
def test_a_sample_is_matched(text: str) -> None:
    assert matches(text, sample(text))
    assert not is_pattern(str(sample(text)))


def test_a_pattern_has_an_owner_and_a_name() -> None:
    pattern = RepositoryPattern("acme/service-*", archived=False, forks=False)

    assert (pattern.owner, pattern.name) == ("acme", "service-*")
    assert repository_name("acme/x") == RepositoryName("acme", "x")
