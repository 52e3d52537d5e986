from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from support.life import MAIN, PAYMENTS, Life, Run, production, secrets, variables

from envsync.errors import FailureKind
from envsync.model import (
    DesiredEnvironment,
    DesiredRepository,
    Expected,
    LiveRepository,
    RefPolicy,
    RepositoryName,
    Settings,
    Unread,
    User,
)
from envsync.plan.changes import Kind, Notice
from envsync.plan.diff import Scope, diff
from envsync.plan.drift import Deed
from envsync.plan.drift_check import drift_of
from envsync.plan.expected import MOST_DAYS, expected_notices

if TYPE_CHECKING:
    from envsync.plan.drift import Drift

TODAY = date(2026, 12, 1)
WEB = RepositoryName("acme", "web")
INCIDENT = "incident 4711, back on Monday"
RUN = Run(sources={"TOKEN": b"a", "OTHER": b"b"})
FILE = production(
    settings=Settings((User("ann"),), wait_timer=30, deployment_branch_policy=RefPolicy.SELECTED),
    patterns=frozenset({MAIN}),
    protection_rules=frozenset({"change-gate"}),
    variables={"REGION": "eu", "LEVEL": "info"},
    secrets=secrets("TOKEN", "OTHER"),
)
APPLIED = Life().apply(FILE, RUN)
MOVED = (
    APPLIED.written_secret("TOKEN", APPLIED.time + 60)
    .without("secrets", "OTHER")
    .meddle(
        settings=Settings((), wait_timer=0, deployment_branch_policy=RefPolicy.SELECTED),
        patterns=(),
        protection_rules=(),
        variables=variables(REGION="us", LEVEL="debug"),
    )
)
EVERYTHING = Scope()


def expect(
    *differences: str, environment: str = "production", until: date = TODAY, reason: str = INCIDENT
) -> Expected:
    return Expected(environment, frozenset(differences), reason, until)


def drift(
    *expected: Expected,
    life: Life = MOVED,
    file: DesiredEnvironment = FILE,
    today: date = TODAY,
    scope: Scope = EVERYTHING,
    run: Run = RUN,
) -> Drift:
    desired = [DesiredRepository(PAYMENTS, (file,), expected=expected)]
    live, ledger = {PAYMENTS.key: life.repository()}, life.ledger(file, run)
    plan = diff(desired, live, scope, ledger)
    return drift_of(plan, desired, live, ledger, today=today, pending=False, scope=scope)


def excused(*differences: str) -> list[tuple[Kind, str]]:
    found = drift(expect(*differences)).expected
    return [(each.difference.kind, each.difference.name or each.difference.fields[0].name) for each in found]


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("required_reviewers", [(Kind.SETTINGS, "required_reviewers")]),
        ("wait_timer", [(Kind.SETTINGS, "wait_timer")]),
        ("deployment_branch_policy", [(Kind.BRANCH_PATTERN, "main")]),
        ("deployment_protection_rules", [(Kind.PROTECTION_RULE, "change-gate")]),
        ("variables", [(Kind.VARIABLE, "LEVEL"), (Kind.VARIABLE, "REGION")]),
        ("variables.LEVEL", [(Kind.VARIABLE, "LEVEL")]),
        ("secrets", [(Kind.SECRET, "OTHER"), (Kind.SECRET, "TOKEN")]),
        ("secrets.TOKEN", [(Kind.SECRET, "TOKEN")]),
        ("secrets.LEVEL", []),
        ("can_admins_bypass", []),
        ("environment", []),
    ],
)
def test_only_what_is_named_is_excused(name: str, covered: list[tuple[Kind, str]]) -> None:
    assert excused(name) == covered


def test_no_name_excuses_all_of_the_environment() -> None:
    found = drift(expect())

    assert found.differences == ()
    assert len(found.expected) == len(drift().differences) == 8
    assert not found.drifted


@pytest.mark.parametrize(
    ("environment", "covered"),
    [("production", 1), ("PRODUCTION", 1), ("prod*", 1), ("p?oduction", 1), ("*", 1), ("prod", 0), ("[p]*", 0)],
)
def test_an_environment_is_named_in_any_case_or_by_a_pattern(environment: str, covered: int) -> None:
    assert len(drift(expect("wait_timer", environment=environment)).expected) == covered


def test_brackets_are_no_wildcards() -> None:
    file = replace(FILE, name="qa [1]")

    assert drift(expect(environment="QA [1]"), life=Life(), file=file).differences == ()
    assert drift(expect(environment="qa [?]"), life=Life(), file=file).differences == ()


def test_whatever_was_in_an_environment_that_is_gone_is_gone_with_it() -> None:
    found = drift(expect("environment"), life=Life())

    assert found.differences == ()
    assert len(found.expected) == 1  # what was in it is folded into it


def test_the_last_day_is_the_last_on_which_it_is_excused() -> None:
    entry = expect("wait_timer", until=date(2026, 11, 30))

    before, after = drift(entry, today=date(2026, 11, 30)), drift(entry, today=TODAY)

    assert (len(before.differences), len(before.expected), before.lapsed) == (7, 1, ())
    assert (len(after.differences), after.expected) == (8, ())
    assert [each.expected for each in after.lapsed] == [entry]
    assert after.lapsed[0].difference in after.differences


def test_of_several_the_one_that_lasts_longest_excuses() -> None:
    over, now, later = (expect("wait_timer", until=date(2026, month, 1)) for month in (11, 12, 12))
    later = replace(later, until=date(2027, 1, 1), environment="*", differences=frozenset())

    found = drift(over, now, later)

    assert {each.expected for each in found.expected} == {later}
    assert found.lapsed == ()
    assert found.warnings == ()


def test_one_that_covers_nothing_is_to_be_taken_out() -> None:
    entry = expect("can_admins_bypass", "wait_timer")

    assert drift(entry).warnings == ()
    (warning,) = drift(entry, life=APPLIED).warnings
    assert warning == Notice(
        "acme/payments",
        "expected-nothing",
        "production (can_admins_bypass, wait_timer) is `expected` until 2026-12-01 "
        "(incident 4711, back on Monday), and nothing of it differs: take that out of the file",
    )


def test_whether_it_covers_nothing_is_not_known_where_something_is_not_read() -> None:
    blind = APPLIED.meddle(secrets=Unread("it did not answer", FailureKind.UNAVAILABLE))

    assert drift(expect(), life=blind).warnings == ()
    assert len(drift(expect(environment="staging"), life=blind).warnings) == 1


def test_whether_it_covers_nothing_is_not_known_where_the_run_is_about_less() -> None:
    assert drift(expect(environment="staging"), scope=Scope(("production",))).warnings == ()


def test_whether_it_covers_nothing_is_not_known_where_a_secret_may_have_been_written() -> None:
    unwritten = Life().apply(production()).written_secret("TOKEN", APPLIED.time)
    file = production(secrets=secrets("TOKEN"))
    known, unknown = Run(), Run(keys=None)

    def covers_nothing(entry: Expected, life: Life, run: Run) -> bool:
        return bool(drift(entry, life=life, file=file, run=run).warnings)

    assert covers_nothing(expect("secrets.TOKEN"), Life().apply(file, RUN), known)
    assert not covers_nothing(expect("secrets.TOKEN"), Life().apply(file, RUN), unknown)
    assert not covers_nothing(expect(), unwritten, known)
    assert covers_nothing(expect("secrets.OTHER"), unwritten, known)
    assert covers_nothing(expect(environment="staging"), unwritten, unknown)


def both(*lives: LiveRepository | Unread) -> tuple[Notice, ...]:
    """Of two repositories of one file."""
    entry = expect("environment")
    desired = [DesiredRepository(name, (production(),), expected=(entry,)) for name in (PAYMENTS, WEB)]
    live = dict(zip((PAYMENTS.key, WEB.key), lives, strict=True))
    ledger = Life().ledger(production(), Run(keys=None))
    return drift_of(diff(desired, live, ledger=ledger), desired, live, ledger, today=TODAY, pending=False).warnings


def test_one_for_several_repositories_is_needed_as_long_as_it_covers_something_in_one() -> None:
    there, gone = Life().apply(production()).repository(), Life().repository()
    web = replace(there, name=WEB, requested=WEB)

    assert both(there, replace(gone, name=WEB, requested=WEB)) == ()
    assert both(there, Unread("it did not answer", FailureKind.UNAVAILABLE)) == ()
    assert [(each.repository, each.code) for each in both(there, web)] == [(None, "expected-nothing")]


def test_a_record_that_somebody_else_wrote_is_never_expected() -> None:
    assert APPLIED.live is not None
    assert APPLIED.live.record is not None
    forged = replace(
        APPLIED.live.record, value=APPLIED.live.record.value.replace('"wait_timer":30', '"wait_timer":0')
    )
    found = drift(expect(), life=APPLIED.meddle(record=forged))

    assert [each.deed for each in found.differences] == [Deed.DOUBTFUL]


# --- what a plan says ----------------------------------------------------------------------------------------


def notices(*expected: Expected, life: Life = MOVED, file: DesiredEnvironment = FILE) -> list[str]:
    desired = [DesiredRepository(PAYMENTS, (file,), expected=expected)]
    found = expected_notices(life.plan(file, RUN), desired, TODAY)
    assert {(each.repository, each.code) for each in found} <= {
        ("acme/payments", "expected-difference"),
        ("acme/payments", "expected"),
    }
    return [each.message for each in found if each.code == "expected-difference"]


def test_a_plan_says_that_apply_puts_back_what_is_expected() -> None:
    assert notices(expect("wait_timer")) == [
        (
            "production: wait_timer differs, as `expected` says until 2026-12-01 (incident 4711, back on Monday); "
            "apply puts it back all the same, unless `ignore` names it"
        )
    ]


def test_a_plan_names_all_that_one_entry_covers() -> None:
    assert notices(expect("deployment_branch_policy", "variables", "secrets.TOKEN", reason="x")) == [
        (
            "production: deployment_branch_policy, variables.LEVEL, variables.REGION, secrets.TOKEN differ, as "
            "`expected` says until 2026-12-01 (x); apply puts them back all the same, unless `ignore` names them"
        )
    ]


def test_an_environment_cannot_be_ignored() -> None:
    assert notices(expect("environment", reason="why"), life=Life(), file=production()) == [
        (
            "production: environment differs, as `expected` says until 2026-12-01 (why); "
            "apply puts it back all the same"
        )
    ]


def test_a_plan_says_nothing_of_what_is_over_or_is_the_files_own_change() -> None:
    file = replace(FILE, variables={"REGION": "eu", "LEVEL": "warn"})

    assert notices(expect(until=date(2026, 11, 30))) == []
    assert notices(expect("variables"), life=APPLIED, file=file) == []


def quiet(*expected: Expected) -> list[str]:
    desired = [DesiredRepository(PAYMENTS, (FILE,), expected=expected)]
    found = expected_notices(APPLIED.plan(FILE, RUN), desired, TODAY)
    return [each.message for each in found if each.code == "expected"]


def test_a_plan_names_each_entry_so_that_nobody_disarms_drift_unseen() -> None:
    assert quiet(expect("wait_timer", reason="why"), expect(reason="quiet")) == [
        "drift does not count until 2026-12-01 what differs in production: quiet",
        "drift does not count until 2026-12-01 what differs in production (wait_timer): why",
    ]
    assert quiet(expect(until=date(2026, 11, 30))) == []


def test_what_is_expected_for_longer_than_a_while_counts_and_the_plan_says_so() -> None:
    last, never = TODAY + timedelta(days=MOST_DAYS), TODAY + timedelta(days=MOST_DAYS + 1)

    assert drift(expect("wait_timer", until=last)).expected
    found = drift(expect("wait_timer", until=never))
    assert (found.expected, len(found.lapsed)) == ((), 0)
    assert "wait_timer" in [field.name for each in found.differences for field in each.fields]
    assert quiet(expect(until=never)) == [
        (
            f"production is `expected` until {never}, which is more than 366 days away: drift counts it; "
            "name an earlier day"
        )
    ]
