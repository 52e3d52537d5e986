"""What is found between what the files declare and what the workflows do; and what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.crossings import crossed, desired, pointed_at, read, told, workflow

from envsync.errors import Diagnostic, Severity, Span
from envsync.model import (
    RECORD_VARIABLE,
    DesiredEnvironment,
    DesiredRepository,
    DesiredSecret,
    External,
    RepositoryName,
)
from envsync.workflows.cross_check import MOST, cross_check
from envsync.workflows.flow import Elsewhere

TWO = "environments: {staging: {}, production: {}}\n"
BOTH = workflow("  a: {environment: staging}\n  b: {environment: production}\n")


def test_a_repository_in_order_has_no_finding() -> None:
    declared = """\
defaults: {variables: {REGION: eu}}
environments:
  staging: {secrets: {TOKEN: external}}
  production: {secrets: {TOKEN: external}}
"""
    jobs = """\
  test: {steps: [{run: "echo ${{ secrets.NPM_TOKEN }}"}]}
  deploy:
    strategy: {matrix: {to: [staging, production]}}
    environment: ${{ matrix.to }}
    env: {REGION: "${{ vars.REGION }}"}
    steps: [{run: "deploy ${{ secrets.TOKEN }} ${{ secrets.GITHUB_TOKEN }}"}]
"""

    assert crossed(declared, workflow(jobs)) == ()


# --- what is not followed ----------------------------------------------------------------------------------


def test_a_workflow_of_another_repository_is_said_to_be_unknown() -> None:
    jobs = "  a: {uses: other/x/.github/workflows/d.yml@main}\n"

    (found,) = crossed(TWO, BOTH, workflow(jobs))

    assert told((found,)) == ["note not-followed: other/x/.github/workflows/d.yml@main"]
    assert found.message == (
        "what `other/x/.github/workflows/d.yml@main` does is not surely known: it is not in this repository"
    )
    assert found.hint == "check there which environments, secrets and variables it uses"
    assert crossed(TWO, BOTH, workflow(f"  # envsync: ignore[not-followed] a linter\n{jobs}")) == ()


def test_more_jobs_than_are_looked_at_are_a_warning() -> None:
    (found,) = crossed(TWO, workflow("".join(f"  j{number}: {{environment: gone}}\n" for number in range(401))))

    assert told((found,)) == ["warning not-followed: j0"]
    assert found.message == (
        "what `.github/workflows/a.yml` does is not surely known: the repository has too many jobs to follow"
    )
    assert found.hint == "no more than 400 jobs of a workflow and 2,000 of a repository are looked at"


# --- environments ------------------------------------------------------------------------------------------


def test_an_environment_that_no_file_declares_would_be_made_unprotected() -> None:
    (found,) = crossed(TWO, BOTH, workflow("  deploy: {environment: prodution}\n"))

    assert told((found,)) == ["error undeclared-environment: prodution"]
    assert found.message == (
        "the job `deploy` names `prodution`, which no file declares: GitHub would make it, unprotected"
    )
    assert found.hint == "did you mean `production`?"


def test_the_environment_that_was_meant_is_not_called_unused() -> None:
    jobs = "  a: {environment: prodution}\n  b: {environment: staging}\n"

    assert [each.code for each in crossed(TWO, workflow(jobs))] == ["undeclared-environment"]


def test_one_that_is_like_none_is_to_be_declared_or_left_alone() -> None:
    (found,) = crossed(TWO, BOTH, workflow("  deploy: {environment: qa}\n"))

    assert found.hint == "declare it, or name it under `never_touch` if something else manages it"


def test_what_something_else_manages_is_no_finding() -> None:
    pages = workflow("  pages: {environment: {name: GitHub-Pages, url: x}}\n")
    mine = workflow("  lab: {environment: Lab, env: {X: '${{ secrets.ANY }}'}}\n")

    assert crossed(TWO, BOTH, pages) == ()
    assert crossed(f"never_touch: [lab]\n{TWO}", BOTH, mine) == ()


def test_each_choice_is_looked_at() -> None:
    on = "{workflow_dispatch: {inputs: {to: {type: choice, options: [staging, qa, dev, production]}}}}"

    (found,) = crossed(TWO, workflow("  deploy: {environment: '${{ inputs.to }}'}\n", on))

    assert found.message == (
        "the job `deploy` may name `dev` and `qa`, which no file declares: GitHub would make them, unprotected"
    )


def test_a_job_called_twice_is_told_of_once() -> None:
    called = workflow(
        "  it: {environment: '${{ inputs.to }}'}\n", "{workflow_call: {inputs: {to: {type: string}}}}"
    )
    calls = [f"  {each}: {{uses: ./.github/workflows/b.yml, with: {{to: {each}}}}}\n" for each in ("qa", "dev")]

    (found,) = crossed(TWO, workflow("".join(calls)), called, BOTH)

    assert found.message.startswith("the job `qa / it` may name `dev` and `qa`, which no file declares")


def test_no_environment_is_no_finding() -> None:
    assert crossed(TWO, BOTH, workflow("  a: {environment: ''}\n  b: {environment: }\n  c: {}\n")) == ()


def test_what_comes_to_no_name_is_no_environment() -> None:
    jobs = "  a: {environment: \"${{ github.ref == 'x' && 'staging' || '' }}\"}\n"

    assert crossed(TWO, BOTH, workflow(jobs)) == ()


def test_beside_what_only_a_run_shows_a_name_is_one_that_may_be() -> None:
    jobs = "  a: {environment: \"${{ github.ref == 'x' && 'qa' || vars.ENV }}\"}\n"

    found = crossed(TWO, BOTH, workflow(jobs))

    assert found[0].message.startswith("the job `a` may name `qa`, which no file declares")


def test_an_environment_in_another_case_is_the_same_but_not_to_a_cloud() -> None:
    (found,) = crossed(TWO, BOTH, workflow("  deploy: {environment: Production}\n"))

    assert told((found,)) == ["warning environment-spelling: Production"]
    assert found.message == "the job `deploy` writes `Production` for the environment `production`"
    assert found.hint is not None
    assert found.hint.startswith("write `production`: ")


def test_what_only_a_run_shows_is_said_to_be_unknown() -> None:
    jobs = """\
  a: {environment: "${{ github.ref_name }}"}
  b: {environment: "${{ github.ref == 'x' && 'staging' || vars.ENV }}"}
"""

    found = crossed(TWO, BOTH, workflow(jobs))

    assert {each.severity for each in found} == {Severity.NOTE}
    assert [each.code for each in found] == ["unknown-environment"] * 2
    assert found[0].message.startswith("which environment the job `a` names cannot be told, because ")
    assert found[1].message.startswith(
        "whether the job `b` may name others than `staging` cannot be told, because "
    )


# --- secrets and variables ---------------------------------------------------------------------------------

TO = "'${{ matrix.to }}'"
APART = """\
environments:
  staging: {variables: {REGION: eu}, secrets: {TOKEN: external}}
  production: {variables: {REGION: eu}, secrets: {TOKEN: external, DB_PASSWORD: external}}
"""


def using(environment: str, *expressions: str) -> str:
    steps = " ".join(f"${{{{ {each} }}}}" for each in expressions)
    at = f", environment: {environment}" if environment else ""
    return f'{{steps: [{{run: "{steps}"}}]{at}}}'


def in_order_but_for(expression: str) -> str:
    """Instead of `secrets.DB_PASSWORD`."""
    return (
        f"  s: {using('staging', 'secrets.TOKEN', 'vars.REGION')}\n"
        f"  p: {using('production', 'secrets.TOKEN', 'vars.REGION', expression)}\n"
    )


IN_ORDER = workflow(in_order_but_for("secrets.db_password"))


def test_a_secret_of_another_environment_is_not_this_ones() -> None:
    (found,) = crossed(APART, IN_ORDER, workflow(f"  migrate: {using('staging', 'secrets.DB_PASSWORD')}\n"))

    assert found.severity is Severity.WARNING
    assert (found.code, pointed_at(found)) == ("undeclared-secret", "secrets.DB_PASSWORD")
    assert found.message == (
        "the job `migrate` uses `secrets.DB_PASSWORD`, which `production` has, but `staging` has not"
    )
    assert found.hint == (
        "declare it in `staging`; where it is the repository's or the organization's, write "
        "# envsync: ignore[undeclared-secret] and say so"
    )


def test_a_variable_of_environments_does_not_reach_a_job_that_names_none() -> None:
    (found,) = crossed(APART, IN_ORDER, workflow(f"  build: {using('', 'vars.REGION')}\n"))

    assert found.code == "undeclared-variable"
    assert found.message == (
        "the job `build` uses `vars.REGION`, which `production` and `staging` have, but it names no environment"
    )
    assert found.hint is not None
    assert found.hint.startswith("give the job the environment that has it; ")


def test_a_job_that_has_no_environment_only_sometimes_may_be_careful_then() -> None:
    at = "\"${{ github.ref == 'x' && 'production' || '' }}\""
    never = "\"${{ github.ref == 'x' && 'staging' || '' }}\""

    assert crossed(APART, IN_ORDER, workflow(f"  a: {using(at, 'secrets.DB_PASSWORD')}\n")) == ()
    (found,) = crossed(APART, IN_ORDER, workflow(f"  a: {using(never, 'secrets.DB_PASSWORD')}\n"))

    assert found.code == "undeclared-secret"


def test_what_guards_envsync_itself_is_no_environment_of_the_files() -> None:
    guarded = "env: {ENVSYNC_GUARDED_BY: 'envsync-apply, Envsync-Plan'}\n"
    named = workflow("  a: {environment: envsync-plan}\n  b: {environment: envsync-other}\n")
    there = "  a: {environment: envsync-plan, env: {ENVSYNC_GUARDED_BY: envsync-plan}}\n"

    assert [each.code for each in crossed(APART, IN_ORDER, named)] == ["undeclared-environment"] * 2
    (found,) = crossed(APART, IN_ORDER, guarded + named)
    assert "`envsync-other`" in found.message
    assert crossed(APART, IN_ORDER, workflow(there)) == ()


def test_of_several_environments_each_is_judged() -> None:
    matrix = "    strategy: {matrix: {to: [staging, production]}}\n"
    jobs = f"  a:\n{matrix}    <<: {using(TO, 'secrets.DB_PASSWORD')}\n"

    (found,) = crossed(APART, IN_ORDER, workflow(jobs))

    assert found.message.endswith("which `production` has, but `staging` has not")


@pytest.mark.parametrize(
    "wrong",
    ["DBPASSWORD", "DB_PASSWRD", "DB_PASSWORDT", "DB_PASSWOLD", "DB_PASSWODR"],
)
def test_a_slip_of_the_fingers_is_found_offline_where_nothing_uses_what_was_meant(wrong: str) -> None:
    jobs = in_order_but_for(f"secrets.{wrong}")

    found = crossed(APART, workflow(jobs))

    assert told(found) == [f"warning undeclared-secret: secrets.{wrong}"]  # and not that DB_PASSWORD is of no use
    assert found[0].message == f"the job `p` uses `secrets.{wrong}`, which `production` has not"
    assert found[0].hint == "did you mean `secrets.DB_PASSWORD`?"


@pytest.mark.parametrize("wrong", ["AWS_ROL_ARN", "AWS_ROLE_ARM", "AWS_ROLE_ARNN", "AWS_ROEL_ARN", "AWSROLE_ARN"])
def test_in_a_short_word_a_slip_is_a_letter_too_few_or_many_two_swapped_or_the_neighbour_of_the_right_one(
    wrong: str,
) -> None:
    declared = "environments: {staging: {secrets: {AWS_ROLE_ARN: external}}}\n"

    (found,) = crossed(declared, workflow(f"  a: {using('staging', f'secrets.{wrong}')}\n"))

    assert found.hint == "did you mean `secrets.AWS_ROLE_ARN`?"


@pytest.mark.parametrize("other", ["AWS_ROLE_ARX", "AWS_ROPE_ID", "AWS_ROSE_ARN", "AWS_RULE_ARN", "AWS_ROLES_ARN"])
def test_another_short_word_is_another_name(other: str) -> None:
    declared = "environments: {staging: {secrets: {AWS_ROLE_ARN: external}}}\n"

    (found,) = crossed(declared, workflow(f"  a: {using('staging', f'secrets.{other}')}\n"))

    assert found.code == "unused-secret"


@pytest.mark.parametrize(
    ("kind", "used", "meant"), [("secrets", "vars", "secrets"), ("variables", "secrets", "vars")]
)
def test_a_secret_is_no_variable_and_a_variable_no_secret(kind: str, used: str, meant: str) -> None:
    declared = f"environments: {{staging: {{{kind}: {{TOKEN_OF_X: external}}}}}}\n"

    (found,) = crossed(declared, workflow(f"  a: {using('staging', f'{used}.TOKEN_OF_X')}\n"))

    assert found.code in {"undeclared-secret", "undeclared-variable"}
    assert found.hint == f"did you mean `{meant}.TOKEN_OF_X`?"
    both = workflow(f"  a: {using('staging', f'{used}.TOKEN_OF_X', f'{meant}.TOKEN_OF_X')}\n")
    assert crossed(declared, both) == ()


@pytest.mark.parametrize(
    "other",
    [
        "DB_PASSWORDS",
        "DB_PASSWORD_2",
        "DB_PASSWORD2",
        "DC_PASSWORD",
        "DB_PASSPHRASE",
        "DB_PASSWROLD",
        "DB_SAPSWORD",
        "DB_PASSWRD_OLD",
        "API_KEY",
    ],
)
def test_a_name_that_may_be_the_repositorys_own_is_no_slip(other: str) -> None:
    jobs = in_order_but_for(f"secrets.{other}")

    assert [each.code for each in crossed(APART, workflow(jobs))] == ["unused-secret"]


def test_where_what_was_meant_is_used_too_it_is_another_name() -> None:
    assert crossed(APART, IN_ORDER, workflow(f"  b: {using('production', 'secrets.DB_PASSWRD')}\n")) == ()


def test_where_repository_and_organization_are_known_everything_is_found() -> None:
    jobs = (
        f"  a: {using('staging', 'secrets.NPM_TOKEN', 'secrets.TOKE', 'vars.LEVEL')}\n"
        f"  b: {using('', 'vars.LEVEL', 'secrets.TOKEN')}\n"
    )

    known = Elsewhere(frozenset({"NPM_TOKEN"}), frozenset())
    found = crossed(APART, IN_ORDER, workflow(jobs), elsewhere=known)

    assert [(each.message, each.hint) for each in found] == [
        (
            "the job `a` uses `secrets.TOKE`, which neither `staging`, the repository nor the organization has",
            "did you mean `secrets.TOKEN`?",
        ),
        (
            "the job `a` uses `vars.LEVEL`, which neither `staging`, the repository nor the organization has",
            "declare it in `staging`",
        ),
        (
            "the job `b` uses `vars.LEVEL`, which neither the repository nor the organization has",
            "add the variable to the repository, or declare it in the environment of the job",
        ),
        (
            "the job `b` uses `secrets.TOKEN`, which neither the repository nor the organization has",
            "give the job the environment that has it",
        ),
    ]


def test_one_that_both_a_job_and_the_repository_have_is_no_finding() -> None:
    known = Elsewhere(frozenset({"DB_PASSWORD"}), None)

    assert (
        crossed(APART, IN_ORDER, workflow(f"  a: {using('staging', 'secrets.DB_PASSWORD')}\n"), elsewhere=known)
        == ()
    )


@pytest.mark.parametrize(
    ("declared", "job"),
    [
        (APART.replace("staging: {", "staging: {ignore: [secrets], "), using("staging", "secrets.DB_PASSWORD")),
        (f"never_touch: [lab]\n{APART}", using("lab", "secrets.DB_PASSWORD")),
        (APART, using("staging", "secrets.DB_PASSWORD || 'none'")),
        (APART, using("staging", "toJSON(secrets)")),
        (APART, using("staging", "vars.ENVSYNC_RECORD")),
    ],
    ids=["others manage them", "nobody declares them", "a fallback", "all of them", "the record"],
)
def test_what_is_not_known_or_not_needed_is_no_finding(declared: str, job: str) -> None:
    declared = declared.replace("secrets: {TOKEN: external}}", "}") if "ignore" in declared else declared
    elsewhere = Elsewhere(None, frozenset({"REGION"}))
    found = crossed(declared, IN_ORDER, workflow(f"  a: {job}\n"), elsewhere=elsewhere)

    assert [each for each in found if each.span is not None and each.span.file.endswith("b.yml")] == []


# --- what nothing uses -------------------------------------------------------------------------------------


def test_what_nothing_uses_is_told_where_it_is_declared() -> None:
    declared = """\
environments:
  staging: {variables: {REGION: eu, LEVEL: "1"}, secrets: {TOKEN: external}}
  production: {secrets: {OLD: external}}
  former: {variables: {X: "1"}}
"""
    jobs = f"  a: {using('Staging', 'vars.region')}\n  b: {{environment: production}}\n"

    found = crossed(declared, workflow(jobs))

    assert told(found) == [
        "warning environment-spelling: Staging",
        "warning unused-environment: former",
        "warning unused-secret: OLD",
        "warning unused-secret: TOKEN",
        "warning unused-variable: LEVEL",
    ]
    assert [each.message for each in found[1:]] == [
        "no workflow deploys to `former`",
        "no job of `production` uses the secret `OLD`",
        "no job of `staging` uses the secret `TOKEN`",
        "no job of `staging` uses the variable `LEVEL`",
    ]
    assert found[4].hint == "remove it, or use it as `vars.LEVEL`"


def test_what_several_environments_share_is_unused_only_where_none_uses_it() -> None:
    declared = f"defaults: {{variables: {{REGION: eu, LEVEL: '1', MODE: x}}}}\n{TWO}"
    jobs = f"  a: {using('staging', 'vars.REGION')}\n  b: {using('production', 'vars.MODE')}\n"

    (found,) = crossed(declared, workflow(jobs))

    assert found.message == "no job of `production` and `staging` uses the variable `LEVEL`"


@pytest.mark.parametrize(
    "job",
    [
        "{environment: '${{ github.ref_name }}', env: {A: '${{ vars.REGION }} ${{ toJSON(secrets) }}'}}",
        "{uses: acme/shared/.github/workflows/deploy.yml@v1}",
        "0",
    ],
    ids=["unknown environment", "workflow elsewhere", "not understood"],
)
def test_what_may_be_used_by_what_is_not_known_is_not_called_unused(job: str) -> None:
    found = crossed(APART, workflow(f"  a: {using('staging', 'secrets.TOKEN')}\n  b: {job}\n"))

    assert not [each for each in found if each.code.startswith("unused-")]


def test_an_environment_that_a_run_may_choose_is_not_called_unused() -> None:
    unknown = "  a: {environment: '${{ github.ref_name }}'}\n"

    assert [each.code for each in crossed(TWO, workflow(unknown))] == ["unknown-environment"]
    assert [each.code for each in crossed(TWO, workflow(f"{unknown}  b: {{environment: staging}}\n"))] == [
        "unknown-environment"
    ]


def test_what_could_not_be_read_may_use_anything() -> None:
    unread = Diagnostic("workflow-unreadable", "`b.yml` cannot be read", severity=Severity.WARNING)
    there = replace(read(workflow("  a: {environment: staging}\n")), diagnostics=(unread,))
    wanted = desired(TWO)

    assert cross_check(there, wanted, {}) == ()


def test_what_is_declared_for_several_repositories_another_one_may_use() -> None:
    assert crossed(APART, workflow("  a: {environment: staging}\n"), shared=True) == ()
    assert crossed(APART, workflow("  a: {}\n"), shared=True) == ()


def test_a_repository_that_deploys_nothing_gets_one_note() -> None:
    (found,) = crossed(APART, workflow("  test: {}\n"))

    assert told((found,)) == ["note no-deployment: staging"]
    assert found.message == "no workflow here deploys to any of the 2 environments"
    (one,) = crossed("environments: {staging: {}}\n")
    assert one.message == "no workflow here deploys to the environment"


def test_what_only_other_repositories_call_is_theirs() -> None:
    """Its jobs have the environments and the secrets of whoever calls it."""
    jobs = f"  a: {using('dev')}\n  b: {using('staging', 'secrets.DB_PASSWORD')}\n"

    assert crossed(APART, IN_ORDER, workflow(jobs, "{workflow_call: {}}")) == ()
    assert len(crossed(APART, IN_ORDER, workflow(jobs))) == 2


def test_the_record_of_an_environment_is_nobodys_to_use() -> None:
    """No file may declare it; but what is desired need not come from a file that was checked."""
    span = Span("environments.yaml", 1, 1, 1, 2)
    staging = DesiredEnvironment(
        "staging", variables={RECORD_VARIABLE: ""}, variable_spans={RECORD_VARIABLE: span}, span=span
    )
    wanted = DesiredRepository(RepositoryName("acme", "payments"), (staging,))

    assert cross_check(read(workflow("  a: {environment: staging}\n")), wanted, {}) == ()


def test_what_has_no_place_is_not_judged() -> None:
    """Not every `DesiredRepository` comes from a file."""
    secrets = {"TOKEN": DesiredSecret("TOKEN", External())}
    wanted = DesiredRepository(
        RepositoryName("acme", "payments"),
        (DesiredEnvironment("p", secrets=secrets), DesiredEnvironment("p-approval")),
    )

    assert cross_check(
        read(workflow("  a: {environment: P-approval}\n  b: {needs: a, environment: p}\n")), wanted, {}
    )


# --- how much ----------------------------------------------------------------------------------------------


def test_what_two_calls_of_a_workflow_have_in_common_is_told_once() -> None:
    called = workflow("  it: {environment: Prod}\n", "workflow_call")
    release = workflow("  release: {uses: ./.github/workflows/a.yml}\n")
    declared = "environments: {prod: {}, prod-approval: {required_reviewers: [lead]}}\n"

    found = crossed(declared, called, release, release, workflow("  a: {environment: prod-approval}\n"))

    assert [each.code for each in found] == ["environment-spelling", "approval-skipped"]


def test_of_very_many_findings_the_gravest_are_listed() -> None:
    odd = "".join(f"  j{number}: {{environment: '${{{{ github.ref_name }}}}'}}\n" for number in range(300))
    wrong = "".join(f"  j{number}: {{environment: e{number}}}\n" for number in range(300))

    found = crossed(TWO, BOTH, workflow(odd), workflow(wrong))

    assert len(found) == MOST + 1
    assert [each.code for each in found[:300]] == ["undeclared-environment"] * 300
    assert found[-1].message == f"the workflows have 600 findings, of which the {MOST} gravest are listed"


# --- one job for several environments, each with secrets of its own ------------------------------------------

CHOICE = "{workflow_dispatch: {inputs: {to: {type: choice, options: [staging, production]}}}}"


def both(step: str, *, more: str = "") -> str:
    """A job for either environment."""
    return workflow(f"  a:\n    environment: ${{{{ inputs.to }}}}\n{more}    steps: [{step}]\n", on=CHOICE)


def only(secret: str, environment: str = "production") -> str:
    other = "staging" if environment == "production" else "production"
    return f"environments: {{{environment}: {{secrets: {{{secret}: external}}}}, {other}: {{}}}}\n"


def test_a_secret_that_bears_the_name_of_its_environment_is_for_that_one_alone() -> None:
    step = "{run: 'case $TO in prod) deploy ${{ secrets.PROD_TOKEN }};; esac'}"

    assert crossed(only("PROD_TOKEN"), both(step)) == ()
    assert told(crossed(only("PROD_TOKEN", "staging"), both(step))) == [
        "warning undeclared-secret: secrets.PROD_TOKEN"
    ]


def test_a_secret_that_bears_the_names_of_both_is_for_both() -> None:
    declared = "environments: {prod-eu: {secrets: {PROD_TOKEN: external}}, prod-us: {}}\n"
    jobs = "  a: {strategy: {matrix: {to: [prod-eu, prod-us]}}, environment: '${{ matrix.to }}', env: {X: x}}\n"

    found = crossed(declared, workflow(jobs.replace("X: x", "X: '${{ secrets.PROD_TOKEN }}'")))

    assert told(found) == ["warning undeclared-secret: secrets.PROD_TOKEN"]


@pytest.mark.parametrize("condition", ["inputs.to == 'production'", "always() && steps.x.outputs.go", "!env.DRY"])
def test_a_step_with_a_condition_may_be_for_the_environments_that_have_what_it_uses(condition: str) -> None:
    step = f'{{if: "{condition}", run: "page ${{{{ secrets.PAGER }}}}"}}'

    assert crossed(only("PAGER"), both(step)) == ()


@pytest.mark.parametrize("condition", ["always()", "'a.b'", "failure() || cancelled()"])
def test_a_step_that_only_asks_how_others_went_is_for_all(condition: str) -> None:
    step = f'{{if: "{condition}", run: "page ${{{{ secrets.PAGER }}}}"}}'

    (found,) = crossed(only("PAGER"), both(step))

    assert found.message == "the job `a` uses `secrets.PAGER`, which `production` has, but `staging` has not"


def test_a_step_with_a_condition_misses_what_no_environment_of_its_job_has() -> None:
    step = "{if: github.actor, run: 'page ${{ secrets.PAGER }}'}"
    jobs = f"  a: {{environment: staging, steps: [{step}]}}\n  b: {{environment: production}}\n"

    assert told(crossed(only("PAGER"), workflow(jobs)))[0] == "warning undeclared-secret: secrets.PAGER"


def test_what_one_call_has_and_another_has_not_may_hang_on_a_condition() -> None:
    main = workflow(
        "  s: {uses: ./.github/workflows/b.yml, with: {to: staging}, secrets: inherit}\n"
        "  p: {uses: ./.github/workflows/b.yml, with: {to: production, page: true}, secrets: inherit}\n"
    )
    inputs = "{workflow_call: {inputs: {to: {type: string}, page: {type: boolean}}}}"
    step = "{if: inputs.page, run: 'page ${{ secrets.PAGER }}'}"
    called = workflow(f"  a: {{environment: '${{{{ inputs.to }}}}', steps: [{step}]}}\n", on=inputs)

    assert crossed(only("PAGER"), main, called) == ()
    assert told(crossed(only("PAGER"), main, called.replace("if: inputs.page, ", ""))) == [
        "warning undeclared-secret: secrets.PAGER"
    ]


def test_whoever_asks_whether_there_is_any_can_do_without() -> None:
    """In a script, or in a condition by way of `env`."""
    script = "    steps: [{run: 'if [ -n \"${{ secrets.HOOK }}\" ]; then call ${{ secrets.HOOK }}; fi'}]\n"
    asked = "    env: {Hook: '${{ secrets.HOOK }}'}\n    steps: [{if: env.HOOK != ''}, {run: x}]\n"
    unasked = "    env: {OTHER: '${{ secrets.HOOK }}'}\n    steps: [{if: env.HOOK != ''}, {run: x}]\n"
    staging = "  b: {environment: staging, env: {X: '${{ secrets.HOOK }}'}}\n"

    for job, findings in ((script, 0), (asked, 0), (unasked, 1)):
        jobs = f"  a:\n    environment: production\n{job}{staging}"
        assert len(crossed(only("HOOK", "staging"), workflow(jobs))) == findings


def test_very_many_names_are_not_all_compared() -> None:
    """Whether each is a slip for one that nothing uses."""
    secrets = ", ".join(f"UNUSED_{chr(65 + n // 26)}{chr(65 + n % 26)}: external" for n in range(60))
    declared = f"environments: {{staging: {{secrets: {{{secrets}, DEPLOYMENT_KEY: external}}}}}}\n"
    many = "".join(f"      E{n}: ${{{{ secrets.S{n} }}}}\n" for n in range(1000))

    def slips(env: str) -> list[str]:
        found = crossed(declared, workflow(f"  a:\n    environment: staging\n    env:\n{env}"))
        return [pointed_at(each) for each in found if each.code == "undeclared-secret"]

    wrong = "      A: ${{ secrets.DEPLOYMENT_KEI }}\n"
    assert slips(wrong) == []
    wrong = "      A: ${{ secrets.DEPLOYMEMT_KEY }}\n"
    assert slips(wrong + many) == ["secrets.DEPLOYMEMT_KEY"]
    assert slips(many + wrong) == []
