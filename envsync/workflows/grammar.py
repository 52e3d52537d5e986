"""Words -> the tree of an expression.

docs.github.com, "Evaluate expressions in workflows and actions", "Operators": the table goes from what binds
tightest to what binds least, as GitHub's open-source runner (actions/runner, `Token.Precedence`) does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.workflows.coercion import parsed_number
from envsync.workflows.kinds import MOST_NESTED, Boolean, Null, Number, Text
from envsync.workflows.tokens import NotAnExpression, Token, TokenKind, tokens
from envsync.workflows.tree import (
    And,
    Call,
    Comparator,
    Comparison,
    Context,
    Index,
    Literal,
    Not,
    Or,
    Star,
    children,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.workflows.kinds import Primitive
    from envsync.workflows.tree import Expression

_OR, _AND = 1, 2
_BINDING = {"||": _OR, "&&": _AND, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4}
_WORDS: Mapping[str, Primitive] = {
    "null": Null(),
    "true": Boolean(value=True),
    "false": Boolean(value=False),
    "NaN": Number(parsed_number("NaN")),
    "Infinity": Number(parsed_number("Infinity")),
}
_LONGEST_SHOWN = 40
_TOO_DEEP = f"it is nested deeper than the {MOST_NESTED} levels that GitHub takes"


def parsed(text: str, at: int) -> Expression:
    """Raises `NotAnExpression`. Offsets in the tree are `at` too large, those in the exception are not."""
    parser = _Parser(tuple(tokens(text)), len(text), at)
    expression = parser.whole()
    if _height(expression) > MOST_NESTED:
        raise NotAnExpression(0, _TOO_DEEP)
    return expression


def _height(expression: Expression) -> int:
    level: tuple[Expression, ...] = (expression,)
    height = 0
    while level:
        level = tuple(child for node in level for child in children(node))
        height += 1
    return height


class _Parser:
    def __init__(self, words: tuple[Token, ...], length: int, at: int) -> None:
        self._words = words
        self._length = length
        self._at = at
        self._next = 0
        self._depth = 0  # of brackets, which Python's stack has to hold

    def whole(self) -> Expression:
        if not self._words:
            raise NotAnExpression(0, "there is no expression")
        expression = self._binary(_OR)
        if self._peek() is not None:
            raise self._unexpected()
        return expression

    def _binary(self, least: int) -> Expression:
        """Of operators that bind at least that tightly."""
        left = self._unary()
        while (binding := _BINDING.get(operator := self._symbol(), 0)) >= least:
            operands = [left]
            while self._taken(operator):
                operands.append(self._binary(binding + 1))
                if binding > _AND:
                    break
            left = _joined(operator, tuple(operands))
        return left

    def _unary(self) -> Expression:
        negations = 0
        while self._taken("!"):
            negations += 1
        operand = self._indexed(self._primary())
        for _ in range(negations):
            operand = Not(operand)
        return operand

    def _indexed(self, of: Expression) -> Expression:
        node = of
        while not isinstance(node, Literal):
            if self._taken("."):
                by: Expression | Star = Star() if self._taken("*") else Literal(Text(self._name()))
            elif self._taken("["):
                by = self._star_or_inner()
                self._closed("]")
            else:
                break
            node = Index(node, by, self._end())
        return node

    def _star_or_inner(self) -> Expression | Star:
        return Star() if self._taken("*") else self._inner()

    def _primary(self) -> Expression:
        word = self._peek()
        if word is None or word.kind is TokenKind.SYMBOL:
            return self._group()
        self._next += 1
        match word.kind:
            case TokenKind.NUMBER:
                return Literal(Number(parsed_number(word.text)))
            case TokenKind.TEXT:
                return Literal(Text(word.text[1:-1].replace("''", "'")))
            case TokenKind.NAME if word.text in _WORDS:
                return Literal(_WORDS[word.text])
            case _:
                return self._call(word) if self._taken("(") else self._context(word)

    def _group(self) -> Expression:
        if not self._taken("("):
            raise self._unexpected()
        inner = self._inner()
        self._closed(")")
        return inner

    def _context(self, word: Token) -> Context:
        return Context(word.text.lower(), self._at + word.offset, self._end())

    def _call(self, word: Token) -> Call:
        arguments: list[Expression] = []
        if not self._taken(")"):
            arguments.append(self._inner())
            while self._taken(","):
                arguments.append(self._inner())
            self._closed(")")
        return Call(word.text.lower(), tuple(arguments))

    def _inner(self) -> Expression:
        if self._depth >= MOST_NESTED:
            raise NotAnExpression(0, _TOO_DEEP)
        self._depth += 1
        expression = self._binary(_OR)
        self._depth -= 1
        return expression

    def _peek(self) -> Token | None:
        return self._words[self._next] if self._next < len(self._words) else None

    def _symbol(self) -> str:
        word = self._peek()
        return word.text if word and word.kind is TokenKind.SYMBOL else ""

    def _taken(self, symbol: str) -> bool:
        """Whether it comes next. If so, it is passed."""
        found = self._symbol() == symbol
        self._next += found
        return found

    def _closed(self, symbol: str) -> None:
        if not self._taken(symbol):
            raise self._unexpected(f", where `{symbol}` is missing")

    def _name(self) -> str:
        word = self._peek()
        if word is None or word.kind is not TokenKind.NAME:
            raise self._unexpected(", where a name is missing")
        self._next += 1
        return word.text

    def _end(self) -> int:
        """Of what was read last."""
        return self._at + self._words[self._next - 1].end

    def _unexpected(self, expected: str = "") -> NotAnExpression:
        word = self._peek()
        if word is None:
            return NotAnExpression(self._length, f"it ends too early{expected}")
        shown = word.text if len(word.text) <= _LONGEST_SHOWN else f"{word.text[:_LONGEST_SHOWN]}…"
        return NotAnExpression(word.offset, f"`{shown}` cannot stand here{expected}")


def _joined(operator: str, operands: tuple[Expression, ...]) -> Expression:
    match operator:
        case "||":
            return Or(operands)
        case "&&":
            return And(operands)
        case _:
            left, right = operands
            return Comparison(Comparator(operator), left, right)
