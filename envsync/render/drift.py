"""Drift -> text for a terminal, read by whoever is called at night: what is open now comes first."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

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
from envsync.render.page import TONES, grid, on_page, printed
from envsync.render.printable import inert, printable
from envsync.render.wording import GRAVE, known, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.console import RenderableType

    from envsync.plan.drift import Difference, Drift
    from envsync.render.beside import Section
    from envsync.render.differences import Pair

LONGEST_TITLE = 256  # characters that GitHub takes

_SIGNS = {Deed.ADDED: "+", Deed.CHANGED: "~", Deed.REMOVED: "-", Deed.APPEARED: "+", Deed.DOUBTFUL: "?"}


def render_drift(drift: Drift, *, width: int, color: bool) -> str:
    lapsed = {each.difference: f"was expected {excuse(each)}" for each in drift.lapsed}
    awaited = {each.difference: f"expected {excuse(each)}" for each in drift.expected}
    parts: list[RenderableType] = []
    for title, tone, differences in grouped(drift):
        parts += _tree(title, tone, differences, lapsed)
    parts += _sections(blind_spots(drift))
    parts += _tree(EXPECTED, Tone.PLAIN, awaited, awaited)
    if drift.pending:
        parts.append(Text(f"{PENDING}:", style=TONES[Tone.PLAIN]))
        parts += change_blocks(drift.pending, whole(drift.pending), known(Plan("")), width)
    parts += _sections([*noteworthy(beside(drift)), *unmanaged(beside(drift))])
    return printed([*parts, *_verdict(drift)], width=width, color=color)


def drift_title(drift: Drift) -> str:
    """Of an issue: plain text, in which nobody is mentioned."""
    return f"envsync drift: {headline(drift, inert)}"[:LONGEST_TITLE]


def drift_summary(drift: Drift) -> str:
    """One line."""
    return " ".join([f"{headline(drift, printable)}.", *notes(drift)])


def _tree(
    title: str, tone: Tone, differences: Iterable[Difference], remarks: Mapping[Difference, str]
) -> Iterator[RenderableType]:
    """By repository and environment, each difference with what is remarked about it."""
    for at, (repository, of_repository) in enumerate(groupby(differences, key=lambda each: each.at.repository)):
        if not at:
            yield Text(f"{title}:", style=TONES[tone])
        yield Text(printable(repository), style="bold")
        for environment, group in groupby(of_repository, key=lambda each: each.at.environment):
            yield Text(f"  {printable(environment)}", style="bold")
            for each in group:
                yield from _difference(each, remarks.get(each))
        yield Text()


def _difference(difference: Difference, remark: str | None) -> Iterator[RenderableType]:
    grave = difference.risk in GRAVE
    head = grid()
    words = ": ".join(filter(None, (" ".join(filter(None, label(difference))), difference.reason)))
    style = "bold red" if grave else ""
    head.add_row(Text("!" if grave else _SIGNS[difference.deed], style), Text(printable(words), style))
    yield Padding(head, (0, 0, 0, 4))
    sides = grid()
    sides.add_column(overflow="fold")
    sides.add_column(overflow="fold")
    for pair in pairs(difference):
        for name, shown in _sides(pair):
            sides.add_row(Text(name), Text(shown))
    if sides.row_count:
        yield Padding(sides, (0, 0, 0, 8))
    told = whose(difference)
    for line in (told.text if told.moment is None else f"{told.text} {told.moment}", remark):
        if line:
            yield Padding(Text(printable(line)), (0, 0, 0, 8))


def _sides(pair: Pair) -> list[tuple[str, str]]:
    if pair.name is None:
        return [("in the files:", pair.declared.text), ("on GitHub:", pair.live.text)]
    return [(f"{pair.name}:", f"{pair.declared.text} in the files, {pair.live.text} on GitHub")]


def _sections(sections: Iterable[Section]) -> Iterator[RenderableType]:
    for section in sections:
        yield from on_page(section)


def _verdict(drift: Drift) -> list[RenderableType]:
    style = "bold red" if drift.weakened else "bold" if drift.drifted or drift.unread else "bold green"
    found = [Text(drift_summary(drift), style=style)]
    step = next_step(drift)
    return [*found, Text(step)] if step else [*found]
