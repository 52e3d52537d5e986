"""Which combinations does a job's matrix have?

GitHub: "Running variations of jobs in a workflow", "Workflow syntax for GitHub Actions" (`strategy.matrix`):
what is excluded is so before anything is included; an included object goes into each combination of the original
matrix none of whose values it would overwrite, and is a combination of its own where there is none.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from envsync.workflows.effort import Effort, Exhausted
from envsync.workflows.ignoring_case import folded
from envsync.workflows.kinds import Fields, Items, OneOf, Unknown, alternatives_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envsync.workflows.kinds import Value

MOST = 256  # GitHub runs no more jobs of a matrix
_TOO_MANY = Unknown("its matrix has too many combinations")
_NO_MATRIX = Unknown("its matrix is known only in a run")

_Combination = dict[str, "Value"]  # by name, as GitHub compares names


def combinations(matrix: Value, effort: Effort) -> tuple[Value, ...]:
    """What the context `matrix` may be, in one job each; at least one."""
    found: list[Value] = []
    try:
        for each in alternatives_of(matrix):
            other = each if isinstance(each, Unknown) else _NO_MATRIX
            found += _expanded(each, effort) if isinstance(each, Fields) else [other]
    except Exhausted:
        return (_TOO_MANY,)
    return tuple(dict.fromkeys(found)) if 0 < len(found) <= MOST else (_TOO_MANY if found else _NO_MATRIX,)


def _expanded(matrix: Fields, effort: Effort) -> list[Value]:
    special = {"include", "exclude"}
    axes = {folded(name): _choices(value) for name, value in matrix.entries if name.casefold() not in special}
    if math.prod(len(values) for values in axes.values()) > MOST:
        return [_TOO_MANY]
    rows = [dict(zip(axes, row, strict=True)) for row in itertools.product(*axes.values())] if axes else []
    effort.spend(len(rows))
    for excluded in _objects(matrix.get("exclude")):
        effort.spend(1 + len(rows) // 2)
        if isinstance(excluded, Fields):
            rows = [row for row in rows if _fits(_named(excluded), row) is not True]
    unknown = [matrix.others] if matrix.others else []
    own: list[_Combination] = []
    for included in _objects(matrix.get("include")):
        effort.spend(1 + sum(map(len, rows)) // 2)
        if isinstance(included, Unknown) or included.others:
            unknown.append(included if isinstance(included, Unknown) else included.others or _NO_MATRIX)
            continue
        rows, alone = _with(_named(included), rows, axes.keys())
        own += alone
        if len(rows) + len(own) > MOST:
            return [_TOO_MANY]
    others = unknown[0] if unknown else None
    return [*(Fields(tuple(row.items()), others) for row in (*rows, *own)), *unknown[:1]]


def _with(
    included: _Combination, rows: list[_Combination], axes: Iterable[str]
) -> tuple[list[_Combination], list[_Combination]]:
    """The rows with what goes into them, and what is a combination of its own. Where it is not known: both."""
    asked = {name: included[name] for name in axes if name in included}
    fits = [_fits(asked, row) for row in rows]
    extended = [
        each
        for row, fit in zip(rows, fits, strict=True)
        for each in ([row] if fit is False else [{**row, **included}] if fit else [row, {**row, **included}])
    ]
    return extended, [] if True in fits else [included]


def _fits(asked: _Combination, row: _Combination) -> bool | None:
    """None: not known."""
    answers = [_same(value, row[name]) if name in row else False for name, value in asked.items()]
    return False if False in answers else None if None in answers else True


def _same(one: Value, other: Value) -> bool | None:
    return one == other if _settled(one) and _settled(other) else None


def _settled(value: Value) -> bool:
    match value:
        case OneOf() | Unknown():
            return False
        case Items(items=items):
            return all(_settled(each) for each in items)
        case Fields(entries=entries, others=others):
            return others is None and all(_settled(each) for _, each in entries)
        case _:
            return True


def _named(fields: Fields) -> _Combination:
    return {folded(name): value for name, value in fields.entries}


def _choices(axis: Value) -> list[Value]:
    """What may stand for an axis in a job."""
    found: list[Value] = []
    for each in alternatives_of(axis):
        found += each.items if isinstance(each, Items) else [each if isinstance(each, Unknown) else _NO_MATRIX]
    return found


def _objects(listed: Value | None) -> Iterator[Fields | Unknown]:
    """Of `include` and `exclude`, which may be missing. What is no object, GitHub refuses."""
    for each in alternatives_of(listed) if listed else ():
        items = each.items if isinstance(each, Items) else (each,)
        for item in items:
            yield from (one for one in alternatives_of(item) if isinstance(one, Fields | Unknown))
