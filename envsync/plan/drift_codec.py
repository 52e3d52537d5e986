"""Drift -> JSON: the public format of `envsync drift -o json`, held by `schemas/drift.schema.json`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from envsync.plan.changes import Origin
from envsync.plan.codec import encode_address, encode_change, encode_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envsync.model import Expected
    from envsync.plan.codec import Json
    from envsync.plan.drift import Checked, Difference, Drift, DriftField, Excused, Idle
    from envsync.plan.shard import Shard

DRIFT_VERSION = "1.1"

# What is worded anew, or comes from the last apply; and what issues from before version 1.1 have no digest of.
_UNTOLD = {"reason", "after", "by_hand"}


def encode_drift(checked: Checked) -> dict[str, Json]:
    drift, asked = checked.found, checked.asked
    return {
        "format_version": DRIFT_VERSION,
        "shard": None if checked.shard is None else _shard(checked.shard),
        "server": checked.server,
        "owners": list(checked.owners),
        "asked": {
            "repositories": list(asked.repositories),
            "environments": list(asked.environments),
            "settings_only": asked.settings_only,
        },
        "repositories": list(checked.repositories),
        "shut_out": checked.shut_out,
        "summary": {
            "differences": len(drift.differences),
            "outside": drift.of(Origin.OUTSIDE),
            "conflict": drift.of(Origin.CONFLICT),
            "unknown": drift.of(Origin.UNKNOWN),
            "weakens": drift.weakened,
            "expected": len(drift.expected),
            "pending": None if drift.pending is None else len(drift.pending),
        },
        "differences": [_difference(each) for each in drift.differences],
        "expected": [_excused(each) for each in drift.expected],
        "lapsed": [_excused(each) for each in drift.lapsed],
        "pending": None if drift.pending is None else [encode_change(each) for each in drift.pending],
        "unmanaged": [
            {**encode_address(each.at), "kind": each.kind.value, "name": each.name} for each in drift.unmanaged
        ],
        "unread": [asdict(each) for each in drift.unread],
        "warnings": [asdict(each) for each in drift.warnings],
        "idle": [_idle(each) for each in drift.idle],
    }


def news_digest(drift: Drift) -> str:
    """As `drift_digest`, and another one, too, where something else is pending."""
    found = drift_digest(drift.differences)
    if not drift.pending:
        return found
    texts = [json.dumps(encode_change(each), sort_keys=True, separators=(",", ":")) for each in drift.pending]
    return hashlib.sha256("\n".join([found, *texts]).encode("ascii")).hexdigest()


def drift_digest(differences: Iterable[Difference]) -> str:
    """SHA-256 (hex) that is another one where the drift is another one, whatever its order and its words."""
    told = (
        {name: value for name, value in _difference(each).items() if name not in _UNTOLD} for each in differences
    )
    texts = sorted(json.dumps(each, sort_keys=True, separators=(",", ":")) for each in told)
    return hashlib.sha256("\n".join(texts).encode("ascii")).hexdigest()


def _difference(difference: Difference) -> dict[str, Json]:
    return {
        **encode_address(difference.at),
        "kind": difference.kind.value,
        "name": difference.name,
        "deed": difference.deed.value,
        "origin": difference.origin.value,
        "risk": difference.risk.value,
        "reason": difference.reason,
        "fields": [_field(each) for each in difference.fields],
        "since": difference.since,
        "after": difference.after,
        "by_hand": difference.by_hand,
    }


def _field(field: DriftField) -> Json:
    return {"name": field.name, "declared": encode_value(field.declared), "live": encode_value(field.live)}


def _excused(excused: Excused) -> Json:
    return {"difference": _difference(excused.difference), **_expected(excused.expected)}


def _idle(idle: Idle) -> Json:
    return {**_expected(idle.expected), "repositories": [*idle.repositories], "where": [*idle.where]}


def _expected(expected: Expected) -> dict[str, Json]:
    return {
        "environment": expected.environment,
        "differences": [*sorted(expected.differences)],
        "reason": expected.reason,
        "until": expected.until.isoformat(),
    }


def _shard(shard: Shard) -> Json:
    return {"index": shard.index, "count": shard.count}
