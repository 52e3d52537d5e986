"""What fits on a line is set as Rich would, and what does not is left to Rich: nobody can tell which it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.markdown import NASTY

from envsync.render.page import Column, Paragraph, Rows, _for_rich, pages, printed
from envsync.render.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = (
    st.text(max_size=30) | st.sampled_from(NASTY) | st.sampled_from(["名前", "é" * 9, "a b  c ", "👩‍🚀 x"])
).map(printable)
STYLES = st.sampled_from(["", "bold", "green", "bold red"])
CELLS = st.tuples(TEXT, STYLES)
PARAGRAPHS = st.builds(Paragraph, TEXT | TEXT.map(lambda text: f"{text}\n{text}"), STYLES, st.integers(0, 8))
COLUMNS = (Column(), Column(least=26, most=40, cut=False), Column(cut=False))
ROWS = st.builds(
    Rows, st.just(COLUMNS), st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4), st.just(6)
)


@given(PARAGRAPHS | ROWS, st.integers(40, 120), st.booleans())
def test_it_looks_as_rich_sets_it(part: Paragraph | Rows, width: int, color: bool) -> None:  # noqa: FBT001 - drawn
    assert printed([part], width=width, color=color) == printed([_for_rich(part)], width=width, color=color)


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_it_does_so_where_a_line_just_fits(more: int) -> None:
    for part in (
        Paragraph("x" * 40 + " " + "y" * (39 + more)),
        Paragraph("x" * 30 + " " + "y" * (45 + more), indent=4),
        Rows(COLUMNS, [(("+", "green"), ("a", ""), ("v " * 10 + "w" * (25 + more), ""))], 6),
        Rows(COLUMNS, [(("+", "green"), ("a", ""), ("", ""))], 6),
        Rows(COLUMNS, [(("+", "green"), ("a", ""), ("two\nlines", ""))], 6),
        Rows(COLUMNS, [(("", "green"), ("a", ""), ("v", ""))], 6),
        Rows(COLUMNS, [(("+", "green"), ("a", ""), ("", "bold"))], 6),
        Rows(COLUMNS, [(("+", "green"), ("l" * (40 + more), ""), ("v", ""))], 6),
    ):
        for color in (True, False):
            assert printed([part], width=80, color=color) == printed([_for_rich(part)], width=80, color=color)


def test_nothing_is_made_before_it_is_taken() -> None:
    made = []

    def parts() -> Iterator[Paragraph]:
        for number in range(3):
            made.append(number)
            yield Paragraph(str(number))

    taken = pages(parts(), width=80, color=False)

    assert next(taken) == "0\n"
    assert made == [0]
