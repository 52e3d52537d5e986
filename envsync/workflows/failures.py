"""Which jobs run though one before them failed?

GitHub: "Using jobs in a workflow", "Evaluate expressions in workflows and actions" (status check functions). A
condition that calls none of success(), always(), failure(), cancelled() is `success() && (…)`. Of jobs, success()
is true only if all before, directly or not, were successful (actions/runner#491), failure() as soon as one failed.

A job is kept from running by the failure of another one where its condition cannot be true then. It is read with
- success() false, failure() and always() true, cancelled() unknown,
- `needs.X.result` "failure" where X is the one that failed, "skipped" where X would not run then, else any,
- no `needs.X.outputs` where X did not run: it was skipped, or waits for an approval,
- everything else unknown, but for what expressions make of literals.

And once more with a run that somebody cancels while the other job waits: its result is "cancelled", cancelled() is
true. What failure() says then is not documented, so the condition has to be true either way.

So `always() && needs.X.result == 'success'`, and `!failure()`, keep it from running, as does
`!cancelled() && !contains(needs.*.result, 'failure')` where the job needs the other directly; `always()` and
`!cancelled()` alone do not, nor does `always() && needs.X.result != 'failure'`.

Nothing is said of a job whose condition and environment mention the same input: whether it runs then depends on
which environment is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from envsync.workflows.conditions import Conditions, shares_input
from envsync.workflows.effort import Effort, Exhausted
from envsync.workflows.kinds import Fields, Text, Unknown
from envsync.workflows.skipping import run_unasked
from envsync.workflows.values import Scope, truths

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from envsync.workflows.kinds import Value
    from envsync.workflows.tree import Expression
    from envsync.workflows.workflow import Job

_NEEDS = 4  # that one looks at in one step


class _End(StrEnum):
    """How a job ended without success."""

    FAILURE = "failure"
    CANCELLED = "cancelled"


_STATUSES: dict[_End, tuple[dict[str, bool], ...]] = {  # in all of which a condition has to be true
    _End.FAILURE: ({"success": False, "failure": True},),
    _End.CANCELLED: tuple({"success": False, "failure": each, "cancelled": True} for each in (False, True)),
}


@dataclass(frozen=True, slots=True)
class _Result:
    text: str | None  # None: not known
    silent: bool  # there are no outputs


_Results = tuple[tuple[str, _Result], ...]  # of the jobs needed


class Order:
    """The jobs of one workflow after what they need. Needs that do not exist, or form a circle, are left out."""

    def __init__(self, jobs: Collection[Job]) -> None:
        self.jobs: list[Job] = []
        self.needs: dict[str, tuple[str, ...]] = {}
        self.anyway: dict[
            str, frozenset[str]
        ] = {}  # of those before, directly or not, whose failure or cancellation does not keep it
        self._before: dict[str, frozenset[str]] = {}
        self._going: dict[_End, dict[str, frozenset[str]]] = {end: {} for end in _End}  # `anyway`, told apart
        self._waiting = {job.id for job in jobs if job.environment and not job.call}
        self._effort = Effort()
        self._conditions = Conditions(jobs, self._effort)
        self._known: dict[str, str] = {}  # ids, by themselves in lower case
        pending = {job.id.casefold(): job for job in jobs}
        waiting = {key: {need.casefold() for need in job.needs} & pending.keys() for key, job in pending.items()}
        while pending:
            ready = [key for key in pending if not waiting[key]] or [next(iter(pending))]
            for key in ready:
                self._place(key, pending.pop(key))
            for key in pending:
                waiting[key].difference_update(ready)
        self.unasked = run_unasked(self.jobs, self._before, self._conditions, self._effort)

    def _place(self, key: str, job: Job) -> None:
        found = (self._known.get(need.casefold()) for need in job.needs)
        needs = tuple(need for need in found if need is not None)
        self._known[key] = job.id
        before = frozenset(needs).union(*(self._before[need] for need in needs))
        self.jobs.append(job)
        self.needs[job.id], self._before[job.id] = needs, before
        for end in _End:
            self._going[end][job.id] = frozenset(self._not_kept(job, needs, before, end))
        self.anyway[job.id] = frozenset().union(*(each[job.id] for each in self._going.values()))

    def _not_kept(self, job: Job, needs: tuple[str, ...], before: frozenset[str], end: _End) -> Iterator[str]:
        tried: dict[_Results, bool] = {}
        for each in before:
            try:
                parsed = self._conditions.asking(job.id)
                if parsed is None or shares_input(parsed, job.environment):
                    return
                self._effort.spend(len(needs) // _NEEDS)
                results = tuple((need, self._result(need, each, end)) for need in needs)
                if results not in tried:
                    tried[results] = _may_hold(parsed, results, end, self._effort)
                if tried[results]:
                    yield each
            except Exhausted:  # what is not tried is taken to hold
                yield each

    def _result(self, need: str, ended: str, end: _End) -> _Result:
        if need == ended:
            return _Result(end, silent=need in self._waiting)
        skipped = ended in self._before[need] and ended not in self._going[end][need]
        return _Result("skipped" if skipped else None, silent=skipped)


def _may_hold(parsed: Expression, results: _Results, end: _End, effort: Effort) -> bool:
    needs = Fields(tuple((name, _job_context(result)) for name, result in results))
    return all(True in truths(parsed, Scope({"needs": needs}, each, effort)) for each in _STATUSES[end])


def _job_context(result: _Result) -> Value:
    outputs = Fields(()) if result.silent else Unknown()
    text = Unknown() if result.text is None else Text(result.text)
    return Fields((("result", text), ("outputs", outputs)), others=Unknown())
