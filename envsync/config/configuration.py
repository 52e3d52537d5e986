"""What all files together want: of the repositories named in them, and of those that their patterns match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.config.gather import file_of, gather
from envsync.config.repositories import RepositoryPattern, repository_name
from envsync.documents.findings import Findings
from envsync.errors import ConfigError, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envsync.config.declaration import Declaration
    from envsync.config.gather import Gathered
    from envsync.documents.page import Page
    from envsync.errors import Diagnostic
    from envsync.model import DesiredRepository, RepositoryName


@dataclass(frozen=True, slots=True)
class Owners:
    """Who declares what of a repository: the `name:` of each file that does."""

    repository: tuple[str, ...]  # sorted
    environments: Mapping[str, str]  # by casefolded name


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the files come to, once it is known which repositories their patterns match."""

    desired: tuple[DesiredRepository, ...]  # sorted
    owners: Mapping[str, Owners]  # by `RepositoryName.key`


@dataclass(frozen=True, slots=True)
class Configuration:
    declarations: tuple[Declaration, ...]
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def repositories(self) -> tuple[RepositoryName, ...]:
        """Those that the files name, sorted."""
        names = [repository_name(item.text) for file in self.declarations for item in file.names()]
        found = {name.key: name for name in reversed(names)}
        return tuple(found[key] for key in sorted(found))

    @property
    def patterns(self) -> tuple[RepositoryPattern, ...]:
        """Those that have to be expanded, sorted."""
        found = {
            item.text: RepositoryPattern(item.text, archived=file.archived, forks=file.forks)
            for file in self.declarations
            for item in file.patterns()
        }
        return tuple(found[text] for text in sorted(found))

    @property
    def pages(self) -> Mapping[str, Page]:
        """The files as they may be shown, by the name that the user gave each."""
        return {file.file: file.page for file in self.declarations}

    def desired(self, expanded: Mapping[str, Sequence[RepositoryName]]) -> tuple[DesiredRepository, ...]:
        """What every repository shall be, sorted: see `resolve`."""
        return self.resolve(expanded).desired

    def resolve(self, expanded: Mapping[str, Sequence[RepositoryName]]) -> Resolved:
        """What every repository shall be, and who says so.

        `expanded` has the repositories that each of `patterns` matches, by its text; `exclude` is applied here.
        Raises ConfigError for what only these repositories show, such as an environment that two files declare.
        """
        gathered = self._gathered(expanded)
        return Resolved(tuple(one.desired() for one in gathered), {one.name.key: _owners(one) for one in gathered})

    def _gathered(self, expanded: Mapping[str, Sequence[RepositoryName]]) -> tuple[Gathered, ...]:
        files = [file_of(declaration, Findings(declaration.page)) for declaration in self.declarations]
        gathered = gather(files, expanded)
        diagnostics = [diagnostic for file in files for diagnostic in file.findings.diagnostics]
        if any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics):
            raise ConfigError(*diagnostics)
        return gathered


def _owners(gathered: Gathered) -> Owners:
    return Owners(
        repository=tuple(sorted({part.declaration.owner for part in gathered.parts})),
        environments={
            environment.name.casefold(): part.declaration.owner
            for part in gathered.parts
            for environment in part.environments
        },
    )
