from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from envsync.documents.compose import compose
from envsync.documents.page import Page
from envsync.documents.text import SourceText, source_text
from envsync.errors import Severity, Span
from envsync.workflows.flow import Use, UseKind
from envsync.workflows.parse import parse

if TYPE_CHECKING:
    from envsync.workflows.workflow import Job, Passed, Workflow


def source_of(text: str) -> SourceText:
    return source_text(".github/workflows/deploy.yml", "/project", textwrap.dedent(text).lstrip("\n"))


def parsed(text: str) -> Workflow:
    source = source_of(text)
    workflow, diagnostics = parse(source, compose(source), Page(source.file, source.lines, {}))
    assert workflow is not None, diagnostics
    assert not diagnostics
    return workflow


def job(body: str) -> Job:
    """The one job of a workflow, from its lines."""
    lines = textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
    return parsed(f"on: push\njobs:\n  deploy:\n{lines}\n").jobs[0]


def uses(body: str) -> list[tuple[str, str | None, bool]]:
    return [(use.kind.value, use.name, use.needed) for use in job(body).uses]


def shown(text: str, span: Span) -> str:
    """What stands at a place in the file."""
    lines = source_of(text).lines
    assert span.line == span.end_line
    return lines[span.line - 1][span.column - 1 : span.end_column - 1]


@pytest.mark.parametrize(
    ("on", "events"),
    [
        ("on: push", ["push"]),
        ('"on": push', ["push"]),
        ("on: [push, pull_request, push]", ["push", "pull_request"]),
        ("on: {push: {branches: [main]}, workflow_dispatch: }", ["push", "workflow_dispatch"]),
        ("on:", []),
        ("on: [[push], ~]", []),
        ("name: nothing starts it", []),
    ],
)
def test_events_are_a_name_a_list_or_a_mapping(on: str, events: list[str]) -> None:
    workflow = parsed(f"{on}\njobs: {{deploy: {{}}}}")

    assert [trigger.event for trigger in workflow.triggers] == events


def test_inputs_have_types_options_and_defaults() -> None:
    workflow = parsed("""
        on:
          workflow_dispatch:
            inputs:
              Target: {type: choice, options: [staging, production, ~]}
              notes: {default: none at all}
              empty: {default: }
              bare:
          workflow_call:
            inputs: [no, mapping]
        jobs: {deploy: {}}
        """)

    dispatch, call = workflow.triggers
    assert list(dispatch.inputs) == ["target", "notes", "empty", "bare"]
    assert dispatch.inputs["target"].type == "choice"
    assert dispatch.inputs["target"].options == ("staging", "production")
    notes = dispatch.inputs["notes"]
    assert (notes.type, notes.default and notes.default.text) == ("", "none at all")
    assert dispatch.inputs["empty"].default is None
    assert dispatch.inputs["bare"].options == ()
    assert call.inputs == {}


def test_a_workflow_knows_its_name_and_where_it_lies_in_the_repository() -> None:
    workflow = parsed("name: Deploy\njobs: {deploy: {}}")

    assert (workflow.name, workflow.file, workflow.path) == ("Deploy", *[".github/workflows/deploy.yml"] * 2)
    assert parsed("name:\njobs: {deploy: {}}").name is None


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("environment: production", "production"),
        ("environment: {name: production, url: https://example.com}", "production"),
        ("environment: ${{ inputs.target }}", "${{ inputs.target }}"),
        ("environment: 1.10", "1.10"),
    ],
)
def test_an_environment_is_a_name_or_has_one(body: str, name: str) -> None:
    environment = job(body).environment

    assert environment is not None
    assert environment.text == name


@pytest.mark.parametrize(
    "body",
    [
        "environment:",
        "environment: ''",
        "environment: {url: https://example.com}",
        "environment: [production]",
        "steps:",
    ],
)
def test_a_job_may_have_no_environment(body: str) -> None:
    assert job(body).environment is None


@pytest.mark.parametrize(
    ("needs", "expected"),
    [("build", ("build",)), ("[build, test, build]", ("build", "test")), ("", ()), ("{build: }", ())],
)
def test_needs_are_one_job_or_a_list(needs: str, expected: tuple[str, ...]) -> None:
    assert job(f"needs: {needs}").needs == expected


@pytest.mark.parametrize(
    ("value", "tolerant"),
    [("true", True), ("${{ matrix.new }}", True), ("false", False), ("${{ false }}", False), ("", False)],
)
def test_a_job_that_may_fail(value: str, *, tolerant: bool) -> None:
    assert job(f"continue-on-error: {value}").tolerant is tolerant


def test_a_job_stands_where_its_key_does() -> None:
    text = "on: push\njobs:\n  deploy:\n    steps: []\n"

    assert shown(text, parsed(text).jobs[0].span) == "deploy"


def test_a_job_may_call_a_workflow() -> None:
    call = job("""
        uses: ./.github/workflows/release.yml
        with: {Target: production}
        secrets:
          same: ${{ secrets.SAME }}
          other: ${{ secrets.ELSEWHERE }}
          more: ${{ secrets.MORE || 'none' }}
          long: ${{ secrets.LONG.x }}
          fixed: text
          list: []
        """).call

    assert call is not None
    assert call.workflow.text == "./.github/workflows/release.yml"
    assert list(call.inputs) == ["target"]
    assert [(each.name, each.same, [use.name for use in each.uses]) for each in call.secrets or ()] == [
        ("SAME", True, ["SAME"]),
        ("OTHER", False, ["ELSEWHERE"]),
        ("MORE", False, ["MORE"]),
        ("LONG", False, ["LONG"]),
        ("FIXED", False, []),
        ("LIST", False, []),
    ]


def test_what_a_call_passes_as_secrets_is_no_use_of_the_job() -> None:
    body = "uses: ./.github/workflows/release.yml\nwith: {a: '${{ vars.A }}'}\nsecrets: {X: '${{ secrets.X }}'}"

    assert uses(body) == [("variable", "A", True)]


@pytest.mark.parametrize(("secrets", "passed"), [("secrets: inherit", None), ("name: x", ()), ("secrets:", ())])
def test_a_call_may_pass_all_secrets_or_none(secrets: str, passed: tuple[Passed, ...] | None) -> None:
    call = job(f"uses: ./.github/workflows/release.yml\n{secrets}").call

    assert call is not None
    assert call.secrets == passed


@pytest.mark.parametrize("body", ["uses:", "uses: [a]", "uses: ''"])
def test_a_call_of_nothing_is_none(body: str) -> None:
    assert job(body).call is None


def test_uses_stand_anywhere_in_a_job() -> None:
    assert uses("""
        name: to ${{ vars.TARGET }}
        runs-on: ${{ vars.RUNNER }}
        container:
          credentials: {password: '${{ secrets.REGISTRY }}'}
        env:
          KEY: ${{ secrets.key }}
        steps:
          - run: deploy
            env: {TOKEN: "${{ secrets['Token'] }}"}
        """) == [
        ("variable", "TARGET", True),
        ("variable", "RUNNER", True),
        ("secret", "REGISTRY", True),
        ("secret", "KEY", True),
        ("secret", "TOKEN", True),
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "secrets",
        "toJSON(secrets)",
        "secrets[matrix.key]",
        "secrets[format('{0}_KEY', inputs.target)]",
        "secrets.*",
    ],
)
def test_what_an_expression_chooses_may_be_any(expression: str) -> None:
    assert uses(f'env: {{A: "${{{{ {expression} }}}}"}}') == [("secret", None, True)]


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "github_token", "ACTIONS_STEP_DEBUG", "ACTIONS_RUNNER_DEBUG"])
def test_what_belongs_to_github_is_no_use(name: str) -> None:
    assert uses(f"env: {{A: '${{{{ secrets.{name} }}}}'}}") == []


@pytest.mark.parametrize(
    "text", ["secrets.KEY", "$secrets.KEY", "${ secrets.KEY }", "${{ github.sha }}", "${{ 'secrets.A' }}"]
)
def test_what_is_no_expression_of_them_is_no_use(text: str) -> None:
    assert uses(f'run: "{text}"') == []


def test_a_name_that_an_index_needs_is_a_use() -> None:
    assert uses("env: {A: '${{ fromJSON(vars.MAP)[secrets.KEY] }}'}") == [
        ("variable", "MAP", True),
        ("secret", "KEY", True),
    ]


@pytest.mark.parametrize(
    ("expression", "needed"),
    [
        ("vars.A", True),
        ("format('{0}', vars.A)", True),
        ("vars.A || 'eu-west-1'", False),
        ("github.token || vars.A", True),
        ("secrets.A || vars.A", False),
        ("vars.A == 'true'", False),
        ("!vars.A", False),
        ("contains(vars.A, 'x')", False),
        ("contains(toJSON(vars.A), 'x')", False),
        ("vars.A && 'x'", False),
        ("github.ref == 'x' && vars.A", True),
        ("github.ref == 'x' && vars.A || 'y'", False),
        ("(vars.A && 'x' || 'y') == 'x' && 'z'", False),
    ],
)
def test_what_is_tested_or_has_a_fallback_may_be_missing(expression: str, *, needed: bool) -> None:
    body = f'env: {{A: "${{{{ {expression} }}}}"}}'

    assert ("variable", "A", needed) in uses(body)


@pytest.mark.parametrize("condition", ["vars.A", "${{ vars.A }}", "always() && vars.A != ''"])
def test_a_condition_asks_whether_something_is_there(condition: str) -> None:
    assert uses(f"if: {condition}") == [("variable", "A", False)]
    assert uses(f'steps: [{{if: "{condition}"}}]') == [("variable", "A", False)]


def test_an_expression_that_cannot_be_read_may_use_any_that_it_speaks_of() -> None:
    assert uses("run: echo ${{ secrets.KEY") == [("secret", None, False)]
    assert uses("if: (vars.A") == [("variable", None, False)]
    assert uses("run: echo ${{ github.") == []


def test_what_a_duplicate_key_hides_is_a_use_all_the_same() -> None:
    assert [name for _, name, _ in uses("env: {A: '${{ vars.A }}', A: '${{ vars.B }}'}")] == ["A", "B"]


def test_an_anchor_is_used_wherever_its_alias_stands() -> None:
    workflow = parsed("""
        jobs:
          one: {env: &env {A: "${{ vars.A }}"}}
          two: {env: *env}
        """)

    one, two = workflow.jobs
    assert one.uses == two.uses == (Use(UseKind.VARIABLE, "A", one.uses[0].span),)


def test_uses_outside_of_jobs_are_the_workflow_s_each_of_them_once() -> None:
    workflow = parsed("""
        run-name: to ${{ vars.TARGET }}
        env: {A: "${{ secrets.A }}", B: "${{ secrets.A }}"}
        jobs: {deploy: {env: {C: "${{ secrets.C }}"}}}
        """)

    assert [(use.name, use.span.line) for use in workflow.uses] == [("TARGET", 1), ("A", 2)]


def test_very_many_uses_outside_of_jobs_are_any() -> None:
    env = "".join(f"  A{number}: ${{{{ vars.A{number} }}}}\n" for number in range(1_001))

    workflow = parsed(f"env:\n{env}jobs: {{deploy: {{}}}}")

    assert [(use.kind.value, use.name, use.needed) for use in workflow.uses] == [
        ("secret", None, False),
        ("variable", None, False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "run: echo ${{ secrets.KEY }}",
        "run: 'it''s ${{ secrets.KEY }}'",
        'run: "a\\tb ${{ secrets.KEY }}"',
        "run: |\n      secrets.KEY\n      echo ${{ secrets.KEY }}",
        "run: | # ${{ secrets.KEY }}\n      # ${{ secrets.KEY }}\n      echo",
        "run: >-\n\n      one\n      two ${{\n        secrets.KEY }}",
        "run: one\n      two ${{ secrets.KEY }}",
        'run: "one\n      two \\\n      ${{ secrets.KEY }}"',
        "run: !!str ${{ secrets.KEY }}",
    ],
)
def test_a_use_stands_where_its_name_does(text: str) -> None:
    whole = f"jobs:\n  deploy:\n    {text}\n"
    (use,) = parsed(whole).jobs[0].uses

    assert shown(whole, use.span) == "secrets.KEY"
    assert whole.splitlines()[use.span.line - 1][: use.span.column - 1].rstrip().endswith("${{") or "{{\n" in text
    assert "| #" not in whole.splitlines()[use.span.line - 1]


def test_each_of_many_uses_has_its_own_place() -> None:
    text = """
        jobs:
          deploy:
            steps:
              - run: |
                  echo ${{ secrets.A }} ${{ secrets.AB }} ${{ vars.A && secrets.A || 'secrets.A' }}
                  echo ${{ secrets.A }}
        """

    places = [(use.span.line, use.span.column) for use in parsed(text).jobs[0].uses]

    assert places == [(5, 20), (5, 37), (5, 55), (5, 65), (6, 20)]


def test_a_use_that_cannot_be_found_stands_where_its_text_does() -> None:
    text = r"""
        jobs:
          deploy:
            env: {A: "${{ secrets.\x4bEY }}${{ secrets.B }}", B: "${{ secrets.KEY }}${{ secrets.B }}"}
        """

    found = [(use.name, shown(text, use.span)) for use in parsed(text).jobs[0].uses]

    assert found == [
        ("KEY", r'"${{ secrets.\x4bEY }}${{ secrets.B }}"'),
        ("B", r'"${{ secrets.\x4bEY }}${{ secrets.B }}"'),
        ("KEY", "secrets.KEY"),
        ("B", "secrets.B"),
    ]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("jobs:\n  deploy: @x", "is no YAML: a plain value cannot start with `@`", 2),
        (f"jobs: {'[' * 60}", "is nested too deep to be read: the nesting is deeper than 50 levels", 1),
        (f"jobs: [{'x, ' * 50_000}]", "is too large to be read: the file says more than 50,000 things", 1),
        ("", "is no workflow: it has no `jobs`", 1),
        ("# nothing", "is no workflow: it has no `jobs`", 1),
        ("~", "is no workflow: it has no `jobs`", 1),
        ("[jobs]", "is no workflow: it has no `jobs`", 1),
        ("on: push", "is no workflow: it has no `jobs`", 1),
        ("on: push\njobs:", "is no workflow: it has no `jobs`", 1),
        ("on: push\njobs: {}", "is no workflow: it has no `jobs`", 1),
    ],
)
def test_what_is_no_workflow_is_said(text: str, message: str, line: int) -> None:
    source = source_of(text)

    workflow, (diagnostic,) = parse(source, compose(source), Page(source.file, source.lines, {}))

    assert workflow is None
    assert diagnostic.code == "workflow-unreadable"
    assert diagnostic.severity is Severity.WARNING
    assert f"`.github/workflows/deploy.yml` {message}" in diagnostic.message
    assert diagnostic.hint == "mend or remove it: what it deploys to is not known here"
    assert diagnostic.span
    assert diagnostic.span.line == line


def test_a_job_that_says_nothing_is_left_out_and_said() -> None:
    source = source_of("jobs:\n  build:\n  deploy: {environment: production}\n")

    workflow, (diagnostic,) = parse(source, compose(source), Page(source.file, source.lines, {}))

    assert workflow
    assert [each.id for each in workflow.jobs] == ["deploy"]
    assert diagnostic.message == "the job `build` says nothing of what it does"
    assert str(diagnostic.span) == ".github/workflows/deploy.yml:2:3"
