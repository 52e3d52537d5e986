"""What became of a plan -> text for a terminal."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from envsync.plan.changes import view
from envsync.plan.result import Outcome
from envsync.render.outcome import last_words, undone_records
from envsync.render.page import grid, on_page, printed
from envsync.render.printable import printable
from envsync.render.wording import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from envsync.plan.result import RecordOutcome, Result

_COLORS = {Outcome.APPLIED: "green", Outcome.FAILED: "bold red", Outcome.SKIPPED: "yellow"}


def render_results(
    results: Sequence[Result], records: Sequence[RecordOutcome] = (), *, width: int, color: bool
) -> str:
    parts: list[RenderableType] = []
    for at, group in groupby(results, key=lambda result: result.change.at):
        parts.append(Text(f"{printable(at.repository)} {printable(at.environment)}", style="bold"))
        table = grid()
        for result in group:
            table.add_row(Text(result.outcome, style=_COLORS[result.outcome]), Text(_in_words(result)))
        parts.append(Padding(table, (0, 0, 0, 2)))
    if results:
        parts.append(Text())
    for section in undone_records(records):
        parts += on_page(section)
    parts.append(Text(last_words(results, records), style="bold"))
    return printed(parts, width=width, color=color)


def _in_words(result: Result) -> str:
    seen = view(result.change)
    what = " ".join(filter(None, (seen.action, in_words(seen.kind), printable(seen.name or ""))))
    reason = f": {printable(result.reason)}" if result.reason else ""
    hint = f"\nhelp: {printable(result.hint)}" if result.hint else ""
    return f"{what}{reason}{hint}"
