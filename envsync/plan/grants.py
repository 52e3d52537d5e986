"""What may not happen unless somebody grants it on the command line: whatever weakens or destroys."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic
from envsync.plan.changes import PatternCreate, Risk, view
from envsync.plan.strictness import Dimension, weakened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from envsync.model import Pattern
    from envsync.plan.changes import Address, Change, Plan

FLAGS = {Risk.WEAKENS: "--allow-weakening", Risk.DESTROYS: "--allow-destroying"}
_WORDS = {Risk.WEAKENS: ("weakening", "weakens"), Risk.DESTROYS: ("destroying", "destroys")}


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to weaken or to destroy in the environments of one name; `dimension` None: in all dimensions."""

    risk: Risk
    environment: str
    dimension: Dimension | None = None

    def __str__(self) -> str:
        suffix = "" if self.dimension is None else f":{self.dimension}"
        return f"{FLAGS[self.risk]}={self.environment}{suffix}"

    def covers(self, needed: Grant) -> bool:
        return (
            self.risk is needed.risk
            and self.environment.casefold() == needed.environment.casefold()
            and self.dimension in {None, needed.dimension}
        )


@dataclass(frozen=True, slots=True)
class Grants:
    """Only the command line can grant: who edits the file would disarm the guard."""

    weakening: bool = False  # wherever it is
    destroying: bool = False
    narrow: frozenset[Grant] = frozenset()

    def cover(self, needed: Grant) -> bool:
        whole = self.weakening if needed.risk is Risk.WEAKENS else self.destroying
        return whole or any(grant.covers(needed) for grant in self.narrow)


def weakening_grant(text: str) -> Grant:
    """`ENVIRONMENT[:DIMENSION]`. A name can hold colons: only what follows the last can be a dimension."""
    environment, _, last = text.rpartition(":")
    if last.casefold() in set(Dimension) and environment:
        return Grant(Risk.WEAKENS, environment, Dimension(last.casefold()))
    return Grant(Risk.WEAKENS, text)


def destroying_grant(text: str) -> Grant:
    return Grant(Risk.DESTROYS, text)


# --- grants that grant nothing -----------------------------------------------------------------------------


def mistyped(grants: Grants, declared: Iterable[str], plan: Plan) -> tuple[Diagnostic, ...]:
    """The grants that name no environment, neither a `declared` one nor one that the plan changes."""
    names = {name.casefold(): name for name in (*(change.at.environment for change in plan.changes), *declared)}
    return tuple(
        _unknown(grant, names)
        for grant in sorted(grants.narrow, key=str)
        if grant.environment.casefold() not in names
    )


def _unknown(grant: Grant, names: dict[str, str]) -> Diagnostic:
    environment, _, last = grant.environment.rpartition(":")
    if grant.risk is Risk.WEAKENS and grant.dimension is None and environment.casefold() in names:
        near = get_close_matches(last.casefold(), list(Dimension), n=1)
        found = _did_you_mean(Grant(grant.risk, names[environment.casefold()], Dimension(near[0]))) if near else ""
        message = f"{grant} grants nothing: `{last}` is no dimension"
        return Diagnostic("unknown-dimension", message, f"{found}the dimensions are {', '.join(Dimension)}")
    message = f"{grant} grants nothing: no environment of the files or of the plan is called `{grant.environment}`"
    similar = get_close_matches(grant.environment.casefold(), names, n=1, cutoff=0.5)
    meant = _did_you_mean(Grant(grant.risk, names[similar[0]], grant.dimension)) if similar else ""
    hint = f"{meant}name an environment, or write {FLAGS[grant.risk]} alone to grant all"
    return Diagnostic("unknown-grant", message, hint)


def _did_you_mean(grant: Grant) -> str:
    return f"did you mean {_pasteable(grant)}? Else "


def _pasteable(grant: Grant) -> str:
    flag, _, value = str(grant).partition("=")
    return f"{flag}={shlex.quote(value)}"


# --- what is not granted -----------------------------------------------------------------------------------


def refusals(plan: Plan, grants: Grants) -> tuple[Diagnostic, ...]:
    """Why the plan must not be applied, with the narrowest grants that would let it; empty where it may."""
    lacking = [(change, grant) for change, grant in _needed(plan) if not grants.cover(grant)]
    return tuple(
        _refusal(risk, found) for risk in FLAGS if (found := [each for each in lacking if each[1].risk is risk])
    )


def settled(plan: Plan, grants: Grants) -> Grants:
    """What the grants come to: whether all that weakens in this plan, and all that destroys, is granted."""
    lacking = {grant.risk for _, grant in _needed(plan) if not grants.cover(grant)}
    return Grants(weakening=Risk.WEAKENS not in lacking, destroying=Risk.DESTROYS not in lacking)


def _needed(plan: Plan) -> Iterator[tuple[Change, Grant]]:
    """Each risky change with each grant that it needs: one that weakens in two dimensions needs two."""
    patterns = _patterns(plan)
    for change in plan.changes:
        if change.verdict.risk is Risk.DESTROYS:
            yield change, Grant(Risk.DESTROYS, change.at.environment)
        dimensions = weakened(change, patterns.get(change.at, frozenset()))
        if dimensions == frozenset(Dimension):
            yield change, Grant(Risk.WEAKENS, change.at.environment)
        else:
            for dimension in sorted(dimensions, key=list(Dimension).index):
                yield change, Grant(Risk.WEAKENS, change.at.environment, dimension)


def _patterns(plan: Plan) -> dict[Address, frozenset[Pattern]]:
    """The patterns that each environment gets."""
    found: dict[Address, frozenset[Pattern]] = {}
    for change in plan.changes:
        if isinstance(change, PatternCreate):
            found[change.at] = found.get(change.at, frozenset()) | {change.pattern}
    return found


def _refusal(risk: Risk, lacking: Sequence[tuple[Change, Grant]]) -> Diagnostic:
    noun, verb = _WORDS[risk]
    changes = dict.fromkeys(change for change, _ in lacking)
    lines = [f"the plan {verb} what is on GitHub, and nobody granted that:", *map(_in_words, changes)]
    grants = {str(grant).casefold(): grant for _, grant in lacking}  # several repositories can need the same one
    flags = " ".join(map(_pasteable, grants.values()))
    return Diagnostic(f"{noun}-not-granted", "\n".join(lines), f"if that is what you want, add {flags}")


def _in_words(change: Change) -> str:
    seen = view(change)
    name = f" {seen.name}" if seen.name else ""
    place = f"{change.at.repository} {change.at.environment}"
    return f"  {place}: {seen.action} {seen.kind.replace('_', ' ')}{name}: {change.verdict.reason}"
