"""The words that an expression is made of.

docs.github.com, "Evaluate expressions in workflows and actions"; where that is silent, GitHub's open-source runner
(actions/runner, `LexicalAnalyzer`) says where a word ends.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TYPE_CHECKING

from envsync.workflows.coercion import parsed_number

if TYPE_CHECKING:
    from collections.abc import Iterator


class TokenKind(StrEnum):
    SYMBOL = auto()  # operators and brackets
    NUMBER = auto()
    TEXT = auto()  # its quotes included
    NAME = auto()


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    text: str
    offset: int

    @property
    def end(self) -> int:
        return self.offset + len(self.text)


class NotAnExpression(Exception):  # noqa: N818 - reads as what was found
    def __init__(self, offset: int, why: str) -> None:
        super().__init__(why)
        self.offset = offset
        self.why = why


_SPACE = re.compile(r"\s*")
_SYMBOL = re.compile(r"==|!=|<=|>=|&&|\|\||[!<>()\[\],.*]")
_TEXT = re.compile(r"'(?:[^']|'')*'")
_NUMBER = re.compile(r"[-+.0-9][^\s()\[\],!<>=&|]*")
_NAME = re.compile(r"[^\s()\[\],.!<>=&|]+")
_LEGAL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_BEFORE_A_VALUE = frozenset({"==", "!=", "<=", ">=", "<", ">", "&&", "||", "!", "(", "[", ","})


def tokens(text: str) -> Iterator[Token]:
    """Raises `NotAnExpression` where something is no word at all."""
    offset, wants_value = _after_space(text, 0), True
    while offset < len(text):
        token = _token(text, offset, wants_value=wants_value)
        yield token
        offset = _after_space(text, token.end)
        wants_value = token.kind is TokenKind.SYMBOL and token.text in _BEFORE_A_VALUE


def _after_space(text: str, offset: int) -> int:
    found = _SPACE.match(text, offset)
    return found.end() if found else offset


def _token(text: str, offset: int, *, wants_value: bool) -> Token:
    first = text[offset]
    if first == "'":
        return _matched(_TEXT, TokenKind.TEXT, text, offset, "a quoted text does not end")
    if first in "-+0123456789" or (first == "." and wants_value):
        token = _matched(_NUMBER, TokenKind.NUMBER, text, offset, "")
        if math.isnan(parsed_number(token.text)):
            raise NotAnExpression(offset, "this is no number")
        return token
    if symbol := _SYMBOL.match(text, offset):
        return Token(TokenKind.SYMBOL, symbol.group(), offset)
    token = _matched(_NAME, TokenKind.NAME, text, offset, f"`{first}` is no operator")
    if not _LEGAL_NAME.fullmatch(token.text):
        why = "texts stand in single quotes" if first == '"' else f"`{first}` cannot stand here"
        raise NotAnExpression(offset, why if not _LEGAL_NAME.match(token.text) else "this is no name")
    return token


def _matched(form: re.Pattern[str], kind: TokenKind, text: str, offset: int, otherwise: str) -> Token:
    found = form.match(text, offset)
    if found is None:
        raise NotAnExpression(offset, otherwise)
    return Token(kind, found.group(), offset)
