"""Diagnostics reach the lines they are about, and a model of the runner obeys nothing else in a log."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.runner import BLANKS, lines, obeyed, suspicious

from envsync.errors import Diagnostic, Severity, Span
from envsync.render import annotations as module
from envsync.render.annotations import harmless
from envsync.render.printable import printable

COMMANDS = [
    "::error::x",
    "::set-output name=a::b",
    "##[set-output name=a]b",
    "##[group]x",
    "::add-mask::x",
    "::stop-commands::t",
    ":\u00ad:error::x",
    "#\u200d#[group]x",
    "\u00ad::error::x",
    "a\r::error::x",
    "a\n\u2003::error::x",
    "a\r\n \t::error::x",
    "###[group]x",
    "##[##[group]x",
    ":::error::x",
    "::::",
]
TEXT = st.one_of(
    st.text(),
    st.lists(st.sampled_from([*COMMANDS, *BLANKS, "a", ":", "#", "[", "\u00ad", "\u0301", "\\"])).map("".join),
)


def by_line(text: str) -> str:
    return "\n".join(printable(each) for each in text.split("\n"))


@given(TEXT)
@example("\n".join(COMMANDS))
def test_nothing_that_was_made_harmless_is_obeyed(text: str) -> None:
    shown = harmless(text)

    for line in lines(shown):
        assert obeyed(line) is None
        assert not suspicious(line)


@given(TEXT)
def test_nothing_is_lost_by_it_and_nothing_else_changes(text: str) -> None:
    shown = harmless(text)

    assert shown.replace("\\", "") == text.replace("\\", "")
    for before, after in zip(lines(text), lines(shown), strict=True):
        assert (before == after) is not suspicious(before)
    assert harmless(shown) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("::error::x", "\\::error::x"),
        ("  ::error::x", "  \\::error::x"),
        ("see ##[group]x", "see #\\#[group]x"),
        ("##vso[task.complete]", "#\\#vso[task.complete]"),
        ("::a ##[b]", "\\::a #\\#[b]"),
        ("std::string, a # comment [1]", "std::string, a # comment [1]"),
    ],
)
def test_a_command_gets_a_backslash(line: str, shown: str) -> None:
    assert harmless(line) == shown


# --- annotations ---------------------------------------------------------------------------------------------

SPAN = Span("environments.yaml", 12, 5, 12, 22)


def test_an_annotation_stands_where_the_diagnostic_is() -> None:
    found = Diagnostic("unknown-key", "`a` is no field, 100%: look\nagain", "did you mean `b`?", SPAN, "a: 1")

    assert module.annotations([found]) == (
        "::error file=environments.yaml,line=12,endLine=12,col=5,endColumn=21,title=envsync[unknown-key]"
        "::`a` is no field, 100%25: look%0Aagain%0Ahelp: did you mean `b`?\n"
    )


def test_of_what_stands_on_several_lines_github_takes_no_columns() -> None:
    found = Diagnostic("x", "y", span=Span("a.yaml", 1, 9, 3, 2), severity=Severity.WARNING)

    assert module.annotations([found]) == "::warning file=a.yaml,line=1,endLine=3,title=envsync[x]::y\n"


def test_a_place_without_extent_is_one_column() -> None:
    assert "col=1,endColumn=1," in module.annotations([Diagnostic("x", "y", span=Span("a.yaml", 1, 1, 1, 1))])


def test_what_is_in_no_file_is_told_all_the_same() -> None:
    assert module.annotations([Diagnostic("x", "y")]) == "::error title=envsync[x]::y\n"


def test_nothing_found_is_nothing_said() -> None:
    assert module.annotations([]) == ""


def test_errors_come_first_and_what_github_would_not_show_is_counted() -> None:
    found = [
        *(Diagnostic("w", f"{each}", span=Span("a", 1, 1, 1, 2), severity=Severity.WARNING) for each in range(11)),
        *(Diagnostic("e", f"{each:02}", span=Span("b", 1, 1, 1, 2)) for each in range(13)),
    ]

    shown = module.annotations(found).splitlines()

    assert [line.partition(" ")[0] for line in shown] == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"]
    assert [line[-2:] for line in shown[:10]] == [f"{each:02}" for each in range(10)]
    assert shown[-1].startswith("::notice title=envsync::3 more errors and 1 more warning: ")


def notes(number: int) -> list[Diagnostic]:
    return [Diagnostic("n", f"{each:02}", severity=Severity.NOTE) for each in range(number)]


def test_a_note_is_a_notice() -> None:
    assert module.annotations(notes(1)) == "::notice title=envsync[n]::00\n"


@pytest.mark.parametrize(
    ("errors", "number", "count"),
    [
        (0, 10, None),
        (0, 11, "2 more notes: "),
        (11, 9, "1 more error: "),
        (11, 10, "1 more error and 1 more note: "),
    ],
)
def test_the_count_has_room_among_the_notices(errors: int, number: int, count: str | None) -> None:
    shown = module.annotations([*notes(number), *[Diagnostic("e", "x")] * errors]).splitlines()
    notices = [line for line in shown if line.startswith("::notice")]

    assert len(notices) <= module.MOST, "github shows no more of a step"
    assert [line for line in notices if " more " in line] == notices[-1:] * (count is not None)
    assert count is None or count in notices[-1]


def test_all_that_is_left_out_is_counted() -> None:
    warnings = [Diagnostic("w", "x", severity=Severity.WARNING)] * 12
    shown = module.annotations([*notes(10), *warnings, *[Diagnostic("e", "x")] * 11])

    assert "::1 more error, 2 more warnings and 1 more note: the output" in shown


@given(st.text(min_size=1), st.text(), st.text(min_size=1), st.text(min_size=1))
@example("a,b:c%,line=7.yaml", "%0A::error::x", "code,file=x", "##[set-output name=a]b::c")
@example("a", "x\r::error::y", "b", "\u0301::error,title=c::d")
def test_the_runner_reads_what_was_meant(file: str, message: str, code: str, hint: str) -> None:
    shown = module.annotations([Diagnostic(code, message, hint, Span(file, 3, 1, 3, 2))])

    (line, end) = lines(shown)
    command = obeyed(line)
    assert not end
    assert command is not None
    assert command.name == "error"
    assert command.properties["line"] == "3"
    assert command.properties["file"] == by_line(file)
    assert command.properties["title"] == f"envsync[{by_line(code)}]"
    assert "##[" not in line
    expected = by_line(f"{message}\nhelp: {hint}")
    assert command.data.lstrip(" ").replace("\\#", "#") == expected.lstrip(" ").replace("\\#", "#")
    assert line.partition(",title=")[2].partition("::")[2][0].isascii()
