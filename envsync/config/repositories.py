"""Which repositories a file means: names, and patterns that the owner's repositories are matched against."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass

from envsync.model import RepositoryName

_WILDCARD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class RepositoryPattern:
    """A pattern of the file, to be expanded to the owner's repositories that it matches."""

    text: str  # owner/name, with * or ? in the name
    archived: bool  # archived repositories are taken too
    forks: bool

    @property
    def owner(self) -> str:
        return self.text.partition("/")[0]

    @property
    def name(self) -> str:
        return self.text.partition("/")[2]


def is_pattern(text: str) -> bool:
    return _WILDCARD.search(text) is not None


def repository_name(text: str) -> RepositoryName:
    owner, _, name = text.partition("/")
    return RepositoryName(owner, name)


def sample(text: str) -> RepositoryName:
    """A repository that the pattern matches; of a name, that very one."""
    return repository_name(_WILDCARD.sub("x", text))


def matches(text: str, repository: RepositoryName) -> bool:
    """`*` stands for anything and `?` for one character; case does not matter, as nowhere in GitHub's names."""
    return fnmatch.fnmatchcase(repository.key, text.casefold())
