"""Why a text is no YAML, in words of our own.

libyaml's texts say what its scanner expected, which helps few, and its pure Python twin quotes what it found,
which may be a secret. So they are only recognised here, never shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envsync.documents.codes import Code
from envsync.errors import Span

if TYPE_CHECKING:
    import yaml

    from envsync.documents.compose import Break

_GLUED = re.compile(r"[\w.-]+:[^\s:/]")  # key:value
_QUOTE = 'put the text in quotes, "…"'


@dataclass(frozen=True, slots=True)
class Explanation:
    message: str
    hint: str
    span: Span


_LIMITS = {
    Code.YAML_SYNTAX: ("more than 10 lines start with %, which makes them directives", "remove them"),
    Code.YAML_CHARACTER: (
        "a control character stands here, which YAML does not allow",
        r"remove it, or write it as \xNN in double quotes",
    ),
    Code.YAML_TOO_DEEP: ("the nesting is deeper than 50 levels", "no field of this format lies that deep"),
    Code.YAML_TOO_LARGE: (
        "the file says more than 50,000 things, aliases counted as what they stand for",
        "split it, and name the parts with -f",
    ),
}
_TAB = (
    "a tab stands where YAML wants spaces",
    "indent with spaces",
)
_STARTERS = {
    "\t": _TAB,
    "@": ("a plain value cannot start with `@`", 'write a login without the @; other text in quotes: "@…"'),
    "`": ("a plain value cannot start with a backtick", _QUOTE),
    "%": ("a plain value cannot start with `%`", _QUOTE),
}
_GLUED_KEY = ("the space after a colon is missing", "write `key: value`, with a space")

# What the problem or its context says -> message, hint, and whether it lies where the context begins.
_KNOWN: tuple[tuple[str, str, str, bool], ...] = (
    ("tab character", *_TAB, False),
    ("scanning an alias", "`*` starts an alias here, and no name follows", 'put patterns in quotes: "*"', True),
    ("scanning an anchor", "`&` starts an anchor here, and no name follows", _QUOTE, True),
    ("found unexpected ':'", *_GLUED_KEY, False),
    (
        "escape character",
        "no such escape exists in double quotes",
        r"use single quotes, or write \\ for \ ",
        False,
    ),
    ("hexdecimal", "this escape wants hexadecimal digits", r"use single quotes, or write \\ for \ ", False),
    ("hexadecimal", "this escape wants hexadecimal digits", r"use single quotes, or write \\ for \ ", False),
    ("quoted scalar", "this quote is not closed", "close it, or remove it", True),
    ("block scalar", "only a digit, + or - may follow `|` and `>`", "start the text on the next line", True),
    ("directive", "a line that starts with % is a directive, and this is none", "remove it", False),
    ("tag", "`!` starts a tag here", _QUOTE, True),
    (
        "document start",
        "this line is indented less than the first one",
        "start all top fields in one column",
        False,
    ),
    ("parsing a flow mapping", "this `{` is not closed, or a comma is missing", "close it with }", True),
    ("parsing a flow sequence", "this `[` is not closed, or a comma is missing", "close it with ]", True),
    ("node content", "a value is missing here", f"{_QUOTE} if it is text", False),
    ("entries are not allowed", "a list cannot start here", "start it on the next line, or write [a, b]", False),
    ("keys are not allowed", "a `?` cannot start here", _QUOTE, False),
    (
        "values are not allowed",
        "a second `: ` in one line, or a line that is indented too far",
        "put the value in quotes if the colon belongs to it; else check the indentation",
        False,
    ),
    ("find expected ':'", "a colon is missing after this", "write `key: value`", True),
)
_OTHER = (
    "this does not fit what stands above",
    "check the indentation, and quotes that end too early",
)


def explain(broken: Break, lines: tuple[str, ...]) -> Explanation:
    if broken.error is None:
        return Explanation(*_LIMITS[broken.code], broken.span)
    error, span = broken.error, broken.span
    here, before = _character(lines, span, 0), _character(lines, span, -1)
    said = f"{error.context or ''}; {error.problem or ''}"
    if "start any token" in said and here in _STARTERS:
        return Explanation(*_STARTERS[here], span)
    if before + here == "${":
        hint = 'put it in quotes: "${…}"'
        return Explanation("`${` in a flow list or mapping has to be quoted", hint, _moved(span, -1, 2))
    if "values are not allowed" in said and broken.last and _GLUED.match(broken.last.text):
        start = broken.last.span
        return Explanation(*_GLUED_KEY, Span(span.file, start.line, start.column, start.line, start.column + 1))
    return _recognised(error, said, span)


def _recognised(error: yaml.MarkedYAMLError, said: str, span: Span) -> Explanation:
    for fragment, message, hint, at_context in _KNOWN:
        if fragment in said:
            return Explanation(message, hint.strip(), _at_context(error, span) if at_context else span)
    return Explanation(*_OTHER, span)


def _at_context(error: yaml.MarkedYAMLError, span: Span) -> Span:
    mark = error.context_mark
    return Span(span.file, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2) if mark else span


def _moved(span: Span, columns: int, length: int) -> Span:
    return replace(span, column=span.column + columns, end_column=span.column + columns + length)


def _character(lines: tuple[str, ...], span: Span, offset: int) -> str:
    line = lines[span.line - 1] if span.line <= len(lines) else ""
    index = span.column - 1 + offset
    return line[index : index + 1] if index >= 0 else ""
