"""What the functions of GitHub's expressions make of their arguments.

docs.github.com, "Evaluate expressions in workflows and actions", "Functions"; for what it leaves open, GitHub's
open-source runner (actions/runner, `Expressions/Sdk/Functions`).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, assert_never

from envsync.workflows.coercion import as_text, equal
from envsync.workflows.ignoring_case import folded
from envsync.workflows.kinds import (
    Boolean,
    Fields,
    Items,
    Null,
    Number,
    OneOf,
    Text,
    Unknown,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envsync.workflows.kinds import Value

LONGEST_TEXT = 21_000  # characters that anything comes to; `format('{0}{0}', …)` in itself grows beyond all bounds

_PLACE = re.compile(r"\{\{|\}\}|\{([0-9]+)\}|[{}]", re.ASCII)
_MOST_ARGUMENTS = 255


def call(function: str, arguments: Sequence[Value]) -> Value | None:
    """None: true or false, but nobody knows which. `function` is in lower case, and `case` none of them."""
    if function not in _FUNCTIONS:
        return Unknown(f"envsync knows no function `{function}`")
    least, most, made = _FUNCTIONS[function]
    if not least <= len(arguments) <= most:
        return Unknown(f"{function}() does not take {len(arguments)} arguments")
    return made(arguments)


def text_value(parts: Sequence[str]) -> Value:
    """All of them in a row."""
    too_long = sum(map(len, parts)) > LONGEST_TEXT
    return Unknown("its text is too long") if too_long else Text("".join(parts))


def _contains(arguments: Sequence[Value]) -> Value | None:
    within, sought = arguments
    match within:
        case Items(items=items):
            found = [equal(sought, each) for each in items]
            return Boolean(value=True) if True in found else None if None in found else Boolean(value=False)
        case _:
            return _compared(within, sought, lambda text, part: part in text)


def _starts_with(arguments: Sequence[Value]) -> Value | None:
    return _compared(arguments[0], arguments[1], str.startswith)


def _ends_with(arguments: Sequence[Value]) -> Value | None:
    return _compared(arguments[0], arguments[1], str.endswith)


def _compared(whole: Value, part: Value, holds: Callable[[str, str], bool]) -> Value | None:
    if isinstance(whole, Items | Fields) or isinstance(part, Items | Fields):
        return Boolean(value=False)
    text, sought = as_text(whole), as_text(part)
    return None if text is None or sought is None else Boolean(holds(folded(text), folded(sought)))


def _format(arguments: Sequence[Value]) -> Value:
    form = as_text(arguments[0])
    if form is None:
        return arguments[0]
    parts: list[str] = []
    end = 0
    for place in _PLACE.finditer(form):
        parts.append(form[end : place.start()])
        end = place.end()
        filled = _filled(place, arguments[1:])
        if isinstance(filled, Unknown):
            return filled
        parts.append(filled)
    return text_value((*parts, form[end:]))


def _filled(place: re.Match[str], arguments: Sequence[Value]) -> str | Unknown:
    if place.group() in {"{{", "}}"}:
        return place.group()[0]
    index = place[1] or ""
    if not index or len(index) > len(str(_MOST_ARGUMENTS)) or int(index) >= len(arguments):
        return Unknown("format() is given a text that it cannot use")
    argument = arguments[int(index)]
    text = as_text(argument)
    return Unknown(_reason(argument)) if text is None else text


def _reason(value: Value) -> str | None:
    return value.reason if isinstance(value, Unknown) else None


def _join(arguments: Sequence[Value]) -> Value:
    joined, *rest = arguments
    separator = rest[0] if rest else Text(",")
    if isinstance(separator, Items | Fields):
        separator = Text(",")
    match joined:
        case Fields():
            return Text("")
        case Items(items=items):
            pieces = [piece for item in items for piece in (separator, item)][1:]
        case _:
            pieces = [joined]
    texts: list[str] = []
    for piece in pieces:
        text = as_text(piece)
        if text is None:
            return Unknown(_reason(piece))
        texts.append(text)
    return text_value(texts)


def _from_json(arguments: Sequence[Value]) -> Value:
    text = as_text(arguments[0])
    if text is None:
        return arguments[0]
    try:
        data = json.loads(text, parse_int=float, parse_constant=_no_json)
        json.dumps(data, ensure_ascii=False).encode()  # half a surrogate pair is no text
        return value_of(data)
    except (ValueError, RecursionError):
        return Unknown("fromJSON() is given what is no JSON")


def _no_json(word: str) -> float:
    raise ValueError(word)


def _to_json(arguments: Sequence[Value]) -> Value:
    texts: list[str] = []
    unknown = _write(arguments[0], "\n", texts)
    return unknown or text_value(texts)


def _write(value: Value, line: str, texts: list[str]) -> Unknown | None:
    """`line`: a line break, and how far the value is indented. Gives the first thing in it that is not known."""
    inner = line + "  "
    match value:
        case OneOf():
            return Unknown()
        case Unknown():
            return value
        case Fields(others=Unknown() as others):
            return others
        case Fields(entries=entries):
            return _write_all([(f"{_quoted(name)}: ", each) for name, each in entries], "{}", inner, texts)
        case Items(items=items):
            return _write_all([("", each) for each in items], "[]", inner, texts)
        case Text(value=text):
            texts.append(_quoted(text))
        case Null():
            texts.append("null")
        case Boolean() | Number():
            texts.append(as_text(value) or "")
        case _:
            assert_never(value)
    return None


def _write_all(entries: Sequence[tuple[str, Value]], brackets: str, line: str, texts: list[str]) -> Unknown | None:
    if not entries:
        texts.append(brackets)
        return None
    before = brackets[0]
    for head, value in entries:
        texts.append(f"{before}{line}{head}")
        before = ","
        unknown = _write(value, line, texts)
        if unknown:
            return unknown
    texts.append(f"{line[:-2]}{brackets[1]}")
    return None


def _quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted.replace("\x85", r"\u0085").replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")


_FUNCTIONS: dict[str, tuple[int, int, Callable[[Sequence[Value]], Value | None]]] = {
    "contains": (2, 2, _contains),
    "startswith": (2, 2, _starts_with),
    "endswith": (2, 2, _ends_with),
    "format": (1, _MOST_ARGUMENTS, _format),
    "join": (1, 2, _join),
    "fromjson": (1, 1, _from_json),
    "tojson": (1, 1, _to_json),
    "hashfiles": (1, _MOST_ARGUMENTS, lambda _arguments: Unknown("hashFiles() is known only in a run")),
}
