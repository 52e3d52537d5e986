"""On which pages is it done? Those of the server at hand, for the credential and the command at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.github import links
from envsync.plan.facts import CredentialKind

if TYPE_CHECKING:
    from envsync.model import RepositoryName, Team

_WITH_A_PAGE = {CredentialKind.FINE_GRAINED: True, CredentialKind.CLASSIC: False}


@dataclass(frozen=True, slots=True)
class ServersLinks:
    """`writes`: the command does. `app_page`: where the App at hand gets permissions; None: it is no App."""

    api_url: str
    writes: bool
    kind: CredentialKind | None = None  # None: there is none
    app_page: str | None = None

    def new_token(self, owner: str | None) -> str:
        return links.token_link(self.api_url, links.Need(owner, self.writes, examines=True))

    def permissions(self, owner: str | None) -> str:
        if self.app_page is not None:
            return self.app_page
        if self.kind in _WITH_A_PAGE:
            return links.tokens_link(self.api_url, fine_grained=_WITH_A_PAGE[self.kind])
        return self.new_token(owner)

    def settings(self, repository: RepositoryName) -> str:
        return links.repository_settings_link(self.api_url, repository)

    def access(self, repository: RepositoryName) -> str:
        return links.access_link(self.api_url, repository)

    def environments(self, repository: RepositoryName) -> str:
        return links.environments_link(self.api_url, repository)

    def apps(self, repository: RepositoryName) -> str:
        return links.repository_apps_link(self.api_url, repository)

    def file(self, repository: RepositoryName, path: str, line: int | None) -> str:
        return links.file_link(self.api_url, repository, path, line)

    def team(self, team: Team) -> str:
        return links.team_link(self.api_url, team)

    def plan(self, owner: str, *, is_organization: bool) -> str:
        return links.billing_link(self.api_url, owner if is_organization else None)
