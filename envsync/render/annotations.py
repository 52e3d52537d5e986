"""What a runner makes of lines in a job's log: diagnostics as annotations, and other text as nothing but text.

How GitHub's reads them: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
How many it shows: https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md
"""

# No `from __future__ import annotations` here: it would take the name of what this module is about.

import re
from typing import TYPE_CHECKING
from unicodedata import category

from envsync.errors import Severity
from envsync.render.diagnostics import in_order
from envsync.render.printable import printable
from envsync.render.wording import s

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from envsync.errors import Diagnostic, Span

MOST = 10  # errors, and as many warnings and notices, that GitHub shows of one step

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_LINE_ENDS = re.compile(r"(\r\n|\r|\n)")
_ANYWHERE = re.compile(r"#(?=#\w*\[)")  # with a word in it, Azure's runner obeys it


def annotations(diagnostics: "Iterable[Diagnostic]") -> str:
    """One workflow command a line, errors first; those that GitHub would not show are counted at the end."""
    found = in_order(diagnostics)
    by_severity = [(severity, [each for each in found if each.severity is severity]) for severity in Severity]
    room = dict.fromkeys(Severity, MOST)
    if any(len(group) > MOST for _, group in by_severity):
        room[Severity.NOTE] = MOST - 1  # the count is a notice, too
    shown = [_annotation(each) for severity, group in by_severity for each in group[: room[severity]]]
    more = [
        f"{rest} more {severity}{s(rest)}"
        for severity, group in by_severity
        if (rest := len(group) - room[severity]) > 0
    ]
    last = [f"::notice title=envsync::{_listed(more)}: the output of this step has all of it"] if more else []
    return "".join(f"{line}\n" for line in [*shown, *last])


def harmless(text: str) -> str:
    """With a backslash in whatever a runner would take for a command, so that it is shown and not obeyed."""
    return "".join(_harmless(line) for line in _LINE_ENDS.split(text))


def _listed(several: "Sequence[str]") -> str:
    *others, last = several
    return f"{', '.join(others)} and {last}" if others else last


def _annotation(diagnostic: "Diagnostic") -> str:
    place = _place(diagnostic.span) if diagnostic.span else {}
    properties = {**place, "title": f"envsync[{diagnostic.code}]"}
    message = diagnostic.message + (f"\nhelp: {diagnostic.hint}" if diagnostic.hint else "")
    # What follows `::` must not join with it: .NET compares as people do, and would look for the next one.
    padding = "" if message[:1].isascii() else " "
    data = _ANYWHERE.sub(r"#\\", _escaped(message))
    return f"::{_COMMANDS[diagnostic.severity]} {_properties(properties)}::{padding}{data}"


def _place(span: "Span") -> dict[str, str]:
    """GitHub takes columns only of what stands on one line; the last one belongs to it."""
    line = {"file": span.file, "line": str(span.line)}
    if span.end_line > span.line:
        return {**line, "endLine": str(span.end_line)}
    last = max(span.column, span.end_column - 1)
    return {**line, "endLine": str(span.line), "col": str(span.column), "endColumn": str(last)}


def _properties(pairs: dict[str, str]) -> str:
    return ",".join(
        f"{name}={_escaped(value).replace(':', '%3A').replace(',', '%2C')}" for name, value in pairs.items()
    )


def _escaped(text: str) -> str:
    return "%0A".join(printable(line) for line in text.replace("%", "%25").split("\n"))


def _harmless(line: str) -> str:
    """.NET passes over what has no width in a comparison, wherever it stands."""
    if ":" not in line and "#" not in line:
        return line
    seen = [at for at, character in enumerate(line) if category(character)[0] not in "CM"]
    text = "".join(line[at] for at in seen)
    marked = [seen[match.end()] for match in _ANYWHERE.finditer(text)]
    if text.lstrip().startswith("::"):
        marked.insert(0, seen[text.index(":")])
    starts = [0, *marked]
    return "\\".join(line[start:end] for start, end in zip(starts, [*marked, len(line)], strict=True))
