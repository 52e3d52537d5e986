"""desired, live -> Plan. Pure: what it cannot know it is told, as `Unread`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, assert_never

from envsync.model import LiveRepository, Unread
from envsync.plan.changes import (
    Address,
    EnvironmentDelete,
    Kind,
    Notice,
    Plan,
    Risk,
    Unmanaged,
    UnreadPart,
    Verdict,
    view,
)
from envsync.plan.digest import base_digest
from envsync.plan.environment import diff_environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from envsync.model import DesiredRepository
    from envsync.plan.changes import Change


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run is about: environments whose name one of `globs` matches, or all where there is none."""

    globs: tuple[str, ...] = ()
    settings_only: bool = False  # neither secrets nor variables were to be read

    def holds(self, environment: str) -> bool:
        name = environment.casefold()
        return not self.globs or any(fnmatchcase(name, glob.casefold()) for glob in self.globs)

    def narrow(self, repository: DesiredRepository) -> DesiredRepository:
        kept = tuple(each for each in repository.environments if self.holds(each.name))
        return replace(repository, environments=kept)


def diff(
    desired: Sequence[DesiredRepository],
    live: Mapping[str, LiveRepository | Unread],
    scope: Scope = Scope(),
) -> Plan:
    """What has to change so that `live` becomes `desired`.

    `live` is keyed by `RepositoryName.key` and holds every desired repository. Environments outside `scope` are
    neither compared nor listed.
    """
    parts = [
        _diff_repository(scope.narrow(repository), live[repository.name.key], scope) for repository in desired
    ]
    return _join(base_digest(desired, live, scope.holds), parts)


def _diff_repository(desired: DesiredRepository, live: LiveRepository | Unread, scope: Scope) -> Plan:
    repository = str(desired.name)
    match live:
        case Unread():
            part = UnreadPart(repository, None, "repository", live.reason, live.hint, live.kind is not None)
            return Plan("", unread=(part,))
        case LiveRepository():
            parts = [
                diff_environment(
                    repository,
                    each,
                    live.environments.get(each.name.casefold()),
                    settings_only=scope.settings_only,
                )
                for each in desired.environments
            ]
            return _join("", [*parts, _unmanaged(desired, live, scope), _renamed(live)])
        case _:
            assert_never(live)


def _unmanaged(desired: DesiredRepository, live: LiveRepository, scope: Scope) -> Plan:
    """The environments that no file declares: listed, or deleted where the file prunes."""
    declared = {each.name.casefold() for each in desired.environments}
    untouchable = {name.casefold() for name in desired.never_touch}
    names = [
        name
        for name in live.environment_names
        if name.casefold() not in declared | untouchable and scope.holds(name)
    ]
    addresses = [Address(str(desired.name), name) for name in names]
    if not desired.prune:
        return Plan("", unmanaged=tuple(Unmanaged(at, Kind.ENVIRONMENT, None) for at in addresses))
    verdict = Verdict(
        Risk.DESTROYS,
        "secrets, variables and rules go with the environment, waiting jobs fail, "
        "and a workflow that names it gets a new one with no protection",
    )
    return Plan("", changes=tuple(EnvironmentDelete(at, verdict) for at in addresses))


def _renamed(live: LiveRepository) -> Plan:
    if live.name.key == live.requested.key:
        return Plan("")
    message = f"{live.requested} is called {live.name} now; name it so in the file"
    return Plan("", warnings=(Notice(str(live.requested), "renamed-repository", message),))


def _join(digest: str, plans: Iterable[Plan]) -> Plan:
    parts = list(plans)
    return Plan(
        digest,
        changes=tuple(sorted((each for part in parts for each in part.changes), key=_listing)),
        secrets=tuple(each for part in parts for each in part.secrets),
        unmanaged=tuple(sorted((each for part in parts for each in part.unmanaged), key=_unmanaged_listing)),
        unmet=tuple(each for part in parts for each in part.unmet),
        unread=tuple(each for part in parts for each in part.unread),
        warnings=tuple(each for part in parts for each in part.warnings),
    )


def _listing(change: Change) -> tuple[Address, int, str, str]:
    seen = view(change)
    return change.at, list(Kind).index(seen.kind), seen.name or "", seen.action


def _unmanaged_listing(unmanaged: Unmanaged) -> tuple[Address, int, str]:
    return unmanaged.at, list(Kind).index(unmanaged.kind), unmanaged.name or ""
