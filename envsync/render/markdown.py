"""Plan, and what became of it -> Markdown for pull requests and step summaries."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from envsync.plan.changes import (
    EnvironmentCreate,
    EnvironmentDelete,
    Plan,
    SecretState,
    SecretWrite,
    view,
)
from envsync.plan.result import Outcome
from envsync.render.beside import alarming, bookkeeping, noteworthy, unmanaged
from envsync.render.markup import bold, code, folded, html_code, table, words
from envsync.render.outcome import counted, last_words, undone_records
from envsync.render.wording import GRAVE, Line, apart, in_words, known, lines, no_changes, origin_notes, risks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from envsync.plan.changes import Address, Change
    from envsync.plan.grants import Grants
    from envsync.plan.result import RecordOutcome, Result
    from envsync.render.beside import Entry, Row, Section
    from envsync.render.wording import Known


def plan_markdown(plan: Plan, grants: Grants) -> str:
    """What endangers comes first and unfolded; then a block for each environment, whole in itself."""
    beside = known(plan)
    return _document(
        _headline(plan),
        *_risks(plan, grants),
        *_outside(plan, beside),
        *_sections(alarming(plan)),
        *_environments(plan, beside),
        *_secrets(plan),
        *_sections(bookkeeping(plan)),
        *_sections(noteworthy(plan)),
        *(folded(section.title, _rows(section)) for section in unmanaged(plan)),
    )


def results_markdown(results: Sequence[Result], records: Sequence[RecordOutcome] = ()) -> str:
    """What was not applied comes first and unfolded."""
    return _document(
        f"### envsync apply: {counted(results, records) or 'nothing to do'}",
        *_undone([result for result in results if result.outcome is not Outcome.APPLIED]),
        *_sections(undone_records(records)),
        *_applied(result for result in results if result.outcome is Outcome.APPLIED),
        *([words(last_words(results, records))] if results or records else []),
    )


def _document(*blocks: str) -> str:
    return "\n\n".join(blocks) + "\n"


# --- what comes first --------------------------------------------------------------------------------------


def _headline(plan: Plan) -> str:
    if not plan.changes:
        return f"### envsync plan — {words(no_changes(plan))}"
    grave = ", ".join(_grave(plan))
    return f"### envsync plan: {', '.join(_counts(plan))}{f' — {bold(grave)}' if grave else ''}"


def _counts(plan: Plan) -> list[str]:
    count = plan.summary
    found = ((count.create, "create"), (count.update, "update"), (count.delete, "delete"))
    return [f"{number} to {action}" for number, action in found if number]


def _grave(plan: Plan) -> list[str]:
    count = plan.summary
    found = ((count.weakens, "weaken"), (count.destroys, "destroy"))
    return [f"{number} {verb}{'s' if number == 1 else ''}" for number, verb in found if number]


def _risks(plan: Plan, grants: Grants) -> list[str]:
    found: dict[tuple[Address, str, str], list[str]] = {}
    for change in plan.changes:
        if change.verdict.risk in GRAVE:
            key = (change.at, change.verdict.risk, change.verdict.reason)
            found.setdefault(key, []).append(_called(change))
    if not found:
        return []
    rows = ((_at(at), risk, ", ".join(what), words(reason)) for (at, risk, reason), what in found.items())
    return [
        "#### What weakens or destroys",
        table(("environment", "risk", "what", "why"), rows),
        "\n".join(f"- {words(each)}" for each in risks(plan, grants)),
    ]


def _outside(plan: Plan, beside: Known) -> list[str]:
    outside, _ = apart(plan.changes)
    rows = [(_at(change.at), *cells) for change in outside for cells in _cells(change, beside)]
    head = ("environment", "action", "what", "before", "after", "why")
    return ["#### Changed outside envsync; apply would put it back", table(head, rows)] if rows else []


# --- changes -----------------------------------------------------------------------------------------------


def _environments(plan: Plan, beside: Known) -> Iterator[str]:
    head = ("action", "what", "before", "after", "why", "origin", "risk")
    for at, group in groupby(plan.changes, key=lambda change: change.at):
        changes = tuple(group)
        rows = (
            (*cells, change.verdict.origin, change.verdict.risk)
            for change in changes
            for cells in _cells(change, beside)
        )
        part = Plan(plan.base_digest, changes)
        yield folded(f"{_at_in_html(at)}: {', '.join([*_counts(part), *_grave(part)])}", table(head, rows))


def _cells(change: Change, beside: Known) -> list[tuple[str, str, str, str, str]]:
    """Action, what, before, after, why: of each thing that changes, and of the environment itself."""
    # A secret's reason is among its notes, where the record may have had more to say.
    reasons = () if isinstance(change, SecretWrite) else (change.verdict.reason,)
    itself = isinstance(change, EnvironmentCreate | EnvironmentDelete)
    whole = [Line(view(change).action, "the environment", notes=origin_notes(change, beside))] if itself else []
    return [
        (
            line.action,
            _named(line.what, line.name),
            _value(line.before),
            _value(line.after),
            words("; ".join((*reasons, *line.notes))),
        )
        for line in (*whole, *lines(change, beside))
    ]


def _called(change: Change) -> str:
    seen = view(change)
    name = "" if seen.name is None else f" {code(seen.name)}"
    return f"{seen.action} {in_words(seen.kind)}{name}"


def _named(what: str, name: str | None) -> str:
    return " ".join([*([words(what)] if what else []), *([] if name is None else [code(name)])])


def _value(shown: str | None) -> str:
    return "" if shown is None else code(shown)


# --- what stands beside the changes ------------------------------------------------------------------------


def _secrets(plan: Plan) -> list[str]:
    found = sorted(plan.secrets, key=lambda each: list(SecretState).index(each.state))
    rows: list[tuple[str, str, str, str]] = []
    counts: dict[str, int] = {}
    for (state, at, reason), group in groupby(
        found, key=lambda each: (in_words(each.state), each.at, each.reason)
    ):
        names = [code(each.name) for each in group]
        rows.append((state, _at(at), ", ".join(names), words(reason)))
        counts[state] = counts.get(state, 0) + len(names)
    summary = ", ".join(f"{number} {state}" for state, number in counts.items())
    return [folded(f"Secrets: {summary}", table(("state", "environment", "secrets", "why"), rows))] if rows else []


def _sections(sections: Iterable[Section]) -> Iterator[str]:
    for section in sections:
        yield f"#### {section.title}"
        yield _rows(section)


def _rows(section: Section) -> str:
    return "\n".join(f"- {_row(row)}" for row in section.rows)


def _row(row: Row) -> str:
    """Begins with a place: at the start of a line even a plain number can be Markdown."""
    places = "; ".join(_entry(entry) for entry in row.entries)
    hint = f" — help: {words(row.hint)}" if row.hint else ""
    return f"{places}{f': {words(row.words)}' if row.words else ''}{hint}"


def _entry(entry: Entry) -> str:
    environments = ", ".join(code(name) for name in entry.environments)
    place = " ".join(filter(None, (code(entry.repository) if entry.repository else "everywhere", environments)))
    items = ", ".join(_named(what, name) for what, name in entry.items)
    return f"{place}: {items}" if items else place


def _at(at: Address) -> str:
    return f"{code(at.repository)} {code(at.environment)}"


def _at_in_html(at: Address) -> str:
    return f"{html_code(at.repository)} {html_code(at.environment)}"


# --- what became of a plan ---------------------------------------------------------------------------------


def _undone(results: Sequence[Result]) -> list[str]:
    rows = (
        (_at(each.change.at), each.outcome, _called(each.change), words(each.reason or ""), words(each.hint or ""))
        for each in results
    )
    head = ("environment", "outcome", "what", "why", "help")
    return ["#### Not applied", table(head, rows)] if results else []


def _applied(results: Iterable[Result]) -> Iterator[str]:
    for at, group in groupby(results, key=lambda result: result.change.at):
        rows = [f"- {_called(each.change)}" for each in group]
        yield folded(f"{_at_in_html(at)}: {len(rows)} applied", "\n".join(rows))
