"""The sections beside changes -> Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.render.beside import UPFRONT, Tone
from envsync.render.change_tables import named
from envsync.render.fitting import Part, Piece
from envsync.render.markup import UNFOLD, bold, code, fold, words
from envsync.render.wording import and_more

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envsync.plan.changes import Notice
    from envsync.render.beside import Entry, Row, Section


def section_pieces(sections: Iterable[Section]) -> Iterator[Piece]:
    for section in sections:
        yield Piece(section.title, _parts(section), "row", head=f"#### {section.title}\n\n")


def folded_sections(sections: Iterable[Section]) -> Iterator[Piece]:
    for section in sections:
        yield Piece(section.title, _parts(section), "row", head=fold(section.title), tail=UNFOLD)


def upfront(warnings: Iterable[Notice]) -> list[str]:
    """A paragraph for each warning without which the rest would be misread."""
    return [bold(words(each.message)) for each in warnings if each.code in UPFRONT]


def _parts(section: Section) -> tuple[Part, ...]:
    return tuple(Part(f"- {_row(row)}", vital=section.tone is Tone.GRAVE) for row in section.rows)


def _row(row: Row) -> str:
    """Begins with a place: at the start of a line even a plain number can be Markdown."""
    places = "; ".join(_entry(entry) for entry in row.entries) + (f" {and_more(row.more)}" if row.more else "")
    hint = f" — help: {words(row.hint)}" if row.hint else ""
    return f"{places}{f': {words(row.words)}' if row.words else ''}{hint}"


def _entry(entry: Entry) -> str:
    environments = ", ".join(code(name) for name in entry.environments)
    place = " ".join(filter(None, (code(entry.repository) if entry.repository else "everywhere", environments)))
    items = ", ".join(named(what, name) for what, name in entry.items)
    return f"{place}: {items}" if items else place
