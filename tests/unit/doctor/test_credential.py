from __future__ import annotations

from dataclasses import replace

import pytest
from support.checkups import DAY, DECLARED, HEALTHY, NOW, REFUSED, SetUp

from envsync.doctor.case import Purpose
from envsync.doctor.examine import examine
from envsync.model import DesiredRepository, Settings, Unread, User
from envsync.plan.checkup import Status
from envsync.plan.facts import CredentialKind, Facts, RepositoryFacts
from envsync.plan.moments import stamp

CLASSIC = HEALTHY.with_credential(kind=CredentialKind.CLASSIC, scopes=("repo", "read:org"))
OAUTH = HEALTHY.with_credential(
    kind=CredentialKind.OAUTH, source="gh auth token", scopes=("gist", "read:org", "repo")
)
WORKFLOWS_OWN = HEALTHY.refuses("Environments: read").with_credential(kind=CredentialKind.INSTALLATION, login=None)
MADE_OF_AN_APP = HEALTHY.with_credential(kind=CredentialKind.INSTALLATION, login=None)


def of(setup: SetUp) -> list[tuple[Status, str, str]]:
    return [each for each in setup.findings() if each[1].startswith("credential")]


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        (HEALTHY, "GH_TOKEN: a fine-grained personal access token, acting as ann"),
        (
            HEALTHY.with_credential(kind=CredentialKind.UNKNOWN),
            "GH_TOKEN: a token whose form tells no kind, acting as ann",
        ),
        (HEALTHY.with_credential(login=REFUSED), "GH_TOKEN: a fine-grained personal access token"),
        (OAUTH, "gh auth token: a token of an OAuth App, such as gh's own, acting as ann"),
        (
            HEALTHY.with_credential(kind=CredentialKind.APP, source="the GitHub App 12", login=None),
            "the GitHub App 12: a GitHub App",
        ),
        (
            HEALTHY.with_credential(kind=CredentialKind.SANDBOX, source="the sandbox", login="ann"),
            "the sandbox: a token of its own; nothing is compared with GitHub",
        ),
    ],
)
def test_it_says_what_the_credential_is_and_whose(setup: SetUp, said: str) -> None:
    assert (setup.said("credential"), of(setup)) == ([said], [])


# --- how long it lasts -------------------------------------------------------------------------------------


def test_one_that_expires_within_two_weeks_is_to_be_renewed() -> None:
    soon = HEALTHY.with_credential(expires=stamp(NOW + 14 * DAY - 1))

    assert of(soon) == [(Status.WARN, "credential-expiry", "it expires on 2026-05-15 11:59:59 UTC")]
    assert soon.line("credential-expiry").link == "page:permissions:acme"
    assert of(HEALTHY.with_credential(expires=stamp(NOW + 14 * DAY))) == []


def test_one_that_has_expired_fails() -> None:
    assert of(HEALTHY.with_credential(expires=stamp(NOW))) == [
        (Status.FAIL, "credential-expiry", "it expired on 2026-05-01 12:00:00 UTC")
    ]


def test_an_end_that_nobody_can_read_is_no_end_in_years() -> None:
    assert of(HEALTHY.with_credential(expires="whenever")) == [
        (Status.WARN, "credential-expiry", "when it expires cannot be read from GitHub's answer")
    ]


def test_nothing_is_said_of_an_end_that_github_does_not_tell() -> None:
    assert "credential-expiry" not in {each.code for each in HEALTHY.with_credential(expires=None).checks()}


# --- classic and OAuth tokens ------------------------------------------------------------------------------


def test_a_classic_token_works_and_is_wide() -> None:
    assert CLASSIC.findings() == [
        (
            Status.WARN,
            "credential-width",
            "a classic token may do everything that its owner may, in each of their repositories",
        )
    ]
    assert CLASSIC.line("credential-width").link == "page:new-token:acme"
    assert CLASSIC.said("credential-scopes") == ["its scopes are read:org and repo"]


def test_the_page_for_a_token_is_a_users_own_where_the_repository_is_a_users() -> None:
    assert CLASSIC.in_repository(is_organizations=False).line("credential-width").link == "page:new-token:None"


def test_the_owner_is_taken_from_the_file_where_no_repository_could_be_read() -> None:
    assert replace(CLASSIC, repository=REFUSED).line("credential-width").link == "page:new-token:acme"


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [
        (("read:org", "public_repo"), "it lacks the scope repo"),
        (("repo",), "it lacks the scope read:org"),
        ((), "it lacks the scopes repo and read:org"),
    ],
)
def test_scopes_that_are_missing_fail(scopes: tuple[str, ...], missing: str) -> None:
    assert of(OAUTH.with_credential(scopes=scopes)) == [(Status.FAIL, "credential-scopes", missing)]


def test_a_plan_does_without_the_scope_for_teams() -> None:
    plan = OAUTH.in_case(purpose=Purpose.PLAN)

    assert of(plan.with_credential(scopes=("repo",))) == [
        (Status.WARN, "credential-scopes", "it lacks the scope read:org")
    ]
    assert of(plan.with_credential(scopes=("read:org",))) == [
        (Status.FAIL, "credential-scopes", "it lacks the scope repo")
    ]


def test_gh_can_add_scopes_and_a_classic_tokens_page_has_boxes_to_tick() -> None:
    assert OAUTH.with_credential(scopes=()).line("credential-scopes").next_step == (
        "run: gh auth refresh --scopes repo,read:org"
    )
    assert CLASSIC.with_credential(scopes=()).line("credential-scopes").next_step == (
        "tick repo and read:org on its page, or make a fine-grained token"
    )


@pytest.mark.parametrize("scope", ["write:org", "admin:org"])
def test_a_scope_that_holds_another_counts_for_it(scope: str) -> None:
    assert of(OAUTH.with_credential(scopes=("repo", scope))) == []


def test_teams_are_read_only_where_one_reviews() -> None:
    alone = replace(DECLARED[0], settings=Settings((User("team-lead"),)))
    desired = DesiredRepository(HEALTHY.desired.name, (alone,))

    assert of(replace(OAUTH.with_credential(scopes=("repo",)), desired=desired)) == []


def test_scopes_that_github_did_not_tell_are_not_missing() -> None:
    assert of(OAUTH.with_credential(scopes=None)) == []


# --- tokens of installations -------------------------------------------------------------------------------


def test_a_workflows_own_token_cannot_apply() -> None:
    (found,) = of(WORKFLOWS_OWN)

    assert found == (
        Status.FAIL,
        "credential-kind",
        "a workflow's own token can hold neither Administration nor Environments",
    )
    assert WORKFLOWS_OWN.line("credential-kind").link == "page:new-token:acme"


def test_where_nothing_could_be_tried_nobody_can_tell_whose_it_is() -> None:
    """In a repository with no environment: an App's token must not be taken for a workflow's."""
    assert isinstance(HEALTHY.repository, RepositoryFacts)
    others = tuple(each for each in HEALTHY.repository.probes if not each.permission.startswith("Environments"))
    found = MADE_OF_AN_APP.in_repository(probes=others)

    assert [each.status for each in found.checks() if each.code == "credential-kind"] == [Status.NOTE]


def test_a_workflows_own_token_can_compare_settings() -> None:
    plan = WORKFLOWS_OWN.in_case(purpose=Purpose.PLAN)

    assert of(plan) == [
        (
            Status.WARN,
            "credential-kind",
            "a workflow's own token cannot read secrets and variables of environments",
        )
    ]
    assert plan.in_case(settings_only=True).findings() == []


def test_an_installations_token_that_reads_secrets_names_is_no_workflows_own() -> None:
    assert of(MADE_OF_AN_APP) == []
    assert MADE_OF_AN_APP.said("credential-kind") == [
        "it was made of a GitHub App, not for a workflow's run: that can hold Environments"
    ]


def test_where_no_repository_could_be_read_nobody_can_tell_either() -> None:
    lost = replace(MADE_OF_AN_APP, repository=Unread("gone", None))

    assert [each.status for each in lost.checks() if each.code == "credential-kind"] == [Status.NOTE]


def test_without_a_repository_there_is_no_owner() -> None:
    facts = Facts(HEALTHY.server, replace(HEALTHY.credential, expires="whenever"), {})
    checks = examine(facts, HEALTHY.case).checks

    assert [each.link for each in checks if each.code == "credential-expiry"] == ["page:permissions:None"]
