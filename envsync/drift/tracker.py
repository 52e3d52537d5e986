"""What a report of drift needs of a place that keeps issues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.model import LiveIssue, RepositoryName


class Tracker(Protocol):
    """Failures are raised as `EnvsyncError`."""

    def is_public(self, repository: RepositoryName) -> bool: ...

    def issues(self, repository: RepositoryName, label: str) -> Sequence[LiveIssue]:
        """Those with the label that this credential, or another bot, opened; open or not, by number."""
        ...

    def open(self, repository: RepositoryName, title: str, body: str, label: str) -> LiveIssue:
        """A new one. Where the answer was lost, the one that is there with this very body."""
        ...

    def edit(self, repository: RepositoryName, number: int, title: str, body: str) -> None: ...

    def reopen(self, repository: RepositoryName, number: int) -> None: ...

    def close(
        self, repository: RepositoryName, number: int, reason: Literal["completed", "not_planned"]
    ) -> None: ...

    def comment(self, repository: RepositoryName, number: int, body: str) -> None: ...
