from __future__ import annotations

from dataclasses import replace

import pytest
from support.checkups import DECLARED, DOWN, HEALTHY, REFUSED, SetUp

from envsync.doctor.case import Purpose
from envsync.doctor.permissions import needed
from envsync.model import DesiredRepository, Settings
from envsync.plan.checkup import Status
from envsync.plan.facts import CredentialKind, Probe

GRANTED = {
    "metadata": "read",
    "actions": "read",
    "environments": "write",
    "administration": "write",
    "members": "read",
}
APP = HEALTHY.with_credential(kind=CredentialKind.APP, login=None).in_repository(granted=GRANTED, role=None)
NO_TEAMS = replace(
    HEALTHY, desired=DesiredRepository(HEALTHY.desired.name, (replace(DECLARED[3], settings=Settings()),))
)


def permissions_said(setup: SetUp) -> dict[str, str]:
    return {each.code: each.said for each in setup.checks() if each.topic == "permissions"}


@pytest.mark.parametrize("purpose", [Purpose.PLAN, Purpose.DRIFT])
def test_what_reads_needs_to_read(purpose: Purpose) -> None:
    reading = ("Metadata: read", "Actions: read", "Environments: read")

    assert needed(purpose, teams=False, settings_only=False) == reading
    assert needed(purpose, teams=True, settings_only=False) == reading
    assert needed(purpose, teams=True, settings_only=True) == reading[:2]


def test_what_writes_needs_to_write_too() -> None:
    everything = (
        *needed(Purpose.PLAN, teams=False, settings_only=False),
        "Administration: write",
        "Environments: write",
    )

    assert needed(Purpose.APPLY, teams=False, settings_only=False) == everything
    assert needed(Purpose.APPLY, teams=True, settings_only=False) == (*everything, "Members: read")
    assert needed(Purpose.APPLY, teams=False, settings_only=True) == everything


# --- reading -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("permission", ["Metadata: read", "Actions: read", "Environments: read", "Members: read"])
def test_each_permission_that_is_missing_is_named(permission: str) -> None:
    lacking = HEALTHY.refuses(permission)
    code = "permission-" + permission.replace(": ", "-").lower()

    assert lacking.findings() == [(Status.FAIL, code, f"{permission} is missing: GitHub says 403")]
    assert (lacking.line(code).next_step, lacking.line(code).link) == ("ask for it", "page:permissions:acme")


def test_a_permission_that_github_says_nothing_of_has_a_next_step_all_the_same() -> None:
    silent = Probe("Actions: read", replace(REFUSED, hint=None))
    lacking = HEALTHY.in_repository(probes=(silent,))

    assert lacking.line("permission-actions-read").next_step == "give the credential Actions: read"


def test_a_permission_of_the_organization_is_the_same_by_its_longer_name() -> None:
    probes = (Probe("Members: read (of the organization)", REFUSED),)

    assert [code for _, code, _ in HEALTHY.in_repository(probes=probes).findings()] == ["permission-members-read"]


def test_a_server_that_is_down_refuses_nothing() -> None:
    down = HEALTHY.in_repository(probes=(Probe("Actions: read", DOWN),))

    assert down.findings() == [
        (Status.WARN, "permission-actions-read", "Actions: read could not be tried: GitHub says 502")
    ]


def test_a_repository_without_environments_has_nothing_to_try_a_permission_on() -> None:
    fresh = HEALTHY.in_repository(probes=())

    assert fresh.noted("permission-environments-read") == [
        "Environments: read: there was nothing yet to try it on"
    ]
    assert fresh.findings() == []


def test_what_an_app_was_granted_needs_no_trying() -> None:
    fresh = APP.in_repository(probes=())

    assert permissions_said(fresh)["permission-environments-read"] == "Environments: read, as the App was granted"
    assert fresh.findings() == []


def test_teams_need_members_to_be_read_and_users_do_not() -> None:
    assert "permission-members-read" in permissions_said(HEALTHY)
    assert "permission-members-read" not in permissions_said(NO_TEAMS)


# --- writing -----------------------------------------------------------------------------------------------


def test_what_only_reads_is_not_asked_whether_it_can_write() -> None:
    plan = HEALTHY.in_case(purpose=Purpose.PLAN)

    assert "permission-writing" not in permissions_said(plan)


def test_of_an_app_it_is_known_what_it_may_write() -> None:
    assert APP.findings() == []
    assert (
        permissions_said(APP)["permission-administration-write"] == "Administration: write, as the App was granted"
    )


@pytest.mark.parametrize("granted", [{**GRANTED, "administration": "read"}, {"environments": "write"}])
def test_an_app_that_may_not_write(granted: dict[str, str]) -> None:
    lacking = APP.in_repository(granted=granted)
    code = "permission-administration-write"

    assert lacking.findings() == [(Status.FAIL, code, "Administration: write was not granted to the App")]
    assert (
        lacking.line(code).next_step
        == "give the App Administration: write on its page, and have the owner accept it"
    )
    assert lacking.line(code).link == "page:permissions:acme"


@pytest.mark.parametrize("kind", [CredentialKind.APP, CredentialKind.INSTALLATION])
def test_what_an_app_was_granted_may_not_be_known(kind: CredentialKind) -> None:
    unknown = APP.with_credential(kind=kind).in_repository(granted=REFUSED, probes=())
    known = APP.with_credential(kind=kind).in_repository(granted=REFUSED)

    assert permissions_said(unknown)["permission-actions-read"].endswith("there was nothing yet to try it on")
    assert unknown.noted("permission-actions-read") != []
    (said,) = known.noted("permission-writing")
    assert said == (
        "Administration: write and Environments: write: GitHub did not say what the App was granted, "
        "and it shows when envsync writes"
    )
    assert known.findings() == []


BOTH = "Administration: write and Environments: write"


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        (HEALTHY, f"{BOTH}: a token's own show only when it writes; the account has the role admin"),
        (
            HEALTHY.in_repository(role=None),
            f"{BOTH}: without writing nobody can tell; GitHub did not say the account's role either",
        ),
    ],
)
def test_of_a_token_nobody_can_tell_without_writing(setup: SetUp, said: str) -> None:
    assert (setup.noted("permission-writing"), setup.said("permission-writing"), setup.findings()) == (
        [said],
        [],
        [],
    )


def test_scopes_and_the_role_tell_what_a_token_may_write() -> None:
    scoped = HEALTHY.with_credential(kind=CredentialKind.OAUTH, scopes=("repo", "read:org"))

    assert scoped.said("permission-writing") == [f"{BOTH}, by the scopes of the token and the role admin"]


def test_who_is_no_administrator_cannot_write_whatever_the_token_says() -> None:
    maintainer = HEALTHY.in_repository(role="maintain")

    assert maintainer.findings() == [
        (
            Status.FAIL,
            "permission-writing",
            "the account has the role maintain, and only an administrator may change environments",
        )
    ]
    assert maintainer.line("permission-writing").link == "page:access:acme/payments"
    assert "the role write," in HEALTHY.in_repository(role="push").line("permission-writing").said


def test_who_may_not_even_read_administration_may_not_write_it() -> None:
    lacking = HEALTHY.refuses("Administration: read")

    assert lacking.findings() == [
        (
            Status.FAIL,
            "permission-writing",
            "Administration: write is missing, since not even Administration: read is there: GitHub says 403",
        )
    ]


def test_what_is_missing_to_write_has_a_next_step_all_the_same() -> None:
    silent = (Probe("Administration: read", replace(REFUSED, hint=None)),)
    lacking = HEALTHY.in_repository(probes=silent)

    assert lacking.line("permission-writing").next_step == f"give the credential {BOTH}"


# --- what doctor itself looks at ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("permission", "facts", "unknown"),
    [
        ("Contents: read", {"workflows": REFUSED}, "the workflows were not looked at"),
        (
            "Secrets: read",
            {"secrets": REFUSED},
            "which secrets the repository and its organization have is not known",
        ),
        (
            "Variables: read",
            {"variables": REFUSED},
            "which variables the repository and its organization have is not known",
        ),
        ("Deployments: read", {"deployed": REFUSED}, "whether anything was deployed yet is not known"),
    ],
)
def test_what_doctor_may_not_look_at_is_told_once(permission: str, facts: dict[str, object], unknown: str) -> None:
    blind = HEALTHY.refuses(permission).in_repository(**facts)
    code = "permission-" + permission.replace(": ", "-").lower()

    assert blind.findings() == [(Status.WARN, code, f"{permission} is missing, so {unknown}")]
    assert blind.line(code).next_step == f"give the credential {permission}, or go without: apply does not need it"
    assert blind.line(code).link == "page:permissions:acme"


@pytest.mark.parametrize("known", [{}, {"settings_only": True}])
@pytest.mark.parametrize("purpose", [Purpose.PLAN, Purpose.DRIFT])
def test_teams_a_plan_can_do_without(purpose: Purpose, known: dict[str, object]) -> None:
    blind = HEALTHY.in_case(purpose=purpose, **known).refuses("Members: read")
    unknown = "whether the teams that review exist, and who is in them, is not known"

    assert blind.findings() == [
        (Status.WARN, "permission-members-read", f"Members: read is missing, so {unknown}")
    ]
    assert "permission-members-read" not in permissions_said(replace(blind, desired=NO_TEAMS.desired))


def test_whether_apps_are_installed_a_plan_can_do_without() -> None:
    blind = HEALTHY.in_case(purpose=Purpose.PLAN).refuses("Administration: read").in_repository(apps=REFUSED)

    assert blind.findings() == [
        (
            Status.WARN,
            "permission-administration-read",
            "Administration: read is missing, so whether the Apps of protection rules are installed is not known",
        )
    ]
