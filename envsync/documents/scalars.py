"""Which type a plain scalar has: the core schema of YAML 1.2, where `on`, `yes` and `1:30` are text.

See https://yaml.org/spec/1.2.2/#103-core-schema.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envsync.documents.nodes import Scalar

NULLS = frozenset({"", "~", "null", "Null", "NULL"})

_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITY = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NAN = frozenset({".nan", ".NaN", ".NAN"})
_LONGEST_NUMBER = 60  # Python refuses to convert very long ones; nothing in the format comes near


def is_null(scalar: Scalar) -> bool:
    return scalar.plain and scalar.text in NULLS


def resolve(scalar: Scalar) -> str | int | float | bool | None:
    text = scalar.text
    if not scalar.plain:
        return text
    if text in NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    return _number(text)


def _number(text: str) -> str | float:
    if _INFINITY.fullmatch(text):
        return -math.inf if text.startswith("-") else math.inf
    if text in _NAN:
        return math.nan
    bases = ((_DECIMAL, 10), (_OCTAL, 8), (_HEXADECIMAL, 16))
    base = next((base for form, base in bases if form.fullmatch(text)), None)
    if base is None and not _FLOAT.fullmatch(text):
        return text
    if len(text) > _LONGEST_NUMBER:
        return math.inf
    return float(text) if base is None else int(text, base)
