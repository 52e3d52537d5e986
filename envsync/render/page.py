"""How text comes to stand on a page of so many columns.

Rich folds what is too long for a line. What fits is set here, as Rich would, in a fraction of the time: a thousand
repositories have fifty thousand lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from envsync.render.beside import Tone
from envsync.render.printable import printable
from envsync.render.wording import and_more

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from envsync.render.beside import Entry, Section

TONES = {Tone.GRAVE: "bold red", Tone.WARNING: "bold yellow", Tone.PLAIN: "bold"}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text that can be printed, in one style."""

    text: str = ""
    style: str = ""
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    least: int = 0
    most: int | None = None
    cut: bool = True  # where a single word is too long; else it is folded


@dataclass(frozen=True, slots=True)
class Rows:
    """Cells that stand below each other, each a text and its style."""

    columns: tuple[Column, ...]
    rows: Sequence[tuple[tuple[str, str], ...]]
    indent: int = 0


Printed = Paragraph | Rows


def printed(parts: Iterable[Printed | RenderableType], *, width: int, color: bool) -> str:
    return "".join(pages(parts, width=width, color=color))


def pages(parts: Iterable[Printed | RenderableType], *, width: int, color: bool) -> Iterator[str]:
    """Whole lines, part by part: what was printed is no more in memory when the next part is made."""
    console = Console(
        file=StringIO(),
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},  # what the environment says of colours and widths, cli has decided already
    )
    for part in parts:
        yield _set(part, width, color=color) or _folded(part, console)


def grid() -> Table:
    return Table.grid(padding=(0, 1, 0, 0), collapse_padding=True)


def on_page(section: Section) -> Iterator[Paragraph]:
    yield Paragraph(f"{section.title}:", TONES[section.tone])
    for row in section.rows:
        places = [_place(entry) for entry in row.entries]
        if row.alike:
            yield _words(f"{'; '.join(places)} {and_more(row.more)}: {row.words}", 2)
        elif len(places) == 1:
            yield _words(": ".join(filter(None, (places[0], row.words))), 2)
        else:
            if row.words:
                yield _words(f"{row.words}:", 2)
            indent = 4 if row.words else 2
            yield from (_words(place, indent) for place in places)
            if row.more:
                yield _words(and_more(row.more), indent)
        if row.hint:
            yield _words(f"help: {row.hint}", 4)
    yield Paragraph()


def _place(entry: Entry) -> str:
    place = " ".join(filter(None, (entry.repository, ", ".join(entry.environments))))
    items = ", ".join(" ".join(filter(None, item)) for item in entry.items)
    return ": ".join(filter(None, (place, items)))


def _words(text: str, indent: int) -> Paragraph:
    return Paragraph(printable(text), indent=indent)


# --- what fits -----------------------------------------------------------------------------------------------


def _set(part: Printed | RenderableType, width: int, *, color: bool) -> str | None:
    """Nothing where it has to be folded."""
    match part:
        case Paragraph(text, style, indent):
            fits = "\n" not in text and indent + cell_len(text) <= width
            return f"{' ' * indent}{_styled(text, style, color=color)}".rstrip() + "\n" if fits else None
        case Rows():
            return _rows(part, width, color=color)
        case _:
            return None


def _rows(part: Rows, width: int, *, color: bool) -> str | None:
    lengths = [[cell_len(text) for text, _ in row] for row in part.rows]
    widths = _widths(part, lengths, width)
    if widths is None or any("\n" in text for row in part.rows for text, _ in row):
        return None
    lines = []
    for row, cells in zip(part.rows, lengths, strict=True):
        shown = (
            _styled(f"{text}{' ' * (column - length)}", style, color=color)
            for (text, style), length, column in zip(row, cells, widths, strict=True)
        )
        lines.append(f"{' ' * part.indent}{' '.join(shown)}".rstrip())
    return "".join(f"{line}\n" for line in lines)


def _widths(part: Rows, lengths: Sequence[Sequence[int]], width: int) -> list[int] | None:
    found = [max(column) for column in zip(*lengths, strict=True)]
    if not found[-1] and any(row[-1][1] for row in part.rows):
        return None  # how wide is a column of nothing that has a style? Rich knows
    if any(each > (column.most or width) for column, each in zip(part.columns, found, strict=True)):
        return None
    found = [max(column.least, each) for column, each in zip(part.columns, found, strict=True)]
    return found if part.indent + sum(found) + len(found) - 1 <= width else None


def _styled(text: str, style: str, *, color: bool) -> str:
    return _style(style).render(text, color_system=ColorSystem.STANDARD) if color and style else text


@cache
def _style(definition: str) -> Style:
    return Style.parse(definition)


# --- what does not -------------------------------------------------------------------------------------------


def _folded(part: Printed | RenderableType, console: Console) -> str:
    with console.capture() as capture:
        console.print(_for_rich(part), soft_wrap=False)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _for_rich(part: Printed | RenderableType) -> RenderableType:
    match part:
        case Paragraph(text, style, indent):
            shown = Text(text, style, overflow="fold")
            return Padding(shown, (0, 0, 0, indent)) if indent else shown
        case Rows(columns, rows, indent):
            table = grid()
            for each in columns:
                table.add_column(
                    overflow="ellipsis" if each.cut else "fold", min_width=each.least or None, max_width=each.most
                )
            for row in rows:
                table.add_row(*(Text(text, style) for text, style in row))
            return Padding(table, (0, 0, 0, indent))
        case _:
            return part
