"""Changes -> a block for each environment, on a page."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from envsync.plan.changes import Action, Kind, view
from envsync.render.page import Column, Paragraph, Rows
from envsync.render.printable import printable
from envsync.render.wording import GRAVE, gravity, lines, origin_notes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from envsync.plan.changes import Address, Change, Risk
    from envsync.render.page import Printed
    from envsync.render.wording import Known, Line

_SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
_COLORS = {Action.CREATE: "green", Action.UPDATE: "yellow", Action.DELETE: "red"}
_WIDE, _LABEL = 80, 26  # columns: so that the values of all environments stand below each other


def change_blocks(
    changes: Iterable[Change], actions: Mapping[Address, Action], beside: Known, width: int
) -> Iterator[Printed]:
    """By repository: those that weaken come first, then those that destroy, then the others."""
    repositories = [list(group) for _, group in groupby(changes, key=lambda change: change.at.repository)]
    for of_repository in sorted(repositories, key=lambda group: gravity(each.verdict.risk for each in group)):
        yield Paragraph(printable(of_repository[0].at.repository), "bold")
        for at, of_environment in groupby(of_repository, key=lambda change: change.at):
            yield from _environment(at, list(of_environment), actions[at], beside, width)
        yield Paragraph()


def _environment(
    at: Address, changes: Sequence[Change], action: Action, beside: Known, width: int
) -> Iterator[Printed]:
    of_itself = [
        note for each in changes if view(each).kind is Kind.ENVIRONMENT for note in origin_notes(each, beside)
    ]
    notes = f" ({', '.join(of_itself)})" if of_itself else ""
    yield Paragraph(f"  {_SIGNS[action]} {printable(at.environment)}{notes}", _COLORS[action])
    rows = [
        ((_SIGNS[line.action], _COLORS[line.action]), (_label(line), ""), (_detail(line), ""))
        for change in changes
        for line in lines(change, beside)
    ]
    if rows:
        label = Column(least=_LABEL if width >= _WIDE else 0, most=40, cut=False)
        yield Rows((Column(), label, Column(cut=False)), rows, indent=6)
    for risk, reason in _grave(changes):
        yield Paragraph(f"! {risk}: {printable(reason)}", "bold red", indent=6)


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
