"""Do the workflows fit the environments?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.doctor.look import counted
from envsync.doctor.permissions import BESIDES, is_told
from envsync.errors import Severity
from envsync.model import Unread
from envsync.plan.checkup import Topic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.doctor.subject import Subject
    from envsync.errors import Diagnostic
    from envsync.plan.checkup import Check


def check_workflows(subject: Subject) -> Iterator[Check]:
    look, workflows = subject.look(Topic.WORKFLOWS, "workflows"), subject.facts.workflows
    parts = {
        "Contents: read": workflows,
        "Secrets: read": subject.facts.secrets,
        "Variables: read": subject.facts.variables,
    }
    for permission, part in parts.items():
        if isinstance(part, Unread) and not is_told(subject, permission):
            yield look.warns(f"{BESIDES[permission]}: {part.reason}", part.hint or "run it again")
    if isinstance(workflows, Unread):
        return
    found = subject.case.crossed.get(subject.desired.name.key)
    if not workflows:
        yield look.passes("there are none on the default branch")
    elif found is not None and all(each.severity is Severity.NOTE for each in found):
        words = "fits" if len(workflows) == 1 else "fit"
        known = ", as far as can be told" if found else ""
        yield look.passes(f"{counted(len(workflows), 'workflow')} {words} the environments{known}")
    for each in found or ():
        yield _finding(subject, each)


def _finding(subject: Subject, diagnostic: Diagnostic) -> Check:
    otherwise = f"correct it, or silence it there with: # envsync: ignore[{diagnostic.code}] reason"
    return subject.look(Topic.WORKFLOWS, diagnostic.code).repeats(
        diagnostic, otherwise, _link(subject, diagnostic)
    )


def _link(subject: Subject, diagnostic: Diagnostic) -> str | None:
    """Only of a workflow: where the file with the environments is kept nobody knows."""
    span, workflows = diagnostic.span, subject.facts.workflows
    names = () if isinstance(workflows, Unread) else [each.file for each in workflows]
    if span is None or span.file not in names:
        return None
    return subject.links.file(subject.facts.name, span.file, span.line)
