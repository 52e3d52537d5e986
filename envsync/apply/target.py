"""Whom the steps of a plan are taken on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager

    from envsync.model import (
        LiveEnvironment,
        LiveSecret,
        Pattern,
        RepositoryName,
        Reviewer,
        SecretValue,
        Settings,
    )
    from envsync.plan.work import Work


class Target(Protocol):
    """A GitHub. A method raises `RequestFailed`, or returns once the thing is done."""

    def turn(self, repository: RepositoryName, work: Work) -> AbstractContextManager[None]:
        """Begins when all of the work can be done without waiting for GitHub's limits in the middle of it."""
        ...

    def read_environment(self, repository: RepositoryName, name: str, *, exists: bool) -> LiveEnvironment | None:
        """`exists` is what to expect: the answer is true in any case."""
        ...

    def list_secrets(self, repository: RepositoryName, environment: str) -> Mapping[str, LiveSecret]: ...
    def server_time(self) -> int:
        """Seconds since 1970, as the last answer told them."""
        ...

    def check_access(self, repository: RepositoryName, reviewers: Iterable[Reviewer]) -> None:
        """Raises where one of them has no access to the repository, as far as that can be found out."""
        ...

    def put_environment(
        self, repository: RepositoryName, name: str, before: LiveEnvironment | None, goal: Settings
    ) -> LiveEnvironment:
        """Returns what was made of it: its id, and settings that can be less than `goal`."""
        ...

    def delete_environment(self, repository: RepositoryName, name: str) -> None: ...
    def create_pattern(self, repository: RepositoryName, environment: str, pattern: Pattern) -> None: ...
    def rename_pattern(self, repository: RepositoryName, environment: str, pattern_id: int, name: str) -> None: ...
    def delete_pattern(self, repository: RepositoryName, environment: str, pattern_id: int) -> None: ...
    def create_rule(self, repository: RepositoryName, environment: str, app: str) -> None: ...
    def delete_rule(self, repository: RepositoryName, environment: str, rule_id: int) -> None: ...
    def create_variable(self, repository: RepositoryName, environment: str, name: str, value: str) -> None: ...
    def update_variable(self, repository: RepositoryName, environment: str, name: str, value: str) -> None: ...
    def delete_variable(self, repository: RepositoryName, environment: str, name: str) -> None: ...
    def put_secret(self, repository: RepositoryName, environment: str, name: str, value: SecretValue) -> None: ...
    def delete_secret(self, repository: RepositoryName, environment: str, name: str) -> None: ...
