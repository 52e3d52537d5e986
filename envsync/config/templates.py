"""`${owner}` and its like in values: what they are replaced with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.model import RepositoryName

NAMES = ("repository", "owner", "environment", "ENVIRONMENT")

_TEMPLATE = re.compile(r"\$(?:(\$)|\{([^{}$]*)(\})?)")
_NO_WORD = re.compile(r"[^A-Za-z0-9]+")


def replacements(repository: RepositoryName, environment: str) -> dict[str, str]:
    return {
        "repository": repository.name,
        "owner": repository.owner,
        "environment": environment,
        "ENVIRONMENT": _NO_WORD.sub("_", environment).strip("_").upper(),
    }


def expand(text: str, values: Mapping[str, str]) -> str:
    """`$$` is a dollar; a `$` before anything else is itself. Templates that are not known stay as they are."""

    def replaced(found: re.Match[str]) -> str:
        if found[1]:
            return "$"
        return values.get(found[2], found[0]) if found[3] else found[0]

    return _TEMPLATE.sub(replaced, text)


def unknown(text: str) -> str | None:
    """The first name between `${` and `}` that is not known, or what follows a `${` without an end."""
    found = _first_unknown(text)
    return found[2] if found else None


def is_unclosed(text: str) -> bool:
    """Whether the first that is not known lacks its `}`."""
    found = _first_unknown(text)
    return found is not None and not found[3]


def _first_unknown(text: str) -> re.Match[str] | None:
    found = (match for match in _TEMPLATE.finditer(text) if not match[1])
    return next((match for match in found if not match[3] or match[2] not in NAMES), None)
