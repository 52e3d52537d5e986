from __future__ import annotations

from dataclasses import replace

import pytest
from support.checkups import DOWN, HEALTHY, MAIN, PAYMENTS, REFUSED, SetUp, as_declared, live_of

from envsync.doctor.case import Purpose
from envsync.model import DesiredEnvironment, DesiredRepository, Field, RefPolicy, RepositoryName, Settings
from envsync.plan.checkup import Status

REFS = DesiredEnvironment("staging", Settings(deployment_branch_policy=RefPolicy.SELECTED), frozenset({MAIN}))
ONLY_REFS = replace(HEALTHY, desired=DesiredRepository(PAYMENTS, (REFS,)), records=()).in_repository(
    live=live_of(as_declared(REFS))
)


GATED = "deployment_protection_rules, prevent_self_review and required_reviewers"


def on(plan: object, setup: SetUp = HEALTHY, **facts: object) -> SetUp:
    return setup.in_repository(plan=plan, **facts)


# --- the repository itself ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "private, an organization's on the plan enterprise; the account has the role admin"),
        (
            {"visibility": "public", "is_organizations": False, "plan": REFUSED, "role": None},
            "public, a user's",
        ),
    ],
)
def test_it_says_what_the_repository_is(facts: dict[str, object], said: str) -> None:
    assert HEALTHY.in_repository(**facts).said("repository") == [said]


def test_a_repository_that_has_another_name_now() -> None:
    moved = HEALTHY.in_repository(name=RepositoryName("acme", "billing"))

    assert moved.findings() == [(Status.WARN, "repository", "acme/payments is called acme/billing now")]


def test_a_repository_that_cannot_be_read() -> None:
    lost = replace(HEALTHY, repository=REFUSED)

    assert lost.findings() == [(Status.FAIL, "repository", "it could not be read: GitHub says 403")]
    assert (lost.line("repository").next_step, lost.line("repository").link) == (
        "ask for it",
        "page:permissions:acme",
    )
    assert replace(HEALTHY, repository=DOWN).line("repository").next_step == (
        "see that the name is right, and that the credential is for this repository"
    )


def test_nobody_can_change_an_archived_repository() -> None:
    archived = HEALTHY.in_repository(is_archived=True)
    said = "it is archived, so GitHub lets nobody change it"

    assert archived.findings() == [(Status.FAIL, "archived", said)]
    assert archived.line("archived").link == "page:settings:acme/payments"
    assert archived.in_case(purpose=Purpose.DRIFT).findings() == [(Status.WARN, "archived", said)]


# --- which rules it can have -------------------------------------------------------------------------------


@pytest.mark.parametrize("visibility", ["public", "internal"])
@pytest.mark.parametrize("plan", ["free", REFUSED])
def test_public_and_internal_repositories_can_have_every_rule(visibility: str, plan: object) -> None:
    assert on(plan, visibility=visibility).findings() == []


def test_so_can_private_ones_on_an_enterprise_server() -> None:
    assert on(None).said("available-rules") == ["a private repository can have every rule here"]


@pytest.mark.parametrize("plan", ["enterprise", "business", "business_plus"])
def test_and_those_whose_owner_pays_for_it(plan: str) -> None:
    assert on(plan).findings() == []


@pytest.mark.parametrize("plan", ["pro", "team"])
def test_on_pro_and_team_a_private_repository_has_no_reviewers(plan: str) -> None:
    poor = on(plan)

    assert poor.findings() == [
        (
            Status.FAIL,
            "available-rules",
            f"a private repository on the plan {plan} cannot have {GATED}",
        )
    ]
    assert poor.line("available-rules").link == "page:plan:acme:organization"
    assert on(plan, ONLY_REFS).findings() == []


def test_a_timer_too_takes_enterprise() -> None:
    timed = replace(
        ONLY_REFS, desired=DesiredRepository(PAYMENTS, (replace(REFS, settings=Settings(wait_timer=5)),))
    )

    assert on("team", timed).line("available-rules").said == (
        "a private repository on the plan team cannot have wait_timer"
    )


def test_what_the_file_leaves_to_somebody_else_it_does_not_want() -> None:
    timed = replace(REFS, settings=replace(REFS.settings, wait_timer=5), ignore=frozenset({Field.WAIT_TIMER}))
    setup = replace(ONLY_REFS, desired=DesiredRepository(PAYMENTS, (timed,)))

    assert "available-rules" not in {code for _, code, _ in on("team", setup).findings()}


def test_on_free_a_private_repository_has_no_environments() -> None:
    poor = on("free", ONLY_REFS, is_organizations=False)

    assert poor.findings() == [
        (Status.FAIL, "available-rules", "a private repository on the plan free can have no environments")
    ]
    assert poor.line("available-rules").link == "page:plan:acme:user"


@pytest.mark.parametrize(
    ("plan", "why"), [(REFUSED, "could not be read: GitHub says 403"), ("bronze", "is bronze")]
)
def test_where_the_plan_says_nothing_a_rule_that_the_file_wants_may_be_missing(plan: object, why: str) -> None:
    fresh = replace(on(plan, live=live_of()), records=())

    assert (
        fresh.line("available-rules").said == f"private, it has {GATED} only on some plans, and its owner's {why}"
    )
    assert fresh.line("available-rules").link == "page:plan:acme:organization"


def test_where_the_plan_says_nothing_environments_may_be_missing() -> None:
    fresh = replace(on(REFUSED, ONLY_REFS, live=live_of()), records=())

    assert fresh.line("available-rules").said.startswith("private, it has environments only on some plans")


@pytest.mark.parametrize("setup", [HEALTHY, ONLY_REFS])
def test_a_rule_that_is_there_shows_that_the_plan_allows_it(setup: SetUp) -> None:
    assert on(REFUSED, setup).findings() == []


def test_an_environment_that_a_workflow_made_shows_nothing() -> None:
    bare = as_declared(DesiredEnvironment("staging"))
    desired = DesiredRepository(PAYMENTS, (DesiredEnvironment("staging"),))
    setup = replace(on(REFUSED, live=live_of(bare)), desired=desired, records=())

    assert setup.line("available-rules").said.startswith("private, it has environments only on some plans")


def test_refs_do_not_show_that_reviewers_can_be_had() -> None:
    setup = replace(on(REFUSED, live=live_of(as_declared(REFS))), records=())

    assert setup.line("available-rules").status is Status.WARN


def test_nothing_is_shown_where_environments_could_not_be_read() -> None:
    assert on(REFUSED, live=DOWN).line("available-rules").status is Status.WARN
