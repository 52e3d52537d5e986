"""Plan -> text for a terminal, made from the same structure as the JSON plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.render.beside import alarming, bookkeeping, noteworthy, unmanaged, unverifiable
from envsync.render.change_blocks import change_blocks
from envsync.render.overview import overview_of_plan
from envsync.render.overview_tables import overview_on_page
from envsync.render.page import Paragraph, on_page, pages
from envsync.render.results import render_results
from envsync.render.wording import apart, known, no_changes, risks, tally, whole

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from envsync.plan.changes import Plan
    from envsync.plan.grants import Grants
    from envsync.render.page import Printed

__all__ = ["plan_pages", "render_plan", "render_results"]


def render_plan(plan: Plan, grants: Grants, *, width: int, color: bool, compared: Collection[str] = ()) -> str:
    return "".join(plan_pages(plan, grants, width=width, color=color, compared=compared))


def plan_pages(
    plan: Plan, grants: Grants, *, width: int, color: bool, compared: Collection[str] = ()
) -> Iterator[str]:
    """Whole lines, part by part: of a thousand repositories they are too much to be held in memory.

    `compared`: the repositories that the plan is about, where that is known.
    """
    return pages(_parts(plan, grants, width, compared), width=width, color=color)


def _parts(plan: Plan, grants: Grants, width: int, compared: Collection[str]) -> Iterator[Printed]:
    beside, actions = known(plan), whole(plan.changes)
    outside, others = apart(plan.changes)
    if outside:
        yield Paragraph("Changed outside envsync; apply would put it back:", "bold yellow")
        yield from change_blocks(outside, actions, beside, width)
    if outside and others:
        yield Paragraph("Other changes:", "bold")
    yield from change_blocks(others, actions, beside, width)
    for sections in (alarming, noteworthy, unverifiable, bookkeeping, unmanaged):
        for section in sections(plan):
            yield from on_page(section)
    yield from overview_on_page(overview_of_plan(plan, compared), width)
    yield from _verdict(plan, grants)


# --- the last lines ----------------------------------------------------------------------------------------


def _verdict(plan: Plan, grants: Grants) -> Iterator[Printed]:
    if counted := tally(plan):
        yield Paragraph(counted)
    if not plan.changes:
        yield Paragraph(no_changes(plan), "bold green" if plan.in_sync else "bold")
        return
    count = plan.summary
    yield Paragraph(f"Plan: {count.create} to create, {count.update} to update, {count.delete} to delete.", "bold")
    for words in risks(plan, grants):
        yield Paragraph(f"! {words}.", "bold red")
