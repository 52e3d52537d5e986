"""Which permission does a request need?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from envsync.github.call import Method

_GRANT = re.compile(r"([a-z_]{1,60})=(read|write|admin)")
_IS_REPORTED = re.compile(r"/repos/[^/]+/[^/]+/(issues|labels)(/|\Z)")
# What parameters and headers call otherwise than the settings pages do.
NAMES = {"actions_variables": "variables"}
_OF_AN_ENVIRONMENT = 5  # segments before the part: repos, owner, repository, environments, name


def needed(method: Method, path: str, accepted: str | None = None) -> str | None:
    """The permission in the words of GitHub's settings pages; None where every token will do.

    `accepted` is the `x-accepted-github-permissions` of an answer, which knows best: sets of permissions,
    parted by semicolons, any of which is enough. Of issues and comments the level is the one that writing takes:
    envsync reads them in order to write.
    """
    found = _told(accepted or "") or _known(method, path)
    return found.replace(": read", ": write") if found and _IS_REPORTED.match(path) else found


def in_words(permission: str) -> str:
    """As GitHub's pages have it: `Organization administration` for `organization_administration`."""
    return NAMES.get(permission, permission).replace("_", " ").capitalize()


def repository_of(path: str) -> str | None:
    match path.split("/"):
        case ["", "repos", owner, name, *_]:
            return f"{unquote(owner)}/{unquote(name)}"
        case _:
            return None


def _told(accepted: str) -> str | None:
    groups = [
        " and ".join(f"{in_words(name)}: {level}" for name, level in _GRANT.findall(group))
        for group in accepted.split(";")
    ]
    return " or ".join(group for group in groups if group) or None


def _known(method: Method, path: str) -> str | None:
    """After "Permissions required for fine-grained personal access tokens" on docs.github.com."""
    segments = path.strip("/").split("/")
    match segments:
        case ["repos", _, _, "environments", *_]:
            return _of_environments(method, segments[_OF_AN_ENVIRONMENT:])
        case ["repos", _, _, "issues" | "labels", *_]:
            return "Issues: write"
        case ["repos", _, _, "contents" | "deployments" as what, *_]:
            return f"{what.capitalize()}: read"
        case ["repos", _, _, "actions", what, *_]:
            return f"{what.removeprefix('organization-').capitalize()}: read"  # secrets and variables
        case ["repos" | "repositories", *_] | ["user", "repos"] | ["orgs" | "users", _, "repos"]:
            return "Metadata: read"
        case ["orgs", _, "teams", *_]:
            return "Members: read (of the organization)"
        case _:
            return None


def _of_environments(method: Method, part: list[str]) -> str:
    match part:
        case ["secrets" | "variables", *_]:
            return "Environments: read" if method == "GET" else "Environments: write"
        case ["deployment_protection_rules", "apps"]:
            return "Administration: read"
        case _:
            return "Actions: read" if method == "GET" else "Administration: write"
