from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envsync.github.permissions import needed, repository_of

if TYPE_CHECKING:
    from envsync.github.call import Method

E = "/repos/acme/web/environments"


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("GET", E, "Actions: read"),
        ("GET", f"{E}/secrets", "Actions: read"),  # an environment of that name
        ("PUT", f"{E}/prod", "Administration: write"),
        ("DELETE", f"{E}/prod", "Administration: write"),
        ("GET", f"{E}/prod/deployment-branch-policies", "Actions: read"),
        ("POST", f"{E}/prod/deployment-branch-policies", "Administration: write"),
        ("GET", f"{E}/prod/deployment_protection_rules", "Actions: read"),
        ("GET", f"{E}/prod/deployment_protection_rules/apps", "Administration: read"),
        ("DELETE", f"{E}/prod/deployment_protection_rules/3", "Administration: write"),
        ("GET", f"{E}/prod/secrets/public-key", "Environments: read"),
        ("PUT", f"{E}/prod/secrets/KEY", "Environments: write"),
        ("PATCH", f"{E}/prod/variables/REGION", "Environments: write"),
        ("GET", "/repos/acme/web/issues", "Issues: write"),  # read in order to write
        ("PATCH", "/repos/acme/web/issues/comments/3", "Issues: write"),
        ("GET", "/repos/acme/web", "Metadata: read"),
        ("GET", "/orgs/acme/repos", "Metadata: read"),
        ("GET", "/user/repos", "Metadata: read"),
        ("GET", "/orgs/acme/teams/devops", "Members: read (of the organization)"),
        ("GET", "/repos/acme/web/contents/.github/workflows/ci.yml", "Contents: read"),
        ("GET", "/repos/acme/web/deployments/7/statuses", "Deployments: read"),
        ("GET", "/repos/acme/web/actions/secrets", "Secrets: read"),
        ("GET", "/repos/acme/web/actions/organization-secrets", "Secrets: read"),
        ("GET", "/repos/acme/web/actions/variables", "Variables: read"),
        ("GET", "/repos/acme/web/actions/organization-variables", "Variables: read"),
        ("GET", "/users/lead", None),
    ],
)
def test_every_endpoint_has_its_permission(method: Method, path: str, permission: str | None) -> None:
    assert needed(method, path) == permission


def test_github_knows_best() -> None:
    told = "administration=write, environments=read; organization_administration=write"

    assert needed("GET", E, told) == (
        "Administration: write and Environments: read or Organization administration: write"
    )
    assert needed("GET", E, "nonsense") == "Actions: read"
    assert needed("GET", E, "actions_variables=read") == "Variables: read"  # as the settings pages call it
    either = "issues=read; pull_requests=read"
    assert needed("GET", "/repos/acme/web/issues/7/comments", either) == "Issues: write or Pull requests: write"


def test_a_path_names_its_repository() -> None:
    assert repository_of("/repos/acme/my%20web/environments") == "acme/my web"
    assert repository_of("/users/lead") is None
