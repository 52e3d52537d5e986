"""Which repositories does a pattern mean?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envsync.errors import FailureKind, RequestFailed
from envsync.github.call import path
from envsync.github.own import own_login
from envsync.github.reader import PER_PAGE
from envsync.model import RepositoryName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.github.part import Part
    from envsync.github.reader import Reader


class Owners:
    """Lists the repositories of each owner once, however many patterns there are."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._listed: dict[str, tuple[Part, ...]] = {}  # by casefolded owner

    def repositories(self, owner: str) -> tuple[Part, ...]:
        key = owner.casefold()
        if key not in self._listed:
            self._listed[key] = _repositories(self._reader, owner)
        return self._listed[key]

    @property
    def numbers(self) -> Mapping[str, int]:
        """Of all repositories that were listed, by `RepositoryName.key`, whatever patterns there were."""
        parts = (part for listed in self._listed.values() for part in listed)
        return {_name(part).key: part.member("id").integer() for part in parts}


def expand(owners: Owners, owner: str, pattern: str, *, archived: bool, forks: bool) -> tuple[RepositoryName, ...]:
    """The owner's repositories whose name matches, sorted; of those that the token may see.

    `*` and `?` stand for any text and any character, in any case; all else for itself. `archived` and `forks` take
    those in that are left out otherwise.
    """
    matcher = re.compile("".join(_WILDCARDS.get(c, re.escape(c)) for c in pattern), re.IGNORECASE)
    found = {
        name.key: name
        for part in owners.repositories(owner)
        if matcher.fullmatch((name := _name(part)).name)
        and (archived or not part.member("archived").flag())
        and (forks or not part.member("fork").flag())
    }
    return tuple(found[key] for key in sorted(found))


_WILDCARDS = {"*": ".*", "?": "."}


def _name(part: Part) -> RepositoryName:
    return RepositoryName(part.member("owner").member("login").text(), part.member("name").text())


def _repositories(reader: Reader, owner: str) -> tuple[Part, ...]:
    """An organization's, or a user's: all of them where the token is the user's own, else the public ones.

    With the token of an App's installation, those that it is installed for besides.
    """
    purpose = f"list the repositories of {owner}"
    try:
        return reader.pages(path("orgs", owner, "repos"), None, purpose).items
    except RequestFailed as failed:
        if failed.kind is not FailureKind.NOT_FOUND:
            raise
    login = own_login(reader)
    if (login or "").casefold() == owner.casefold():
        parts = reader.pages("/user/repos", None, purpose, query={**PER_PAGE, "affiliation": "owner"}).items
        # A token may reach repositories of others too, and a server may not know `affiliation`.
        return _of(owner, parts)
    installed = _of(owner, _installed(reader, purpose)) if login is None else ()
    return (*reader.pages(path("users", owner, "repos"), None, purpose).items, *installed)


def _of(owner: str, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple(part for part in parts if _name(part).owner.casefold() == owner.casefold())


def _installed(reader: Reader, purpose: str) -> tuple[Part, ...]:
    """Nothing for a token that is no installation's."""
    try:
        return reader.pages("/installation/repositories", "repositories", purpose).items
    except RequestFailed as failed:
        if failed.kind not in {FailureKind.NOT_PERMITTED, FailureKind.NOT_FOUND}:
            raise
        return ()
