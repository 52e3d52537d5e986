"""How are issues of envsync's own read and written?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.github.call import path
from envsync.github.own import Authors
from envsync.github.reader import PER_PAGE
from envsync.model import LiveIssue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from envsync.github.call import Json
    from envsync.github.part import Part
    from envsync.github.writer import Writer
    from envsync.model import RepositoryName


class GitHubTracker:
    """Keeps issues on GitHub. For one thread, as the writer is; failures are raised as `RequestFailed`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._authors = Authors(writer.reader)

    def is_public(self, repository: RepositoryName) -> bool:
        """Whether anybody can read what is reported there."""
        found = self._writer.reader.get(
            path("repos", repository.owner, repository.name), f"find {repository}"
        ).data
        return not found.member("private").flag()

    def issues(self, repository: RepositoryName, label: str) -> Sequence[LiveIssue]:
        """Those with the label that this credential, or a bot, opened; open or not, by number."""
        query = {**PER_PAGE, "state": "all", "labels": label, "sort": "created", "direction": "asc"}
        purpose = f"list the issues of {repository}"
        parts = self._writer.reader.pages(_issues(repository), None, purpose, query=query).items
        # GitHub lists pull requests among them.
        own = (part for part in parts if part.optional("pull_request") is None and self._authors.is_own(part))
        found = {issue.number: issue for issue in map(_issue, own)}
        return tuple(found[number] for number in sorted(found))

    def open(self, repository: RepositoryName, title: str, body: str, label: str) -> LiveIssue:
        """A new one. Where the answer was lost, the one that is there with this very body."""
        found: list[LiveIssue] = []

        def there() -> bool:
            found[:] = [
                issue for issue in self.issues(repository, label) if issue.is_open and unchanged(issue.body, body)
            ]
            return bool(found)

        sent: dict[str, Json] = {"title": title, "body": body, "labels": [label]}
        created = self._writer.create(_issues(repository), sent, f"open an issue in {repository}", there=there)
        return found[-1] if created is None else _issue(created.data)

    def edit(self, repository: RepositoryName, number: int, title: str, body: str) -> None:
        self._patch(repository, number, {"title": title, "body": body}, "edit")

    def reopen(self, repository: RepositoryName, number: int) -> None:
        self._patch(repository, number, {"state": "open"}, "reopen")

    def close(self, repository: RepositoryName, number: int, reason: Literal["completed", "not_planned"]) -> None:
        self._patch(repository, number, {"state": "closed", "state_reason": reason}, "close")

    def comment(self, repository: RepositoryName, number: int, body: str) -> None:
        """Where the answer was lost, a comment of envsync's with this very body, new or old, is enough."""
        where = _issues(repository, number, "comments")
        purpose = f"comment on issue {number} of {repository}"

        def there() -> bool:
            comments = self._writer.reader.pages(where, None, f"list the comments on issue {number}").items
            return any(
                unchanged(part.member("body").text(), body) for part in comments if self._authors.is_own(part)
            )

        self._writer.post(where, {"body": body}, purpose, there=there)

    def _patch(self, repository: RepositoryName, number: int, body: dict[str, Json], deed: str) -> None:
        self._writer.patch(_issues(repository, number), body, f"{deed} issue {number} of {repository}")


def unchanged(there: str, body: str) -> bool:
    """GitHub may keep other line ends than it was sent, and no blank ones at the end."""
    return there.replace("\r\n", "\n").rstrip() == body.replace("\r\n", "\n").rstrip()


def _issues(repository: RepositoryName, *more: str | int) -> str:
    return path("repos", repository.owner, repository.name, "issues", *more)


def _issue(part: Part) -> LiveIssue:
    body = part.optional("body")
    return LiveIssue(
        part.member("number").integer(),
        part.member("state").text() == "open",
        part.member("title").text(),
        "" if body is None or body.is_null else body.text(),
    )
