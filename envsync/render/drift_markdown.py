"""Drift -> Markdown for an issue and a step summary: what is open now comes first, and is the last to be cut."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from envsync.plan.changes import Plan
from envsync.render.beside import UPFRONT, noteworthy, unmanaged
from envsync.render.change_tables import at_in_markdown, change_blocks, named, part_of, rows_of, table_piece
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
from envsync.render.fitting import OUTPUT, fit
from envsync.render.markup import code, words
from envsync.render.overview import overview_of_drift
from envsync.render.overview_tables import overview_pieces
from envsync.render.sections import folded_sections, section_pieces, upfront
from envsync.render.wording import known

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from envsync.plan.changes import Address
    from envsync.plan.drift import Difference, Drift
    from envsync.render.differences import Side
    from envsync.render.fitting import Piece

_MOMENT = re.compile(r"(?<!`)\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\b(?!`)")
_HEAD = ("environment", "what", "in the files", "on GitHub", "what it means", "who and when")


def drift_markdown(
    drift: Drift, *, limit: int | None = None, whole_at: str = OUTPUT, compared: Collection[str] = ()
) -> str:
    """`limit`: bytes of UTF-8; `whole_at`, Markdown of ours, is where the whole is said to be.

    `compared`: the repositories that were checked, where that is known.
    """
    return fit(_first(drift), _pieces(drift, compared), "", limit, whole_at)


def _pieces(drift: Drift, compared: Collection[str]) -> Iterator[Piece]:
    lapsed = {each.difference: f"was expected {excuse(each)}" for each in drift.lapsed}
    awaited = {each.difference: f"expected {excuse(each)}" for each in drift.expected}
    yield from overview_pieces(overview_of_drift(drift, compared))
    for title, _, differences in grouped(drift):
        yield from _table(title, differences, lapsed)
    yield from section_pieces(blind_spots(drift))
    yield from _table(EXPECTED, awaited, awaited)
    yield from change_blocks(drift.pending or (), known(Plan("")), PENDING)
    yield from section_pieces(noteworthy(beside(drift), told=UPFRONT))
    yield from folded_sections(unmanaged(beside(drift)))


def _first(drift: Drift) -> str:
    blocks = [
        f"### envsync drift: {headline(drift, code)}",
        *upfront(drift.warnings),
        " ".join(notes(drift)),
        words(next_step(drift)),
    ]
    return "\n\n".join(filter(None, blocks))


def _table(title: str, differences: Iterable[Difference], remarks: Mapping[Difference, str]) -> list[Piece]:
    groups: dict[Address, list[Difference]] = {}
    for each in differences:
        groups.setdefault(each.at, []).append(each)
    parts = (
        part_of(partial(_rows_text, group, remarks), (each.risk for each in group)) for group in groups.values()
    )
    return table_piece(title, _HEAD, parts)


def _rows_text(differences: Iterable[Difference], remarks: Mapping[Difference, str]) -> str:
    return rows_of(cells for each in differences for cells in _rows(each, remarks.get(each)))


def _rows(difference: Difference, remark: str | None) -> Iterator[tuple[str, ...]]:
    """One; of several fields, one for each."""
    told = whose(difference)
    when = words(told.text) + (f" {code(told.moment)}" if told.moment else "")
    said = "; ".join([when, *([words(remark)] if remark else [])])
    what, meaning = named(*label(difference)) or "the environment itself", _clause(difference.reason)
    at = at_in_markdown(difference.at)
    found = pairs(difference)
    if not found:
        yield at, what, "", "", meaning, said
    for pair in found:
        name = "" if pair.name is None else f": {words(pair.name)}"
        yield at, f"{what}{name}", _side(pair.declared), _side(pair.live), meaning, said


def _clause(text: str) -> str:
    """As `words`; a moment in it is one piece, as one beside it is."""
    return words(_MOMENT.sub(r"`\g<0>`", text))


def _side(side: Side) -> str:
    return side.text if side.ours else code(side.text)
