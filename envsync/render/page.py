"""How text comes to stand on a page of so many columns."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from envsync.render.beside import Tone
from envsync.render.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from envsync.render.beside import Entry, Section

TONES = {Tone.GRAVE: "bold red", Tone.WARNING: "bold yellow", Tone.PLAIN: "bold"}


def printed(parts: Iterable[RenderableType], *, width: int, color: bool) -> str:
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
    with console.capture() as capture:
        for part in parts:
            console.print(part, soft_wrap=False)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def grid() -> Table:
    return Table.grid(padding=(0, 1, 0, 0), collapse_padding=True)


def on_page(section: Section) -> list[RenderableType]:
    parts: list[RenderableType] = [Text(f"{section.title}:", style=TONES[section.tone])]
    for row in section.rows:
        places = [_place(entry) for entry in row.entries]
        if len(places) == 1:
            parts.append(_paragraph(": ".join(filter(None, (places[0], row.words))), 2))
        elif row.words:
            parts += [_paragraph(f"{row.words}:", 2), *(_paragraph(place, 4) for place in places)]
        else:
            parts += [_paragraph(place, 2) for place in places]
        if row.hint:
            parts.append(_paragraph(f"help: {row.hint}", 4))
    return [*parts, Text()]


def _place(entry: Entry) -> str:
    place = " ".join(filter(None, (entry.repository, ", ".join(entry.environments))))
    items = ", ".join(" ".join(filter(None, item)) for item in entry.items)
    return ": ".join(filter(None, (place, items)))


def _paragraph(words: str, indent: int) -> Padding:
    return Padding(Text(printable(words), overflow="fold"), (0, 0, 0, indent))
