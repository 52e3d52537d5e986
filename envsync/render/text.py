"""Plan -> text for a terminal, made from the same structure as the JSON plan."""

from __future__ import annotations

from io import StringIO
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from envsync.plan.changes import Action, EnvironmentCreate, Kind, PatternCreate, Risk, SettingsUpdate, view
from envsync.plan.result import Because, Outcome
from envsync.render.printable import printable, quoted, value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from envsync.plan.changes import Address, Change, FieldChange, FieldValue, Plan, UnreadPart, View
    from envsync.plan.grants import Grants
    from envsync.plan.result import Result

_SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
_COLORS = {Action.CREATE: "green", Action.UPDATE: "yellow", Action.DELETE: "red"}
_OUTCOME_COLORS = {Outcome.APPLIED: "green", Outcome.FAILED: "bold red", Outcome.SKIPPED: "yellow"}
_WIDE, _LABEL = 80, 26  # columns: so that the values of all environments stand below each other
_GRAVE = {Risk.WEAKENS, Risk.DESTROYS}


def render_plan(plan: Plan, grants: Grants, *, width: int, color: bool) -> str:
    parts: list[RenderableType] = []
    for repository, changes in groupby(plan.changes, key=lambda change: change.at.repository):
        parts.append(Text(printable(repository), style="bold"))
        for environment, group in groupby(changes, key=lambda change: change.at.environment):
            parts += _environment(environment, list(group), width)
        parts.append(Text())
    parts += _beside(plan)
    parts += _verdict(plan, grants)
    return _print(parts, width=width, color=color)


def render_results(results: Sequence[Result], *, width: int, color: bool) -> str:
    parts: list[RenderableType] = []
    for at, group in groupby(results, key=lambda result: result.change.at):
        parts.append(Text(f"{printable(at.repository)} {printable(at.environment)}", style="bold"))
        table = _grid()
        for result in group:
            table.add_row(
                Text(result.outcome, style=_OUTCOME_COLORS[result.outcome]), Text(_result_in_words(result))
            )
        parts.append(Padding(table, (0, 0, 0, 2)))
    if results:
        parts.append(Text())
    parts.append(Text(_results_in_words(results), style="bold"))
    return _print(parts, width=width, color=color)


def _print(parts: Iterable[RenderableType], *, width: int, color: bool) -> str:
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


def _grid() -> Table:
    return Table.grid(padding=(0, 1, 0, 0), collapse_padding=True)


# --- the changes of one environment ------------------------------------------------------------------------


def _environment(name: str, changes: list[Change], width: int) -> list[RenderableType]:
    whole = next((view(each).action for each in changes if view(each).kind is Kind.ENVIRONMENT), Action.UPDATE)
    title = Text(f"  {_SIGNS[whole]} {printable(name)}", style=_COLORS[whole])
    table = _grid()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", min_width=_LABEL if width >= _WIDE else None, max_width=40)
    table.add_column(overflow="fold")
    for change in changes:
        for row in _rows(change):
            table.add_row(*row)
    body = [Padding(table, (0, 0, 0, 6))] if table.row_count else []
    risks = [
        Padding(Text(f"! {risk}: {printable(reason)}", style="bold red"), (0, 0, 0, 6))
        for risk, reason in _grave(changes)
    ]
    return [title, *body, *risks]


def _grave(changes: Iterable[Change]) -> list[tuple[Risk, str]]:
    """Each reason once, although several changes can bear it."""
    found = ((change.verdict.risk, change.verdict.reason) for change in changes)
    return list(dict.fromkeys(each for each in found if each[0] in _GRAVE))


def _rows(change: Change) -> list[tuple[Text, Text, Text]]:
    seen = view(change)
    sign, style = _SIGNS[seen.action], _COLORS[seen.action]
    match change:
        case EnvironmentCreate() | SettingsUpdate():
            is_new = isinstance(change, EnvironmentCreate)
            return [
                (Text(sign, style), Text(field.name), Text(_field(field, is_new=is_new))) for field in seen.fields
            ]
        case _ if seen.kind is Kind.ENVIRONMENT:
            return []
        case _:
            label = f"{_kind(seen)} {printable(seen.name or '')}"
            return [(Text(sign, style), Text(label), Text(_detail(seen)))]


def _field(field: FieldChange, *, is_new: bool) -> str:
    after = f"{_value(field, field.after)}{_unit(field)}"
    return after if is_new else f"{_value(field, field.before)} -> {after}"


def _value(field: FieldChange, what: FieldValue) -> str:
    return "by patterns" if field.name == "deployment_branch_policy" and what == "selected" else value(what)


def _unit(field: FieldChange) -> str:
    return " minutes" if field.name == "wait_timer" else ""


def _kind(seen: View) -> str:
    return seen.kind.replace("_", " ")


def _detail(seen: View) -> str:
    match seen.kind, seen.action, seen.fields:
        case Kind.VARIABLE, Action.CREATE, (field,):
            return quoted(str(field.after))
        case Kind.VARIABLE, Action.UPDATE, (field,):
            return f"{quoted(str(field.before))} -> {quoted(str(field.after))}"
        case _, Action.UPDATE, (field,):
            return f"-> {value(field.after)}"
        case _:
            return ""


# --- what stands beside the changes ------------------------------------------------------------------------


def _beside(plan: Plan) -> list[RenderableType]:
    parts: list[RenderableType] = []
    failed = [part for part in plan.unread if part.failed]
    unasked = [part for part in plan.unread if not part.failed]
    parts += _section("Could not be read, so nothing is known about it:", _unread_rows(failed), "bold red")
    parts += _section(
        "Required by the file, but envsync cannot make it:",
        ((_at(each.at), f"{_named(each.kind, each.name)}: {each.reason}", None) for each in plan.unmet),
        "bold red",
    )
    parts += _section(
        "Warnings:",
        ((_place(each.repository, None), each.message, None) for each in plan.warnings),
        "bold yellow",
    )
    parts += _section("Not read, as asked:", _unread_rows(unasked), "bold")
    parts += _section(
        "Secrets that exist, whose value cannot be verified:",
        (
            (_at(at), ", ".join(each.name for each in group), None)
            for at, group in groupby(plan.unverifiable, key=lambda each: each.at)
        ),
        "bold",
    )
    parts += _section(
        "Unmanaged, that is in no file, and left alone:",
        (
            (_at(at), ", ".join(_named(each.kind, each.name) for each in group), None)
            for at, group in groupby(plan.unmanaged, key=lambda each: each.at)
        ),
        "bold",
    )
    return parts


def _unread_rows(parts: Iterable[UnreadPart]) -> Iterator[tuple[str, str, str | None]]:
    """One row for all that could not be read for the same reason: one missing permission hides many parts."""
    groups: dict[tuple[str, str | None, str, str | None], list[str]] = {}
    for part in parts:
        whole = part.environment is None
        key = (part.repository, None if whole else part.part, part.reason, part.hint)
        groups.setdefault(key, []).append(part.environment or "")
    for (repository, what, reason, hint), environments in groups.items():
        place = repository if what is None else f"{repository} {', '.join(environments)}"
        yield place, reason if what is None else f"{what}: {reason}", hint


def _section(title: str, rows: Iterable[tuple[str, str, str | None]], style: str) -> list[RenderableType]:
    found = list(rows)
    if not found:
        return []
    parts: list[RenderableType] = [Text(title, style=style)]
    for place, words, hint in found:
        line = f"{place}: {words}" if place else words
        parts.append(Padding(Text(printable(line), overflow="fold"), (0, 0, 0, 2)))
        if hint:
            parts.append(Padding(Text(f"help: {printable(hint)}", overflow="fold"), (0, 0, 0, 4)))
    return [*parts, Text()]


def _named(kind: Kind, name: str | None) -> str:
    words = kind.replace("_", " ")
    return f"{words} {name}" if name else f"the {words} itself"


def _at(address: Address) -> str:
    return _place(address.repository, address.environment)


def _place(repository: str | None, environment: str | None) -> str:
    return " ".join(filter(None, (repository, environment)))


# --- the last lines ----------------------------------------------------------------------------------------


def _verdict(plan: Plan, grants: Grants) -> list[RenderableType]:
    if plan.in_sync:
        return [Text("In sync: everything is as the files say.", style="bold green")]
    if not plan.changes:
        start = "No differences in what was read" if plan.partly_read else "Nothing to do"
        return [Text(f"{start}. That is not to say in sync: {_unknown(plan)}.", style="bold")]
    count = plan.summary
    line = f"Plan: {count.create} to create, {count.update} to update, {count.delete} to delete."
    lines: list[RenderableType] = [Text(line, style="bold")]
    for number, risk, what, granted, flag in (
        (count.weakens, "weaken", "the protection", grants.weakening, "--allow-weakening"),
        (count.destroys, "destroy", "something", grants.destroying, "--allow-destroying"),
    ):
        if number:
            verb = f"{risk}s" if number == 1 else risk
            consent = f"granted by {flag}" if granted else f"apply refuses that without {flag}"
            lines.append(Text(f"! {number} of them {verb} {what}: {consent}.", style="bold red"))
    return lines


def _unknown(plan: Plan) -> str:
    """Why nothing to do is not the same as in sync."""
    secrets, parts, unmet = len(plan.unverifiable), len(plan.unread), len(plan.unmet)
    found = [
        words
        for number, words in (
            (secrets, f"{secrets} secret{_s(secrets)} cannot be verified"),
            (parts, f"{parts} part{_s(parts)} {'was' if parts == 1 else 'were'} not read"),
            (unmet, f"{unmet} requirement{_s(unmet)} cannot be met"),
        )
        if number
    ]
    return ", ".join(found)


def _s(number: int) -> str:
    return "" if number == 1 else "s"


def _result_in_words(result: Result) -> str:
    seen = view(result.change)
    what = f"{seen.action} {_kind(seen)} {printable(seen.name or '')}".rstrip()
    reason = f": {printable(result.reason)}" if result.reason else ""
    hint = f"\nhelp: {printable(result.hint)}" if result.hint else ""
    return f"{what}{reason}{hint}"


def _results_in_words(results: Sequence[Result]) -> str:
    outcomes = [result.outcome for result in results]
    counts = [f"{outcomes.count(outcome)} {outcome}" for outcome in Outcome if outcome in outcomes]
    line = f"Done: {', '.join(counts) or 'nothing to do'}."
    if Outcome.FAILED in outcomes or any(result.reason == Because.INTERRUPTED for result in results):
        line += " Run apply again for what is left."
        if _opens_what_is_shut(results):
            line += " It will ask for --allow-weakening: what is left opens what is shut now."
    return line


def _opens_what_is_shut(results: Sequence[Result]) -> bool:
    """An environment that was begun lets nobody through until it has its patterns."""
    left = {
        result.change.at
        for result in results
        if result.outcome is not Outcome.APPLIED and isinstance(result.change, PatternCreate)
    }
    begun = {result.change.at for result in results if result.outcome is Outcome.APPLIED or result.partly}
    return bool(left & begun)
