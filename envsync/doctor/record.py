"""Is there a key for the record, and do the records hold?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.doctor.case import Purpose
from envsync.doctor.look import Look, counted
from envsync.plan.changes import RecordNext, RecordState
from envsync.plan.checkup import Topic
from envsync.plan.listing import listed

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


@dataclass(frozen=True, slots=True)
class _Finding:
    """Why a record does not hold, which several may not for the same reason."""

    why: str
    next_step: str
    gravely: bool


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
    alike: dict[_Finding, list[str]] = {}
    for each in records:
        # Another file's environment, beside those of this one, is as it shall be.
        if each.state is not RecordState.FOREIGN or each.at.environment.casefold() in declared:
            found = _finding(subject, plan, each)
            if found is not None:
                alike.setdefault(found, []).append(each.at.environment)
    look, link = subject.look(Topic.RECORD, "records"), subject.links.environments(subject.facts.name)
    for finding, names in alike.items():
        said = f"{listed(names, len(names))}: {finding.why}"
        yield look.hampers(said, finding.next_step, link, gravely=finding.gravely)


def _finding(subject: Subject, plan: Plan, status: RecordStatus) -> _Finding | None:
    at = status.at
    match status.state:
        case RecordState.FOREIGN:
            step = "take it out of one of the files, or pass --take-over to make it this one's"
            return _Finding(status.reason, step, gravely=True)
        case RecordState.TAMPERED:
            step = "see who may write the repository's variables; apply writes the record anew"
            return _Finding(f"the record cannot be trusted: {status.reason}", step, gravely=False)
        case RecordState.UNVERIFIED:
            step = "give the key that signed it, as ENVSYNC_RECORD_KEY or ENVSYNC_RECORD_KEY_PREVIOUS"
            left = [
                each
                for each in plan.unread
                if (each.repository, each.environment, each.part) == (at.repository, at.environment, "record")
            ]
            hint = next((each.hint for each in left if each.hint is not None), step)
            watches = subject.case.purpose is Purpose.DRIFT  # a check that cannot verify a record fails
            gravely = bool(left) or watches or (subject.case.applies and _is_in_the_way(plan, status))
            return _Finding(status.reason, hint, gravely=gravely)
        case _:
            return None


def _is_in_the_way(plan: Plan, status: RecordStatus) -> bool:
    """Apply changes nothing whose record it could not write anew."""
    return status.next is RecordNext.KEEP and any(each.at == status.at for each in plan.changes)
