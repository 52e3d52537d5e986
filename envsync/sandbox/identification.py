"""Who asks: the holder of a token, or an App that signs in with its key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from envsync.sandbox.assertions import app_of_assertion, is_assertion, not_decoded
from envsync.sandbox.exchange import failure, timestamp
from envsync.sandbox.permissions import not_accessible
from envsync.sandbox.state import Token

if TYPE_CHECKING:
    from datetime import datetime

    from envsync.sandbox.call import Call
    from envsync.sandbox.exchange import EarlyReply
    from envsync.sandbox.routes import Endpoint
    from envsync.sandbox.state import App, State


class Asker(Enum):
    """Whom an endpoint answers."""

    TOKEN = auto()  # whatever token; where no permission is needed, an App as well
    USER = auto()
    INSTALLATION = auto()
    APP = auto()


@dataclass(frozen=True, slots=True)
class Identity:
    token: Token
    app: App | None = None  # who signed in in place of a token; `token` may nothing then


def identify(state: State, authorization: str | None, asker: Asker, now: datetime) -> Identity:
    scheme, _, value = (authorization or "").partition(" ")
    value = value.strip()
    if not value:
        raise failure(401, "Requires authentication")
    is_known = scheme.casefold() in ("token", "bearer")
    token = state.token(value) if is_known else None
    if is_known and token is None and is_assertion(value):
        app = app_of_assertion(state, value, now)
        return Identity(_of_app(state, app), app)
    if asker is Asker.APP:
        raise not_decoded()
    if token is None or (token.expires_at is not None and token.expires_at <= timestamp(now)):
        raise failure(401, "Bad credentials")
    return Identity(token if token.installation is None else _of_installation(state, token, token.installation))


def check_asker(call: Call, endpoint: Endpoint) -> None:
    """Raises unless the endpoint answers this one. Of what is not for Apps, one sees what takes no permission."""
    asker, token = endpoint.asker, call.token
    if asker is Asker.APP:
        return
    if call.signed_by is not None and (asker is not Asker.TOKEN or endpoint.needs is not None):
        raise not_accessible()
    if asker is Asker.USER and acts_as_bot(call):
        raise not_accessible()
    if asker is Asker.INSTALLATION and token.installation is None:
        raise failure(
            403,
            "You must authenticate with an installation access token in order to list repositories for an "
            "installation.",
        )


def acts_as_bot(call: Call) -> bool:
    account = call.state.account(call.token.login)
    return account is not None and account.type == "Bot"


def counted_as(token: Token) -> str:
    """All tokens of an installation draw on one limit."""
    return token.value if token.installation is None else f"installation/{token.installation}"


def suspended() -> EarlyReply:
    return failure(403, "This installation has been suspended")


def _of_installation(state: State, token: Token, number: int) -> Token:
    """What the installation covers by now is what its tokens do, the narrowed ones at most."""
    installation = state.installations.get(number)
    if installation is None:
        raise failure(401, "Bad credentials")
    if installation.suspended:
        raise suspended()
    if token.repositories is None:
        return replace(token, repositories=installation.repositories)
    if installation.repositories is None:
        return token
    covered = {name.casefold() for name in installation.repositories}
    return replace(token, repositories=[name for name in token.repositories if name.casefold() in covered])


def _of_app(state: State, app: App) -> Token:
    installations = state.installations_of(app)
    seen = [
        one.full_name for one in state.repositories.values() if any(each.covers(one) for each in installations)
    ]
    return Token(f"app/{app.id}", app.login, {}, seen)
