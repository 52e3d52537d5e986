from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from envsync.github.links import (
    DOCTOR,
    Need,
    access_link,
    app_link,
    app_settings_link,
    billing_link,
    environments_link,
    file_link,
    in_words,
    installation_link,
    issue_link,
    repository_apps_link,
    repository_settings_link,
    team_link,
    token_link,
    tokens_link,
)
from envsync.model import RepositoryName, Team

GITHUB, SERVER = "https://api.github.com", "https://ghe.example/api/v3"


def taken_apart(link: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(link)
    query = parse_qsl(parts.query, strict_parsing=True)
    assert len(dict(query)) == len(query)
    return f"{parts.scheme}://{parts.netloc}{parts.path}", dict(query)


def test_a_reading_app_may_read_what_a_plan_compares() -> None:
    page, query = taken_apart(app_link(GITHUB, Need("acme", writes=False)))

    assert page == "https://github.com/organizations/acme/settings/apps/new"
    assert query == {
        "name": "envsync-acme-reader",
        "description": "envsync: compares deployment environments with what is declared as code",
        "url": "https://github.com/acme",
        "public": "false",
        "webhook_active": "false",
        "actions": "read",
        "environments": "read",
        "metadata": "read",
        "members": "read",
    }


def test_a_writing_app_may_write_what_an_apply_changes() -> None:
    need = Need("acme", writes=True, issues=True)

    _, query = taken_apart(app_link(GITHUB, need))

    assert query["name"] == "envsync-acme-writer"
    assert need.permissions == {
        "actions": "read",
        "administration": "write",
        "environments": "write",
        "metadata": "read",
        "members": "read",
        "issues": "write",
    }
    assert need.permissions.items() <= query.items()


def test_a_user_s_own_app_has_another_page_and_no_members() -> None:
    page, query = taken_apart(app_link(SERVER, Need(None, writes=False)))

    assert page == "https://ghe.example/settings/apps/new"
    assert query["name"] == "envsync-reader"
    assert "members" not in query


def test_members_are_read_only_where_teams_review() -> None:
    assert "members" not in Need("acme", writes=True, teams=False).permissions


def test_a_token_is_for_one_owner_and_ends() -> None:
    page, query = taken_apart(token_link(GITHUB, Need("acme", writes=True)))

    assert page == "https://github.com/settings/personal-access-tokens/new"
    assert query == {
        "name": "envsync-acme-writer",
        "description": "envsync: compares and changes deployment environments with what is declared as code",
        "target_name": "acme",
        "expires_in": "90",
        "actions": "read",
        "administration": "write",
        "environments": "write",
        "metadata": "read",
        "members": "read",
    }
    assert "target_name" not in taken_apart(token_link(GITHUB, Need(None, writes=True)))[1]


@pytest.mark.parametrize("owner", ["a" * 39, "a" * 18 + "-" + "b" * 20])
def test_a_name_is_as_long_as_github_takes(owner: str) -> None:
    name = Need(owner, writes=True).name

    assert len(name) <= 34
    assert name.endswith("-writer")
    assert "--" not in name


def test_what_stands_in_an_address_is_encoded() -> None:
    page, query = taken_apart(app_link(GITHUB, Need("a/../b?c=d&e", writes=False)))

    assert page == "https://github.com/organizations/a%2F..%2Fb%3Fc%3Dd%26e/settings/apps/new"
    assert query["name"] == "envsync-a/../b?c=d&e-reader"


def test_an_app_has_pages_of_its_own() -> None:
    assert installation_link(GITHUB, "ci") == "https://github.com/apps/ci/installations/new"
    assert installation_link(SERVER, "ci") == "https://ghe.example/github-apps/ci/installations/new"
    assert installation_link("https://api.octo.ghe.com", "ci") == "https://octo.ghe.com/apps/ci/installations/new"
    assert app_settings_link(GITHUB, None, "ci") == "https://github.com/settings/apps/ci"
    assert (
        app_settings_link(SERVER, "acme", "ci", "permissions")
        == "https://ghe.example/organizations/acme/settings/apps/ci/permissions"
    )


def test_an_issue_has_one_too() -> None:
    assert issue_link(GITHUB, RepositoryName("acme", "web"), 7) == "https://github.com/acme/web/issues/7"
    assert issue_link(SERVER, RepositoryName("acme", "web"), 7) == "https://ghe.example/acme/web/issues/7"


def test_permissions_have_the_names_of_github_s_pages() -> None:
    words = [in_words(*each) for each in Need("acme", writes=True, issues=True).permissions.items()]

    assert words == [
        "Actions: read",
        "Administration: write",
        "Environments: write",
        "Metadata: read",
        "Members: read (of the organization)",
        "Issues: write",
    ]


WEB = RepositoryName("acme", "web")


@pytest.mark.parametrize(
    ("link", "page"),
    [
        (repository_settings_link(GITHUB, WEB), "https://github.com/acme/web/settings"),
        (access_link(GITHUB, WEB), "https://github.com/acme/web/settings/access"),
        (environments_link(GITHUB, WEB), "https://github.com/acme/web/settings/environments"),
        (environments_link(SERVER, WEB), "https://ghe.example/acme/web/settings/environments"),
        (repository_apps_link(GITHUB, WEB), "https://github.com/acme/web/settings/installations"),
        (
            file_link(GITHUB, WEB, ".github/workflows/a.yml"),
            "https://github.com/acme/web/blob/HEAD/.github/workflows/a.yml",
        ),
        (file_link(GITHUB, WEB, "a b#1.yml", 7), "https://github.com/acme/web/blob/HEAD/a%20b%231.yml#L7"),
        (team_link(GITHUB, Team("acme", "ops")), "https://github.com/orgs/acme/teams/ops/members"),
        (billing_link(GITHUB, "acme"), "https://github.com/organizations/acme/settings/billing"),
        (billing_link(GITHUB, None), "https://github.com/settings/billing"),
        (tokens_link(GITHUB, fine_grained=True), "https://github.com/settings/personal-access-tokens"),
        (tokens_link(SERVER, fine_grained=False), "https://ghe.example/settings/tokens"),
    ],
)
def test_what_is_wrong_is_mended_on_a_page(link: str, page: str) -> None:
    assert link == page


def test_doctor_looks_at_more_and_takes_nothing_away() -> None:
    reads, writes = (Need("acme", writes=each, examines=True).permissions for each in (False, True))

    assert DOCTOR.items() <= reads.items()
    assert writes["administration"] == "write"
    assert in_words("actions_variables", "read") == "Variables: read"
