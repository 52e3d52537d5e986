"""An overview of many repositories -> a table, on a page and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, chop_cells

from envsync.render.fitting import Part, Piece
from envsync.render.markup import code, row, table, words
from envsync.render.page import Paragraph
from envsync.render.printable import printable, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envsync.render.overview import Counted, Overview

_TITLE = "Repositories"
_BEFORE = len("  ! ")
_LEAST = 18  # columns for a name, so that most need one line or two


def overview_on_page(overview: Overview | None, width: int) -> Iterator[Paragraph]:
    """Nobody has to see colours to find what is dangerous. Where there is no room for a table it is a list."""
    if overview is None:
        return
    if overview.lines:
        yield Paragraph(f"{_TITLE}:", "bold")
        yield from _table(overview, width)
    for remark in overview.remarks:
        yield Paragraph(remark, indent=2 if overview.lines else 0)
    yield Paragraph()


def overview_pieces(overview: Overview | None) -> Iterator[Piece]:
    if overview is None:
        return
    remarks = words(" ".join(overview.remarks))
    if not overview.lines:
        yield Piece(_TITLE, (Part(remarks, vital=True),), "row")
        return
    head = f"#### {_TITLE}\n\n{table(('repository', *overview.head), ())}\n"
    rest = "" if overview.rest is None else f"\n{row((overview.rest.name, *_cells(overview.rest)))}"
    parts = tuple(Part(row((code(shortened(each.name)), *_cells(each))), vital=True) for each in overview.lines)
    yield Piece(_TITLE, parts, "row", head=head, tail=f"{rest}\n\n{remarks}" if remarks else rest)


def _cells(line: Counted) -> list[str]:
    return [str(number) if number else "" for number in line.numbers]


def _table(overview: Overview, width: int) -> Iterator[Paragraph]:
    lines = [*overview.lines, *([overview.rest] if overview.rest else [])]
    names = max(cell_len(printable(line.name)) for line in lines)
    columns = [len(what) for what in overview.head]
    columns = [max(each, *(len(str(line.numbers[at])) for line in lines)) for at, each in enumerate(columns)]
    room = width - _BEFORE - sum(columns)
    if room - len(columns) < _LEAST:
        yield from (_in_words(overview, line) for line in lines)
        return
    between = "  " if room - 2 * len(columns) >= names else " "
    name_width = min(names, room - len(between) * len(columns))
    yield Paragraph(f"{' ' * (_BEFORE + name_width)}{_aligned(overview.head, columns, between)}")
    for line in lines:
        first, *folded = chop_cells(printable(line.name), name_width) or [""]
        padding = " " * (name_width - cell_len(first))
        yield _line(line, f"{first}{padding}{_aligned(_cells(line), columns, between)}")
        yield from (Paragraph(more, _style(line), _BEFORE) for more in folded)


def _aligned(cells: Iterable[str], columns: Iterable[int], between: str) -> str:
    return "".join(f"{between}{cell:>{width}}" for cell, width in zip(cells, columns, strict=True))


def _in_words(overview: Overview, line: Counted) -> Paragraph:
    found = [f"{what} {number}" for what, number in zip(overview.head, line.numbers, strict=True) if number]
    return _line(line, f"{printable(line.name)}: {', '.join(found)}")


def _line(line: Counted, text: str) -> Paragraph:
    return Paragraph(f"{'!' if line.grave else ' '} {text}".rstrip(), _style(line), indent=2)


def _style(line: Counted) -> str:
    return "bold red" if line.grave else ""
