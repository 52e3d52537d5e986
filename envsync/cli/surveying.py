"""How much of a repository does a run read?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.errors import CredentialError, FailureKind, RequestFailed
from envsync.github.read import read_repository
from envsync.model import LiveRepository, Unread
from envsync.plan.appeared import environment_looks_open
from envsync.plan.undeclared import is_undeclared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envsync.github.reader import Reader
    from envsync.model import DesiredRepository, ListedEnvironment
    from envsync.plan.diff import Scope


@dataclass(frozen=True, slots=True)
class Surveyor:
    """How much of each repository is read. `numbers`: those that are known already, by `RepositoryName.key`."""

    reader: Reader
    scope: Scope
    numbers: Mapping[str, int]
    keeps_records: bool
    watches: bool

    def read(self, repository: DesiredRepository) -> Iterator[tuple[DesiredRepository, LiveRepository | Unread]]:
        yield repository, self._read(repository)

    def _read(self, repository: DesiredRepository) -> LiveRepository | Unread:
        try:
            live = self._live(repository)
        except RequestFailed as failed:
            if failed.kind is FailureKind.NOT_AUTHENTICATED:  # it will be so for all the others
                raise CredentialError(*failed.diagnostics) from None
            return Unread(str(failed), failed.kind, failed.hint)
        if live.name.owner.casefold() != repository.name.owner.casefold():
            # Secrets must not follow a repository to whoever has it now.
            reason = f"{repository.name} belongs to another owner now, as {live.name}"
            return Unread(reason, FailureKind.CHANGED, "name it so in the file, if that is what you want")
        return live

    def _live(self, repository: DesiredRepository) -> LiveRepository:
        """An environment that may go is looked at before: this file may have created it, or another may own it."""
        declared = {each.name.casefold() for each in repository.environments}

        def is_looked_at(name: str) -> bool:
            if self.scope.holds(name):
                return (self.keeps_records or repository.prune) and is_undeclared(repository, name)
            return self.keeps_records and name.casefold() in declared  # for what it says of `never_touch`

        def may_be_open(listed: ListedEnvironment) -> bool:
            return self.watches and environment_looks_open(listed, repository, self.scope.holds)

        return read_repository(
            self.reader,
            repository.name,
            [environment.name for environment in self.scope.narrow(repository).environments],
            settings_only=self.scope.settings_only,
            identify=self.keeps_records,
            known_id=self.numbers.get(repository.name.key),
            others=is_looked_at,
            guarding=may_be_open,
        )
