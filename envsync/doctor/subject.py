"""One repository that is looked at: what the file wants of it, and what GitHub said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.doctor.look import Look
from envsync.errors import FailureKind
from envsync.model import Field, LiveRepository, Team
from envsync.plan.goal import goal

if TYPE_CHECKING:
    from envsync.doctor.case import Case
    from envsync.doctor.links import Links
    from envsync.model import DesiredEnvironment, DesiredRepository, LiveEnvironment, Unread
    from envsync.plan.changes import Plan
    from envsync.plan.checkup import Topic
    from envsync.plan.facts import CredentialFacts, RepositoryFacts
    from envsync.plan.strictness import Protection

_NOT_THERE = frozenset({FailureKind.NOT_PERMITTED, FailureKind.NOT_FOUND, FailureKind.NOT_AUTHENTICATED})


@dataclass(frozen=True, slots=True)
class Subject:
    case: Case
    links: Links
    credential: CredentialFacts
    desired: DesiredRepository
    facts: RepositoryFacts

    def look(self, topic: Topic, code: str) -> Look:
        return Look(topic, code, str(self.desired.name))

    @property
    def owner(self) -> str | None:
        """An organization; None: a user."""
        return self.facts.name.owner if self.facts.is_organizations else None

    @property
    def live(self) -> LiveRepository | None:
        return self.facts.live if isinstance(self.facts.live, LiveRepository) else None

    @property
    def plan(self) -> Plan | None:
        """Of all repositories. None, too, where nothing of this one was compared."""
        return None if self.live is None else self.case.plan

    @property
    def has_teams(self) -> bool:
        wanted = (who for each in self.desired.environments for who in each.settings.required_reviewers)
        return any(isinstance(who, Team) for who in wanted)

    def rules_of(self, environment: DesiredEnvironment) -> frozenset[str]:
        """Slugs of Apps that the file wants; none where it leaves them to somebody else."""
        left = Field.DEPLOYMENT_PROTECTION_RULES in environment.ignore
        return frozenset() if left else environment.protection_rules

    def live_of(self, environment: DesiredEnvironment) -> LiveEnvironment | None:
        return None if self.live is None else self.live.environments.get(environment.name.casefold())

    def goal_of(self, environment: DesiredEnvironment) -> Protection:
        """What will protect it, that which the file leaves to somebody else included."""
        return goal(environment, self.live_of(environment)).protection

    def refusal(self, permission: str) -> Unread | None:
        """That GitHub does not let the credential do it. A request that failed otherwise says nothing of that."""
        return next(
            (
                each.refused
                for each in self.facts.probes
                if bare(each.permission) == permission and denies(each.refused)
            ),
            None,
        )


def denies(unread: Unread | None) -> bool:
    return unread is not None and unread.kind in _NOT_THERE


def role_of(facts: RepositoryFacts) -> str | None:
    """As GitHub's pages call it: the API has older names for two of them."""
    return None if facts.role is None else {"push": "write", "pull": "read"}.get(facts.role, facts.role)


def bare(permission: str) -> str:
    """`Members: read (of the organization)` is one and the same."""
    return permission.partition(" (")[0]
