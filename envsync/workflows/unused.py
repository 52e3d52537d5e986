"""Does anything use what the files declare?

Nothing is said wherever a job that is not known in full could use it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envsync.documents.near_misses import near_miss
from envsync.model import RECORD_VARIABLE
from envsync.plan.listing import listed
from envsync.workflows.declared import by_name, is_unknown, names_of
from envsync.workflows.flow import UseKind
from envsync.workflows.slips import is_slip
from envsync.workflows.slugs import Slug
from envsync.workflows.uses import CONTEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from envsync.documents.page import Page
    from envsync.errors import Diagnostic, Span
    from envsync.model import DesiredEnvironment
    from envsync.workflows.declared import Declared
    from envsync.workflows.flow import JobRun, Reading

_MOST_COMPARED = 100
_SLUGS = {UseKind.SECRET: Slug.UNUSED_SECRET, UseKind.VARIABLE: Slug.UNUSED_VARIABLE}


def judge_declarations(
    reading: Reading, declared: Declared, pages: Mapping[str, Page], shared: AbstractSet[str]
) -> Iterator[Diagnostic]:
    """What stands in one of the files `shared` may be there for another repository."""
    runs = [run for flow in reading.flows for run in flow.runs]
    if reading.diagnostics or any(run.blind for run in runs):
        return
    own = {each.name: each.span for each in declared.environments.values() if each.span}
    own = {name: span for name, span in own.items() if span.file not in shared}
    if own and not any(is_unknown(run) or any(map(declared.of, names_of(run))) for run in runs):
        yield _no_deployment(own, pages)
        return
    declared_here = [each for each in declared.environments.values() if each.name in own]
    named = by_name(runs)
    unknown = [run for run in runs if is_unknown(run)]
    idle = [each for each in declared_here if not unknown and each.name.casefold() not in named]
    meant = set(_meant(runs, declared)) if idle else set()
    for environment in (each for each in idle if each.name not in meant):
        span = own[environment.name]
        page = pages[span.file]
        message = f"no workflow deploys to {page.quoted_text(environment.name, span)}"
        hint = "remove it, or name it in the job that deploys there"
        yield page.warning(Slug.UNUSED_ENVIRONMENT, message, span, hint)
    busy = [each for each in declared_here if each not in idle]
    for kind in UseKind:
        yield from _unused(kind, busy, runs, pages)


def _meant(runs: list[JobRun], declared: Declared) -> Iterator[str | None]:
    """Environments that jobs misspell: that is told there."""
    wrong = {name for run in runs for name in names_of(run) if not declared.knows(name)}
    known = [each.name for each in declared.environments.values()]
    return (near_miss(name, known) for name in sorted(wrong)[:_MOST_COMPARED])


def _no_deployment(own: Mapping[str, Span], pages: Mapping[str, Page]) -> Diagnostic:
    first = min(own.values(), key=lambda span: (span.file, span.line, span.column))
    number = f"any of the {len(own)} environments" if len(own) > 1 else "the environment"
    message = f"no workflow here deploys to {number}"
    hint = "name one in the job that deploys: `environment: …`"
    return pages[first.file].note(Slug.NO_DEPLOYMENT, message, first, hint)


@dataclass(slots=True)
class _Place:
    """Where a name is declared: for one environment, or by `defaults` or an anchor for several."""

    name: str
    used: bool = False
    environments: list[str] = field(default_factory=list)


def _unused(
    kind: UseKind, busy: list[DesiredEnvironment], runs: list[JobRun], pages: Mapping[str, Page]
) -> Iterator[Diagnostic]:
    """`busy`: a job names each of them, or may."""
    named = by_name(runs)
    unknown = [run for run in runs if is_unknown(run)]
    places: dict[Span, _Place] = {}
    for environment in busy:
        there = (*unknown, *named.get(environment.name.casefold(), ()))
        uses = {use.name for run in there for use in run.uses if use.kind is kind}
        others = {use.name for run in there for use in run.uses if use.kind is not kind}
        for name, span in _spans(environment, kind).items():
            place = places.setdefault(span, _Place(name))
            place.used |= name in uses or None in uses or name in others or _is_meant(name, uses)
            place.environments.append(environment.name)
    for span, place in places.items():
        if not place.used and place.name != RECORD_VARIABLE:
            page = pages[span.file]
            names = [page.quoted_text(each, span) for each in place.environments]
            message = f"no job of {listed(names)} uses the {kind} {page.quoted_text(place.name, span)}"
            hint = f"remove it, or use it as `{CONTEXTS[kind]}.{place.name}`"
            yield page.warning(_SLUGS[kind], message, span, hint)


def _is_meant(name: str, uses: AbstractSet[str | None]) -> bool:
    """Whether somebody wrote another name for it: that is told there, and to remove it would be wrong."""
    return len(uses) <= _MOST_COMPARED and any(is_slip(each, name) for each in uses if each is not None)


def _spans(environment: DesiredEnvironment, kind: UseKind) -> Mapping[str, Span]:
    if kind is UseKind.VARIABLE:
        return environment.variable_spans
    return {name: secret.span for name, secret in environment.secrets.items() if secret.span}
