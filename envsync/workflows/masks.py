"""Which stretches of a workflow are masked: literals where a secret may stand.

Masked is every literal under `secrets`, `env`, `with` and `credentials`. Of a text with expressions these are
shown, since what is found stands in them. Where the structure is not known, all after the first key of a line is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envsync.documents.codes import Code
from envsync.documents.compose import Break
from envsync.documents.nodes import Mapping, Scalar
from envsync.documents.page import END_OF_LINE, Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envsync.documents.compose import Composition
    from envsync.documents.nodes import Entry, Node
    from envsync.documents.page import Stretch
    from envsync.documents.text import SourceText

_KEYS = frozenset({"secrets", "env", "with", "credentials"})
_LONG = 8  # characters beside expressions that may be a secret
_FIRST_KEY = re.compile(r"(?:\s|- )*[\"']?[A-Za-z_][\w-]*[\"']?\s*:(?!\S)")
_COMMENT = re.compile(r"(?<!\S)#")
_SILENCES = re.compile(r"#+\s*envsync:")
# In single quotes YAML wants a quote twice. What stands in brackets is the name of a secret.
_LITERAL = re.compile(r"(\[\s*)?'([^']*)'")
_DOUBLED = re.compile(r"(\[\s*)?''([^']*)''")


def page_of(source: SourceText, composed: Composition | Break) -> Page:
    lines = source.lines
    root = None if isinstance(composed, Break) else composed.root
    jobs = root.get("jobs") if isinstance(root, Mapping) else None
    if isinstance(composed, Break) or not isinstance(root, Mapping) or not isinstance(jobs, Mapping):
        return Page(source.file, lines, dict(_without_structure(lines, 1)))
    walk = _Walk(lines)
    for entry in _entries(root):
        if entry.key.text == "jobs" and isinstance(entry.value, Mapping):
            walk.jobs(entry.value)
        else:
            walk.entry(entry)
    hidden = {line: _joined(found, walk.end(line), lines[line - 1]) for line, found in walk.found.items()}
    for oddity in composed.oddities:
        if oddity.code is Code.YAML_DOCUMENTS:  # nothing that follows was read
            hidden |= dict(_without_structure(lines, oddity.span.line))
    return Page(source.file, lines, hidden)


def _without_structure(lines: tuple[str, ...], first: int) -> Iterator[tuple[int, tuple[Stretch, ...]]]:
    for number, line in enumerate(lines[first - 1 :], first):
        key, comment = _FIRST_KEY.match(line), _SILENCES.search(line)
        start = key.end() if key else 0
        if line[start:].strip():
            yield number, ((start + 1, max(comment.start(), start) + 1 if comment else END_OF_LINE),)


def _joined(found: Iterable[Stretch], end: int, line: str) -> tuple[Stretch, ...]:
    """Without overlaps, and with the comment after `end`: what stands beside a secret may be an older one."""
    comment = _COMMENT.search(line, end - 1)
    also = [(comment.end() + 1, END_OF_LINE)] if comment and not _SILENCES.match(line, comment.start()) else []
    joined: list[Stretch] = []
    for start, stop in sorted((*found, *also)):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return tuple(joined)


def _entries(node: Mapping) -> tuple[Entry, ...]:
    return (*node.entries, *node.discarded)


class _Walk:
    """Collects what is masked. The nesting is bounded by `compose`."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self._lines = lines
        self._ends: dict[int, int] = {}  # by line: where the last scalar in it ends
        self.found: dict[int, set[Stretch]] = {}  # by line

    def end(self, line: int) -> int:
        return self._ends.get(line, 1)

    def jobs(self, node: Mapping) -> None:
        """A job may have any name, `env` too; one that is none may be anything."""
        for entry in _entries(node):
            if isinstance(entry.value, Mapping):
                self._shown(entry.value)
            else:
                self._masked(entry.value)

    def entry(self, entry: Entry) -> None:
        self._ended(entry.key)
        if entry.key.text.casefold() in _KEYS:
            self._masked(entry.value)
        else:
            self._shown(entry.value)

    def _shown(self, node: Node) -> None:
        if isinstance(node, Scalar):
            self._ended(node)
        elif isinstance(node, Mapping):
            for entry in _entries(node):
                self.entry(entry)
        else:
            for item in node.items:
                self._shown(item)

    def _masked(self, node: Node) -> None:
        if isinstance(node, Scalar):
            self._ended(node)
            self._hide(node)
        elif isinstance(node, Mapping):
            for entry in _entries(node):
                self._ended(entry.key)
                if not (entry.key.usable and self._has_colon(entry.key)):
                    self._hide(entry.key)
                self._masked(entry.value)
        else:
            for item in node.items:
                self._masked(item)

    def _has_colon(self, key: Scalar) -> bool:
        """Not so in `{hunter2}`, which YAML takes for a key without a value."""
        line = self._lines[key.span.end_line - 1]
        return line[key.span.end_column - 1 :].lstrip().startswith(":")

    def _ended(self, scalar: Scalar) -> None:
        span = scalar.span
        self._ends[span.end_line] = max(self.end(span.end_line), span.end_column)

    def _hide(self, scalar: Scalar) -> None:
        if scalar.text == "inherit":  # all secrets of the caller
            return
        expressions = 0 <= scalar.text.rfind("${{") < scalar.text.rfind("}}")
        found = self._around(scalar) if expressions else self._whole(scalar)
        for line, stretch in found:
            self.found.setdefault(line, set()).add(stretch)

    def _rows(self, scalar: Scalar) -> Iterator[tuple[int, int, int]]:
        """Lines, and what of each belongs to the scalar, as indices."""
        span = scalar.span
        for number in range(span.line, min(span.end_line, len(self._lines)) + 1):
            start = span.column - 1 if number == span.line else 0
            end = span.end_column - 1 if number == span.end_line else len(self._lines[number - 1])
            if start < end:
                yield number, start, end

    def _whole(self, scalar: Scalar) -> Iterator[tuple[int, Stretch]]:
        for number, start, end in self._rows(scalar):
            yield number, (start + 1, end + 1 if number == scalar.span.end_line else END_OF_LINE)

    def _around(self, scalar: Scalar) -> Iterator[tuple[int, Stretch]]:
        """What is long and stands beside expressions, or in quotes within one."""
        literal, inside = _LITERAL, False
        for number, start, end in self._rows(scalar):
            line, at = self._lines[number - 1], start
            if number == scalar.span.line and line[start] == "'":
                literal = _DOUBLED
            while at < end:
                found = line.find("}}" if inside else "${{", at, end)
                stop = end if found < 0 else found
                if inside:
                    quoted = (each for each in literal.finditer(line, at, stop) if not each[1])
                    long = [each.span(2) for each in quoted if len(each[2]) >= _LONG]
                else:
                    long = [(at, stop)] if len(line[at:stop].strip("\"' ")) >= _LONG else []
                yield from ((number, (first + 1, last + 1)) for first, last in long)
                if found < 0:
                    break
                at, inside = found + 2, not inside
