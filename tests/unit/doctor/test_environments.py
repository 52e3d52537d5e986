from __future__ import annotations

from dataclasses import replace

import pytest
from support.checkups import DECLARED, DOWN, HEALTHY, PAYMENTS, REFUSED, SetUp, as_declared, live_of

from envsync.doctor.case import Purpose
from envsync.doctor.examine import examine
from envsync.model import ListedEnvironment, LiveRule, RefPolicy, Settings, Unread
from envsync.plan.changes import (
    Address,
    EnvironmentDelete,
    Kind,
    Plan,
    RecordNext,
    RecordState,
    RecordStatus,
    Risk,
    Unmet,
    UnreadPart,
    Verdict,
)
from envsync.plan.checkup import Status
from envsync.plan.facts import Facts

THERE = tuple(map(as_declared, DECLARED))
PREVIEW = ListedEnvironment("Preview", "2026-04-01T00:00:00Z", Settings(), ())
OPEN = "Preview is in no file, and nothing protects it"
AT = Address("acme/payments", "Preview")


def beside(listed: ListedEnvironment) -> SetUp:
    return HEALTHY.in_repository(live=live_of(*THERE, others=(listed,)))


def unread(part: str, environment: str = "staging", *, failed: bool = True) -> UnreadPart:
    return UnreadPart("acme/payments", environment, part, "GitHub says 502", None, failed)


# --- those that stand open ---------------------------------------------------------------------------------


def test_an_environment_that_is_in_no_file_and_open() -> None:
    found = beside(PREVIEW)

    assert found.findings() == [(Status.WARN, "open-environment", OPEN)]
    assert found.line("open-environment").next_step == (
        "declare it, delete it, or name it under never_touch if something else manages it"
    )
    assert found.line("open-environment").link == "page:environments:acme/payments"


@pytest.mark.parametrize("rules", [None, REFUSED])
def test_custom_rules_that_were_not_read_may_protect_it(rules: Unread | None) -> None:
    assert beside(replace(PREVIEW, protection_rules=rules)).findings() == [
        (Status.WARN, "open-environment", f"{OPEN}, unless custom rules that were not read do")
    ]


@pytest.mark.parametrize(
    "protected",
    [
        replace(PREVIEW, settings=Settings(wait_timer=1)),
        replace(PREVIEW, settings=Settings(deployment_branch_policy=RefPolicy.PROTECTED)),
        replace(PREVIEW, protection_rules=(LiveRule(3, "change-gate"),)),
    ],
)
def test_one_that_anything_protects_is_nobodys_business(protected: ListedEnvironment) -> None:
    assert beside(protected).findings() == []


def test_a_rule_that_is_switched_off_protects_nothing() -> None:
    off = replace(PREVIEW, protection_rules=(LiveRule(3, "change-gate", enabled=False),))

    assert [code for _, code, _ in beside(off).findings()] == ["open-environment"]


def test_one_that_is_to_guard_envsync_itself_and_is_not_there() -> None:
    found = HEALTHY.in_case(guardians={"acme/payments": frozenset({"envsync-apply"})})

    assert found.findings() == [
        (
            Status.WARN,
            "guardian",
            "envsync-apply is to guard envsync's own keys, and is not there: the first run would make it, open",
        )
    ]
    assert found.line("guardian").link == "page:environments:acme/payments"


def test_guardians_that_are_missing_or_open_are_one_line_each() -> None:
    names = frozenset({"envsync-apply", "envsync-plan", "preview", "lab"})
    lab = replace(PREVIEW, name="lab")
    found = HEALTHY.in_repository(live=live_of(*THERE, others=(PREVIEW, lab))).in_case(
        guardians={"acme/payments": names}
    )

    assert [said for _, _, said in found.findings()] == [
        (
            "envsync-apply and envsync-plan are to guard envsync's own keys, and are not there: "
            "the first run would make them, open"
        ),
        "lab and Preview are to guard envsync's own keys, and nothing protects them: every branch gets them",
    ]
    assert {each.link for each in found.checks() if each.code == "guardian"} == {"page:environments:acme/payments"}


def test_one_that_is_to_guard_envsync_itself_and_lets_everybody_through() -> None:
    found = beside(PREVIEW).in_case(guardians={"acme/payments": frozenset({"preview"})})

    assert found.findings() == [
        (
            Status.WARN,
            "guardian",
            "Preview is to guard envsync's own keys, and nothing protects it: every branch gets them",
        )
    ]


@pytest.mark.parametrize(
    "protected",
    [
        replace(PREVIEW, settings=Settings(deployment_branch_policy=RefPolicy.SELECTED)),
        replace(PREVIEW, protection_rules=(LiveRule(1, "gate"),)),
    ],
)
def test_one_that_guards_envsync_itself(protected: ListedEnvironment) -> None:
    assert beside(protected).in_case(guardians={"acme/payments": frozenset({"preview"})}).findings() == []


def test_one_that_is_never_touched() -> None:
    desired = replace(HEALTHY.desired, never_touch=frozenset({"preview"}))

    assert replace(beside(PREVIEW), desired=desired).findings() == []


def test_one_of_another_file() -> None:
    foreign = RecordStatus(
        AT, RecordState.FOREIGN, RecordNext.KEEP, "it belongs to the file called billing", "billing"
    )

    assert replace(beside(PREVIEW), records=(*HEALTHY.records, foreign)).findings() == []


def test_what_belongs_to_another_file_says_nothing_of_the_others() -> None:
    foreign = RecordStatus(
        replace(AT, environment="Elsewhere"), RecordState.FOREIGN, RecordNext.KEEP, "it is not ours"
    )
    second = replace(PREVIEW, name="Lab")
    setup = HEALTHY.in_repository(live=live_of(*THERE, others=(PREVIEW, second)))

    assert [said for _, _, said in replace(setup, records=(*HEALTHY.records, foreign)).findings()] == [
        "Lab is in no file, and nothing protects it",
        OPEN,
    ]


def test_one_that_goes_with_the_next_apply() -> None:
    going = Plan("", changes=(EnvironmentDelete(AT, Verdict(Risk.DESTROYS, "it left the file")),))

    assert [code for _, code, _ in beside(PREVIEW).in_case(plan=going).findings()] == ["configured"]


def test_without_a_plan_nobody_knows_whose_it_is() -> None:
    setup = beside(PREVIEW)
    facts = Facts(setup.server, setup.credential, {PAYMENTS.key: setup.repository})
    checks = examine(facts, replace(setup.case, desired=(setup.desired,))).checks

    assert OPEN in [each.said for each in checks]
    assert {"configured", "records"}.isdisjoint(each.code for each in checks)


# --- those that could not be read --------------------------------------------------------------------------


def test_environments_that_could_not_be_read() -> None:
    assert HEALTHY.in_repository(live=DOWN).findings() == [
        (Status.FAIL, "environments", "they could not be read: GitHub says 502")
    ]
    assert HEALTHY.in_repository(live=replace(DOWN, hint="wait")).line("environments").next_step == "wait"


def test_a_missing_permission_has_told_it_already() -> None:
    secrets = replace(THERE[0], secrets=REFUSED, variables=REFUSED)
    lacking = HEALTHY.refuses("Environments: read").in_repository(live=live_of(secrets, *THERE[1:]))

    assert [code for _, code, _ in lacking.findings()] == ["permission-environments-read"]


def test_a_part_that_could_not_be_read() -> None:
    found = HEALTHY.in_case(plan=Plan("", unread=(unread("variables"),)))

    assert found.findings() == [
        (Status.FAIL, "environment-unread", "staging: its variables could not be read: GitHub says 502")
    ]
    assert found.line("environment-unread").next_step == "run it again"


def test_a_part_that_was_not_to_be_read_or_is_another_repositorys() -> None:
    elsewhere = replace(unread("variables"), repository="acme/other")

    assert HEALTHY.in_case(plan=Plan("", unread=(unread("variables", failed=False), elsewhere))).findings() == []


def test_a_record_that_keeps_an_environment_from_being_read_is_told_once() -> None:
    foreign = RecordStatus(
        Address("acme/payments", "staging"), RecordState.FOREIGN, RecordNext.KEEP, "it is not this file's"
    )
    both = HEALTHY.in_case(plan=Plan("", records=(foreign,), unread=(unread("record"),)))
    alone = HEALTHY.in_case(plan=Plan("", unread=(unread("record"),)))

    assert [code for _, code, _ in both.findings()] == ["records"]
    assert [code for _, code, _ in alone.findings()] == ["environment-unread"]


# --- what cannot be made -----------------------------------------------------------------------------------


def test_a_rule_that_is_switched_off_only_github_can_switch_on() -> None:
    off = replace(THERE[0], protection_rules=(LiveRule(3, "change-gate", enabled=False),))
    found = HEALTHY.in_repository(live=live_of(off, *THERE[1:]))
    said = "production, change-gate: it is there, but switched off: enable it on GitHub"

    assert found.findings() == [(Status.FAIL, "environment-unmet", said)]
    assert found.in_case(purpose=Purpose.PLAN).findings() == [(Status.WARN, "environment-unmet", said)]
    assert found.line("environment-unmet").link == "page:environments:acme/payments"


def test_what_another_repository_lacks_is_not_this_ones() -> None:
    elsewhere = Unmet(
        Address("acme/other", "production"), Kind.PROTECTION_RULE, "change-gate", "it is switched off"
    )

    assert HEALTHY.in_case(plan=Plan("", unmet=(elsewhere,))).findings() == []
