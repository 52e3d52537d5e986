"""The JSON Schema of the file: where it lies, and which part of it describes which node."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, assert_never, cast

from envsync.documents.nodes import Mapping, Scalar, Sequence
from envsync.packaged import schema_text

if TYPE_CHECKING:
    import collections.abc

    from envsync.documents.nodes import Node

Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None
Schema = dict[str, Json]

_NAME = "environments.schema.json"


@cache
def file_schema() -> Schema:
    """With every reference replaced by what it refers to: the format is not recursive."""
    raw: Schema = json.loads(schema_text(_NAME))
    definitions = cast("Schema", raw.pop("$defs"))
    return cast("Schema", _inlined(raw, definitions))


def _inlined(value: Json, definitions: Schema) -> Json:
    if isinstance(value, list):
        return [_inlined(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str):
        own = {key: item for key, item in value.items() if key != "$ref"}
        value = {**cast("Schema", definitions[reference.removeprefix("#/$defs/")]), **own}
    return {key: _whole(key, _inlined(item, definitions)) for key, item in value.items()}


def _whole(key: str, value: Json) -> Json:
    """JSON Schema's `$` ends a text; Python's lets a newline follow."""
    return value.removesuffix("$") + r"\Z" if key == "pattern" and isinstance(value, str) else value


def types(schema: Schema) -> tuple[str, ...]:
    declared = schema["type"]
    return (declared,) if isinstance(declared, str) else tuple(cast("list[str]", declared))


def properties(schema: Schema) -> Schema:
    return cast("Schema", schema.get("properties", {}))


def allows(schema: Schema, node: Node) -> bool:
    """Whether a collection of this kind may stand there, whatever it holds; a scalar is a value in any place."""
    match node:
        case Mapping():
            return "object" in types(schema)
        case Sequence():
            return "array" in types(schema)
        case Scalar():
            return True
        case _:
            assert_never(node)


def takes_scalars(schema: Schema) -> bool:
    return not {"string", "number", "integer", "boolean"}.isdisjoint(types(schema))


def child_schema(schema: Schema, key: str) -> Schema | None:
    """None: there is no such key."""
    found = properties(schema).get(key, schema.get("additionalProperties"))
    return found if isinstance(found, dict) else None


def all_fields(schema: Schema) -> Schema:
    """Each field of the format but `secrets` and what lies below, whatever it is a field of, by its name."""
    found: Schema = {}
    parts: list[Schema] = [schema]
    while parts:
        part = parts.pop()
        inner = {name: value for name, value in properties(part).items() if name != "secrets"}
        found |= inner
        parts += [
            value for value in (*inner.values(), part.get("additionalProperties")) if isinstance(value, dict)
        ]
    return found


def item_schema(schema: Schema) -> Schema:
    return cast("Schema", schema["items"])


def is_text(schema: Schema) -> bool:
    """Whether a scalar there is the text as it is written; see the `$comment` of the schema."""
    return {"string", "number"} <= set(types(schema))


def title(schema: Schema) -> str:
    return cast("str", schema["title"])


def example(schema: Schema) -> str:
    """As it could be written in a file: JSON is YAML."""
    examples = cast("collections.abc.Sequence[Json]", schema["examples"])
    return json.dumps(examples[0], ensure_ascii=False)
