"""Servers that speak TLS: an authority that nobody but the test trusts, and what it has signed."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path


class CountingContext(ssl.SSLContext):
    """Of a server. `greeted`: how many connections came in."""

    greeted = 0

    def wrap_bio(self, *arguments: object, **options: object) -> ssl.SSLObject:
        self.greeted += 1
        return super().wrap_bio(*arguments, **options)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Identity:
    """`bundle`: the certificate of the authority, for those that are to trust the server."""

    context: CountingContext
    bundle: str


def identity(folder: Path, *names: str) -> Identity:
    """For a server that has these names and addresses; of this machine, if none is given."""
    authority = trustme.CA()
    context = CountingContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("127.0.0.1",))).configure_cert(context)
    bundle = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    return Identity(context, str(bundle))
