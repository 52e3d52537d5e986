from __future__ import annotations

from dataclasses import replace

import pytest
from support.checkups import DECLARED, DOWN, HEALTHY, REFUSED, SetUp, as_declared, live_of

from envsync.model import Field, LiveRule, Unread
from envsync.plan.checkup import Status

PRODUCTION = as_declared(DECLARED[0])
REST = [as_declared(each) for each in DECLARED[1:]]


def guarded_by(*rules: LiveRule) -> SetUp:
    return HEALTHY.in_repository(live=live_of(replace(PRODUCTION, protection_rules=rules), *REST))


UNGUARDED = guarded_by()


def of(setup: SetUp) -> list[tuple[Status, str, str]]:
    return [each for each in setup.findings() if each[1] == "app"]


@pytest.mark.parametrize("apps", [REFUSED, DOWN, None, frozenset()])
def test_an_app_at_work_needs_no_looking_for(apps: object) -> None:
    assert HEALTHY.in_repository(apps=apps).said("app") == ["change-gate protects production"]


@pytest.mark.parametrize(
    "setup", [UNGUARDED, guarded_by(LiveRule(3, "change-gate", enabled=False)), guarded_by(LiveRule(3, "other"))]
)
def test_an_app_that_is_installed(setup: SetUp) -> None:
    found = setup.in_repository(apps=frozenset({"Change-Gate"}))

    assert (of(found), found.said("app")) == ([], ["change-gate is installed, and can protect deployments"])


def test_an_app_that_is_not_there() -> None:
    missing = UNGUARDED.in_repository(apps=frozenset({"other"}))

    assert of(missing) == [
        (
            Status.FAIL,
            "app",
            "change-gate is not among the Apps that can protect deployments of acme/payments",
        )
    ]
    assert missing.line("app").link == "page:apps:acme/payments"


def test_an_app_may_only_show_once_there_is_an_environment() -> None:
    fresh = replace(HEALTHY, records=()).in_repository(
        live=live_of(), apps=Unread("there is no environment", None)
    )

    assert fresh.noted("app") == ["change-gate: whether it is installed shows only where there is an environment"]


def test_rules_that_could_not_be_read_tell_nothing() -> None:
    unread = HEALTHY.in_repository(live=live_of(replace(PRODUCTION, protection_rules=REFUSED), *REST), apps=None)

    assert unread.noted("app") == ["change-gate: whether it is installed shows only where there is an environment"]


def test_apps_that_could_not_be_read() -> None:
    assert of(UNGUARDED.in_repository(apps=DOWN)) == [
        (Status.WARN, "app", "whether change-gate is installed could not be read: GitHub says 502")
    ]


def test_a_missing_permission_has_told_it_already() -> None:
    assert of(UNGUARDED.refuses("Administration: read").in_repository(apps=REFUSED)) == []


def test_rules_that_the_file_leaves_to_somebody_else() -> None:
    left = HEALTHY.wants("production", ignore=frozenset({Field.DEPLOYMENT_PROTECTION_RULES}))

    assert (of(left), left.said("app")) == ([], [])


def test_an_app_has_to_protect_each_environment_that_wants_it() -> None:
    both = HEALTHY.wants("staging", protection_rules=frozenset({"change-gate"}))
    half = both.in_repository(live=live_of(PRODUCTION, *REST), apps=frozenset())

    assert both.said("app") == ["change-gate protects production and staging"]
    assert [status for status, _, _ in of(half)] == [Status.FAIL]


@pytest.mark.parametrize("rule", ["change-gate", "CHANGE-GATE"])
def test_an_app_is_the_same_in_any_case(rule: str) -> None:
    shouting = HEALTHY.wants("production", protection_rules=frozenset({"Change-Gate"}))
    there = live_of(replace(PRODUCTION, protection_rules=(LiveRule(3, rule),)), *REST)
    bare = live_of(replace(PRODUCTION, protection_rules=()), *REST)

    assert shouting.in_repository(live=there).said("app") == ["Change-Gate protects production"]
    assert shouting.in_repository(live=bare, apps=frozenset({rule})).said("app") == [
        "Change-Gate is installed, and can protect deployments"
    ]
