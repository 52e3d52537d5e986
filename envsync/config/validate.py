"""Whether a document is of the file's form, and what of it is usable if it is not."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, assert_never

import jsonschema

from envsync.config.schema import Json, Schema, allows, child_schema, file_schema, is_text, item_schema
from envsync.config.wording import Path, Place, complain
from envsync.documents.nodes import Entry, Mapping, Scalar, Sequence
from envsync.documents.scalars import resolve

if TYPE_CHECKING:
    from envsync.documents.findings import Findings
    from envsync.documents.nodes import Node


def validated(root: Node, findings: Findings) -> Node | None:
    """What can be used of the document; None if nothing can. What cannot is reported."""
    places: dict[Path, Place] = {}
    schema = file_schema()
    instance = _instance(root, schema, (), places, None)
    unusable = {path for path, place in places.items() if not place.node.usable}
    reported = set(unusable)
    for error in _validator().iter_errors(instance):
        path = tuple(error.absolute_path)
        if path not in reported:
            bad = complain(error, places, findings)
            unusable |= bad
            reported |= bad & {path}
        if findings.more:
            return None
    return _usable(root, (), unusable)


# What is longer than any text that the schema has an opinion on is cut: jsonschema puts values into its messages.
_LONGEST = 2_000


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(file_schema())


def _instance(
    node: Node, schema: Schema | None, path: Path, places: dict[Path, Place], key: Scalar | None
) -> Json:
    """The JSON that the schema judges. `places` gets where everything in it stands."""
    places[path] = Place(node, key, item=bool(path) and isinstance(path[-1], int))
    if schema is None or not node.usable or not allows(schema, node):
        return _kind(node)
    match node:
        case Scalar():
            value = resolve(node)
            if len(node.text) > _LONGEST:
                return node.text[:_LONGEST]
            return node.text if value is not None and is_text(schema) else value
        case Sequence():
            items = enumerate(node.items)
            return [_instance(item, item_schema(schema), (*path, i), places, key) for i, item in items]
        case Mapping():
            return {
                entry.key.text: _instance(
                    entry.value, child_schema(schema, entry.key.text), (*path, entry.key.text), places, entry.key
                )
                for entry in node.entries
            }
        case _:
            assert_never(node)


def _kind(node: Node) -> Json:
    """Something of the same type: no more is asked of what does not belong where it stands."""
    match node:
        case Scalar():
            return resolve(node)
        case Sequence():
            return []
        case Mapping():
            return {}
        case _:
            assert_never(node)


def _usable(node: Node, path: Path, unusable: set[Path]) -> Node | None:
    """Leaves out what is unusable. A list that lacks items is kept, but counts as lost too."""
    if path in unusable:
        return None
    if isinstance(node, Sequence):
        items = [_usable(item, (*path, index), unusable) for index, item in enumerate(node.items)]
        return Sequence(node.span, tuple(item for item in items if item is not None))
    if isinstance(node, Mapping):
        entries: list[Entry] = []
        lost: set[str] = set()
        for entry in node.entries:
            value = _usable(entry.value, (*path, entry.key.text), unusable)
            if value is None or _is_shorter(value, entry.value):
                lost.add(entry.key.text)
            if value is not None:
                entries.append(Entry(entry.key, value))
        return Mapping(node.span, tuple(entries), lost=frozenset(lost))
    return node


def _is_shorter(value: Node, than: Node) -> bool:
    return isinstance(value, Sequence) and isinstance(than, Sequence) and len(value.items) < len(than.items)
