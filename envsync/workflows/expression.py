"""GitHub's expressions: what stands between `${{` and `}}`, and in an `if`.

docs.github.com, "Evaluate expressions in workflows and actions"; for what it leaves open (how deep, how long,
where `${{` ends), GitHub's open-source runner (actions/runner, `ExpressionParser` and `TemplateReader`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.workflows.coercion import as_text
from envsync.workflows.grammar import parsed
from envsync.workflows.kinds import Text
from envsync.workflows.tokens import NotAnExpression
from envsync.workflows.tree import Call, Context, Index, Literal, Star, chain, children

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.workflows.tree import Expression

LONGEST = 21_000  # characters of an expression

_OPEN, _CLOSE = "${{", "}}"
_INSIDE = re.compile(r"(?:[^'}]|'[^']*'|\}(?!\}))*")
STATUS = frozenset({"success", "failure", "always", "cancelled"})


@dataclass(frozen=True, slots=True)
class BadExpression:
    offset: int
    why: str  # a sentence without its period


@dataclass(frozen=True, slots=True)
class Plain:
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Embedded:
    expression: Expression | BadExpression
    offset: int  # of `${{`
    length: int  # with `${{` and `}}`


@dataclass(frozen=True, slots=True)
class Reference:
    """A use of a context. Names of contexts and of properties mean the same in any case."""

    context: str  # lower case
    path: tuple[str | None, ...]  # as written; None: `*`, or chosen by an expression
    offset: int
    length: int


def parse(text: str, at: int = 0) -> Expression | BadExpression:
    """`at`: where the text stands in a longer one, which offsets count from."""
    if len(text) > LONGEST:
        return BadExpression(at, f"it is longer than the {LONGEST:,} characters that GitHub takes")
    try:
        return parsed(text, at)
    except NotAnExpression as bad:
        return BadExpression(at + bad.offset, bad.why)


def segments(text: str) -> tuple[Plain | Embedded, ...]:
    """What a scalar's text consists of, offsets counted in it. A `}}` within a quoted text ends nothing."""
    found: list[Plain | Embedded] = []
    offset = 0
    while offset < len(text):
        start = text.find(_OPEN, offset)
        if start != offset:
            stop = len(text) if start < 0 else start
            found.append(Plain(text[offset:stop], offset))
            offset = stop
            continue
        inside = _INSIDE.match(text, start + len(_OPEN))
        end = inside.end() if inside else len(text)
        if not text.startswith(_CLOSE, end):
            return (*found, Embedded(BadExpression(start, "`${{` is not closed"), start, len(text) - start))
        expression = parse(text[start + len(_OPEN) : end], start + len(_OPEN))
        offset = end + len(_CLOSE)
        found.append(Embedded(expression, start, offset - start))
    return tuple(found)


def condition(text: str) -> Expression | BadExpression:
    """Of the text of an `if`, with `${{ }}` or without.

    An empty one is `success()`. Where text stands beside `${{ }}`, GitHub makes one text of all of it, which is
    true whatever it says: so is the expression that comes of it.
    """
    if not text.strip():
        return Call("success", ())
    if _OPEN not in text:
        return parse(text)
    match segments(text):
        case (Embedded(expression=alone),):
            return alone
        case parts:
            return _formatted(parts)


def _formatted(parts: tuple[Plain | Embedded, ...]) -> Expression | BadExpression:
    form = ""
    arguments: list[Expression] = []
    for part in parts:
        if isinstance(part, Plain):
            form += part.text.replace("{", "{{").replace("}", "}}")
        elif isinstance(part.expression, BadExpression):
            return part.expression
        else:
            form += f"{{{len(arguments)}}}"
            arguments.append(part.expression)
    return Call("format", (Literal(Text(form)), *arguments))


def references(expression: Expression) -> Iterator[Reference]:
    """All uses of contexts, those in arguments of functions and in indexes included, from left to right."""
    left: list[Expression] = [expression]
    while left:
        node = left.pop()
        if not isinstance(node, Context | Index):
            left.extend(reversed(children(node)))
            continue
        root, keys = chain(node)
        left.extend(key for key in reversed(keys) if not isinstance(key, Literal | Star))
        if isinstance(root, Context):
            yield Reference(root.name, tuple(map(_static, keys)), root.offset, node.end - root.offset)
        else:
            left.append(root)


def _static(key: Expression | Star) -> str | None:
    return as_text(key.value) if isinstance(key, Literal) else None


def status_functions(expression: Expression) -> frozenset[str]:
    """Which of `success`, `failure`, `always` and `cancelled` it calls."""
    called: set[str] = set()
    left = [expression]
    while left:
        node = left.pop()
        if isinstance(node, Call):
            called.add(node.function)
        left.extend(children(node))
    return STATUS & called
