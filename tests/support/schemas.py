"""JSON that a command printed, held against the schema that users are promised."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

_FOLDER = Path(__file__).parents[2] / "schemas"


@cache
def _validator(name: str) -> Draft202012Validator:
    schemas = {path.name.split(".")[0]: json.loads(path.read_text()) for path in _FOLDER.glob("*.json")}
    resources = [Resource.from_contents(schema) for schema in schemas.values()]
    registry: Registry[Any] = Registry().with_resources((each.id() or "", each) for each in resources)
    return Draft202012Validator(schemas[name], registry=registry)


def check(name: str, text: str) -> Any:
    document = json.loads(text)
    _validator(name).validate(document)
    return document
