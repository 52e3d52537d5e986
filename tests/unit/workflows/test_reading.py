from __future__ import annotations

import textwrap

import pytest

from envsync.documents.text import source_text
from envsync.errors import Severity
from envsync.model import RepositoryName
from envsync.workflows.flow import Reading
from envsync.workflows.possible import Possible
from envsync.workflows.reading import reading

CHOSEN = "whoever starts the workflow chooses it"
TWO = "on: {workflow_dispatch: {inputs: {target: {type: choice, options: [staging, production]}}}}"


def read(**texts: str) -> Reading:
    """Workflows by the names of their files."""
    sources = [source_text(f"{name}.yml", "/project", textwrap.dedent(text)) for name, text in texts.items()]
    return reading(sources, None)


def names(on: str, environment: str, more: str = "") -> Possible:
    """What the environment of the one job of a workflow may be."""
    text = (
        f"{on}\njobs:\n  deploy:\n    environment: {environment}\n{textwrap.indent(textwrap.dedent(more), '    ')}"
    )
    (flow,) = read(main=text).flows
    environment_of_run = flow.runs[0].environment
    assert environment_of_run
    return environment_of_run.names


def of(*texts: str, unknown: str | None = None) -> Possible:
    return Possible(frozenset(texts), unknown)


def test_a_reading_has_the_flows_and_the_pages_of_all_files_in_order() -> None:
    found = read(b="name: Second\non: [push, workflow_dispatch]\njobs: {x: {}}", a="on: push\njobs: {x: {}}")

    assert [(flow.file, flow.name, flow.triggers) for flow in found.flows] == [
        ("a.yml", None, ("push",)),
        ("b.yml", "Second", ("push", "workflow_dispatch")),
    ]
    assert found.pages["a.yml"].lines == ("on: push", "jobs: {x: {}}")
    assert found.diagnostics == ()


def test_no_files_are_no_flows() -> None:
    assert read() == Reading((), {}, ())


def test_a_file_that_cannot_be_read_is_a_flow_of_which_nothing_is_known() -> None:
    found = read(a="jobs: [", b="on: push\njobs: {x: }")

    assert [(flow.file, flow.triggers, [run.blind for run in flow.runs]) for flow in found.flows] == [
        ("a.yml", (), ["`a.yml` could not be read"]),
        ("b.yml", (), ["`b.yml` could not be read"]),
        ("b.yml", ("push",), []),
    ]
    assert [each.code for each in found.diagnostics] == ["workflow-unreadable"] * 2


def test_a_workflow_that_is_called_here_is_no_flow_of_its_own() -> None:
    call = "on: push\njobs: {x: {uses: ./.github/workflows/b.yml}}"
    called = "on: workflow_call\njobs: {y: {}}"

    assert [flow.file for flow in read(a=call, b=called).flows] == ["a.yml"]
    assert [flow.file for flow in read(b=called).flows] == ["b.yml"]
    assert [flow.file for flow in read(a=call, b="on: [workflow_call, push]\njobs: {y: {}}").flows] == [
        "a.yml",
        "b.yml",
    ]


def test_a_workflow_that_is_called_by_what_is_called_from_elsewhere_is_no_flow_either() -> None:
    a = "on: workflow_call\njobs: {x: {}}"
    b = "on: workflow_call\njobs: {y: {uses: ./.github/workflows/a.yml}}"

    assert [flow.file for flow in read(a=a, b=b).flows] == ["b.yml"]


def test_workflows_that_only_call_each_other_are_flows_all_the_same() -> None:
    a = "on: workflow_call\njobs: {x: {uses: ./.github/workflows/b.yml}}"
    b = "on: workflow_call\njobs: {y: {uses: ./.github/workflows/a.yml}}"

    (flow,) = read(a=a, b=b).flows

    assert [(run.id, run.blind) for run in flow.runs] == [
        ("x", None),
        ("x / y", "`./.github/workflows/a.yml` calls itself"),
    ]


@pytest.mark.parametrize("written", ["production", "'production'", "{name: production}"])
def test_an_environment_that_is_written_out_is_known(written: str) -> None:
    assert names("on: push", written) == of("production")


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("{type: choice, options: [staging, production], default: staging}", of("staging", "production")),
        ("{type: choice}", of(unknown=CHOSEN)),
        ("{type: string}", of(unknown=CHOSEN)),
        ("{type: string, default: staging}", of("staging", unknown=CHOSEN)),
        ("{default: 1.10}", of("1.1", unknown=CHOSEN)),
        ("", of(unknown=CHOSEN)),
        ("{type: boolean}", of("true", "false")),
        ("{type: environment}", of(unknown=f"{CHOSEN} among the repository's environments")),
        ("{type: environment, default: qa}", of("qa", unknown=f"{CHOSEN} among the repository's environments")),
    ],
)
@pytest.mark.parametrize("context", ["inputs.target", "github.event.inputs.Target", "inputs['TARGET']"])
def test_what_is_chosen_by_hand_is_known_as_far_as_there_are_options(
    declared: str, expected: Possible, context: str
) -> None:
    on = f"on: {{workflow_dispatch: {{inputs: {{target: {declared or '~'}}}}}}}"

    assert names(on, f"${{{{ {context} }}}}") == expected


def test_an_input_that_is_not_declared_is_empty() -> None:
    assert names(TWO, "x${{ inputs.gone }}") == of("x")


def test_each_event_has_inputs_of_its_own() -> None:
    both = TWO.replace("{workflow_dispatch", "{push: , workflow_dispatch")
    by_event = "${{ github.event_name == 'push' && 'development' || inputs.target }}"

    assert names(both, "${{ inputs.target || 'qa' }}") == of("staging", "production", "qa")
    assert names(both, by_event) == of("development", "staging", "production")
    assert names(both, "${{ github.event.inputs.target || 'qa' }}") == of("staging", "production", "qa")


def test_a_condition_says_for_which_event_a_job_is() -> None:
    both = TWO.replace("{workflow_dispatch", "{push: , workflow_dispatch")
    asks = "if: github.event_name == 'workflow_dispatch'"

    assert names(both, "${{ inputs.target }}", asks) == of("staging", "production")
    assert names(both, "${{ inputs.target }}") == of("", "staging", "production")
    assert names(both, "${{ inputs.target }}", "if: false") == of("", "staging", "production")
    assert names(both, "${{ inputs.target }}", "if: (false") == of("", "staging", "production")


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("vars.TARGET", "a variable says it"),
        ("needs.setup.outputs.target", "another job says it"),
        ("github.ref_name", "github.ref_name is known only in a run"),
        ("github.event.deployment.environment", "github.event.deployment.environment is known only in a run"),
        ("strategy.job-index", "strategy.job-index is known only in a run"),
    ],
)
def test_why_an_environment_is_not_known(expression: str, reason: str) -> None:
    assert names("on: push", f"${{{{ {expression} }}}}") == of(unknown=reason)


@pytest.mark.parametrize("on", ["", "on: push", "on: workflow_call"])
def test_what_is_known_of_an_expression_is_kept(on: str) -> None:
    known = names(on, "${{ github.ref == 'refs/heads/main' && 'production' || 'staging' }}")

    assert known == of("production", "staging")


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ("{env: [staging, production]}", {"staging", "production"}),
        ("{ENV: [staging]}", {"staging"}),
        ("{env: [staging, production], exclude: [{env: staging}]}", {"production"}),
        ("{env: [staging, production], region: [eu, us], exclude: [{env: staging}]}", {"production"}),
        ("{env: [staging], region: [eu, us], exclude: [{env: staging, region: eu}]}", {"staging"}),
        ("{env: [staging], exclude: [{gone: staging}]}", {"staging"}),
        ("{env: [staging], include: [{env: production}]}", {"staging", "production"}),
        ("{include: [{env: staging}, {env: production}]}", {"staging", "production"}),
        (
            "{region: [eu, us], include: [{env: staging}, {region: us, env: production}]}",
            {"staging", "production"},
        ),
        ("{region: [eu, us], include: [{region: us, env: production}]}", {"", "production"}),
        ("{env: '${{ fromJSON(''[\"staging\"]'') }}'}", {"staging"}),
        ('|\n    ${{ fromJSON(\'{"env": ["staging", "qa"]}\') }}', {"staging", "qa"}),
        ("{env: ['${{ github.ref == ''x'' && ''staging'' || ''production'' }}']}", {"staging", "production"}),
        ("{region: ['${{ vars.A }}'], include: [{region: us, env: production}]}", {"", "production"}),
        ("{env: [{name: staging}, {name: production}]}", {"staging", "production"}),
        ("{env: [{name: staging}, {name: production}], exclude: [{env: {name: staging}}]}", {"production"}),
        ("{env: [staging], x: [[a], [b]], exclude: [{x: [a]}, {x: [b]}], include: [{env: qa}]}", {"qa"}),
        ("{env: [staging, production], exclude: '${{ fromJSON(vars.X) }}'}", {"staging", "production"}),
    ],
)
def test_a_matrix_has_one_environment_a_job(matrix: str, expected: set[str]) -> None:
    expression = "${{ matrix.env.name }}" if "name:" in matrix else "${{ matrix.env }}"

    found = names("on: push", expression, f"strategy:\n  matrix: {matrix}")

    assert found == of(*expected)


def test_the_values_of_a_matrix_go_together() -> None:
    matrix = "strategy: {matrix: {include: [{env: staging, region: eu}, {env: production, region: us}]}}"

    assert names("on: push", "'${{ matrix.env }}-${{ matrix.region }}'", matrix) == of(
        "staging-eu", "production-us"
    )


def test_what_is_included_in_a_combination_is_none_of_its_own() -> None:
    matrix = "strategy: {matrix: {env: [qa], number: [1], include: [{env: qa, region: us}]}}"
    three = "'${{ matrix.env }}-${{ matrix.number }}-${{ matrix.region }}'"

    assert names("on: push", three, matrix) == of("qa-1-us")


def test_what_may_be_included_in_a_combination_may_be_one_of_its_own() -> None:
    matrix = "strategy: {matrix: {region: ['${{ vars.A }}'], number: [1], include: [{region: us, env: qa}]}}"

    assert names("on: push", "'${{ matrix.env }}-${{ matrix.number }}'", matrix) == of("-1", "qa-1", "qa-")


@pytest.mark.parametrize(
    ("matrix", "texts", "reason"),
    [
        ("${{ fromJSON(needs.setup.outputs.matrix) }}", (), "another job says it"),
        ("{env: '${{ fromJSON(needs.setup.outputs.list) }}'}", (), "another job says it"),
        ("{env: ['${{ vars.A }}', qa]}", ("qa",), "a variable says it"),
        ("{env: [qa], include: '${{ fromJSON(vars.MORE) }}'}", ("qa",), "a variable says it"),
        ("{env: [qa], include: [{env: '${{ vars.MORE }}'}]}", ("qa",), "a variable says it"),
        ("{env: [qa, '${{ vars.A }}'], exclude: [{env: qa}]}", (), "a variable says it"),
        ("{env: ['${{ matrix.x }}', qa], exclude: [{env: qa}, text]}", (), "matrix.x is known only in a run"),
        (f"{{env: {list(range(256))}, include: [{{env: qa}}]}}", (), "its matrix has too many combinations"),
        ("{env: [qa], x: [{a: '${{ vars.A }}'}], include: [{x: {a: b}, env: qa}]}", ("qa",), None),
        ("{env: qa}", (), "its matrix is known only in a run"),
        ("[env]", (), "its matrix is known only in a run"),
        ("{env: []}", (), "its matrix is known only in a run"),
        (f"{{env: {list(range(16))}, b: {list(range(17))}}}", (), "its matrix has too many combinations"),
    ],
)
def test_a_matrix_may_be_known_only_in_a_run(matrix: str, texts: tuple[str, ...], reason: str | None) -> None:
    found = names("on: push", "${{ matrix.env }}", f"strategy:\n  matrix: {matrix}")

    assert found == of(*texts, unknown=reason)


def test_a_job_without_a_matrix_has_none() -> None:
    assert names("on: push", "x${{ matrix.env }}") == of("x")
    assert names("on: push", "x${{ matrix.env }}", "strategy:\n  matrix:") == of(
        unknown="its matrix is known only in a run"
    )


def called(with_: str, inputs: str = "{target: {type: string}}", more: str = "", on: str = "on: push") -> Possible:
    """What the environment of a called workflow may be, which is `inputs.target` for it."""
    call = f"{on}\njobs:\n  call:\n    uses: ./.github/workflows/b.yml\n    with: {with_}\n"
    b = f"on: {{workflow_call: {{inputs: {inputs}}}}}\njobs: {{y: {{environment: '${{{{ inputs.target }}}}'}}}}"
    (flow,) = read(a=call + textwrap.indent(more, "    "), b=b).flows
    environment = flow.runs[1].environment
    assert environment
    return environment.names


@pytest.mark.parametrize(
    ("with_", "inputs", "expected"),
    [
        ("{target: staging}", "{target: {type: string}}", of("staging")),
        ("{Target: staging}", "{TARGET: {type: string}}", of("staging")),
        ("{target: 1.10}", "{target: {type: string}}", of("1.10")),
        ("{target: staging}", "{}", of("staging")),
        ("{}", "{target: {type: string}}", of("")),
        ("{}", "{target: {type: boolean}}", of("false")),
        ("{}", "{target: {type: number}}", of("0")),
        ("{}", "{target: {type: string, default: qa}}", of("qa")),
        ("{}", "{target: {type: string, default: '${{ vars.A }}'}}", of(unknown="a variable says it")),
        ("{target: '${{ vars.A }}'}", "{target: {type: string}}", of(unknown="a variable says it")),
        (
            "{target: [a]}",
            "{target: {type: string}}",
            of(unknown="it comes to a list or an object, not to a text"),
        ),
    ],
)
def test_a_caller_says_what_the_inputs_are(with_: str, inputs: str, expected: Possible) -> None:
    assert called(with_, inputs) == expected


def test_a_caller_passes_its_own_inputs_on() -> None:
    assert called("{target: 'x-${{ inputs.target }}'}", on=TWO) == of("x-staging", "x-production")


def test_a_caller_calls_once_for_each_combination_of_its_matrix() -> None:
    matrix = "strategy: {matrix: {env: [staging, production]}}"

    assert called("{target: '${{ matrix.env }}'}", more=matrix) == of("staging", "production")
    assert called("{target: qa}", more=matrix) == of("qa")
    assert called("{target: qa, map: {a: ['${{ matrix.env }}']}}", more=matrix) == of("qa")


def test_a_called_workflow_sees_the_event_of_its_caller() -> None:
    on = TWO.replace("{workflow_dispatch", "{push: , workflow_dispatch")
    target = "'${{ github.event_name == ''push'' && ''qa'' || inputs.target }}'"

    assert called(f"{{target: {target}}}", on=on) == of("qa", "staging", "production")
    assert called("{target: '${{ inputs.target }}'}", on=on, more="if: inputs.target") == of(
        "staging", "production"
    )


def test_a_called_workflow_that_does_not_say_that_it_is_one_is_followed() -> None:
    a = "on: push\njobs: {x: {uses: ./.github/workflows/b.yml, with: {t: qa}}}"
    b = "on: push\njobs: {y: {environment: '${{ inputs.t }}'}}"

    environment = read(a=a, b=b).flows[0].runs[1].environment

    assert environment
    assert environment.names == of("qa")


@pytest.mark.parametrize("target", ["${{ matrix.a }}-${{ matrix.b }}", "${{ matrix.a && 'qa' }}"])
def test_very_many_ways_to_be_called_are_not_followed(target: str) -> None:
    matrix = f"strategy: {{matrix: {{a: {list(range(1, 17))}, b: {list(range(16))}}}}}"
    on = "on: [push, pull_request, schedule, release]"

    found = called(f'{{target: "{target}"}}', more=matrix, on=on)

    assert found == of(unknown="there are too many possibilities")


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("{type: string}", of("", unknown="whoever calls the workflow says it")),
        ("{type: string, default: qa}", of("qa", unknown="whoever calls the workflow says it")),
        ("{type: boolean}", of("true", "false")),
    ],
)
def test_a_workflow_that_nothing_here_calls_is_called_from_elsewhere(declared: str, expected: Possible) -> None:
    assert names(f"on: {{workflow_call: {{inputs: {{target: {declared}}}}}}}", "${{ inputs.target }}") == expected


def test_a_workflow_that_is_called_here_is_not_called_from_elsewhere() -> None:
    a = "on: push\njobs: {x: {uses: ./.github/workflows/b.yml, with: {target: qa}}}"
    b = f"{TWO[:-1]}, workflow_call: {{inputs: {{target: }}}}}}\n"
    b += "jobs: {y: {environment: '${{ inputs.target }}'}}"

    assert [run.environment.names for flow in read(a=a, b=b).flows for run in flow.runs if run.environment] == [
        of("qa"),
        of("staging", "production"),
    ]


# --- what a hostile file could ask for ---------------------------------------------------------------------


def test_more_events_than_there_are_make_no_difference() -> None:
    events = ", ".join(f"e{number}" for number in range(300))

    found = names(f"on: [{events}]", "${{ github.event_name }}")

    assert found == of(unknown="github.event_name is known only in a run")


def test_a_name_that_github_does_not_take_is_not_known() -> None:
    long = "format('{0}{0}{0}{0}{0}{0}', '" + 50 * "x" + "')"

    found = names("on: push", f"${{{{ github.ref && {long} || 'qa' }}}}")

    assert found == of("qa", unknown="its name is longer than the 255 characters that GitHub takes")


def test_what_all_jobs_of_a_workflow_may_be_is_tried_within_bounds() -> None:
    """The first jobs are known, and of the last it is said that they are not."""
    strategy = f"strategy: {{matrix: {{a: {list(range(16))}, b: {list(range(16))}}}}}"
    jobs = "".join(
        f"  j{number}: {{{strategy}, environment: 'qa-${{{{ matrix.a }}}}'}}\n" for number in range(390)
    )

    found = [run.environment.names for run in read(a=f"on: push\njobs:\n{jobs}").flows[0].runs if run.environment]

    assert found[0] == of(*(f"qa-{number}" for number in range(16)))
    assert found[-1].unknown in {"its matrix has too many combinations", "it has too many combinations"}


def test_a_matrix_with_very_much_to_include_is_not_expanded() -> None:
    include = ", ".join(f"{{x{number}: x}}" for number in range(2_000))
    matrix = f"{{a: {list(range(16))}, b: {list(range(16))}, include: [{include}]}}"

    found = names("on: push", "${{ matrix.a }}", f"strategy: {{matrix: {matrix}}}")

    assert found == of(unknown="it has too many combinations")


def test_calls_with_very_many_inputs_are_followed_within_bounds() -> None:
    given = ", ".join(f"i{number}: '${{{{ matrix.a }}}}'" for number in range(100))
    jobs = "".join(
        f"  j{number}: {{strategy: {{matrix: {{a: {list(range(250))}}}}}, "
        f"uses: ./.github/workflows/b.yml, with: {{{given}}}}}\n"
        for number in range(3)
    )
    called = "on: workflow_call\njobs: {y: {environment: '${{ inputs.i7 }}'}}"

    runs = read(a=f"on: push\njobs:\n{jobs}", b=called).flows[0].runs

    assert {run.environment.names for run in runs if run.environment} == {
        of(unknown="it has too many combinations")
    }


def test_a_workflow_of_this_repository_that_is_called_and_not_there_is_told() -> None:
    here, elsewhere = "./.github/workflows/gone.yml", "acme/other/.github/workflows/x.yml@v1"
    text = f"on: push\njobs:\n  a: {{uses: {here}}}\n  b: {{uses: {elsewhere}}}\n"

    found = reading([source_text(".github/workflows/a.yml", "/", text)], RepositoryName("acme", "shop"))

    [missing] = found.diagnostics
    assert (missing.code, missing.severity) == ("workflow-missing", Severity.WARNING)
    assert missing.message == "the job `a` calls `./.github/workflows/gone.yml`, which is not there"
    assert missing.span is not None
    assert (missing.span.line, missing.span.column) == (3, 13)
