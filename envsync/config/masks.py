"""Which stretches of a file are masked, once its structure is known.

Masked is every value under a key `secrets`, wherever that key stands, and everything that stands where the format
has no place for it, unless its key is a near miss of a field other than `secrets`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envsync.config.near_misses import near_miss
from envsync.config.nodes import Mapping, Scalar, Sequence
from envsync.config.page import END_OF_LINE, Page
from envsync.config.schema import allows, child_schema, item_schema, properties

if TYPE_CHECKING:
    from envsync.config.nodes import Node
    from envsync.config.page import Stretch
    from envsync.config.schema import Schema
    from envsync.config.text import SourceText
    from envsync.errors import Span

SOURCE_KEYS = frozenset({"env", "file", "command"})
_WHOLE = ((1, END_OF_LINE),)
_MAX_GUESSES = 500
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def page_of(source: SourceText, root: Node, schema: Schema) -> Page:
    walk = _Walk(source.lines)
    walk.shown(root, schema)
    lines = source.lines
    by_line: dict[int, list[Stretch]] = {}
    whole: dict[int, tuple[Stretch, ...]] = {}
    for span in dict.fromkeys(walk.spans):
        one = span.line == span.end_line
        by_line.setdefault(span.line, []).append((span.column, span.end_column if one else END_OF_LINE))
        if not one:
            whole |= dict.fromkeys(range(span.line + 1, span.end_line), _WHOLE)
            by_line.setdefault(span.end_line, []).append((1, span.end_column))
    partly = {line: _stretches(found, lines[line - 1 : line]) for line, found in by_line.items()}
    return Page(source.file, lines, partly | whole)


def _stretches(found: list[Stretch], line: tuple[str, ...]) -> tuple[Stretch, ...]:
    """Joins what overlaps, and adds the comment after it: what stands beside a secret may be an older one."""
    joined: list[Stretch] = []
    for start, end in sorted(found):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    comment = "".join(line).find("#", joined[-1][1] - 1)  # libyaml wants no space before it everywhere
    return tuple(joined) if comment < 0 else (*joined, (comment + 1, END_OF_LINE))


class _Walk:
    """Collects the places of what is masked. The nesting is bounded by `compose`."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self._lines = lines
        self.spans: list[Span] = []
        self._guesses = 0

    def shown(self, node: Node, schema: Schema) -> None:
        if not allows(schema, node):
            self.masked(node)
        elif isinstance(node, Mapping):
            for entry in (*node.entries, *node.discarded):
                inner = self._meant(schema, entry.key.text)
                if not entry.key.usable:
                    self.spans.append(entry.key.span)
                if entry.key.text == "secrets":
                    self._sources(entry.value)
                elif inner is None:
                    self.masked(entry.value)
                else:
                    self.shown(entry.value, inner)
        elif isinstance(node, Sequence):
            for item in node.items:
                self.shown(item, item_schema(schema))

    def _meant(self, schema: Schema, key: str) -> Schema | None:
        """The part of the format that the key means, misspelled or not."""
        found = child_schema(schema, key)
        if found or "secret" in key.casefold() or self._guesses >= _MAX_GUESSES:
            return found
        self._guesses += 1
        near = near_miss(key, properties(schema))
        return child_schema(schema, near) if near and near != "secrets" else None

    def masked(self, node: Node, visible: frozenset[str] = frozenset()) -> None:
        if isinstance(node, Scalar):
            self.spans.append(node.span)
        elif isinstance(node, Sequence):
            for item in node.items:
                self.masked(item)
        else:
            for entry in (*node.entries, *node.discarded):
                if entry.key.text not in visible or not entry.key.usable:
                    self.spans.append(entry.key.span)
                self.masked(entry.value)

    def _sources(self, node: Node) -> None:
        """Names of secrets are shown, and of their sources the kind."""
        if not isinstance(node, Mapping):
            self.masked(node)
            return
        for entry in (*node.entries, *node.discarded):
            # Of a name, an empty stretch at its end, so that a comment beside it is masked.
            end = replace(entry.key.span, line=entry.key.span.end_line, column=entry.key.span.end_column)
            self.spans.append(end if self._is_name(entry.key) else entry.key.span)
            self.masked(entry.value, SOURCE_KEYS)

    def _is_name(self, key: Scalar) -> bool:
        """Not so `DB_PASSWORD:hunter2`, nor `hunter2` in braces, which YAML takes for a key without a value."""
        line = self._lines[key.span.end_line - 1]
        return (
            key.usable
            and NAME.fullmatch(key.text) is not None
            and line[key.span.end_column - 1 :].lstrip().startswith(":")
        )
