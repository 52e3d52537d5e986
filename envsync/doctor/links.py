"""Where is it done? Pages of the server's, which only those who know its address can name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from envsync.model import RepositoryName, Team


class Links(Protocol):
    """Of the server at hand, for the credential and the command at hand. Pure: nothing is asked."""

    def new_token(self, owner: str | None) -> str:
        """For a new fine-grained token, with what the command needs filled in. None: the user's own."""
        ...

    def permissions(self, owner: str | None) -> str:
        """Where the credential at hand gets another permission: the App's page, the list of tokens."""
        ...

    def settings(self, repository: RepositoryName) -> str:
        """Of the repository: visibility, archiving."""
        ...

    def access(self, repository: RepositoryName) -> str:
        """Who has which role in it."""
        ...

    def environments(self, repository: RepositoryName) -> str: ...

    def apps(self, repository: RepositoryName) -> str:
        """Which Apps are installed on it."""
        ...

    def file(self, repository: RepositoryName, path: str, line: int | None) -> str:
        """On its default branch."""
        ...

    def team(self, team: Team) -> str:
        """Its members."""
        ...

    def plan(self, owner: str, *, is_organization: bool) -> str:
        """What the owner pays for."""
        ...
