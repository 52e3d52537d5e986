"""The environments of a repository that no file declares: whose are they, and may they go?"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from envsync.model import Unread
from envsync.plan.changes import (
    Address,
    EnvironmentDelete,
    Kind,
    Origin,
    Plan,
    RecordNext,
    RecordState,
    RecordStatus,
    Risk,
    Unmanaged,
    UnreadPart,
    Verdict,
)
from envsync.plan.ledger import spot
from envsync.plan.record import Absent, Foreign, Made, Newer, Tampered, Unverified, Verified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envsync.model import DesiredRepository, LiveRepository
    from envsync.plan.ledger import Ledger

_LOST = (
    "secrets, variables and rules go with the environment, waiting jobs fail, "
    "and a workflow that names it gets a new one with no protection"
)


def undeclared(
    desired: DesiredRepository, live: LiveRepository, holds: Callable[[str], bool], ledger: Ledger
) -> Iterator[Plan]:
    """Deleted where this file created them, or where it prunes and no other file owns them; else listed.

    What this file adopted is let go: it loses its record, so that another file can have it.
    """
    for name in live.environment_names:
        if is_undeclared(desired, name) and holds(name):
            yield _one(Address(str(desired.name), name), desired, live, ledger)


def is_undeclared(desired: DesiredRepository, name: str) -> bool:
    """In no file, and not in `never_touch` either."""
    key = name.casefold()
    declared = {each.name.casefold() for each in desired.environments}
    return key not in declared | {each.casefold() for each in desired.never_touch}


def _one(at: Address, desired: DesiredRepository, live: LiveRepository, ledger: Ledger) -> Plan:
    listed = Plan("", unmanaged=(Unmanaged(at, Kind.ENVIRONMENT, None),))
    if (unread := _unread(live, at.environment, asked=desired.prune)) is not None:
        failed = unread.kind is not None
        part = UnreadPart(at.repository, at.environment, "record", unread.reason, unread.hint, failed)
        return Plan("", unmanaged=listed.unmanaged, unread=(part,))
    recorded = ledger.recorded.get(spot(desired.name, at.environment))
    match recorded:
        case Verified(record) if record.made is Made.CREATED:
            return _deleted(at, f"it was created from a file, which no longer has it; {_LOST}", Origin.CONFIG)
        case Verified() if not desired.prune:
            reason = "no file declares the environment any more: envsync lets it go"
            status = RecordStatus(at, RecordState.VERIFIED, RecordNext.REMOVE, reason)
            return Plan("", unmanaged=listed.unmanaged, records=(status,))
        case Foreign(owner):
            reason = f"it belongs to the file called {owner}" if desired.prune else ""
            status = RecordStatus(at, RecordState.FOREIGN, RecordNext.KEEP, reason, owner)
            return Plan("", unmanaged=listed.unmanaged, records=(status,))
        case Newer(version) if desired.prune:
            reason = f"it has format {version}, which only a newer envsync knows, so the environment stays"
            status = RecordStatus(at, RecordState.UNVERIFIED, RecordNext.KEEP, reason)
            return Plan("", unmanaged=listed.unmanaged, records=(status,))
        case Verified() | Newer() | Unverified() | Tampered() | Absent() | None:
            known = Origin.CONFIG if isinstance(recorded, Verified) else Origin.UNKNOWN
            return _deleted(at, _LOST, known) if desired.prune else listed
        case _:
            assert_never(recorded)


def _unread(live: LiveRepository, name: str, *, asked: bool) -> Unread | None:
    """Why nobody knows whose an environment is; `asked`: it may go, unless another file owns it."""
    key = name.casefold()
    if key in live.others:
        record = live.others[key].record
        return record if isinstance(record, Unread) else None
    if key in live.environments:
        variables = live.environments[key].variables
        return variables if isinstance(variables, Unread) else None
    return Unread("nobody looked whether another file owns it", kind=None) if asked else None


def _deleted(at: Address, reason: str, origin: Origin) -> Plan:
    return Plan("", changes=(EnvironmentDelete(at, Verdict(Risk.DESTROYS, reason, origin)),))
