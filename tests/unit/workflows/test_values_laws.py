"""Nothing that can come of an expression in a run is left out of what is said to be possible."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from hypothesis import assume, given
from hypothesis import strategies as st

from envsync.workflows.expression import BadExpression, parse
from envsync.workflows.kinds import Boolean, Fields, Items, Null, Number, OneOf, Text, one_of
from envsync.workflows.values import Scope, possible, truths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.workflows.kinds import Value

PRIMITIVES: st.SearchStrategy[Value] = st.sampled_from(
    [Null(), Boolean(value=True), Boolean(value=False), Number(0), *map(Text, ("", "a", "A", "b", "1", "false"))]
)
OBJECTS = st.builds(lambda x, y: Fields((("x", x), ("Y", y))), PRIMITIVES, PRIMITIVES)
LISTS = st.lists(PRIMITIVES, max_size=2).map(lambda items: Items(tuple(items)))
ANYTHING = PRIMITIVES | OBJECTS | LISTS
SEVERAL = st.lists(PRIMITIVES, min_size=1, max_size=3).map(one_of)
CONTEXTS = st.fixed_dictionaries(
    {
        "inputs": st.builds(lambda x, y: Fields((("x", x), ("y", y))), SEVERAL, SEVERAL),
        "matrix": st.lists(OBJECTS | LISTS, min_size=1, max_size=3).map(one_of),
    }
)

LEAVES = st.sampled_from(
    [
        "null",
        "true",
        "0",
        "''",
        "'a'",
        "'{0}'",
        """fromJSON('{"a": "x", "b": [1, "a"]}')""",
        "inputs.x",
        "inputs.Y",
        "INPUTS['X']",
        "inputs",
        "matrix",
        "matrix.x",
        "matrix.*",
        "matrix[0]",
        "github",
        "github.x",
        "github.*.x",
        "success()",
        "always()",
    ]
)


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    forms = [
        "({0} == {1})",
        "({0} != {1})",
        "({0} < {1})",
        "({0} >= {1})",
        "({0} && {1})",
        "({0} || {1})",
        "({0} && {1} || {0})",
        "({0} && 'yes' || 'no')",
        "!({0})",
        "format('{{{{{{0}}-{{1}}', {0}, {1})",
        "format({0}, {1})",
        "contains({0}, {1})",
        "startsWith({0}, {1})",
        "endsWith({0}, {1})",
        "join({0}, {1})",
        "fromJSON({0})",
        "(fromJSON({0} || 'true') && 'yes' || 'no')",
        "((github || {0}).x && 'yes' || 'no')",
        "fromJSON(toJSON({0}))",
        "toJSON({0})",
        "case({0}, {1}, {1}, 'c', {0})",
        'fromJSON(\'{{"a": "x", "b": [1, "a"]}}\')[{0}]',
        "inputs[{0}]",
        "({0} || {1}).x",
        "({0} || {1}).*.x",
        "({0} && {1})[0]",
    ]
    return st.builds(lambda form, one, other: form.format(one, other), st.sampled_from(forms), inner, inner)


def _is_good(text: str) -> bool:
    return not isinstance(parse(text), BadExpression)


EXPRESSIONS = st.recursive(LEAVES, _combined, max_leaves=5).filter(_is_good)


def runs(value: Value) -> Iterator[Value]:
    """Every way in which what is known of a context can turn out."""
    match value:
        case OneOf(alternatives=alternatives):
            for each in alternatives:
                yield from runs(each)
        case Fields(entries=entries):
            names = [name for name, _ in entries]
            for found in product(*(tuple(runs(each)) for _, each in entries)):
                yield Fields(tuple(zip(names, found, strict=True)))
        case _:
            yield value


def scopes(contexts: dict[str, Value], github: Value) -> Iterator[Scope]:
    names = list(contexts)
    for found in product(*(tuple(runs(each)) for each in contexts.values())):
        for success in (True, False):
            yield Scope({**dict(zip(names, found, strict=True)), "github": github}, {"success": success})


@given(st.lists(EXPRESSIONS, min_size=1, max_size=2), CONTEXTS, ANYTHING)
def test_whatever_a_run_comes_to_is_possible(
    expressions: list[str], contexts: dict[str, Value], github: Value
) -> None:
    text = "-".join(f"${{{{ {each} }}}}" for each in expressions)
    said = possible(text, Scope(contexts))

    for scope in scopes(contexts, github):
        there = possible(text, scope)
        assert there.texts <= said.texts or said.unknown, (text, scope, there, said)


@given(EXPRESSIONS, CONTEXTS, ANYTHING)
def test_whatever_the_condition_of_a_run_is_is_possible(
    expression: str, contexts: dict[str, Value], github: Value
) -> None:
    parsed = parse(expression)
    assert not isinstance(parsed, BadExpression)
    said = truths(parsed, Scope(contexts))

    for scope in scopes(contexts, github):
        there = truths(parsed, scope)
        assert there <= said or len(there) > 1


@given(EXPRESSIONS.filter(lambda text: "github" not in text), CONTEXTS)
def test_what_is_no_text_in_a_run_is_not_passed_over(expression: str, contexts: dict[str, Value]) -> None:
    text = f"${{{{ {expression} }}}}"
    said = possible(text, Scope(contexts))

    assert said.unknown or not any(possible(text, scope).unknown for scope in scopes(contexts, Null()))


@given(EXPRESSIONS, CONTEXTS)
def test_each_text_that_is_possible_comes_of_some_run(expression: str, contexts: dict[str, Value]) -> None:
    assume("github" not in expression)
    text = f"${{{{ {expression} }}}}"

    there = [possible(text, scope).texts for scope in scopes(contexts, Null())]
    assert possible(text, Scope(contexts)).texts <= frozenset[str]().union(*there)
