"""Which App a JSON Web Token speaks for, and whether it does so now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jwt import PyJWS, PyJWTError

from envsync.sandbox.exchange import failure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from envsync.sandbox.exchange import EarlyReply
    from envsync.sandbox.state import App, State

_AHEAD = 60  # seconds that the App's clock may be ahead of ours
_LONGEST = 600  # seconds from now that it may be good for
_PARTS = 3


def is_assertion(value: str) -> bool:
    """By its form: what is in it may be anything."""
    return value.count(".") == _PARTS - 1


def app_of_assertion(state: State, value: str, now: datetime) -> App:
    app = state.app_of_issuer(_issuer(_claims(value, None)))
    if app is None:
        raise failure(404, "Integration not found")
    if not app.public_key:
        raise failure(401, "Integration must generate a public key")
    _check_times(_claims(value, app.public_key), now.timestamp())
    return app


def not_decoded() -> EarlyReply:
    return failure(401, "A JSON web token could not be decoded")


def _claims(value: str, public_key: str | None) -> Mapping[str, object]:
    """Without a key nothing is verified: who signed stands inside."""
    jws = PyJWS(algorithms=["RS256"])
    try:
        if public_key is None:
            payload = jws.decode(value, options={"verify_signature": False})
        else:
            payload = jws.decode(value, public_key, algorithms=["RS256"])
        claims = json.loads(payload)
    except (PyJWTError, ValueError, RecursionError):
        raise not_decoded() from None
    if not isinstance(claims, dict):
        raise not_decoded()
    return claims


def _issuer(claims: Mapping[str, object]) -> str:
    issuer = claims.get("iss")
    if isinstance(issuer, bool) or not isinstance(issuer, int | str):
        raise failure(401, "'Issuer' claim ('iss') must be an Integer")
    return str(issuer)


def _check_times(claims: Mapping[str, object], now: float) -> None:
    """By the sandbox's clock."""
    issued, expires = claims.get("iat"), claims.get("exp")
    if isinstance(expires, bool) or not isinstance(expires, int | float) or expires <= now:
        raise failure(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which "
            "the assertion expires",
        )
    if expires > now + _LONGEST:
        raise failure(401, "'Expiration time' claim ('exp') is too far in the future")
    if isinstance(issued, bool) or not isinstance(issued, int) or issued > now + _AHEAD:
        raise failure(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        )
