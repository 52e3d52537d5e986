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

    from envsync.model import DesiredRepository
    from envsync.plan.changes import Plan

    Live = LiveRepository | Unread

_CREDENTIALS = ("ENVSYNC_APP_PRIVATE_KEY", "ENVSYNC_RECORD_KEY", "GH_TOKEN", "GITHUB_TOKEN")


def guardians(
    desired: DesiredRepository, live: Live, plan: Plan, environ: Mapping[str, str], *, applies: bool
) -> tuple[tuple[Address, str], ...]:
    """Environments of the workflow's own repository that the files declare, or the plan changes; and why.

    They guard the credential where `ENVSYNC_GUARDED_BY` names them, and where they hold a secret that is called
    like a variable from which this run takes a credential. Where nothing names them and secrets were not read, any
    may, to a run that `applies`. None outside of GitHub Actions.
    """
    if not _is_here(desired, live, environ):
        return ()
    named, used = _named(environ), {variable for variable in _CREDENTIALS if environ.get(variable)}
    found: dict[Address, str] = {}
    for name in sorted(
        {each.name for each in desired.environments} | {each.at.environment for each in plan.changes}
    ):
        at, key = Address(str(desired.name), name), name.casefold()
        if key in named:
            found[at] = f"{VARIABLE} names it"
        elif (secrets := _secrets(live, key)) is None:
            if applies and used and not named:
                found[at] = f"its secrets were not read, and {VARIABLE} is not set"
        elif held := used & secrets:
            found[at] = f"it holds the secret {min(held)}"
    return tuple(sorted(found.items()))


def refusals(
    desired: DesiredRepository, live: Live, plan: Plan, environ: Mapping[str, str]
) -> tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic(
            "guards-itself",
            f"{at.repository}: the environment {at.environment} guards envsync's own credential ({why}), "
            "so that envsync does not manage it with that credential",
            "take it out of the files, with `never_touch` where they prune; whoever may edit them could open it",
        )
        for at, why in guardians(desired, live, plan, environ, applies=True)
    )


def notices(desired: DesiredRepository, live: Live, plan: Plan, environ: Mapping[str, str]) -> Iterator[Notice]:
    for at, why in guardians(desired, live, plan, environ, applies=False):
        message = (
            f"{at.environment}: it guards envsync's own credential ({why}): apply refuses to manage it from there"
        )
        yield Notice(at.repository, "guards-itself", message)
    if isinstance(live, LiveRepository) and _is_here(desired, live, environ):
        there = {name.casefold() for name in live.environment_names}
        if (named := _named(environ)) and named.isdisjoint(there):
            names = ", ".join(sorted(named))
            message = f"{VARIABLE} names {names}, and there is no such environment: it parts names by commas"
            yield Notice(str(live.requested), "guards-nothing", message)


def _is_here(desired: DesiredRepository, live: Live, environ: Mapping[str, str]) -> bool:
    """Whether it is the workflow's own repository, under whatever name. Outside of one there is none."""
    here = environ.get("GITHUB_REPOSITORY", "").casefold()
    if environ.get("GITHUB_ACTIONS") != "true" or not here:
        return False
    return here == desired.name.key or (isinstance(live, LiveRepository) and here == live.name.key)


def _named(environ: Mapping[str, str]) -> frozenset[str]:
    return guardians_in(environ.get(VARIABLE, ""))


def _secrets(live: Live, key: str) -> frozenset[str] | None:
    """None: they were not read."""
    environment = live.environments.get(key) if isinstance(live, LiveRepository) else None
    if environment is None:
        return frozenset()
    return None if isinstance(environment.secrets, Unread) else frozenset(environment.secrets)
