from __future__ import annotations

import pytest
from support.checkups import DOWN, HEALTHY, SetUp, as_declared, live_of

from envsync.doctor.case import Purpose
from envsync.errors import FailureKind
from envsync.model import Field, Unread
from envsync.plan.checkup import Status
from envsync.plan.facts import CredentialKind, RateLimit

APP = HEALTHY.with_credential(kind=CredentialKind.APP, login=None).in_repository(
    granted={"administration": "write", "environments": "write"}
)


OLDEST = "3.10 is the oldest that works"


def enterprise(version: str) -> SetUp:
    return HEALTHY.on_server(api_url="https://ghe.acme.example/api/v3", version=version).in_repository(plan=None)


# --- version -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.12.0", "3.13.0.rc1", "3.21.2", "4.0"])
def test_an_enterprise_server_that_has_everything(version: str) -> None:
    assert enterprise(version).findings() == []
    assert enterprise(version).said("server-version") == [
        f"https://ghe.acme.example/api/v3 is Enterprise Server {version}; 3.10 is the oldest that works"
    ]


@pytest.mark.parametrize("version", ["3.9.17", "2.22.0"])
def test_an_enterprise_server_that_is_too_old(version: str) -> None:
    assert enterprise(version).findings() == [
        (
            Status.FAIL,
            "server-version",
            f"Enterprise Server {version} lacks what envsync asks of each environment: {OLDEST}",
        )
    ]


def test_a_version_that_nobody_can_read() -> None:
    assert enterprise("main").findings() == [
        (Status.WARN, "server-version", "https://ghe.acme.example/api/v3 has a version that cannot be read")
    ]


def test_what_the_file_asks_for_and_the_server_does_not_have() -> None:
    features = [
        (
            Status.FAIL,
            "server-feature",
            "Enterprise Server 3.10.4 has no prevent_self_review, which production-approval asks for",
        ),
        (Status.FAIL, "server-feature", "Enterprise Server 3.10.4 has no tags, which production asks for"),
    ]

    assert enterprise("3.10.4").findings() == features
    assert [said for _, _, said in enterprise("3.11.0").findings()] == [
        "Enterprise Server 3.11.0 has no tags, which production asks for"
    ]


def test_what_the_file_leaves_to_somebody_else_it_does_not_ask_for() -> None:
    left = frozenset({Field.PREVENT_SELF_REVIEW, Field.DEPLOYMENT_BRANCH_POLICY})
    setup = enterprise("3.10.4").wants("production", ignore=left).wants("production-approval", ignore=left)

    assert setup.findings() == []


def test_the_sandbox_is_not_github() -> None:
    sandbox = HEALTHY.on_server(api_url="http://127.0.0.1:1").with_credential(kind=CredentialKind.SANDBOX)

    assert sandbox.said("server-version") == ["http://127.0.0.1:1 is the sandbox, not GitHub"]


def test_a_server_on_this_machine_is_not_githubs_own() -> None:
    here = HEALTHY.on_server(api_url="http://127.0.0.1:1", is_here=True)

    assert here.said("server-version") == ["http://127.0.0.1:1 is a server on this machine"]
    assert HEALTHY.said("server-version") == ["https://api.github.com is GitHub's own, which has everything"]


# --- clock -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("skew", [29.9, -29.9, 0.0])
def test_a_clock_that_is_nearly_right(skew: float) -> None:
    assert HEALTHY.on_server(skew=skew).findings() == []


@pytest.mark.parametrize(
    ("setup", "skew", "said"),
    [
        (HEALTHY, 30.0, "the clock here is 30 seconds ahead of GitHub's"),
        (HEALTHY, -3600.0, "the clock here is 3600 seconds behind GitHub's"),
        (APP, 59.0, "the clock here is 59 seconds ahead of GitHub's"),
        (APP, -539.0, "the clock here is 539 seconds behind GitHub's"),
    ],
)
def test_a_clock_that_is_wrong(setup: SetUp, skew: float, said: str) -> None:
    assert setup.on_server(skew=skew).findings() == [(Status.WARN, "clock", said)]


@pytest.mark.parametrize(("skew", "off"), [(60.0, "60 seconds ahead of"), (-540.0, "540 seconds behind")])
def test_a_clock_with_which_an_app_cannot_sign_in(skew: float, off: str) -> None:
    said = f"the clock here is {off} GitHub's, and GitHub refuses what an App signs with it"

    assert APP.on_server(skew=skew).findings() == [(Status.FAIL, "clock", said)]


def test_a_server_that_does_not_tell_the_time() -> None:
    assert "clock" not in {each.code for each in HEALTHY.on_server(skew=None).checks()}


# --- rate limit --------------------------------------------------------------------------------------------


def test_a_server_without_a_limit() -> None:
    assert HEALTHY.on_server(rate_limit=None).said("rate-limit") == ["the server limits no requests"]


@pytest.mark.parametrize(
    ("remaining", "status", "said"),
    [
        (20, Status.WARN, "20 of 5000 requests an hour are left, and an apply takes about 21"),
        (0, Status.FAIL, "0 of 5000 requests an hour are left"),
    ],
)
def test_too_few_requests_are_left(remaining: int, status: Status, said: str) -> None:
    few = HEALTHY.on_server(rate_limit=RateLimit(5000, remaining, 61))

    assert few.findings() == [(status, "rate-limit", said)]
    assert few.line("rate-limit").next_step == "wait 2 minutes, until GitHub counts anew"


def test_as_many_requests_as_a_plan_takes_are_enough() -> None:
    assert HEALTHY.on_server(rate_limit=RateLimit(5000, 21, 61)).findings() == []


def test_an_apply_takes_more_than_what_it_reads() -> None:
    staging = next(each for each in HEALTHY.desired.environments if each.name == "staging")
    absent = [as_declared(each) for each in HEALTHY.desired.environments if each is not staging]
    changing = HEALTHY.in_repository(live=live_of(*absent)).on_server(rate_limit=RateLimit(5000, 21, 61))

    assert any("an apply takes about" in said for _, code, said in changing.findings() if code == "rate-limit")
    assert changing.in_case(purpose=Purpose.PLAN).said("rate-limit") == [
        "21 of 5000 requests an hour are left; a plan takes about 21"
    ]


def test_a_limit_that_could_not_be_read() -> None:
    unknown = HEALTHY.on_server(rate_limit=DOWN)

    assert unknown.findings() == [
        (Status.WARN, "rate-limit", "how many requests are left is not known: GitHub says 502")
    ]
    assert unknown.line("rate-limit").next_step == "run it again"


# --- silence -----------------------------------------------------------------------------------------------


def test_a_server_that_was_not_asked_is_not_taken_for_githubs_own() -> None:
    silent = HEALTHY.on_server(skew=None, rate_limit=DOWN)

    assert silent.findings() == [
        (Status.WARN, "server-version", "nothing is known of https://api.github.com: GitHub says 502")
    ]


def test_where_no_request_is_left_to_ask_with_nothing_else_will_work_either() -> None:
    spent = Unread("GitHub's hourly rate limit is used up", FailureKind.RATE_LIMITED, "run it again then")

    assert HEALTHY.on_server(skew=None, rate_limit=spent).line("server-version").status is Status.FAIL
