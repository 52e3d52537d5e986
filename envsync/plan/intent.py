"""What an apply is about to do, and what one that was cut off has itself left behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from envsync.model import Unread
from envsync.plan.changes import (
    ProtectionChange,
    SecretCreate,
    SecretDelete,
    SecretUpdate,
    VariableCreate,
    VariableDelete,
    VariableUpdate,
)
from envsync.plan.goal import protection_of, variables_of
from envsync.plan.moments import seconds
from envsync.plan.origin import SETTINGS, explained, setting
from envsync.plan.record import IntendedVariable, Intent, Made, RecordedVariable, is_marked, mark_variable
from envsync.plan.secret_states import may_be_own
from envsync.plan.strictness import Protection

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from envsync.model import LiveEnvironment, LiveSecret
    from envsync.plan.changes import Change
    from envsync.plan.record import Record, Seal


def intend(
    changes: Iterable[Change], live: LiveEnvironment | None, goal: Protection, record: Record | None, seal: Seal
) -> Intent | None:
    """The intent to make `changes`; None where there are none that GitHub would show. `record`: the one before."""

    def mark(name: str, value: str) -> str:
        return mark_variable(seal, name, value)

    protection: tuple[Protection, Protection] | None = None
    variables: dict[str, IntendedVariable] = {}
    secrets: dict[str, int | None] = {}
    for change in changes:
        match change:
            case VariableCreate(_, _, name, value):
                variables[name] = IntendedVariable(None, mark(name, value))
            case VariableUpdate(_, _, name, before, after):
                variables[name] = IntendedVariable(mark(name, before), mark(name, after))
            case VariableDelete(_, _, name, value):
                variables[name] = IntendedVariable(mark(name, value), None)
            case SecretCreate(_, _, name) | SecretUpdate(_, _, name) | SecretDelete(_, _, name):
                secrets[name] = _date_before(name, live, record)
            case _ if isinstance(change, ProtectionChange):
                protection = (protection_of(live), goal)
            case _:
                pass  # deletions of environments end the record too, and what is released shows nowhere else
    if protection is None and not variables and not secrets:
        return None
    return Intent(protection, variables, secrets)


def _date_before(name: str, live: LiveEnvironment | None, record: Record | None) -> int | None:
    """The date that a secret had before any apply that was cut off: what is later may be envsync's own doing."""
    there: Mapping[str, LiveSecret] = {} if live is None or isinstance(live.secrets, Unread) else live.secrets
    if name not in there:
        return None
    if record is not None and record.intent is not None and may_be_own(there[name], record):
        return record.intent.secrets[name]
    return moment(there[name].updated_at)


def moment(text: str) -> int:
    """0 for a date that nobody can read: every other one is later."""
    try:
        return seconds(text)
    except ValueError:
        return 0


def absorb(record: Record, live: LiveEnvironment | None, seal: Seal) -> Record:
    """The record with what an apply that was cut off did, as far as GitHub shows it."""
    if record.intent is None or live is None:
        return record
    variables = dict(record.variables)
    there = variables_of(live)
    for name, intended in record.intent.variables.items():
        now = there.get(name)
        if now is None and intended.after is None:
            variables.pop(name, None)
        elif now is not None and intended.after is not None and is_marked(seal, name, now.value, intended.after):
            made = Made.CREATED if intended.before is None else Made.ADOPTED
            made = variables[name].made if name in variables else made
            variables[name] = RecordedVariable(made, intended.after)
    return replace(record, variables=variables, protection=_absorbed(record, live))


def _absorbed(record: Record, live: LiveEnvironment) -> Protection | None:
    intended = None if record.intent is None else record.intent.protection
    if intended is None:
        return record.protection
    now, last = protection_of(live), record.protection
    own = frozenset(each for each in SETTINGS if explained(intended, each, setting(now.settings, each)))
    if last is None:
        strange = _foreign(intended, now, lambda each: each.patterns) | _foreign(
            intended, now, lambda each: each.rules
        )
        return now if own == frozenset(SETTINGS) and not strange else None
    settings = replace(last.settings, **{each: getattr(now.settings, each) for each in own})
    patterns = last.patterns
    if not isinstance(live.patterns, Unread):
        patterns = _members(intended, now, last, lambda each: each.patterns)
    rules = last.rules
    if not isinstance(live.protection_rules, Unread):
        rules = _members(intended, now, last, lambda each: each.rules)
    return Protection(settings, patterns, rules)


def _foreign(
    intended: tuple[Protection, Protection], now: Protection, of: Callable[[Protection], AbstractSet[object]]
) -> bool:
    """Whether something is there, or gone, that the apply had no part in."""
    before, after = intended
    return bool((of(now) - of(before) - of(after)) | ((of(before) & of(after)) - of(now)))


def _members(
    intended: tuple[Protection, Protection],
    now: Protection,
    last: Protection,
    of: Callable[[Protection], frozenset[T]],
) -> frozenset[T]:
    moved = of(intended[0]) ^ of(intended[1])
    return (of(now) & moved) | (of(last) - moved)
