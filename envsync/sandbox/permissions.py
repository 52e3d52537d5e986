"""Who asks, which repository they mean, and whether they may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from envsync.sandbox.exchange import DOCUMENTATION, EarlyReply, Reply, failure, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.sandbox.state import Repository, State, Token

_LEVELS = ("read", "write")


@dataclass(frozen=True, slots=True)
class Needs:
    """The permission that an endpoint asks for."""

    permission: str
    level: Literal["read", "write"] = "read"

    @property
    def header(self) -> Mapping[str, str]:
        return {"x-accepted-github-permissions": f"{self.permission}={self.level}"}


def token_of(state: State, authorization: str | None) -> Token:
    scheme, _, value = (authorization or "").partition(" ")
    if not value:
        raise failure(401, "Requires authentication")
    token = state.tokens.get(value.strip()) if scheme.casefold() in ("token", "bearer") else None
    if token is None:
        raise failure(401, "Bad credentials")
    return token


def holds(token: Token, needs: Needs) -> bool:
    held = token.permissions.get(needs.permission)
    return held in _LEVELS and _LEVELS.index(held) >= _LEVELS.index(needs.level)


def covers(token: Token, repository: Repository) -> bool:
    if token.repositories is None:
        return True
    name = repository.full_name.casefold()
    return any(one.casefold() == name for one in token.repositories)


def may_see(token: Token, repository: Repository) -> bool:
    return not repository.private or covers(token, repository)


def check(token: Token, needs: Needs | None, repository: Repository | None) -> None:
    """A repository outside the token's reach can be looked at if it is public, and no more than that."""
    outside = repository is not None and not covers(token, repository)
    if needs is None or (holds(token, needs) and not (outside and needs.permission != "metadata")):
        return
    raise failure(403, "Resource not accessible by integration", needs.header)


def find_repository(state: State, token: Token, names: Mapping[str, str]) -> Repository:
    """By name or by id. A private repository that the token may not see does not exist for it."""
    if "repository_id" in names:
        number = names["repository_id"]
        found = state.repository_of_id(int(number)) if number.isascii() and number.isdecimal() else None
    else:
        full_name = f"{names['owner']}/{names['repo']}"
        found = state.repositories.get(full_name.casefold()) or state.formerly(full_name)
    if found is None or not may_see(token, found):
        raise not_found()
    return found


def moved(method: str, location: str) -> EarlyReply:
    """A renamed repository: reads are sent on with 301, writes with 307."""
    status, message = (301, "Moved Permanently") if method == "GET" else (307, "Temporary Redirect")
    body = {"message": message, "url": location, "documentation_url": DOCUMENTATION}
    return EarlyReply(Reply(status, body, {"location": location}))
