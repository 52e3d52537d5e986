"""Plan -> JSON: the public format of `-o json`, held by `schemas/plan.schema.json`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from envsync.errors import Severity
from envsync.plan.changes import view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.errors import Diagnostic
    from envsync.plan.changes import Address, Change, FieldChange, FieldValue, Plan

FORMAT_VERSION = "1.0"

Json = dict[str, "Json"] | list["Json"] | str | int | bool | None


def dumps(document: Json) -> str:
    """The one way in which envsync writes JSON: ASCII, so that it is the same bytes on every terminal.

    GitHub's runner obeys `##[set-output name=x]y` and its like anywhere in a line of a log, so none is written.
    """
    return json.dumps(document, indent=2).replace("##[", "#\\u0023[") + "\n"


def encode(plan: Plan) -> dict[str, Json]:
    return {
        "format_version": FORMAT_VERSION,
        "base_digest": plan.base_digest,
        "summary": asdict(plan.summary),
        "changes": [encode_change(change) for change in plan.changes],
        "secrets": [
            {**encode_address(each.at), "name": each.name, "state": each.state.value, "reason": each.reason}
            for each in plan.secrets
        ],
        "records": [
            {
                **encode_address(each.at),
                "state": each.state.value,
                "next": each.next.value,
                "owner": each.owner,
                "reason": each.reason,
            }
            for each in plan.records
        ],
        "unmanaged": [
            {**encode_address(each.at), "kind": each.kind.value, "name": each.name} for each in plan.unmanaged
        ],
        "unmet": [
            {**encode_address(each.at), "kind": each.kind.value, "name": each.name, "reason": each.reason}
            for each in plan.unmet
        ],
        "unread": [asdict(each) for each in plan.unread],
        "warnings": [asdict(each) for each in plan.warnings],
    }


def encode_diagnostics(diagnostics: Sequence[Diagnostic]) -> dict[str, Json]:
    """What `envsync validate -o json` prints, held by `schemas/diagnostics.schema.json`."""
    return {
        "format_version": FORMAT_VERSION,
        "valid": all(each.severity is not Severity.ERROR for each in diagnostics),
        "diagnostics": [
            {
                "severity": each.severity.value,
                "code": each.code,
                "message": each.message,
                "hint": each.hint,
                "span": None if each.span is None else asdict(each.span),
            }
            for each in diagnostics
        ],
    }


def encode_change(change: Change) -> dict[str, Json]:
    seen = view(change)
    return {
        **encode_address(change.at),
        "kind": seen.kind.value,
        "name": seen.name,
        "action": seen.action.value,
        "risk": change.verdict.risk.value,
        "origin": change.verdict.origin.value,
        "reason": change.verdict.reason,
        "fields": [_field(field) for field in seen.fields],
    }


def encode_address(address: Address) -> dict[str, Json]:
    return {"repository": address.repository, "environment": address.environment}


def _field(field: FieldChange) -> Json:
    return {"name": field.name, "before": encode_value(field.before), "after": encode_value(field.after)}


def encode_value(value: FieldValue) -> Json:
    return list(value) if isinstance(value, tuple) else value
