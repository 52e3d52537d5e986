"""Whose token goes with a request? It may depend on whom the request is about, and end while envsync runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias
from urllib.parse import unquote

if TYPE_CHECKING:
    from envsync.github.connection import Access
    from envsync.model import SecretValue

Scheme: TypeAlias = Literal["token", "Bearer"]


@dataclass(frozen=True, slots=True)
class Place:
    """Whom a request is about: an owner, or one of its repositories."""

    owner: str
    repository: str | None = None

    def __str__(self) -> str:
        return self.owner if self.repository is None else f"{self.owner}/{self.repository}"

    @property
    def key(self) -> str:
        return str(self).casefold()


def place_of(path: str) -> Place | None:
    """None for paths that name no owner, such as `/repositories/7`, or `/users/lead`, where anybody may look."""
    match path.split("/"):
        case ["", "repos", owner, name, *_]:
            return Place(unquote(owner), unquote(name))
        case ["", "orgs", owner, *_] | ["", "users", owner, _, *_]:
            return Place(unquote(owner))
        case _:
            return None


class Bearer(Protocol):
    """Threads may share it. `place` is None as long as a connection has asked about nobody."""

    @property
    def source(self) -> str:
        """As a person would name it, after "the token from"."""
        ...

    @property
    def scheme(self) -> Scheme:
        """GitHub takes a JSON web token as `Bearer` only."""
        ...

    @property
    def lasts(self) -> bool:
        """Whether the next run may have the same token: GitHub's ETags hold for one token each."""
        ...

    def token_for(self, place: Place | None, access: Access) -> SecretValue:
        """The same object as long as it is the same token. `access` is how to get one, where that takes requests.

        Raises `RequestFailed` where there is none for this place, `CredentialError` where there is none at all.
        """
        ...

    def account(self, place: Place | None) -> str:
        """Requests of one account share GitHub's limits, whatever token they go with; after `token_for`."""
        ...

    def renewed(self, place: Place | None, used: SecretValue) -> bool:
        """After GitHub refused a token: whether `token_for` has another one now."""
        ...

    def advice(self, place: Place | None, permission: str | None) -> str | None:
        """What to do where GitHub does not permit something; None: nothing that is not known from elsewhere."""
        ...
