"""What became of the changes of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from envsync.errors import ExitCode
from envsync.plan.codec import FORMAT_VERSION, encode, encode_change

if TYPE_CHECKING:
    from envsync.plan.changes import Address, Change, Plan, RecordNext
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
    NO_RECORD = "the record of this environment could not be written"
    NO_SECRETS = "no source of a secret is to be read"
    NO_ROOM = "GitHub's rate limits leave no room for it: run apply again later"
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


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """What became of a record that was to be written or removed. `reason` and `hint` are None where it was."""

    at: Address
    next: RecordNext
    outcome: Outcome
    reason: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Came:
    """What came of an apply: of each change, and of each record that was to be written or removed."""

    changes: tuple[Result, ...] = ()
    records: tuple[RecordOutcome, ...] = ()


def exit_code(came: Came) -> ExitCode:
    """The truth about an apply in one number; what was skipped because it was asked to be is no failure."""
    both: tuple[Result | RecordOutcome, ...] = (*came.changes, *came.records)
    if any(each.reason == Because.INTERRUPTED for each in both):
        return ExitCode.INTERRUPTED
    failed = any(
        each.outcome is Outcome.FAILED or each.reason in {Because.MOVED, Because.NO_ROOM} for each in both
    )
    changed = any(each.outcome is Outcome.APPLIED for each in both) or any(each.partly for each in came.changes)
    if not failed:
        return ExitCode.OK
    return ExitCode.PARTLY_APPLIED if changed else ExitCode.FAILURE


def encode_results(plan: Plan, came: Came) -> dict[str, Json]:
    """What `envsync apply -o json` prints, held by `schemas/apply.schema.json`."""
    outcomes = [result.outcome for result in came.changes]
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
            for result in came.changes
        ],
        "records": [
            {
                "repository": record.at.repository,
                "environment": record.at.environment,
                "next": record.next.value,
                "outcome": record.outcome.value,
                "reason": record.reason,
                "hint": record.hint,
            }
            for record in came.records
        ],
    }
