"""What the embedded GitHub knows. Mutable on purpose: a test may change anything between two requests."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

READER_TOKEN = "sandbox-reader"  # noqa: S105 - names of tokens that open nothing but a sandbox
WORKFLOW_TOKEN = "sandbox-workflow"  # noqa: S105
FULL_TOKEN = "sandbox"  # noqa: S105
RECORD_KEY = "73616e64626f78" * 5  # known to everybody, and so good for nothing but the sandbox
SERVICE_LOGIN = "sandbox"  # whom the tokens belong to

_FIRST_ID = 1000


class Plan(StrEnum):
    """What an owner pays for. It decides which protections a private repository can have."""

    FREE = "free"
    PRO = "pro"
    TEAM = "team"
    ENTERPRISE = "enterprise"


class Role(StrEnum):
    """What a user or a team may do in a repository, weakest first."""

    PULL = "pull"
    TRIAGE = "triage"
    PUSH = "push"
    MAINTAIN = "maintain"
    ADMIN = "admin"


class PolicyMode(StrEnum):
    """Which refs may deploy: GitHub's `deployment_branch_policy`, of which `all` is its null."""

    ALL = "all"
    PROTECTED = "protected"
    CUSTOM = "custom"


AccountType = Literal["User", "Organization"]
ReviewerType = Literal["User", "Team"]
PatternType = Literal["branch", "tag"]
RuleType = Literal["wait_timer", "required_reviewers", "branch_policy"]


@dataclass(slots=True)
class Account:
    id: int
    login: str
    type: AccountType
    created_at: str
    plan: Plan = Plan.ENTERPRISE


@dataclass(slots=True)
class Team:
    id: int
    organization: str
    slug: str
    created_at: str
    members: list[str] = field(default_factory=list)  # logins


@dataclass(slots=True)
class App:
    """A GitHub App that offers a custom deployment protection rule."""

    id: int
    slug: str
    created_at: str


@dataclass(slots=True)
class Token:
    value: str
    login: str
    permissions: dict[str, str]  # permission -> read | write
    repositories: list[str] | None = None  # full names of those it covers; None: all


@dataclass(frozen=True, slots=True)
class Reviewer:
    type: ReviewerType
    id: int


@dataclass(slots=True)
class Protection:
    """What one `PUT` of an environment sets. The defaults are GitHub's."""

    wait_timer: int = 0  # minutes
    reviewers: list[Reviewer] = field(default_factory=list)
    prevent_self_review: bool = False
    can_admins_bypass: bool = True
    policy: PolicyMode = PolicyMode.ALL


@dataclass(slots=True)
class Pattern:
    id: int
    type: PatternType
    name: str


@dataclass(slots=True)
class ProtectionRule:
    """A custom rule: the App that has to agree to a deployment."""

    id: int
    app_id: int
    enabled: bool = True


@dataclass(slots=True)
class Variable:
    name: str
    value: str
    created_at: str
    updated_at: str


@dataclass(slots=True)
class Secret:
    """All that is kept of a secret. There is no place for its value."""

    name: str
    created_at: str
    updated_at: str


@dataclass(slots=True)
class Environment:
    id: int
    name: str
    created_at: str
    updated_at: str  # stays when only the rules change
    protection: Protection = field(default_factory=Protection)
    rule_ids: dict[RuleType, int] = field(default_factory=dict)
    revision: int = 0  # how often it was put
    patterns: dict[int, Pattern] = field(default_factory=dict)
    rules: dict[int, ProtectionRule] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)  # key: upper case
    secrets: dict[str, Secret] = field(default_factory=dict)  # key: upper case


@dataclass(slots=True)
class Repository:
    id: int
    owner: str
    name: str
    created_at: str
    private: bool = True
    archived: bool = False
    fork: bool = False
    users: dict[str, Role] = field(default_factory=dict)  # key: casefolded login
    teams: dict[str, Role] = field(default_factory=dict)  # key: casefolded slug, of the owner's teams
    former_names: list[str] = field(default_factory=list)  # full names
    environments: dict[str, Environment] = field(default_factory=dict)  # key: casefolded name

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(slots=True)
class State:
    """Everything. Keys are casefolded: logins, `org/slug`, slugs of Apps, `owner/name`; tokens are as they are."""

    accounts: dict[str, Account] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    key_seed: str = ""  # hex; the key pairs of all environments are derived from it
    last_id: int = _FIRST_ID

    def new_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def repository(self, full_name: str) -> Repository:
        return self.repositories[full_name.casefold()]

    def environment(self, full_name: str, name: str) -> Environment:
        return self.repository(full_name).environments[name.casefold()]

    def account(self, login: str) -> Account | None:
        return self.accounts.get(login.casefold())

    def team(self, organization: str, slug: str) -> Team | None:
        return self.teams.get(f"{organization}/{slug}".casefold())

    def app_of_id(self, number: int) -> App | None:
        return next((app for app in self.apps.values() if app.id == number), None)

    def repository_of_id(self, number: int) -> Repository | None:
        return next((one for one in self.repositories.values() if one.id == number), None)

    def formerly(self, full_name: str) -> Repository | None:
        """The repository that once had this name, and has another one now."""
        key = full_name.casefold()
        return next(
            (
                one
                for one in self.repositories.values()
                if any(name.casefold() == key for name in one.former_names)
            ),
            None,
        )

    def rename(self, full_name: str, new_name: str) -> None:
        """Renames a repository as its admin would. The old name leads to the new one from now on."""
        repository = self.repositories.pop(full_name.casefold())
        repository.former_names.append(repository.full_name)
        repository.name = new_name
        self.repositories[repository.full_name.casefold()] = repository


def new_state(created_at: str) -> State:
    """A GitHub with one user, who holds the three tokens."""
    state = State(key_seed=secrets.token_hex(32))
    state.accounts[SERVICE_LOGIN] = Account(state.new_id(), SERVICE_LOGIN, "User", created_at)
    read, write = "read", "write"
    for value, permissions in (
        (FULL_TOKEN, {"administration": write, "environments": write, "actions": write, "members": read}),
        (READER_TOKEN, {"administration": read, "environments": read, "actions": read}),
        (WORKFLOW_TOKEN, {"actions": read}),
    ):
        state.tokens[value] = Token(value, SERVICE_LOGIN, {**permissions, "metadata": read})
    return state


def role_of_user(state: State, repository: Repository, login: str) -> Role | None:
    """The strongest that a user holds: by owning the repository, as a collaborator, or as a team's member."""
    key = login.casefold()
    if repository.owner.casefold() == key:
        return Role.ADMIN
    own = repository.users.get(key)
    through_teams = [
        role
        for slug, role in repository.teams.items()
        if (team := state.team(repository.owner, slug)) is not None
        and any(member.casefold() == key for member in team.members)
    ]
    ranking = list(Role)
    return max([role for role in (own, *through_teams) if role is not None], key=ranking.index, default=None)


def role_of_team(repository: Repository, team: Team) -> Role | None:
    """A team has access to repositories of its own organization alone."""
    if team.organization.casefold() != repository.owner.casefold():
        return None
    return repository.teams.get(team.slug.casefold())
