"""Which number does GitHub know a reviewer by, and may they review?"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, assert_never

from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.github.call import path
from envsync.model import Reviewer, Team, UnknownReviewer, Unread, User, reviewer_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envsync.github.part import Part
    from envsync.github.reader import Reader
    from envsync.model import RepositoryName


class Reviewers:
    """Looks each reviewer up at most once, for as many threads as the reader is for."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}  # by reviewer: of those that somebody has looked up, or does
        self._ids: dict[str, int | RequestFailed] = {}
        self._welcome: set[tuple[str, str]] = set()  # repository and reviewer

    def id_of(self, reviewer: Reviewer, known: Mapping[str, int]) -> int:
        """`known` are the ids that the environment's own reviewers came with, by `reviewer_key`."""
        key = reviewer_key(reviewer)
        if isinstance(reviewer, UnknownReviewer):
            raise _unsendable(reviewer)
        if key in known:
            return known[key]
        with self._lock:
            mine = self._locks.setdefault(key, threading.Lock())
        with mine:
            found = self._ids.get(key) or self._looked_up(key, reviewer)
        if isinstance(found, RequestFailed):
            raise RequestFailed(found.kind, *found.diagnostics)
        return found

    def check_access(self, repository: RepositoryName, reviewers: Iterable[Reviewer]) -> None:
        """Raises for the first who has none. A token that may not ask learns nothing, which is no answer."""
        for reviewer in reviewers:
            key = (repository.key, reviewer_key(reviewer))
            if isinstance(reviewer, UnknownReviewer) or key in self._welcome:
                continue
            if self.has_access(repository, reviewer) is False:
                raise _no_access(repository, reviewer)
            self._welcome.add(key)

    def has_access(self, repository: RepositoryName, reviewer: User | Team) -> bool | Unread:
        """Whether GitHub would keep this reviewer. Unread: the token may not ask."""
        try:
            match reviewer:
                case User(login=login):
                    where = path("repos", repository.owner, repository.name, "collaborators", login, "permission")
                    found = self._reader.get(where, f"see what {login} may do in {repository}").data
                    return found.member("permission").text() != "none"
                case Team(organization=organization, slug=slug):
                    where = path("orgs", organization, "teams", slug, "repos", repository.owner, repository.name)
                    self._reader.get(where, f"see what {reviewer} may do in {repository}")
                    return True
                case _:
                    assert_never(reviewer)
        except RequestFailed as failed:
            if failed.kind is FailureKind.NOT_FOUND:
                return False
            if failed.kind is FailureKind.NOT_PERMITTED:
                return Unread(str(failed), failed.kind, failed.hint)
            raise

    def _looked_up(self, key: str, reviewer: User | Team) -> int | RequestFailed:
        """That somebody does not exist is as good as an id: it is not asked again."""
        try:
            found: int | RequestFailed = self._look_up(reviewer)
        except RequestFailed as failed:
            if failed.kind not in {FailureKind.NOT_FOUND, FailureKind.REJECTED}:
                raise
            found = failed
        self._ids[key] = found
        return found

    def _look_up(self, reviewer: User | Team) -> int:
        match reviewer:
            case User(login=login):
                found = self._get(path("users", login), reviewer)
                kind = found.member("type").text()
                if kind != "User":
                    raise _no_person(reviewer, kind)
                called = found.member("login")
                expected = login
            case Team(organization=organization, slug=slug):
                found = self._get(path("orgs", organization, "teams", slug), reviewer)
                called = found.member("slug")
                expected = slug
            case _:
                assert_never(reviewer)
        if called.text().casefold() != expected.casefold():
            raise called.unexpected(f"it should be {expected}")
        return found.member("id").integer()

    def _get(self, where: str, reviewer: User | Team) -> Part:
        try:
            return self._reader.get(where, f"look up the reviewer {reviewer}").data
        except RequestFailed as failed:
            raise _not_found(reviewer, failed) if failed.kind is FailureKind.NOT_FOUND else failed from None


def _unsendable(reviewer: UnknownReviewer) -> RequestFailed:
    text = f"the reviewer {reviewer} cannot be kept: GitHub's REST API shows reviewers of this type and takes none"
    hint = (
        "any change of its settings would drop this reviewer: make the change in the browser, "
        "or replace the reviewer there by users and teams"
    )
    return RequestFailed(FailureKind.REJECTED, Diagnostic("unsupported-reviewer", text, hint))


def _no_access(repository: RepositoryName, reviewer: User | Team) -> RequestFailed:
    text = f"{reviewer} has no access to {repository}, so that GitHub would drop this reviewer without a word"
    hint = "give at least read access to the repository, or name somebody else; it can also be a spelling mistake"
    return RequestFailed(FailureKind.REJECTED, Diagnostic("reviewer-without-access", text, hint))


def _not_found(reviewer: User | Team, failed: RequestFailed) -> RequestFailed:
    if isinstance(reviewer, User):
        text = f"there is no GitHub user {reviewer}"
        hint = "check the spelling; a team is written org/slug"
    else:
        text = f"there is no team {reviewer}, or the token may not see it"
        hint = f"check the spelling of the slug; {failed.diagnostics[0].hint}"
    return RequestFailed(FailureKind.NOT_FOUND, Diagnostic("unknown-reviewer", text, hint))


def _no_person(reviewer: User, kind: str) -> RequestFailed:
    text = f"{reviewer} cannot review: on GitHub it is of type {kind}, not User"
    hint = "name a person, or a team as org/slug"
    return RequestFailed(FailureKind.REJECTED, Diagnostic("reviewer-not-a-user", text, hint))
