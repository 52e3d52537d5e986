"""What kind of credential is it, as whom does it act, and how long is it good?"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from envsync.errors import RequestFailed
from envsync.github.attempts import REFUSALS, attempt, unread
from envsync.github.credentials import Credential
from envsync.model import Unread
from envsync.plan.facts import CredentialFacts, CredentialKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.github.bearer import Bearer
    from envsync.github.part import Part
    from envsync.github.reader import Reader
    from envsync.model import SecretValue

# "About authentication to GitHub", section "GitHub's token formats", on docs.github.com.
_PREFIXES = {
    b"github_pat_": CredentialKind.FINE_GRAINED,
    b"ghp_": CredentialKind.CLASSIC,
    b"gho_": CredentialKind.OAUTH,
    b"ghs_": CredentialKind.INSTALLATION,
}
_SCOPES = "x-oauth-scopes"
_EXPIRATION = "github-authentication-token-expiration"
_TIMES = ("%Y-%m-%d %H:%M:%S %Z", "%Y-%m-%d %H:%M:%S %z")  # the first says UTC


class Account:
    """Whose the token is: asked once, and only if somebody wants to know."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._asked = False
        self._told: Part | Unread | None = None

    def told(self) -> Part | Unread | None:
        """What GitHub tells the token of its own account; None: it is nobody's, as an installation's."""
        if not self._asked:
            self._asked = True
            try:
                self._told = self._reader.get("/user", "find out whose the token is").data
            except RequestFailed as failed:
                self._told = None if failed.kind in REFUSALS else unread(failed)
        return self._told

    def login(self) -> str | Unread | None:
        told = self.told()
        if told is None or isinstance(told, Unread):
            return told
        return attempt(lambda: told.member("login").text())


def survey_credential(credential: Bearer, account: Account, headers: Mapping[str, str]) -> CredentialFacts:
    """`headers` are those of an answer to it, if there was one."""
    if not isinstance(credential, Credential):
        return CredentialFacts(CredentialKind.APP, credential.source, None, None, None)
    kind = kind_of(credential.token)
    scopes = _scopes(headers[_SCOPES]) if _SCOPES in headers else None
    if kind is CredentialKind.UNKNOWN and scopes is not None:
        kind = CredentialKind.CLASSIC  # from before tokens had prefixes
    login = None if kind is CredentialKind.INSTALLATION else account.login()
    return CredentialFacts(kind, credential.source, login, scopes, _expires(headers.get(_EXPIRATION, "")))


def kind_of(token: SecretValue) -> CredentialKind:
    text = token.reveal()
    return next((kind for prefix, kind in _PREFIXES.items() if text.startswith(prefix)), CredentialKind.UNKNOWN)


def _scopes(header: str) -> tuple[str, ...]:
    return tuple(filter(None, (scope.strip() for scope in header.split(","))))


def _expires(header: str) -> str | None:
    """ISO 8601, in UTC."""
    for form in _TIMES:
        with suppress(ValueError):
            moment = datetime.strptime(header, form)  # noqa: DTZ007 - the header names its zone
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    return None
