from __future__ import annotations

import pytest
from support.checkups import Pages

from envsync.doctor.links import Links
from envsync.doctor.look import counted
from envsync.plan.listing import listed


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c", "d", "e"], "a, b, c, d and e"),
        (["a", "b", "c", "d", "e", "f"], "a, b, c, d and 2 more"),
    ],
)
def test_names_in_a_sentence(names: list[str], words: str) -> None:
    assert listed(names) == words


@pytest.mark.parametrize(
    ("number", "thing", "words"),
    [(1, "repository", "1 repository"), (2, "repository", "2 repositories"), (0, "day", "0 days")],
)
def test_how_many_there_are(number: int, thing: str, words: str) -> None:
    assert counted(number, thing) == words


def test_the_tests_know_every_page_that_a_line_can_link_to() -> None:
    def pages(of: type) -> set[str]:
        return {name for name in vars(of) if not name.startswith("_")}

    assert pages(Pages) == pages(Links)
