"""What every rendering says of what became of a plan, whatever it is printed on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from envsync.plan.changes import PatternCreate, RecordNext
from envsync.plan.result import Because, Outcome
from envsync.render.beside import Entry, Tone, row_of, rows_by_words, section
from envsync.render.wording import s

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from envsync.plan.result import RecordOutcome, Result
    from envsync.render.beside import Section

MOST_SKIPPED = 3  # changes of one environment for the same reason, that are told one by one

_TITLE = "Records that are not as they should be, so the next plan may not tell why something differs"


def undone_records(results: Iterable[Result], records: Sequence[RecordOutcome]) -> list[Section]:
    """Each reason once: what keeps a record from being written seldom does so in one environment only.

    Where nothing was begun, the record is as true as before.
    """
    begun = {each.change.at for each in results if each.outcome is not Outcome.SKIPPED or each.partly}
    found = (
        (f"not {_done(each.next)}: {each.reason}", each.hint, each.at)
        for each in records
        if each.outcome is Outcome.FAILED or (each.outcome is Outcome.SKIPPED and each.at in begun)
    )
    return section(_TITLE, rows_by_words(found), Tone.GRAVE)


@dataclass(frozen=True, slots=True)
class SortedOut:
    """What became of several repositories.

    `done`: how much was applied where all was; `untouched`: those in which all was skipped for one reason;
    `partly`: all the results of each other one.
    """

    done: list[tuple[str, int]]
    untouched: list[Section]
    partly: list[tuple[str, list[Result]]]


def in_several(results: Iterable[Result]) -> bool:
    return len({result.change.at.repository for result in results}) > 1


def sorted_out(results: Iterable[Result]) -> SortedOut:
    done: list[tuple[str, int]] = []
    partly: list[tuple[str, list[Result]]] = []
    skipped: dict[tuple[str | None, str | None], list[Entry]] = {}
    for name, group in groupby(results, key=lambda result: result.change.at.repository):
        found = list(group)
        match list({(each.outcome, each.reason, each.hint) for each in found}):
            case [(Outcome.APPLIED, _, _)]:
                done.append((name, len(found)))
            case [(Outcome.SKIPPED, reason, hint)] if not any(each.partly for each in found):
                skipped.setdefault((reason, hint), []).append(Entry(name))
            case _:
                partly.append((name, found))
    rows = (row_of(entries, f"skipped: {reason}", hint) for (reason, hint), entries in skipped.items())
    return SortedOut(done, section("Nothing was done in", rows, Tone.WARNING), partly)


def one_by_one(results: Iterable[Result]) -> list[list[Result]]:
    return [[each] for each in results]


def condensed(results: Iterable[Result]) -> list[list[Result]]:
    """Of one environment. What was skipped for the same reason is one, where it is much."""
    groups: dict[tuple[str, str | None, str | None], list[Result]] = {}
    for each in results:
        groups.setdefault((each.outcome, each.reason, each.hint), []).append(each)
    return [
        part
        for (outcome, _, _), group in groups.items()
        for part in ([group] if outcome is Outcome.SKIPPED and len(group) > MOST_SKIPPED else one_by_one(group))
    ]


def counted(results: Sequence[Result], records: Sequence[RecordOutcome]) -> str:
    """Empty where there was nothing to do."""
    outcomes = [result.outcome for result in results]
    counts = [f"{number} {outcome}" for outcome in Outcome if (number := outcomes.count(outcome))]
    done = [_done(each.next) for each in records if each.outcome is Outcome.APPLIED]
    kept = [f"{done.count(each)} record{s(done.count(each))} {each}" for each in dict.fromkeys(done)]
    undone = len(records) - len(done)
    failed = [f"{undone} record{s(undone)} left to do"] if undone else []
    return ", ".join([*counts, *kept, *failed])


def last_words(results: Sequence[Result], records: Sequence[RecordOutcome]) -> str:
    outcomes = {*(each.outcome for each in results), *(each.outcome for each in records)}
    reasons = {*(each.reason for each in results), *(each.reason for each in records)}
    line = f"Done: {counted(results, records) or 'nothing to do'}."
    if Outcome.FAILED in outcomes or Because.INTERRUPTED in reasons:
        line += " Run apply again for what is left."
        if _opens_what_is_shut(results):
            line += " It will ask for --allow-weakening: what is left opens what is shut now."
    return line


def _done(what: RecordNext) -> str:
    return "removed" if what is RecordNext.REMOVE else "written"


def _opens_what_is_shut(results: Sequence[Result]) -> bool:
    """An environment that was begun lets nobody through until it has its patterns."""
    left = {
        result.change.at
        for result in results
        if result.outcome is not Outcome.APPLIED and isinstance(result.change, PatternCreate)
    }
    begun = {result.change.at for result in results if result.outcome is Outcome.APPLIED or result.partly}
    return bool(left & begun)
