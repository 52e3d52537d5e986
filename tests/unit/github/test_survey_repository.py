"""Where servers answer otherwise than GitHub's own do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.github_json import environment, listing
from support.loopback import Loopback, Reply

from envsync.github.people import People
from envsync.github.survey_repository import Surveyor
from envsync.model import DesiredEnvironment, DesiredRepository, RepositoryName

if TYPE_CHECKING:
    from collections.abc import Callable

    from envsync.github.connection import Access
    from envsync.github.reader import Reader
    from envsync.plan.facts import RepositoryFacts

WEB = "GET /repos/acme/web"
PROD = f"{WEB}/environments/prod"
REPOSITORY: dict[str, Any] = {
    "id": 7,
    "name": "web",
    "owner": {"login": "acme", "type": "Organization"},
    "private": True,
    "archived": False,
}
WANTED = DesiredRepository(
    RepositoryName("acme", "web"), (DesiredEnvironment("prod", protection_rules=frozenset({"gate"})),)
)


@pytest.fixture
def surveyed(github: Loopback, reader: Reader, access: Callable[..., Access]) -> Callable[[], RepositoryFacts]:
    github.on(WEB, Reply(REPOSITORY))
    github.on(f"{WEB}/environments", listing("environments", [environment("prod")]))
    surveyor = Surveyor(reader, access(), People(reader), keeps_records=False, settings_only=True)
    return lambda: surveyor.survey(WANTED)


@pytest.mark.parametrize(("is_private", "visibility"), [(True, "private"), (False, "public")])
def test_a_server_that_knows_no_visibility_tells_whether_it_is_private(
    github: Loopback, surveyed: Callable[[], RepositoryFacts], is_private: object, visibility: str
) -> None:
    github.on(WEB, Reply({**REPOSITORY, "private": is_private}))

    assert surveyed().visibility == visibility


@pytest.mark.parametrize(
    ("permissions", "role"),
    [
        ({"admin": False, "maintain": True, "push": True, "triage": True, "pull": True}, "maintain"),
        ({"admin": False, "push": False, "pull": True}, "pull"),
        ({"admin": False, "push": False, "pull": False}, None),
    ],
)
def test_the_strongest_role_counts(
    github: Loopback, surveyed: Callable[[], RepositoryFacts], permissions: dict[str, bool], role: str | None
) -> None:
    github.on(WEB, Reply({**REPOSITORY, "permissions": permissions}))

    assert surveyed().role == role


def test_a_server_that_says_nothing_of_roles_names_none(surveyed: Callable[[], RepositoryFacts]) -> None:
    assert surveyed().role is None


def test_who_may_only_read_starts_no_deployment_whomever_the_server_lists(
    github: Loopback, surveyed: Callable[[], RepositoryFacts]
) -> None:
    people = [
        {"login": "ann", "permissions": {"push": True, "pull": True}},
        {"login": "bob", "permissions": {"push": False, "pull": True}},
        {"login": "Cid"},
    ]
    github.on(f"{WEB}/collaborators", listing(None, people))

    assert surveyed().deployers == ("ann", "Cid")


def test_an_app_that_is_at_work_is_there_whatever_the_server_offers(
    github: Loopback, surveyed: Callable[[], RepositoryFacts]
) -> None:
    rule = {"id": 1, "enabled": True, "app": {"slug": "gate"}}
    github.on(f"{PROD}/deployment_protection_rules", Reply({"custom_deployment_protection_rules": [rule]}))
    offered = {"available_custom_deployment_protection_rule_integrations": [{"slug": "other"}]}
    github.on(f"{PROD}/deployment_protection_rules/apps", Reply(offered))

    assert surveyed().apps == frozenset({"gate", "other"})


def test_one_thing_that_fails_keeps_no_other_from_being_read(
    github: Loopback, surveyed: Callable[[], RepositoryFacts]
) -> None:
    github.on(f"{WEB}/actions/secrets", listing("secrets", [{"name": "OWN"}]))
    github.on(f"{WEB}/actions/organization-secrets", listing("secrets", []))

    facts = surveyed()

    assert facts.secrets == frozenset({"OWN"})
    assert {each.permission for each in facts.probes if each.refused is None} == {
        "Metadata: read",
        "Secrets: read",
    }
