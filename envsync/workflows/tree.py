"""What an expression consists of: a tree, no deeper than GitHub allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from envsync.workflows.kinds import Primitive


class Comparator(StrEnum):
    EQUAL = "=="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


# Where something stands is no part of what it says: two that say the same are equal.


@dataclass(frozen=True, slots=True)
class Literal:
    value: Primitive


@dataclass(frozen=True, slots=True)
class Context:
    name: str  # lower case
    offset: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Star:
    """`.*` or `[*]`: every item."""


@dataclass(frozen=True, slots=True)
class Index:
    """`of.name`, `of['name']`, `of[by]`, `of.*`."""

    of: Expression
    by: Expression | Star
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    operand: Expression


@dataclass(frozen=True, slots=True)
class Comparison:
    comparator: Comparator
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class And:
    operands: tuple[Expression, ...]  # two or more


@dataclass(frozen=True, slots=True)
class Or:
    operands: tuple[Expression, ...]  # two or more


@dataclass(frozen=True, slots=True)
class Call:
    function: str  # lower case
    arguments: tuple[Expression, ...]


Expression = Literal | Context | Index | Not | Comparison | And | Or | Call


def chain(node: Context | Index) -> tuple[Expression, tuple[Expression | Star, ...]]:
    """What all the indexes of `a.b['c'].*` go into, and they from left to right."""
    root: Expression = node
    keys: list[Expression | Star] = []
    while isinstance(root, Index):
        keys.append(root.by)
        root = root.of
    return root, tuple(reversed(keys))


def children(node: Expression) -> tuple[Expression, ...]:
    """From left to right."""
    match node:
        case Literal() | Context():
            return ()
        case Index(of=of, by=by):
            return (of,) if isinstance(by, Star) else (of, by)
        case Not(operand=operand):
            return (operand,)
        case Comparison(left=left, right=right):
            return left, right
        case And(operands=operands) | Or(operands=operands) | Call(arguments=operands):
            return operands
        case _:
            assert_never(node)
