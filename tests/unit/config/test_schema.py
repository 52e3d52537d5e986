"""The schema drives the checks and completes in editors, so it has to be good for both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from envsync.config.schema import file_schema
from envsync.model import Field
from envsync.packaged import schema_text

if TYPE_CHECKING:
    from collections.abc import Iterator

RAW = json.loads(schema_text("environments.schema.json"))


def parts(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield path, value
        for key, item in value.items():
            if key != "examples":
                yield from parts(item, f"{path}/{key}")


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(RAW)
    assert RAW["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert RAW["$id"] == "urn:envsync:schemas:environments:1"


def test_it_has_none_of_the_words_whose_violations_nobody_understands() -> None:
    assert not [path for path, part in parts(RAW) if {"oneOf", "anyOf", "allOf", "not"} & part.keys()]


PROPERTIES = {
    f"{path}/{name}": each for path, part in parts(RAW) for name, each in part.get("properties", {}).items()
}


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_property_is_described_with_examples_that_are_valid(name: str) -> None:
    each = PROPERTIES[name]

    assert each["description"].endswith(".")
    assert each["examples"]
    validator = Draft202012Validator({**each, "$defs": RAW["$defs"]})
    assert not [error.message for example in each["examples"] for error in validator.iter_errors(example)]


def test_an_editor_takes_what_is_taken_as_written() -> None:
    document = {
        "version": 1,
        "name": "p",
        "repositories": ["a/b"],
        "environments": {"x": {"variables": {"PORT": 8080, "V": 1.1, "ON": True, "NONE": None}}},
    }

    assert Draft202012Validator(RAW).is_valid(document)


def test_ignore_names_the_fields_of_the_model() -> None:
    assert RAW["$defs"]["field"]["enum"] == [str(field) for field in Field]


def test_texts_that_are_cut_before_they_are_checked_are_longer_than_any_that_pass() -> None:
    limits = [part["maxLength"] for _, part in parts(RAW) if "maxLength" in part]

    assert max(limits) < 2_000


def test_references_are_replaced() -> None:
    assert "$ref" not in json.dumps(file_schema())
