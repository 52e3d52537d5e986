"""The way of a deployment: what comes after what, and what stands before each environment."""

from __future__ import annotations

import pytest
from support.crossings import desired, read, workflow

from envsync.model import (
    DesiredEnvironment,
    Field,
    Pattern,
    RefPolicy,
    RefType,
    Settings,
    Team,
    User,
)
from envsync.plan.promotion import Promotion, Standing
from envsync.workflows.promote import guards_of, promotion, standing_of

DECLARED = """\
environments:
  staging: {}
  production-approval: {required_reviewers: [team-lead, acme/devops-admins]}
  production: {deployment_branch_policy: {branches: [main]}}
  production-rollback: {}
"""
SEED = """\
  build: {}
  deploy-staging: {needs: build, environment: staging}
  smoke: {needs: deploy-staging}
  approve: {needs: [smoke], environment: production-approval}
  deploy: {needs: [deploy-staging, approve], environment: {name: Production, url: x}}
  rollback: {needs: deploy, if: failure(), environment: production-rollback}
"""


def found(declared: str, *workflows: str) -> Promotion:
    return promotion(read(*workflows), desired(declared))


def after(promoted: Promotion) -> dict[str, list[str]]:
    """By job and environment, what comes right before."""
    shown = {each.id: f"{each.job}: {each.environment}" for each in promoted.stages}
    return {shown[each.id]: [shown[one] for one in each.after] for each in promoted.stages}


def test_stages_come_after_those_that_nothing_stands_between() -> None:
    promoted = found(DECLARED, workflow(SEED, "[push, workflow_dispatch]"))

    assert promoted.repository == "acme/payments"
    assert promoted.triggers == {"a.yml": ("push", "workflow_dispatch")}
    assert after(promoted) == {
        "deploy-staging: staging": [],
        "approve: production-approval": ["deploy-staging: staging"],
        "deploy: production": ["approve: production-approval"],
        "rollback: production-rollback": ["deploy: production"],
    }
    assert [(each.standing, each.guards, each.anyway) for each in promoted.stages] == [
        (Standing.OPEN, (), False),
        (Standing.GATED, ("approval: acme/devops-admins, team-lead",), False),
        (Standing.LIMITED, ("only main",), False),
        (Standing.OPEN, (), True),
    ]
    assert promoted.idle == ()


def test_what_may_fail_does_not_hold_up_what_follows() -> None:
    jobs = "  a: {environment: staging, continue-on-error: true}\n  b: {needs: a, environment: production}\n"

    assert [each.anyway for each in found(DECLARED, workflow(jobs)).stages] == [False, True]


def test_a_job_of_several_environments_is_several_stages() -> None:
    jobs = """\
  a: {strategy: {matrix: {to: [staging, qa]}}, environment: "${{ matrix.to }}"}
  b: {needs: a, environment: production}
"""

    promoted = found(DECLARED, workflow(jobs))

    assert after(promoted)["b: production"] == ["a: qa", "a: staging"]
    assert [each.standing for each in promoted.stages][:2] == [Standing.UNDECLARED, Standing.OPEN]


def test_an_environment_that_only_a_run_shows_is_the_expression() -> None:
    jobs = """\
  a: {environment: "${{ github.ref == 'x' && 'staging' || vars.TO }}"}
  b:
    environment: >-
      ${{ vars.TO }}
"""

    stages = found(DECLARED, workflow(jobs)).stages

    assert [(each.environment, each.standing) for each in stages] == [
        ("staging", Standing.OPEN),
        ("${{ github.ref == 'x' && 'staging' || vars.TO }}", Standing.UNKNOWN),
        (">-", Standing.UNKNOWN),
    ]


def test_what_something_else_manages_is_told_apart() -> None:
    (stage,) = found(DECLARED, workflow("  pages: {environment: github-pages}\n")).stages

    assert (stage.environment, stage.standing) == ("github-pages", Standing.UNMANAGED)


def test_what_no_job_names_is_idle() -> None:
    promoted = found(DECLARED, workflow("  a: {environment: Staging}\n"), workflow("  test: {}\n"))

    assert [(each.environment, each.job, each.standing) for each in promoted.idle] == [
        ("production", "", Standing.LIMITED),
        ("production-approval", "", Standing.GATED),
        ("production-rollback", "", Standing.OPEN),
    ]
    assert list(promoted.triggers) == ["a.yml"]


def test_ids_are_unique() -> None:
    jobs = "  a: {uses: ./.github/workflows/b.yml}\n  b: {needs: a, uses: ./.github/workflows/b.yml}\n"
    promoted = found(DECLARED, workflow(jobs), workflow("  it: {environment: staging}\n", "[workflow_call, push]"))

    ids = [each.id for each in (*promoted.stages, *promoted.idle)]

    assert len(set(ids)) == len(ids) == 6
    assert after(promoted)["b / it: staging"] == ["a / it: staging"]


def test_the_order_in_the_file_does_not_matter() -> None:
    jobs = "".join(f"{line}\n" for line in reversed(SEED.splitlines()))

    assert after(found(DECLARED, workflow(jobs))) == after(found(DECLARED, workflow(SEED)))


def test_needs_in_a_circle_come_to_an_end() -> None:
    jobs = "  a: {needs: b, environment: staging}\n  b: {needs: a, environment: production}\n"

    assert len(found(DECLARED, workflow(jobs)).stages) == 2


# --- guards ------------------------------------------------------------------------------------------------

LEADS = tuple(User(f"u{number}") for number in range(5))
REFS = frozenset({Pattern(RefType.TAG, "v*"), Pattern(RefType.BRANCH, "main"), Pattern(RefType.TAG, "main")})


@pytest.mark.parametrize(
    ("environment", "standing", "guards"),
    [
        (DesiredEnvironment("e"), Standing.OPEN, ()),
        (
            DesiredEnvironment("e", Settings(required_reviewers=(Team("acme", "ops"), *LEADS))),
            Standing.GATED,
            ("approval: acme/ops, u0, u1 and 3 more",),
        ),
        (DesiredEnvironment("e", protection_rules=frozenset({"gate"})), Standing.GATED, ("rule: gate",)),
        (DesiredEnvironment("e", protection_rules=frozenset({"b", "a"})), Standing.GATED, ("rules: a, b",)),
        (DesiredEnvironment("e", Settings(wait_timer=30)), Standing.LIMITED, ("wait 30 min",)),
        (
            DesiredEnvironment("e", Settings(deployment_branch_policy=RefPolicy.PROTECTED)),
            Standing.LIMITED,
            ("only protected branches",),
        ),
        (
            DesiredEnvironment("e", Settings(deployment_branch_policy=RefPolicy.SELECTED), REFS),
            Standing.LIMITED,
            ("only main, v*",),
        ),
        (
            DesiredEnvironment("e", Settings(deployment_branch_policy=RefPolicy.SELECTED)),
            Standing.LIMITED,
            ("no ref at all",),
        ),
        (DesiredEnvironment("e", ignore=frozenset({Field.REQUIRED_REVIEWERS})), Standing.UNMANAGED, ()),
    ],
)
def test_guards_are_said_in_few_words(
    environment: DesiredEnvironment, standing: Standing, guards: tuple[str, ...]
) -> None:
    assert (standing_of(environment), guards_of(environment)) == (standing, guards)
