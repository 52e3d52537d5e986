"""Which deployments pass the approval that stands beside their environment, and which go around it."""

from __future__ import annotations

import pytest
from support.crossings import crossed, told, workflow

GATE = "production-approval: {required_reviewers: [lead]}"
OPEN = f"environments: {{{GATE}, production: {{}}}}\n"
GUARDED = f"environments: {{{GATE}, production: {{required_reviewers: [lead]}}}}\n"
APPROVE = "  approve: {environment: production-approval}\n"


def deploy(more: str = "") -> str:
    return f"  deploy: {{environment: production{more}}}\n"


def skipped(declared: str, jobs: str, *others: str, on: str = "push") -> list[tuple[str, str, str | None]]:
    found = crossed(declared, workflow(jobs, on), *others)
    assert {each.code for each in found} <= {"approval-skipped", "unknown-environment", "not-followed"}
    return [(each.severity, each.message, each.hint) for each in found if each.code == "approval-skipped"]


# --- what passes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "jobs",
    [
        APPROVE + deploy(", needs: approve"),
        APPROVE + "  build: {needs: approve}\n" + deploy(", needs: [build]"),
        APPROVE + deploy(", needs: approve, if: github.ref == 'refs/heads/main'"),
        APPROVE + deploy(", needs: approve, if: always() && needs.approve.result == 'success'"),
        "  approve: {environment: Production-Approval, if: x} # envsync: ignore[environment-spelling] as it is\n"
        + deploy(", needs: approve"),
        APPROVE + deploy(", needs: approve") + "  after: {environment: production, needs: deploy}\n",
    ],
    ids=["directly", "a job between", "a condition", "success is asked for", "another case", "after a deployment"],
)
def test_a_deployment_that_waits_for_the_approval_is_no_finding(jobs: str) -> None:
    assert skipped(OPEN, jobs) == []


def test_an_environment_without_an_approval_beside_it_needs_none() -> None:
    assert crossed("environments: {production: {}}\n", workflow(deploy())) == ()


def test_an_approval_that_goes_with_the_choice_of_the_environment_is_passed() -> None:
    on = "{workflow_dispatch: {inputs: {to: {type: choice, options: [staging, production]}}}}"
    declared = f"environments: {{staging: {{}}, staging-approval: {{required_reviewers: [lead]}}, {OPEN[15:]}"
    jobs = (
        "  approve: {environment: '${{ inputs.to }}-approval'}\n"
        "  deploy: {environment: '${{ inputs.to }}', needs: approve}\n"
    )

    assert skipped(declared, jobs, on=on) == []


@pytest.mark.parametrize("condition", ["false", "${{ false }}", "false && github.ref == 'refs/heads/main'"])
def test_a_job_that_is_switched_off_deploys_nothing(condition: str) -> None:
    assert skipped(OPEN, APPROVE + deploy(f', if: "{condition}"')) == []


def test_nor_does_what_a_job_that_is_switched_off_would_call() -> None:
    called = "on: workflow_call\njobs:\n" + deploy()

    assert skipped(OPEN, APPROVE + "  a: {uses: ./.github/workflows/b.yml, if: false}\n", called) == []


@pytest.mark.parametrize("condition", ["inputs.dry == false", "${{ false }} x", "false ||", "'false'"])
def test_a_condition_that_speaks_of_false_need_not_be(condition: str) -> None:
    assert len(skipped(OPEN, APPROVE + deploy(f', if: "{condition}"'))) == 1


# --- what does not -----------------------------------------------------------------------------------------


def test_a_deployment_beside_the_approval_is_an_error_and_the_hint_says_what_to_write() -> None:
    assert skipped(OPEN, APPROVE + deploy()) == [
        (
            "error",
            (
                "the job `deploy` deploys to `production` without passing `production-approval`, "
                "and nobody has to agree to it"
            ),
            "write `approve` under the `needs` of `deploy`",
        )
    ]


def test_where_the_environment_asks_itself_it_is_a_warning() -> None:
    for guarded in (
        GUARDED,
        GUARDED.replace("required_reviewers: [lead]}}", "deployment_protection_rules: [gate]}}"),
    ):
        ((severity, message, _),) = skipped(guarded, APPROVE + deploy())

        assert severity == "warning"
        assert message.endswith("`production-approval`, though `production` asks for an approval itself")


def test_where_somebody_else_guards_the_environment_it_is_a_warning() -> None:
    declared = OPEN.replace("production: {}", "production: {ignore: [required_reviewers]}")

    ((severity, message, _),) = skipped(declared, APPROVE + deploy())

    assert (severity, message.partition(", ")[2]) == (
        "warning",
        "and whether `production` asks for one is not known here",
    )


@pytest.mark.parametrize("condition", ["always()", "'!cancelled()'", "failure()"])
def test_a_job_that_runs_though_the_approval_was_refused_does_not_pass_it(condition: str) -> None:
    ((severity, _, hint),) = skipped(OPEN, APPROVE + deploy(f", needs: approve, if: {condition}"))

    assert severity == "error"
    assert hint == "let the `if` of `deploy` hold only where `approve` succeeded"


@pytest.mark.parametrize(
    "condition",
    [
        "always() && needs.approve.result == 'cancelled'",
        "always() && needs.approve.result != 'failure'",
        "always() && !contains(needs.*.result, 'failure')",
        "cancelled() && github.ref == 'refs/heads/main'",
    ],
)
def test_whoever_may_cancel_a_run_that_waits_for_the_approval_does_not_deploy_by_it(condition: str) -> None:
    ((severity, _, hint),) = skipped(OPEN, APPROVE + deploy(f', needs: approve, if: "{condition}"'))

    assert severity == "error"
    assert hint == "let the `if` of `deploy` hold only where `approve` succeeded"


@pytest.mark.parametrize(
    "condition",
    [
        "!failure()",
        "!cancelled() && needs.approve.result != 'failure'",
        "always() && needs.approve.result != 'failure' && needs.approve.result != 'cancelled'",
        "always() && needs.approve.outputs.ok == 'yes'",
    ],
)
def test_what_cannot_hold_where_the_approval_was_refused_or_cancelled_passes_it(condition: str) -> None:
    assert skipped(OPEN, APPROVE + deploy(f', needs: approve, if: "{condition}"')) == []


TO = "{workflow_dispatch: {inputs: {to: {type: choice, options: [staging, production]}}}}"


@pytest.mark.parametrize("input_", ["inputs.to", "github.event.inputs.TO"])
def test_a_condition_may_ask_for_the_approval_of_one_environment_alone(input_: str) -> None:
    """Which of the two is meant is not tried, so nothing is said."""
    declared = OPEN.replace("{p", "{staging: {}, p", 1)
    condition = f"always() && (needs.approve.result == 'success' || {input_} == 'staging')"
    chosen = f'  deploy: {{environment: "x${{{{ inputs.to }}}}", needs: approve, if: "{condition}"}}\n'.replace(
        "x$", "$"
    )
    written_out = deploy(f', needs: approve, if: "{condition}"')

    assert skipped(declared, APPROVE + chosen, on=TO) == []
    assert len(skipped(OPEN, APPROVE + written_out, on=TO)) == 1


def test_a_condition_and_the_name_of_the_environment_are_judged_for_the_same_choice() -> None:
    declared = OPEN.replace("{p", "{staging: {}, p", 1)
    passing = APPROVE + deploy(", needs: approve")

    def ship(condition: str) -> str:
        return f"  ship: {{environment: '${{{{ inputs.to }}}}', if: {condition}}}\n"

    assert skipped(declared, passing + ship("inputs.to == 'staging'"), on=TO) == []
    assert len(skipped(OPEN, passing + ship("inputs.to != 'staging'"), on=TO)) == 1


def test_of_very_many_choices_none_is_left_out() -> None:
    many = ", ".join(f"{name}: {{type: choice, options: {list('abcdefgh')}}}" for name in "xyz")
    on = TO.replace("inputs: {", f"inputs: {{{many}, ")
    asked = "inputs.to == 'staging' && inputs.x != inputs.y && inputs.y != inputs.z"
    ship = f"  ship: {{environment: '${{{{ inputs.to }}}}', if: {asked}}}\n"

    assert len(skipped(OPEN.replace("{p", "{staging: {}, p", 1), APPROVE + ship, on=on)) == 1


def test_an_environment_whose_expression_is_wrong_shares_no_input() -> None:
    job = "  deploy: {environment: '${{ inputs. }}', needs: approve, if: always() && inputs}\n"

    assert skipped(OPEN, APPROVE + job, on=TO) == []


def test_an_approval_that_may_fail_stops_nobody() -> None:
    jobs = "  approve: {environment: production-approval, continue-on-error: true}\n" + deploy(", needs: approve")

    ((_, _, hint),) = skipped(OPEN, jobs)

    assert hint == "remove `continue-on-error` from `approve`: there a rejection counts as a success"


def test_a_workflow_without_the_approval_is_told_to_get_one() -> None:
    found = crossed(OPEN, workflow(deploy()), workflow(APPROVE))

    assert told(found) == ["error approval-skipped: production"]
    assert found[0].hint == (
        "add a job with `environment: production-approval`, and name it under the `needs` of `deploy`"
    )


def test_an_approval_after_the_deployment_is_none() -> None:
    jobs = deploy() + "  approve: {environment: production-approval, needs: deploy}\n"

    ((_, _, hint),) = skipped(OPEN, jobs)

    assert hint is not None
    assert hint.startswith("add a job with `environment: production-approval`")


def test_a_choice_that_has_the_environment_may_deploy_to_it() -> None:
    on = "{workflow_dispatch: {inputs: {to: {type: choice, options: [staging, production]}}}}"
    declared = OPEN.replace("{p", "{staging: {}, p", 1)

    ((_, message, _),) = skipped(declared, APPROVE + "  ship: {environment: '${{ inputs.to }}'}\n", on=on)

    assert message.startswith("the job `ship` may deploy to `production` without")


def test_jobs_of_called_workflows_are_brought_in_order_where_they_are_called() -> None:
    jobs = "  approval: {uses: ./.github/workflows/b.yml}\n  release: {uses: ./.github/workflows/c.yml}\n"
    called = [workflow(each, "workflow_call") for each in (APPROVE, deploy())]

    ((_, message, hint),) = skipped(OPEN, jobs, *called)
    ordered = jobs.replace("release: {", "release: {needs: approval, ")

    assert message.startswith("the job `release / deploy` deploys to `production` without")
    assert hint == "write `approval` under the `needs` of `release`"
    assert skipped(OPEN, ordered, *called) == []


def test_jobs_of_one_called_workflow_are_brought_in_order_in_it() -> None:
    called = workflow(APPROVE + deploy(), "workflow_call")

    ((_, _, hint),) = skipped(OPEN, "  release: {uses: ./.github/workflows/b.yml}\n", called)

    assert hint == "write `approve` under the `needs` of `deploy`"


# --- what cannot be told -----------------------------------------------------------------------------------


def test_what_comes_before_and_is_not_known_may_be_the_approval() -> None:
    jobs = "  ask: {environment: '${{ vars.GATE }}'}\n" + deploy(", needs: ask")

    ((severity, message, _),) = skipped(OPEN, jobs)

    assert severity == "note"
    assert message.startswith(
        "the job `deploy` deploys to `production`, and whether `production-approval` comes before cannot be told, "
        "because "
    )


def test_a_workflow_elsewhere_may_have_the_approval() -> None:
    jobs = "  ask: {uses: acme/gates/.github/workflows/ask.yml@v1}\n" + deploy(", needs: ask")

    ((severity, message, _),) = skipped(OPEN, jobs)

    assert severity == "note"
    assert "cannot be told, because `acme/gates/" in message


def test_what_runs_after_another_workflow_cannot_be_followed() -> None:
    ((severity, message, _),) = skipped(OPEN, deploy(), workflow(APPROVE), on="{workflow_run: {workflows: [a]}}")

    assert severity == "warning"
    assert message == (
        "the job `deploy` deploys to `production` after another workflow, and whether `production-approval` came "
        "before that cannot be told"
    )


def test_what_somebody_can_start_by_hand_besides_goes_around_the_approval() -> None:
    ((severity, _, _),) = skipped(OPEN, deploy(), workflow(APPROVE), on="[workflow_run, workflow_dispatch]")

    assert severity == "error"


# --- gates -------------------------------------------------------------------------------------------------

BOTH = workflow(APPROVE + deploy(", needs: approve"))


@pytest.mark.parametrize("gate", ["{}", "{wait_timer: 5}", "{deployment_branch_policy: protected}"])
def test_an_approval_that_asks_nobody_is_open(gate: str) -> None:
    (found,) = crossed(f"environments: {{production-approval: {gate}, production: {{}}}}\n", BOTH)

    assert told((found,)) == ["warning gate-open: production-approval"]
    assert found.message == (
        "`production-approval` stops nobody on the way to `production`: "
        "it has neither reviewers nor protection rules"
    )


@pytest.mark.parametrize(
    "gate",
    [
        "{required_reviewers: [lead]}",
        "{deployment_protection_rules: [gate]}",
        "{ignore: [required_reviewers]}",
        "{ignore: [deployment_protection_rules]}",
    ],
)
def test_one_that_asks_somebody_or_that_others_see_to_is_none(gate: str) -> None:
    assert crossed(f"environments: {{production-approval: {gate}, production: {{}}}}\n", BOTH) == ()


def test_an_environment_that_is_only_called_so_is_no_gate() -> None:
    jobs = "  a: {environment: loan-approval}\n"

    assert crossed("environments: {loan-approval: {}}\n", workflow(jobs)) == ()


def test_what_only_other_repositories_call_passes_their_approval() -> None:
    found = crossed(OPEN, BOTH, workflow(deploy(), "workflow_call"))

    assert found == ()


# --- an approval that nobody was asked for -----------------------------------------------------------------

SOMETIMES = "  approve: {environment: production-approval, if: github.ref == 'refs/heads/main'}\n"
NOT_FAILED = "!cancelled() && needs.approve.result != 'failure'"


@pytest.mark.parametrize(
    "condition",
    [
        NOT_FAILED,
        "!failure() && !cancelled()",
        "always() && (needs.approve.result == 'success' || needs.approve.result == 'skipped')",
        f"{NOT_FAILED} && github.event_name == 'push'",
    ],
)
def test_a_deployment_that_runs_where_the_approval_is_skipped_goes_around_it(condition: str) -> None:
    jobs = SOMETIMES + deploy(f', needs: approve, if: "{condition}"')

    assert skipped(OPEN, jobs) == [
        (
            "error",
            (
                "the job `deploy` deploys to `production` also where `production-approval` is skipped, and nobody "
                "has to agree to it"
            ),
            "let the `if` of `deploy` hold only where `approve` succeeded",
        )
    ]


@pytest.mark.parametrize(
    ("approval", "condition"),
    [
        ("github.ref == 'refs/heads/main'", f"{NOT_FAILED} && github.ref == 'refs/heads/main'"),
        ("github.ref == 'refs/heads/main'", "always() && needs.approve.result == 'success'"),
        ("github.ref == 'refs/heads/main'", "github.ref == 'refs/heads/main'"),
        ("always()", NOT_FAILED),
        ("success() && !failure()", NOT_FAILED),
        ("(success() == true && contains('ab', 'a')) || inputs['x']", NOT_FAILED),
        ("github.ref ==", NOT_FAILED),
    ],
)
def test_an_approval_that_is_not_skipped_then_holds_the_deployment(approval: str, condition: str) -> None:
    jobs = f'  approve: {{environment: production-approval, if: "{approval}"}}\n'

    assert skipped(OPEN, jobs + deploy(f', needs: approve, if: "{condition}"')) == []


def test_an_approval_is_skipped_with_what_it_needs() -> None:
    build = "  build: {if: \"github.actor != 'bot'\"}\n"
    approve = APPROVE.replace("}", ", needs: build}")
    last = deploy(f', needs: [build, approve], if: "{NOT_FAILED}"')
    asked = approve.replace("}", ", if: always()}")

    assert len(skipped(OPEN, build + approve + last)) == 1
    assert skipped(OPEN, build + asked + last) == []
    assert skipped(OPEN, "  build: {}\n" + approve + last) == []


def test_a_job_between_is_skipped_with_the_approval_or_runs_all_the_same() -> None:
    between = "  between: {needs: approve}\n"
    last = deploy(", needs: between, if: \"always() && needs.between.result == 'success'\"")

    assert skipped(OPEN, SOMETIMES + between + last) == []
    running = between.replace("}", ', if: "always() && !failure()"}')
    assert len(skipped(OPEN, SOMETIMES + running + last)) == 1


def test_an_approval_and_a_deployment_in_calls_are_followed() -> None:
    gate = f"on: workflow_call\njobs:\n{APPROVE}"
    target = f"on: workflow_call\njobs:\n{deploy()}"
    jobs = (
        "  ask: {uses: ./.github/workflows/b.yml, if: vars.ASK}\n"
        "  release: {uses: ./.github/workflows/c.yml, needs: ask, if: '!failure()'}\n"
    )

    ((severity, message, _),) = skipped(OPEN, jobs, gate, target)

    assert severity == "error"
    assert message.startswith("the job `release / deploy` deploys to `production` also where")


def test_a_skipped_approval_is_no_finding_where_another_one_holds() -> None:
    """The environment's own, or one that something else sees to."""
    jobs = SOMETIMES + deploy(f', needs: approve, if: "{NOT_FAILED}"')
    unmanaged = OPEN.replace("production: {}", "production: {ignore: [required_reviewers]}")

    assert skipped(GUARDED, jobs) == []
    assert skipped(unmanaged, jobs) == []
    assert skipped(
        OPEN, jobs + APPROVE.replace("approve:", "again:") + deploy(", needs: again").replace("deploy:", "late:")
    ) == skipped(OPEN, jobs)


def test_a_skipped_approval_is_no_finding_where_the_deployment_may_go_elsewhere() -> None:
    declared = OPEN.replace("production: {}", "production: {}, dev: {}")
    last = (
        "  deploy: {environment: \"${{ needs.build.outputs.production && 'production' || 'dev' }}\", "
        f'needs: [build, approve], if: "{NOT_FAILED}"}}\n'
    )
    approve = APPROVE.replace("}", ", needs: build, if: needs.build.outputs.production}")

    assert skipped(declared, "  build: {}\n" + approve + last) == []


def test_of_conditions_that_would_take_very_long_none_is_said_to_go_around() -> None:
    long = " || ".join(f"github.ref == '{number}'" for number in range(800))
    builds = "".join(f'  b{number}: {{if: "always() && ({long})"}}\n' for number in range(25))
    needs = ", ".join(f"b{number}" for number in range(25))
    approve = f"  approve: {{environment: production-approval, needs: [{needs}], if: vars.ASK}}\n"

    found = crossed(OPEN, workflow(builds + approve + deploy(f', needs: approve, if: "{NOT_FAILED}"')))

    assert "is skipped" not in str(found)
