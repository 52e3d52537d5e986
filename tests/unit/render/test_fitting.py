"""However much is to be shown, and however little room there is: it fits, and what is missing is counted."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from support.markdown import PARSER

from envsync.render.fitting import LEAST, Part, Piece, fit

PARTS = st.lists(
    st.builds(
        Part, st.text(st.sampled_from("aé🚀"), min_size=1, max_size=2000), st.sampled_from(["", "weakening"])
    ),
    min_size=1,
    max_size=12,
).map(tuple)
PIECES = st.lists(
    st.builds(
        Piece,
        st.sampled_from(["Changes", "Secrets"]),
        PARTS,
        st.sampled_from(["environment", "row"]),
        st.sampled_from(["", "#### Head\n\n"]),
        st.sampled_from(["\n", "\n\n"]),
        st.sampled_from(["", "\n\ntail"]),
    ),
    max_size=6,
)


def piece(*texts: str, kind: str = "") -> Piece:
    return Piece("Changes", tuple(Part(text, kind) for text in texts))


def size(text: str) -> int:
    return len(text.encode())


@given(PIECES, st.integers(LEAST, 20_000))
def test_it_fits_and_every_part_is_shown_whole_or_counted(pieces: list[Piece], limit: int) -> None:
    whole = fit("first", pieces, "last", None, "the log")
    shown = fit("first", pieces, "last", limit, "the log")

    assert size(shown) <= limit
    assert shown.startswith("first\n\n") or not pieces
    assert shown.endswith("last\n")
    if size(whole) <= limit:
        assert shown == whole
    else:
        total = sum(len(each.parts) for each in pieces)
        left = sum(int(number) for number in re.findall(r"^- \w+: (\d+) of ", shown, re.MULTILINE))
        assert 0 <= left <= total
        assert left or "in short: " in shown
        assert "\n\nAll of it is in the log.\n" in shown
        assert {line for line in shown.split("\n") if set(line) <= set("aé🚀")} <= set(whole.split("\n"))


def test_what_comes_first_is_kept_and_the_rest_counted_by_kind() -> None:
    weakening = Piece("Changes", (*(Part("w" * 900, "weakening") for _ in range(4)), Part("o" * 900, "other")))

    shown = fit("# Plan", [weakening, piece("s" * 900)], "", LEAST, "the step summary")

    assert shown.count("w" * 900) == 4
    assert "o" * 900 not in shown
    assert shown.endswith(
        "\n\n#### Too long to be shown as a whole. Left out here:\n\n"
        "- Changes: 1 of 5 environments (1 other)\n"
        "- Changes: 1 of 1 environment\n\n"
        "All of it is in the step summary.\n"
    )


def test_a_part_that_is_larger_than_all_the_room_is_left_out_and_no_other() -> None:
    shown = fit("# Plan", [piece("small", "x" * 10_000, "also small")], "", LEAST, "the log")

    assert "small\nalso small" in shown
    assert "xx" not in shown
    assert "- Changes: 1 of 3 environments" in shown


def test_a_head_stands_above_something_or_not_at_all() -> None:
    table = Piece("Table", (Part("| x |" * 2000),), head="#### Table\n\n", tail="\n\n</details>")

    shown = fit("# Plan", [table, piece("small")], "", LEAST, "the log")

    assert "#### Table" not in shown
    assert "</details>" not in shown
    assert "- Table: 1 of 1 environment" in shown


def test_what_is_left_out_is_a_list_below_a_heading() -> None:
    shown = fit("# Plan", [piece("x" * 5000)], "", LEAST, "the log")

    assert [token.tag for token in PARSER.parse(shown) if token.nesting == 1] == ["h1", "h4", "ul", "li", "p", "p"]


def test_a_part_that_does_not_fit_is_shown_in_short_and_that_is_said() -> None:
    long = Part("é" * LEAST, "weakening", vital=True, short="in short")
    shown = fit("first", [Piece("Changes", (long, Part("whole")))], "", LEAST, "the log")

    assert shown.startswith("first\n\nin short\nwhole\n\n")
    assert "- Changes, in short: 1\n" in shown
    assert "Changes: " not in shown
