"""What GitHub says of a token with each of its answers.

See "Scopes for OAuth apps" on docs.github.com for the scopes. When a personal access token ends is said by
`github-authentication-token-expiration`, which no token of an App's installation comes with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.sandbox.state import Token

# What the path starts with -> the scopes each of which is enough there.
_ACCEPTED = {
    "/repos/": "repo",
    "/repositories/": "repo",
    "/orgs/": "admin:org, read:org, repo, user, write:org",
}


def of_token(token: Token, path: str) -> Mapping[str, str]:
    headers = {}
    if token.scopes is not None:
        accepted = next((scopes for start, scopes in _ACCEPTED.items() if path.startswith(start)), "")
        headers = {"x-oauth-scopes": ", ".join(token.scopes), "x-accepted-oauth-scopes": accepted}
    if token.expires_at is not None and token.installation is None:
        end = token.expires_at.replace("T", " ").replace("Z", " UTC")
        headers["github-authentication-token-expiration"] = end
    return headers
