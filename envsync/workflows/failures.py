"""Which jobs run though one before them failed?

GitHub: "Using jobs in a workflow", "Evaluate expressions in workflows and actions" (status check functions). A
condition that calls none of success(), always(), failure(), cancelled() is `success() && (…)`. Of jobs, success()
is true only if all before, directly or not, were successful (actions/runner#491), failure() as soon as one failed.

A job is kept from running by the failure of another one where its condition cannot be true then. It is read with
- success() false, failure() and always() true, cancelled() unknown,
- `needs.X.result` "failure" where X is the one that failed, "skipped" where X would not run then, else any,
- everything else unknown, but for what expressions make of literals.

So `always() && needs.X.result == 'success'`, `!failure()`, and `!contains(needs.*.result, 'failure')` where the
job needs the other directly, keep it from running; `always()` and `!cancelled()` alone do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.workflows.conditions import Conditions
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
_STATUSES = {"success": False, "failure": True}

_Results = tuple[tuple[str, str | None], ...]  # of the jobs needed; None: not known


class Order:
    """The jobs of one workflow after what they need. Needs that do not exist, or form a circle, are left out."""

    def __init__(self, jobs: Collection[Job]) -> None:
        self.jobs: list[Job] = []
        self.needs: dict[str, tuple[str, ...]] = {}
        self.anyway: dict[
            str, frozenset[str]
        ] = {}  # of those before, directly or not, whose failure does not keep it
        self._before: dict[str, frozenset[str]] = {}
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
        self.anyway[job.id] = frozenset(self._not_kept(job, needs, before))

    def _not_kept(self, job: Job, needs: tuple[str, ...], before: frozenset[str]) -> Iterator[str]:
        tried: dict[_Results, bool] = {}
        for each in before:
            try:
                parsed = self._conditions.asking(job.id)
                if parsed is None:
                    return
                self._effort.spend(len(needs) // _NEEDS)
                results = tuple(self._results(needs, each))
                if results not in tried:
                    tried[results] = _may_hold(parsed, results, self._effort)
                if tried[results]:
                    yield each
            except Exhausted:  # what is not tried is taken to hold
                yield each

    def _results(self, needs: tuple[str, ...], failed: str) -> Iterator[tuple[str, str | None]]:
        for need in needs:
            skipped = failed in self._before[need] and failed not in self.anyway[need]
            yield need, "failure" if need == failed else "skipped" if skipped else None


def _may_hold(parsed: Expression, results: _Results, effort: Effort) -> bool:
    needs = Fields(tuple((name, _job_context(result)) for name, result in results))
    return True in truths(parsed, Scope({"needs": needs}, _STATUSES, effort))


def _job_context(result: str | None) -> Value:
    return Fields((("result", Unknown() if result is None else Text(result)),), others=Unknown())
