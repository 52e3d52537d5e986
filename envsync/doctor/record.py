"""Is there a key for the record, and do the records hold?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.doctor.case import Purpose
from envsync.doctor.look import Look, counted
from envsync.plan.changes import RecordNext, RecordState
from envsync.plan.checkup import Topic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envsync.doctor.case import Case
    from envsync.doctor.subject import Subject
    from envsync.plan.changes import Plan, RecordStatus
    from envsync.plan.checkup import Check

_MAKE = "make a key with: openssl rand -hex 32, and set ENVSYNC_RECORD_KEY to it wherever envsync runs"
_LOST: Mapping[Purpose, str] = {
    Purpose.DRIFT: "who changed what cannot be told, nor whether a secret was touched",
    Purpose.APPLY: "no secret is known to be in sync, and nothing that left the file is deleted",
}
_WITHOUT = "ENVSYNC_RECORD_KEY is not set"


def check_key(case: Case) -> Iterator[Check]:
    look, key = Look(Topic.RECORD, "record-key"), case.key
    if key.fault is not None:
        yield look.repeats(key.fault, _MAKE)
    elif key.is_set:
        yield look.passes(f"ENVSYNC_RECORD_KEY is set{', and so is the previous one' if key.has_previous else ''}")
    elif case.settings_only or case.purpose is Purpose.PLAN:
        yield look.passes(f"{_WITHOUT}: the file is compared with GitHub alone")
    else:
        yield look.warns(f"{_WITHOUT}: {_LOST[case.purpose]}", _MAKE)


def check_records(subject: Subject) -> Iterator[Check]:
    if subject.plan is not None:
        yield from _records(subject, subject.plan)


def _records(subject: Subject, plan: Plan) -> Iterator[Check]:
    records = [each for each in plan.records if each.at.repository == str(subject.desired.name)]
    declared = {each.name.casefold() for each in subject.desired.environments}
    verified = [each for each in records if each.state is RecordState.VERIFIED]
    if verified:
        holds = "holds" if len(verified) == 1 else "hold"
        yield subject.look(Topic.RECORD, "records").passes(f"{counted(len(verified), 'record')} {holds}")
    for each in records:
        # Another file's environment, beside those of this one, is as it shall be.
        if each.state is not RecordState.FOREIGN or each.at.environment.casefold() in declared:
            yield from _record(subject, plan, each)


def _record(subject: Subject, plan: Plan, status: RecordStatus) -> Iterator[Check]:
    look, at = subject.look(Topic.RECORD, "records"), status.at
    said, link = f"{at.environment}: {status.reason}", subject.links.environments(subject.facts.name)
    match status.state:
        case RecordState.FOREIGN:
            step = "take it out of one of the files, or pass --take-over to make it this one's"
            yield look.fails(said, step, link)
        case RecordState.TAMPERED:
            step = "see who may write the repository's variables; apply writes the record anew"
            yield look.warns(f"{at.environment}: its record cannot be trusted: {status.reason}", step, link)
        case RecordState.UNVERIFIED:
            step = "give the key that signed it, as ENVSYNC_RECORD_KEY or ENVSYNC_RECORD_KEY_PREVIOUS"
            left = [
                each
                for each in plan.unread
                if (each.repository, each.environment, each.part) == (at.repository, at.environment, "record")
            ]
            hint = next((each.hint for each in left if each.hint is not None), step)
            gravely = bool(left) or (subject.case.applies and _is_in_the_way(plan, status))
            yield look.hampers(said, hint, link, gravely=gravely)
        case _:
            pass


def _is_in_the_way(plan: Plan, status: RecordStatus) -> bool:
    """Apply changes nothing whose record it could not write anew."""
    return status.next is RecordNext.KEEP and any(each.at == status.at for each in plan.changes)
