from __future__ import annotations

from typing import Any

import pytest
from support.promotions import EMPTY, IDLE, SHOP, stage
from support.schemas import check

from envsync.plan.codec import dumps
from envsync.plan.promotion import Promotion, Standing
from envsync.plan.promotion_codec import encode_promotion


def said(promotion: Promotion) -> Any:
    return check("promotion", dumps(encode_promotion(promotion)))


def test_a_stage_is_a_job_with_what_stands_before_it() -> None:
    assert said(SHOP)["stages"][1] == {
        "id": "production-approval",
        "workflow": "deploy.yml",
        "job": "release / approve",
        "environment": "production-approval",
        "standing": "gated",
        "guards": ["approval: team-lead, acme/devops-admins", "wait 30 min"],
        "after": ["staging"],
        "anyway": False,
    }


def test_workflows_are_those_that_deploy() -> None:
    more = Promotion("acme/x", SHOP.stages[4:], {**SHOP.triggers, "test.yml": ("push",)}, ())

    assert said(more)["workflows"] == [
        {"file": "rollback.yml", "triggers": ["workflow_dispatch"]},
        {"file": "pages.yml", "triggers": []},
    ]


def test_an_idle_environment_has_no_job() -> None:
    assert said(IDLE)["idle"] == [{"environment": "staging", "standing": "open", "guards": []}]
    assert said(EMPTY)["stages"] == said(EMPTY)["idle"] == []


@pytest.mark.parametrize("standing", Standing)
def test_every_standing_is_as_the_schema_says(standing: Standing) -> None:
    assert said(Promotion("a/b", (stage("x", standing),), {}, ()))["stages"][0]["standing"] == standing
