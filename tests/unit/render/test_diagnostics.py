from __future__ import annotations

import re

import pytest

from envsync.errors import Diagnostic, Severity, Span
from envsync.render.diagnostics import render


def at(line: int, column: int, end: int, file: str = "environments.yaml") -> Span:
    return Span(file, line, column, line, end)


def shown(source: str, span: Span, width: int = 80) -> list[str]:
    """The source and the caret below it, without their margin."""
    lines = render([Diagnostic("slug", "m", span=span, source=source)], color=False, width=width).splitlines()
    return [line.partition("|")[2][1:] for line in lines[3:5]]


def test_a_diagnostic_says_what_where_and_one_thing_to_do() -> None:
    diagnostic = Diagnostic(
        "unknown-key",
        "`requird_reviewers` is not a field of an environment",
        "did you mean `required_reviewers`?",
        at(12, 5, 22),
        "    requird_reviewers: [team-lead]",
    )

    assert render([diagnostic], color=False, width=80) == (
        "error[unknown-key]: `requird_reviewers` is not a field of an environment\n"
        "  --> environments.yaml:12:5\n"
        "   |\n"
        "12 |     requird_reviewers: [team-lead]\n"
        "   |     ^^^^^^^^^^^^^^^^^\n"
        "   = help: did you mean `required_reviewers`?\n"
        "\n"
        "1 error\n"
    )


def test_there_can_be_nothing_to_say() -> None:
    assert render([], color=True, width=80) == ""


def test_what_has_no_place_has_no_snippet() -> None:
    assert render([Diagnostic("slug", "message")], color=False, width=80) == "error[slug]: message\n\n1 error\n"


def test_what_has_no_source_has_a_place_all_the_same() -> None:
    text = render([Diagnostic("slug", "message", span=at(3, 1, 2))], color=False, width=80)

    assert text == "error[slug]: message\n --> environments.yaml:3:1\n\n1 error\n"


def test_the_order_is_that_of_files_and_lines() -> None:
    places = [at(2, 1, 2, "b"), at(10, 1, 2, "a"), at(2, 7, 8, "a"), at(2, 3, 4, "a"), None]
    text = render([Diagnostic("slug", "m", span=place) for place in places], color=False, width=80)

    assert re.findall(r"--> (.*)", text) == ["a:2:3", "a:2:7", "a:10:1", "b:2:1"]
    assert text.startswith("error[slug]: m\n\n")


@pytest.mark.parametrize(
    ("errors", "warnings", "notes", "count"),
    [
        (1, 0, 0, "1 error"),
        (2, 1, 0, "2 errors, 1 warning"),
        (0, 2, 1, "2 warnings, 1 note"),
        (0, 1, 2, "1 warning, 2 notes"),
        (0, 0, 1, "1 note"),
    ],
)
def test_the_last_line_counts(errors: int, warnings: int, notes: int, count: str) -> None:
    numbers = {Severity.ERROR: errors, Severity.WARNING: warnings, Severity.NOTE: notes}
    found = [
        Diagnostic("slug", "m", severity=severity) for severity, number in numbers.items() for _ in range(number)
    ]

    assert render(found, color=False, width=80).splitlines()[-1] == count


def test_colour_adds_nothing_but_colour() -> None:
    found = [
        Diagnostic("slug", "message", "hint", at(1, 1, 4), "text"),
        Diagnostic("slug", "message", severity=Severity.WARNING),
        Diagnostic("slug", "message", severity=Severity.NOTE),
    ]

    colored = render(found, color=True, width=80)

    assert "\x1b[1;31merror[slug]" in colored
    assert "\x1b[1;33mwarning[slug]" in colored
    assert "\x1b[1;36mnote[slug]" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render(found, color=False, width=80)


def test_nothing_in_a_file_reaches_the_terminal_as_a_command() -> None:
    evil = "\x1b[2Jname\r\x07\u202e\u2028\x9b"
    diagnostic = Diagnostic("slug", evil, evil, Span(evil, 1, 1, 1, 2), evil)

    text = render([diagnostic], color=False, width=80)

    assert text.replace("\n", "").isprintable()
    assert r"\u001b[2Jname\r\u0007\u202e\u2028\u009b" in text


def test_a_message_of_several_lines_stays_together() -> None:
    text = render([Diagnostic("slug", "one\ntwo", "three\nfour")], color=False, width=80)

    assert text == "error[slug]: one\n    two\n = help: three\n         four\n\n1 error\n"


@pytest.mark.parametrize(
    ("source", "column", "end", "expected"),
    [
        ("name: x", 7, 8, ["name: x", "      ^"]),
        ("\tname: x", 2, 6, ["    name: x", "    ^^^^"]),
        ("a\tb", 3, 4, ["a    b", "     ^"]),
        ("名前: x", 5, 6, ["名前: x", "      ^"]),
        ("名前: x", 1, 3, ["名前: x", "^^^^"]),
        ("e\u0301: x", 5, 6, ["e\u0301: x", "   ^"]),
        ("\x1b: x", 4, 5, ["\\u001b: x", "        ^"]),
        ("name", 5, 5, ["name", "    ^"]),
        ("name", 50, 60, ["name", "    ^"]),
        ("name", 2, 90, ["name", " ^^^"]),
        ("", 1, 1, ["", "^"]),
    ],
)
def test_the_caret_stands_below_what_it_means(source: str, column: int, end: int, expected: list[str]) -> None:
    assert shown(source, at(1, column, end)) == expected


def test_what_goes_on_in_the_next_line_is_marked_to_the_end_of_this_one() -> None:
    assert shown("a: 'bc", Span("f", 1, 4, 2, 2)) == ["a: 'bc", "   ^^^"]


def test_a_long_line_is_cut_to_what_fits_around_the_caret() -> None:
    source, caret = shown("x" * 500 + "HERE" + "y" * 500, at(1, 501, 505), width=60)

    assert len(source) == 60 - len("1 | ")
    assert (source[0], source[-1]) == ("…", "…")
    assert source[caret.index("^") : caret.index("^") + 4] == "HERE"
    assert caret.count("^") == 4


@pytest.mark.parametrize(("column", "cut"), [(1, (False, True)), (500, (True, False))])
def test_a_long_line_is_cut_where_something_is_left_out(column: int, cut: tuple[bool, bool]) -> None:
    source, caret = shown("x" * 500, at(1, column, column + 1), width=60)

    assert (source.startswith("…"), source.endswith("…")) == cut
    assert caret.endswith("^")


def test_a_long_stretch_is_marked_as_far_as_it_is_seen() -> None:
    source, caret = shown("x" * 500, at(1, 1, 500), width=40)

    assert len(caret) <= len(source) <= 40


@pytest.mark.parametrize("width", [0, 1, 20])
def test_in_a_terminal_without_room_something_is_seen_all_the_same(width: int) -> None:
    source, caret = shown("x" * 500 + "HERE", at(1, 501, 505), width=width)

    assert "HERE" in source
    assert caret.endswith("^")
