from __future__ import annotations

from dataclasses import replace

import pytest
from support.checkups import DECLARED, DOWN, HEALTHY, PAYMENTS, REFUSED, SetUp, as_declared, live_of

from envsync.doctor.case import Purpose
from envsync.model import DesiredEnvironment, DesiredRepository, Field, LiveRule, RefPolicy, Settings
from envsync.plan.changes import Address, EnvironmentCreate, Plan, Risk, UnreadPart, Verdict
from envsync.plan.checkup import Status

THERE = tuple(map(as_declared, DECLARED))
DEPLOYED = {each.name: True for each in DECLARED}


def aged(days: int, **deployed: bool) -> SetUp:
    """Environments of that age, deployed to but for those that are named."""
    told = {**DEPLOYED, **{name.replace("_", "-"): value for name, value in deployed.items()}}
    return HEALTHY.in_repository(live=live_of(*THERE, days=days), deployed=told)


# --- configured --------------------------------------------------------------------------------------------


def test_what_is_not_applied_yet() -> None:
    bare = replace(THERE[4], settings=Settings(), patterns=())
    half = HEALTHY.in_repository(live=live_of(*THERE[:4], bare))

    assert half.findings() == [(Status.WARN, "configured", "2 changes of the file are not applied yet")]
    assert half.line("configured").next_step == ("see them with: envsync plan, and make them with: envsync apply")


def test_one_change_is_one() -> None:
    bare = replace(THERE[4], patterns=())

    assert HEALTHY.in_repository(live=live_of(*THERE[:4], bare)).line("configured").said == (
        "1 change of the file is not applied yet"
    )


def test_environments_that_github_does_not_have_yet() -> None:
    fresh = replace(HEALTHY, records=()).in_repository(live=live_of(*THERE[:3]), deployed={})

    assert fresh.line("configured").said == (
        "4 changes of the file are not applied yet; GitHub has no staging and staging-rollback yet"
    )


def test_what_another_repository_lacks_is_not_this_ones() -> None:
    elsewhere = EnvironmentCreate(Address("acme/other", "staging"), Verdict(Risk.NEUTRAL, "it is not there"), ())

    assert HEALTHY.in_case(plan=Plan("", changes=(elsewhere,))).findings() == []


def test_what_was_not_read_is_not_said_to_be_as_the_file_has_it() -> None:
    part = UnreadPart("acme/payments", "staging", "variables", "nobody asked", None, failed=False)
    partly = HEALTHY.in_case(plan=Plan("", unread=(part,)))
    other = replace(part, repository="acme/other")
    elsewhere = HEALTHY.in_case(plan=Plan("", unread=(other,)))

    assert partly.said("configured") == []
    assert HEALTHY.in_case(plan=Plan("", unread=(part, other))).said("configured") == []
    assert elsewhere.said("configured") == ["the environments and their rules are as the file has them"]


# --- approval ----------------------------------------------------------------------------------------------


def test_the_approval_environment_asks_nobody() -> None:
    silent = HEALTHY.settles("production-approval", required_reviewers=(), prevent_self_review=False)

    assert silent.findings() == [
        (
            Status.WARN,
            "production-approval",
            "production-approval has neither required reviewers nor a protection rule, so nobody is asked",
        )
    ]
    assert (
        silent.line("production-approval").next_step == "give production-approval required_reviewers in the file"
    )


def test_without_an_approval_environment_production_has_to_ask() -> None:
    desired = DesiredRepository(PAYMENTS, (DECLARED[0],))
    alone = replace(HEALTHY, desired=desired)

    assert alone.said("production-approval") == ["production asks for an approval"]


def test_an_app_may_approve_in_place_of_people() -> None:
    by_app = HEALTHY.settles("production", required_reviewers=())
    alone = replace(by_app, desired=DesiredRepository(PAYMENTS, by_app.desired.environments[:1]))

    assert alone.said("production-approval") == ["production asks for an approval"]


def test_reviewers_that_somebody_else_sets_count() -> None:
    left = replace(
        DECLARED[1], settings=replace(DECLARED[1].settings, required_reviewers=()), ignore=frozenset(Field)
    )
    ignoring = replace(HEALTHY, desired=replace(HEALTHY.desired, environments=(left,)))

    assert ignoring.said("production-approval") == ["production-approval asks for an approval"]


ASKS = "production-approval asks for an approval"


def test_an_approval_that_is_in_the_file_alone_did_not_pass() -> None:
    rest = (THERE[0], *THERE[2:])
    fresh = replace(HEALTHY, records=()).in_repository(live=live_of(*rest))
    bare = HEALTHY.in_repository(live=live_of(replace(THERE[1], settings=Settings()), *rest))

    for setup in (fresh, bare):
        assert setup.noted("production-approval") == [f"{ASKS} in the file; not on GitHub yet"]
        assert setup.said("production-approval") == []


@pytest.mark.parametrize(
    "setup",
    [
        HEALTHY.in_repository(live=DOWN),
        HEALTHY.in_repository(
            live=live_of(replace(THERE[1], settings=Settings(), protection_rules=REFUSED), THERE[0], *THERE[2:])
        ),
    ],
)
def test_whether_github_has_the_approval_may_not_be_known(setup: SetUp) -> None:
    assert setup.noted("production-approval") == [f"{ASKS} in the file; what GitHub has was not read"]


def test_a_rule_that_is_switched_off_asks_nobody_yet() -> None:
    gated = replace(DECLARED[1], settings=Settings(), protection_rules=frozenset({"change-gate"}))
    on, off = (LiveRule(3, "change-gate", enabled=enabled) for enabled in (True, False))
    setup = HEALTHY.wants(gated.name, settings=gated.settings, protection_rules=gated.protection_rules)

    def there(rule: LiveRule) -> SetUp:
        gate = replace(as_declared(gated), protection_rules=(rule,))
        return setup.in_repository(live=live_of(gate, THERE[0], *THERE[2:]))

    assert there(on).said("production-approval") == [ASKS]
    assert there(off).noted("production-approval") == [f"{ASKS} in the file; not on GitHub yet"]


def test_where_there_is_no_production_nothing_has_to_be_approved() -> None:
    lone = DesiredEnvironment("lab", Settings(deployment_branch_policy=RefPolicy.PROTECTED))
    setup = replace(HEALTHY, desired=DesiredRepository(PAYMENTS, (lone,)), records=())

    assert "production-approval" not in {each.code for each in setup.checks()}
    assert "deployed" not in {each.code for each in setup.checks()}


# --- deployments -------------------------------------------------------------------------------------------


def test_a_deployment_that_succeeded_shows_that_it_works() -> None:
    assert HEALTHY.said("deployed")[0] == "the staging deployment flow worked: deployments to staging succeeded"


def test_a_new_environment_need_not_have_been_deployed_to() -> None:
    new = aged(30, staging=False)

    assert new.findings() == []
    assert new.noted("deployed") == ["the staging deployment flow: no recent deployment to staging has succeeded"]


@pytest.mark.parametrize(
    ("setup", "flow"),
    [
        (aged(31, staging=False), "the staging deployment flow: no recent deployment to staging"),
        (aged(31, production=False), "the production approval process: no recent deployment to production"),
        (
            aged(31, production_rollback=False, staging_rollback=False),
            "the rollbacks: no recent deployment to production-rollback and staging-rollback",
        ),
    ],
)
def test_after_a_month_it_should_have_been_tried(setup: SetUp, flow: str) -> None:
    assert setup.findings() == [
        (Status.WARN, "deployed", f"{flow} has succeeded, and it has been there for 31 days")
    ]
    assert setup.line("deployed").next_step == "try it before it is needed"


def test_an_environment_that_github_told_nothing_of_was_not_deployed_to() -> None:
    assert len(aged(31).in_repository(deployed={}).findings()) == 3


@pytest.mark.parametrize("created", [None, "long ago"])
def test_how_old_it_is_may_not_be_known(created: str | None) -> None:
    live = live_of(*THERE)
    listed = {key: replace(each, created_at=created) for key, each in live.listed.items()}
    unknown = HEALTHY.in_repository(live=replace(live, listed=listed), deployed={})
    unlisted = HEALTHY.in_repository(live=replace(live, listed={}), deployed={})

    assert (unknown.findings(), unlisted.findings()) == ([], [])


def test_what_is_not_there_yet_cannot_have_been_deployed_to() -> None:
    fresh = replace(HEALTHY, records=()).in_repository(live=live_of(), deployed={})

    assert "deployed" not in {each.code for each in fresh.checks()}


def test_deployments_that_could_not_be_read() -> None:
    unread = HEALTHY.in_repository(deployed=DOWN)

    assert unread.findings() == [
        (Status.WARN, "deployed", "whether anything was deployed yet is not known: GitHub says 502")
    ]
    assert unread.line("deployed").next_step == "run it again"
    assert HEALTHY.in_repository(deployed=REFUSED).line("deployed").next_step == "ask for it"


def test_nothing_is_said_of_deployments_that_nobody_asked_about() -> None:
    assert "deployed" not in {each.code for each in HEALTHY.in_repository(deployed=None).checks()}


def test_where_environments_could_not_be_read_their_age_is_not_known() -> None:
    blind = HEALTHY.in_repository(live=DOWN, deployed={}).in_case(purpose=Purpose.PLAN)

    assert [code for _, code, _ in blind.findings()] == ["environments"]
