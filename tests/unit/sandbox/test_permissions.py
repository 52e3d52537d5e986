"""Who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.sandbox_http import CUSTOM, PRODUCTION, REPOSITORY, world

from envsync.sandbox.state import Token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sandbox_http import World

RULES = f"{PRODUCTION}/deployment_protection_rules"
PATTERNS = f"{PRODUCTION}/deployment-branch-policies"
VARIABLES = f"{PRODUCTION}/variables"
SECRETS = f"{PRODUCTION}/secrets"
ISSUES = f"{REPOSITORY}/issues"

# From the table of GitHub's documentation: what each endpoint takes.
NEEDS = [
    ("GET", REPOSITORY, "metadata=read"),
    ("GET", f"{REPOSITORY}/teams", "administration=read"),
    ("GET", f"{REPOSITORY}/contents/.github/workflows", "contents=read"),
    ("GET", f"{REPOSITORY}/actions/secrets", "secrets=read"),
    ("GET", f"{REPOSITORY}/actions/organization-secrets", "secrets=read"),
    ("GET", f"{REPOSITORY}/actions/variables", "actions_variables=read"),
    ("GET", f"{REPOSITORY}/actions/organization-variables", "actions_variables=read"),
    ("GET", f"{REPOSITORY}/deployments", "deployments=read"),
    ("GET", f"{REPOSITORY}/deployments/1/statuses", "deployments=read"),
    ("GET", f"{REPOSITORY}/collaborators", "metadata=read"),
    ("GET", f"{REPOSITORY}/collaborators/alice", "metadata=read"),
    ("GET", "/orgs/acme/repos", "metadata=read"),
    ("GET", "/orgs/acme/teams/devops", "members=read"),
    ("GET", "/orgs/acme/teams/devops/repos/acme/payments", "members=read"),
    ("GET", "/orgs/acme/teams/devops/members", "members=read"),
    ("GET", "/orgs/acme/teams/devops/memberships/sandbox", "members=read"),
    ("GET", f"{REPOSITORY}/environments", "actions=read"),
    ("GET", PRODUCTION, "actions=read"),
    ("PUT", PRODUCTION, "administration=write"),
    ("DELETE", PRODUCTION, "administration=write"),
    ("GET", PATTERNS, "actions=read"),
    ("POST", PATTERNS, "administration=write"),
    ("PUT", f"{PATTERNS}/1", "administration=write"),
    ("DELETE", f"{PATTERNS}/1", "administration=write"),
    ("GET", RULES, "actions=read"),
    ("GET", f"{RULES}/apps", "administration=read"),
    ("POST", RULES, "administration=write"),
    ("DELETE", f"{RULES}/1", "administration=write"),
    ("GET", SECRETS, "environments=read"),
    ("GET", f"{SECRETS}/public-key", "environments=read"),
    ("GET", f"{SECRETS}/A", "environments=read"),
    ("PUT", f"{SECRETS}/A", "environments=write"),
    ("DELETE", f"{SECRETS}/A", "environments=write"),
    ("GET", VARIABLES, "environments=read"),
    ("GET", f"{VARIABLES}/A", "environments=read"),
    ("POST", VARIABLES, "environments=write"),
    ("PATCH", f"{VARIABLES}/A", "environments=write"),
    ("DELETE", f"{VARIABLES}/A", "environments=write"),
    ("GET", ISSUES, "issues=read"),
    ("POST", ISSUES, "issues=write"),
    ("GET", f"{ISSUES}/1", "issues=read; pull_requests=read"),
    ("PATCH", f"{ISSUES}/1", "issues=write; pull_requests=write"),
    ("GET", f"{ISSUES}/1/labels", "issues=read; pull_requests=read"),
    ("POST", f"{ISSUES}/1/labels", "issues=write; pull_requests=write"),
    ("GET", f"{ISSUES}/1/comments", "issues=read; pull_requests=read"),
    ("POST", f"{ISSUES}/1/comments", "issues=write; pull_requests=write"),
    ("GET", f"{ISSUES}/comments/1", "issues=read; pull_requests=read"),
    ("PATCH", f"{ISSUES}/comments/1", "issues=write; pull_requests=write"),
    ("DELETE", f"{ISSUES}/comments/1", "issues=write; pull_requests=write"),
    ("GET", f"{REPOSITORY}/labels", "issues=read; pull_requests=read"),
    ("POST", f"{REPOSITORY}/labels", "issues=write; pull_requests=write"),
]


def grants(needed: str) -> list[tuple[str, str]]:
    """The permissions, with their level, each of which is enough."""
    return [(name, level) for name, _, level in (one.partition("=") for one in needed.split("; "))]


@pytest.fixture
def github() -> Iterator[World]:
    with world() as one:
        one.put(deployment_branch_policy=CUSTOM)
        yield one


@pytest.mark.parametrize(("method", "path", "needed"), NEEDS, ids=str)
def test_what_is_missing_is_named(github: World, method: str, path: str, needed: str) -> None:
    token = Token("lacking", "sandbox", dict(github.sandbox.state.tokens["sandbox"].permissions))
    for permission, level in grants(needed):
        if level == "write":
            token.permissions[permission] = "read"
        else:
            del token.permissions[permission]
    github.sandbox.state.tokens["lacking"] = token
    with github.client("lacking") as call:
        answer = call(method, path)
    assert (answer.status, answer.message) == (403, "Resource not accessible by integration")
    assert answer.headers["x-accepted-github-permissions"] == needed


@pytest.mark.parametrize(("method", "path", "needed"), NEEDS, ids=str)
def test_just_that_is_enough(github: World, method: str, path: str, needed: str) -> None:
    for permission, level in grants(needed):
        github.sandbox.state.tokens["just"] = Token("just", "sandbox", {permission: level})
        with github.client("just") as call:
            assert call(method, path).status not in (401, 403)


def test_write_includes_read(github: World) -> None:
    github.sandbox.state.tokens["writer"] = Token("writer", "sandbox", {"actions": "write"})
    with github.client("writer") as call:
        assert call("GET", PRODUCTION).status == 200


class TestTokens:
    @pytest.mark.parametrize(
        ("authorization", "message"),
        [
            (None, "Requires authentication"),
            ("", "Requires authentication"),
            ("Bearer", "Requires authentication"),
            ("Bearer wrong", "Bad credentials"),
            ("Basic sandbox", "Bad credentials"),
        ],
    )
    def test_without_a_known_one_there_is_nothing(
        self, github: World, authorization: str | None, message: str
    ) -> None:
        headers = {} if authorization is None else {"Authorization": authorization}
        with github.client(None) as call:
            answer = call("GET", REPOSITORY, headers=headers)
        assert (answer.status, answer.message) == (401, message)
        assert answer.json["documentation_url"]

    @pytest.mark.parametrize("scheme", ["token", "Bearer", "bearer", "Token"])
    def test_both_schemes_are_taken(self, github: World, scheme: str) -> None:
        with github.client(None) as call:
            assert call("GET", REPOSITORY, headers={"Authorization": f"{scheme} sandbox"}).status == 200

    def test_the_reader_reads_everything_that_a_plan_needs_and_writes_nothing(self, github: World) -> None:
        with github.client("sandbox-reader") as call:
            for path in (f"{REPOSITORY}/environments", PATTERNS, RULES, f"{RULES}/apps", SECRETS, VARIABLES):
                assert call("GET", path).status == 200
            for method, path in (("PUT", PRODUCTION), ("POST", VARIABLES), ("DELETE", f"{SECRETS}/A")):
                assert call(method, path).status == 403

    def test_what_a_plan_does_not_need_is_for_the_full_one_alone(self, github: World) -> None:
        paths = ("actions/secrets", "actions/variables", "deployments", "contents/README.md")
        answers = {}
        for token in ("sandbox", "sandbox-reader", "sandbox-workflow"):
            with github.client(token) as call:
                answers[token] = [call("GET", f"{REPOSITORY}/{path}").status for path in paths]
        assert answers == {
            "sandbox": [200, 200, 200, 404],
            "sandbox-reader": [403, 403, 403, 403],
            "sandbox-workflow": [403, 403, 403, 404],
        }

    def test_a_workflows_own_token_reads_the_settings_alone(self, github: World) -> None:
        with github.client("sandbox-workflow") as call:
            for path in (f"{REPOSITORY}/environments", PATTERNS, RULES):
                assert call("GET", path).status == 200
            for path in (SECRETS, VARIABLES, f"{RULES}/apps"):
                assert call("GET", path).status == 403

    def test_and_writes_issues_and_comments_as_a_bot(self, github: World) -> None:
        github.sandbox.open_pull_request("acme/payments", "Change")
        with github.client("sandbox-workflow") as call:
            assert call("POST", ISSUES, {"title": "Drift"}).json["user"]["login"] == "github-actions[bot]"
            assert call("POST", f"{ISSUES}/1/comments", {"body": "x"}).json["user"]["type"] == "Bot"
            answer = call("GET", "/user")
        assert (answer.status, answer.message) == (403, "Resource not accessible by integration")


class TestReach:
    @pytest.fixture(autouse=True)
    def other(self, github: World) -> None:
        github.sandbox.state.tokens["sandbox"].repositories = ["acme/other"]

    def test_a_private_repository_out_of_reach_does_not_exist(self, github: World) -> None:
        assert github.call("GET", REPOSITORY).status == 404
        assert github.call("PUT", PRODUCTION).status == 404
        assert (
            github.call("GET", f"/repositories/{github.sandbox.state.repository('acme/payments').id}").status
            == 404
        )

    def test_a_public_one_can_be_looked_at(self, github: World) -> None:
        github.sandbox.state.repository("acme/payments").private = False
        assert github.call("GET", REPOSITORY).status == 200
        assert github.call("PUT", PRODUCTION).status == 403

    def test_a_former_name_tells_nothing_about_what_may_not_be_seen(self, github: World) -> None:
        github.sandbox.state.rename("acme/payments", "billing")
        assert github.call("GET", REPOSITORY).status == 404
