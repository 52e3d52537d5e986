from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.clockwork import NOW
from support.github_json import problem
from support.loopback import Loopback, Reply

from envsync.errors import FailureKind
from envsync.github.survey_server import survey_server
from envsync.model import Unread
from envsync.plan.facts import RateLimit, ServerFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from envsync.github.connection import Access
    from envsync.github.reader import Reader

DATE = {"Date": "Tue, 14 Nov 2023 22:13:20 GMT"}  # NOW
CORE = {"limit": 5000, "remaining": 4999, "reset": int(NOW) + 600, "used": 1}


@pytest.fixture
def told(github: Loopback, reader: Reader, access: Callable[..., Access]) -> Callable[[], ServerFacts]:
    github.on("GET /meta", Reply({"verifiable_password_authentication": False}, headers=DATE))
    github.on("GET /rate_limit", Reply({"resources": {"core": CORE}, "rate": CORE}))
    return lambda: survey_server(reader, access())[0]


def test_github_s_own_servers_have_no_version(told: Callable[[], ServerFacts]) -> None:
    server = told()

    assert server.version is None
    assert server.skew == -0.5  # a Date of this second is on average half a second old
    assert server.rate_limit == RateLimit(5000, 4999, 600)


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"installed_version": "3.16.2"}),
        Reply({}, headers={"X-GitHub-Enterprise-Version": "3.16.2"}),
    ],
)
def test_an_enterprise_server_tells_its_version_in_one_of_two_ways(
    github: Loopback, told: Callable[[], ServerFacts], reply: Reply
) -> None:
    github.on("GET /meta", reply)

    assert told().version == "3.16.2"


def test_headers_come_with_it(github: Loopback, reader: Reader, access: Callable[..., Access]) -> None:
    github.on("GET /meta", Reply({}, headers={"X-OAuth-Scopes": "repo"}))

    assert survey_server(reader, access())[1]["x-oauth-scopes"] == "repo"


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}])
def test_a_server_that_tells_no_time_leaves_the_clock_open(
    github: Loopback, told: Callable[[], ServerFacts], headers: dict[str, str]
) -> None:
    github.on("GET /meta", Reply({}, headers=headers))

    assert told().skew is None


def test_the_limit_is_counted_anew_by_the_server_s_clock(
    github: Loopback, told: Callable[[], ServerFacts]
) -> None:
    github.on("GET /meta", Reply({}, headers={"Date": "Tue, 14 Nov 2023 22:23:19 GMT"}))  # 599 s from now

    server = told()

    assert server.skew == -599.5
    assert isinstance(server.rate_limit, RateLimit)
    assert server.rate_limit.resets_in == 0


def test_a_server_without_limits_says_that_there_is_no_such_thing(
    github: Loopback, told: Callable[[], ServerFacts]
) -> None:
    github.on("GET /rate_limit", problem(404, "Rate limiting is not enabled."))

    assert told().rate_limit is None


@pytest.mark.parametrize(
    ("reply", "kind"),
    [(problem(403, "no"), FailureKind.NOT_PERMITTED), (Reply({"resources": {}}), FailureKind.UNAVAILABLE)],
)
def test_a_limit_that_is_not_told_is_not_none(
    github: Loopback, told: Callable[[], ServerFacts], reply: Reply, kind: FailureKind
) -> None:
    github.on("GET /rate_limit", reply)

    limit = told().rate_limit

    assert isinstance(limit, Unread)
    assert limit.kind is kind
