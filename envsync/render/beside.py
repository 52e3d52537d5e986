"""What stands beside the changes of a plan, in sections, whatever they are printed on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from envsync.plan.changes import Action, RecordNext, RecordState
from envsync.plan.shard import SHARD
from envsync.render.wording import in_words, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from envsync.plan.changes import Address, Kind, Notice, Plan, RecordStatus, UnreadPart


class Tone(Enum):
    GRAVE = "grave"
    WARNING = "warning"
    PLAIN = "plain"


Item = tuple[str, str | None]  # a word of ours, and a name of somebody else's


@dataclass(frozen=True, slots=True)
class Entry:
    """A place, and what it is about there. `repository` None: all of it."""

    repository: str | None
    environments: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """What is said once of several places. No `words`: the title says it all.

    `more`: repositories of which it is to be said as well. `alike`: where `words` and `hint` would name a
    repository, they have `OWNER/NAME`.
    """

    entries: tuple[Entry, ...]
    words: str = ""
    hint: str | None = None
    more: int = 0
    alike: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rows: tuple[Row, ...]
    tone: Tone = Tone.PLAIN


MOST_NAMED = 20  # repositories of which the same is to be said
MOST_ALIKE = 3  # that could not be read for like reasons, and are told one by one

LEFT_ALONE = "Left alone because of their records"


def alarming(plan: Plan, *, held_title: str = LEFT_ALONE) -> list[Section]:
    """What makes the rest of a plan doubtful. `held_title`: over what could not be read for a record's sake."""
    failed = _unread_rows(part for part in plan.unread if part.failed and part.part != "record")
    # That it is about records, the title says.
    held = _unread_rows(replace(part, part="") for part in plan.unread if part.failed and part.part == "record")
    return [
        *section(held_title, held, Tone.GRAVE),
        *section("Could not be read, so nothing is known about it", failed, Tone.GRAVE),
        *_record_sections(plan, (_Note.TAMPERED,), Tone.GRAVE),
    ]


UPFRONT = frozenset({"sandbox", SHARD})  # codes of warnings without which all the rest would be misread


def noteworthy(plan: Plan, *, told: AbstractSet[str] = frozenset()) -> list[Section]:
    """`told`: codes of warnings that stand elsewhere."""
    unmet = (Row((_entry(each.at, (in_words(each.kind), each.name)),), each.reason) for each in plan.unmet)
    warnings = _warnings(each for each in plan.warnings if each.code not in told)
    unasked = _unread_rows(part for part in plan.unread if not part.failed)
    return [
        *section("Required by the file, but envsync cannot make it", unmet, Tone.GRAVE),
        *section("Warnings", warnings, Tone.WARNING),
        *section("Not read, as asked", unasked, Tone.PLAIN),
    ]


def _warnings(notices: Iterable[Notice]) -> Iterator[Row]:
    """Each once, where the first of them stands: a file for a thousand repositories lacks one variable."""
    places: dict[tuple[bool, str], list[Entry]] = {}
    for each in notices:
        places.setdefault((each.repository is None, each.message), []).append(Entry(each.repository))
    return (row_of(entries, message) for (_, message), entries in places.items())


def unverifiable(plan: Plan) -> list[Section]:
    """Secrets, by reason: one line an environment, however many share it."""
    groups: dict[str, dict[Address, list[Item]]] = {}
    for each in plan.unverifiable:
        groups.setdefault(each.reason, {}).setdefault(each.at, []).append(("", each.name))
    rows = (
        row_of((_entry(at, *items) for at, items in places.items()), reason) for reason, places in groups.items()
    )
    return section("Secrets that exist, whose value cannot be verified", rows, Tone.PLAIN)


def bookkeeping(plan: Plan) -> list[Section]:
    """What there is to say of records that nobody has to be afraid of."""
    return _record_sections(plan, (note for note in _Note if note is not _Note.TAMPERED), Tone.PLAIN)


def unmanaged(plan: Plan) -> list[Section]:
    rows = (
        Row((_entry(at, *(_item(each.kind, each.name) for each in group)),))
        for at, group in groupby(plan.unmanaged, key=lambda each: each.at)
    )
    return section("Unmanaged, that is in no file, and left alone", rows, Tone.PLAIN)


def section(title: str, rows: Iterable[Row], tone: Tone) -> list[Section]:
    found = tuple(rows)
    return [Section(title, found, tone)] if found else []


def rows_by_words(found: Iterable[tuple[str, str | None, Address]]) -> Iterator[Row]:
    """Words, hint, place -> one row for all the places of which the same is to be said, one entry a repository."""
    groups: dict[tuple[str, str | None], dict[str, list[str]]] = {}
    for words, hint, at in found:
        groups.setdefault((words, hint), {}).setdefault(at.repository, []).append(at.environment)
    for (words, hint), repositories in groups.items():
        yield row_of((Entry(name, tuple(each)) for name, each in repositories.items()), words, hint)


def row_of(entries: Iterable[Entry], words: str, hint: str | None = None) -> Row:
    """Of many repositories the first are named, and the others counted."""
    groups: dict[str | None, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.repository, []).append(entry)
    named = tuple(entry for group in list(groups.values())[:MOST_NAMED] for entry in group)
    return Row(named, words, hint, more=max(0, len(groups) - MOST_NAMED))


def _unread_rows(parts: Iterable[UnreadPart]) -> Iterator[Row]:
    """One row for all that could not be read for the same reason: one missing permission hides many parts.

    Many repositories that could not be read for like reasons are one row, too.
    """
    groups: dict[tuple[str, str | None, str, str | None], list[str]] = {}
    for part in parts:
        of_all = part.environment is None
        key = (part.repository, None if of_all else part.part, part.reason, part.hint)
        groups.setdefault(key, []).append(part.environment or "")
    found = []
    like: dict[_Like, dict[str, Entry]] = {}
    for (repository, what, reason, hint), environments in groups.items():
        entry = Entry(repository) if what is None else Entry(repository, tuple(environments), ((what, None),))
        unnamed = _Like(what, _unnamed(reason, entry), None if hint is None else _unnamed(hint, entry))
        like.setdefault(unnamed, {}).setdefault(repository, entry)
        found.append((unnamed, Row((entry,), reason, hint)))
    told = set()
    for unnamed, row in found:
        entries = like[unnamed].values()
        if (more := len(entries) - MOST_ALIKE) <= 0:
            yield row
        elif unnamed not in told:
            told.add(unnamed)
            yield Row(tuple(entries)[:MOST_ALIKE], unnamed.reason, unnamed.hint, more, alike=True)


@dataclass(frozen=True, slots=True)
class _Like:
    """What was not read and why, with no name of a repository in it."""

    what: str | None
    reason: str
    hint: str | None


def _unnamed(text: str, entry: Entry) -> str:
    """An environment's name can be any word: it is one only beside the repository's."""
    repository = entry.repository or ""
    if repository not in text:
        return text
    for name in entry.environments:
        for between in (" in ", " of "):
            text = text.replace(f"{name}{between}{repository}", f"ENVIRONMENT{between}OWNER/NAME")
        text = text.replace(f"{repository} {name}", "OWNER/NAME ENVIRONMENT")
    return re.sub(rf"(?<![\w./-]){re.escape(repository)}(?![\w/-])", "OWNER/NAME", text)


def _item(kind: Kind, name: str | None) -> Item:
    return (in_words(kind), name) if name else (f"the {in_words(kind)} itself", None)


def _entry(at: Address, *items: Item) -> Entry:
    return Entry(at.repository, (at.environment,), items)


# --- records -----------------------------------------------------------------------------------------------


class _Note(StrEnum):
    TAMPERED = "Records that cannot be trusted"
    UNVERIFIED = "Records that cannot be verified"
    TAKEN_OVER = "Taken over from another file"
    LEFT = "Left to another file"
    NEW = "No record yet, so apply takes over what is there"
    RENEWED = "Records to write anew"
    REMOVED = "Records to remove"
    NONE = "No record is kept"


_NEXT = {RecordNext.KEEP: "", RecordNext.WRITE: "; apply writes it anew", RecordNext.REMOVE: "; apply removes it"}


def _record_sections(plan: Plan, notes: Iterable[_Note], tone: Tone) -> list[Section]:
    changed = whole(plan.changes)
    told = {(part.repository, part.environment) for part in plan.unread if part.failed and part.part == "record"}
    found = [
        noted
        for record in plan.records
        if (record.at.repository, record.at.environment) not in told and (noted := _noted(record, changed))
    ]
    return [
        each
        for note in notes
        for each in section(
            note,
            rows_by_words((words, None, at) for kind, words, at in found if kind is note),
            tone,
        )
    ]


def _noted(record: RecordStatus, changed: Mapping[Address, Action]) -> tuple[_Note, str, Address] | None:
    """What there is to say of a record; no reason: nothing where apply leaves it alone."""
    match record.state, record.next:
        case ((RecordState.TAMPERED | RecordState.UNVERIFIED), _):
            note = _Note.TAMPERED if record.state is RecordState.TAMPERED else _Note.UNVERIFIED
            return note, f"{record.reason}{_NEXT[record.next]}", record.at
        case _, RecordNext.REMOVE:
            return _Note.REMOVED, record.reason, record.at
        case RecordState.FOREIGN, RecordNext.WRITE:
            return _Note.TAKEN_OVER, record.reason, record.at
        case RecordState.FOREIGN, RecordNext.KEEP if record.reason:
            return _Note.LEFT, record.reason, record.at
        case RecordState.VERIFIED, RecordNext.WRITE if record.reason or record.at not in changed:
            return _Note.RENEWED, record.reason, record.at
        case RecordState.ABSENT, RecordNext.WRITE if changed.get(record.at) is not Action.CREATE:
            return _Note.NEW, "", record.at
        case RecordState.ABSENT, RecordNext.KEEP if record.reason:
            return _Note.NONE, record.reason, record.at
        case _:
            return None
