"""Which token speaks for the user, and where does it come from?"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.errors import CredentialError, Diagnostic
from envsync.github.server import web_host
from envsync.model import SecretValue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VARIABLES = ("GH_TOKEN", "GITHUB_TOKEN")
_GH_TIMEOUT = 10.0  # seconds: gh may have to ask a locked key ring


@dataclass(frozen=True, slots=True)
class Credential:
    token: SecretValue
    source: str  # as a person would name it: `GH_TOKEN`, `gh auth token`


def find(environ: Mapping[str, str], *, api_url: str, gh: Callable[[str], str | None]) -> Credential:
    """The first of `GH_TOKEN`, `GITHUB_TOKEN` and what `gh` has stored for the server's host.

    An empty variable counts as none: Actions turns a missing secret into one.
    """
    host = web_host(api_url)
    for variable in _VARIABLES:
        if environ.get(variable):
            return _checked(environ[variable], variable)
    token = gh(host)
    if token:
        return _checked(token, "gh auth token")
    raise CredentialError(
        Diagnostic(
            "no-credential",
            f"there is no token for {host}",
            hint=f"set GH_TOKEN or GITHUB_TOKEN, or log in with: gh auth login --hostname {host}",
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


def _checked(token: str, source: str) -> Credential:
    """A token goes into a header: anything but visible ASCII there would break it, or add headers."""
    if not all("!" <= character <= "~" for character in token):
        raise CredentialError(
            Diagnostic(
                "malformed-credential",
                f"the token from {source} contains white space, a line break or a character that no token has",
                hint=f"set {source} to the bare token, without quotes or a trailing newline"
                if source in _VARIABLES
                else "log in again with: gh auth login",
            )
        )
    return Credential(SecretValue(token.encode("ascii")), source)
