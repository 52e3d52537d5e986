"""Changes -> tables in Markdown, by environment: those that weaken come first, then those that destroy."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from envsync.plan.changes import EnvironmentCreate, EnvironmentDelete, Plan, Risk, SecretWrite, view
from envsync.render.fitting import Part, Piece
from envsync.render.markup import code, folded, html_code, row, table, words
from envsync.render.printable import shortened
from envsync.render.wording import GRAVE, Line, gravity, in_words, lines, origin_notes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from envsync.plan.changes import Address, Change
    from envsync.render.fitting import Text
    from envsync.render.wording import Known

MOST_IN_SHORT = 20  # changes of one environment that are named where all of them are too many
_HEAD = ("action", "what", "before", "after", "why", "origin", "risk")
_KINDS = {Risk.WEAKENS: "weakening", Risk.DESTROYS: "destroying"}


def change_blocks(changes: Iterable[Change], beside: Known, title: str = "") -> list[Piece]:
    """A fold for each environment, whole in itself; the title of ours, if any, stands above them."""
    parts = tuple(
        part_of(
            partial(_block, at, group, beside),
            (each.verdict.risk for each in group),
            partial(_block_in_short, at, group),
        )
        for at, group in by_gravity(changes)
    )
    above = f"#### {title}\n\n" if title else ""
    return [Piece(title or "Changes", parts, head=above, between="\n\n")] if parts else []


def _block(at: Address, changes: Sequence[Change], beside: Known) -> str:
    return folded(_summary(at, changes), table(_HEAD, _rows(changes, beside)))


def _block_in_short(at: Address, changes: Sequence[Change]) -> str:
    return folded(_summary(at, changes), table(_HEAD, _in_short(changes, len(_HEAD))))


def _summary(at: Address, changes: Sequence[Change]) -> str:
    plan = Plan("", tuple(changes))
    return f"{at_in_html(at)}: {', '.join([*counts(plan), *grave(plan)])}"


def _rows(changes: Iterable[Change], beside: Known) -> Iterator[tuple[str, ...]]:
    for change in changes:
        for cells in change_cells(change, beside):
            yield *cells, change.verdict.origin, change.verdict.risk


def _in_short(changes: Sequence[Change], width: int) -> Iterator[tuple[str, ...]]:
    """The gravest, with no value, and the count of the others."""
    found = sorted(changes, key=lambda each: gravity([each.verdict.risk]))
    for each in found[:MOST_IN_SHORT]:
        yield view(each).action, shortly(each), "…", "…", "…", each.verdict.origin, each.verdict.risk
    if (more := len(found) - MOST_IN_SHORT) > 0:
        yield "", f"and {more} more", *[""] * (width - 2)


def table_piece(title: str, head: Sequence[str], parts: Iterable[Part], *, below: str = "") -> list[Piece]:
    """An open table under a title, or nothing where it has no rows: those of one environment are one part."""
    found = tuple(parts)
    if not found:
        return []
    tail = f"\n\n{below}" if below else ""
    return [Piece(title, found, head=f"#### {title}\n\n{table(head, ())}\n", tail=tail)]


def rows_of(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(map(row, rows))


def by_gravity(changes: Iterable[Change]) -> Iterator[tuple[Address, list[Change]]]:
    """The changes of each environment; within a gravity in the order in which they are."""
    groups: dict[Address, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.at, []).append(change)
    yield from sorted(groups.items(), key=lambda each: gravity(change.verdict.risk for change in each[1]))


def part_of(text: Text, risks: Iterable[Risk], short: Text = "") -> Part:
    """What is shown of one environment, counted by the gravest of its risks."""
    at = gravity(risks)
    return (
        Part(text, _KINDS[GRAVE[at]], vital=True, short=short)
        if at < len(GRAVE)
        else Part(text, "other", short=short)
    )


def counts(plan: Plan) -> list[str]:
    count = plan.summary
    found = ((count.create, "create"), (count.update, "update"), (count.delete, "delete"))
    return [f"{number} to {action}" for number, action in found if number]


def grave(plan: Plan) -> list[str]:
    count = plan.summary
    found = ((count.weakens, "weaken"), (count.destroys, "destroy"))
    return [f"{number} {verb}{'s' if number == 1 else ''}" for number, verb in found if number]


def change_cells(change: Change, beside: Known) -> list[tuple[str, str, str, str, str]]:
    """Action, what, before, after, why: of each thing that changes, and of the environment itself."""
    # A secret's reason is among its notes, where the record may have had more to say.
    reasons = () if isinstance(change, SecretWrite) else (change.verdict.reason,)
    itself = isinstance(change, EnvironmentCreate | EnvironmentDelete)
    whole = [Line(view(change).action, "the environment", notes=origin_notes(change, beside))] if itself else []
    return [
        (
            line.action,
            named(line.what, line.name),
            _value(line.before),
            _value(line.after),
            words("; ".join((*reasons, *line.notes))),
        )
        for line in (*whole, *lines(change, beside))
    ]


def called(change: Change) -> str:
    seen = view(change)
    name = "" if seen.name is None else f" {code(seen.name)}"
    return f"{seen.action} {in_words(seen.kind)}{name}"


def shortly(change: Change) -> str:
    """As `called`, whatever the length of the name."""
    seen = view(change)
    name = "" if seen.name is None else f" {code(shortened(seen.name))}"
    fields = ", ".join(code(field.name) for field in seen.fields if seen.name is None)
    return f"{in_words(seen.kind)}{name}{f': {fields}' if fields else ''}"


def named(what: str, name: str | None) -> str:
    return " ".join([*([words(what)] if what else []), *([] if name is None else [code(name)])])


def at_in_markdown(at: Address) -> str:
    return f"{code(at.repository)} {code(at.environment)}"


def at_in_html(at: Address) -> str:
    return f"{html_code(at.repository)} {html_code(at.environment)}"


def _value(shown: str | None) -> str:
    return "" if shown is None else code(shown)
