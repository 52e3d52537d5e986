"""What does an expression come to, one way of many?

docs.github.com, "Evaluate expressions in workflows and actions"; what `&&`, `||`, `!` and indexes give is as
GitHub's open-source runner (actions/runner, `Expressions/Sdk/Operators`) has it.
"""

from __future__ import annotations

import math
from itertools import takewhile
from typing import TYPE_CHECKING, assert_never

from envsync.workflows.coercion import as_number, as_text, equal, less, truthy
from envsync.workflows.functions import call
from envsync.workflows.ignoring_case import folded
from envsync.workflows.kinds import Boolean, Fields, Items, Null, Text, Unknown, alternatives_of, forgetful
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
    chain,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from envsync.workflows.choices import Choices
    from envsync.workflows.effort import Effort
    from envsync.workflows.kinds import Value
    from envsync.workflows.tree import Expression

_STATUS = frozenset({"success", "failure", "cancelled"})
_LONGEST_NAMED = 80
_LETTERS = 32  # of a text that a function reads in one step


class Evaluator:
    """Decides by `choices` what `contexts` leave open, the same thing always in the same way.

    What it is asked for raises `Exhausted` when the effort is spent.
    """

    def __init__(
        self, contexts: Mapping[str, Value], statuses: Mapping[str, bool], choices: Choices, effort: Effort
    ) -> None:
        self._contexts = contexts
        self._statuses = statuses
        self._choices = choices
        self._effort = effort

    def value(self, node: Expression) -> Value:
        """There is no `OneOf` left in it, however deep."""
        self._effort.spend()
        match node:
            case Literal(value=value):
                return value
            case Context() | Index():
                return self._referred(node)
            case Not(operand=operand):
                return Boolean(not self.truth(operand))
            case Comparison():
                return Boolean(self._compared(node))
            case And(operands=operands):
                return self._first(operands, until=False)
            case Or(operands=operands):
                return self._first(operands, until=True)
            case Call():
                return self._called(node)
            case _:
                assert_never(node)

    def truth(self, node: Expression) -> bool:
        return self._true(node, self.value(node))

    def _true(self, node: Expression, value: Value) -> bool:
        known = truthy(value)
        return self._either(("true", node)) if known is None else known

    def _either(self, question: tuple[str, Expression]) -> bool:
        return self._choices.pick(question, 2) == 0

    def _first(self, operands: tuple[Expression, ...], *, until: bool) -> Value:
        """The first that is `until`, or the last."""
        *others, last = operands
        for operand in others:
            value = self.value(operand)
            if self._true(operand, value) is until:
                return Unknown(value.reason, until) if isinstance(value, Unknown) else value
        return self.value(last)

    def _compared(self, node: Comparison) -> bool:
        left, right = self.value(node.left), self.value(node.right)
        self._effort.spend(_weight(left) + _weight(right))
        match node.comparator:
            case Comparator.EQUAL:
                return self._equal(node, left, right)
            case Comparator.NOT_EQUAL:
                return not self._equal(node, left, right)
            case Comparator.LESS:
                known = less(left, right)
            case Comparator.GREATER:
                known = less(right, left)
            case Comparator.LESS_OR_EQUAL:
                known = less(left, right) or equal(left, right)
            case Comparator.GREATER_OR_EQUAL:
                known = less(right, left) or equal(left, right)
            case _:
                assert_never(node.comparator)
        return self._either(("true", node)) if known is None else known

    def _equal(self, node: Comparison, left: Value, right: Value) -> bool:
        """Also for `!=`: where `a == b` holds, `a != b` does not."""
        known = equal(left, right)
        question = Comparison(Comparator.EQUAL, node.left, node.right)
        return self._either(("true", question)) if known is None else known

    def _called(self, node: Call) -> Value:
        if node.function == "case":
            return self._case(node)
        if node.function == "always" and not node.arguments:
            return Boolean(value=True)
        if node.function in _STATUS and not node.arguments:
            known = self._statuses.get(node.function)
            return Boolean(self._either(("true", node)) if known is None else known)
        arguments = [forgetful(self.value(each)) for each in node.arguments]
        self._effort.spend(sum(map(_weight, arguments)))
        value = call(node.function, arguments)
        return Boolean(self._either(("true", node))) if value is None else value

    def _case(self, node: Call) -> Value:
        *pairs, default = node.arguments or (Literal(Null()),)
        if not pairs or len(pairs) % 2:
            return Unknown(f"case() does not take {len(node.arguments)} arguments")
        for predicate, result in zip(pairs[::2], pairs[1::2], strict=True):
            value = self.value(predicate)
            if not isinstance(value, Boolean | Unknown):
                return Unknown("case() is given a condition that is neither true nor false")
            if self._true(predicate, value):
                return self.value(result)
        return self.value(default)

    def _referred(self, node: Context | Index) -> Value:
        root, keys = chain(node)
        names = _leading_names(keys) if isinstance(root, Context) else ()
        value = self._looked_up(root.name, names) if isinstance(root, Context) else forgetful(self.value(root))
        for depth, key in enumerate(keys[len(names) :]):
            value = _filtered(value) if isinstance(key, Star) else self._at((depth, node), value, self.value(key))
        return value

    def _at(self, place: Hashable, value: Value, key: Value) -> Value:
        match key, value:
            case Unknown(), Fields() | Items(filtered=False):
                might = tuple(dict.fromkeys((*_contents(value), Null())))
                return might[self._choices.pick(place, len(might))]
            case _:
                return _at(value, key)

    def _looked_up(self, context: str, names: tuple[str, ...]) -> Value:
        named = ".".join((context, *names))
        run = Unknown(f"{named if len(named) <= _LONGEST_NAMED else context} is known only in a run")
        place: tuple[str, ...] = (context,)
        value = self._picked(place, self._contexts.get(context, run))
        for name in names:
            place = (*place, folded(name))
            value = self._picked(place, _at(value, Text(name)))
        return self._settled(place, value, run)

    def _picked(self, place: tuple[str, ...], value: Value) -> Value:
        alternatives = alternatives_of(value)
        return alternatives[self._choices.pick(place, len(alternatives)) if len(alternatives) > 1 else 0]

    def _settled(self, place: tuple[str, ...], value: Value, run: Unknown) -> Value:
        settled = self._picked(place, value)
        self._effort.spend(_weight(settled))
        match settled:
            case Unknown():
                return run if settled.reason is None else settled
            case Fields(entries=entries, others=others):
                fields = tuple((name, self._settled((*place, folded(name)), each, run)) for name, each in entries)
                return Fields(fields, run if others and others.reason is None else others)
            case Items(items=items):
                numbered = enumerate(items)
                return Items(tuple(self._settled((*place, str(index)), each, run) for index, each in numbered))
            case _:
                return settled


def _weight(value: Value) -> int:
    """How much there is of it to go through; what is within it counts for itself."""
    match value:
        case Text(value=text):
            return len(text) // _LETTERS
        case Items(items=within) | Fields(entries=within):
            return len(within)
        case _:
            return 0


def _leading_names(keys: tuple[Expression | Star, ...]) -> tuple[str, ...]:
    """What every run looks up in the same way."""
    literals = takewhile(lambda key: isinstance(key, Literal), keys)
    return tuple(as_text(key.value) or "" for key in literals if isinstance(key, Literal))


def _at(value: Value, key: Value) -> Value:
    match value:
        case Unknown():
            return value
        case Items(items=items, filtered=True):
            return _each_at(items, key)
        case _:
            found = _found(value, key)
            return Null() if found is None else found


def _each_at(items: tuple[Value, ...], key: Value) -> Value:
    unknown = next((each for each in (key, *items) if isinstance(each, Unknown)), None)
    found = (_found(each, key) for each in items)
    return unknown or Items(tuple(each for each in found if each is not None), filtered=True)


def _found(value: Value, key: Value) -> Value | None:
    """None: nothing is there."""
    match value:
        case Fields():
            name = None if isinstance(key, Fields | Items) else as_text(key)
            return None if name is None else value.get(name)
        case Items(items=items):
            index = as_number(key)
            return items[math.floor(index)] if 0 <= index < len(items) else None
        case _:
            return None


def _filtered(value: Value) -> Value:
    match value:
        case Unknown():
            return value
        case Items(items=items, filtered=True):
            unknown = next((each for each in items if isinstance(each, Unknown)), None)
            return unknown or Items(tuple(inner for each in items for inner in _contents(each)), filtered=True)
        case _:
            return Items(_contents(value), filtered=True)


def _contents(value: Value) -> tuple[Value, ...]:
    match value:
        case Fields(entries=entries, others=others):
            return (*(each for _, each in entries), *((others,) if others else ()))
        case Items(items=items):
            return items
        case _:
            return ()
