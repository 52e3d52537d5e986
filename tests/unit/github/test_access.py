from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.loopback import Reply

from envsync.errors import FailureKind, RequestFailed
from envsync.github.reviewers import Reviewers
from envsync.model import RepositoryName, Team, UnknownReviewer, Unread, User

if TYPE_CHECKING:
    from support.loopback import Loopback

    from envsync.github.reader import Reader

WEB = RepositoryName("acme", "web")
ANN, OPS = User("ann"), Team("acme", "ops")
PERMISSION = "GET /repos/acme/web/collaborators/ann/permission"
TEAM = "GET /orgs/acme/teams/ops/repos/acme/web"


def test_who_has_access_may_review_and_is_asked_about_once(github: Loopback, reader: Reader) -> None:
    github.on(PERMISSION, Reply({"permission": "read"}))
    github.on(TEAM, Reply(None, 204))
    reviewers = Reviewers(reader)

    for _ in range(2):
        reviewers.check_access(WEB, [ANN, OPS, UnknownReviewer("BusinessTeam", "all")])

    assert len(github.seen) == 2


@pytest.mark.parametrize(
    ("reviewer", "request_line", "reply"),
    [
        (ANN, PERMISSION, Reply({"permission": "none"})),
        (ANN, PERMISSION, Reply({"message": "Not Found"}, 404)),
        (OPS, TEAM, Reply({"message": "Not Found"}, 404)),
    ],
)
def test_who_has_none_is_named(
    github: Loopback, reader: Reader, reviewer: User | Team, request_line: str, reply: Reply
) -> None:
    github.on(request_line, reply)

    with pytest.raises(RequestFailed, match=f"{reviewer} has no access to acme/web") as raised:
        Reviewers(reader).check_access(WEB, [reviewer])

    assert raised.value.kind is FailureKind.REJECTED


def test_a_token_that_may_not_ask_leaves_it_to_the_answer_of_the_put(github: Loopback, reader: Reader) -> None:
    github.on(TEAM, Reply({"message": "Resource not accessible by integration"}, 403))

    Reviewers(reader).check_access(WEB, [OPS])


def test_a_token_that_may_not_ask_is_told_from_no_access(github: Loopback, reader: Reader) -> None:
    github.on(TEAM, Reply({"message": "Resource not accessible by integration"}, 403))

    found = Reviewers(reader).has_access(WEB, OPS)

    assert isinstance(found, Unread)
    assert found.kind is FailureKind.NOT_PERMITTED


def test_a_github_that_does_not_answer_is_no_answer(github: Loopback, reader: Reader) -> None:
    github.on(TEAM, Reply({"message": "bad"}, 401))

    with pytest.raises(RequestFailed):
        Reviewers(reader).check_access(WEB, [OPS])
