"""Which repository do the workflows of this checkout belong to, and what do the files want of it?"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli.checkout import WORKFLOWS, repository_of, root_of
from envsync.config.repositories import is_pattern, matches
from envsync.workflows.cross_check import cross_check
from envsync.workflows.folder import read_folder
from envsync.workflows.reading import reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.config.configuration import Configuration
    from envsync.errors import Diagnostic
    from envsync.model import DesiredRepository, RepositoryName
    from envsync.workflows.flow import Reading


@dataclass(frozen=True, slots=True)
class Uncrossed:
    """Why files and workflows have nothing to do with each other."""

    why: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """What the files want of the repository, and what its workflows do."""

    desired: DesiredRepository
    reading: Reading
    files: int  # of workflows

    def check(self, configuration: Configuration) -> tuple[Diagnostic, ...]:
        """Everything wrong with the workflows, and between them and the files."""
        shared = shared_files(configuration)
        found = cross_check(self.reading, self.desired, configuration.pages, shared=shared)
        return (*self.reading.diagnostics, *found)


def crossing(
    configuration: Configuration, files: Sequence[str], chosen: RepositoryName | None = None
) -> Crossing | Uncrossed:
    """Of the checkout that the first of the files lies in; `chosen`: somebody says which repository that is.

    Raises ConfigError for what is wrong with the files in this repository alone.
    """
    root = root_of(Path(files[0]).parent)
    if not (root / WORKFLOWS).is_dir():
        return Uncrossed(f"there is no {WORKFLOWS} in {root}")
    desired = desired_of(configuration, chosen or repository_of(root, os.environ))
    if isinstance(desired, Uncrossed):
        return desired
    sources, unread = read_folder(root)
    found = reading(sources, desired.name)
    return Crossing(desired, replace(found, diagnostics=(*unread, *found.diagnostics)), len(sources))


def desired_of(configuration: Configuration, name: RepositoryName | None) -> DesiredRepository | Uncrossed:
    """What the files want of that repository. None: nobody knows which; then of the only one that they name.

    Whether a pattern takes a repository that it matches, since it may be archived or a fork, is not asked.
    """
    if name is None:
        if len(configuration.repositories) != 1 or configuration.patterns:
            return Uncrossed("git has no remote `origin` that tells which repository this is a checkout of")
        (name,) = configuration.repositories
    patterns = [each.text for each in configuration.patterns]
    expanded = {text: [name] if matches(text, name) else [] for text in patterns}
    found = (each for each in configuration.desired(expanded) if each.name.key == name.key)
    return next(found, Uncrossed(f"this is a checkout of {name}, which no file declares"))


def shared_files(configuration: Configuration) -> frozenset[str]:
    """Those that are about several repositories: what nothing uses in one, another may use."""
    return frozenset(
        each.file
        for each in configuration.declarations
        if len(each.repositories) > 1 or any(is_pattern(item.text) for item in each.repositories)
    )
