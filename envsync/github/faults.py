"""Why did no answer come? What urllib3 raises, in plain words and without addresses of objects."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import urllib3.exceptions as u3

from envsync.github.call import Lost

if TYPE_CHECKING:
    from collections.abc import Iterator

_Faults = tuple[type[BaseException], ...]

# The first that fits: the narrow before the wide, since one is wrapped in another.
_BEFORE_SENDING: tuple[tuple[_Faults, str], ...] = (
    ((u3.NameResolutionError,), "the name {host} cannot be resolved"),
    ((ConnectionRefusedError,), "{host} refuses connections"),
    ((u3.NewConnectionError,), "{host} cannot be reached"),  # to urllib3 a kind of ConnectTimeoutError
    ((u3.ConnectTimeoutError,), "{host} cannot be reached in time"),
)
_AFTER_SENDING: tuple[tuple[_Faults, str], ...] = (
    ((u3.ReadTimeoutError,), "GitHub did not answer in time"),
    ((ssl.SSLError, u3.SSLError), "the encrypted connection to {host} failed"),
    ((u3.DecodeError,), "GitHub's answer could not be decompressed"),
    ((u3.ProtocolError, OSError), "the connection was cut off before the answer was complete"),
)
_ABOUT_CERTIFICATES = (
    "if your own authority has signed it, have REQUESTS_CA_BUNDLE name a file with its certificate"
)
_BEFORE_THE_TUNNEL = (u3.NewConnectionError, u3.ConnectTimeoutError)


def lost(error: Exception, *, host: str) -> Lost:
    chain = tuple(_causes(error))
    through_proxy = any(isinstance(cause, u3.ProxyError) for cause in chain)
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            whose = "the proxy" if through_proxy else host
            reason = f"the certificate of {whose} is not trusted ({cause.verify_message})"
            return Lost(reason, sent=False, lasting=True, advice=_ABOUT_CERTIFICATES)
    if through_proxy and (refusal := next(filter(_is_refusal, chain), None)) is not None:
        reason, wrong_login = "the proxy did not let the request through", " 407 " in f"{refusal} "
        return Lost(reason, sent=False, lasting=wrong_login, advice=about_proxies(host))
    for faults, sent in ((_BEFORE_SENDING, False), (_AFTER_SENDING, True)):
        for kinds, reason in faults:
            if any(isinstance(cause, kinds) for cause in chain):
                return Lost(reason.format(host=host), sent=sent)
    return Lost(f"the request could not be made ({type(error).__name__})", lasting=True)


def _is_refusal(cause: BaseException) -> bool:
    """Whether there was no tunnel yet. urllib3 blames the proxy also where an answer is lost in it."""
    return isinstance(cause, _BEFORE_THE_TUNNEL) or str(cause).startswith("Tunnel connection failed: ")


def about_proxies(host: str) -> str:
    return f"check the proxy that HTTPS_PROXY names, or have NO_PROXY name {urlsplit(f'//{host}').hostname}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps: as its cause, its context, its `reason`, or among its arguments."""
    pending, seen = [error], set[int]()
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        wrapped = (current.__cause__, current.__context__, getattr(current, "reason", None), *current.args)
        pending += [item for item in wrapped if isinstance(item, BaseException)]
