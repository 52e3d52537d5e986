"""What every rendering says of what became of a plan, whatever it is printed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.plan.changes import PatternCreate, RecordNext
from envsync.plan.result import Because, Outcome
from envsync.render.beside import Tone, rows_by_words, section
from envsync.render.wording import s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.plan.result import RecordOutcome, Result
    from envsync.render.beside import Section

_TITLE = "Records that are not as they should be, so the next plan may not tell why something differs"


def undone_records(records: Sequence[RecordOutcome]) -> list[Section]:
    """Each reason once: what keeps a record from being written seldom does so in one environment only."""
    found = (
        (f"not {_done(each.next)}: {each.reason}", each.hint, each.at)
        for each in records
        if each.outcome is not Outcome.APPLIED
    )
    return section(_TITLE, rows_by_words(found), Tone.GRAVE)


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
