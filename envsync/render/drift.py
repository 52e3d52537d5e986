"""Drift -> text for a terminal, read by whoever is called at night: what is open now comes first."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from envsync.plan.changes import Plan
from envsync.plan.drift import Deed
from envsync.render.beside import Tone, noteworthy, unmanaged
from envsync.render.change_blocks import change_blocks
from envsync.render.differences import (
    EXPECTED,
    PENDING,
    beside,
    blind_spots,
    excuse,
    grouped,
    headline,
    label,
    next_step,
    notes,
    pairs,
    whose,
)
from envsync.render.overview import overview_of_drift
from envsync.render.overview_tables import overview_on_page
from envsync.render.page import TONES, Column, Paragraph, Rows, on_page, pages
from envsync.render.printable import inert, printable
from envsync.render.wording import GRAVE, known, whole

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from envsync.plan.drift import Difference, Drift
    from envsync.render.beside import Section
    from envsync.render.differences import Pair
    from envsync.render.page import Printed

LONGEST_TITLE = 256  # characters that GitHub takes

_SIGNS = {Deed.ADDED: "+", Deed.CHANGED: "~", Deed.REMOVED: "-", Deed.APPEARED: "+", Deed.DOUBTFUL: "?"}


def render_drift(drift: Drift, *, width: int, color: bool, compared: Collection[str] = ()) -> str:
    return "".join(drift_pages(drift, width=width, color=color, compared=compared))


def drift_pages(drift: Drift, *, width: int, color: bool, compared: Collection[str] = ()) -> Iterator[str]:
    """Whole lines, part by part. `compared`: the repositories that were checked, where that is known."""
    return pages(_parts(drift, width, compared), width=width, color=color)


def _parts(drift: Drift, width: int, compared: Collection[str]) -> Iterator[Printed]:
    lapsed = {each.difference: f"was expected {excuse(each)}" for each in drift.lapsed}
    awaited = {each.difference: f"expected {excuse(each)}" for each in drift.expected}
    for title, tone, differences in grouped(drift):
        yield from _tree(title, tone, differences, lapsed)
    yield from _sections(blind_spots(drift))
    yield from _tree(EXPECTED, Tone.PLAIN, awaited, awaited)
    if drift.pending:
        yield Paragraph(f"{PENDING}:", TONES[Tone.PLAIN])
        yield from change_blocks(drift.pending, whole(drift.pending), known(Plan("")), width)
    yield from _sections([*noteworthy(beside(drift)), *unmanaged(beside(drift))])
    yield from overview_on_page(overview_of_drift(drift, compared), width)
    yield from _verdict(drift)


def drift_title(drift: Drift) -> str:
    """Of an issue: plain text, in which nobody is mentioned."""
    return f"envsync drift: {headline(drift, inert)}"[:LONGEST_TITLE]


def drift_summary(drift: Drift) -> str:
    """One line."""
    return " ".join([f"{headline(drift, printable)}.", *notes(drift)])


def _tree(
    title: str, tone: Tone, differences: Iterable[Difference], remarks: Mapping[Difference, str]
) -> Iterator[Printed]:
    """By repository and environment, each difference with what is remarked about it."""
    for at, (repository, of_repository) in enumerate(groupby(differences, key=lambda each: each.at.repository)):
        if not at:
            yield Paragraph(f"{title}:", TONES[tone])
        yield Paragraph(printable(repository), "bold")
        for environment, group in groupby(of_repository, key=lambda each: each.at.environment):
            yield Paragraph(f"  {printable(environment)}", "bold")
            for each in group:
                yield from _difference(each, remarks.get(each))
        yield Paragraph()


def _difference(difference: Difference, remark: str | None) -> Iterator[Printed]:
    grave = difference.risk in GRAVE
    words = ": ".join(filter(None, (" ".join(filter(None, label(difference))), difference.reason)))
    style = "bold red" if grave else ""
    sign = "!" if grave else _SIGNS[difference.deed]
    yield Rows((Column(), Column()), [((sign, style), (printable(words), style))], indent=4)
    sides = [((name, ""), (shown, "")) for pair in pairs(difference) for name, shown in _sides(pair)]
    if sides:
        yield Rows((Column(cut=False), Column(cut=False)), sides, indent=8)
    told = whose(difference)
    for line in (told.text if told.moment is None else f"{told.text} {told.moment}", remark):
        if line:
            yield Paragraph(printable(line), indent=8)


def _sides(pair: Pair) -> list[tuple[str, str]]:
    if pair.name is None:
        return [("in the files:", pair.declared.text), ("on GitHub:", pair.live.text)]
    return [(f"{pair.name}:", f"{pair.declared.text} in the files, {pair.live.text} on GitHub")]


def _sections(sections: Iterable[Section]) -> Iterator[Printed]:
    for section in sections:
        yield from on_page(section)


def _verdict(drift: Drift) -> Iterator[Printed]:
    style = "bold red" if drift.weakened else "bold" if drift.drifted or drift.unread else "bold green"
    yield Paragraph(drift_summary(drift), style)
    if step := next_step(drift):
        yield Paragraph(step)
