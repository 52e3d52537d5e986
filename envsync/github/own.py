"""Whose is it? Who the credential speaks for, and whether what stands on GitHub may be envsync's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.errors import FailureKind, RequestFailed

if TYPE_CHECKING:
    from envsync.github.part import Part
    from envsync.github.reader import Reader

_NOT_TOLD = frozenset({FailureKind.NOT_PERMITTED, FailureKind.NOT_FOUND})


def own_login(reader: Reader) -> str | None:
    """None for tokens that are no user's, such as those of an App's installation."""
    try:
        return reader.get("/user", "find out whose the token is").data.member("login").text()
    except RequestFailed as failed:
        if failed.kind not in _NOT_TOLD:
            raise
        return None


class Authors:
    """Tells envsync's own issues and comments from what anybody can write, markers included.

    Those of bots count: an earlier run may have had another credential. GitHub is asked at most once whose this
    one is, and only if there is a person to compare it with.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._asked = False
        self._login: str | None = None

    def is_own(self, part: Part) -> bool:
        user = part.member("user")
        if user.is_null:  # of an account that is no more
            return False
        if user.member("type").text() == "Bot":
            return True
        if not self._asked:
            self._login, self._asked = own_login(self._reader), True
        return self._login is not None and user.member("login").text().casefold() == self._login.casefold()
