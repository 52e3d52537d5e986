"""The values of GitHub's expressions, and what is not known of them.

docs.github.com, "Evaluate expressions in workflows and actions": null, booleans, numbers, strings, arrays and
objects.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from envsync.workflows.ignoring_case import folded

MOST_NESTED = 50  # GitHub's bound for expressions, and enough for data

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


@dataclass(frozen=True, slots=True)
class Null:
    pass


@dataclass(frozen=True, slots=True)
class Boolean:
    value: bool


@dataclass(frozen=True, slots=True)
class Number:
    value: float  # not a number: always `math.nan`, so that it equals itself


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Items:
    items: tuple[Value, ...]
    filtered: bool = False  # made by `.*`: an index goes into each item


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything. `reason` completes "because ..."; None: what refers to it is known only in a run."""

    reason: str | None = None
    truthy: bool | None = None  # for whoever evaluates: what it has been taken for

    @property
    def because(self) -> str:
        return self.reason or "it is known only in a run"


@dataclass(frozen=True, slots=True)
class Fields:
    """An object. Names of fields are found whatever their case."""

    entries: tuple[tuple[str, Value], ...]
    others: Unknown | None = None  # what fields not listed are; None: null, as of any object

    def get(self, name: str) -> Value | None:
        """None: there is no such field."""
        sought = folded(name)
        return next((value for each, value in self.entries if folded(each) == sought), self.others)


@dataclass(frozen=True, slots=True)
class OneOf:
    alternatives: tuple[Settled, ...]  # two or more, all different


Primitive = Null | Boolean | Number | Text
Settled = Primitive | Items | Fields | Unknown  # no choice left at the top
Value = Settled | OneOf


def one_of(values: Iterable[Value]) -> Value:
    """Any of these, of which there is at least one."""
    alternatives = tuple(dict.fromkeys(each for value in values for each in alternatives_of(value)))
    return alternatives[0] if len(alternatives) == 1 else OneOf(alternatives)


def alternatives_of(value: Value) -> tuple[Settled, ...]:
    return value.alternatives if isinstance(value, OneOf) else (value,)


def forgetful(value: Value) -> Value:
    """Without what it has been taken for: what is made of it, or is within it, may be anything again."""
    return Unknown(value.reason) if isinstance(value, Unknown) else value


def value_of(data: Json, depth: int = 1) -> Settled:
    """Data as JSON and YAML have it."""
    if depth > MOST_NESTED:
        return Unknown("it is nested too deeply")
    match data:
        case None:
            return Null()
        case bool():
            return Boolean(data)
        case int() | float():
            return Number(math.nan if math.isnan(data) else float(data))
        case str():
            return Text(data)
        case Mapping():
            return Fields(tuple((name, value_of(each, depth + 1)) for name, each in data.items()))
        case _:
            return Items(tuple(value_of(each, depth + 1) for each in data))
