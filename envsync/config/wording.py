"""What a violation of the schema means in the words of deployment environments."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from envsync.config.codes import Code
from envsync.config.masks import SOURCE_KEYS
from envsync.config.repositories import is_pattern
from envsync.config.schema import example, properties, title, types
from envsync.documents.near_misses import did_you_mean, near_miss
from envsync.documents.nodes import Mapping, Scalar, Sequence
from envsync.documents.scalars import is_null, resolve

if TYPE_CHECKING:
    import collections.abc

    from jsonschema import ValidationError

    from envsync.config.schema import Schema
    from envsync.documents.findings import Findings
    from envsync.documents.nodes import Entry, Node
    from envsync.errors import Span

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    node: Node
    key: Scalar | None  # the nearest key above; None at the top
    item: bool = False  # of the list under the key


_KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "number": "text",  # only where a number is taken as text
    "integer": "a whole number",
    "boolean": "true or false",
}
_SOURCES = "{env: NAME}, {file: PATH}, {command: [PROGRAM, ARGUMENT]} or external"
_HIDDEN = "this"
_SETTING_NAME = "Name of a secret or variable"
_WORDS = ("external",)
_TWO = 2
_SPACE = "write `key: value`, with a space after the colon"
_SOURCE_DEPTHS = {"defaults": 3, "environments": 4, "overrides": 6}
_HINTS = {
    _SETTING_NAME: "use letters, digits and underscores, and no digit first",
    "Wait timer": "minutes, or 30m, 2h, 1d; one unit only",
    "Reviewer": "write a login for a user, or org/slug for a team",
    "Day": "write it as 2026-12-01, year, month and day",
}
_ADDRESS = re.compile(
    r"(?:https?://[^/\s]+/|ssh://[^/\s]+/|git@[^:/\s]+:|(?:www\.)?github\.com/)"
    r"([A-Za-z0-9-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?"
)
_GLUED = re.compile(r"[A-Za-z_]+:\S")


def complain(
    error: ValidationError, places: collections.abc.Mapping[Path, Place], findings: Findings
) -> set[Path]:
    """Reports a violation of the schema. Returns what of the document is of no use then."""
    schema = cast("Schema", error.schema)
    path: Path = tuple(error.absolute_path)
    if schema.get("title") == "Source of a secret":
        path = path[: _SOURCE_DEPTHS[str(path[0])]]
        _bad_source(places[path], findings)
        return {path}
    place = places[path]
    keyword = str(error.validator)
    if keyword == "additionalProperties":
        return {(*path, entry.key.text) for entry in _unknown_keys(schema, place, findings)}
    if keyword == "required":
        _missing_keys(error, schema, place, findings)
        return set()
    if "propertyNames" in error.absolute_schema_path:
        name = str(error.instance)
        key = next(entry.key for entry in _entries(place.node) if entry.key.text == name)
        _bad_value(keyword, schema, Place(key, key), findings)
        return {(*path, name)}
    _bad_value(keyword, schema, place, findings)
    return {path}


def _entries(node: Node) -> tuple[Entry, ...]:
    return cast("Mapping", node).entries


def _bad_source(place: Place, findings: Findings) -> None:
    """What stands there may be the secret itself: nothing of it is ever repeated."""
    key = cast("Scalar", place.key)
    name, node = findings.quoted(key), place.node
    if isinstance(node, Scalar):
        message = f"{name} has a value where its source belongs"
        near = did_you_mean(node.text, _WORDS)  # no secret, then
        hint = near or (
            f"write {_SOURCES}; if a real secret stood here, change it: it may live on in the file's history"
        )
    elif isinstance(node, Mapping) and node.entries and SOURCE_KEYS.issuperset(_keys(node)):
        message, hint = _wrong_source(name, node)
    else:
        message = f"the source of {name} is not one of the four that there are"
        keys = _keys(node) if isinstance(node, Mapping) else []
        guesses = [did_you_mean(text, {*SOURCE_KEYS, *_WORDS}) for text in keys if text not in SOURCE_KEYS]
        near = next((guess for guess in guesses if guess), None)
        hint = _SPACE if any(_GLUED.match(text) for text in keys) else near or f"write {_SOURCES}"
    findings.error(Code.SECRET_SOURCE, message, key.span, hint)


def _wrong_source(name: str, node: Mapping) -> tuple[str, str]:
    """The kinds are right."""
    kinds = _keys(node)
    if len(kinds) > 1:
        return f"{name} has {'two' if len(kinds) == _TWO else 'three'} sources", f"keep one of {', '.join(kinds)}"
    if kinds == ["command"]:
        return f"the `command` of {name} must be a list", "write {command: [op, read, x]}, each argument an item"
    return f"the `{kinds[0]}` of {name} must be one text", f"write {_SOURCES}"


def _keys(node: Mapping) -> list[str]:
    return [entry.key.text for entry in node.entries]


def _unknown_keys(schema: Schema, place: Place, findings: Findings) -> list[Entry]:
    known = properties(schema)
    unknown = [entry for entry in _entries(place.node) if entry.key.text not in known]
    for entry in unknown[: findings.room + 1]:
        text = entry.key.text
        message = f"{findings.quoted(entry.key)} is not a field of {_noun(schema)}"
        near = _SPACE if _GLUED.match(text) else did_you_mean(text, known)
        findings.error(Code.UNKNOWN_KEY, message, entry.key.span, near or f"its fields are {', '.join(known)}")
    return unknown


def _missing_keys(error: ValidationError, schema: Schema, place: Place, findings: Findings) -> None:
    there = {entry.key.text for entry in _entries(place.node)}
    missing = [name for name in cast("list[str]", error.validator_value) if name not in there]
    known = cast("dict[str, Schema]", properties(schema))
    lines = ", ".join(f"`{name}: {example(known[name])}`" for name in missing)
    names = ", ".join(f"`{name}`" for name in missing)
    findings.error(Code.MISSING_KEY, f"{_noun(schema)} needs {names}", _place_of(place), f"for example {lines}")


def _place_of(place: Place) -> Span:
    """Of a mapping: its key, or, in a list, its first line."""
    node, entries = place.node, _entries(place.node)
    if place.key is None:
        return replace(node.span, end_line=1, end_column=1)
    if not place.item:
        return place.key.span
    return entries[0].key.span if entries else node.span


def _bad_value(keyword: str, schema: Schema, place: Place, findings: Findings) -> None:
    node, key = place.node, place.key
    scalar = node if isinstance(node, Scalar) and node.text and not findings.hides(node.span) else None
    place_span = key.span if key else node.span
    span = scalar.span if scalar else place_span
    value = findings.quoted(scalar) if scalar else _HIDDEN
    if keyword == "type":
        complaint = _wrong_type(schema, place, findings)
    elif keyword in {"const", "enum"}:
        complaint = _wrong_value(schema, value, scalar)
    elif keyword in {"minimum", "maximum"}:
        complaint = Code.OUT_OF_RANGE, f"{value} is not between 0 and 43200 minutes", "43200 minutes are 30d"
    elif keyword in _COUNTS:
        complaint = (
            Code.WRONG_COUNT,
            f"{_named(place, findings)} {_COUNTS[keyword].format(schema[keyword], _size(node))}",
            _example(schema),
        )
    else:
        complaint = _wrong_format(keyword, schema, value, node)
    code, message, hint = complaint
    findings.error(code, message, span, hint)


_COUNTS = {
    "minItems": "needs at least {}",
    "maxItems": "takes at most {}, and here are {}",
    "minProperties": "needs at least {} of its fields",
    "maxProperties": "takes at most {}, and here are {}",
}


def _size(node: Node) -> int:
    return len(node.items) if isinstance(node, Sequence) else len(_entries(node))


def _wrong_type(schema: Schema, place: Place, findings: Findings) -> tuple[Code, str, str]:
    node = place.node
    what = _named(place, findings)
    if isinstance(node, Scalar) and is_null(node):
        if title(schema) == "Environment":
            return (
                Code.NULL_VALUE,
                f"{what} says nothing",
                f"for GitHub's defaults write `{what.strip('`')}: {{}}`",
            )
        text = '; the text null is written "null"' if "string" in types(schema) else ""
        return Code.NULL_VALUE, f"{what} has no value", f"{_example(schema)}{text}"
    if isinstance(node, Scalar) and _GLUED.match(node.text):
        return Code.WRONG_TYPE, f"{what} is text and no mapping", _SPACE
    kinds = dict.fromkeys(_KINDS[kind] for kind in types(schema) if kind != "null")
    expected = "text, a number, or true or false" if title(schema) == "Variable" else " or ".join(kinds)
    return Code.WRONG_TYPE, f"{what} must be {expected}, not {_kind(node)}", _example(schema)


def _wrong_value(schema: Schema, value: str, scalar: Scalar | None) -> tuple[Code, str, str]:
    if "const" in schema:
        return Code.UNSUPPORTED_VERSION, f"{value} is not a version of this format", "write `version: 1`"
    names = cast("list[str]", schema["enum"])
    near = None
    if scalar:
        near = _meant_member(scalar.text) if title(schema) == "Difference" else None
        near = near or did_you_mean(scalar.text, names)
    return Code.WRONG_VALUE, f"{value} is not {_noun(schema)}", near or f"write {', '.join(names)}{_more(names)}"


def _more(names: list[str]) -> str:
    """What else can stand where one of the names can."""
    if "protected" in names:
        return ", or give patterns: {branches: [main]}"
    return ", variables.NAME or secrets.NAME" if "environment" in names else ""


def _meant_member(text: str) -> str | None:
    """`variable.NAME`, for one."""
    field, _, name = text.partition(".")
    near = near_miss(field, ("variables", "secrets")) if name else None
    return f"did you mean `{near}.{name}`?" if near else None


def _wrong_format(keyword: str, schema: Schema, value: str, node: Node) -> tuple[Code, str, str]:
    text = node.text if isinstance(node, Scalar) else ""
    if not text:
        return Code.WRONG_FORMAT, f"{_noun(schema)} cannot be empty", _example(schema)
    if keyword == "maxLength":
        return Code.WRONG_FORMAT, f"{_noun(schema)} has at most {schema[keyword]} characters", _example(schema)
    hint = _hint(schema) if value == _HIDDEN else _format_hint(text, schema)
    hint = _SPACE if title(schema) == _SETTING_NAME and _GLUED.match(text) else hint
    return Code.WRONG_FORMAT, f"{value} is not {_noun(schema)}", hint


def _hint(schema: Schema) -> str:
    return _HINTS.get(title(schema), _example(schema))


def _format_hint(text: str, schema: Schema) -> str:
    hint = _hint(schema)
    if text.startswith("@"):
        return "write it without the @"
    if text in {".", ".."}:
        return f"GitHub's API cannot address it, for . and .. are steps in a path; {hint}"
    if title(schema) == "Repository":
        if address := _ADDRESS.fullmatch(text):
            return f"write {address[1]}"
        if is_pattern(text.partition("/")[0]):
            return "an owner cannot be a pattern: name each"
    return hint


def _named(place: Place, findings: Findings) -> str:
    if place.key is None:
        return "the file"
    key = findings.quoted(place.key)
    return f"an item of {key}" if place.item else key


def _kind(node: Node) -> str:
    match node:
        case Mapping():
            return "a mapping"
        case Scalar():
            value = resolve(node)
            if isinstance(value, bool):
                return "true or false"
            return "text" if isinstance(value, str) else "a number"
        case _:
            return "a list"


def _example(schema: Schema) -> str:
    return f"for example {example(schema)}"


def _noun(schema: Schema) -> str:
    name = title(schema)
    return f"{'an' if name[0] in 'AEIO' else 'a'} {name[0].lower()}{name[1:]}"
