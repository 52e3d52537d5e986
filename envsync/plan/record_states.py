"""How far can each record be trusted, what does apply do with it, and what may not be done because of it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from envsync.errors import Diagnostic
from envsync.plan.changes import RecordNext, RecordState, RecordStatus, UnreadPart
from envsync.plan.record import Absent, Foreign, Newer, Place, Tampered, Unverified, Verified

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envsync.plan.bookkeeping import Entry
    from envsync.plan.changes import Address, Plan
    from envsync.plan.record import Recorded, Seal

_TAKE_OVER = "to make it this file's, which forgets what the other one created, pass --take-over"


def refused(at: Address, recorded: Recorded | None, *, take_over: bool) -> UnreadPart | None:
    """Why an environment must be left alone altogether."""
    match recorded:
        case Foreign(owner) if not take_over:
            reason = f"its record says that it belongs to the file called {owner}"
            hint = f"if the `name` of the file was changed, put it back; {_TAKE_OVER}"
        case Newer(version):
            reason = f"its record has format {version}, and this envsync knows format 1 only"
            hint = "install a newer envsync; a record that nobody needs can be deleted on GitHub: ENVSYNC_RECORD"
        case _:
            return None
    return UnreadPart(at.repository, at.environment, "record", reason, hint, failed=True)


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is at hand to write a record with; `seal` None: no key."""

    server: str
    repository: int | None
    seal: Callable[[Place], Seal] | None
    take_over: bool

    def status(self, at: Address, recorded: Recorded | None, entry: Entry) -> RecordStatus | None:
        """None where there is nothing to be said: no record, and no key to write one with."""
        state, reason, owner = _told(recorded)
        follows = self._next(recorded, entry)
        if isinstance(recorded, Unverified) and follows is not RecordNext.KEEP:
            reason = f"{recorded.reason}; what it said of who created what is forgotten"
        if self.seal is not None and follows is RecordNext.WRITE and not self._fits(entry):
            room = "its 100 variables leave no room for a record: envsync works without one"
            reason = "; ".join(filter(None, (reason, room if not entry.has_room() else _TOO_LONG)))
            follows = RecordNext.KEEP if state is RecordState.ABSENT else RecordNext.REMOVE
        if state is RecordState.ABSENT and self.seal is None:
            return None
        return RecordStatus(at, state, follows, reason, owner)

    def _fits(self, entry: Entry) -> bool:
        if self.seal is None or not entry.has_room():
            return False
        environment = 0 if entry.live is None else entry.live.id
        return entry.fits(self.seal(Place(self.server, self.repository or 0, environment)))

    def _next(self, recorded: Recorded | None, entry: Entry) -> RecordNext:
        write = RecordNext.WRITE if self.seal is not None else RecordNext.REMOVE
        match recorded:
            case Verified():
                return RecordNext.KEEP if entry.is_up_to_date() else RecordNext.WRITE
            case Foreign() | Unverified():
                return write if self.take_over else RecordNext.KEEP
            case Newer():
                return RecordNext.KEEP
            case Tampered() | Absent() | None:
                return RecordNext.WRITE if self.seal is not None else RecordNext.KEEP
            case _:
                assert_never(recorded)


_TOO_LONG = "a record would have more than 48 KB, which is all that GitHub takes: envsync works without one"


def _told(recorded: Recorded | None) -> tuple[RecordState, str, str | None]:
    match recorded:
        case Verified(_, _, renewed):
            reason = "signed with the previous key: apply signs it with the present one" if renewed else ""
            return RecordState.VERIFIED, reason, None
        case Foreign(owner):
            return RecordState.FOREIGN, f"it belongs to the file called {owner}", owner
        case Newer(version):
            return RecordState.UNVERIFIED, f"it has format {version}, which only a newer envsync knows", None
        case Unverified(reason, hint):
            return RecordState.UNVERIFIED, f"{reason}: {hint}", None
        case Tampered(reason):
            return RecordState.TAMPERED, reason, None
        case Absent() | None:
            return RecordState.ABSENT, "", None
        case _:
            assert_never(recorded)


def unproven(plan: Plan) -> tuple[Diagnostic, ...]:
    """Why the plan must not be applied: it would make a record untrue that nobody at hand can write anew."""
    changed = {change.at for change in plan.changes}
    held: Sequence[RecordStatus] = [
        each
        for each in plan.records
        if each.state is RecordState.UNVERIFIED and each.next is RecordNext.KEEP and each.at in changed
    ]
    if not held:
        return ()
    lines = [
        "the plan changes environments whose record cannot be verified, and would make it untrue:",
        *(f"  {each.at.repository} {each.at.environment}: {each.reason}" for each in held),
    ]
    hint = (
        "give the key that signed it, as ENVSYNC_RECORD_KEY or ENVSYNC_RECORD_KEY_PREVIOUS; "
        "if it is lost, --take-over replaces the record, and forgets what it said of who created what"
    )
    return (Diagnostic("record-not-verified", "\n".join(lines), hint),)
