from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envsync.workflows.expression import (
    LONGEST,
    BadExpression,
    Embedded,
    Plain,
    Reference,
    condition,
    parse,
    references,
    segments,
    status_functions,
)
from envsync.workflows.kinds import Boolean, Null, Number, Text
from envsync.workflows.tree import (
    And,
    Call,
    Comparator,
    Comparison,
    Context,
    Expression,
    Index,
    Literal,
    Not,
    Or,
    Star,
)

A, B, C = Context("a"), Context("b"), Context("c")


def good(text: str) -> Expression:
    parsed = parse(text)
    assert not isinstance(parsed, BadExpression), parsed
    return parsed


def name(text: str) -> Literal:
    return Literal(Text(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", Null()),
        ("true", Boolean(value=True)),
        ("false", Boolean(value=False)),
        ("711", Number(711)),
        ("-9.2", Number(-9.2)),
        ("+1", Number(1)),
        (".5", Number(0.5)),
        ("0xff", Number(255)),
        ("0xffffffff", Number(-1)),
        ("0o17", Number(15)),
        ("-2.99e-2", Number(-0.0299)),
        ("Infinity", Number(float("inf"))),
        ("-Infinity", Number(float("-inf"))),
        ("'It''s open source!'", Text("It's open source!")),
        ("''", Text("")),
        ("'}} && ('", Text("}} && (")),
        (" 'ü' ", Text("ü")),
    ],
)
def test_literals(text: str, value: Null | Boolean | Number | Text) -> None:
    assert good(text) == Literal(value)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("a.b", Index(A, name("b"))),
        ("a['b c']", Index(A, name("b c"))),
        ("a [ 'b' ] . c", Index(Index(A, name("b")), name("c"))),
        ("a[0]", Index(A, Literal(Number(0)))),
        ("a[b.c]", Index(A, Index(B, name("c")))),
        ("a.*.b", Index(Index(A, Star()), name("b"))),
        ("a[*]", Index(A, Star())),
        ("a.true", Index(A, name("true"))),
        ("a.b-c_1", Index(A, name("b-c_1"))),
        ("A", A),
        ("f()", Call("f", ())),
        ("toJSON (a)", Call("tojson", (A,))),
        ("f(a, 'x').b", Index(Call("f", (A, name("x"))), name("b"))),
        ("(a || b).c", Index(Or((A, B)), name("c"))),
        ("f(.5, a[.5])", Call("f", (Literal(Number(0.5)), Index(A, Literal(Number(0.5)))))),
    ],
)
def test_what_is_referred_to(text: str, expression: Expression) -> None:
    assert good(text) == expression


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("!a", Not(A)),
        ("!!a.b", Not(Not(Index(A, name("b"))))),
        ("!a == b", Comparison(Comparator.EQUAL, Not(A), B)),
        ("a==b", Comparison(Comparator.EQUAL, A, B)),
        ("a != b", Comparison(Comparator.NOT_EQUAL, A, B)),
        ("a < b", Comparison(Comparator.LESS, A, B)),
        ("a <= b", Comparison(Comparator.LESS_OR_EQUAL, A, B)),
        ("a > b", Comparison(Comparator.GREATER, A, B)),
        ("a >= b", Comparison(Comparator.GREATER_OR_EQUAL, A, B)),
        ("a == b == c", Comparison(Comparator.EQUAL, Comparison(Comparator.EQUAL, A, B), C)),
        ("a == b < c", Comparison(Comparator.EQUAL, A, Comparison(Comparator.LESS, B, C))),
        ("a && b && c", And((A, B, C))),
        ("a || b || c", Or((A, B, C))),
        ("a || b && c", Or((A, And((B, C))))),
        ("a && b || c", Or((And((A, B)), C))),
        ("a && (b || c)", And((A, Or((B, C))))),
        ("a == b && !c", And((Comparison(Comparator.EQUAL, A, B), Not(C)))),
        ("(((a)))", A),
    ],
)
def test_what_binds_tighter(text: str, expression: Expression) -> None:
    assert good(text) == expression


@pytest.mark.parametrize(
    ("text", "offset", "why"),
    [
        ("", 0, "there is no expression"),
        ("  ", 0, "there is no expression"),
        ("a b", 2, "`b` cannot stand here"),
        ("(a", 2, "it ends too early, where `)` is missing"),
        ("a)", 1, "`)` cannot stand here"),
        ("a[b", 3, "it ends too early, where `]` is missing"),
        ("f(a", 3, "it ends too early, where `)` is missing"),
        ("f(", 2, "it ends too early"),
        ("f(a,)", 4, "`)` cannot stand here"),
        ("f(,a)", 2, "`,` cannot stand here"),
        ("a.", 2, "it ends too early, where a name is missing"),
        ("a.1", 2, "`1` cannot stand here, where a name is missing"),
        ("'a'.b", 3, "`.` cannot stand here"),
        ("a ==", 4, "it ends too early"),
        ("== a", 0, "`==` cannot stand here"),
        ("*", 0, "`*` cannot stand here"),
        ("a = b", 2, "`=` is no operator"),
        ("a & b", 2, "`&` is no operator"),
        ("a == 'b", 5, "a quoted text does not end"),
        ('a == "b"', 5, "texts stand in single quotes"),
        ("a ? b : c", 2, "`?` cannot stand here"),
        ("a$", 0, "this is no name"),
        ("a + b", 2, "this is no number"),
        ("1x", 0, "this is no number"),
        ("0x100000000", 0, "this is no number"),
        (f"a '{'b' * 50}'", 2, f"`'{'b' * 39}…` cannot stand here"),
    ],
)
def test_what_is_no_expression(text: str, offset: int, why: str) -> None:
    assert parse(text) == BadExpression(offset, why)


@pytest.mark.parametrize(
    "text", ["(" * 60 + "a" + ")" * 60, "!" * 50 + "a", "a" + ".b" * 50, "f(" * 51 + ")" * 51]
)
def test_what_is_too_deep(text: str) -> None:
    assert parse(text) == BadExpression(0, "it is nested deeper than the 50 levels that GitHub takes")


def test_fifty_levels_and_many_operands_are_not_too_deep() -> None:
    good("!" * 49 + "a")
    good("a" + ".b" * 49)
    assert good(" && ".join(["a"] * 4000)) == And((A,) * 4000)


@pytest.mark.parametrize(
    "text", ["(" * LONGEST, "a[" * (LONGEST // 2), "!" * LONGEST, "a" + "==a" * (LONGEST // 3 - 1)]
)
def test_what_means_harm_is_refused(text: str) -> None:
    assert isinstance(parse(text), BadExpression)


def test_what_is_too_long() -> None:
    good(" " * (LONGEST - 1) + "a")

    assert parse(" " * LONGEST + "a", 7) == BadExpression(
        7, "it is longer than the 21,000 characters that GitHub takes"
    )


def test_a_text_is_cut_at_its_expressions() -> None:
    assert segments("a-${{ a }}/${{b}}.") == (
        Plain("a-", 0),
        Embedded(A, 2, 8),
        Plain("/", 10),
        Embedded(B, 11, 6),
        Plain(".", 17),
    )


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("", ()),
        ("plain }} $ {{ x }}", (Plain("plain }} $ {{ x }}", 0),)),
        ("${{ '}}' }}", (Embedded(name("}}"), 0, 11),)),
        ("${{ 'it''s }}' }}", (Embedded(name("it's }}"), 0, 17),)),
        ("${{ '}' }}", (Embedded(name("}"), 0, 10),)),
        ("${{}}", (Embedded(BadExpression(3, "there is no expression"), 0, 5),)),
        ("x ${{ a b }}", (Plain("x ", 0), Embedded(BadExpression(8, "`b` cannot stand here"), 2, 10))),
        ("x ${{ a }", (Plain("x ", 0), Embedded(BadExpression(2, "`${{` is not closed"), 2, 7))),
        ("${{ ' }}", (Embedded(BadExpression(0, "`${{` is not closed"), 0, 8),)),
    ],
)
def test_where_an_expression_ends(text: str, cut: tuple[Plain | Embedded, ...]) -> None:
    assert segments(text) == cut


@given(st.text(alphabet="${}' a.", max_size=30))
def test_nothing_of_a_text_is_lost(text: str) -> None:
    end = 0
    for part in segments(text):
        assert part.offset == end
        end += len(part.text) if isinstance(part, Plain) else part.length
    assert end == len(text)


@given(st.text(alphabet="ab.*[]()'!=<>&|, 0-x{}$", max_size=40) | st.text(max_size=20))
def test_whatever_stands_there_it_is_an_expression_or_not(text: str) -> None:
    parsed = parse(text)

    if isinstance(parsed, BadExpression):
        assert 0 <= parsed.offset <= len(text)
    else:
        for each in references(parsed):
            assert text[each.offset :].lower().startswith(each.context)
            assert each.offset + each.length <= len(text)


def found(text: str) -> list[tuple[str, tuple[str | None, ...], str]]:
    return [
        (each.context, each.path, text[each.offset : each.offset + each.length]) for each in references(good(text))
    ]


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("secrets.TOKEN", [("secrets", ("TOKEN",), "secrets.TOKEN")]),
        ("Secrets['Token']", [("secrets", ("Token",), "Secrets['Token']")]),
        (" secrets . TOKEN ", [("secrets", ("TOKEN",), "secrets . TOKEN")]),
        ("toJSON(secrets)", [("secrets", (), "secrets")]),
        ("secrets.*", [("secrets", (None,), "secrets.*")]),
        ("matrix.targets[0].env", [("matrix", ("targets", "0", "env"), "matrix.targets[0].env")]),
        (
            "secrets[format('{0}_KEY', inputs.name)] || vars.X",
            [
                ("secrets", (None,), "secrets[format('{0}_KEY', inputs.name)]"),
                ("inputs", ("name",), "inputs.name"),
                ("vars", ("X",), "vars.X"),
            ],
        ),
        (
            "a[b.x][c]['d']",
            [("a", (None, None, "d"), "a[b.x][c]['d']"), ("b", ("x",), "b.x"), ("c", (), "c")],
        ),
        ("fromJSON(a.b).c[d]", [("a", ("b",), "a.b"), ("d", (), "d")]),
        ("(a || b).c", [("a", (), "a"), ("b", (), "b")]),
        ("(a.b)", [("a", ("b",), "a.b")]),
        ("(a.b).c", [("a", ("b", "c"), "a.b).c")]),
        ("!a && b == c.d", [("a", (), "a"), ("b", (), "b"), ("c", ("d",), "c.d")]),
        ("'secrets.X' == null", []),
        ("always()", []),
    ],
)
def test_what_an_expression_refers_to(text: str, uses: list[tuple[str, tuple[str | None, ...], str]]) -> None:
    assert found(text) == uses


def test_places_count_in_the_whole_text() -> None:
    text = "echo ${{ 'x' }} ${{ f(secrets.TOKEN) }}"
    last = segments(text)[-1]

    assert isinstance(last, Embedded)
    assert not isinstance(last.expression, BadExpression)
    assert list(references(last.expression)) == [Reference("secrets", ("TOKEN",), text.index("secrets"), 13)]


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("a == b", Comparison(Comparator.EQUAL, A, B)),
        ("${{ a == b }}", Comparison(Comparator.EQUAL, A, B)),
        ("", Call("success", ())),
        (" \n", Call("success", ())),
        ("a &&", BadExpression(4, "it ends too early")),
        ("${{ a", BadExpression(0, "`${{` is not closed")),
        ("${{ a }} == 'b'", Call("format", (name("{0} == 'b'"), A))),
        ("{${{ a }}} && ${{ b }}", Call("format", (name("{{{0}}} && {1}"), A, B))),
        ("x ${{ }}", BadExpression(5, "there is no expression")),
    ],
)
def test_a_condition_needs_no_braces(text: str, expression: Expression | BadExpression) -> None:
    assert condition(text) == expression


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("a == b", set()),
        ("always() && a", {"always"}),
        ("!Cancelled() || (failure() && contains(a, success()))", {"cancelled", "failure", "success"}),
        ("a[always()]", {"always"}),
        ("a.*.always == 'failure()'", set()),
    ],
)
def test_which_status_functions_are_called(text: str, called: set[str]) -> None:
    assert status_functions(good(text)) == called
