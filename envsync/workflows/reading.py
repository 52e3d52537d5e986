"""The workflow files of a repository -> what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.documents.compose import compose
from envsync.errors import Span
from envsync.workflows.calls import Expander
from envsync.workflows.codes import MISSING
from envsync.workflows.flow import Flow, JobRun, Reading
from envsync.workflows.masks import page_of
from envsync.workflows.parse import parse, path_of
from envsync.workflows.workflow import CALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envsync.documents.page import Page
    from envsync.documents.text import SourceText
    from envsync.errors import Diagnostic
    from envsync.model import RepositoryName
    from envsync.workflows.workflow import Workflow


def reading(sources: Sequence[SourceText], repository: RepositoryName | None) -> Reading:
    """A file that is no workflow is a flow of one job of which nothing is known. `repository`: None: not known."""
    pages: dict[str, Page] = {}
    workflows: dict[str, Workflow | None] = {}
    diagnostics: list[Diagnostic] = []
    flows: list[Flow] = []
    for source in sorted(sources, key=lambda each: each.file):
        composed = compose(source)
        page = pages[source.file] = page_of(source, composed)
        workflow, found = parse(source, composed, page)
        workflows[path_of(source.file)] = workflow
        diagnostics += found
        if workflow is None or found:
            flows.append(_unread(source.file))
    expander = Expander(workflows, repository)
    flows += _flows(expander)
    diagnostics += _missing(expander, pages)
    guardians = frozenset(name for each in workflows.values() if each for name in each.guardians)
    return Reading(
        tuple(sorted(flows, key=lambda each: each.file)),
        pages,
        tuple(diagnostics),
        guardians,
        tuple(expander.unfollowed.values()),
    )


def _missing(expander: Expander, pages: Mapping[str, Page]) -> Iterator[Diagnostic]:
    """Called in this repository, and not there: GitHub does not run the workflow that calls it."""
    for workflow in filter(None, expander.workflows.values()):
        for job in workflow.jobs:
            path = expander.path_of(job.call) if job.call else None
            if job.call and path is not None and path not in expander.workflows:
                page, called = pages[workflow.file], job.call.workflow
                message = (
                    f"the job {page.quoted_text(job.id, job.span)} calls {page.quoted(called)}, which is not there"
                )
                hint = "GitHub refuses the whole workflow: check the spelling, or add the file"
                yield page.warning(MISSING, message, called.span, hint)


def _flows(expander: Expander) -> Iterator[Flow]:
    """Of those that something else than a call starts, then of those that only call each other."""
    known = [each for each in expander.workflows.values() if each]
    calls = (job.call for each in known for job in each.jobs if job.call)
    called = {expander.path_of(call) for call in calls}
    own = [each for each in known if each.path not in called or any(one.event != CALL for one in each.triggers)]
    for workflow in own:
        yield expander.flow(workflow, from_elsewhere=workflow.path not in called)
    for workflow in known:
        if workflow.path not in expander.reached:
            yield expander.flow(workflow, from_elsewhere=True)


def _unread(file: str) -> Flow:
    span = Span(file, 1, 1, 1, 1)
    run = JobRun(file, span, None, (), (), frozenset(), tolerant=False, blind=f"`{file}` could not be read")
    return Flow(file, None, (), (run,))
