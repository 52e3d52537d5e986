"""Which environments guard the credential that this run works with? Those it may not change itself.

A job of a workflow that names an environment gets its secrets. Where envsync's own credential is one of them, that
environment decides who can make envsync do something: were it in the files, whoever edits them could open it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.errors import Diagnostic
from envsync.model import LiveRepository, Unread
from envsync.plan.changes import Address, Notice
from envsync.plan.guardians import VARIABLE, guardians_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envsync.cli.session import Session

_CREDENTIALS = ("ENVSYNC_APP_PRIVATE_KEY", "ENVSYNC_RECORD_KEY", "GH_TOKEN", "GITHUB_TOKEN")


def guardians(session: Session, environ: Mapping[str, str], *, applies: bool) -> tuple[tuple[Address, str], ...]:
    """Environments of the workflow's own repository that the files declare, or the plan changes; and why.

    They guard the credential where `ENVSYNC_GUARDED_BY` names them, and where they hold a secret that is called
    like a variable from which this run takes a credential. Where nothing names them and secrets were not read, any
    may, to a run that `applies`. None outside of GitHub Actions.
    """
    here, named = _here(environ), _named(environ)
    if here is None:
        return ()
    used = {variable for variable in _CREDENTIALS if environ.get(variable)}
    found: dict[Address, str] = {}
    for at, key, live in _managed(session, here):
        if key in named:
            found[at] = f"{VARIABLE} names it"
        elif (secrets := _secrets(live, key)) is None:
            if applies and used and not named:
                found[at] = f"its secrets were not read, and {VARIABLE} is not set"
        elif held := used & secrets:
            found[at] = f"it holds the secret {min(held)}"
    return tuple(sorted(found.items()))


def refusals(session: Session, environ: Mapping[str, str]) -> tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic(
            "guards-itself",
            f"{at.repository}: the environment {at.environment} guards envsync's own credential ({why}), "
            "so that envsync does not manage it with that credential",
            "take it out of the files, with `never_touch` where they prune; whoever may edit them could open it",
        )
        for at, why in guardians(session, environ, applies=True)
    )


def notices(session: Session, environ: Mapping[str, str]) -> Iterator[Notice]:
    for at, why in guardians(session, environ, applies=False):
        message = (
            f"{at.environment}: it guards envsync's own credential ({why}): apply refuses to manage it from there"
        )
        yield Notice(at.repository, "guards-itself", message)
    for live in session.live.values():
        if isinstance(live, LiveRepository) and _here(environ) in {live.name.key, live.requested.key}:
            there = {name.casefold() for name in live.environment_names}
            if (named := _named(environ)) and named.isdisjoint(there):
                names = ", ".join(sorted(named))
                message = f"{VARIABLE} names {names}, and there is no such environment: it parts names by commas"
                yield Notice(str(live.requested), "guards-nothing", message)


def _here(environ: Mapping[str, str]) -> str | None:
    """The workflow's own repository; None outside of one."""
    return (
        environ.get("GITHUB_REPOSITORY", "").casefold() or None
        if environ.get("GITHUB_ACTIONS") == "true"
        else None
    )


def _named(environ: Mapping[str, str]) -> frozenset[str]:
    return guardians_in(environ.get(VARIABLE, ""))


def _managed(session: Session, here: str) -> Iterator[tuple[Address, str, LiveRepository | Unread]]:
    for repository in session.desired:
        live = session.live[repository.name.key]
        names = {repository.name.key} | ({live.name.key} if isinstance(live, LiveRepository) else set())
        if here not in names:
            continue
        declared = {each.name for each in repository.environments}
        changed = {
            each.at.environment for each in session.plan.changes if each.at.repository == str(repository.name)
        }
        for name in sorted(declared | changed):
            yield Address(str(repository.name), name), name.casefold(), live


def _secrets(live: LiveRepository | Unread, key: str) -> frozenset[str] | None:
    """None: they were not read."""
    environment = live.environments.get(key) if isinstance(live, LiveRepository) else None
    if environment is None:
        return frozenset()
    return None if isinstance(environment.secrets, Unread) else frozenset(environment.secrets)
