"""How does envsync keep one comment of its own on a pull request?"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from envsync.github.call import path
from envsync.github.issues import unchanged
from envsync.github.own import Authors
from envsync.model import LiveComment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.github.writer import Writer
    from envsync.model import RepositoryName


class Commented(StrEnum):
    """What became of the comment."""

    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    ABSENT = "absent"  # there was none, and none was wanted


def replace_comment(
    writer: Writer,
    repository: RepositoryName,
    number: int,
    marker: str,
    body: str | None,
    *,
    only_if_there: bool = False,
) -> Commented:
    """Make `body` envsync's one comment on the pull request; `marker` is its first line, and tells it from others.

    None deletes it. `only_if_there` replaces it and creates none: that there is nothing to say any more is worth
    saying only to who was told something. The first one is kept where there are several, as two runs at once leave
    them, and the others are deleted.
    """
    found = _own(writer, repository, number, marker)
    for surplus in found if body is None else found[1:]:
        where = path("repos", repository.owner, repository.name, "issues", "comments", surplus.id)
        writer.delete(where, f"delete a comment on {repository}#{number}")
    if body is None:
        return Commented.DELETED if found else Commented.ABSENT
    if found and unchanged(found[0].body, body):
        return Commented.UNCHANGED
    if found:
        where = path("repos", repository.owner, repository.name, "issues", "comments", found[0].id)
        writer.patch(where, {"body": body}, f"replace a comment on {repository}#{number}")
        return Commented.REPLACED
    if only_if_there:
        return Commented.ABSENT
    writer.post(
        _comments(repository, number),
        {"body": body},
        f"comment on {repository}#{number}",
        there=lambda: bool(_own(writer, repository, number, marker)),
    )
    return Commented.CREATED


def _own(writer: Writer, repository: RepositoryName, number: int, marker: str) -> Sequence[LiveComment]:
    """Those that begin with the marker and are envsync's own, first ones first."""
    purpose = f"list the comments on {repository}#{number}"
    authors = Authors(writer.reader)
    found = (
        LiveComment(part.member("id").integer(), text)
        for part in writer.reader.pages(_comments(repository, number), None, purpose).items
        if (text := part.member("body").text()).split("\n", 1)[0].strip() == marker and authors.is_own(part)
    )
    return sorted(found, key=lambda comment: comment.id)


def _comments(repository: RepositoryName, number: int) -> str:
    return path("repos", repository.owner, repository.name, "issues", number, "comments")
