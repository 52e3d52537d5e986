"""Who asks, which repository they mean, and whether they may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from envsync.sandbox.exchange import DOCUMENTATION, EarlyReply, Reply, failure, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.sandbox.state import Repository, State, Token

LEVELS = ("read", "write")


@dataclass(frozen=True, slots=True)
class Needs:
    """The permission that an endpoint asks for, or another one that does as well."""

    permission: str
    level: Literal["read", "write"] = "read"
    alternative: str | None = None

    @property
    def header(self) -> Mapping[str, str]:
        accepted = "; ".join(f"{one}={self.level}" for one in self._names)
        return {"x-accepted-github-permissions": accepted}

    def are_met_by(self, token: Token) -> bool:
        wanted = LEVELS.index(self.level)
        held = (token.permissions.get(one) for one in self._names)
        return any(level in LEVELS and LEVELS.index(level) >= wanted for level in held)

    @property
    def _names(self) -> tuple[str, ...]:
        return (self.permission,) if self.alternative is None else (self.permission, self.alternative)


def is_of(token: Token, account: str) -> bool:
    return token.account is None or token.account.casefold() == account.casefold()


def covers(token: Token, repository: Repository) -> bool:
    if not is_of(token, repository.owner):
        return False
    return token.repositories is None or repository.is_among(token.repositories)


def may_see(token: Token, repository: Repository) -> bool:
    return not repository.private or covers(token, repository)


def check(token: Token, needs: Needs | None, repository: Repository | None, organization: str | None) -> None:
    """What is public outside the token's reach can be looked at, and no more than that."""
    elsewhere = organization is not None and not is_of(token, organization)
    outside = elsewhere or (repository is not None and not covers(token, repository))
    if needs is None or (needs.are_met_by(token) and not (outside and needs.permission != "metadata")):
        return
    raise not_accessible(needs.header)


def not_accessible(headers: Mapping[str, str] | None = None) -> EarlyReply:
    return failure(403, "Resource not accessible by integration", headers)


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
