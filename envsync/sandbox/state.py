"""What the embedded GitHub knows. Mutable on purpose: a test may change anything between two requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

from envsync.sandbox.deployment_state import Deployment  # noqa: TC001 - for whoever looks the fields up: the codec
from envsync.sandbox.issue_state import Issue, Label
from envsync.sandbox.shared_state import SharedValue  # noqa: TC001 - for the codec as well

if TYPE_CHECKING:
    from collections.abc import Iterable

READER_TOKEN = "sandbox-reader"  # noqa: S105 - names of tokens that open nothing but a sandbox
WORKFLOW_TOKEN = "sandbox-workflow"  # noqa: S105
FULL_TOKEN = "sandbox"  # noqa: S105
RECORD_KEY = "73616e64626f78" * 5  # known to everybody, and so good for nothing but the sandbox
SERVICE_LOGIN = "sandbox"  # whom the tokens belong to
COLLEAGUE_LOGIN = "sandbox-colleague"  # stands in for the others: nobody approves what they started themselves
WORKFLOW_LOGIN = "github-actions[bot]"  # whom a workflow acts as


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


AccountType = Literal["User", "Organization", "Bot"]
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
    actions_secrets: dict[str, SharedValue] = field(default_factory=dict)  # an organization's; key: upper case
    actions_variables: dict[str, SharedValue] = field(default_factory=dict)  # an organization's; key: upper case


@dataclass(slots=True)
class Team:
    id: int
    organization: str
    slug: str
    created_at: str
    members: list[str] = field(default_factory=list)  # logins


@dataclass(slots=True)
class App:
    """A GitHub App: it offers a custom deployment protection rule, signs in with its key, or both."""

    id: int
    slug: str
    created_at: str
    owner: str = ""  # login of the account that it belongs to; empty: the sandbox's own
    name: str = ""  # empty: the slug
    public_key: str = ""  # PEM; without one it cannot sign in
    permissions: dict[str, str] = field(default_factory=dict)  # what it asks for: permission -> read | write

    @property
    def login(self) -> str:
        """As whom it acts."""
        return f"{self.slug}[bot]"

    @property
    def client_id(self) -> str:
        return f"Iv23li{blake2b(str(self.id).encode(), digest_size=7).hexdigest()}"

    @property
    def offers_rule(self) -> bool:
        """An App that has to approve deployments writes to them."""
        return not self.permissions or self.permissions.get("deployments") == "write"


@dataclass(slots=True)
class Installation:
    """An App on an account, with what was granted to it there."""

    id: int
    app_id: int
    account: str  # login
    created_at: str
    permissions: dict[str, str]
    repositories: list[str] | None = None  # full names; None: all of the account's
    suspended: bool = False

    def covers(self, repository: Repository) -> bool:
        return self.account.casefold() == repository.owner.casefold() and (
            self.repositories is None or repository.is_among(self.repositories)
        )


@dataclass(slots=True)
class Token:
    value: str
    login: str
    permissions: dict[str, str]  # permission -> read | write
    repositories: list[str] | None = None  # full names of those it covers; None: all
    expires_at: str | None = None
    installation: int | None = None  # the one that it acts for
    account: str | None = None  # login of the account that all its repositories are of; None: of any
    scopes: list[str] | None = None  # of a classic or an OAuth token: what it says, while `permissions` decide


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
    has_issues: bool = True
    labels: dict[str, Label] = field(default_factory=dict)  # key: casefolded name
    issues: dict[int, Issue] = field(default_factory=dict)  # key: number; pull requests among them
    files: dict[str, str] = field(default_factory=dict)  # path -> text, on the default branch
    actions_secrets: dict[str, Secret] = field(default_factory=dict)  # key: upper case
    actions_variables: dict[str, Variable] = field(default_factory=dict)  # key: upper case
    deployments: dict[int, Deployment] = field(default_factory=dict)  # key: id; oldest first

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def is_among(self, full_names: Iterable[str]) -> bool:
        """By any name that it has or had: what was granted for a repository goes with it."""
        own = {name.casefold() for name in (self.full_name, *self.former_names)}
        return any(name.casefold() in own for name in full_names)


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
    installations: dict[int, Installation] = field(default_factory=dict)
    issued: dict[str, Token] = field(default_factory=dict)  # for an installation, for a while; never on disk

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

    def app_of_issuer(self, issuer: str) -> App | None:
        """By what a JSON Web Token calls it: its id or its client id."""
        return next((app for app in self.apps.values() if issuer in (str(app.id), app.client_id)), None)

    def installations_of(self, app: App) -> list[Installation]:
        return [one for one in self.installations.values() if one.app_id == app.id]

    def token(self, value: str) -> Token | None:
        return self.tokens.get(value) or self.issued.get(value)

    def new_issue(
        self, repository: Repository, title: str, author: str, now: str, *, is_pull_request: bool = False
    ) -> Issue:
        number = max(repository.issues, default=0) + 1
        issue = Issue(self.new_id(), number, title, author, now, now, is_pull_request=is_pull_request)
        repository.issues[number] = issue
        return issue

    def repository_of_id(self, number: int) -> Repository | None:
        return next((one for one in self.repositories.values() if one.id == number), None)

    def formerly(self, full_name: str) -> Repository | None:
        """The repository that once had this name, and has another one now."""
        key = full_name.casefold()
        renamed = (one for one in self.repositories.values() if one.former_names)
        return next((one for one in renamed if key in map(str.casefold, one.former_names)), None)

    def rename(self, full_name: str, new_name: str) -> None:
        """Renames a repository as its admin would. The old name leads to the new one from now on."""
        repository = self.repositories.pop(full_name.casefold())
        repository.former_names.append(repository.full_name)
        repository.name = new_name
        self.repositories[repository.full_name.casefold()] = repository


def bot_of(state: State, app: App, now: str) -> Account:
    """The account that an App acts as. It comes with the App's first installation."""
    found = state.account(app.login)
    if found is None:
        found = state.accounts[app.login.casefold()] = Account(state.new_id(), app.login, "Bot", now)
    return found


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
