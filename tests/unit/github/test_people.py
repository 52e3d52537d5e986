from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.github_json import listing, problem
from support.loopback import Loopback, Reply

from envsync.errors import FailureKind
from envsync.github.attempts import Attempts
from envsync.github.people import People
from envsync.model import (
    DesiredEnvironment,
    DesiredRepository,
    RepositoryName,
    Reviewer,
    Settings,
    Team,
    UnknownReviewer,
    Unread,
    User,
)
from envsync.plan.facts import Probe, ReviewerFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from envsync.github.reader import Reader

WEB = RepositoryName("acme", "web")
ANN, OPS = User("Ann"), Team("acme", "ops")
TEAM = "GET /orgs/acme/teams/ops"
Facts = tuple[ReviewerFacts, tuple[Probe, ...]]


@pytest.fixture
def of(reader: Reader) -> Callable[[Reviewer], Facts]:
    def ask(reviewer: Reviewer) -> Facts:
        environment = DesiredEnvironment("prod", Settings(required_reviewers=(reviewer,)))
        attempts = Attempts()
        found = People(reader).of(DesiredRepository(WEB, (environment,)), WEB, attempts)
        return found[str(reviewer).casefold()], attempts.probes

    return ask


def test_a_user_has_no_members(github: Loopback, of: Callable[[Reviewer], Facts]) -> None:
    github.on("GET /users/Ann", Reply({"id": 4, "login": "ann", "type": "User"}))
    github.on("GET /repos/acme/web/collaborators/Ann/permission", Reply({"permission": "none"}))

    facts, probes = of(ANN)

    assert (facts.exists, facts.has_access, facts.members) == (True, False, None)
    assert probes == ()


def test_who_does_not_exist_is_asked_nothing_further(github: Loopback, of: Callable[[Reviewer], Facts]) -> None:
    facts, _ = of(ANN)

    assert (facts.exists, facts.has_access) == (False, False)
    assert github.lines == ["GET /users/Ann"]


def test_an_organization_is_no_reviewer_and_said_to_be_none(
    github: Loopback, of: Callable[[Reviewer], Facts]
) -> None:
    github.on("GET /users/Ann", Reply({"id": 4, "login": "ann", "type": "Organization"}))

    facts, _ = of(ANN)

    assert isinstance(facts.exists, Unread)
    assert facts.exists.reason == "Ann cannot review: on GitHub it is of type Organization, not User"


def test_a_reviewer_that_the_api_does_not_take_is_looked_up_nowhere(
    github: Loopback, of: Callable[[Reviewer], Facts]
) -> None:
    facts, _ = of(UnknownReviewer("BusinessTeam", "sre"))

    assert isinstance(facts.exists, Unread)
    assert facts.has_access is facts.exists
    assert github.seen == []


def test_a_team_s_members_are_read(github: Loopback, of: Callable[[Reviewer], Facts]) -> None:
    github.on(TEAM, Reply({"id": 5, "slug": "ops"}))
    github.on(f"{TEAM}/members", listing(None, [{"login": "Zoe"}, {"login": "ann"}]))
    github.on(f"{TEAM}/repos/acme/web", Reply(None, 204))

    facts, probes = of(OPS)

    assert (facts.exists, facts.has_access, facts.members) == (True, True, ("ann", "Zoe"))
    assert probes == (Probe("Members: read", None),)


def test_an_answer_that_is_not_github_s_leaves_open_who_is_in_the_team(
    github: Loopback, of: Callable[[Reviewer], Facts]
) -> None:
    github.on(TEAM, Reply({"id": 5, "slug": "ops"}))
    github.on(f"{TEAM}/members", Reply([{"name": "ann"}]))
    github.on(f"{TEAM}/repos/acme/web", Reply(None, 204))

    facts, _ = of(OPS)

    assert isinstance(facts.members, Unread)
    assert "login: it is missing" in facts.members.reason


def test_a_team_that_is_not_there_is_missing_where_the_token_sees_teams(
    github: Loopback, of: Callable[[Reviewer], Facts]
) -> None:
    github.on("GET /orgs/acme/teams", Reply([]))

    facts, probes = of(OPS)

    assert (facts.exists, facts.has_access, facts.members) == (False, False, ())
    assert probes == (Probe("Members: read", None),)


def test_a_team_that_may_be_hidden_is_not_called_missing(of: Callable[[Reviewer], Facts]) -> None:
    facts, probes = of(OPS)

    assert isinstance(facts.exists, Unread)
    assert facts.exists.kind is FailureKind.NOT_FOUND
    assert facts.has_access is facts.members is facts.exists
    assert probes == (Probe("Members: read", facts.exists),)


def test_who_cannot_be_asked_about_is_not_known_to_have_access(
    github: Loopback, of: Callable[[Reviewer], Facts]
) -> None:
    github.on("GET /users/Ann", Reply({"id": 4, "login": "ann", "type": "User"}))
    github.on("GET /repos/acme/web/collaborators/Ann/permission", problem(403, "Resource not accessible"))

    facts, _ = of(ANN)

    assert facts.exists is True
    assert isinstance(facts.has_access, Unread)


def test_what_an_organization_lets_see_is_asked_once(github: Loopback, reader: Reader) -> None:
    reviewers = Settings(required_reviewers=(OPS, Team("Acme", "dev")))
    desired = DesiredRepository(WEB, (DesiredEnvironment("prod", reviewers),))

    found = People(reader).of(desired, WEB, Attempts())

    assert all(isinstance(each.exists, Unread) for each in found.values())
    assert sum(line.casefold() == "get /orgs/acme/teams" for line in github.lines) == 1
