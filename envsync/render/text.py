"""Plan -> text for a terminal, made from the same structure as the JSON plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from envsync.render.beside import alarming, bookkeeping, noteworthy, unmanaged, unverifiable
from envsync.render.change_blocks import change_blocks
from envsync.render.page import on_page, printed
from envsync.render.results import render_results
from envsync.render.wording import apart, known, no_changes, risks, tally, whole

if TYPE_CHECKING:
    from rich.console import RenderableType

    from envsync.plan.changes import Plan
    from envsync.plan.grants import Grants

__all__ = ["render_plan", "render_results"]


def render_plan(plan: Plan, grants: Grants, *, width: int, color: bool) -> str:
    parts: list[RenderableType] = []
    beside, actions = known(plan), whole(plan.changes)
    outside, others = apart(plan.changes)
    if outside:
        parts.append(Text("Changed outside envsync; apply would put it back:", style="bold yellow"))
        parts += change_blocks(outside, actions, beside, width)
    if outside and others:
        parts.append(Text("Other changes:", style="bold"))
    parts += change_blocks(others, actions, beside, width)
    for sections in (alarming, noteworthy, unverifiable, bookkeeping, unmanaged):
        for section in sections(plan):
            parts += on_page(section)
    parts += _verdict(plan, grants)
    return printed(parts, width=width, color=color)


# --- the last lines ----------------------------------------------------------------------------------------


def _verdict(plan: Plan, grants: Grants) -> list[RenderableType]:
    counted = tally(plan)
    secrets = [Text(counted)] if counted else []
    if not plan.changes:
        return [*secrets, Text(no_changes(plan), style="bold green" if plan.in_sync else "bold")]
    count = plan.summary
    line = f"Plan: {count.create} to create, {count.update} to update, {count.delete} to delete."
    refused = [Text(f"! {words}.", style="bold red") for words in risks(plan, grants)]
    return [*secrets, Text(line, style="bold"), *refused]
