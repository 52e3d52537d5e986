"""Changes -> a block for each environment, on a page."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from envsync.plan.changes import Action, Kind, view
from envsync.render.page import grid
from envsync.render.printable import printable
from envsync.render.wording import GRAVE, lines, origin_notes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import RenderableType

    from envsync.plan.changes import Address, Change, Risk
    from envsync.render.wording import Known, Line

_SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
_COLORS = {Action.CREATE: "green", Action.UPDATE: "yellow", Action.DELETE: "red"}
_WIDE, _LABEL = 80, 26  # columns: so that the values of all environments stand below each other


def change_blocks(
    changes: Sequence[Change], actions: Mapping[Address, Action], beside: Known, width: int
) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for repository, of_repository in groupby(changes, key=lambda change: change.at.repository):
        parts.append(Text(printable(repository), style="bold"))
        for at, of_environment in groupby(of_repository, key=lambda change: change.at):
            parts += _environment(at, list(of_environment), actions[at], beside, width)
        parts.append(Text())
    return parts


def _environment(
    at: Address, changes: Sequence[Change], action: Action, beside: Known, width: int
) -> list[RenderableType]:
    of_itself = [
        note for each in changes if view(each).kind is Kind.ENVIRONMENT for note in origin_notes(each, beside)
    ]
    notes = f" ({', '.join(of_itself)})" if of_itself else ""
    title = Text(f"  {_SIGNS[action]} {printable(at.environment)}{notes}", style=_COLORS[action])
    table = grid()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", min_width=_LABEL if width >= _WIDE else None, max_width=40)
    table.add_column(overflow="fold")
    for change in changes:
        for line in lines(change, beside):
            table.add_row(Text(_SIGNS[line.action], _COLORS[line.action]), Text(_label(line)), Text(_detail(line)))
    body = [Padding(table, (0, 0, 0, 6))] if table.row_count else []
    grave = [
        Padding(Text(f"! {risk}: {printable(reason)}", style="bold red"), (0, 0, 0, 6))
        for risk, reason in _grave(changes)
    ]
    return [title, *body, *grave]


def _grave(changes: Iterable[Change]) -> list[tuple[Risk, str]]:
    """Each reason once, although several changes can bear it."""
    found = ((change.verdict.risk, change.verdict.reason) for change in changes)
    return list(dict.fromkeys(each for each in found if each[0] in GRAVE))


def _label(line: Line) -> str:
    return line.what if line.name is None else f"{line.what} {printable(line.name)}"


def _detail(line: Line) -> str:
    notes = printable("; ".join(line.notes))
    if line.after is None:
        return "; ".join(filter(None, (line.before, notes)))
    if line.before is not None:
        values = f"{line.before} -> {line.after}"
    else:
        values = f"-> {line.after}" if line.action is Action.UPDATE else line.after
    return f"{values} ({notes})" if notes else values
