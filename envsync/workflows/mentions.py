"""Where do a workflow's texts use secrets and variables?"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from envsync.documents.nodes import Mapping, Scalar, Sequence
from envsync.workflows.expression import BadExpression, Embedded, Plain, condition, references, segments
from envsync.workflows.flow import Use, UseKind
from envsync.workflows.places import Places
from envsync.workflows.tree import And, Call, Comparison, Context, Index, Literal, Not, Or, children

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from envsync.documents.nodes import Entry, Node
    from envsync.workflows.expression import Reference
    from envsync.workflows.tree import Expression

_CONTEXTS = {"secrets": UseKind.SECRET, "vars": UseKind.VARIABLE}
# GitHub makes the first; the others switch on logs, and are there for nothing else.
_OF_GITHUB = frozenset({"GITHUB_TOKEN", "ACTIONS_STEP_DEBUG", "ACTIONS_RUNNER_DEBUG"})
_TESTS = frozenset({"contains", "startswith", "endswith"})
_SHELL_TEST = re.compile(r"\s-[nz]\s+[\"']?$")  # what stands before `${{` where a script asks whether there is any
# Of conditions, which are very many in some files: reading each would take seconds.
_ENV = re.compile(r"\benv\s*\.\s*([\w-]+)", re.IGNORECASE)
_CONTEXT = re.compile(r"\w\s*[.\[]")
_QUOTED = re.compile(r"'[^']*'")
_NONE = frozenset[str]()


def uses(
    pieces: Iterable[Node | Entry], lines: tuple[str, ...], tested: AbstractSet[str] = _NONE
) -> Iterator[Use]:
    """In the order of the file; what a duplicate key hides is listed, too.

    `tested`: as `tested_in` has them. Whoever asks whether there is any can do without.
    """
    for piece in pieces:
        match piece:
            case Scalar():
                yield from _of_text(piece, lines)
            case Sequence(items=items):
                yield from uses(items, lines, tested)
            case Mapping(entries=entries, discarded=discarded):
                yield from uses((*entries, *discarded), lines, tested)
            case _ if piece.key.text == "if" and isinstance(piece.value, Scalar):
                yield from _of_condition(piece.value, lines)
            case _ if piece.key.text == "steps" and isinstance(piece.value, Sequence):
                for step in piece.value.items:
                    found = uses([step], lines, tested)
                    sometimes = _may_be_left_out(step)
                    yield from (replace(use, sometimes=True) for use in found) if sometimes else found
            case _ if piece.key.text == "env" and isinstance(piece.value, Mapping):
                for entry in (*piece.value.entries, *piece.value.discarded):
                    needed = entry.key.text.casefold() not in tested
                    found = uses([entry.value], lines)
                    yield from found if needed else (replace(use, needed=False) for use in found)
            case _:
                yield from uses([piece.value], lines, tested)


def tested_in(pieces: Iterable[Node | Entry]) -> Iterator[str]:
    """Of the environment variables that `env` sets, in lower case, those that a condition asks for."""
    for piece in pieces:
        match piece:
            case Scalar():
                pass
            case Sequence(items=items):
                yield from tested_in(items)
            case Mapping(entries=entries, discarded=discarded):
                yield from tested_in((*entries, *discarded))
            case _ if piece.key.text == "if" and isinstance(piece.value, Scalar):
                yield from (found[1].casefold() for found in _ENV.finditer(piece.value.text))
            case _:
                yield from tested_in([piece.value])


def _may_be_left_out(step: Node) -> bool:
    """By a condition that asks for more than whether others failed."""
    asked = step.get("if") if isinstance(step, Mapping) else None
    return isinstance(asked, Scalar) and bool(_CONTEXT.search(_QUOTED.sub("", asked.text)))


def is_secret(node: Node, name: str) -> bool:
    """Is this the secret of that name, and nothing else?"""
    match segments(node.text) if isinstance(node, Scalar) else ():
        case (Embedded(expression=(Context() | Index()) as alone),):
            found = [(each.context, *(key and key.upper() for key in each.path)) for each in references(alone)]
            return found == [("secrets", name.upper())]
        case _:
            return False


def _of_text(scalar: Scalar, lines: tuple[str, ...]) -> Iterator[Use]:
    if "${{" not in scalar.text or not _may_use(scalar.text):
        return
    places = Places(scalar, lines)
    found: list[Use] = []
    tested: set[str | None] = set()
    before = ""
    for segment in segments(scalar.text):
        if isinstance(segment, Plain):
            before = segment.text
            continue
        places.find("${{")
        own = list(_of_expression(segment.expression, scalar, places, tested=False))
        tested.update(use.name for use in own if _SHELL_TEST.search(before))
        found += own
        before = ""
    yield from (replace(use, needed=False) if use.name in tested else use for use in found)


def _of_condition(scalar: Scalar, lines: tuple[str, ...]) -> Iterator[Use]:
    """A condition asks whether something is there: nothing is amiss where it is not."""
    if _may_use(scalar.text):
        yield from _of_expression(condition(scalar.text), scalar, Places(scalar, lines), tested=True)


def _may_use(text: str) -> bool:
    """Reading an expression takes a hundred times as long."""
    folded = text.casefold()
    return any(name in folded for name in _CONTEXTS)


def _of_expression(
    expression: Expression | BadExpression, scalar: Scalar, places: Places, *, tested: bool
) -> Iterator[Use]:
    if isinstance(expression, BadExpression):
        text = scalar.text.casefold()
        yield from (Use(kind, None, scalar.span, needed=False) for name, kind in _CONTEXTS.items() if name in text)
        return
    for reference, needed in _references(expression, tested=tested):
        kind = _CONTEXTS.get(reference.context)
        name = reference.path[0].upper() if reference.path and reference.path[0] is not None else None
        if kind and name not in _OF_GITHUB:
            span = places.find(scalar.text[reference.offset : reference.offset + reference.length])
            yield Use(kind, name, span, needed=needed)


def _references(expression: Expression, *, tested: bool) -> Iterator[tuple[Reference, bool]]:
    """From left to right, and whether something is amiss where there is no such value."""
    if isinstance(expression, Literal | Context | Index):
        yield from ((each, not tested) for each in references(expression))
        return
    inside = children(expression)
    for number, child in enumerate(inside, 1):
        match expression:
            case Not() | Comparison():
                here = True
            case And():
                here = tested or number < len(inside)
            case Or():
                here = tested or number < len(inside) or any(_is_use(each) for each in inside[:-1])
            case Call(function=function):
                here = tested or function in _TESTS
            case _:
                assert_never(expression)
        yield from _references(child, tested=here)


def _is_use(expression: Expression) -> bool:
    """A fallback for it is one for what it falls back to: one of the two is there."""
    return isinstance(expression, Context | Index) and any(
        each.context in _CONTEXTS for each in references(expression)
    )
