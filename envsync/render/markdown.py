"""Plan, and what became of it -> Markdown for pull requests and step summaries, cut to what fits there."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from envsync.plan.changes import SecretState
from envsync.plan.result import Outcome
from envsync.render.beside import UPFRONT, alarming, bookkeeping, noteworthy, unmanaged
from envsync.render.change_tables import (
    MOST_IN_SHORT,
    at_in_html,
    at_in_markdown,
    by_gravity,
    called,
    change_blocks,
    change_cells,
    counts,
    grave,
    part_of,
    rows_of,
    shortly,
    table_piece,
)
from envsync.render.fitting import OUTPUT, Part, Piece, fit
from envsync.render.markup import UNFOLD, bold, code, fold, folded, row, table, words
from envsync.render.outcome import (
    condensed,
    counted,
    in_several,
    last_words,
    one_by_one,
    sorted_out,
    undone_records,
)
from envsync.render.overview import overview_of_plan
from envsync.render.overview_tables import overview_pieces
from envsync.render.sections import folded_sections, section_pieces, upfront
from envsync.render.wording import GRAVE, apart, in_words, known, no_changes, risks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from envsync.plan.changes import Address, Change, Plan, SecretStatus
    from envsync.plan.grants import Grants
    from envsync.plan.result import RecordOutcome, Result
    from envsync.render.wording import Known


def plan_markdown(
    plan: Plan,
    grants: Grants,
    *,
    limit: int | None = None,
    whole_at: str = OUTPUT,
    compared: Collection[str] = (),
) -> str:
    """What endangers comes first and unfolded; then a block for each environment, whole in itself.

    `limit`: bytes of UTF-8; `whole_at`, Markdown of ours, is where the whole is said to be; `compared`: the
    repositories that the plan is about, where that is known.
    """
    return fit(_first(plan), _pieces(plan, grants, compared), "", limit, whole_at)


def results_markdown(
    results: Sequence[Result],
    records: Sequence[RecordOutcome] = (),
    *,
    limit: int | None = None,
    whole_at: str = OUTPUT,
) -> str:
    """What was not applied comes first and unfolded. `limit` and `whole_at` are as for a plan."""
    headline = f"### envsync apply: {counted(results, records) or 'nothing to do'}"
    last = words(last_words(results, records)) if results or records else ""
    pieces = _by_repository(results, records) if in_several(results) else _one_by_one(results, records)
    return fit(headline, pieces, last, limit, whole_at)


def _pieces(plan: Plan, grants: Grants, compared: Collection[str]) -> Iterator[Piece]:
    beside = known(plan)
    yield from overview_pieces(overview_of_plan(plan, compared))
    yield from _risks(plan, grants)
    yield from _outside(plan, beside)
    yield from section_pieces(alarming(plan))
    yield from change_blocks(plan.changes, beside)
    yield from _secrets(plan)
    yield from folded_sections(bookkeeping(plan))
    yield from section_pieces(noteworthy(plan, told=UPFRONT))
    yield from folded_sections(unmanaged(plan))


# --- what comes first --------------------------------------------------------------------------------------


def _first(plan: Plan) -> str:
    return "\n\n".join([_headline(plan), *upfront(plan.warnings)])


def _headline(plan: Plan) -> str:
    if not plan.changes:
        return f"### envsync plan — {words(no_changes(plan))}"
    risky = ", ".join(grave(plan))
    return f"### envsync plan: {', '.join(counts(plan))}{f' — {bold(risky)}' if risky else ''}"


def _risks(plan: Plan, grants: Grants) -> list[Piece]:
    risky = by_gravity(change for change in plan.changes if change.verdict.risk in GRAVE)
    parts = (
        part_of(
            partial(_risk_text, at, group),
            (each.verdict.risk for each in group),
            partial(_risk_in_short, at, group),
        )
        for at, group in risky
    )
    below = "\n".join(f"- {words(each)}" for each in risks(plan, grants))
    return table_piece("What weakens or destroys", ("environment", "risk", "what", "why"), parts, below=below)


def _risk_text(at: Address, changes: Iterable[Change]) -> str:
    found: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        found.setdefault((change.verdict.risk, change.verdict.reason), []).append(called(change))
    return rows_of(
        (at_in_markdown(at), risk, ", ".join(what), words(reason)) for (risk, reason), what in found.items()
    )


def _risk_in_short(at: Address, changes: Sequence[Change]) -> str:
    """The gravest by name, with no reasons: one of them can name hundreds of patterns."""
    rows: list[tuple[str, ...]] = []
    for risk in GRAVE:
        found = [each for each in changes if each.verdict.risk is risk]
        names = [shortly(each) for each in found[:MOST_IN_SHORT]]
        more = [f"and {len(found) - len(names)} more"] if len(found) > len(names) else []
        rows += [(at_in_markdown(at), risk, ", ".join([*names, *more]), "…")] if found else []
    return rows_of(rows)


def _outside(plan: Plan, beside: Known) -> list[Piece]:
    outside, _ = apart(plan.changes)
    head = ("environment", "action", "what", "before", "after", "why")
    parts = (
        part_of(partial(_outside_text, at, group, beside), (each.verdict.risk for each in group))
        for at, group in by_gravity(outside)
    )
    return table_piece("Changed outside envsync; apply would put it back", head, parts)


def _outside_text(at: Address, changes: Iterable[Change], beside: Known) -> str:
    return rows_of((at_in_markdown(at), *cells) for change in changes for cells in change_cells(change, beside))


# --- secrets -----------------------------------------------------------------------------------------------


def _secrets(plan: Plan) -> Iterator[Piece]:
    numbers = {state: sum(each.state is state for each in plan.secrets) for state in SecretState}
    summary = ", ".join(f"{number} {in_words(state)}" for state, number in numbers.items() if number)
    parts = tuple(
        Part(rows_of(_secret_rows(at, group)))
        for at, group in groupby(sorted(plan.secrets, key=lambda each: each.at), key=lambda each: each.at)
    )
    if parts:
        head = f"{fold(f'Secrets: {summary}')}{table(('environment', 'state', 'secrets', 'why'), ())}\n"
        yield Piece("Secrets", parts, head=head, tail=UNFOLD)


def _secret_rows(at: Address, secrets: Iterable[SecretStatus]) -> Iterator[tuple[str, ...]]:
    groups: dict[tuple[SecretState, str], list[str]] = {}
    for each in secrets:
        groups.setdefault((each.state, each.reason), []).append(code(each.name))
    for (state, reason), names in sorted(groups.items(), key=lambda each: list(SecretState).index(each[0][0])):
        yield at_in_markdown(at), in_words(state), ", ".join(names), words(reason)


# --- what became of a plan ---------------------------------------------------------------------------------


def _one_by_one(results: Sequence[Result], records: Sequence[RecordOutcome]) -> Iterator[Piece]:
    yield from _undone((result for result in results if result.outcome is not Outcome.APPLIED), one_by_one)
    yield from section_pieces(undone_records(results, records))
    parts = tuple(
        Part(folded(f"{at_in_html(at)}: {len(rows)} applied", "\n".join(rows)))
        for at, group in groupby(results, key=lambda result: result.change.at)
        if (rows := [f"- {called(each.change)}" for each in group if each.outcome is Outcome.APPLIED])
    )
    if parts:
        yield Piece("Applied", parts, between="\n\n")


def _by_repository(results: Sequence[Result], records: Sequence[RecordOutcome]) -> Iterator[Piece]:
    found = sorted_out(results)
    undone = (each for _, group in found.partly for each in group if each.outcome is not Outcome.APPLIED)
    yield from _undone(undone, condensed)
    yield from section_pieces(found.untouched)
    yield from section_pieces(undone_records(results, records))
    applied = Counter(each.change.at.repository for each in results if each.outcome is Outcome.APPLIED)
    if applied:
        parts = tuple(Part(row((code(name), str(number)))) for name, number in applied.items())
        head = f"{fold('Applied, by repository')}{table(('repository', 'changes'), ())}\n"
        yield Piece("Applied", parts, "row", head=head, tail=UNFOLD)


def _undone(
    results: Iterable[Result], together: Callable[[Iterable[Result]], Iterable[Sequence[Result]]]
) -> list[Piece]:
    groups: dict[Address, list[Result]] = {}
    for result in results:
        groups.setdefault(result.change.at, []).append(result)
    parts = (Part(rows_of(map(_undone_row, together(group))), vital=True) for group in groups.values())
    return table_piece("Not applied", ("environment", "outcome", "what", "why", "help"), parts)


def _undone_row(group: Sequence[Result]) -> tuple[str, ...]:
    """Of one result, or of several of which the same is to be said."""
    first = group[0]
    return (
        at_in_markdown(first.change.at),
        first.outcome,
        called(first.change) if len(group) == 1 else f"{len(group)} changes",
        words(first.reason or ""),
        words(first.hint or ""),
    )
