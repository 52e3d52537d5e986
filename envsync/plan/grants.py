"""What may not happen unless somebody grants it on the command line: whatever weakens or destroys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic
from envsync.plan.changes import Risk, view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.plan.changes import Change, Plan


@dataclass(frozen=True, slots=True)
class Grants:
    """Only the command line can grant: who edits the file would disarm the guard."""

    weakening: bool = False
    destroying: bool = False


def refusals(plan: Plan, grants: Grants) -> tuple[Diagnostic, ...]:
    """Why the plan must not be applied, with the grant that would let it; empty where it may."""
    risky = {
        Risk.WEAKENS: (grants.weakening, "weakening", "--allow-weakening"),
        Risk.DESTROYS: (grants.destroying, "destroying", "--allow-destroying"),
    }
    return tuple(
        Diagnostic(
            f"{word}-not-granted",
            _what(found),
            f"if that is what you want, add {flag}",
        )
        for risk, (granted, word, flag) in risky.items()
        if not granted and (found := [each for each in plan.changes if each.verdict.risk is risk])
    )


def _what(changes: Sequence[Change]) -> str:
    verb = "weakens" if changes[0].verdict.risk is Risk.WEAKENS else "destroys"
    lines = [f"the plan {verb} what is on GitHub, and nobody granted that:"]
    for change in changes:
        seen = view(change)
        name = f" {seen.name}" if seen.name else ""
        place = f"{change.at.repository} {change.at.environment}"
        lines.append(f"  {place}: {seen.action} {seen.kind.replace('_', ' ')}{name}: {change.verdict.reason}")
    return "\n".join(lines)
