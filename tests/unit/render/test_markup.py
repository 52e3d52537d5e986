"""What somebody else chose shows in Markdown as it is, and does nothing: held by a parser of Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.markdown import ALIVE, PARSER, TEXT, Seen

from envsync.render.markup import bold, code, folded, html_code, table, words
from envsync.render.printable import printable

if TYPE_CHECKING:
    from markdown_it.token import Token


def inline(markdown: str) -> list[Token]:
    """Of one line that is a paragraph or a cell, and nothing else."""
    kinds = [token.type for token in PARSER.parse(f"start {markdown} end")]
    assert kinds == ["paragraph_open", "inline", "paragraph_close"]
    return PARSER.parseInline(f"start {markdown} end")[0].children or []


def blank(text: str) -> str:
    return " ".join(text.replace("`", " ").split())


@given(TEXT)
def test_a_code_span_shows_exactly_the_text(text: str) -> None:
    first, shown, last = inline(code(text))

    assert (first.content, first.type) == ("start ", "text")
    assert (last.content, last.type) == (" end", "text")
    assert shown.type == "code_inline"
    longest = max(map(len, re.findall("`+", text)), default=0)
    expected = printable(text) if text.strip(" ") else text.replace(" ", r"\u0020") or '""'
    assert shown.content == (expected if longest <= 20 else expected.replace("`", r"\u0060"))
    assert len(shown.markup) <= 80, "longer ones are none for GitHub"


@given(TEXT)
@example("one `two three` (four/five), six")
def test_words_are_text_and_code_and_nothing_else(text: str) -> None:
    shown = inline(words(text))

    assert {token.type for token in shown} <= {"text", "code_inline"}
    assert not [token.content for token in shown if token.type == "text" and ALIVE.search(token.content)]
    together = "".join(token.content for token in shown)
    assert blank(together).replace(" ", "") == blank(f"start{printable(text)}end").replace(" ", "") or (
        r"\u0060" in together
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nobody has set it on GitHub", "nobody has set it on GitHub"),
        ("GitHub's answer, for administrators-only: 404 (really)!", None),
        ("branch hotfix/* can deploy", "branch `hotfix/*` can deploy"),
        ("`a b` is no field", "`a b` is no field"),
        ("(see `docs`), then @lead.", "(see `docs`), then `@lead`."),
        ("write --yes or -y", "write `--yes` or `-y`"),
        ("two  blanks", "two blanks"),
        ("a`", "a`` ` ``"),
        ("x @a`b`", "x `@ab`"),
        ("", ""),
    ],
)
def test_words_read_as_they_were_written(text: str, shown: str | None) -> None:
    assert words(text) == (text if shown is None else shown)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=3))
def test_a_table_has_the_cells_that_it_was_given(rows: list[tuple[str, str]]) -> None:
    shown = PARSER.parse(table(("one", "two"), [(code(first), words(second)) for first, second in rows]))

    cells = [token for token in shown if token.type == "inline"][2:]
    assert [token.type for token in shown] == [
        token.type for token in PARSER.parse(table(("one", "two"), [("a", "b") for _ in rows]))
    ]
    for (first, second), left, right in zip(rows, cells[::2], cells[1::2], strict=True):
        (found,) = left.children or []
        assert found.type == "code_inline"
        assert [each.content for each in inline(code(first))][1] == found.content
        assert {each.type for each in right.children or []} <= {"text", "code_inline"}
        plain = "".join(each.content for each in inline(words(second)))
        assert "".join(each.content for each in right.children or []).strip() == plain[6:-4].strip()


@given(TEXT)
def test_a_summary_is_the_html_that_it_should_be(text: str) -> None:
    kinds = [token for token in PARSER.parse(folded(html_code(text), "body")) if token.type == "html_block"]

    start, end = kinds
    seen = Seen()
    seen.feed(start.content)
    seen.close()
    assert seen.tags == ["details", "summary", "code", "/code", "/summary"]
    assert seen.text.removesuffix("\n") == printable(text)
    assert end.content.strip() == "</details>"


def test_what_is_ours_can_be_bold() -> None:
    assert bold("1 weakens") == "**1 weakens**"
