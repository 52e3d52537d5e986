"""desired, live -> Plan. Pure: what it cannot know it is told, as `Unread`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, assert_never

from envsync.model import LiveRepository, Unread
from envsync.plan.bookkeeping import entry_of
from envsync.plan.changes import (
    Address,
    FieldChange,
    Kind,
    Notice,
    Origin,
    Plan,
    Release,
    Risk,
    UnreadPart,
    Verdict,
    view,
)
from envsync.plan.contents import NO_CONTEXT, Context
from envsync.plan.digest import base_digest, repository_digest
from envsync.plan.environment import diff_environment
from envsync.plan.ledger import NOTHING, Ledger, spot
from envsync.plan.record import Foreign
from envsync.plan.record_states import Keeping, refused
from envsync.plan.undeclared import undeclared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from envsync.model import DesiredEnvironment, DesiredRepository
    from envsync.plan.changes import Change, Unmanaged


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run is about: environments whose name one of `globs` matches, or all where there is none.

    `looks_on`: nothing is going to be applied. So environments are compared that would have to be left alone
    because of their records: anybody can write those.
    """

    globs: tuple[str, ...] = ()
    settings_only: bool = False  # neither secrets nor variables were to be read
    looks_on: bool = False

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
    ledger: Ledger = NOTHING,
) -> Plan:
    """What has to change so that `live` becomes `desired`, and who moved away from what was last applied.

    `live` is keyed by `RepositoryName.key` and holds every desired repository. Environments outside `scope` are
    neither compared nor listed.
    """
    return joined({str(each.name): diff_repository(each, live[each.name.key], scope, ledger) for each in desired})


def joined(parts: Mapping[str, Plan]) -> Plan:
    """The plan for all repositories from that of each, by its name, in whatever order."""
    found = [parts[name] for name in sorted(parts, key=str.casefold)]
    return _join(base_digest({name: part.base_digest for name, part in parts.items()}), found)


def diff_repository(
    whole: DesiredRepository, live: LiveRepository | Unread, scope: Scope = Scope(), ledger: Ledger = NOTHING
) -> Plan:
    """A part of a plan: see `diff` and `joined`."""
    return replace(
        _diff_repository(whole, live, scope, ledger), base_digest=repository_digest(whole, live, scope.holds)
    )


def _diff_repository(
    whole: DesiredRepository, live: LiveRepository | Unread, scope: Scope, ledger: Ledger
) -> Plan:
    desired, repository = scope.narrow(whole), str(whole.name)
    match live:
        case Unread():
            part = UnreadPart(repository, None, "repository", live.reason, live.hint, live.kind is not None)
            return Plan("", unread=(part,))
        case LiveRepository():
            parts = [_declared(desired, each, live, scope, ledger) for each in desired.environments]
            others = undeclared(desired, live, scope.holds, ledger)
            return _join("", [*parts, *others, _released(whole, live, scope, ledger), _renamed(live)])
        case _:
            assert_never(live)


def _declared(
    desired: DesiredRepository,
    environment: DesiredEnvironment,
    live: LiveRepository,
    scope: Scope,
    ledger: Ledger,
) -> Plan:
    at, there = Address(str(desired.name), environment.name), live.environments.get(environment.name.casefold())
    recorded = ledger.recorded.get(spot(desired.name, environment.name))
    keeping = Keeping(ledger.server, live.id, ledger.seal, ledger.take_over)
    entry = entry_of(desired, environment, there, ledger, ())
    if (part := refused(at, recorded, take_over=ledger.take_over)) is not None:
        status = keeping.status(at, recorded, entry)
        left = Plan("", records=() if status is None else (status,), unread=(part,))
        if not scope.looks_on or (isinstance(recorded, Foreign) and recorded.verified is not None):
            return left
        seen = diff_environment(at.repository, environment, there, NO_CONTEXT, settings_only=scope.settings_only)
        return replace(seen, records=left.records, unread=(*seen.unread, part))
    context = Context(entry.verified, entry.compared, ledger.rotates)
    found = diff_environment(at.repository, environment, there, context, settings_only=scope.settings_only)
    if there is None and scope.settings_only:
        return found
    if there is not None and isinstance(there.variables, Unread):
        return replace(found, warnings=_unkept(at, found, ledger))  # and with them the record
    status = keeping.status(at, recorded, replace(entry, changes=found.changes))
    return found if status is None else replace(found, records=(status,))


def _unkept(at: Address, found: Plan, ledger: Ledger) -> tuple[Notice, ...]:
    if ledger.seal is None or not found.changes:
        return ()
    message = (
        f"{at.environment}: its record could not be read, so it cannot be kept: "
        "what is changed now will look as if it had been changed outside envsync"
    )
    return (Notice(at.repository, "record-not-kept", message),)


def _released(desired: DesiredRepository, live: LiveRepository, scope: Scope, ledger: Ledger) -> Plan:
    """The names that the file took out of `never_touch`: what happens to them is up to the file from now on.

    All records of the repository count, those out of scope too: else narrowing a run would do without the grant.
    """
    kept = {name.casefold() for name in desired.never_touch}
    former = {
        name.casefold()
        for environment in desired.environments
        if (found := ledger.verified(spot(desired.name, environment.name))) is not None
        for name in found.record.never_touch
    }
    verdict = Verdict(
        Risk.WEAKENS, "never_touch no longer keeps envsync from changing or deleting it", Origin.CONFIG
    )
    field = FieldChange("never_touch", before=True, after=False)
    return Plan(
        "",
        changes=tuple(
            Release(Address(str(desired.name), name), verdict, field)
            for name in live.environment_names
            if name.casefold() in former - kept and scope.holds(name)
        ),
    )


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
        records=tuple(sorted((each for part in parts for each in part.records), key=lambda each: each.at)),
        unmanaged=tuple(sorted((each for part in parts for each in part.unmanaged), key=_unmanaged_listing)),
        unmet=tuple(each for part in parts for each in part.unmet),
        unread=tuple(each for part in parts for each in part.unread),
        warnings=tuple(each for part in parts for each in part.warnings),
    )


def _listing(change: Change) -> tuple[Address, int, str, str, int]:
    seen = view(change)
    origin = list(Origin).index(change.verdict.origin)
    return change.at, list(Kind).index(seen.kind), seen.name or "", seen.action, origin


def _unmanaged_listing(unmanaged: Unmanaged) -> tuple[Address, int, str]:
    return unmanaged.at, list(Kind).index(unmanaged.kind), unmanaged.name or ""
