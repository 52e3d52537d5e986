"""Which jobs run though one before them was skipped, since its own condition did not hold?

GitHub ("Using jobs in a workflow"): "If a job fails or is skipped, all jobs that need it are skipped unless the
jobs use a conditional expression that causes the job to continue".

An approval that nobody was asked for: `!cancelled() && needs.approve.result != 'failure'` and `!failure()` let a
job run then. Nothing has failed in such a run, so success() of a job after the skipped one is false, and so is
failure().
What both conditions ask for is the same in both, so that one which holds only where the approval's does is fine.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envsync.workflows.effort import Exhausted
from envsync.workflows.kinds import Boolean, Fields, Text, Unknown
from envsync.workflows.tree import And, Call, Comparison, Index, Literal, Not, Or, Star
from envsync.workflows.values import Scope, holds_some_way

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from envsync.workflows.conditions import Conditions
    from envsync.workflows.effort import Effort
    from envsync.workflows.tree import Expression
    from envsync.workflows.workflow import Job

_AFTER_A_SKIPPED_ONE = {"success": False, "failure": False, "cancelled": False}
_WHERE_NOTHING_FAILED = {"success": True, "failure": False, "cancelled": False}


def run_unasked(
    jobs: Sequence[Job], before: Mapping[str, frozenset[str]], conditions: Conditions, effort: Effort
) -> dict[str, frozenset[str]]:
    """By job, those before it, directly or not, that have an environment or call and need not have run.

    `jobs`: each after what it needs. Nothing is said of what there is no effort left for.
    """
    gates = {job.id for job in jobs if job.environment or job.call}
    skipping = _Skipping({job.id for job in jobs if job.condition}, before, conditions, effort)
    for job in jobs:
        skipping.add(job.id, before[job.id] & gates)
    return skipping.unasked


class _Skipping:
    def __init__(
        self,
        conditional: AbstractSet[str],
        before: Mapping[str, frozenset[str]],
        conditions: Conditions,
        effort: Effort,
    ) -> None:
        self.unasked: dict[str, frozenset[str]] = {}
        self._conditional = conditional
        self._before = before
        self._conditions = conditions
        self._effort = effort

    def add(self, job: str, gates: AbstractSet[str]) -> None:
        self.unasked[job] = frozenset()
        try:
            if gates and (own := self._conditions.asking(job)):
                self.unasked[job] = frozenset(gate for gate in gates if self._runs_without(job, own, gate))
        except Exhausted:
            return

    def _runs_without(self, job: str, own: Expression, gate: str) -> bool:
        inherits = self._conditions.asking(gate) is None  # it is skipped, too, where one before it is
        leading = sorted({gate} | (self._before[gate] if inherits else set()))
        self._effort.spend(len(leading) + len(self._before[job]))
        causes = tuple(Not(_where_nothing_failed(each)) for each in map(self._conditions.of, leading) if each)
        if not causes:
            return False
        needs = tuple((each, self._context(each, gate)) for each in self._before[job])
        both = And((own, causes[0] if len(causes) == 1 else Or(causes)))
        return holds_some_way(both, Scope({"needs": Fields(needs)}, _AFTER_A_SKIPPED_ONE, self._effort))

    def _context(self, job: str, gate: str) -> Fields:
        skipped = job == gate or (gate in self._before[job] and gate not in self.unasked[job])
        certain = not ({job} | self._before[job]) & self._conditional
        result = Text("skipped") if skipped else Text("success") if certain else Unknown()
        return Fields((("result", result),), others=Unknown())


def _where_nothing_failed(node: Expression) -> Expression:
    """What the status functions say of a job with nothing but successes before it."""
    match node:
        case Call(function=function, arguments=()) if function in _WHERE_NOTHING_FAILED:
            return Literal(Boolean(_WHERE_NOTHING_FAILED[function]))
        case Call(arguments=inner):
            return replace(node, arguments=tuple(map(_where_nothing_failed, inner)))
        case And(operands=inner) | Or(operands=inner):
            return replace(node, operands=tuple(map(_where_nothing_failed, inner)))
        case Not(operand=operand):
            return Not(_where_nothing_failed(operand))
        case Comparison(left=left, right=right):
            return replace(node, left=_where_nothing_failed(left), right=_where_nothing_failed(right))
        case Index(by=by) if not isinstance(by, Star):
            return replace(node, of=_where_nothing_failed(node.of), by=_where_nothing_failed(by))
        case _:
            return node
