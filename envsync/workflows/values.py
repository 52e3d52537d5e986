"""What can come of an expression, as far as that is known before a run?

Every way is tried in which what is not decided can be decided: which of its values an input has, which combination
of a matrix a job is, whether `github.ref` is what it is compared to. The same thing is the same wherever it is
mentioned, so that `x == 'a' && 'b' || x` never gives `a`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from envsync.workflows.choices import ways
from envsync.workflows.coercion import as_text
from envsync.workflows.effort import Effort, Exhausted
from envsync.workflows.evaluation import Evaluator
from envsync.workflows.expression import BadExpression, Embedded, Plain, references, segments
from envsync.workflows.functions import text_value
from envsync.workflows.ignoring_case import folded
from envsync.workflows.kinds import Fields, Items, Text, Unknown, alternatives_of, forgetful, one_of
from envsync.workflows.possible import Possible
from envsync.workflows.tree import children

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from envsync.workflows.choices import Choices
    from envsync.workflows.kinds import Value
    from envsync.workflows.tree import Expression

MOST_WAYS = 500
_MOST_WORK = 100_000  # ways times nodes: who writes very long expressions gets fewer ways
LETTERS = 4  # of a text that are read in one step
_TOO_MANY = Unknown("it has too many combinations")

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Scope:
    """What is known where an expression stands. Contexts that are not there are known only in a run.

    A `OneOf` is one choice, made once for each place: two inputs that share one vary on their own.
    """

    contexts: Mapping[str, Value]  # by name in lower case
    statuses: Mapping[str, bool] = field(default_factory=dict)  # what success(), failure() and cancelled() say
    effort: Effort = field(
        default_factory=Effort, compare=False
    )  # what may be tried, here and wherever it is given


def possible(text: str, scope: Scope) -> Possible:
    """Of the text of a YAML scalar, taken for a text: what is none, like a list, is not known."""
    texts: set[str] = set()
    unknown: str | None = None
    for value in alternatives_of(evaluated(text, scope)):
        match value:
            case Unknown():
                unknown = unknown or value.because
            case Items() | Fields():
                unknown = unknown or "it comes to a list or an object, not to a text"
            case _:
                texts.add(as_text(value) or "")
    return Possible(frozenset(texts), unknown)


def evaluated(text: str, scope: Scope) -> Value:
    """Of the text of a YAML scalar: a text, but where a single expression is all of it, whatever that comes to."""
    try:
        scope.effort.spend(len(text) // LETTERS)
    except Exhausted:
        return _TOO_MANY
    match segments(text):
        case (Embedded(expression=expression),):
            return _bad(expression) if isinstance(expression, BadExpression) else value(expression, scope)
        case parts:
            return _joined(parts, scope)


def value(expression: Expression, scope: Scope) -> Value:
    return _any_of(_ways([expression], scope, lambda evaluator: evaluator.value(expression)))


def truths(expression: Expression, scope: Scope) -> frozenset[bool]:
    """Whether it may be true, as an `if` would have it, and whether false."""
    found = frozenset(_ways([expression], scope, lambda evaluator: evaluator.truth(expression)))
    return frozenset({True, False}) if None in found else frozenset(each for each in found if each is not None)


def holds_some_way(expression: Expression, scope: Scope) -> bool:
    """Whether a way was found in which it is true; of too many ways not all are tried."""
    return any(_ways([expression], scope, lambda evaluator: evaluator.truth(expression)))


def _joined(parts: Sequence[Plain | Embedded], scope: Scope) -> Value:
    pieces: list[str | Expression] = []
    for part in parts:
        if isinstance(part, Plain):
            pieces.append(part.text)
        elif isinstance(part.expression, BadExpression):
            return _bad(part.expression)
        else:
            pieces.append(part.expression)
    expressions = [each for each in pieces if not isinstance(each, str)]
    return _any_of(_ways(expressions, scope, lambda evaluator: _in_a_row(pieces, evaluator)))


def _in_a_row(pieces: Sequence[str | Expression], evaluator: Evaluator) -> Value:
    texts: list[str] = []
    for piece in pieces:
        found = Text(piece) if isinstance(piece, str) else evaluator.value(piece)
        if isinstance(found, Unknown):
            return found
        texts.append(as_text(found) or "")
    return text_value(texts)


def _bad(bad: BadExpression) -> Unknown:
    return Unknown(f"its expression is wrong: {bad.why}")


def _any_of(found: Iterable[Value | None]) -> Value:
    """What a value has been taken for on one way is no part of it."""
    values = (_TOO_MANY if each is None else each for each in found)
    return one_of(map(forgetful, values))


def _ways(
    expressions: Sequence[Expression], scope: Scope, made: Callable[[Evaluator], Made]
) -> Iterator[Made | None]:
    """What is made each way; None, at the end: there are more."""
    size = sum(map(_size, expressions))
    most = min(MOST_WAYS, _MOST_WORK // max(1, size))

    def of_one(choices: Choices) -> Made:
        return made(Evaluator(contexts, scope.statuses, choices, scope.effort))

    try:
        scope.effort.spend(size)
        contexts = _narrowed(scope, expressions)
        for number, each in enumerate(ways(of_one), 1):
            yield each if number <= most else None
            if number > most:
                return
    except Exhausted:
        yield None


def _size(expression: Expression) -> int:
    """How many nodes it has."""
    size, left = 0, [expression]
    while left:
        size += 1
        left.extend(children(left.pop()))
    return size


def _narrowed(scope: Scope, expressions: Iterable[Expression]) -> dict[str, Value]:
    """Combinations that differ only in fields that no expression mentions are one."""
    mentioned: dict[str, set[str]] = {}  # by context; the empty name: all of it, or by an expression
    for reference in (each for expression in expressions for each in references(expression)):
        field_ = folded(reference.path[0] or "") if reference.path else ""
        mentioned.setdefault(reference.context, set()).add(field_)
    known = {name: each for name, each in scope.contexts.items() if name in mentioned}
    return {
        name: each
        if "" in mentioned[name]
        else one_of(_only(one, mentioned[name], scope.effort) for one in alternatives_of(each))
        for name, each in known.items()
    }


def _only(known: Value, mentioned: set[str], effort: Effort) -> Value:
    if not isinstance(known, Fields):
        return known
    effort.spend(1 + len(known.entries) // 4)
    entries = tuple((name, each) for name, each in known.entries if folded(name) in mentioned)
    return Fields(entries, known.others)
