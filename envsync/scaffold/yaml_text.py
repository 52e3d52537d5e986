"""How what a file says is written as YAML: a narrow emitter, whose text envsync reads back to the letter.

Plain is only what no YAML, old or new, takes for anything but text; all other texts are in double quotes, with
whatever cannot be seen spelled out. What is short stands in one line, as people write it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, assert_never

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 100  # columns: what is longer and can be folded is
_INDENT = "  "
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_NO_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})  # in YAML 1.1 or 1.2
_LONGEST_KEY = 1_000  # characters; libyaml looks for the colon of `key:` in 1,024
_ESCAPES = {"\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ONE_BYTE, _TWO_BYTES = 0xFF, 0xFFFF


@dataclass(frozen=True, slots=True)
class Word:
    """Of the format's own, to be read as YAML reads it: `true`, `30m`, `external`, `null`."""

    word: str


@dataclass(frozen=True, slots=True)
class Text:
    """Somebody's text, to be read as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """`compact`: in one line where it fits. `airy`: with an empty line between two entries."""

    entries: tuple[Entry, ...]
    compact: bool = False
    airy: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    key: str
    value: Node
    comments: tuple[str, ...] = ()  # the lines above it


Node: TypeAlias = Word | Text | Items | Fields


def lines(fields: Fields, depth: int = 0) -> Iterator[str]:
    """A block of keys and values. `fields` has entries."""
    for number, entry in enumerate(fields.entries):
        found = [*comment_lines(entry.comments, depth), *_entry(entry, depth)]
        if fields.airy and number:
            yield ""
        yield from found


def comment_lines(comments: tuple[str, ...], depth: int = 0) -> Iterator[str]:
    """Names of GitHub's are in them: none can end the line, and with it the comment."""
    for comment in comments:
        yield f"{_INDENT * depth}# {visible(comment)}".rstrip()


def quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.casefold() not in _NO_TEXT:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{visible(escaped)}"'


def visible(text: str) -> str:
    """With what cannot be seen, or turns what is seen, spelled out."""
    return text if text.isprintable() else "".join(map(_visible, text))


def size(node: Node) -> int:
    """Lines that it takes, those that are folded on a screen counted as several."""
    match node:
        case Word(word=text) | Text(text=text):
            return 1 + len(text) // WIDTH + text.count("\n")
        case Items(items=items):
            return 1 + sum(len(each) + 2 for each in items) // WIDTH
        case Fields(entries=entries):
            return sum(size(each.value) for each in entries)
        case _:
            assert_never(node)


def _entry(entry: Entry, depth: int) -> Iterator[str]:
    pad, key = _INDENT * depth, quoted(entry.key)
    if len(key) > _LONGEST_KEY:
        yield f"{pad}? {key}"
        key = ""
    head = f"{pad}{key}:"
    short = _in_one_line(entry.value)
    if short is not None and len(head) + 1 + len(short) <= WIDTH:
        yield f"{head} {short}"
        return
    match entry.value:
        case Word() | Items(items=()) | Fields(entries=()):
            yield f"{head} {short}"
        case Text(text=text):
            yield from _text(head, text, depth)
        case Items(items=items):
            yield head
            yield from (f"{pad}{_INDENT}- {quoted(each)}" for each in items)
        case Fields():
            yield head
            yield from lines(entry.value, depth + 1)
        case _:
            assert_never(entry.value)


def _text(head: str, text: str, depth: int) -> Iterator[str]:
    if not _is_literal(text):
        yield f"{head} {quoted(text)}"
        return
    yield f"{head} {'|' if text.endswith(chr(10)) else '|-'}"
    pad = _INDENT * (depth + 1)
    yield from (f"{pad}{line}" if line else "" for line in text.removesuffix("\n").split("\n"))


def _is_literal(text: str) -> bool:
    """Whether it is several lines that a block shows as they are, with nothing in them that cannot be seen."""
    content = text.removesuffix("\n")
    rows = content.split("\n")
    return (
        len(rows) > 1
        and not content.startswith((" ", "\n"))
        and not content.endswith("\n")
        and all(row.isprintable() and not row.endswith(" ") for row in rows)
    )


def _in_one_line(node: Node) -> str | None:
    match node:
        case Word(word=word):
            return word
        case Text(text=text):
            return None if _is_literal(text) else quoted(text)
        case Items(items=items):
            return f"[{', '.join(map(quoted, items))}]"
        case Fields(entries=entries):
            return _flow(entries) if node.compact or not entries else None
        case _:
            assert_never(node)


def _flow(entries: tuple[Entry, ...]) -> str | None:
    parts = [(quoted(each.key), _in_one_line(each.value)) for each in entries]
    return f"{{{', '.join(f'{key}: {value}' for key, value in parts)}}}"


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if character in _ESCAPES:
        return _ESCAPES[character]
    number = ord(character)
    if number <= _ONE_BYTE:
        return f"\\x{number:02X}"
    return f"\\u{number:04X}" if number <= _TWO_BYTES else f"\\U{number:08X}"
