"""Every endpoint of the embedded GitHub, over HTTP, held against GitHub's OpenAPI description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import jwt
import pytest
from support.app_keys import private_pem, public_pem
from support.openapi import check_exchange, operation_id, operation_ids
from support.sandbox_http import CUSTOM, PRODUCTION, PROTECTED, REPOSITORY, World, world

from envsync.sandbox import Options
from envsync.sandbox.shared_state import SharedValue
from envsync.sandbox.state import Secret, Token, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.sandbox import Exchange


@dataclass(frozen=True, slots=True)
class Recorder:
    """Checks each exchange, and remembers which operations took place, with which status."""

    seen: dict[str, set[int]]

    def __call__(self, exchange: Exchange) -> None:
        check_exchange(exchange)
        self.seen.setdefault(operation_id(exchange), set()).add(exchange.status)


@pytest.fixture
def seen() -> dict[str, set[int]]:
    return {}


@pytest.fixture
def github(seen: dict[str, set[int]]) -> Iterator[World]:
    with world(check=Recorder(seen)) as one:
        yield one


def environments(github: World) -> None:
    call = github.call
    reviewers = [github.user("alice"), github.team("acme/devops")]
    for policy in (None, PROTECTED, CUSTOM):
        github.put(
            wait_timer=30,
            prevent_self_review=True,
            reviewers=reviewers,
            can_admins_bypass=False,
            deployment_branch_policy=policy,
        )
        call("GET", PRODUCTION)
    call("PUT", f"{REPOSITORY}/environments/review%2Fapp%201", {"reviewers": None})
    call("GET", f"{REPOSITORY}/environments?per_page=1&page=2")
    call("DELETE", f"{REPOSITORY}/environments/review%2Fapp%201")
    call("DELETE", f"{REPOSITORY}/environments/review%2Fapp%201")
    github.put(wait_timer=-1)


def patterns(github: World) -> None:
    call, path = github.call, f"{PRODUCTION}/deployment-branch-policies"
    github.put(deployment_branch_policy=CUSTOM)
    number = call("POST", path, {"name": "v*", "type": "tag"}).json["id"]
    call("POST", path, {"name": "v*", "type": "tag"})
    call("GET", f"{path}?per_page=5")
    call("GET", f"{path}/{number}")
    call("PUT", f"{path}/{number}", {"name": "release-*"})
    call("DELETE", f"{path}/{number}")
    call("DELETE", f"{path}/{number}")
    github.put(deployment_branch_policy=None)
    call("GET", path)
    call("POST", path, {"name": "main"})


def rules(github: World) -> None:
    call, path = github.call, f"{PRODUCTION}/deployment_protection_rules"
    app = call("GET", f"{path}/apps").json["available_custom_deployment_protection_rule_integrations"][0]
    number = call("POST", path, {"integration_id": app["id"]}).json["id"]
    call("POST", path, {"integration_id": 1})
    call("GET", path)
    call("GET", f"{path}/{number}")
    call("DELETE", f"{path}/{number}")
    call("GET", f"{path}/{number}")


def secrets_and_variables(github: World) -> None:
    call = github.call
    github.put_secret("TOKEN", b"one")
    github.put_secret("TOKEN", b"two")
    for path in ("secrets", "secrets/TOKEN", "secrets/ABSENT"):
        call("GET", f"{PRODUCTION}/{path}")
    call("DELETE", f"{PRODUCTION}/secrets/TOKEN")
    call("POST", f"{PRODUCTION}/variables", {"name": "REGION", "value": "eu"})
    call("POST", f"{PRODUCTION}/variables", {"name": "REGION", "value": "eu"})
    call("POST", f"{PRODUCTION}/variables", {"name": "GITHUB_X", "value": "eu"})
    for path in ("variables", "variables/REGION", "variables/ABSENT"):
        call("GET", f"{PRODUCTION}/{path}")
    call("PATCH", f"{PRODUCTION}/variables/REGION", {"value": "us"})
    call("DELETE", f"{PRODUCTION}/variables/REGION")


def accounts(github: World) -> None:
    for path in (
        "/meta",
        "/rate_limit",
        "/user",
        "/user/repos",
        "/users/alice",
        "/users/acme",
        "/users/nobody",
        "/users/alice/repos",
        "/orgs/acme",
        "/orgs/alice",
        "/orgs/acme/repos?type=all&sort=full_name&direction=asc&per_page=1",
        "/orgs/acme/teams/devops",
        "/orgs/acme/teams/nobody",
        "/orgs/acme/teams/devops/repos/acme/payments",
        "/orgs/acme/teams/devops/repos/acme/other",
        "/apps/change-gate",
        "/apps/nothing",
    ):
        github.call("GET", path)


def repositories(github: World) -> None:
    for path in ("", "/teams", "/collaborators/alice", "/collaborators/nobody", "/collaborators/bob/permission"):
        github.call("GET", REPOSITORY + path)
    media = {"Accept": "application/vnd.github.v3.repository+json"}
    github.call("GET", "/orgs/acme/teams/devops/repos/acme/payments", headers=media)
    github.sandbox.seed(users=["carol"], repositories=[("carol", "tool")])
    github.sandbox.state.repository("carol/tool").private = False
    github.call("GET", "/repos/carol/tool")
    github.call("GET", "/users/carol/repos")


def checkup(github: World) -> None:
    """What says whether it all works together: files, what is shared, deployments, people."""
    call, state, day = github.call, github.sandbox.state, "2026-03-01T00:00:00Z"
    empty = call("GET", f"{REPOSITORY}/contents/README.md")
    assert empty.status == 404
    big = "x" * 1_048_577
    files = {".github/workflows/a.yml": "on: push\n", ".github/workflows/b/c.yml": big}
    github.sandbox.seed(files={("acme", "payments"): files})
    for path in (*files, ".github/workflows", ".github%2Fworkflows?ref=main", "nothing", "nothing?ref=other"):
        call("GET", f"{REPOSITORY}/contents/{path}")
    repository, owner = state.repository("acme/payments"), state.accounts["acme"]
    repository.actions_secrets["A"], repository.actions_variables["A"] = (
        Secret("A", day, day),
        Variable("A", "", day, day),
    )
    owner.actions_secrets["B"] = owner.actions_variables["B"] = SharedValue("B", day, day)
    for kind in ("secrets", "variables", "organization-secrets", "organization-variables"):
        call("GET", f"{REPOSITORY}/actions/{kind}?per_page=1&page=2")
        call("GET", f"{REPOSITORY}/actions/{kind}")
    number = github.sandbox.deploy("acme/payments", "production", "in_progress", "success")
    call("GET", f"{REPOSITORY}/deployments?environment=production&ref=main&sha=none&task=deploy")
    call("GET", f"{REPOSITORY}/deployments?environment=production&per_page=1")
    call("GET", f"{REPOSITORY}/deployments/{number}/statuses?per_page=1")
    call("GET", f"{REPOSITORY}/deployments/{number + 1}/statuses")
    call("GET", f"{REPOSITORY}/collaborators?permission=push&affiliation=direct&per_page=1")
    call("GET", f"{REPOSITORY}/collaborators")
    team = "/orgs/acme/teams/devops"
    for path in (f"{team}/members?role=all&per_page=1", f"{team}/memberships/sandbox", f"{team}/memberships/bob"):
        call("GET", path)
    state.tokens["theirs"] = Token("theirs", "nobody", {"metadata": "read"}, scopes=["repo"])
    with github.client("theirs") as other:
        for path in ("contents/x", "actions/secrets", "actions/variables", "deployments", "collaborators"):
            other("GET", f"{REPOSITORY}/{path}")
        other("GET", "/orgs/acme")


def assertion(github: World, app: int, *, seconds: int = 540) -> str:
    """A JSON Web Token of an App's."""
    now = int(github.clock.now.timestamp())
    return jwt.encode({"iss": str(app), "iat": now - 60, "exp": now + seconds}, private_pem(), algorithm="RS256")


def apps(github: World) -> None:
    app, installation = github.sandbox.install_app(
        "robot", public_key=public_pem(), owner="acme", permissions={"actions": "read"}
    )
    github.sandbox.install_app("robot", public_key=public_pem(), owner="acme", permissions={}, account="carol")
    github.sandbox.state.installations[installation + 1].suspended = True
    tokens = f"/app/installations/{installation}/access_tokens"
    with github.client(assertion(github, app)) as call:
        for path in (
            "/app",
            "/app/installations?per_page=1&page=2",
            f"/app/installations/{installation}",
            f"{REPOSITORY}/installation",
            "/repos/acme/nothing/installation",
            "/orgs/acme/installation",
            "/orgs/nobody/installation",
            "/users/carol/installation",
            "/users/nobody/installation",
        ):
            call("GET", path)
        token = call("POST", tokens).json["token"]
        call("POST", tokens, {"repositories": ["payments"], "permissions": {"actions": "read"}})
        call("POST", tokens, {"permissions": {"actions": "write"}})
        call("POST", f"/app/installations/{installation + 1}/access_tokens")
        call("POST", "/app/installations/1/access_tokens")
    with github.client(token) as call:
        call("GET", "/installation/repositories?per_page=1")
        call("GET", "/user")
    github.call("GET", "/installation/repositories")
    for wrong in (assertion(github, app + 1_000), assertion(github, app, seconds=601), "wrong"):
        with github.client(wrong) as call:
            call("POST", tokens)


def issues(github: World) -> None:
    call, path = github.call, f"{REPOSITORY}/issues"
    number = call("POST", path, {"title": "Drift", "body": "of staging", "labels": ["drift"]}).json["number"]
    call("POST", path, {"title": ""})
    github.sandbox.open_pull_request("acme/payments", "Change")
    call("GET", f"{path}?state=all&labels=drift,ops&sort=updated&direction=asc&per_page=1")
    call("GET", f"{path}?per_page=1&page=2")
    call("PATCH", f"{path}/{number}", {"state": "closed", "state_reason": "not_planned"})
    call(
        "PATCH", f"{path}/{number}", {"title": "More drift", "body": "of all", "labels": ["ops"], "state": "open"}
    )
    call("PATCH", f"{path}/{number}", {"body": "x" * 65_537})
    for one in (number, number + 1, number + 2):
        call("GET", f"{path}/{one}")
        call("POST", f"{path}/{one}/labels", {"labels": ["drift"]})
        call("GET", f"{path}/{one}/labels?per_page=1")
        call("POST", f"{path}/{one}/comments", {"body": "found"})
        call("GET", f"{path}/{one}/comments?per_page=1")
    call("POST", f"{path}/{number}/comments", {"body": ""})
    comment = f"{path}/comments/{call('GET', f'{path}/{number}/comments').json[0]['id']}"
    call("GET", comment)
    call("PATCH", comment, {"body": "found again"})
    call("DELETE", comment)
    call("DELETE", comment)
    call("POST", f"{REPOSITORY}/labels", {"name": "ops"})
    call("POST", f"{REPOSITORY}/labels", {"name": "security", "color": "d73a4a", "description": "of the house"})
    call("GET", f"{REPOSITORY}/labels?per_page=1")
    github.sandbox.state.repository("acme/payments").has_issues = False
    call("GET", path)
    call("POST", path, {"title": "Drift"})


def refusals(github: World) -> None:
    for token in (None, "wrong", "sandbox-workflow"):
        with github.client(token) as call:
            call("GET", f"{PRODUCTION}/secrets")
            call("GET", REPOSITORY)
    github.sandbox.state.rename("acme/payments", "billing")
    github.call("GET", f"{REPOSITORY}/environments")
    github.call("PUT", PRODUCTION, {"wait_timer": 1})
    etag = github.call("GET", "/meta").headers["etag"]
    github.call("GET", "/meta", headers={"If-None-Match": etag})


SCENES = [
    environments,
    patterns,
    rules,
    secrets_and_variables,
    accounts,
    repositories,
    checkup,
    apps,
    issues,
    refusals,
]


@pytest.mark.parametrize("prefix", ["", "/api/v3"], ids=["github.com", "enterprise-server"])
def test_every_operation_is_served_as_described(github: World, seen: dict[str, set[int]], prefix: str) -> None:
    github.call.prefix = prefix
    for scene in SCENES:
        scene(github)
    assert set(seen) == operation_ids()


def test_statuses_that_matter_have_been_answered(github: World, seen: dict[str, set[int]]) -> None:
    for scene in SCENES:
        scene(github)
    assert seen["repos/create-or-update-environment"] == {200, 307, 422}
    assert seen["repos/get-all-environments"] == {200, 301}
    assert seen["repos/create-deployment-branch-policy"] == {200, 303, 404}
    assert seen["repos/list-deployment-branch-policies"] == {200, 404}
    assert seen["actions/create-or-update-environment-secret"] == {201, 204}
    assert seen["actions/create-environment-variable"] == {201, 409, 422}
    assert seen["actions/list-environment-secrets"] == {200, 401, 403}
    assert seen["meta/get"] == {200, 304}
    assert seen["apps/get-repo-installation"] == {200, 404}
    assert seen["apps/create-installation-access-token"] == {201, 401, 403, 404, 422}
    assert seen["apps/list-repos-accessible-to-installation"] == {200, 403}
    assert seen["users/get-authenticated"] == {200, 403}
    assert seen["repos/get-content"] == {200, 403, 404}
    assert seen["actions/list-repo-organization-secrets"] == {200}
    assert seen["actions/list-repo-variables"] == {200, 403}
    assert seen["repos/list-deployments"] == {200, 403}
    assert seen["repos/list-deployment-statuses"] == {200, 404}
    assert seen["repos/list-collaborators"] == {200, 403}
    assert seen["teams/get-membership-for-user-in-org"] == {200, 404}
    assert seen["issues/create"] == {201, 410, 422}
    assert seen["issues/create-comment"] == {201, 404, 422}
    assert seen["issues/create-label"] == {201, 422}


def test_an_enterprise_server_answers_as_described_too(seen: dict[str, set[int]]) -> None:
    options = Options(enterprise_version="3.14.2", rate_limit=None)
    with world(check=Recorder(seen), options=options) as github:
        for path in ("/meta", "/rate_limit"):
            github.call("GET", f"/api/v3{path}")
    assert (seen["meta/get"], seen["rate-limit/get"]) == ({200}, {404})


def test_a_repository_is_served_by_its_id_as_well(github: World) -> None:
    by_name = github.call("GET", f"{REPOSITORY}/environments").json
    number = github.sandbox.state.repository("acme/payments").id
    assert github.call("GET", f"/repositories/{number}/environments").json == by_name
