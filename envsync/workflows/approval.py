"""Does every deployment pass the approval that stands beside its environment, and does that stop anybody?

Where `P-approval` is declared beside `P`, a job of P has to come after one of P-approval, so that it does not run
where that one was rejected or failed. A rejected job fails, and what needs it is skipped, but for jobs whose `if`
says otherwise (GitHub: "Reviewing deployments", "Using jobs in a workflow").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.workflows.before import before
from envsync.workflows.declared import by_name, is_gated, is_unknown, leaves_gates, may_name, names_of, own_flows
from envsync.workflows.slugs import Slug

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envsync.documents.page import Page
    from envsync.errors import Diagnostic, Span
    from envsync.model import DesiredEnvironment
    from envsync.workflows.declared import Declared
    from envsync.workflows.flow import Flow, JobRun, Reading

_ELSEWHERE = ("workflow_run",)  # what came before is another workflow's
_LEVEL = " / "  # in the id of a run: the job that calls, and the job that is called


def judge_approvals(reading: Reading, declared: Declared) -> Iterator[Diagnostic]:
    for flow in own_flows(reading):
        earlier, named = before(flow), by_name(flow.runs)
        for target, gate in declared.approved():
            for run in (each for each in named.get(target.name.casefold(), ()) if not each.never):
                yield from _Passage(reading.pages[run.span.file], flow, run, target, gate, earlier).judged()


def judge_gates(declared: Declared, pages: Mapping[str, Page]) -> Iterator[Diagnostic]:
    for target, gate in declared.approved():
        if gate.span and not is_gated(gate) and not leaves_gates(gate):
            page = pages[gate.span.file]
            name, behind = (page.quoted_text(each.name, gate.span) for each in (gate, target))
            message = f"{name} stops nobody on the way to {behind}: it has neither reviewers nor protection rules"
            hint = "name `required_reviewers`, or `deployment_protection_rules`"
            yield page.warning(Slug.GATE_OPEN, message, gate.span, hint)


@dataclass(frozen=True, slots=True)
class _Passage:
    """A run that may deploy to `target`, and what comes before it."""

    page: Page
    flow: Flow
    run: JobRun
    target: DesiredEnvironment
    gate: DesiredEnvironment
    earlier: Mapping[str, frozenset[str]]

    def judged(self) -> Iterator[Diagnostic]:
        passed = [
            each for each in self.flow.runs if each.id in self.earlier[self.run.id] and self._is_held_by(each)
        ]
        where = self.run.environment.span if self.run.environment else self.run.span
        certain = len(names_of(self.run)) == 1 and not is_unknown(self.run)
        if gates := [each for each in passed if may_name(each, self.gate)]:
            # Where the deployment goes elsewhere without an approval, too, is not told apart.
            if certain and self.run.unasked.issuperset(each.id for each in gates):
                yield from self._unasked(where)
            return
        deploys = "deploys" if certain else "may deploy"
        target, gate = self._quoted(self.target.name), self._quoted(self.gate.name)
        head = f"the job {self._quoted(self.run.id)} {deploys} to {target}"
        if unknown := next(filter(None, map(_unknown, passed)), None):
            message = f"{head}, and whether {gate} comes before cannot be told, because {unknown}"
            yield self.page.note(Slug.APPROVAL_SKIPPED, message, where, self._hint())
        elif self.flow.triggers == _ELSEWHERE:
            message = f"{head} after another workflow, and whether {gate} came before that cannot be told"
            yield self.page.warning(Slug.APPROVAL_SKIPPED, message, where, self._hint())
        elif is_gated(self.target):
            message = f"{head} without passing {gate}, though {target} asks for an approval itself"
            yield self.page.warning(Slug.APPROVAL_SKIPPED, message, where, self._hint())
        elif leaves_gates(self.target):
            message = f"{head} without passing {gate}, and whether {target} asks for one is not known here"
            yield self.page.warning(Slug.APPROVAL_SKIPPED, message, where, self._hint())
        else:
            message = f"{head} without passing {gate}, and nobody has to agree to it"
            yield self.page.error(Slug.APPROVAL_SKIPPED, message, where, self._hint())

    def _unasked(self, where: Span) -> Iterator[Diagnostic]:
        if not is_gated(self.target) and not leaves_gates(self.target):
            names = self._quoted(self.run.id), self._quoted(self.target.name), self._quoted(self.gate.name)
            message = "the job {} deploys to {} also where {} is skipped, and nobody has to agree to it".format(
                *names
            )
            yield self.page.error(Slug.APPROVAL_SKIPPED, message, where, self._hint())

    def _is_held_by(self, other: JobRun) -> bool:
        """Whether this run does not run where the other one failed or was cancelled."""
        return not other.tolerant and other.id not in self.run.anyway

    def _hint(self) -> str:
        gates = [each for each in self.flow.runs if may_name(each, self.gate)]
        earlier = [each for each in gates if each.id in self.earlier[self.run.id]]
        if tolerant := next((each for each in earlier if each.tolerant), None):
            job = self._quoted(tolerant.id)
            return f"remove `continue-on-error` from {job}: there a rejection counts as a success"
        if earlier:
            first = self._quoted(earlier[0].id)
            return f"let the `if` of {self._quoted(self.run.id)} hold only where {first} succeeded"
        if others := [each for each in gates if self.run.id not in self.earlier[each.id]]:
            job, first = _apart(self.run.id, others[0].id)
            return f"write {self._quoted(first)} under the `needs` of {self._quoted(job)}"
        return (
            f"add a job with `environment: {self.gate.name}`, and name it under the `needs` of "
            f"{self._quoted(self.run.id)}"
        )

    def _quoted(self, text: str) -> str:
        return self.page.quoted_text(text, self.run.span)


def _unknown(run: JobRun) -> str | None:
    """Why a run may be the approval, and why nobody can tell."""
    return run.blind or (run.environment.names.unknown if run.environment else None)


def _apart(one: str, other: str) -> tuple[str, str]:
    """The jobs of one file that lead to two runs: where both are in called workflows, perhaps those that call."""
    pairs = list(zip(one.split(_LEVEL), other.split(_LEVEL), strict=False))
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[-1])
