"""Where is GitHub? Which addresses are its own, and may a token go there?"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, urljoin, urlsplit

from envsync.errors import ConfigError, Diagnostic

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_API_URL = "https://api.github.com"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_EXAMPLES = "https://api.github.com, or https://HOST/api/v3 for GitHub Enterprise Server"


def api_url(option: str | None, environ: Mapping[str, str]) -> str:
    """The API's address: `--api-url`, else `GITHUB_API_URL`, else github.com's.

    Scheme and host are in lower case, and there is no trailing slash.
    """
    if option is not None:
        return _checked(option, "--api-url")
    if environ.get("GITHUB_API_URL"):
        return _checked(environ["GITHUB_API_URL"], "GITHUB_API_URL")
    return DEFAULT_API_URL


def is_loopback(url: str) -> bool:
    """Whether the address stays on this machine, so that nobody on the way can listen."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def web_host(url: str) -> str:
    """The host that people and `gh` know: `github.com` for `https://api.github.com`."""
    return (urlsplit(url).hostname or "").removeprefix("api.")


@dataclass(frozen=True, slots=True)
class Target:
    """A path under the API's address, percent-encoded, and its query."""

    path: str
    query: tuple[tuple[str, str], ...] = ()


def target_of(link: str, *, api_url: str) -> Target | None:
    """What a link or redirect of GitHub's names under the API's address; None where it leads elsewhere.

    A link to another scheme, host, port or path prefix would take the token with it.
    """
    try:
        base, there = urlsplit(api_url), urlsplit(urljoin(api_url + "/", link))
        if _origin(there) != _origin(base) or not there.path.startswith(base.path + "/"):
            return None
    except ValueError:
        return None
    return Target(there.path.removeprefix(base.path), tuple(parse_qsl(there.query, keep_blank_values=True)))


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _checked(url: str, source: str) -> str:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        raise _unusable(source, "is not a URL") from None
    if parts.username is not None or parts.password is not None:
        raise _unusable(source, "has credentials in it")
    if (
        parts.scheme not in _DEFAULT_PORTS
        or not parts.hostname
        or not url.isascii()
        or not url.isprintable()
        or " " in url
    ):
        raise _unusable(source, "is not an http or https URL")
    if parts.query or parts.fragment:
        raise _unusable(source, "has a query or a fragment")
    if parts.scheme == "http" and not is_loopback(url):
        raise ConfigError(
            Diagnostic(
                "insecure-api-url",
                f"{source} would send the token to {parts.hostname} unencrypted",
                hint="use https; plain http is for a server on this machine only",
            )
        )
    # One server has one address: records are bound to it.
    return parts._replace(netloc=parts.netloc.lower()).geturl().rstrip("/")


def _unusable(source: str, fault: str) -> ConfigError:
    # The address itself is not repeated: it may hold a password.
    return ConfigError(Diagnostic("invalid-api-url", f"{source} {fault}", hint=f"give something like {_EXAMPLES}"))
