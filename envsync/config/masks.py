"""Which stretches of a file are masked, once its structure is known.

Masked is every value under a key `secrets`, wherever that key stands, and everything that stands where the format
has no place for it, unless its key is a near miss of a field other than `secrets`. Below the first line that
mentions secrets a line may have lost its indentation: what only that can explain is masked too.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from envsync.config.mentions import first_mention
from envsync.config.schema import all_fields, allows, child_schema, item_schema, properties, takes_scalars
from envsync.documents.codes import Code
from envsync.documents.near_misses import near_miss
from envsync.documents.nodes import Mapping, Scalar, Sequence
from envsync.documents.page import END_OF_LINE, Page
from envsync.documents.scalars import is_null

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envsync.config.schema import Schema
    from envsync.documents.nodes import Entry, Node
    from envsync.documents.oddities import Oddity
    from envsync.documents.page import Stretch
    from envsync.documents.text import SourceText
    from envsync.errors import Span

SOURCE_KEYS = frozenset({"env", "file", "command"})
_WHOLE = ((1, END_OF_LINE),)
_MAX_GUESSES = 500
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def page_of(source: SourceText, root: Node, oddities: Iterable[Oddity], schema: Schema) -> Page:
    lines = source.lines
    by_line: dict[int, list[Stretch]] = {}
    for oddity in oddities:
        if oddity.code is Code.YAML_DOCUMENTS:  # nothing that follows was read
            by_line.setdefault(oddity.span.line, []).append((oddity.span.end_column, END_OF_LINE))
    known = isinstance(root, Mapping) and any(entry.key.text in properties(schema) for entry in root.entries)
    walk = _Walk(lines, first_mention(lines) if known else 1, all_fields(schema))
    walk.shown(root, schema)
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

    def __init__(self, lines: tuple[str, ...], mention: int, fields: Schema) -> None:
        self._lines = lines
        self._mention = mention  # the first line that says `secrets`
        self._fields = fields
        self.spans: list[Span] = []
        self._guesses = 0

    def shown(self, node: Node, schema: Schema) -> None:
        if not allows(schema, node) or (isinstance(node, Scalar) and self._is_stray(node, schema)):
            self.masked(node)
        elif isinstance(node, Mapping):
            for entry in (*node.entries, *node.discarded):
                self._entry(entry, schema)
        elif isinstance(node, Sequence):
            for item in node.items:
                self.shown(item, item_schema(schema))

    def _entry(self, entry: Entry, schema: Schema) -> None:
        key = entry.key
        inner = self._meant(schema, key)
        if not key.usable or self._is_stray_key(key, inner):
            self.spans.append(key.span)
        if key.text == "secrets":
            self._sources(entry.value)
        elif inner is None:
            self.masked(entry.value)
        else:
            self.shown(entry.value, inner)

    def _is_stray(self, scalar: Scalar, schema: Schema) -> bool:
        """Whether it may be the value of a secret, or have lines of one."""
        if scalar.span.end_line < self._mention:
            return False
        says = not is_null(scalar) or not scalar.usable
        return scalar.span.end_line > scalar.span.line or (says and not takes_scalars(schema))

    def _is_stray_key(self, key: Scalar, meant: Schema | None) -> bool:
        if key.span.line < self._mention or key.text in self._fields or key.text == "secrets":
            return False
        return not self._has_colon(key) or (meant is None and NAME.fullmatch(key.text) is None)

    def _meant(self, schema: Schema, key: Scalar) -> Schema | None:
        """The part of the format that the key means, misspelled or not, or misplaced."""
        found = child_schema(schema, key.text)
        if found or "secret" in key.text.casefold() or self._guesses >= _MAX_GUESSES:
            return found
        self._guesses += 1
        near = near_miss(key.text, properties(schema))
        if near:
            return child_schema(schema, near) if near != "secrets" else None
        elsewhere = self._fields.get(key.text) if key.span.line < self._mention else None
        return cast("Schema | None", elsewhere)

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
        return key.usable and NAME.fullmatch(key.text) is not None and self._has_colon(key)

    def _has_colon(self, key: Scalar) -> bool:
        line = self._lines[key.span.end_line - 1]
        return line[key.span.end_column - 1 :].lstrip().startswith(":")
