"""Where is it done? Pages of GitHub's, those that take values in their address with all filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

from envsync.github.permissions import in_words as as_shown
from envsync.github.server import web_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.model import RepositoryName, Team

Level: TypeAlias = Literal["read", "write"]

# Parameters and API call permissions by these names.
PERMISSIONS: Mapping[Literal["reading", "writing"], Mapping[str, Level]] = {
    "reading": {"actions": "read", "environments": "read", "metadata": "read"},
    "writing": {"actions": "read", "administration": "write", "environments": "write", "metadata": "read"},
}
TEAMS: Mapping[str, Level] = {"members": "read"}  # of the organization: to find and check teams that review
ISSUES: Mapping[str, Level] = {"issues": "write"}  # for `drift --report issue`
# For what `doctor` looks at besides: workflows, names of secrets and variables, whether anything was deployed.
DOCTOR: Mapping[str, Level] = {
    "actions_variables": "read",
    "administration": "read",
    "contents": "read",
    "deployments": "read",
    "secrets": "read",
}

_LONGEST_NAME = 34  # of an App; a token's may have 40
_DAYS = 90


@dataclass(frozen=True, slots=True)
class Need:
    """What a credential is for. `owner`: an organization; None: the user who opens the page."""

    owner: str | None
    writes: bool
    teams: bool = True
    issues: bool = False
    examines: bool = False  # `doctor` is to look at everything

    @property
    def permissions(self) -> Mapping[str, Level]:
        """The fewest that do; a user has no members to read."""
        return {
            **(DOCTOR if self.examines else {}),
            **PERMISSIONS["writing" if self.writes else "reading"],
            **(TEAMS if self.teams and self.owner is not None else {}),
            **(ISSUES if self.issues else {}),
        }

    @property
    def name(self) -> str:
        """Unique on the whole server it has to be for an App: hence the owner in it."""
        end = "-writer" if self.writes else "-reader"
        return (
            f"envsync-{self.owner}"[: _LONGEST_NAME - len(end)].rstrip("-") + end
            if self.owner
            else f"envsync{end}"
        )

    @property
    def description(self) -> str:
        deed = "compares and changes" if self.writes else "compares"
        return f"envsync: {deed} deployment environments with what is declared as code"


def in_words(permission: str, level: Level) -> str:
    """As GitHub's pages have it."""
    of = " (of the organization)" if permission in TEAMS else ""
    return f"{as_shown(permission)}: {level}{of}"


def app_link(api_url: str, need: Need) -> str:
    """The page for a new App. After "Registering a GitHub App using URL parameters" on docs.github.com."""
    query = {
        "name": need.name,
        "description": need.description,
        # GitHub wants a home page: that of whoever the App is for.
        "url": "/".join(filter(None, (_web(api_url), need.owner))),
        "public": "false",
        "webhook_active": "false",
        **need.permissions,
    }
    return f"{_settings(api_url, need.owner)}/apps/new?{urlencode(query)}"


def token_link(api_url: str, need: Need) -> str:
    """The page for a new fine-grained token. Elsewhere than on github.com it may open empty.

    After "Pre-filling fine-grained personal access token details using URL parameters" on docs.github.com.
    """
    target = {} if need.owner is None else {"target_name": need.owner}
    query = {
        "name": need.name,
        "description": need.description,
        **target,
        "expires_in": str(_DAYS),
        **need.permissions,
    }
    return f"{_web(api_url)}/settings/personal-access-tokens/new?{urlencode(query)}"


def installation_link(api_url: str, slug: str) -> str:
    """The page where an App is installed, for whichever owner."""
    kind = "github-apps" if _is_enterprise_server(api_url) else "apps"
    return f"{_web(api_url)}/{kind}/{quote(slug, safe='')}/installations/new"


def app_settings_link(api_url: str, organization: str | None, slug: str, page: str = "") -> str:
    """The App's own page, or one of those under it; None: the App is a user's."""
    return "/".join(filter(None, (_settings(api_url, organization), "apps", quote(slug, safe=""), page)))


def tokens_link(api_url: str, *, fine_grained: bool) -> str:
    """The user's tokens, each with what it may do."""
    return f"{_settings(api_url, None)}/{'personal-access-tokens' if fine_grained else 'tokens'}"


def repository_settings_link(api_url: str, repository: RepositoryName) -> str:
    return f"{_page(api_url, repository)}/settings"


def access_link(api_url: str, repository: RepositoryName) -> str:
    """Who has which role in it."""
    return f"{_page(api_url, repository)}/settings/access"


def environments_link(api_url: str, repository: RepositoryName) -> str:
    return f"{_page(api_url, repository)}/settings/environments"


def repository_apps_link(api_url: str, repository: RepositoryName) -> str:
    """Which Apps are installed on it."""
    return f"{_page(api_url, repository)}/settings/installations"


def file_link(api_url: str, repository: RepositoryName, file: str, line: int | None = None) -> str:
    """A file on the default branch."""
    place = "" if line is None else f"#L{line}"
    return f"{_page(api_url, repository)}/blob/HEAD/{quote(file)}{place}"


def team_link(api_url: str, team: Team) -> str:
    """Who is in it."""
    return f"{_web(api_url)}/orgs/{quote(team.organization, safe='')}/teams/{quote(team.slug, safe='')}/members"


def billing_link(api_url: str, organization: str | None) -> str:
    """What an organization pays for; None: the user who opens the page."""
    return f"{_settings(api_url, organization)}/billing"


def issue_link(api_url: str, repository: RepositoryName, number: int) -> str:
    return f"{_page(api_url, repository)}/issues/{number}"


def _page(api_url: str, repository: RepositoryName) -> str:
    return f"{_web(api_url)}/{quote(repository.owner, safe='')}/{quote(repository.name, safe='')}"


def _settings(api_url: str, organization: str | None) -> str:
    web = _web(api_url)
    return (
        f"{web}/settings"
        if organization is None
        else f"{web}/organizations/{quote(organization, safe='')}/settings"
    )


def _web(api_url: str) -> str:
    return f"https://{web_host(api_url)}"


def _is_enterprise_server(api_url: str) -> bool:
    """Its API is under the path /api/v3 of the host that people know, github.com's has a host of its own."""
    return bool(urlsplit(api_url).path.strip("/"))
