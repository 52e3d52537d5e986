"""What every rendering says of a change and of a plan as a whole, whatever it is printed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.plan.changes import (
    Action,
    EnvironmentCreate,
    EnvironmentDelete,
    Kind,
    Origin,
    RecordNext,
    RecordState,
    Release,
    Risk,
    SecretCreate,
    SecretState,
    SecretUpdate,
    SecretWrite,
    SettingsUpdate,
    view,
)
from envsync.render.printable import printable, quoted, value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envsync.plan.changes import Address, Change, FieldChange, FieldValue, Plan, SecretStatus, View
    from envsync.plan.grants import Grants

GRAVE = (Risk.WEAKENS, Risk.DESTROYS)
_ELSEWHERE = {Origin.OUTSIDE, Origin.CONFLICT}
_SETTLED = {SecretState.IN_SYNC, SecretState.EXTERNAL}  # no change and no section of their own gives their reason


def gravity(risks: Iterable[Risk]) -> int:
    """Of the gravest. What weakens comes first: it is open at once to whoever waits for it."""
    found = set(risks)
    return next((at for at, risk in enumerate(GRAVE) if risk in found), len(GRAVE))


# --- one change --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """What a plan knows beside a change that says more about it."""

    secrets: Mapping[tuple[Address, str], SecretStatus]
    recorded: frozenset[Address]  # those whose record proves something


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that changes. `what` is a word of ours, `name` somebody else's; the values can be printed."""

    action: Action
    what: str
    name: str | None = None
    before: str | None = None
    after: str | None = None
    notes: tuple[str, ...] = ()


def known(plan: Plan) -> Known:
    return Known(
        secrets={(each.at, each.name): each for each in plan.secrets},
        recorded=frozenset(each.at for each in plan.records if each.state is RecordState.VERIFIED),
    )


def apart(changes: Iterable[Change]) -> tuple[list[Change], list[Change]]:
    """Those that undo what was changed outside envsync, and the others."""
    found = list(changes)
    outside = [change for change in found if change.verdict.origin in _ELSEWHERE]
    return outside, [change for change in found if change.verdict.origin not in _ELSEWHERE]


def whole(changes: Iterable[Change]) -> dict[Address, Action]:
    """What becomes of each environment itself: one that is created or deleted is not merely updated."""
    found: dict[Address, Action] = {}
    for change in changes:
        seen = view(change)
        found[change.at] = seen.action if seen.kind is Kind.ENVIRONMENT else found.get(change.at, Action.UPDATE)
    return found


def lines(change: Change, beside: Known) -> list[Line]:
    """Of an environment that is created the settings that are not GitHub's defaults; of a deleted one nothing."""
    seen, notes = view(change), origin_notes(change, beside)
    match change:
        case EnvironmentDelete():
            return []
        case EnvironmentCreate():
            return [
                Line(seen.action, field.name, after=field_value(field.name, field.after)) for field in seen.fields
            ]
        case SettingsUpdate():
            return [
                Line(seen.action, field.name, None, _before(field), field_value(field.name, field.after), notes)
                for field in seen.fields
            ]
        case Release(field=field):
            before = value(field.before) if field.before else None
            stays = "nothing changes on GitHub"
            return [Line(seen.action, field.name, None, before, value(field.after), (stays, *notes))]
        case SecretCreate() | SecretUpdate():
            why = _why(change, beside)
            more = () if change.verdict.origin is Origin.UNKNOWN else notes  # the reason says it
            return [
                Line(
                    seen.action,
                    in_words(seen.kind),
                    seen.name,
                    notes=(why, *(note for note in more if note not in why)),
                )
            ]
        case _:
            return [Line(seen.action, in_words(seen.kind), seen.name, *_values(seen), notes)]


def origin_notes(change: Change, beside: Known) -> tuple[str, ...]:
    """Nothing where the file changed: that is what everybody expects."""
    match change.verdict.origin:
        case Origin.CONFLICT:
            return ("the file changed too",)
        case Origin.INTERRUPTED:
            return ("an apply was cut off",)
        case Origin.UNKNOWN if change.at in beside.recorded:
            return ("the record does not tell why",)
        case _:
            return ()


def in_words(what: Kind | SecretState | RecordState) -> str:
    return what.replace("_", " ")


def _why(change: SecretWrite, beside: Known) -> str:
    """Why a secret cannot be verified stands elsewhere; why it is written all the same is the change's reason."""
    status = beside.secrets.get((change.at, change.name))
    return change.verdict.reason if status is None or status.state is SecretState.UNVERIFIABLE else status.reason


def field_value(name: str, what: FieldValue) -> str:
    match name, what:
        case "wait_timer", int():
            return f"{what} minute{s(what)}"
        case "deployment_branch_policy", "selected":
            return "by patterns"
        case _:
            return value(what)


def _before(field: FieldChange) -> str:
    """A number before another one needs no unit."""
    return value(field.before) if field.name == "wait_timer" else field_value(field.name, field.before)


def _values(seen: View) -> tuple[str | None, str | None]:
    match seen.kind, seen.action, seen.fields:
        case Kind.VARIABLE, Action.CREATE, (field,):
            return None, quoted(str(field.after))
        case Kind.VARIABLE, Action.UPDATE, (field,):
            return quoted(str(field.before)), quoted(str(field.after))
        case Kind.VARIABLE, Action.DELETE, (field,):
            return quoted(str(field.before)), None
        case _, Action.UPDATE, (field,):
            return None, value(field.after)
        case _:
            return None, None


# --- the plan as a whole -----------------------------------------------------------------------------------


def s(number: int) -> str:
    return "" if number == 1 else "s"


def repositories(number: int) -> str:
    return "1 repository" if number == 1 else f"{number} repositories"


def and_more(number: int) -> str:
    """Of repositories that are not named."""
    return f"and {number} more {'repository' if number == 1 else 'repositories'}"


def risks(plan: Plan, grants: Grants) -> list[str]:
    """What stands in the way of an apply, or would without the grants."""
    count = plan.summary
    return [
        f"{number} of them {verb}{'s' if number == 1 else ''} {what}: "
        + (f"granted by {flag}" if granted else f"apply refuses that without {flag}")
        for number, verb, what, granted, flag in (
            (count.weakens, "weaken", "the protection", grants.weakening, "--allow-weakening"),
            (count.destroys, "destroy", "something", grants.destroying, "--allow-destroying"),
        )
        if number
    ]


def records_left(plan: Plan) -> str:
    """What is to be done with records, changes or not."""
    nexts = [each.next for each in plan.records]
    return " and ".join(
        f"to {each} {number} record{s(number)}"
        for each in (RecordNext.WRITE, RecordNext.REMOVE)
        if (number := nexts.count(each))
    )


def no_changes(plan: Plan) -> str:
    """The last word on a plan without changes."""
    left = records_left(plan)
    if plan.in_sync:
        return f"In sync: everything is as the files say.{f' Nothing to do but {left}.' if left else ''}"
    if plan.partly_read:
        start = f"No differences in what was read{f', and nothing to do but {left}' if left else ''}"
    else:
        start = f"Nothing to do{f' but {left}' if left else ''}"
    return f"{start}. That is not to say in sync: {_unknown(plan)}."


def _unknown(plan: Plan) -> str:
    """Why nothing to do is not the same as in sync."""
    secrets, parts, unmet = len(plan.unverifiable), len(plan.unread), len(plan.unmet)
    found = [
        words
        for number, words in (
            (secrets, f"{secrets} secret{s(secrets)} cannot be verified"),
            (parts, f"{parts} part{s(parts)} {'was' if parts == 1 else 'were'} not read"),
            (unmet, f"{unmet} requirement{s(unmet)} cannot be met"),
        )
        if number
    ]
    return ", ".join(found)


def tally(plan: Plan) -> str:
    """How many secrets are in which state. Empty where no file declares any."""
    counts = []
    for state in SecretState:
        reasons = [each.reason for each in plan.secrets if each.state is state]
        if reasons:
            why = f" ({printable('; '.join(dict.fromkeys(reasons)))})" if state in _SETTLED else ""
            counts.append(f"{len(reasons)} {in_words(state)}{why}")
    return f"Secrets: {', '.join(counts)}." if counts else ""
