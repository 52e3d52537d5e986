"""Have the sources of secrets something to give? Their values are not taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.doctor.look import Look, counted
from envsync.plan.changes import Kind, SecretState, Unmet
from envsync.plan.checkup import Topic
from envsync.plan.listing import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envsync.doctor.case import Case, Source
    from envsync.plan.checkup import Check

_WRITTEN = frozenset({SecretState.MISSING, SecretState.SOURCE_CHANGED, SecretState.TOUCHED_OUTSIDE})


def check_sources(case: Case) -> Iterator[Check]:
    for repository in dict.fromkeys(each.at.repository for each in case.sources):
        sources = [each for each in case.sources if each.at.repository == repository]
        there = [each for each in sources if each.fault is None]
        if there:
            words = f"{counted(len(there), 'source')} of secrets {'is' if len(there) == 1 else 'are'} there"
            yield Look(Topic.SECRETS, "secret-source", repository).passes(words)
        for each in sources:
            yield from _missing(case, each)
        yield from _commands(case, sources)
    for unmet in () if case.plan is None else case.plan.unmet:
        if unmet.kind is Kind.SECRET:
            yield _external(unmet)


def _missing(case: Case, source: Source) -> Iterator[Check]:
    if source.fault is None:
        return
    yield Look(Topic.SECRETS, "secret-source", source.at.repository).hampers(
        f"{source.at.environment}, {source.name}: {source.fault.message}",
        _see_to(source.fault.hint),
        gravely=case.applies and _is_to_be_written(case, source),
    )


def _see_to(hint: str | None) -> str:
    """`doctor` has no such option: it is `apply`'s."""
    step, advice, _ = (hint or "see to its source, or pass --no-secrets").partition("pass --no-secrets")
    return f"{step}{advice} to apply" if advice else step


def _commands(case: Case, sources: Sequence[Source]) -> Iterator[Check]:
    programs = sorted({each.command for each in sources if each.command is not None})
    if case.applies and programs:
        yield Look(Topic.SECRETS, "secret-command", sources[0].at.repository).notes(
            f"apply needs --allow-commands for {listed(programs, len(programs))}",
            "pass it to apply where you trust everybody who can edit the file",
        )


def _is_to_be_written(case: Case, source: Source) -> bool:
    """True, too, where nobody knows: apply would need it."""
    if case.plan is None:
        return True
    known = {(each.at, each.name): each.state for each in case.plan.secrets}
    return known.get((source.at, source.name), SecretState.MISSING) in _WRITTEN


def _external(unmet: Unmet) -> Check:
    """Apply leaves it as unmet, and exits with 0."""
    return Look(Topic.SECRETS, "external-secret", unmet.at.repository).warns(
        f"{unmet.at.environment}, {unmet.name}: {unmet.reason}",
        "set it on GitHub, where the workflow that deploys needs it",
    )
