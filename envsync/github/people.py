"""Do the reviewers exist, may they see the repository, and who is in their teams?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.errors import FailureKind, RequestFailed
from envsync.github.attempts import attempt, unread
from envsync.github.call import path
from envsync.github.reviewers import Reviewers
from envsync.model import Field, Team, UnknownReviewer, Unread, reviewer_key
from envsync.plan.facts import ReviewerFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envsync.github.attempts import Attempts
    from envsync.github.part import Part
    from envsync.github.reader import Reader
    from envsync.model import DesiredRepository, RepositoryName, Reviewer

MEMBERS = "Members: read"


@dataclass(frozen=True, slots=True)
class _Known:
    exists: bool | Unread
    members: tuple[str, ...] | Unread | None


class People:
    """Looks each user and team up once, however many repositories and environments name them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._reviewers = Reviewers(reader)
        self._known: dict[str, _Known] = {}
        self._seeing: dict[str, bool] = {}  # by casefolded organization: whether the token sees its teams

    def of(
        self, desired: DesiredRepository, repository: RepositoryName, attempts: Attempts
    ) -> Mapping[str, ReviewerFacts]:
        """`repository` is its present name."""
        named = {
            reviewer_key(reviewer): reviewer
            for environment in desired.environments
            if Field.REQUIRED_REVIEWERS not in environment.ignore
            for reviewer in environment.settings.required_reviewers
        }
        return {key: self._facts(repository, named[key], attempts) for key in sorted(named)}

    def _facts(self, repository: RepositoryName, reviewer: Reviewer, attempts: Attempts) -> ReviewerFacts:
        key = reviewer_key(reviewer)
        if key not in self._known:
            self._known[key] = self._look_up(reviewer)
        known = self._known[key]
        if isinstance(reviewer, Team):
            for part in (known.exists, known.members):
                attempts.note(MEMBERS, part if isinstance(part, Unread) else None)
        return ReviewerFacts(reviewer, known.exists, self._access(repository, reviewer, known), known.members)

    def _access(self, repository: RepositoryName, reviewer: Reviewer, known: _Known) -> bool | Unread:
        if known.exists is not True or isinstance(reviewer, UnknownReviewer):
            return known.exists
        return attempt(lambda: self._reviewers.has_access(repository, reviewer))

    def _look_up(self, reviewer: Reviewer) -> _Known:
        exists = self._exists(reviewer)
        if not isinstance(reviewer, Team):
            return _Known(exists, None)
        if exists is True:
            return _Known(exists, self._members(reviewer))
        return _Known(exists, exists if isinstance(exists, Unread) else ())

    def _exists(self, reviewer: Reviewer) -> bool | Unread:
        try:
            self._reviewers.id_of(reviewer, {})
        except RequestFailed as failed:
            if failed.kind is not FailureKind.NOT_FOUND:
                return unread(failed)
            # 404 is also GitHub's answer for a team that a token may not see.
            blind = isinstance(reviewer, Team) and not self._sees_teams(reviewer.organization)
            return unread(failed) if blind else False
        return True

    def _sees_teams(self, organization: str) -> bool:
        key = organization.casefold()
        if key not in self._seeing:
            where, purpose = path("orgs", organization, "teams"), f"list the teams of {organization}"
            self._seeing[key] = not isinstance(attempt(lambda: self._reader.get(where, purpose)), Unread)
        return self._seeing[key]

    def _members(self, team: Team) -> tuple[str, ...] | Unread:
        where = path("orgs", team.organization, "teams", team.slug, "members")
        return attempt(lambda: logins(self._reader.pages(where, None, f"list the members of {team}").items))


def logins(parts: Iterable[Part]) -> tuple[str, ...]:
    return tuple(sorted({part.member("login").text() for part in parts}, key=str.casefold))
