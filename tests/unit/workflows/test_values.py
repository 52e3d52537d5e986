from __future__ import annotations

import math

import pytest

from envsync.workflows.coercion import as_number, as_text, equal, less, truthy
from envsync.workflows.effort import Effort
from envsync.workflows.expression import BadExpression, condition, parse
from envsync.workflows.functions import call
from envsync.workflows.kinds import (
    Boolean,
    Fields,
    Items,
    Json,
    Null,
    Number,
    OneOf,
    Text,
    Unknown,
    Value,
    one_of,
    value_of,
)
from envsync.workflows.matrix import combinations
from envsync.workflows.possible import Possible
from envsync.workflows.values import MOST_WAYS, Scope, evaluated, possible, truths

EITHER = one_of([Boolean(value=True), Boolean(value=False)])


def fields(**entries: Value) -> Fields:
    return Fields(tuple(entries.items()))


SCOPE = Scope(
    {
        "inputs": fields(
            environment=one_of(map(Text, ("prod", "staging"))),
            dry_run=EITHER,
            force=EITHER,
            region=one_of([Text("eu"), Unknown("whoever starts the workflow chooses it")]),
        ),
        "matrix": one_of(
            [
                fields(env=Text("dev"), tier=Number(1), version=Number(1.5)),
                fields(env=Text("live"), tier=Number(2), version=Number(1.5)),
            ]
        ),
        "strategy": fields(targets=value_of([{"name": "a", "in": ["x", "y"]}, {"name": "b"}, "c"])),
        "github": Fields((("event_name", Text("push")),), others=Unknown()),
        "vars": Unknown("a variable says it"),
    }
)


def texts(expression: str, scope: Scope = SCOPE) -> set[str]:
    """What it comes to where all is known."""
    found = possible(f"${{{{ {expression} }}}}", scope)
    assert found.unknown is None, found.unknown
    return set(found.texts)


def why_unknown(expression: str) -> str | None:
    return possible(f"${{{{ {expression} }}}}", SCOPE).unknown


# What is known and what is not


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("production", {"production"}),
        ("", {""}),
        ("${{ inputs.environment }}", {"prod", "staging"}),
        ("${{ INPUTS['Environment'] }}", {"prod", "staging"}),
        (
            "aws-${{ inputs.environment }}-${{ inputs.dry_run }}",
            {"aws-prod-true", "aws-prod-false", "aws-staging-true", "aws-staging-false"},
        ),
        ("${{ inputs.nothing }}", {""}),
        ("${{ inputs.environment }}/${{ inputs.environment }}", {"prod/prod", "staging/staging"}),
        ("${{ matrix.env }}-${{ matrix.tier }}", {"dev-1", "live-2"}),
        ("${{ github.event_name }}", {"push"}),
        ("v${{ matrix.version }}", {"v1.5"}),
        ("${{ strategy.targets }} ${{ strategy }}", {"Array Object"}),
    ],
)
def test_what_a_text_comes_to(text: str, said: set[str]) -> None:
    assert possible(text, SCOPE) == Possible(frozenset(said))


@pytest.mark.parametrize(
    ("text", "known", "why"),
    [
        ("${{ github.ref }}", set(), "github.ref is known only in a run"),
        ("${{ github.event.client_payload.x }}", set(), "github.event.client_payload.x is known only in a run"),
        (f"${{{{ github.{'a' * 80} }}}}", set(), "github is known only in a run"),
        ("x-${{ github.sha }}", set(), "github.sha is known only in a run"),
        ("${{ github }}", set(), "it comes to a list or an object, not to a text"),
        ("${{ steps.x.outputs.y }}", set(), "steps.x.outputs.y is known only in a run"),
        ("${{ vars.ENVIRONMENT }}", set(), "a variable says it"),
        ("${{ vars.ENVIRONMENT || 'dev' }}", {"dev"}, "a variable says it"),
        ("${{ inputs.region }}", {"eu"}, "whoever starts the workflow chooses it"),
        ("${{ strategy.targets }}", set(), "it comes to a list or an object, not to a text"),
        ("${{ strategy", set(), "its expression is wrong: `${{` is not closed"),
        ("a ${{ }}", set(), "its expression is wrong: there is no expression"),
        ("${{ unheard_of(1) }}", set(), "envsync knows no function `unheard_of`"),
        ("${{ success(1) }}", set(), "envsync knows no function `success`"),
        ("${{ always(1) }}", set(), "envsync knows no function `always`"),
        ("${{ contains('a') }}", set(), "contains() does not take 1 arguments"),
        ("${{ hashFiles('**') }}", set(), "hashFiles() is known only in a run"),
        ("${{ github.*.x }}", set(), "github is known only in a run"),
    ],
)
def test_what_is_not_known(text: str, known: set[str], why: str) -> None:
    assert possible(text, SCOPE) == Possible(frozenset(known), why)


def test_an_expression_that_is_all_of_a_text_keeps_its_kind() -> None:
    assert evaluated("${{ fromJSON('[1, true, null]') }}", SCOPE) == value_of([1, True, None])
    assert evaluated("${{ inputs.dry_run }}", SCOPE) == EITHER
    assert evaluated("${{ true }} ", SCOPE) == Text("true ")


# Choices: the same thing is the same wherever it is mentioned


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("github.ref == 'refs/heads/main' && 'production' || 'staging'", {"production", "staging"}),
        ("inputs.environment == 'prod' && 'production' || 'review'", {"production", "review"}),
        ("inputs.environment == 'PROD' && 'production' || inputs.environment", {"production", "staging"}),
        ("inputs.environment == 'qa' && 'qa' || 'other'", {"other"}),
        ("github.event_name == 'push' && 'a' || 'b'", {"a"}),
        ("github.ref == 'a' && 'x' || github.ref != 'a' && 'y'", {"x", "y"}),
        ("github.ref == 'a' && 'x' || github.ref == 'b' && 'y'", {"x", "y", "false"}),
        ("github.head_ref && 'preview' || 'staging'", {"preview", "staging"}),
        ("!github.head_ref && 'staging' || 'preview'", {"preview", "staging"}),
        ("(github.head_ref && 'a' || 'b') == 'a' && github.head_ref && 'c'", {"c", "false"}),
        ("(github.x || github.y) && 'a' || 'b'", {"a", "b"}),
        ("success() && 'a' || 'b'", {"a", "b"}),
        ("failure() && !failure()", {"false"}),
        ("always()", {"true"}),
        ("github.run_number > 5 && 'a' || 'b'", {"a", "b"}),
        ("startsWith(github.ref, 'refs/tags/') && 'production' || 'staging'", {"production", "staging"}),
        ("case(github.ref == 'a', 'x', github.ref == 'b', 'y', 'z')", {"x", "y", "z"}),
        ("case(github.x, 'x', 'z')", {"x", "z"}),
        ("case(matrix.tier > 1, 'big', 'small')", {"big", "small"}),
        ('fromJSON(\'{"main": "production", "dev": "staging"}\')[github.ref_name]', {"production", "staging", ""}),
        ("fromJSON('[\"a\", \"b\"]')[github.run_number] || 'c'", {"a", "b", "c"}),
        ("fromJSON(github.x || 'true') && 'a' || 'b'", {"a", "b"}),
        ("(github.x || github.y).z && 'a' || 'b'", {"a", "b"}),
        ("format('{0} {1}', inputs.dry_run, inputs.DRY_RUN)", {"true true", "false false"}),
    ],
)
def test_what_is_undecided_is_tried_both_ways(expression: str, said: set[str]) -> None:
    assert texts(expression) == said


def test_two_inputs_that_share_their_values_vary_on_their_own() -> None:
    assert texts("format('{0} {1}', inputs.dry_run, inputs.force)") == {
        "true true",
        "true false",
        "false true",
        "false false",
    }


def test_items_of_a_list_vary_on_their_own() -> None:
    scope = Scope({"inputs": fields(both=Items((EITHER, EITHER)))})

    assert texts("join(inputs.both)", scope) == {"true,true", "true,false", "false,true", "false,false"}


def test_combinations_that_differ_in_nothing_that_is_mentioned_are_one() -> None:
    jobs = [fields(env=Text(f"e{n % 20}"), os=Text(f"o{n}")) for n in range(MOST_WAYS)]
    scope = Scope({"matrix": one_of([*jobs, Text("none")]), "inputs": fields(dry_run=EITHER)})

    assert len(texts("format('{0}{1}', matrix.env, inputs.dry_run)", scope)) == 42


@pytest.mark.parametrize("expression", ["toJSON(matrix)", "matrix[inputs.field]", "matrix.*[0]"])
def test_where_all_of_a_matrix_is_mentioned_all_of_it_counts(expression: str) -> None:
    scope = Scope({**SCOPE.contexts, "inputs": fields(field=Text("env"))})

    assert "dev" in str(possible(f"a ${{{{ {expression} }}}} ${{{{ matrix.env }}}}", scope).texts)


def test_too_many_combinations_are_not_tried() -> None:
    scope = Scope({"inputs": fields(**{f"x{n}": EITHER for n in range(30)})})
    text = "-".join(f"${{{{ inputs.x{n} }}}}" for n in range(30))

    said = possible(text, scope)

    assert len(said.texts) == MOST_WAYS
    assert said.unknown == "it has too many combinations"


def test_as_many_combinations_as_are_tried_are_all() -> None:
    scope = Scope({"inputs": fields(x=one_of(map(Number, range(MOST_WAYS))))})

    assert len(texts("inputs.x", scope)) == MOST_WAYS


def test_who_writes_very_much_gets_fewer_ways() -> None:
    chain = " || ".join(f"github.x == '{n}' && 'v{n}'" for n in range(600))

    said = possible(f"${{{{ {chain} }}}}", SCOPE)

    assert said.unknown == "it has too many combinations"
    assert 0 < len(said.texts) < 100


def test_when_the_effort_is_spent_the_rest_is_not_known() -> None:
    inputs = {"inputs": fields(x=one_of(map(Number, range(100))))}

    said = possible("${{ inputs.x }}", Scope(inputs, effort=Effort(50)))
    nothing = possible("${{ inputs.x }}", Scope(inputs, effort=Effort(0)))

    assert 0 < len(said.texts) < 100
    assert said.unknown == "it has too many combinations"
    assert nothing == Possible(frozenset(), "it has too many combinations")


def test_a_condition_that_is_too_much_effort_may_be_anything() -> None:
    expression = parse("inputs.x == 'a' || true")
    assert not isinstance(expression, BadExpression)

    assert truths(expression, Scope({}, effort=Effort(4))) == {True, False}
    assert truths(expression, Scope({})) == {True}


def test_long_texts_are_more_effort_than_short_ones() -> None:
    """Those that come of a function, too."""
    once = "format('{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}', "
    long = f"contains({once}{once}{once}'x'))), 'y')"
    short = "contains(format(format(format('x'))), 'y')"

    for one, expected in ((short, {"false"}), (long, set[str]())):
        text = f"${{{{ {' || '.join([one] * 50)} }}}}"
        assert possible(text, Scope({})).texts == {"false"}
        assert possible(text, Scope({}, effort=Effort(3_200))).texts == expected


def test_what_is_included_in_all_combinations_is_more_effort_than_a_few_combinations() -> None:
    included = Items(tuple(fields(**{f"x{n}": Text("x")}) for n in range(100)))
    small = fields(a=Items((Text("a"),)), include=included)
    large = fields(a=Items(tuple(Text(str(n)) for n in range(100))), include=included)

    assert len(combinations(small, Effort(10_000))) == 1
    assert len(combinations(large, Effort(1_000_000))) == 100
    assert combinations(large, Effort(10_000)) == (Unknown("its matrix has too many combinations"),)


def test_a_text_that_grows_beyond_bounds_is_not_made() -> None:
    grown = "'xxxxxxxxxx'"
    for _ in range(40):
        grown = f"format('{{0}}{{0}}', {grown})"

    assert why_unknown(grown) == "its text is too long"
    assert possible("x" * 21_001 + "${{ 'a' }}", SCOPE).unknown == "its text is too long"


# Operators and conversions


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("'a' == 'A'", "true"),
        ("'ß' == 'SS'", "false"),
        ("'é' == 'É'", "true"),
        ("null == ''", "true"),
        ("null == 0", "true"),
        ("true == 1", "true"),
        ("true == '1'", "true"),
        ("true == 'true'", "false"),
        ("'0x10' == 16", "true"),
        ("'x' == 0", "false"),
        ("NaN == NaN", "false"),
        ("NaN != NaN", "true"),
        ("'a' != 'b'", "true"),
        ("strategy.targets == 'Array'", "false"),
        ("strategy.targets == strategy", "false"),
        ("'a' < 'B'", "true"),
        ("'b' <= 'B'", "true"),
        ("2 > '1'", "true"),
        ("2 >= '2'", "true"),
        ("3 <= 2", "false"),
        ("'x' >= 1", "false"),
        ("false < true", "true"),
        ("!''", "true"),
        ("!strategy", "false"),
        ("!NaN", "true"),
        ("'' || 0", "0"),
        ("null && 'a'", ""),
        ("'a' && 'b' && 'c'", "c"),
        ("0 || '' || 'c'", "c"),
        ("1e15", "1E+15"),
        ("0.1", "0.1"),
        ("100000", "100000"),
        ("1.5e-7", "1.5E-07"),
        ("-0", "0"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("NaN", "NaN"),
        ("true", "true"),
        ("null", ""),
    ],
)
def test_what_operators_and_literals_give(expression: str, text: str) -> None:
    assert texts(expression) == {text}


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("strategy.targets[0].name", "a"),
        ("strategy.targets[1.9].name", "b"),
        ("strategy.targets['1'].name", "b"),
        ("strategy.targets[9].name", ""),
        ("strategy.targets[-1]", ""),
        ("strategy.targets[NaN]", ""),
        ("strategy.targets.name", ""),
        ("strategy[strategy]", ""),
        ("strategy['TAR' && 'targets'][0].name", "a"),
        ("fromJSON('1').b", ""),
        ("join(strategy.targets.*.name)", "a,b"),
        ("join(strategy.targets.*.in[0])", "x"),
        ("join(strategy.targets.*.in.*)", "x,y"),
        ("join(strategy.*[1].name)", "b"),
        ("join(strategy.targets.*.name[0])", ""),
        ("join(fromJSON('{\"a\": 1, \"b\": 2}').*, '+')", "1+2"),
        ("join(fromJSON('1').*)", ""),
        ("join(fromJSON('[[1], 2]').*.*)", "1"),
    ],
)
def test_what_indexes_give(expression: str, text: str) -> None:
    assert texts(expression) == {text}


@pytest.mark.parametrize(
    "expression",
    [
        "join(github.*)",
        "join(strategy.targets.*[github.x])",
        "join(fromJSON('[1]').*[vars.X])",
        "join(inputs.*)",
        "github[vars.X]",
        "github.*.*",
        "vars.*",
        "vars[github.x]",
        "format(vars.X)",
        "format('{0}', vars.X)",
        "fromJSON(vars.X)",
        "toJSON(vars.X)",
        "toJSON(github)",
        "toJSON(inputs)",
        "join(vars.X, '-')",
        "join(fromJSON('[1, 2]'), vars.X)",
    ],
)
def test_what_is_made_of_something_unknown_is_unknown(expression: str) -> None:
    assert why_unknown(expression)


# Functions


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("contains('Hello world', 'LLO')", "true"),
        ("contains('Hello', 'x')", "false"),
        ("contains(711, 1)", "true"),
        ("contains('Array', strategy.targets)", "false"),
        ("contains(strategy, 'targets')", "false"),
        ('contains(fromJSON(\'["push", "pull_request"]\'), github.event_name)', "true"),
        ("contains(fromJSON('[1, 2]'), '3')", "false"),
        ("startsWith('Hello', 'he')", "true"),
        ("startsWith('Hello', 'lo')", "false"),
        ("endsWith('Hello', 'LO')", "true"),
        ("endsWith(strategy, 't')", "false"),
        ("format('{{Hello {0} {1} {0}!}}', 'Mona', 1)", "{Hello Mona 1 Mona!}"),
        ("format('plain')", "plain"),
        ("format('{0}', strategy)", "Object"),
        ("join('a')", "a"),
        ("join(strategy)", ""),
        ("join(fromJSON('[1, null, true]'), ' ')", "1  true"),
        ("join(fromJSON('[1, [2]]'), fromJSON('[]'))", "1,Array"),
        ("fromJSON('true') && 'a'", "a"),
        (f"fromJSON('{'1' * 5_000}')", "Infinity"),
        ('fromJSON(\'{"a": {"b": 1}}\').A.b', "1"),
        ("fromJSON('\"\\ud83d\\ude80\"')", "🚀"),
        ("fromJSON(toJSON(strategy)).targets[0].in[1]", "y"),
        ("toJSON('a\"ü\u2028')", '"a\\"ü\\u2028"'),
        ("toJSON(fromJSON('[]'))", "[]"),
        ("toJSON(fromJSON('{}'))", "{}"),
        ("toJSON(null)", "null"),
        ('toJSON(fromJSON(\'{"a": [1, true], "b": {}}\'))', '{\n  "a": [\n    1,\n    true\n  ],\n  "b": {}\n}'),
        ("case(false, 'a', true, 'b', 'c')", "b"),
        ("case(false, 'a', 'c')", "c"),
    ],
)
def test_what_functions_give(expression: str, text: str) -> None:
    assert texts(expression) == {text}


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("format('{1}', 'a')", "format() is given a text that it cannot use"),
        ("format('{', 'a')", "format() is given a text that it cannot use"),
        ("format('{99999}', 'a')", "format() is given a text that it cannot use"),
        ("fromJSON('{')", "fromJSON() is given what is no JSON"),
        (f"format('{{{'9' * 5_000}}}', 'a')", "format() is given a text that it cannot use"),
        ("fromJSON('')", "fromJSON() is given what is no JSON"),
        ("fromJSON('NaN')", "fromJSON() is given what is no JSON"),
        (f"fromJSON('{'[' * 10_000}')", "fromJSON() is given what is no JSON"),
        (
            f"fromJSON('{'[' * 900}{']' * 900}')[0] && toJSON(fromJSON('{'[' * 60}{']' * 60}'))",
            "it is nested too deeply",
        ),
        ("fromJSON('\"\\ud800\"')", "fromJSON() is given what is no JSON"),
        ("case('a', 'b', 'c')", "case() is given a condition that is neither true nor false"),
        ("case(true, 'a')", "case() does not take 2 arguments"),
        ("case()", "case() does not take 0 arguments"),
        ("case('a')", "case() does not take 1 arguments"),
    ],
)
def test_what_functions_do_not_take(expression: str, why: str) -> None:
    assert why_unknown(expression) == why


# Conditions


@pytest.mark.parametrize(
    ("text", "may_be"),
    [
        ("", {True, False}),
        ("always()", {True}),
        ("false", {False}),
        ("github.ref == 'a'", {True, False}),
        ("github.event_name == 'pull_request'", {False}),
        ("github.ref || 'x'", {True}),
        ("github.ref && ''", {False}),
        ("inputs.dry_run", {True, False}),
        ("${{ false }} && x", {True}),
        ("hashFiles('x')", {True, False}),
    ],
)
def test_whether_a_condition_may_hold(text: str, may_be: set[bool]) -> None:
    parsed = condition(text)
    assert not isinstance(parsed, BadExpression)
    assert truths(parsed, SCOPE) == may_be


def test_what_is_known_of_the_jobs_before_decides_a_condition() -> None:
    failed = Scope({"needs": fields(build=fields(result=Text("failure")))}, {"success": False, "failure": True})

    for text, may_be in [
        ("success()", {False}),
        ("failure() && cancelled()", {True, False}),
        ("always() && needs.build.result == 'success'", {False}),
        ("!contains(needs.*.result, 'failure')", {False}),
    ]:
        parsed = condition(text)
        assert not isinstance(parsed, BadExpression)
        assert truths(parsed, failed) == may_be


def test_a_condition_with_too_many_combinations_may_be_anything() -> None:
    scope = Scope({"inputs": fields(**{f"x{n}": EITHER for n in range(30)})})
    parsed = condition(" || ".join(f"format('{{0}}', inputs.x{n}) == ''" for n in range(30)))

    assert not isinstance(parsed, BadExpression)
    assert truths(parsed, scope) == {True, False}


# Values


def test_data_as_json_and_yaml_have_it() -> None:
    assert value_of({"a": [1, 1.5, True, None, "x"]}) == fields(
        a=Items((Number(1.0), Number(1.5), Boolean(value=True), Null(), Text("x")))
    )
    assert value_of(math.nan) == value_of(float("nan"))


def test_data_that_is_nested_too_deeply_is_not_looked_into() -> None:
    deep: Json = 1
    for _ in range(60):
        deep = [deep]
    value: Value = value_of(deep)
    for _ in range(50):
        assert isinstance(value, Items)
        (value,) = value.items

    assert value == Unknown("it is nested too deeply")


def test_what_is_unknown_for_no_other_reason_is_known_in_a_run() -> None:
    assert Unknown("a variable says it").because == "a variable says it"
    assert Unknown().because == "it is known only in a run"


def test_one_of_several_is_flat_and_says_nothing_twice() -> None:
    assert one_of([Text("a"), Text("a")]) == Text("a")
    assert one_of([EITHER, Text("a"), EITHER]) == OneOf((Boolean(value=True), Boolean(value=False), Text("a")))
    assert one_of([Number(1), Boolean(value=True)]) == OneOf((Number(1), Boolean(value=True)))


@pytest.mark.parametrize("open_value", [Unknown(), EITHER])
def test_nothing_is_made_of_what_is_open(open_value: Value) -> None:
    assert as_text(open_value) is None
    assert math.isnan(as_number(open_value))
    assert truthy(open_value) is None
    assert equal(open_value, open_value) is None
    assert equal(Null(), open_value) is None
    assert less(open_value, Null()) is None
    assert less(Null(), open_value) is None
    assert isinstance(call("tojson", [Items((open_value,))]), Unknown)
    assert isinstance(call("join", [Items((open_value,))]), Unknown)
    assert isinstance(call("format", [Text("{0}"), open_value]), Unknown)
    assert call("contains", [Items((open_value,)), Text("a")]) is None
    assert call("contains", [Items((open_value, Text("a"))), Text("a")]) == Boolean(value=True)


def test_an_object_may_be_any_object() -> None:
    assert equal(fields(), fields()) is None
    assert equal(Items(()), Items(())) is None
    assert equal(Items(()), fields()) is False
    assert less(Items(()), Items(())) is False
