"""What every rendering says of a difference and of drift as a whole, whatever it is printed on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from envsync.model import RECORD_VARIABLE
from envsync.plan import moments
from envsync.plan.changes import Kind, Origin, Plan, Risk
from envsync.plan.drift import Deed
from envsync.render.beside import Tone, alarming
from envsync.render.printable import printable, quoted, shortened
from envsync.render.wording import field_value, in_words, s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from envsync.plan.changes import FieldValue
    from envsync.plan.drift import Difference, Drift, DriftField, Excused
    from envsync.render.beside import Section

EXPECTED = "Expected for a while, so not counted"
PENDING = "In the files, and not applied yet"


class _Group(StrEnum):
    """In the order in which they are told: what is open now comes first."""

    WEAKENED = "What weakens the protection"
    APPEARED = "Environments that appeared, with no protection"
    DOUBTFUL = "Records that cannot be trusted"
    OTHER = "What differs as well"


@dataclass(frozen=True, slots=True)
class Side:
    """What the files say, or what GitHub has. `ours`: a word of ours, and no value."""

    text: str
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """`name` None: that of the difference itself."""

    name: str | None
    declared: Side
    live: Side


@dataclass(frozen=True, slots=True)
class Words:
    """A clause of ours, at whose end there can be a date."""

    text: str
    moment: str | None = None


_ABSENT, _PRESENT = Side("not there", ours=True), Side("there", ours=True)


def grouped(drift: Drift) -> list[tuple[str, Tone, list[Difference]]]:
    """A title, how grave it is, and what stands under it."""
    found = [(group, [each for each in drift.differences if _group(each) is group]) for group in _Group]
    return [
        (_title(group, alone=len(differences) == len(drift.differences)), _tone(group), differences)
        for group, differences in found
        if differences
    ]


def label(difference: Difference) -> tuple[str, str | None]:
    """A word of ours, and a name of somebody else's; neither for the environment itself."""
    if difference.deed is Deed.DOUBTFUL:
        return "its record", None
    match difference.kind, difference.fields:
        case Kind.ENVIRONMENT, _:
            return "", None
        case Kind.SETTINGS, (field,):
            return field.name, None
        case _:
            return in_words(difference.kind), difference.name


def pairs(difference: Difference) -> list[Pair]:
    if _is_record(difference):
        return []  # no file has it
    match difference.deed, difference.fields:
        case Deed.APPEARED, _:
            return []
        case Deed.ADDED, ():
            return [Pair(None, _ABSENT, _PRESENT)]
        case Deed.REMOVED, ():
            return [Pair(None, _PRESENT, _ABSENT)]
        case _, (field,) if difference.kind is not Kind.ENVIRONMENT:
            return [_pair(difference.kind, field, None)]
        case _:
            return [_pair(difference.kind, field, field.name) for field in difference.fields]


def whose(difference: Difference) -> Words:
    """Who did it, as far as anybody can tell, and when."""
    unknown = difference.origin is Origin.UNKNOWN
    if unknown:
        who = "nobody can tell who did this"
    elif difference.deed is Deed.DOUBTFUL:
        who = "written outside envsync"
    else:
        who = f"{difference.deed} outside envsync"
    if difference.origin is Origin.CONFLICT:
        who += ", and the file changed too"
    if difference.since:
        made = "created on" if difference.kind is Kind.ENVIRONMENT else "last written on"
        return Words(f"{who}, {made}", _moment(difference.since))
    if difference.after:
        last = "; the last apply was on" if unknown else ", after the last apply on"
        return Words(f"{who}{last}", _moment(difference.after))
    return Words(f"{who}, or when" if unknown else f"{who}, nobody knows when")


def _moment(text: str) -> str:
    try:
        return moments.words(moments.seconds(text))
    except ValueError:
        return printable(text)


def excuse(excused: Excused) -> str:
    return f"until {excused.expected.until.isoformat()}: {excused.expected.reason}"


def beside(drift: Drift) -> Plan:
    """What could not be read, the warnings, and what is in no file: they are told as those of a plan are."""
    return Plan("", unmanaged=drift.unmanaged, unread=drift.unread, warnings=drift.warnings)


def blind_spots(drift: Drift) -> list[Section]:
    """An environment whose record cannot be verified is compared all the same."""
    return alarming(beside(drift), held_title="Not all is known, because of the record")


def _is_record(difference: Difference) -> bool:
    return difference.kind is Kind.VARIABLE and difference.name == RECORD_VARIABLE


def _group(difference: Difference) -> _Group:
    match difference.deed, difference.risk:
        case Deed.APPEARED, _:
            return _Group.APPEARED
        case Deed.DOUBTFUL, _:
            return _Group.DOUBTFUL
        case _, Risk.WEAKENS:
            return _Group.WEAKENED
        case _:
            return _Group.OTHER


def _title(group: _Group, *, alone: bool) -> str:
    return "What differs" if alone and group is _Group.OTHER else group


def _tone(group: _Group) -> Tone:
    return Tone.WARNING if group is _Group.OTHER else Tone.GRAVE


def _pair(kind: Kind, field: DriftField, name: str | None) -> Pair:
    return Pair(name, _side(kind, field.name, field.declared), _side(kind, field.name, field.live))


def _side(kind: Kind, name: str, what: FieldValue) -> Side:
    if what is None:
        return _ABSENT
    return Side(quoted(str(what)) if kind is Kind.VARIABLE else field_value(name, what))


# --- drift as a whole --------------------------------------------------------------------------------------


def headline(drift: Drift, show: Callable[[str], str]) -> str:
    """How much there is and where, with no full stop; `show` makes a repository's name harmless."""
    found = []
    if drift.differences:
        number = len(drift.differences)
        where = _where((each.at.repository for each in drift.differences), show)
        found.append(f"{number} difference{s(number)} in {where}{_grave(drift)}")
    if drift.pending:
        number = len(drift.pending)
        where = _where((each.at.repository for each in drift.pending), show)
        found.append(f"{number} change{s(number)} not applied yet{'' if drift.differences else f' in {where}'}")
    return "; ".join(found) or ("No differences in what was read" if drift.unread else "No drift")


def notes(drift: Drift) -> list[str]:
    """What has to be said beside the headline, each with a full stop."""
    found = []
    if number := len(drift.expected):
        found.append(f"{number} difference{s(number)} {_verb(number, 'is', 'are')} expected, and not counted.")
    if number := len(drift.unread):
        failed = all(part.failed for part in drift.unread)
        were = "could not be" if failed else f"{_verb(number, 'was', 'were')} not"
        done = "read or verified" if any(part.part == "record" for part in drift.unread) else "read"
        found.append(f"{number} part{s(number)} {were} {done}: not all that differs there is known.")
    return found


def next_step(drift: Drift) -> str:
    """What to do about it; empty where there is nothing to do."""
    steps = {_step(each) for each in drift.differences}
    if drift.pending and _Step.APPLY not in steps:
        steps.add(_Step.PENDING)
    return " ".join(each for each in _Step if each in steps)


class _Step(StrEnum):
    """In the order in which they are told."""

    APPLY = (
        "`envsync apply` puts it back as the files say, or names the grant that this needs; "
        "to keep what is there, change the files."
    )
    PENDING = "`envsync apply` makes it as the files say."
    BY_HAND = "What apply cannot put back: set it on GitHub."
    APPEARED = "An environment that appeared: declare it in a file, or delete it on GitHub."
    DOUBTFUL = "A record: `envsync plan` says what apply does with it."
    LOST = "A record that is not there: `envsync apply` writes one."


def _step(difference: Difference) -> _Step:
    if difference.deed is Deed.APPEARED:
        return _Step.APPEARED
    if _is_record(difference):
        return _Step.DOUBTFUL if difference.deed is Deed.DOUBTFUL else _Step.LOST
    return _Step.BY_HAND if difference.by_hand else _Step.APPLY


def _where(repositories: Iterable[str], show: Callable[[str], str]) -> str:
    names = list(dict.fromkeys(repositories))
    return show(shortened(names[0])) if len(names) == 1 else f"{len(names)} repositories"


def _grave(drift: Drift) -> str:
    number = drift.weakened
    return f", {number} {_verb(number, 'weakens', 'weaken')} the protection" if number else ""


def _verb(number: int, one: str, many: str) -> str:
    return one if number == 1 else many
