"""Do jobs name environments that the files declare?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.documents.near_misses import did_you_mean
from envsync.plan.listing import listed
from envsync.workflows.declared import names_of, own_flows
from envsync.workflows.possible import AMONG_ALL
from envsync.workflows.slugs import Slug

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.documents.page import Page
    from envsync.errors import Diagnostic
    from envsync.workflows.declared import Declared
    from envsync.workflows.flow import NamedEnvironment, Reading

_DECLARE = "declare it, or name it under `never_touch` if something else manages it"
_WRITE_OUT = "a name is checked where it is written out, or where an input of type `choice` or a matrix offers it"


def judge_environments(reading: Reading, declared: Declared) -> Iterator[Diagnostic]:
    for named in _named(reading):
        yield from _undeclared(named, declared)
        yield from _misspelled(named, declared)
        if (unknown := named.environment.names.unknown) not in {None, AMONG_ALL}:
            known = [named.quoted(text) for text in sorted(named.texts)]
            other = f"may name others than {listed(known)}" if known else "names"
            which = "whether" if known else "which environment"
            message = f"{which} the job {named.job} {other} cannot be told, because {unknown}"
            yield named.page.note(Slug.UNKNOWN_ENVIRONMENT, message, named.environment.span, _WRITE_OUT)


@dataclass(frozen=True, slots=True)
class _Named:
    """A job, in however many runs, and all environments that it may have."""

    page: Page
    job: str  # quoted
    environment: NamedEnvironment
    texts: frozenset[str]

    @property
    def names(self) -> str:
        certain = len(self.texts) == 1 and self.environment.names.unknown is None
        return "names" if certain else "may name"

    def quoted(self, name: str) -> str:
        return self.page.quoted_text(name, self.environment.span)


def _named(reading: Reading) -> Iterator[_Named]:
    found: dict[object, _Named] = {}
    for flow in own_flows(reading):
        for run in flow.runs:
            if run.environment is None:
                continue
            page = reading.pages[run.environment.span.file]
            own = _Named(page, page.quoted_text(run.id, run.span), run.environment, names_of(run))
            place = run.environment.span
            found[place] = _joined(found[place], own) if place in found else own
    yield from found.values()


def _joined(first: _Named, other: _Named) -> _Named:
    names = first.environment.names.joined(other.environment.names)
    environment = type(first.environment)(names, first.environment.span)
    return _Named(first.page, first.job, environment, first.texts | other.texts)


def _undeclared(named: _Named, declared: Declared) -> Iterator[Diagnostic]:
    """GitHub makes what does not exist, with no protection rule ("Managing environments for deployment")."""
    names = sorted(text for text in named.texts if not declared.knows(text))
    if names:
        quoted = listed([named.quoted(name) for name in names])
        them = "it" if len(names) == 1 else "them"
        message = f"the job {named.job} {named.names} {quoted}, which no file declares"
        known = [each.name for each in declared.environments.values()]
        hint = (did_you_mean(names[0], known) if len(names) == 1 else None) or _DECLARE
        unprotected = f"{message}: GitHub would make {them}, unprotected"
        yield named.page.error(Slug.UNDECLARED_ENVIRONMENT, unprotected, named.environment.span, hint)


def _misspelled(named: _Named, declared: Declared) -> Iterator[Diagnostic]:
    """GitHub does not say which spelling the OIDC subject has: see https://github.com/Azure/login/issues/492."""
    for text in sorted(named.texts):
        environment = declared.of(text)
        if environment and environment.name != text:
            right = named.quoted(environment.name)
            message = f"the job {named.job} writes {named.quoted(text)} for the environment {right}"
            hint = f"write {right}: GitHub takes both for one, but a cloud that compares OIDC subjects does not"
            yield named.page.warning(Slug.ENVIRONMENT_SPELLING, message, named.environment.span, hint)
