"""Environments that no file declares: did somebody, or a workflow that named one, make them with no protection?

GitHub makes an environment that a workflow names and nobody made, and protects it by nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.model import RefPolicy, Unread
from envsync.plan.changes import EnvironmentDelete, Kind, Origin, Risk, UnreadPart
from envsync.plan.differences import counted
from envsync.plan.drift import Deed, Difference
from envsync.plan.environment import RULES_PART
from envsync.plan.ledger import spot
from envsync.plan.moments import shown
from envsync.plan.record import Foreign
from envsync.plan.undeclared import is_undeclared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from envsync.model import DesiredRepository, ListedEnvironment, LiveRepository, Settings
    from envsync.plan.changes import Address, Plan
    from envsync.plan.ledger import Ledger
    from envsync.plan.record import Recorded

_OPEN = (
    "every branch and tag can deploy to it, and nobody has to approve: "
    "GitHub makes such an environment for a workflow that names one that is not there"
)
_NOT_ASKED = Unread("nobody asked what protects it", kind=None)


def environment_looks_open(
    listed: ListedEnvironment, desired: DesiredRepository, holds: Callable[[str], bool]
) -> bool:
    """Whether nothing but custom protection rules, which the list does not show, could tell that it is protected.

    False, too, for an environment that a file declares, that is never touched, or that the run is not about.
    """
    return holds(listed.name) and is_undeclared(desired, listed.name) and lets_everybody_through(listed.settings)


def undeclared_differences(
    plan: Plan,
    desired: Mapping[str, DesiredRepository],
    live: Mapping[str, LiveRepository | Unread],
    ledger: Ledger,
) -> Iterator[Difference | UnreadPart]:
    """`desired` by name as addresses have it. What a file created and dropped is to be applied, and no drift."""
    added = {each.at for each in counted(plan) if isinstance(each, EnvironmentDelete)}
    unmanaged = {each.at for each in plan.unmanaged if each.kind is Kind.ENVIRONMENT}
    for at in sorted(added | unmanaged):
        repository = desired[at.repository].name
        if not _belongs_elsewhere(ledger.recorded.get(spot(repository, at.environment))):
            yield from _one(at, _listed(live[repository.key], at), is_added=at in added)


def _belongs_elsewhere(recorded: Recorded | None) -> bool:
    """Anybody can write that it is another file's; only a record that is signed counts."""
    return isinstance(recorded, Foreign) and recorded.verified is not None


def _listed(live: LiveRepository | Unread, at: Address) -> ListedEnvironment | None:
    return None if isinstance(live, Unread) else live.listed.get(at.environment.casefold())


def _one(at: Address, listed: ListedEnvironment | None, *, is_added: bool) -> Iterator[Difference | UnreadPart]:
    since = None if listed is None or listed.created_at is None else shown(listed.created_at)
    is_open = _NOT_ASKED if listed is None else _opening(listed)
    if isinstance(is_open, Unread):
        failed = is_open.kind is not None
        yield UnreadPart(at.repository, at.environment, RULES_PART, is_open.reason, is_open.hint, failed)
    if is_open is True:
        yield Difference(
            at, Kind.ENVIRONMENT, None, Deed.APPEARED, Origin.OUTSIDE, Risk.WEAKENS, _OPEN, since=since
        )
    elif is_added:
        yield Difference(
            at, Kind.ENVIRONMENT, None, Deed.ADDED, Origin.UNKNOWN, Risk.NEUTRAL, "in no file", since=since
        )


def _opening(listed: ListedEnvironment) -> bool | Unread:
    """Whether nothing protects it. A rule that is switched off keeps nobody out."""
    if not lets_everybody_through(listed.settings):
        return False
    if listed.protection_rules is None:
        return _NOT_ASKED
    if isinstance(listed.protection_rules, Unread):
        return listed.protection_rules
    return not any(rule.enabled for rule in listed.protection_rules)


def lets_everybody_through(settings: Settings) -> bool:
    """That administrators may bypass nothing, or that nobody may approve their own, protects nothing by itself."""
    everybody = not settings.required_reviewers and settings.deployment_branch_policy is RefPolicy.ALL
    return everybody and not settings.wait_timer
