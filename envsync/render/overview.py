"""Many repositories -> how much of what there is in each, the dangerous first; where nothing is, a sentence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from envsync.plan.changes import Action, SecretState, view
from envsync.render.wording import GRAVE, gravity, repositories

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from envsync.plan.changes import Plan, UnreadPart
    from envsync.plan.drift import Drift

MOST = 40  # repositories that have a line

_UNREAD, _RISKS = "unread", {risk.value: risk for risk in GRAVE}


@dataclass(frozen=True, slots=True)
class Counted:
    """`numbers` stand below the overview's head; `grave`: something weakens or destroys."""

    name: str
    numbers: tuple[int, ...]
    grave: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """`rest`: what is in all those together that have no line for lack of room. Remarks are sentences."""

    head: tuple[str, ...]
    lines: tuple[Counted, ...]
    rest: Counted | None
    remarks: tuple[str, ...]


def overview_of_plan(plan: Plan, compared: Collection[str] = ()) -> Overview | None:
    """None where the plan is about one repository, or there is nothing to say of several.

    `compared`: all that it is about, where that is known.
    """
    beside = chain(
        (each.at.repository for each in plan.secrets),
        (each.at.repository for each in plan.records),
        (each.at.repository for each in plan.unmanaged),
    )
    return _overview(
        _plan_counts(plan),
        (*(each.value for each in Action), *_RISKS, "unmet", _UNREAD),
        plan.unread,
        _Idle(
            {*compared, *beside},
            {each.at.repository for each in plan.secrets if each.state is SecretState.UNVERIFIABLE},
            compared,
            ("is in sync", "are in sync"),
            ("has nothing to do", "have nothing to do"),
        ),
    )


def overview_of_drift(drift: Drift, compared: Collection[str] = ()) -> Overview | None:
    """As for a plan."""
    return _overview(
        _drift_counts(drift),
        ("differences", *_RISKS, "not applied", "expected", _UNREAD),
        drift.unread,
        _Idle(
            {*compared, *(each.at.repository for each in drift.unmanaged)},
            set(),
            compared,
            ("has no drift", "have no drift"),
            ("shows no drift", "show no drift"),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Idle:
    """Repositories in which there may be nothing to do, and how that is said of one and of several.

    Not all in the `hidden` was compared.
    """

    names: set[str]
    hidden: set[str]
    compared: Collection[str]
    quiet: tuple[str, str]
    seemingly: tuple[str, str]


def _plan_counts(plan: Plan) -> Iterator[tuple[str, str]]:
    for change in plan.changes:
        yield change.at.repository, view(change).action
        yield change.at.repository, change.verdict.risk
    for unmet in plan.unmet:
        yield unmet.at.repository, "unmet"


def _drift_counts(drift: Drift) -> Iterator[tuple[str, str]]:
    for difference in drift.differences:
        yield difference.at.repository, "differences"
        yield difference.at.repository, difference.risk
    for change in drift.pending or ():
        yield change.at.repository, "not applied"
    for excused in drift.expected:
        yield excused.difference.at.repository, "expected"


def _overview(
    counted: Iterable[tuple[str, str]], head: tuple[str, ...], unread: Sequence[UnreadPart], idle: _Idle
) -> Overview | None:
    counts: dict[str, Counter[str]] = {}
    for repository, what in counted:
        counts.setdefault(repository, Counter())[what] += 1
    # A shard that is missing stands in the place of a repository.
    parts = [part for part in unread if part.part != "shard"]
    failed = {part.repository for part in parts if part.failed and part.environment is None}
    lost = failed - counts.keys()  # nothing else is known about them
    for part in parts:
        if part.failed and part.repository not in lost:
            counts.setdefault(part.repository, Counter())[_UNREAD] += 1
    told = counts.keys() | lost
    hidden = {*idle.hidden, *(part.repository for part in parts if not part.failed)} - told
    if len(told | hidden | idle.names) <= 1:
        return None
    remarks = (
        _remark(len(lost), ("could not be read", "could not be read")),
        _remark(len(hidden), idle.seemingly, ", but not everything there was compared"),
        _remark(len(set(idle.compared) - told - hidden), idle.quiet),
    )
    said = tuple(filter(None, remarks))
    return _cut(counts, head, said) if counts or said else None


def _remark(number: int, words: tuple[str, str], more: str = "") -> str:
    return f"{repositories(number)} {words[number != 1]}{more}." if number else ""


def _cut(counts: dict[str, Counter[str]], head: tuple[str, ...], remarks: tuple[str, ...]) -> Overview:
    head = tuple(what for what in head if any(of[what] for of in counts.values()))
    by_name = sorted(counts.items(), key=lambda each: (_gravity(each[1]), each[0]))
    lines = [_line(name, of, head) for name, of in by_name[:MOST]]
    others = [of for _, of in by_name[MOST:]]
    rest = _line(f"and {len(others)} more", sum(others, Counter()), head) if others else None
    return Overview(head, tuple(lines), rest, remarks)


def _line(name: str, of: Counter[str], head: tuple[str, ...]) -> Counted:
    return Counted(name, tuple(of[what] for what in head), _gravity(of) < len(GRAVE))


def _gravity(of: Counter[str]) -> int:
    return gravity(risk for name, risk in _RISKS.items() if of[name])
