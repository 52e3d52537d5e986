"""What a new file is called: who owns what it creates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envsync.plan.record_text import BadRecord, SignedText, peek

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envsync.model import LiveEnvironment, LiveRepository

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,99}")
_FALLBACK = "environments"


def is_owner_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def recorded_owners(repositories: Sequence[LiveRepository]) -> tuple[str, ...]:
    """Whose the environments are, claims the record in each; sorted. Only a plan with the key verifies it."""
    return tuple(sorted({owner for repository in repositories for owner in _claims(repository)}))


def owner_name(repositories: Sequence[LiveRepository]) -> str:
    """That of the file that has all the environments already; else the repository's, or of several their owner's.

    With the name of a file that has only some of them, the two would undo each other, and nothing would notice.
    """
    owners = recorded_owners(repositories)
    if len(owners) == 1 and not any(_unclaimed(repository) for repository in repositories):
        return owners[0]
    names = [repository.name for repository in repositories]
    return name_like(names[0].name if len(names) == 1 else names[0].owner)


def name_like(wanted: str) -> str:
    """What a file can be called that is about `wanted`, a repository or an owner."""
    usable = wanted.lstrip("._-")
    return usable if is_owner_name(usable) else _FALLBACK


def claimed(repository: LiveRepository) -> Iterator[tuple[str, str]]:
    """Environments, and the file that each one's record claims to be of."""
    for environment in repository.environments.values():
        if (owner := _claim(environment)) is not None:
            yield environment.name, owner


def _claims(repository: LiveRepository) -> Iterator[str]:
    return (owner for _, owner in claimed(repository))


def _unclaimed(repository: LiveRepository) -> bool:
    return any(_claim(each) is None for each in repository.environments.values())


def _claim(environment: LiveEnvironment) -> str | None:
    if environment.record is None:
        return None
    try:
        signed = peek(environment.record.value)
    except BadRecord:
        return None
    return signed.owner if isinstance(signed, SignedText) and is_owner_name(signed.owner) else None
