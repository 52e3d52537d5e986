"""Which installation of a GitHub App speaks for an owner, and with which token?"""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from envsync.errors import CredentialError, FailureKind, RequestFailed
from envsync.github import app_refusals as refusals
from envsync.github.bearer import Place
from envsync.github.call import Answer, Call, path
from envsync.github.connection import Connection
from envsync.github.http_date import http_date
from envsync.github.server import Target
from envsync.model import SecretValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.github.app import AppKey
    from envsync.github.app_refusals import App, Installation
    from envsync.github.bearer import Scheme
    from envsync.github.call import Exchange
    from envsync.github.connection import Access, Received
    from envsync.github.part import Part

_MARGIN = 300.0  # seconds before its end at which a token is replaced; at most half of its life
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404


@dataclass(frozen=True, slots=True)
class _Issued:
    token: SecretValue
    until: float  # on the stopwatch


@dataclass(frozen=True, slots=True)
class _Signer:
    """A `Bearer` that speaks for the App itself. Tokens are cheap: each request gets its own."""

    key: AppKey
    source: str
    scheme: ClassVar[Scheme] = "Bearer"
    lasts: ClassVar[bool] = False

    def token_for(self, _place: Place | None, access: Access) -> SecretValue:
        return self.key.token(access.effects.now())

    def account(self, _place: Place | None) -> str:
        return self.source

    def renewed(self, _place: Place | None, _used: SecretValue) -> bool:
        return False

    def advice(self, _place: Place | None, _permission: str | None) -> str | None:
        return None


class Installations:
    """A `Bearer` with a token for each owner that the App is installed for.

    The first use asks GitHub who the App is: a wrong id, key or clock is wrong for all owners, and raised as
    `CredentialError`. That it is not installed somewhere, or suspended there, is a `RequestFailed` of that place;
    its kind is never "not found", which would read as if what was asked about did not exist.

    It takes one request for the App, two or three for each owner, and one for each token. Where an installation is
    for selected repositories, it takes one more for each repository: the token alone would read public ones that
    are not among them, and fail in the middle.
    """

    scheme: ClassVar[Scheme] = "token"
    lasts: ClassVar[bool] = False

    def __init__(self, key: AppKey) -> None:
        self.source = f"the GitHub App {key.app_id}"
        self._signer = _Signer(key, self.source)
        self._lock = threading.Lock()
        self._app: App | None = None
        self._installed: dict[str, Installation | None] = {}  # by casefolded owner
        self._held: dict[str, bool] = {}  # by casefolded owner/repository: whether the installation is for it
        self._issued: dict[int, _Issued] = {}  # by the installation's id

    def token_for(self, place: Place | None, access: Access) -> SecretValue:
        if place is None:
            raise refusals.nobody(self.source)
        with self._lock, closing(_Desk(replace(access, credential=self._signer))) as desk:
            installation = self._installation(desk, place)
            issued = self._issued.get(installation.id)
            if issued is None or access.effects.stopwatch() >= issued.until:
                issued = self._issued[installation.id] = self._issue(desk, installation, place)
            return issued.token

    def account(self, place: Place | None) -> str:
        """The installation's: its token is another one each hour. Takes no lock: who has it may be waiting."""
        installation = None if place is None else self._installed.get(place.owner.casefold())
        return "no installation" if installation is None else f"installation {installation.id}"

    def granted(self, place: Place, access: Access) -> Mapping[str, str]:
        """What the App may do there: permission -> read or write. Raises as `token_for` does."""
        with self._lock, closing(_Desk(replace(access, credential=self._signer))) as desk:
            return self._installation(desk, place).permissions

    @property
    def permissions_page(self) -> str | None:
        """Where the App asks for more; None: GitHub has not been asked yet which App it is."""
        return None if self._app is None else self._app.permissions_page

    def renewed(self, place: Place | None, used: SecretValue) -> bool:
        with self._lock:
            installation = None if place is None else self._installed.get(place.owner.casefold())
            issued = None if installation is None else self._issued.get(installation.id)
            if installation is not None and issued is not None and issued.token is used:
                del self._issued[installation.id]
            return installation is not None

    def advice(self, place: Place | None, permission: str | None) -> str | None:
        installation = None if place is None else self._installed.get(place.owner.casefold())
        if self._app is None or installation is None or place is None:
            return None
        return refusals.advice(self._app, installation, place, permission)

    def _signed_in(self, desk: _Desk) -> App:
        if self._app is None:
            try:
                self._app = desk.app()
            except RequestFailed as failed:
                if failed.kind is not FailureKind.NOT_AUTHENTICATED:
                    raise
                raise CredentialError(*failed.diagnostics) from None
        return self._app

    def _installation(self, desk: _Desk, place: Place) -> Installation:
        """Raises unless the App is installed for this very place."""
        app, owner = self._signed_in(desk), place.owner.casefold()
        if owner not in self._installed:
            found = None
            if place.repository is not None:
                found = desk.of_repository(place)
                self._held[place.key] = found is not None
            self._installed[owner] = found or desk.of_owner(place.owner)
        installation = self._installed[owner]
        if installation is None:
            raise refusals.not_installed(app, place)
        if installation.is_suspended:
            raise refusals.suspended(app, installation, place)
        if place.repository is not None and installation.is_selective:
            if place.key not in self._held:
                self._held[place.key] = desk.of_repository(place) is not None
            if not self._held[place.key]:
                raise refusals.not_selected(app, installation, place)
        return installation

    def _issue(self, desk: _Desk, installation: Installation, place: Place) -> _Issued:
        try:
            return desk.token(self._signed_in(desk), installation, place)
        except RequestFailed:
            del self._installed[place.owner.casefold()]  # it may be another one by now, or none
            raise


class _Desk:
    """Where the App asks GitHub as itself; a connection is opened with the first request."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._connection: Connection | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def app(self) -> App:
        found = self._get("/app", f"sign in as {self._source}")
        if found is None:
            raise refusals.unknown_app(self._access)
        return refusals.app_of(found, self._access.api_url)

    def of_repository(self, place: Place) -> Installation | None:
        return self._find(path("repos", place.owner, place.repository or "", "installation"), place)

    def of_owner(self, owner: str) -> Installation | None:
        place = Place(owner)
        return self._find(path("orgs", owner, "installation"), place) or self._find(
            path("users", owner, "installation"), place
        )

    def token(self, app: App, installation: Installation, place: Place) -> _Issued:
        """Its life is measured by the server's own clock, so that a wrong one here does no harm."""
        stopwatch = self._access.effects.stopwatch
        started = stopwatch()
        where = Target(path("app", "installations", installation.id, "access_tokens"))
        purpose = f"get a token for {installation.account} as {self._source}"
        # GitHub makes as many as it is asked for, so one whose answer was lost does no harm.
        exchange = self._open().exchange(Call("POST", where, purpose, harmless=True))
        status = exchange.outcome.status if isinstance(exchange.outcome, Answer) else None
        if status == _NOT_FOUND:
            raise refusals.not_installed(app, place)
        if status == _FORBIDDEN and refusals.says(exchange.outcome, "suspended"):
            raise refusals.suspended(app, installation, place)
        received = self._received(exchange)
        token = received.data.member("token")
        if not all("!" <= character <= "~" for character in token.text()):
            raise token.unexpected("it should be a token")
        life = _time(received.data.member("expires_at")) - self._server_time(received)
        return _Issued(SecretValue(token.text().encode("ascii")), started + life - min(_MARGIN, life / 2))

    @property
    def _source(self) -> str:
        return self._access.credential.source

    def _find(self, where: str, place: Place) -> Installation | None:
        found = self._get(where, f"find the installation of {self._source} for {place}")
        return None if found is None else refusals.installation_of(found)

    def _get(self, where: str, purpose: str) -> Part | None:
        """None where GitHub says that there is no such thing."""
        exchange, _ = self._open().follow(Target(where), purpose)
        if isinstance(exchange.outcome, Answer) and exchange.outcome.status == _NOT_FOUND:
            if refusals.says(exchange.outcome, "integration not found"):
                raise refusals.unknown_app(self._access)
            return None
        return self._received(exchange).data

    def _received(self, exchange: Exchange) -> Received:
        """Whatever goes wrong here, what the token was wanted for was not done."""
        if isinstance(exchange.outcome, Answer) and exchange.outcome.status == _UNAUTHORIZED:
            raise refusals.refused(self._access, exchange.outcome)
        try:
            return self._open().received(exchange)
        except RequestFailed as failed:
            raise RequestFailed(failed.kind, *failed.diagnostics) from None

    def _server_time(self, received: Received) -> float:
        told = http_date(received.headers.get("date", ""))
        return self._access.effects.now() if told is None else told

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = Connection(self._access)
        return self._connection


def _time(part: Part) -> float:
    try:
        moment = datetime.fromisoformat(part.text())
    except ValueError:
        raise part.unexpected("it should be a time") from None
    if moment.tzinfo is None:
        raise part.unexpected("it should be a time with its zone")
    return moment.timestamp()
