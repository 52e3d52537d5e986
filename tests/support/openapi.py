"""Whether an exchange is one that GitHub's OpenAPI description (tests/contract/github-openapi.json) knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from jsonschema import FormatChecker
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry, Specification

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

    from envsync.sandbox import Exchange

_DOCUMENT: Final = "urn:github"
_FILE: Final = Path(__file__).parents[1] / "contract" / "github-openapi.json"
_BASIC_ERROR: Final = "/components/schemas/basic-error"
_VALIDATION_ERROR: Final = "/components/schemas/validation-error"
# Real answers carry it and other clients send it; the description leaves it out.
_EXTRA_KEYS: Final = {"repos/create-or-update-environment": frozenset({"can_admins_bypass"})}
_REDIRECTS: Final = {301, 307}  # of a renamed repository; described for some operations, done for all
_EMPTY: Final = {204, 303, 304}
_REST: Final = "{path}"  # of a file: as published, the description says that slashes may stand in it


class ContractError(AssertionError):
    """An exchange that GitHub's description does not allow."""


@dataclass(frozen=True, slots=True)
class _Operation:
    pointer: str  # into the document
    content: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.content["operationId"])


def check_exchange(exchange: Exchange) -> None:
    """Raises ContractError unless both the request and its answer are described."""
    check_request(exchange)
    check_answer(exchange)


def check_request(exchange: Exchange) -> None:
    operation = _operation(exchange)
    unknown = exchange.query.keys() - _query_names(operation.id, operation.pointer)
    if unknown:
        raise _error(exchange, f"{operation.id} has no query parameters {sorted(unknown)}")
    body = exchange.request
    described = operation.content.get("requestBody")
    if described is None:
        if body is not None:
            raise _error(exchange, f"{operation.id} takes no body")
        return
    if body is None and not described.get("required"):
        return
    if isinstance(body, Mapping):
        body = {key: value for key, value in body.items() if key not in _EXTRA_KEYS.get(operation.id, ())}
    _validate(exchange, "request", f"{operation.pointer}/requestBody/content/application~1json/schema", body)


def check_answer(exchange: Exchange) -> None:
    """The answer alone, for tests that ask what nobody should."""
    operation = _operation(exchange)
    if exchange.fault is not None and exchange.status >= 500:
        return  # comes from GitHub's proxies, which no description covers
    pointer = _answer_schema(exchange, operation)
    if pointer is None:
        if exchange.response is not None:
            raise _error(exchange, f"the answer to {operation.id} has a body")
        return
    if exchange.response_headers.get("content-type") != "application/json; charset=utf-8":
        raise _error(exchange, f"the answer to {operation.id} is not declared as JSON")
    _validate(exchange, "answer", pointer, exchange.response)


def _answer_schema(exchange: Exchange, operation: _Operation) -> str | None:
    """Where the schema of the answer is; None if it has to be empty."""
    status = exchange.status
    if status in _EMPTY:
        if status != 304 and str(status) not in operation.content["responses"]:
            raise _error(exchange, f"{operation.id} does not answer {status}")
        return None
    described, pointer = _resolved(f"{operation.pointer}/responses/{status}")
    if described is not None and "application/json" in described.get("content", {}):
        return f"{pointer}/content/application~1json/schema"
    if status < 400 and status not in _REDIRECTS:
        raise _error(exchange, f"{operation.id} does not answer {status}")
    detailed = isinstance(exchange.response, Mapping) and "errors" in exchange.response
    return _VALIDATION_ERROR if status == 422 and detailed else _BASIC_ERROR


def operation_id(exchange: Exchange) -> str:
    return _operation(exchange).id


def operation_ids() -> set[str]:
    return {operation["operationId"] for item in _document()["paths"].values() for operation in item.values()}


# --- operations --------------------------------------------------------------------------------------------


def _operation(exchange: Exchange) -> _Operation:
    segments = exchange.path.removeprefix("/api/v3").strip("/").split("/")
    if segments[0] == "repositories":
        segments = ["repos", "owner", "repo", *segments[2:]]  # another name for the same operations
    fitting = [path for path in _document()["paths"] if _fits(path, segments)]
    # A literal segment goes before a variable one, as in `secrets/public-key`.
    for path in sorted(fitting, key=lambda path: path.count("{")):
        content = _document()["paths"][path].get(exchange.method.lower())
        if content is not None:
            return _Operation(f"/paths/{_escaped(path)}/{exchange.method.lower()}", content)
    raise _error(exchange, "no operation is described for it")


def _fits(path: str, segments: list[str]) -> bool:
    pattern = path.strip("/").split("/")
    if pattern[-1] == _REST and len(segments) > len(pattern):
        segments = [*segments[: len(pattern) - 1], "/".join(segments[len(pattern) - 1 :])]
    return len(pattern) == len(segments) and all(
        (part.startswith("{") and segment) or part == segment
        for part, segment in zip(pattern, segments, strict=True)
    )


@cache
def _query_names(_id: str, pointer: str) -> frozenset[str]:
    parameters, _ = _resolved(pointer)
    found = (_resolved_value(one) for one in (parameters or {}).get("parameters", []))
    return frozenset(one["name"] for one in found if one["in"] == "query")


# --- schemas -----------------------------------------------------------------------------------------------


def _validate(exchange: Exchange, what: str, pointer: str, instance: Any) -> None:
    errors = sorted(_validator(pointer).iter_errors(instance), key=lambda error: list(map(str, error.path)))
    if errors:
        found = "; ".join(f"{error.json_path}: {error.message[:300]}" for error in errors[:5])
        raise _error(exchange, f"the {what} is not as described: {found}")


@cache
def _validator(pointer: str) -> Validator:
    # Opaque: a property that is called `id` is no identifier.
    resource = Specification.OPAQUE.create_resource(_document())
    validator: Validator = OAS30Validator(
        {"$ref": f"{_DOCUMENT}#{pointer}"},
        registry=Registry().with_resource(_DOCUMENT, resource),
        format_checker=_formats(),
    )
    return validator


@cache
def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())
    checker.checkers = {**oas30_format_checker.checkers, **FormatChecker().checkers}

    def is_uri(value: object) -> bool:
        return not isinstance(value, str) or bool(urlsplit(value).scheme)

    checker.checkers["uri"] = (is_uri, ())
    return checker


@cache
def _document() -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return document


def _escaped(segment: str) -> str:
    return segment.replace("~", "~0").replace("/", "~1")


def _at(pointer: str) -> Mapping[str, Any] | None:
    value: Any = _document()
    for segment in pointer.strip("/").split("/"):
        value = value.get(segment.replace("~1", "/").replace("~0", "~"))
        if value is None:
            return None
    found: Mapping[str, Any] = value
    return found


def _resolved(pointer: str) -> tuple[Mapping[str, Any] | None, str]:
    value = _at(pointer)
    while value is not None and "$ref" in value:
        pointer = value["$ref"].removeprefix("#")
        value = _at(pointer)
    return value, pointer


def _resolved_value(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in value:
        return value
    found, _ = _resolved(value["$ref"].removeprefix("#"))
    assert found is not None
    return found


def _error(exchange: Exchange, problem: str) -> ContractError:
    return ContractError(f"{exchange.method} {exchange.path} -> {exchange.status}: {problem}")
