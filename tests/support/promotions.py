"""A promotion with every standing in it, and how to make others."""

from __future__ import annotations

from envsync.plan.promotion import Promotion, Stage, Standing


def stage(
    name: str,
    standing: Standing,
    *guards: str,
    workflow: str = "deploy.yml",
    job: str = "deploy",
    after: tuple[str, ...] = (),
    anyway: bool = False,
) -> Stage:
    """Its id is the environment's name."""
    return Stage(name, workflow, job, name, standing, guards, after, anyway)


def unused(name: str, standing: Standing, *guards: str) -> Stage:
    return stage(name, standing, *guards, workflow="", job="")


SHOP = Promotion(
    "acme/shop",
    (
        stage("staging", Standing.LIMITED, "only develop, main", job="staging"),
        stage(
            "production-approval",
            Standing.GATED,
            "approval: team-lead, acme/devops-admins",
            "wait 30 min",
            job="release / approve",
            after=("staging",),
        ),
        stage("production", Standing.OPEN, after=("production-approval",)),
        stage("status-page", Standing.UNDECLARED, job="tell", after=("staging", "production"), anyway=True),
        stage("${{ inputs.environment }}", Standing.UNKNOWN, workflow="rollback.yml", job="roll-back"),
        stage("github-pages", Standing.UNMANAGED, workflow="pages.yml", job="build_and_publish"),
    ),
    {"deploy.yml": ("push", "workflow_dispatch"), "rollback.yml": ("workflow_dispatch",), "pages.yml": ()},
    (unused("production-rollback", Standing.GATED, "rule: change-gate", "only main"),),
)
IDLE = Promotion("acme/idle", (), {}, (unused("staging", Standing.OPEN),))
EMPTY = Promotion("acme/empty", (), {}, ())
