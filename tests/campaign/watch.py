"""What an apply did to the sandbox, moment by moment, held against the promises."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from support.deployments import succeeding
from support.states import NAMES, REPOSITORY

from campaign.draw import NEVER_TOUCHED
from envsync.model import (
    Field,
    LiveEnvironment,
    LivePattern,
    LiveRule,
    Pattern,
    RefPolicy,
    RefType,
    Settings,
    Team,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from support.deployments import Attempt

    from envsync.model import DesiredRepository, Reviewer
    from envsync.sandbox import Exchange, State
    from envsync.sandbox.state import Environment

_POLICIES = {"all": RefPolicy.ALL, "protected": RefPolicy.PROTECTED, "custom": RefPolicy.SELECTED}
_SECRET_WRITTEN = (201, 204)

Deployers = dict[str, "AbstractSet[Attempt]"]  # environment -> whose attempts get through


def environment_of(state: State, found: Environment) -> LiveEnvironment:
    """The sandbox's own bookkeeping as envsync's noun, without asking envsync."""
    protection = found.protection
    logins = {account.id: account.login for account in state.accounts.values()}
    teams = {team.id: Team(team.organization, team.slug) for team in state.teams.values()}
    slugs = {app.id: app.slug for app in state.apps.values()}
    reviewers: list[Reviewer] = [
        teams[each.id] if each.type == "Team" else User(logins[each.id]) for each in protection.reviewers
    ]
    return LiveEnvironment(
        found.name,
        found.id,
        Settings(
            tuple(reviewers),
            protection.wait_timer,
            protection.prevent_self_review,
            protection.can_admins_bypass,
            _POLICIES[protection.policy.value],
        ),
        patterns=tuple(
            LivePattern(each.id, Pattern(RefType(each.type), each.name)) for each in found.patterns.values()
        ),
        protection_rules=tuple(
            LiveRule(each.id, slugs[each.app_id]) for each in found.rules.values() if each.enabled
        ),
    )


def deployers(state: State) -> Deployers:
    environments = state.repository(str(REPOSITORY)).environments
    found = {name.casefold(): environments.get(name.casefold()) for name in NAMES}
    return {
        name: succeeding(None if each is None else environment_of(state, each)) for name, each in found.items()
    }


@dataclass(slots=True)
class Watch:
    """An observer. `also` are states that somebody else made on purpose, so that they are nobody's gap."""

    before: Deployers
    bystanders: Callable[[], object]
    untouched: object
    moments: list[tuple[str, Deployers]] = field(default_factory=list)
    secrets: list[tuple[str, str, AbstractSet[Attempt]]] = field(default_factory=list)
    also: list[Deployers] = field(default_factory=list)
    exchanges: list[tuple[str, str]] = field(default_factory=list)  # method and path
    faults: int = 0
    problems: list[str] = field(default_factory=list)

    def __call__(self, exchange: Exchange) -> None:
        self.exchanges.append((exchange.method, exchange.path))
        self.faults += exchange.fault is not None
        if exchange.method == "GET":
            return
        now, call = deployers(exchange.state), f"{exchange.method} {unquote(exchange.path)}"
        self.moments.append((call, now))
        if self.bystanders() != self.untouched:
            self.problems.append(f"touched what nobody declared: {call}")
        head, is_secret, _ = exchange.path.partition("/secrets/")
        if exchange.method == "PUT" and is_secret and exchange.status in _SECRET_WRITTEN:
            name = unquote(head.rpartition("/")[2]).casefold()
            self.secrets.append((call, name, now[name]))

    def gaps(self, after: Deployers) -> list[str]:
        """Where somebody got through whom neither state allows, or a secret entered what was too weak."""
        found = []
        for call, now in self.moments:
            for name, through in now.items():
                allowed = self.before[name] | after[name] | {who for each in self.also for who in each[name]}
                if not through <= allowed:
                    found.append(f"gap in {name} after {call}")
        found += [
            f"{call} while {name} is weaker than it will be"
            for call, name, through in self.secrets
            if not through <= after[name]
        ]
        return list(dict.fromkeys(found))


def bystanders(state: State, desired: DesiredRepository) -> object:
    """A copy of all that an apply of `desired` must not touch."""
    declared = {each.name.casefold(): each for each in desired.environments}
    ours = state.repository(str(REPOSITORY))
    kept: dict[str, object] = {
        key: environment
        for key, environment in ours.environments.items()
        if key not in declared and (not desired.prune or key == NEVER_TOUCHED)
    }
    for key, wanted in declared.items():
        there = ours.environments.get(key)
        if there is None:
            continue
        if not wanted.prune or Field.VARIABLES in wanted.ignore:
            kept |= {f"{key} {name}": one for name, one in there.variables.items() if name not in wanted.variables}
        if not wanted.prune or Field.SECRETS in wanted.ignore:
            kept |= {f"{key} {name}!": one for name, one in there.secrets.items() if name not in wanted.secrets}
    others = {key: value for key, value in state.repositories.items() if value is not ours}
    return deepcopy((kept, others, state.accounts, state.teams, state.apps))
