"""What an environment guards: which of its variables and secrets differ, and which are nobody's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envsync.model import External, Field, Unread
from envsync.plan.changes import (
    Kind,
    Origin,
    Plan,
    Risk,
    SecretCreate,
    SecretDelete,
    SecretState,
    SecretStatus,
    SecretUpdate,
    Unmanaged,
    Unmet,
    VariableCreate,
    VariableDelete,
    VariableUpdate,
    Verdict,
)
from envsync.plan.origin import History
from envsync.plan.record import Made, is_marked
from envsync.plan.secret_states import find_state, left_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envsync.model import DesiredEnvironment, LiveSecret, LiveVariable
    from envsync.plan.changes import Address, Change
    from envsync.plan.ledger import Compared
    from envsync.plan.record import Verified
    from envsync.plan.secret_states import Finding


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of one environment besides desired and live."""

    verified: Verified | None = None
    compared: Mapping[str, Compared] = field(default_factory=dict)  # by name of the secret
    rotates: Callable[[str], bool] = lambda _secret: False

    @property
    def history(self) -> History:
        return History(self.verified)


NO_CONTEXT = Context()


# --- variables ---------------------------------------------------------------------------------------------


def diff_variables(
    at: Address, desired: DesiredEnvironment, there: Mapping[str, LiveVariable] | Unread, context: Context
) -> Plan:
    if isinstance(there, Unread) or Field.VARIABLES in desired.ignore:
        return Plan("")
    now = {name: each.value for name, each in there.items()}
    changes: list[Change] = []
    unmanaged: list[Unmanaged] = []

    def verdict(name: str, reason: str) -> Verdict:
        origin = context.history.variable(name, desired.variables.get(name), now.get(name))
        return Verdict(Risk.NEUTRAL, reason, origin)

    for name, value in sorted(desired.variables.items()):
        if name not in now:
            changes.append(VariableCreate(at, verdict(name, "not on GitHub"), name, value))
        elif now[name] != value:
            changes.append(VariableUpdate(at, verdict(name, "the value differs"), name, now[name], value))
    for name in sorted(now.keys() - desired.variables.keys()):
        if created_variable(context.verified, name, now[name]):
            found = verdict(name, "it was created from a file, which no longer has it")
            changes.append(VariableDelete(at, found, name, now[name]))
        elif desired.prune:
            changes.append(VariableDelete(at, verdict(name, "in no file"), name, now[name]))
        else:
            unmanaged.append(Unmanaged(at, Kind.VARIABLE, name))
    return Plan("", changes=tuple(changes), unmanaged=tuple(unmanaged))


def created_variable(verified: Verified | None, name: str, value: str) -> bool:
    """Whether this file created it: says the record, or the intent of an apply that was cut off."""
    if verified is None:
        return False
    record = verified.record
    if (last := record.variables.get(name)) is not None:
        return last.made is Made.CREATED
    intended = None if record.intent is None else record.intent.variables.get(name)
    if intended is None or intended.before is not None or intended.after is None:
        return False
    return is_marked(verified.seal, name, value, intended.after) is True


# --- secrets -----------------------------------------------------------------------------------------------


def diff_secrets(
    at: Address,
    desired: DesiredEnvironment,
    there: Mapping[str, LiveSecret] | Unread,
    context: Context,
    *,
    known: bool,
) -> Plan:
    """`known`: the protection was read as a whole. No secret enters an environment that may be open."""
    if isinstance(there, Unread) or Field.SECRETS in desired.ignore:
        return Plan("")
    changes: list[Change] = []
    states: list[SecretStatus] = []
    unmet: list[Unmet] = []
    for name, secret in sorted(desired.secrets.items()):
        found = find_state(secret, there.get(name), context.verified, context.compared.get(name))
        verdict = _written(name, found, rotate=context.rotates(name))
        rotated = verdict is not None and found.origin is None
        states.append(SecretStatus(at, name, found.state, verdict.reason if verdict and rotated else found.reason))
        if isinstance(secret.source, External):
            if name not in there:
                unmet.append(Unmet(at, Kind.SECRET, name, found.reason))
        elif verdict is not None and not known:
            unmet.append(Unmet(at, Kind.SECRET, name, "what protects the environment could not be read"))
        elif verdict is not None:
            changes.append((SecretUpdate if name in there else SecretCreate)(at, verdict, name))
    others = _left(at, desired, there, context)
    return Plan("", (*changes, *others.changes), tuple(states), unmanaged=others.unmanaged, unmet=tuple(unmet))


def _written(name: str, found: Finding, *, rotate: bool) -> Verdict | None:
    """Why a secret is to be written; None where it is not."""
    if found.state is SecretState.MISSING:
        return Verdict(Risk.NEUTRAL, found.reason, found.origin or Origin.UNKNOWN)
    if found.state is SecretState.TOUCHED_OUTSIDE:
        reason = f"{found.reason}, and that value of {name} is lost"
        return Verdict(Risk.DESTROYS, reason, found.origin or Origin.UNKNOWN)
    if found.origin is not None:
        return Verdict(Risk.NEUTRAL, found.reason, found.origin)
    if not rotate or found.state is SecretState.EXTERNAL:
        return None
    if found.known:
        return Verdict(Risk.NEUTRAL, _rotated(found), Origin.CONFIG)
    reason = f"to be rotated, and a value of {name} that somebody else may have written is lost"
    return Verdict(Risk.DESTROYS, reason, Origin.UNKNOWN)


def _rotated(found: Finding) -> str:
    same = ", which gives the same value as before" if found.state is SecretState.IN_SYNC else ""
    return f"to be rotated: written once more from its source{same}"


def _left(at: Address, desired: DesiredEnvironment, there: Mapping[str, LiveSecret], context: Context) -> Plan:
    """The secrets that no file declares."""
    changes: list[Change] = []
    unmanaged: list[Unmanaged] = []
    for name in sorted(there.keys() - desired.secrets.keys()):
        created = created_secret(context.verified, name)
        if created or desired.prune:
            why = "it was created from a file, which no longer has it, and " if created else ""
            reason = f"{why}{name} is lost: GitHub never gives a secret back"
            origin = left_origin(there[name], context.verified)
            changes.append(SecretDelete(at, Verdict(Risk.DESTROYS, reason, origin), name))
        else:
            unmanaged.append(Unmanaged(at, Kind.SECRET, name))
    return Plan("", changes=tuple(changes), unmanaged=tuple(unmanaged))


def created_secret(verified: Verified | None, name: str) -> bool:
    """Whether this file created it: says the record, or the intent of an apply that was cut off."""
    if verified is None:
        return False
    record = verified.record
    if (last := record.secrets.get(name)) is not None:
        return last.made is Made.CREATED
    return record.intent is not None and name in record.intent.secrets and record.intent.secrets[name] is None
