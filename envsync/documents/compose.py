"""YAML text -> nodes with positions, in bounded time whatever the text.

It works on the event stream, so deep nesting does not recurse, and an error leaves behind what was read so far.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import yaml

from envsync.documents.codes import Code
from envsync.documents.merge_keys import mapping_of
from envsync.documents.nodes import Entry, Mapping, Node, Scalar, Sequence
from envsync.documents.oddities import Oddity
from envsync.documents.scalars import is_null, resolve
from envsync.errors import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from yaml.events import CollectionStartEvent, Event, NodeEvent, ScalarEvent

    from envsync.documents.text import SourceText

MAX_DEPTH = 50
MAX_NODES = 50_000  # aliases counted as what they stand for
_MAX_DIRECTIVES = 10  # libyaml compares each with all before it
_CORE = "tag:yaml.org,2002:"
_COLLECTION_TAGS = {f"{_CORE}map": yaml.MappingStartEvent, f"{_CORE}seq": yaml.SequenceStartEvent}
_SCALAR_TYPES: dict[str, tuple[type, ...]] = {
    f"{_CORE}null": (type(None),),
    f"{_CORE}bool": (bool,),
    f"{_CORE}int": (int,),
    f"{_CORE}float": (int, float),
}
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Composition:
    root: Node | None  # None: the file holds nothing
    oddities: tuple[Oddity, ...]


@dataclass(frozen=True, slots=True)
class Break:
    """Where reading stopped, and what was known of the text until there."""

    code: Code
    span: Span
    path: tuple[str, ...]  # the keys whose values were being read
    keys: tuple[
        tuple[str, Scalar], ...
    ]  # of the mappings that were open, each after the key that its mapping is under
    consumed: tuple[int, int]  # line and column up to which the text was understood
    anchored: bool  # the text may stand elsewhere too
    error: yaml.MarkedYAMLError | None = None
    last: Scalar | None = None  # the scalar read last


class _Mark(Protocol):
    """Either loader's."""

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...


@dataclass(slots=True)
class _Frame:
    """A collection that is still open."""

    start: tuple[int, int]
    sequence: bool
    anchor: str | None
    counted: int
    usable: bool
    children: list[Node] = field(default_factory=list)
    height: int = 1


@dataclass(frozen=True, slots=True)
class _Anchored:
    node: Node
    size: int
    height: int


class _Stopped(Exception):  # noqa: N818 - a signal inside this module
    def __init__(self, code: Code, span: Span) -> None:
        super().__init__(code)
        self.code = code
        self.span = span


def compose(source: SourceText) -> Composition | Break:
    composer = _Composer(source.file)
    try:
        _refuse_hostile(source)
        composer.run(yaml.parse(source.text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except _Stopped as stop:
        return composer.broken(stop.code, stop.span)
    except yaml.MarkedYAMLError as error:
        line, column = _position(error.problem_mark or error.context_mark)
        return composer.broken(Code.YAML_SYNTAX, Span(source.file, line, column, line, column + 1), error)
    return Composition(composer.root, tuple(composer.oddities))


def _refuse_hostile(source: SourceText) -> None:
    directives = 0
    for number, line in enumerate(source.lines, 1):
        if found := _UNPRINTABLE.search(line):
            column = found.start() + 1
            raise _Stopped(Code.YAML_CHARACTER, Span(source.file, number, column, number, column + 1))
        directives += line.startswith("%")
        if directives > _MAX_DIRECTIVES:
            raise _Stopped(Code.YAML_SYNTAX, Span(source.file, number, 1, number, 2))


class _Composer:
    def __init__(self, file: str) -> None:
        self.root: Node | None = None
        self.oddities: list[Oddity] = []
        self._file = file
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchored | None] = {}  # None: still open
        self._counted = 0
        self._documents = 0
        self._consumed = (1, 1)
        self._last: Scalar | None = None

    def run(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    self.oddities.append(Oddity(Code.YAML_DOCUMENTS, self._span(event)))
                    return
            self._take(event)

    def broken(self, code: Code, span: Span, error: yaml.MarkedYAMLError | None = None) -> Break:
        path: list[str] = []
        keys: list[tuple[str, Scalar]] = []
        for frame in self._stack:
            if not frame.sequence:
                parent = path[-1] if path else ""
                scalars = [key for key in frame.children[::2] if isinstance(key, Scalar)]
                keys += [(parent, key) for key in scalars]
                if len(frame.children) % 2:
                    path.append(_text(frame.children[-1]))
        anchored = any(frame.anchor for frame in self._stack)
        return Break(
            code,
            span,
            path=tuple(path),
            keys=tuple(keys),
            consumed=self._consumed,
            anchored=anchored,
            error=error,
            last=self._last,
        )

    def _take(self, event: Event) -> None:
        match event:
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._open(event)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._close(event)
            case _:
                return
        if not isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._consumed = _position(event.end_mark)

    def _span(self, event: Event) -> Span:
        return Span(self._file, *_position(event.start_mark), *_position(event.end_mark))

    def _count(self, size: int, height: int, span: Span) -> None:
        self._counted += size
        if len(self._stack) + height > MAX_DEPTH:
            raise _Stopped(Code.YAML_TOO_DEEP, span)
        if self._counted > MAX_NODES:
            raise _Stopped(Code.YAML_TOO_LARGE, span)

    def _alias(self, event: NodeEvent) -> None:
        span = self._span(event)
        name = event.anchor or ""
        known = self._anchors.get(name)
        if known is None:
            self.oddities.append(Oddity(Code.YAML_ALIAS, span, name, recursive=name in self._anchors))
            known = _Anchored(Scalar(span, "", plain=True, usable=False), 1, 0)
        self._count(known.size, known.height, span)
        self._add(known.node, known.height)

    def _scalar(self, event: ScalarEvent) -> None:
        span = self._span(event)
        self._count(1, 0, span)
        plain = event.tag is None and event.implicit[0]
        node = Scalar(span, event.value, plain=plain)
        if event.tag not in (None, "!", f"{_CORE}str"):
            node = self._tagged(node, event.tag)
        self._last = node
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(node, 1, 0)
        self._add(node, 0)

    def _tagged(self, node: Scalar, tag: str) -> Scalar:
        typed = Scalar(node.span, node.text, plain=True)
        expected = _SCALAR_TYPES.get(tag, ())
        value = resolve(typed)
        if isinstance(value, expected) and (not isinstance(value, bool) or bool in expected):
            return typed
        self.oddities.append(Oddity(Code.YAML_TAG, node.span))
        return Scalar(node.span, node.text, plain=False, usable=False)

    def _open(self, event: CollectionStartEvent) -> None:
        span = self._span(event)
        self._count(1, 1, span)
        usable = event.tag in (None, "!") or _COLLECTION_TAGS.get(event.tag) is type(event)
        if not usable:
            self.oddities.append(Oddity(Code.YAML_TAG, span))
        if event.anchor:
            self._anchors[event.anchor] = None
        sequence = isinstance(event, yaml.SequenceStartEvent)
        self._stack.append(_Frame(_position(event.start_mark), sequence, event.anchor, self._counted - 1, usable))

    def _close(self, event: Event) -> None:
        frame = self._stack.pop()
        span = Span(self._file, *frame.start, *_position(event.end_mark))
        node: Node
        if frame.sequence:
            node = Sequence(span, tuple(frame.children), usable=frame.usable)
        else:
            entries = [self._entry(key, value) for key, value in zip(*[iter(frame.children)] * 2, strict=True)]
            node, oddities = mapping_of(span, entries, usable=frame.usable)
            self.oddities += oddities
        if frame.anchor:
            self._anchors[frame.anchor] = _Anchored(node, self._counted - frame.counted, frame.height)
        self._add(node, frame.height)

    def _entry(self, key: Node, value: Node) -> Entry:
        if isinstance(key, Scalar):
            return Entry(key, value)
        inner = key.discarded if isinstance(key, Mapping) else ()
        if all(entry.key.usable for entry in inner):  # else one mistake would be told twice: {{ x }}
            self.oddities.append(Oddity(Code.YAML_KEY, key.span))
        return Entry(Scalar(key.span, "", plain=True, usable=False), value)

    def _add(self, node: Node, height: int) -> None:
        if not self._stack:
            self.root = node
            return
        frame = self._stack[-1]
        frame.children.append(node)
        frame.height = max(frame.height, height + 1)


def _position(mark: _Mark | None) -> tuple[int, int]:
    """Line and column from 1. Each event has its marks, whatever its type says."""
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _text(key: Node) -> str:
    return key.text if isinstance(key, Scalar) else ""


def is_empty(root: Node | None) -> bool:
    return root is None or (isinstance(root, Scalar) and root.usable and is_null(root))
