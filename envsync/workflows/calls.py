"""A workflow and those that it calls -> the runs of one flow.

A call is a run, too: the jobs of the called workflow come after it, and it after whatever the calling job needs.
GitHub: "Reusing workflow configurations" (calls, their depth) and "Using jobs in a workflow" (needs).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from envsync.workflows.circumstances import at_start, environment_of, inside
from envsync.workflows.conditions import is_never
from envsync.workflows.effort import Effort
from envsync.workflows.failures import Order
from envsync.workflows.flow import Flow, JobRun, Unfollowed, UseKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from envsync.errors import Span
    from envsync.model import RepositoryName
    from envsync.workflows.circumstances import Circumstance
    from envsync.workflows.flow import Use
    from envsync.workflows.workflow import Call, Job, Workflow

MAX_RUNS = 2_000  # in a repository, and one more for each flow that is left out for it
MAX_RUNS_OF_FLOW = 400  # each knows all before it
MAX_USES = 100_000  # in a repository
MAX_LEVELS = 10  # of workflows, the first one included: GitHub's own limit
_TOO_MANY = "the repository has too many jobs to follow"
_ELSEWHERE = "check there which environments, secrets and variables it uses"
_REFUSED = "GitHub refuses the whole workflow: call less deep"
_FEWER = f"no more than {MAX_RUNS_OF_FLOW} jobs of a workflow and {MAX_RUNS:,} of a repository are looked at"


@dataclass(frozen=True, slots=True)
class _Outer:
    """Where the jobs of a workflow run: nothing, or a call."""

    prefix: str = ""
    call: str | None = None  # the id of the run that calls
    anyway: frozenset[str] = frozenset()  # of that run
    unasked: frozenset[str] = frozenset()  # of that run
    given: frozenset[str] = frozenset()  # secrets whose values come from the caller, under these names
    chain: tuple[str, ...] = ()  # the paths of the workflows around
    never: bool = False  # of that run


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Of one flow."""

    start: int  # how many runs there were before it
    effort: Effort


@dataclass(slots=True)
class Expander:
    """Makes flows of the workflows of one repository, and knows which of them were called."""

    workflows: Mapping[str, Workflow | None]  # by path; None: one that could not be read
    repository: RepositoryName | None
    reached: set[str] = field(default_factory=set)  # paths
    unfollowed: dict[tuple[str, str], Unfollowed] = field(default_factory=dict)  # by file, and what it calls
    _orders: dict[str, Order] = field(default_factory=dict)  # by path
    _runs: int = 0
    _uses: int = 0

    def flow(self, workflow: Workflow, *, from_elsewhere: bool) -> Flow:
        """`from_elsewhere`: it may be called by what is not known here."""
        self.reached.add(workflow.path)
        start = self._runs
        if workflow.jobs and self._full(len(workflow.jobs), start):
            runs: tuple[JobRun, ...] = (unread(workflow.jobs[0], _TOO_MANY),)
            self._leave(workflow.jobs[0].span, workflow.file, _TOO_MANY, _FEWER, too_many=True)
        else:
            effort = Effort()
            circumstances = at_start(workflow, effort, from_elsewhere=from_elsewhere)
            runs = tuple(_Level(self, workflow, circumstances, _Outer(), _Bounds(start, effort)).runs())
        return Flow(workflow.file, workflow.name, tuple(each.event for each in workflow.triggers), runs)

    def called(self, call: Call, chain: tuple[str, ...], start: int) -> Workflow | str:
        """What a call leads to, or why it cannot be followed; completes "because ..."."""
        named, span = call.workflow.text, call.workflow.span
        path = self.path_of(call)
        if path is None:
            self._leave(span, named, "it is not in this repository", _ELSEWHERE)
            return f"`{named}` is not in this repository"
        workflow = self.workflows.get(path)
        if workflow is None:
            return f"`{named}` cannot be read" if path in self.workflows else f"there is no `{named}`"
        if path in chain:
            self._leave(span, named, "it calls itself", _REFUSED)
            return f"`{named}` calls itself"
        if len(chain) >= MAX_LEVELS:
            self._leave(span, named, f"it lies deeper than {MAX_LEVELS} levels of calls", _REFUSED)
            return f"`{named}` lies deeper than {MAX_LEVELS} levels of calls"
        if self._full(len(workflow.jobs), start):
            self._leave(span, named, _TOO_MANY, _FEWER, too_many=True)
            return _TOO_MANY
        if not named.startswith("./"):
            why = "it was looked at as it is here, and another version of it may run"
            self._leave(span, named, why, f"write `./{path}` if the one beside this workflow is meant")
        return workflow

    def _leave(self, span: Span, named: str, why: str, hint: str, *, too_many: bool = False) -> None:
        """The gravest reason counts."""
        place = (span.file, named)
        if place not in self.unfollowed or too_many:
            self.unfollowed[place] = Unfollowed(span, named, why, hint, too_many)

    def path_of(self, call: Call) -> str | None:
        """As the file lies in this repository. None: it does not."""
        named = call.workflow.text
        if named.startswith("./"):
            return named.removeprefix("./")
        *owner_and_name, path = named.partition("@")[0].split("/", 2)
        own = self.repository is not None and "/".join(owner_and_name).casefold() == self.repository.key
        return path if own else None

    def order(self, workflow: Workflow) -> Order:
        if workflow.path not in self._orders:
            self._orders[workflow.path] = Order(workflow.jobs)
        return self._orders[workflow.path]

    def count(self, workflow: Workflow) -> None:
        self.reached.add(workflow.path)
        self._runs += len(workflow.jobs)
        self._uses += sum(len(job.uses) + len(workflow.uses) for job in workflow.jobs)

    def _full(self, jobs: int, start: int) -> bool:
        within = self._runs + jobs <= MAX_RUNS and self._runs + jobs - start <= MAX_RUNS_OF_FLOW
        return not within or self._uses > MAX_USES


class _Level:
    """The jobs of one workflow, as one call of it, or the event that starts it, has them run."""

    def __init__(
        self,
        expander: Expander,
        workflow: Workflow,
        circumstances: tuple[Circumstance, ...],
        outer: _Outer,
        bounds: _Bounds,
    ) -> None:
        expander.count(workflow)
        self._expander = expander
        self._workflow = workflow
        self._circumstances = circumstances
        self._outer = replace(outer, chain=(*outer.chain, workflow.path))
        self._bounds = bounds
        self._order = expander.order(workflow)
        self._made: dict[str, tuple[JobRun, ...]] = {}  # by job
        shared = self._seen(workflow.uses)
        if len(workflow.jobs) > 1:  # which of them it stands there for, nobody knows
            shared = (replace(use, needed=False) for use in shared)
        self._shared = tuple(shared)

    def runs(self) -> Iterator[JobRun]:
        for job in self._order.jobs:
            self._made[job.id] = tuple(self._runs_of(job))
        for job in self._workflow.jobs:
            yield from self._made[job.id]

    def _runs_of(self, job: Job) -> Iterator[JobRun]:
        own = self._run(job)
        if job.call is None:
            yield own
            return
        workflow = self._expander.called(job.call, self._outer.chain, self._bounds.start)
        if isinstance(workflow, str):
            uses = (use for each in job.call.secrets or () for use in _passed_on(each.uses, each.same))
            yield replace(own, uses=(*own.uses, *self._seen(uses)), blind=workflow)
            return
        uses = (use for each in job.call.secrets or () if not each.same for use in each.uses)
        own = replace(own, uses=(*own.uses, *self._seen(uses)))
        yield own
        given = self._given(job.call)
        outer = _Outer(f"{own.id} / ", own.id, own.anyway, own.unasked, given, self._outer.chain, own.never)
        circumstances = inside(job, workflow, self._circumstances, self._bounds.effort)
        yield from _Level(self._expander, workflow, circumstances, outer, self._bounds).runs()

    def _run(self, job: Job) -> JobRun:
        outer = self._outer
        needs = tuple(run.id for before in self._order.needs[job.id] for run in self._made[before])
        return JobRun(
            id=f"{outer.prefix}{job.id}",
            span=job.span,
            environment=environment_of(job, self._circumstances, self._bounds.effort),
            uses=(*self._seen(job.uses), *self._shared),
            needs=needs or ((outer.call,) if outer.call else ()),
            anyway=outer.anyway.union(run.id for each in self._order.anyway[job.id] for run in self._made[each]),
            tolerant=job.tolerant,
            blind=None,
            never=outer.never or is_never(job.condition),
            unasked=outer.unasked.union(
                run.id for each in self._order.unasked[job.id] for run in self._made[each]
            ),
        )

    def _seen(self, uses: Iterable[Use]) -> Iterator[Use]:
        """A secret of the environment comes before one from the caller, so it is a use all the same.

        GitHub ("Reuse workflows"): "If you include `environment` in the reusable workflow at the job level, the
        environment secret will be used, and not the secret passed from the caller workflow".
        """
        for use in uses:
            given = use.kind is UseKind.SECRET and use.name in self._outer.given
            yield replace(use, needed=False) if given else use

    def _given(self, call: Call) -> frozenset[str]:
        """By `inherit`, and where X is passed as X, a job sees what its own environment holds."""
        if call.secrets is None:
            return self._outer.given
        return frozenset(each.name for each in call.secrets if not each.same or each.name in self._outer.given)


def unread(job: Job, why: str) -> JobRun:
    return JobRun(job.id, job.span, None, (), (), frozenset(), tolerant=False, blind=why)


def _passed_on(uses: tuple[Use, ...], same: bool) -> Iterator[Use]:  # noqa: FBT001 - a field of Passed
    """An environment of the called workflow may hold what is passed under its own name."""
    return (replace(use, needed=False) if same else use for use in uses)
