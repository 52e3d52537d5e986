"""What became of a plan -> text for a terminal."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from envsync.plan.changes import view
from envsync.plan.result import Outcome
from envsync.render.outcome import (
    condensed,
    counted,
    in_several,
    last_words,
    one_by_one,
    sorted_out,
    undone_records,
)
from envsync.render.page import Column, Paragraph, Rows, on_page, pages
from envsync.render.printable import printable
from envsync.render.wording import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from envsync.plan.result import RecordOutcome, Result
    from envsync.render.page import Printed

_COLORS = {Outcome.APPLIED: "green", Outcome.FAILED: "bold red", Outcome.SKIPPED: "yellow"}


def render_results(
    results: Sequence[Result],
    records: Sequence[RecordOutcome] = (),
    *,
    width: int,
    color: bool,
    full: bool = False,
) -> str:
    return "".join(result_pages(results, records, width=width, color=color, full=full))


def result_pages(
    results: Sequence[Result],
    records: Sequence[RecordOutcome] = (),
    *,
    width: int,
    color: bool,
    full: bool = False,
) -> Iterator[str]:
    """Whole lines, part by part. `full`: what was applied one by one, also in several repositories."""
    return pages(_parts(results, records, full=full), width=width, color=color)


def _parts(results: Sequence[Result], records: Sequence[RecordOutcome], *, full: bool) -> Iterator[Printed]:
    yield from _one_by_one(results) if full or not in_several(results) else _by_repository(results)
    for section in undone_records(results, records):
        yield from on_page(section)
    yield Paragraph(last_words(results, records), "bold")


def _one_by_one(results: Sequence[Result]) -> Iterator[Printed]:
    for at, group in groupby(results, key=lambda result: result.change.at):
        yield Paragraph(f"{printable(at.repository)} {printable(at.environment)}", "bold")
        yield _rows(one_by_one(group), 2)
    if results:
        yield Paragraph()


def _by_repository(results: Sequence[Result]) -> Iterator[Printed]:
    """A line for each, and in full what was not applied: next to the end, where people look first."""
    found = sorted_out(results)
    for name, number in found.done:
        yield Paragraph(f"{printable(name)}: {number} applied")
    if found.done:
        yield Paragraph()
    for section in found.untouched:
        yield from on_page(section)
    for name, of_repository in found.partly:
        yield Paragraph(f"{printable(name)}: {counted(of_repository, ())}", "bold")
        undone = (each for each in of_repository if each.outcome is not Outcome.APPLIED)
        for environment, group in groupby(undone, key=lambda each: each.change.at.environment):
            yield Paragraph(printable(environment), indent=2)
            yield _rows(condensed(group), 4)
        yield Paragraph()


def _rows(groups: Iterable[Sequence[Result]], indent: int) -> Rows:
    rows = [((group[0].outcome, _COLORS[group[0].outcome]), (_in_words(group), "")) for group in groups]
    return Rows((Column(), Column()), rows, indent)


def _in_words(group: Sequence[Result]) -> str:
    """One result, or several of which the same is to be said."""
    first = group[0]
    seen = view(first.change)
    one = " ".join(filter(None, (seen.action, in_words(seen.kind), printable(seen.name or ""))))
    what = one if len(group) == 1 else f"{len(group)} changes"
    reason = f": {printable(first.reason)}" if first.reason else ""
    hint = f"\nhelp: {printable(first.hint)}" if first.hint else ""
    return f"{what}{reason}{hint}"
