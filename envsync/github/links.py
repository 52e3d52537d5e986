"""Where is it done? Pages of GitHub's, those that take values in their address with all filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

from envsync.github.server import web_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.model import RepositoryName

Level: TypeAlias = Literal["read", "write"]

# Parameters and API call permissions by these names.
PERMISSIONS: Mapping[Literal["reading", "writing"], Mapping[str, Level]] = {
    "reading": {"actions": "read", "environments": "read", "metadata": "read"},
    "writing": {"actions": "read", "administration": "write", "environments": "write", "metadata": "read"},
}
TEAMS: Mapping[str, Level] = {"members": "read"}  # of the organization: to find and check teams that review
ISSUES: Mapping[str, Level] = {"issues": "write"}  # for `drift --report issue`

_LONGEST_NAME = 34  # of an App; a token's may have 40
_DAYS = 90


@dataclass(frozen=True, slots=True)
class Need:
    """What a credential is for. `owner`: an organization; None: the user who opens the page."""

    owner: str | None
    writes: bool
    teams: bool = True
    issues: bool = False

    @property
    def permissions(self) -> Mapping[str, Level]:
        """The fewest that do; a user has no members to read."""
        return {
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
    return f"{permission.replace('_', ' ').capitalize()}: {level}{of}"


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


def issue_link(api_url: str, repository: RepositoryName, number: int) -> str:
    return f"{_web(api_url)}/{repository}/issues/{number}"


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
