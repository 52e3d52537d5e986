"""Checkup -> JSON: the public format of `envsync doctor -o json`, held by `schemas/checkup.schema.json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from envsync.plan.checkup import Status
from envsync.plan.codec import FORMAT_VERSION

if TYPE_CHECKING:
    from envsync.plan.checkup import Checkup
    from envsync.plan.codec import Json


def encode_checkup(checkup: Checkup) -> dict[str, Json]:
    """The checks in the order in which they were made."""
    statuses = [each.status for each in checkup.checks]
    return {
        "format_version": FORMAT_VERSION,
        "works": not checkup.failed,
        "summary": {each.value: statuses.count(each) for each in Status},
        "checks": [
            {**asdict(each), "topic": each.topic.value, "status": each.status.value} for each in checkup.checks
        ],
    }
