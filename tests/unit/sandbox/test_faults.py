"""What goes wrong on purpose."""

from __future__ import annotations

from http.client import IncompleteRead, RemoteDisconnected
from typing import TYPE_CHECKING

import pytest
from support.sandbox_http import PRODUCTION, REPOSITORY, client, world

from envsync.errors import EnvsyncError
from envsync.sandbox import Fault
from envsync.sandbox.faults import FaultKind

if TYPE_CHECKING:
    from support.sandbox_http import World

VARIABLES = f"{PRODUCTION}/variables"


class TestParsing:
    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("503", Fault(FaultKind.STATUS, status=503)),
            ("503:PUT", Fault(FaultKind.STATUS, "PUT", status=503)),
            (
                "503:put:*/environments/production:2",
                Fault(FaultKind.STATUS, "PUT", "*/environments/production", 2, 503),
            ),
            ("429+5", Fault(FaultKind.STATUS, status=429, retry_after=5)),
            ("403+0:*:*:1", Fault(FaultKind.STATUS, count=1, status=403, retry_after=0)),
            ("reset:POST", Fault(FaultKind.RESET, "POST")),
            ("lost:*:/repos/*", Fault(FaultKind.LOST, path="/repos/*")),
            ("hang:::3", Fault(FaultKind.HANG, count=3)),
            ("truncate", Fault(FaultKind.TRUNCATE)),
        ],
    )
    def test_what_is_meant(self, text: str, fault: Fault) -> None:
        assert Fault.parse(text) == fault
        assert Fault.parse(str(fault)) == fault

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "boom",
            "status",
            "200",
            "399",
            "499",
            "600",
            "5o3",
            "-503",
            "429+",
            "429+soon",
            "503:P T",
            "503:PUT:*:0",
            "503:PUT:*:x",
            "503:PUT:*:-1",
            "503:PUT:a:b:1",
            "²03",
        ],
    )
    def test_what_is_not(self, text: str) -> None:
        with pytest.raises(EnvsyncError) as caught:
            Fault.parse(text)
        (diagnostic,) = caught.value.diagnostics
        assert diagnostic.code == "sandbox-bad-fault"
        assert repr(text) in diagnostic.message
        assert diagnostic.hint is not None
        assert "for example 503:PUT:*/environments/production:2" in diagnostic.hint


def has_variable(github: World) -> bool:
    return "A" in github.sandbox.state.environment("acme/payments", "production").variables


def create(github: World) -> None:
    github.call("POST", VARIABLES, {"name": "A", "value": "x" * 100})


class TestStatus:
    def test_a_5xx_is_a_page_of_a_proxy_and_no_work_is_done(self) -> None:
        with world(faults=["502:POST"]) as github:
            github.call("PUT", PRODUCTION)
            answer = github.call("POST", VARIABLES, {"name": "A", "value": "x"})
            assert answer.status == 502
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert "502 Bad Gateway" in answer.text
            assert not has_variable(github)

    @pytest.mark.parametrize("status", [403, 429])
    def test_the_secondary_limit(self, status: int) -> None:
        with world(faults=[f"{status}+7:PUT"]) as github:
            answer = github.call("PUT", PRODUCTION)
            assert (answer.status, answer.headers["retry-after"]) == (status, "7")
            assert "secondary rate limit" in answer.message
            assert answer.headers["x-ratelimit-remaining"] == "5000"

    def test_it_may_come_without_saying_how_long_to_wait(self) -> None:
        with world(faults=["429"]) as github:
            assert "retry-after" not in github.call("PUT", PRODUCTION).headers

    def test_zero_seconds_and_other_statuses(self) -> None:
        with world(faults=["503+0:PUT", "422:GET"]) as github:
            assert github.call("PUT", PRODUCTION).headers["retry-after"] == "0"
            assert github.call("GET", PRODUCTION).message == "Unprocessable Entity"


class TestChoice:
    def test_a_count_runs_out(self) -> None:
        with world(faults=["503:PUT:*:2"]) as github:
            assert [github.call("PUT", PRODUCTION).status for _ in range(3)] == [503, 503, 200]

    def test_the_first_that_fits_and_is_left_happens(self) -> None:
        with world(faults=["503:*:*/variables*:1", "500:GET", "502"]) as github:
            statuses = [github.call(*what).status for what in [("GET", VARIABLES)] * 2 + [("PUT", PRODUCTION)]]
            assert statuses == [503, 500, 502]

    def test_the_path_is_matched_as_it_was_sent(self) -> None:
        with world(faults=["503:PUT:*/environments/a%2Fb"]) as github:
            assert github.call("PUT", f"{REPOSITORY}/environments/a%2Fb?x=1").status == 503
            assert github.call("PUT", f"{REPOSITORY}/environments/a%2fb").status == 200

    def test_it_happens_to_anybody(self) -> None:
        with world(faults=["503"]) as github, github.client(None) as call:
            assert call("GET", REPOSITORY).status == 503


class TestConnection:
    def test_reset_does_no_work(self) -> None:
        with world(faults=["reset:POST:*:1"]) as github:
            github.call("PUT", PRODUCTION)
            with pytest.raises(ConnectionResetError):
                create(github)
            assert not has_variable(github)
            create(github)
            assert has_variable(github)

    def test_lost_does_the_work_and_says_nothing(self) -> None:
        with world(faults=["lost:POST"]) as github:
            github.call("PUT", PRODUCTION)
            with pytest.raises(RemoteDisconnected):
                create(github)
            assert has_variable(github)
            assert (github.exchanges[-1].status, github.exchanges[-1].fault) == (201, "lost:POST:*")

    def test_truncate_does_the_work_and_says_half(self) -> None:
        with world(faults=["truncate:PUT"]) as github:
            with pytest.raises(IncompleteRead) as caught:
                github.call("PUT", PRODUCTION)
            got, missing = len(caught.value.partial), caught.value.expected
            assert missing is not None
            assert abs(got - missing) <= 1
            assert github.call("GET", PRODUCTION).status == 200

    def test_half_of_nothing_is_nothing(self) -> None:
        with world(faults=["truncate:DELETE"]) as github:
            github.call("PUT", PRODUCTION)
            with pytest.raises(RemoteDisconnected):
                github.call("DELETE", PRODUCTION)
            assert github.call("GET", PRODUCTION).status == 404

    def test_hang_waits_until_the_client_gives_up_and_holds_up_nobody_else(self) -> None:
        with world(faults=["hang:POST"]) as github:
            github.call("PUT", PRODUCTION)
            with github.client(timeout=0.05) as call, pytest.raises(TimeoutError):
                call("POST", VARIABLES, {"name": "A", "value": "x"})
            assert github.call("GET", PRODUCTION).status == 200
            assert not has_variable(github)

    def test_a_client_that_hangs_does_not_keep_the_sandbox_from_stopping(self) -> None:
        with world(faults=["hang:POST"]) as github, client(github.sandbox.url) as call:
            call.connection.request("POST", VARIABLES, b"{}")
            github.call("GET", "/meta")
