"""State as JSON and back. Reading is strict: what is not of the right type is reported by its place."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Mapping

_T = TypeVar("_T")


class Damaged(ValueError):  # noqa: N818 - what the text is
    """The text is not the state that it should be. The message says where and why."""


def encode(value: object) -> str:
    """One property a line, for people to read and to compare."""
    return json.dumps(value, default=_fields_of, indent=1, ensure_ascii=True) + "\n"


def decode(kind: type[_T], text: str) -> _T:
    try:
        data = json.loads(text)
    except RecursionError:
        raise Damaged("it is nested too deeply") from None
    except ValueError as error:
        raise Damaged(f"it is not JSON: {error}") from None
    return cast("_T", _decode(kind, data, ""))


def _fields_of(value: object) -> dict[str, object]:
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is not written")
    return {one.name: getattr(value, one.name) for one in fields(value)}


def _decode(kind: object, data: object, where: str) -> object:
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _decode_fields(kind, data, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _one_of({member.value: member for member in kind}, data, where)
    if origin is Literal:
        return _one_of({value: value for value in arguments}, data, where)
    if origin in (UnionType, Union):  # the second one where a Literal is part of it
        (present,) = [one for one in arguments if one is not NoneType]
        return None if data is None else _decode(present, data, where)
    if origin is list and isinstance(data, list):
        return [_decode(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(data)]
    if origin is dict and isinstance(data, dict):
        return {_key(arguments[0], key, where): _decode(arguments[1], data[key], f"{where}.{key}") for key in data}
    if isinstance(kind, type) and type(data) is kind:  # a bool is no int here
        return data
    raise Damaged(f"{where.lstrip('.') or 'it'} is not of the right type")


def _decode_fields(kind: type, data: object, where: str) -> object:
    if not isinstance(data, dict):
        raise Damaged(f"{where.lstrip('.') or 'it'} is not an object")
    types = _types(kind)
    unknown = sorted(data.keys() - types.keys())
    if unknown:
        raise Damaged(f"{f'{where}.{unknown[0]}'.lstrip('.')} is not known")
    for name, (_, required) in types.items():
        if required and name not in data:
            raise Damaged(f"{f'{where}.{name}'.lstrip('.')} is missing")
    decoded: object = kind(**{name: _decode(types[name][0], data[name], f"{where}.{name}") for name in data})
    return decoded


@cache
def _types(kind: type) -> Mapping[str, tuple[object, bool]]:
    """The type of each field, and whether it has to be there."""
    hints = get_type_hints(kind)
    return {
        one.name: (hints[one.name], one.default is MISSING and one.default_factory is MISSING)
        for one in fields(kind)
    }


def _one_of(values: Mapping[object, object], data: object, where: str) -> object:
    if not isinstance(data, str) or data not in values:
        raise Damaged(f"{where.lstrip('.')} is none of {', '.join(map(str, values))}")
    return values[data]


def _key(kind: object, key: str, where: str) -> object:
    if kind is not int:
        return _one_of({value: value for value in get_args(kind)}, key, where) if get_args(kind) else key
    if not (key.isascii() and key.isdecimal()):
        raise Damaged(f"{where.lstrip('.')} has a key that is no number")
    return int(key)
