"""What all answers have in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.sandbox_http import CUSTOM, PRODUCTION, REPOSITORY, Clock, world

from envsync.sandbox import Options
from envsync.sandbox.state import Role, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from support.sandbox_http import World

# What envsync reads, and what somebody may do that changes it.
CHANGES: Mapping[str, Callable[[World], object]] = {
    f"{REPOSITORY}/environments?per_page=100": lambda github: github.put(can_admins_bypass=False),
    f"{PRODUCTION}/variables?per_page=30": lambda github: github.call(
        "POST", f"{PRODUCTION}/variables", {"name": "A", "value": "1"}
    ),
    f"{PRODUCTION}/secrets?per_page=100": lambda github: github.put_secret("TOKEN", b"x"),
    f"{PRODUCTION}/deployment-branch-policies": lambda github: github.call(
        "POST", f"{PRODUCTION}/deployment-branch-policies", {"name": "main"}
    ),
    f"{PRODUCTION}/deployment_protection_rules": lambda github: github.call(
        "POST",
        f"{PRODUCTION}/deployment_protection_rules",
        {"integration_id": github.sandbox.state.apps["change-gate"].id},
    ),
    REPOSITORY: lambda github: setattr(github.sandbox.state.repository("acme/payments"), "private", False),
    f"{REPOSITORY}/collaborators/alice/permission": lambda github: github.sandbox.state.repository(
        "acme/payments"
    ).users.update(alice=Role.ADMIN),
    "/orgs/acme/repos": lambda github: github.sandbox.seed(repositories=[("acme", "billing")]),
    "/orgs/acme/teams/devops/members": lambda github: github.sandbox.state.teams["acme/devops"].members.pop(),
}


@pytest.fixture
def github() -> Iterator[World]:
    with world() as one:
        yield one


class TestHeaders:
    def test_githubs_own(self) -> None:
        with world(options=Options(now=Clock())) as github:
            headers = github.call("GET", PRODUCTION).headers
        assert headers["date"] == "Sun, 01 Mar 2026 12:00:00 GMT"
        assert headers["content-type"] == "application/json; charset=utf-8"
        assert headers["x-github-api-version-selected"] == "2022-11-28"
        assert headers["x-accepted-github-permissions"] == "actions=read"
        assert re.fullmatch("[0-9A-F]{20}", headers["x-github-request-id"])

    def test_a_classic_token_says_its_scopes(self, github: World) -> None:
        github.sandbox.state.tokens["ghp_x"] = Token(
            "ghp_x", "sandbox", {"metadata": "read"}, scopes=["repo", "gist"]
        )
        with github.client("ghp_x") as call:
            for path, accepted in ((REPOSITORY, "repo"), (PRODUCTION, "repo"), ("/user", "")):
                headers = call("GET", path).headers
                assert (headers["x-oauth-scopes"], headers["x-accepted-oauth-scopes"]) == ("repo, gist", accepted)
            assert "read:org" in call("GET", "/orgs/acme").headers["x-accepted-oauth-scopes"]
        github.sandbox.state.tokens["ghp_x"].scopes = []
        with github.client("ghp_x") as call:
            assert call("GET", "/user").headers["x-oauth-scopes"] == ""
        assert "x-oauth-scopes" not in github.call("GET", "/user").headers

    def test_a_token_says_when_it_ends(self) -> None:
        with world(options=Options(now=Clock())) as github:
            token = Token("github_pat_x", "sandbox", {}, expires_at="2026-04-01T10:30:00Z")
            github.sandbox.state.tokens[token.value] = token
            with github.client(token.value) as call:
                header = call("GET", "/user").headers["github-authentication-token-expiration"]
                token.expires_at = "2026-03-01T12:00:00Z"
                ended = call("GET", "/user")
            others = github.call("GET", "/user").headers
        assert header == "2026-04-01 10:30:00 UTC"
        assert ended.status == 401
        assert "github-authentication-token-expiration" not in {*ended.headers, *others}

    def test_one_of_an_installation_does_not(self, github: World) -> None:
        _, number = github.sandbox.install_app("robot", public_key="", owner="acme", permissions={})
        end = "2126-01-01T00:00:00Z"
        token = Token("ghs_x", "robot[bot]", {"metadata": "read"}, expires_at=end, installation=number)
        github.sandbox.state.issued["ghs_x"] = token
        with github.client("ghs_x") as call:
            answer = call("GET", REPOSITORY)
        assert answer.status == 200
        assert "github-authentication-token-expiration" not in answer.headers

    def test_each_request_has_an_id_of_its_own(self, github: World) -> None:
        ids = {github.call("GET", PRODUCTION).headers["x-github-request-id"] for _ in range(3)}
        assert len(ids) == 3

    def test_an_empty_answer_has_no_type(self, github: World) -> None:
        headers = github.call("DELETE", PRODUCTION).headers
        assert "content-type" not in headers
        assert "content-length" not in headers

    @pytest.mark.parametrize("version", ["2022-11-28", "2026-03-10"])
    def test_both_versions_of_the_api(self, github: World, version: str) -> None:
        answer = github.call("GET", PRODUCTION, headers={"X-GitHub-Api-Version": version})
        assert (answer.status, answer.headers["x-github-api-version-selected"]) == (200, version)

    def test_another_version_is_refused(self, github: World) -> None:
        assert github.call("GET", PRODUCTION, headers={"X-GitHub-Api-Version": "2020-01-01"}).status == 400


class TestTime:
    def test_every_answer_tells_it(self) -> None:
        faults = ["503:GET:/meta", "403:GET:/rate_limit"]
        with world(faults=faults, check=lambda _: None) as github:
            github.clock.advance(90.9)
            github.sandbox.state.rename("acme/payments", "billing")
            now, gone = "/repos/acme/billing/environments/production", "/repos/acme/billing/environments/gone"
            variable = {"name": "A", "value": "1"}
            answers = [
                github.call("PUT", now),
                github.call("POST", f"{now}/variables", variable),
                github.call("DELETE", f"{now}/variables/A"),
                github.call("GET", PRODUCTION),
                github.call("PUT", now, content=b"{"),
                github.call("GET", gone),
                github.call("PUT", now, {"wait_timer": -1}),
                github.call("GET", "/rate_limit"),
                github.call("GET", "/meta"),
            ]
            etag = github.call("GET", now).headers["etag"]
            answers.append(github.call("GET", now, headers={"If-None-Match": etag}))
            with github.client(token="wrong") as call:
                answers.append(call("GET", now))

        assert [answer.status for answer in answers] == [200, 201, 204, 301, 400, 404, 422, 403, 503, 304, 401]
        assert {answer.headers["date"] for answer in answers} == {"Sun, 01 Mar 2026 12:01:30 GMT"}

    def test_what_is_written_bears_it(self, github: World) -> None:
        github.clock.advance(90.9)
        github.put_secret("TOKEN", b"x")
        answer = github.call("POST", f"{PRODUCTION}/variables", {"name": "A", "value": "1"})
        assert answer.headers["date"] == "Sun, 01 Mar 2026 12:01:30 GMT"
        github.clock.advance(10)
        for path in ("secrets/TOKEN", "variables/A"):
            assert github.call("GET", f"{PRODUCTION}/{path}").json["updated_at"] == "2026-03-01T12:01:30Z"

        github.put_secret("TOKEN", b"x")
        github.call("PATCH", f"{PRODUCTION}/variables/A", {"value": "1"})
        for path in ("secrets/TOKEN", "variables/A"):
            assert github.call("GET", f"{PRODUCTION}/{path}").json["updated_at"] == "2026-03-01T12:01:40Z"


class TestConditionalRequests:
    def test_an_etag_is_weak_and_stays_while_nothing_changes(self, github: World) -> None:
        first, second = (github.call("GET", PRODUCTION).headers["etag"] for _ in range(2))
        assert re.fullmatch('W/"[0-9a-f]{64}"', first)
        assert first == second

    @pytest.mark.parametrize("form", ["{etag}", "{strong}", '"other", {etag}', "*"])
    def test_what_is_known_is_not_sent_again(self, github: World, form: str) -> None:
        etag = github.call("GET", PRODUCTION).headers["etag"]
        wanted = form.format(etag=etag, strong=etag.removeprefix("W/"))
        answer = github.call("GET", PRODUCTION, headers={"If-None-Match": wanted})
        assert (answer.status, answer.text, answer.headers["etag"]) == (304, "", etag)

    def test_a_change_of_the_rules_shows(self, github: World) -> None:
        etag = github.call("GET", PRODUCTION).headers["etag"]
        github.put(wait_timer=5)
        answer = github.call("GET", PRODUCTION, headers={"If-None-Match": etag})
        assert answer.status == 200
        assert answer.headers["etag"] != etag

    def test_a_change_of_secrets_and_variables_does_not(self, github: World) -> None:
        etag = github.call("GET", PRODUCTION).headers["etag"]
        github.put_secret("TOKEN", b"x")
        github.call("POST", f"{PRODUCTION}/variables", {"name": "A", "value": "1"})
        assert github.call("GET", PRODUCTION, headers={"If-None-Match": etag}).status == 304

    def test_their_lists_have_etags_of_their_own(self, github: World) -> None:
        path = f"{PRODUCTION}/variables"
        etag = github.call("GET", path).headers["etag"]
        github.call("POST", path, {"name": "A", "value": "1"})
        assert github.call("GET", path, headers={"If-None-Match": etag}).status == 200

    @pytest.mark.parametrize(("path", "change"), CHANGES.items(), ids=[*CHANGES])
    def test_every_change_shows_to_whoever_would_read_it(
        self, github: World, path: str, change: Callable[[World], object]
    ) -> None:
        github.put(deployment_branch_policy=CUSTOM)
        github.put_secret("TOKEN", b"x")
        github.clock.advance(1)
        known = {"If-None-Match": github.call("GET", path).headers["etag"]}
        assert github.call("GET", path, headers=known).status == 304
        change(github)
        assert github.call("GET", path, headers=known).status == 200

    def test_another_token_has_other_etags(self, github: World) -> None:
        answer = github.call("GET", PRODUCTION)
        assert "Authorization" in answer.headers["vary"]
        with github.client("sandbox-reader") as call:
            other = call("GET", PRODUCTION, headers={"If-None-Match": answer.headers["etag"]})
        assert (other.status, other.text) == (200, answer.text)
        assert other.headers["etag"] != answer.headers["etag"]

    def test_a_304_says_all_but_what_is_known(self, github: World) -> None:
        first = github.call("GET", PRODUCTION)
        again = github.call("GET", PRODUCTION, headers={"If-None-Match": first.headers["etag"]})
        assert first.headers.keys() - again.headers.keys() == {"content-type", "content-length"}
        assert again.headers["x-ratelimit-remaining"] == "5000"

    def test_writes_and_refusals_have_none(self, github: World) -> None:
        assert "etag" not in github.put(wait_timer=5).headers
        assert "etag" not in github.call("GET", f"{PRODUCTION}x").headers


class TestBodies:
    @pytest.mark.parametrize(
        "content",
        [b"{", b"\xff", b'{"a": 1,}', b'{"wait_timer": "\\ud800"}', b"[" * 100_000],
        ids=["cut", "bytes", "comma", "half-a-pair", "deep"],
    )
    def test_what_is_no_json(self, github: World, content: bytes) -> None:
        answer = github.call("PUT", PRODUCTION, content=content)
        assert (answer.status, answer.message) == (400, "Problems parsing JSON")

    def test_a_whole_surrogate_pair_is_text(self, github: World) -> None:
        content = b'{"name": "A", "value": "\\ud83d\\ude80"}'
        assert github.call("POST", f"{PRODUCTION}/variables", content=content).status == 201
        assert github.call("GET", f"{PRODUCTION}/variables/A").json["value"] == "🚀"

    def test_permission_comes_before_form(self, github: World) -> None:
        with github.client("sandbox-reader") as call:
            assert call("PUT", PRODUCTION, content=b"{").status == 403


def test_the_prefix_of_an_enterprise_server_goes_into_the_urls(github: World) -> None:
    found = github.call("GET", f"/api/v3{REPOSITORY}").json
    assert found["url"] == f"{github.sandbox.url}/api/v3{REPOSITORY}"
    assert found["html_url"] == f"{github.sandbox.url}/acme/payments"
