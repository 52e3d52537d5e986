"""The pages that `doctor` sends people to are those of the server, the credential and the command at hand."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from envsync.cli.doctor_links import ServersLinks
from envsync.model import RepositoryName, Team
from envsync.plan.facts import CredentialKind

PAYMENTS = RepositoryName("acme", "payments")
GITHUB = ServersLinks("https://api.github.com", writes=True)
HERE = "https://github.com/acme/payments"


def test_each_page_of_a_repository() -> None:
    assert GITHUB.settings(PAYMENTS) == f"{HERE}/settings"
    assert GITHUB.access(PAYMENTS) == f"{HERE}/settings/access"
    assert GITHUB.environments(PAYMENTS) == f"{HERE}/settings/environments"
    assert GITHUB.apps(PAYMENTS) == f"{HERE}/settings/installations"
    assert GITHUB.file(PAYMENTS, "a/b.yml", 5) == f"{HERE}/blob/HEAD/a/b.yml#L5"


def test_each_page_of_an_owner() -> None:
    assert GITHUB.team(Team("acme", "ops")) == "https://github.com/orgs/acme/teams/ops/members"
    assert GITHUB.plan("acme", is_organization=True) == "https://github.com/organizations/acme/settings/billing"
    assert GITHUB.plan("ann", is_organization=False) == "https://github.com/settings/billing"


def test_the_pages_are_the_servers_own() -> None:
    server = ServersLinks("https://ghe.example/api/v3", writes=True)

    assert server.settings(PAYMENTS) == "https://ghe.example/acme/payments/settings"


@pytest.mark.parametrize(("writes", "environments"), [(True, "write"), (False, "read")])
def test_a_new_token_has_what_the_command_takes_and_what_doctor_reads_besides(
    *, writes: bool, environments: str
) -> None:
    link = urlsplit(ServersLinks("https://api.github.com", writes=writes).new_token("acme"))
    query = parse_qs(link.query)

    assert link.path == "/settings/personal-access-tokens/new"
    assert (query["environments"], query["members"], query["contents"]) == ([environments], ["read"], ["read"])


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        (CredentialKind.FINE_GRAINED, "https://github.com/settings/personal-access-tokens"),
        (CredentialKind.CLASSIC, "https://github.com/settings/tokens"),
        (CredentialKind.OAUTH, GITHUB.new_token("acme")),
        (None, GITHUB.new_token("acme")),
    ],
)
def test_a_credential_gets_permissions_on_its_own_page_or_makes_room_for_one_that_has_them(
    kind: CredentialKind | None, page: str
) -> None:
    assert ServersLinks("https://api.github.com", writes=True, kind=kind).permissions("acme") == page


def test_an_app_gets_permissions_on_its_own_page() -> None:
    app = ServersLinks("https://api.github.com", writes=True, kind=CredentialKind.APP, app_page="page:app")

    assert app.permissions("acme") == "page:app"
