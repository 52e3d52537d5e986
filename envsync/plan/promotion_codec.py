"""Promotion -> JSON: the public format of `envsync graph -o json`, held by `schemas/promotion.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.plan.codec import FORMAT_VERSION

if TYPE_CHECKING:
    from envsync.plan.codec import Json
    from envsync.plan.promotion import Promotion, Stage


def encode_promotion(promotion: Promotion) -> dict[str, Json]:
    """Of the workflows those alone that deploy."""
    files = dict.fromkeys(each.workflow for each in promotion.stages)
    return {
        "format_version": FORMAT_VERSION,
        "repository": promotion.repository,
        "workflows": [{"file": file, "triggers": list(promotion.triggers.get(file, ()))} for file in files],
        "stages": [_stage(each) for each in promotion.stages],
        "idle": [_environment(each) for each in promotion.idle],
    }


def _stage(stage: Stage) -> Json:
    return {
        "id": stage.id,
        "workflow": stage.workflow,
        "job": stage.job,
        **_environment(stage),
        "after": list(stage.after),
        "anyway": stage.anyway,
    }


def _environment(stage: Stage) -> dict[str, Json]:
    return {"environment": stage.environment, "standing": stage.standing.value, "guards": list(stage.guards)}
