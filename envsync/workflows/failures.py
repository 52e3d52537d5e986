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

from envsync.workflows.expression import BadExpression, condition, status_functions
from envsync.workflows.kinds import Fields, Text, Unknown
from envsync.workflows.values import Scope, truths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envsync.workflows.kinds import Value
    from envsync.workflows.tree import Expression
    from envsync.workflows.workflow import Job

MOST_TRIED = 1_000  # conditions in a workflow; beyond, they are taken to hold
_STATUSES = {"success": False, "failure": True}

_Results = tuple[tuple[str, str | None], ...]  # of the jobs needed; None: not known


class Order:
    """The jobs of one workflow after what they need. Needs that do not exist, or form a circle, are left out."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self.jobs: list[Job] = []
        self.needs: dict[str, tuple[str, ...]] = {}
        self.anyway: dict[
            str, frozenset[str]
        ] = {}  # of those before, directly or not, whose failure does not keep it
        self._before: dict[str, frozenset[str]] = {}
        self._tried = 0
        pending = {job.id.casefold(): job for job in jobs}
        while pending:
            ready = [
                key for key, job in pending.items() if not any(need.casefold() in pending for need in job.needs)
            ]
            for key in ready or [next(iter(pending))]:
                self._place(pending.pop(key))

    def _place(self, job: Job) -> None:
        known = {each.id.casefold(): each.id for each in self.jobs}
        needs = tuple(known[need.casefold()] for need in job.needs if need.casefold() in known)
        before = frozenset(needs).union(*(self._before[need] for need in needs))
        self.jobs.append(job)
        self.needs[job.id], self._before[job.id] = needs, before
        self.anyway[job.id] = frozenset(self._not_kept(job, needs, before))

    def _not_kept(self, job: Job, needs: tuple[str, ...], before: frozenset[str]) -> Iterator[str]:
        parsed = condition(job.condition.text if job.condition else "")
        if isinstance(parsed, BadExpression) or not status_functions(parsed):
            return  # no workflow, or `success() && (…)`
        tried: dict[_Results, bool] = {}
        for each in before:
            results = tuple(self._results(needs, each))
            if results not in tried:
                self._tried += 1
                tried[results] = self._tried > MOST_TRIED or _may_hold(parsed, results)
            if tried[results]:
                yield each

    def _results(self, needs: tuple[str, ...], failed: str) -> Iterator[tuple[str, str | None]]:
        for need in needs:
            skipped = failed in self._before[need] and failed not in self.anyway[need]
            yield need, "failure" if need == failed else "skipped" if skipped else None


def _may_hold(parsed: Expression, results: _Results) -> bool:
    needs = Fields(tuple((name, _job_context(result)) for name, result in results))
    return True in truths(parsed, Scope({"needs": needs}, _STATUSES))


def _job_context(result: str | None) -> Value:
    return Fields((("result", Unknown() if result is None else Text(result)),), others=Unknown())
