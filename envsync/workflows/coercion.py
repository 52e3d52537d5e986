"""How GitHub's expressions make one kind of value of another, and compare them.

docs.github.com, "Evaluate expressions in workflows and actions", "Operators" and "Functions"; for what it leaves
open, GitHub's open-source runner (actions/runner, `EvaluationResult` and `ExpressionUtility`).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, assert_never

from envsync.workflows.ignoring_case import folded
from envsync.workflows.kinds import Boolean, Fields, Items, Null, Number, OneOf, Text, Unknown

if TYPE_CHECKING:
    from envsync.workflows.kinds import Value

_DECIMAL = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)
_HEXADECIMAL = re.compile(r"0x([0-9a-fA-F]+)")
_OCTAL = re.compile(r"0o([0-7]+)")
_INFINITIES = {"Infinity": math.inf, "-Infinity": -math.inf}
_SIGN = 1 << 31  # hexadecimal and octal numbers are read into 32 bits, the first of which is the sign


def parsed_number(text: str) -> float:
    """Not a number: what is none. The empty text is 0."""
    stripped = text.strip()
    if not stripped:
        return 0.0
    if _DECIMAL.fullmatch(stripped):
        return float(stripped)
    for form, base in ((_HEXADECIMAL, 16), (_OCTAL, 8)):
        if found := form.fullmatch(stripped):
            bits = int(found[1], base)
            return math.nan if bits >= 2 * _SIGN else float(bits - 2 * _SIGN if bits >= _SIGN else bits)
    return _INFINITIES.get(stripped, math.nan)


def as_number(value: Value) -> float:
    match value:
        case Null():
            return 0.0
        case Boolean(value=flag):
            return float(flag)
        case Number(value=number):
            return number
        case Text(value=text):
            return parsed_number(text)
        case Items() | Fields() | Unknown() | OneOf():
            return math.nan
        case _:
            assert_never(value)


def as_text(value: Value) -> str | None:
    """None: not known."""
    match value:
        case Null():
            return ""
        case Boolean(value=flag):
            return "true" if flag else "false"
        case Number(value=number):
            return _written(number)
        case Text(value=text):
            return text
        case Items():
            return "Array"
        case Fields():
            return "Object"
        case Unknown() | OneOf():
            return None
        case _:
            assert_never(value)


def _written(number: float) -> str:
    """With 15 digits that count, as .NET's format `G15` has it."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return "0" if number == 0 else f"{number:.15G}"


def truthy(value: Value) -> bool | None:
    """None: not known."""
    match value:
        case Null():
            return False
        case Boolean(value=flag):
            return flag
        case Number(value=number):
            return number != 0 and not math.isnan(number)
        case Text(value=text):
            return bool(text)
        case Items() | Fields():
            return True
        case Unknown():
            return value.truthy
        case OneOf():
            return None
        case _:
            assert_never(value)


def equal(left: Value, right: Value) -> bool | None:
    """None: not known. Arrays and objects equal only themselves, and which one a value is nobody keeps."""
    match left, right:
        case (Unknown() | OneOf(), _) | (_, Unknown() | OneOf()) | (Items(), Items()) | (Fields(), Fields()):
            return None
        case Text(value=one), Text(value=other):
            return folded(one) == folded(other)
        case _:
            return as_number(left) == as_number(right)


def less(left: Value, right: Value) -> bool | None:
    """None: not known."""
    match left, right:
        case (Unknown() | OneOf(), _) | (_, Unknown() | OneOf()):
            return None
        case Text(value=one), Text(value=other):
            return folded(one) < folded(other)
        case _:
            return as_number(left) < as_number(right)
