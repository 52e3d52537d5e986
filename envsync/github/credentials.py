"""Who speaks for the user: which App, or which token, and where does it come from?"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from envsync.errors import CredentialError, Diagnostic
from envsync.github.app import app_key
from envsync.github.installations import Installations
from envsync.github.server import web_host
from envsync.model import SecretValue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envsync.github.bearer import Bearer, Place, Scheme
    from envsync.github.connection import Access

_VARIABLES = ("GH_TOKEN", "GITHUB_TOKEN")
_GH = "gh auth token"
_GH_TIMEOUT = 10.0  # seconds: gh may have to ask a locked key ring


@dataclass(frozen=True, slots=True)
class Credential:
    """A `Bearer` with one token, whoever is asked about."""

    token: SecretValue
    source: str  # as a person would name it: `GH_TOKEN`, `gh auth token`
    scheme: ClassVar[Scheme] = "token"

    @property
    def lasts(self) -> bool:
        return True

    def token_for(self, _place: Place | None, _access: Access) -> SecretValue:
        return self.token

    def account(self, _place: Place | None) -> str:
        return self.source

    def renewed(self, _place: Place | None, _used: SecretValue) -> bool:
        return False

    def advice(self, _place: Place | None, _permission: str | None) -> str | None:
        return None


def find(environ: Mapping[str, str], *, api_url: str, gh: Callable[[str], str | None]) -> Bearer:
    """The first of a GitHub App, `GH_TOKEN`, `GITHUB_TOKEN` and what `gh` has stored for the server's host.

    An empty variable counts as none: Actions turns a missing secret into one.
    """
    app = app_key(environ)
    if app is not None:
        return Installations(app)
    host = web_host(api_url)
    for variable in _VARIABLES:
        if environ.get(variable):
            return token_of(environ[variable], variable)
    token = gh(host)
    if token:
        return token_of(token, _GH)
    raise CredentialError(
        Diagnostic(
            "no-credential",
            f"there is no token for {host}",
            hint=f"set GH_TOKEN or GITHUB_TOKEN, or log in with: gh auth login --hostname {host}; "
            "for a GitHub App set ENVSYNC_APP_ID and ENVSYNC_APP_PRIVATE_KEY",
        )
    )


def gh_token(host: str) -> str | None:
    """What `gh auth token` prints for a host; None when gh is not installed, not logged in, or does not answer."""
    program = shutil.which("gh")
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the host is an argument of its own, no shell is involved
            [program, "auth", "token", "--hostname", host],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GH_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    return done.stdout.decode("utf-8", errors="replace").strip() or None


def token_of(token: str, source: str) -> Credential:
    """A token goes into a header: anything but visible ASCII there would break it, or add headers."""
    if not all("!" <= character <= "~" for character in token):
        raise CredentialError(
            Diagnostic(
                "malformed-credential",
                f"the token from {source} contains white space, a line break or a character that no token has",
                hint="log in again with: gh auth login"
                if source == _GH
                else f"set {source} to the bare token, without quotes or a trailing newline",
            )
        )
    return Credential(SecretValue(token.encode("ascii")), source)
