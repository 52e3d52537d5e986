"""What became of the changes of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from envsync.errors import ExitCode
from envsync.plan.codec import FORMAT_VERSION, encode, encode_change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.plan.changes import Change, Plan
    from envsync.plan.codec import Json


class Outcome(StrEnum):
    APPLIED = "applied"
    FAILED = "failed"
    SKIPPED = "skipped"


class Because(StrEnum):
    """Why a change was skipped, in words."""

    INTERRUPTED = "interrupted"
    UNPROTECTED = "the protection of this environment was not applied"
    NOT_WHOLE = "not everything else in this repository was applied"
    NO_SECRETS = "no source of a secret is to be read"
    MOVED = "somebody changed this environment since the plan was made: plan again"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one change. `reason` and `hint` are None where it was applied.

    `partly`: it failed, and GitHub was changed all the same, or may have been.
    """

    change: Change
    outcome: Outcome
    reason: str | None = None
    hint: str | None = None
    partly: bool = False


def exit_code(results: Sequence[Result]) -> ExitCode:
    """The truth about an apply in one number; what was skipped because it was asked to be is no failure."""
    if any(result.reason == Because.INTERRUPTED for result in results):
        return ExitCode.INTERRUPTED
    failed = any(result.outcome is Outcome.FAILED or result.reason == Because.MOVED for result in results)
    changed = any(result.partly or result.outcome is Outcome.APPLIED for result in results)
    if not failed:
        return ExitCode.OK
    return ExitCode.PARTLY_APPLIED if changed else ExitCode.FAILURE


def encode_results(plan: Plan, results: Sequence[Result]) -> dict[str, Json]:
    """What `envsync apply -o json` prints, held by `schemas/apply.schema.json`."""
    outcomes = [result.outcome for result in results]
    return {
        "format_version": FORMAT_VERSION,
        "plan": encode(plan),
        "summary": {outcome.value: outcomes.count(outcome) for outcome in Outcome},
        "results": [
            {
                "change": encode_change(result.change),
                "outcome": result.outcome.value,
                "reason": result.reason,
                "hint": result.hint,
            }
            for result in results
        ],
    }
