"""What the files declare against what the workflows do."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, Severity
from envsync.workflows.approval import judge_approvals, judge_gates
from envsync.workflows.declared import declared
from envsync.workflows.environments import judge_environments
from envsync.workflows.flow import Elsewhere
from envsync.workflows.silence import silenced
from envsync.workflows.slugs import Slug
from envsync.workflows.unused import judge_declarations
from envsync.workflows.uses import judge_uses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from envsync.documents.page import Page
    from envsync.model import DesiredRepository
    from envsync.workflows.flow import Reading

MOST = 500  # nobody reads more; a hostile file could have any number
_NOWHERE = Elsewhere()


def cross_check(
    reading: Reading,
    desired: DesiredRepository,
    pages: Mapping[str, Page],
    elsewhere: Elsewhere = _NOWHERE,
    *,
    shared: AbstractSet[str] = frozenset(),
) -> tuple[Diagnostic, ...]:
    """What `Reading.diagnostics` says is not repeated.

    `pages` has the files that `desired` comes from; those in `shared` are about other repositories, too, so that
    what nothing uses here may be used there. Where `Reading` has diagnostics, what could not be read may use it.
    """
    known = declared(desired, reading.guardians)
    found = chain(
        judge_environments(reading, known),
        judge_approvals(reading, known),
        judge_gates(known, pages),
        judge_uses(reading, known, elsewhere),
        judge_declarations(reading, known, pages, shared),
        _unfollowed(reading),
    )
    own = [page for file, page in pages.items() if file not in shared]
    also = [page for file, page in pages.items() if file in shared]
    loud = silenced(dict.fromkeys(found), [*reading.pages.values(), *own], also, whole=not reading.diagnostics)
    return loud if len(loud) <= MOST else (*_gravest(loud), _more(len(loud)))


def _unfollowed(reading: Reading) -> Iterator[Diagnostic]:
    for each in reading.unfollowed:
        page = reading.pages[each.span.file]
        message = f"what {page.quoted_text(each.named, each.span)} does is not surely known: {each.why}"
        say = page.warning if each.too_many else page.note
        yield say(Slug.NOT_FOLLOWED, message, each.span, each.hint)


def _gravest(found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    severities = list(Severity)
    return tuple(sorted(found, key=lambda each: severities.index(each.severity))[:MOST])


def _more(number: int) -> Diagnostic:
    message = f"the workflows have {number} findings, of which the {MOST} gravest are listed"
    return Diagnostic(Slug.MORE_FINDINGS, message, "mend these first", severity=Severity.WARNING)
