from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.github_json import problem
from support.loopback import Loopback, Reply

from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.github.reviewers import Reviewers
from envsync.model import Reviewer, Team, UnknownReviewer, User

if TYPE_CHECKING:
    from envsync.github.reader import Reader


@pytest.fixture
def reviewers(reader: Reader) -> Reviewers:
    return Reviewers(reader)


def test_who_is_known_is_not_looked_up(github: Loopback, reviewers: Reviewers) -> None:
    assert reviewers.id_of(User("Lead"), {"lead": 4}) == 4
    assert github.seen == []


def test_everybody_else_is_looked_up_once(github: Loopback, reviewers: Reviewers) -> None:
    github.on("GET /users/lead", Reply({"id": 4, "login": "Lead", "type": "User"}))
    github.on("GET /orgs/acme/teams/dev-ops", Reply({"id": 5, "slug": "dev-ops"}))

    assert [reviewers.id_of(User(login), {}) for login in ("lead", "LEAD", "lead")] == [4, 4, 4]
    assert [reviewers.id_of(Team("acme", "dev-ops"), {}) for _ in range(2)] == [5, 5]
    assert github.lines == ["GET /users/lead", "GET /orgs/acme/teams/dev-ops"]


@pytest.mark.parametrize(
    ("reviewer", "message", "hint"),
    [
        (User("nobody"), "there is no GitHub user nobody", "check the spelling; a team is written org/slug"),
        (
            Team("acme", "ghosts"),
            "there is no team acme/ghosts, or the token may not see it",
            (
                "check the spelling of the slug; check the name; "
                "the token from GH_TOKEN needs access and the permission Members: read (of the organization)"
            ),
        ),
    ],
)
def test_who_does_not_exist_is_named(reviewers: Reviewers, reviewer: Reviewer, message: str, hint: str) -> None:
    with pytest.raises(RequestFailed) as raised:
        reviewers.id_of(reviewer, {})

    assert raised.value.kind is FailureKind.NOT_FOUND
    assert raised.value.diagnostics == (Diagnostic("unknown-reviewer", message, hint),)


def test_another_failure_says_nothing_about_the_reviewer(github: Loopback, reviewers: Reviewers) -> None:
    github.on("GET /users/lead", problem(401, "Bad credentials"))

    with pytest.raises(RequestFailed, match="cannot look up the reviewer lead: GitHub does not accept the token"):
        reviewers.id_of(User("lead"), {})


@pytest.mark.parametrize("kind", ["Organization", "Bot"])
def test_only_people_review(github: Loopback, reviewers: Reviewers, kind: str) -> None:
    github.on("GET /users/acme", Reply({"id": 4, "login": "acme", "type": kind}))

    with pytest.raises(
        RequestFailed, match=f"acme cannot review: on GitHub it is of type {kind}, not User"
    ) as raised:
        reviewers.id_of(User("acme"), {})

    assert raised.value.diagnostics[0].code == "reviewer-not-a-user"


def test_somebody_else_s_number_is_not_taken(github: Loopback, reviewers: Reviewers) -> None:
    github.on("GET /users/lead", Reply({"id": 4, "login": "mallory", "type": "User"}))

    with pytest.raises(RequestFailed, match="login: it should be lead"):
        reviewers.id_of(User("lead"), {})


def test_a_reviewer_that_the_api_does_not_take_cannot_be_sent(reviewers: Reviewers) -> None:
    with pytest.raises(RequestFailed, match="the reviewer BusinessTeam:sre cannot be kept") as raised:
        reviewers.id_of(UnknownReviewer("BusinessTeam", "sre"), {"businessteam:sre": 5})

    assert raised.value.kind is FailureKind.REJECTED
