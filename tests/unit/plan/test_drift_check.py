from __future__ import annotations

from dataclasses import replace
from datetime import date

from support.life import (
    AT,
    DEVELOP,
    MAIN,
    OTHER_KEYS,
    PAYMENTS,
    START,
    Life,
    Run,
    iso,
    pattern_list,
    production,
    rule_list,
    secrets,
    variables,
)

from envsync.errors import FailureKind
from envsync.model import (
    RECORD_VARIABLE,
    DesiredEnvironment,
    DesiredRepository,
    DesiredSecret,
    External,
    Field,
    LiveRule,
    LiveVariable,
    Pattern,
    RefPolicy,
    RefType,
    Settings,
    Unread,
    User,
)
from envsync.plan.changes import Kind, Origin, Release, Risk, SettingsUpdate, VariableUpdate
from envsync.plan.diff import diff
from envsync.plan.drift import Deed, Difference, Drift, DriftField
from envsync.plan.drift_check import drift_of
from envsync.plan.ledger import NOTHING

TODAY = date(2026, 3, 1)
ANN, CAROL = User("ann"), User("carol")
NO_KEY = Run(keys=None)
SOURCES = Run(sources={"TOKEN": b"a"})
GATED = production(
    settings=Settings((ANN,), wait_timer=30, deployment_branch_policy=RefPolicy.SELECTED),
    patterns=frozenset({MAIN}),
    protection_rules=frozenset({"change-gate"}),
    variables={"REGION": "eu"},
    secrets=secrets("TOKEN"),
)
APPLIED = Life().apply(GATED, SOURCES)
LAST = iso(APPLIED.time).replace(" ", "T")  # of the record


def drift(life: Life, file: DesiredEnvironment = GATED, run: Run = SOURCES, *, pending: bool = False) -> Drift:
    desired = [DesiredRepository(PAYMENTS, (file,), run.never_touch)]
    live = {PAYMENTS.key: life.repository()}
    return drift_of(life.plan(file, run), desired, live, life.ledger(file, run), today=TODAY, pending=pending)


def only(found: Drift) -> Difference:
    (difference,) = found.differences
    return difference


def settings(**fields: object) -> Settings:
    return replace(GATED.settings, **fields)  # type: ignore[arg-type]


def test_what_was_just_applied_has_not_drifted() -> None:
    assert drift(APPLIED) == Drift()
    assert drift(APPLIED, pending=True) == Drift(pending=())


# --- rules ---------------------------------------------------------------------------------------------------


def test_a_reviewer_that_was_added_can_approve() -> None:
    life = APPLIED.meddle(settings=settings(required_reviewers=(ANN, CAROL)))

    assert only(drift(life)) == Difference(
        AT,
        Kind.SETTINGS,
        None,
        Deed.CHANGED,
        Origin.OUTSIDE,
        Risk.WEAKENS,
        "carol can approve",
        (DriftField("required_reviewers", ("ann",), ("ann", "carol")),),
        since=None,
        after=LAST,
    )


def test_each_setting_is_a_difference_with_a_risk_of_its_own() -> None:
    life = APPLIED.meddle(settings=settings(wait_timer=60, can_admins_bypass=False, required_reviewers=()))

    assert [(each.fields[0].name, each.risk, each.reason) for each in drift(life).differences] == [
        ("required_reviewers", Risk.WEAKENS, "nobody has to approve any more"),
        ("can_admins_bypass", Risk.TIGHTENS, "administrators can no longer bypass the rules"),
        ("wait_timer", Risk.TIGHTENS, "deployments wait 60 minutes instead of 30"),
    ]


def test_what_moved_in_the_file_and_on_github_is_a_conflict() -> None:
    file = replace(GATED, settings=settings(wait_timer=10))
    found = only(drift(APPLIED.meddle(settings=settings(wait_timer=5)), file))

    assert (found.origin, found.risk) == (Origin.CONFLICT, Risk.WEAKENS)
    assert found.fields == (DriftField("wait_timer", 10, 5),)


def test_a_pattern_that_was_added_lets_a_branch_through_and_one_that_is_gone_does_not() -> None:
    added = only(drift(APPLIED.meddle(patterns=pattern_list({MAIN, DEVELOP}))))
    removed = only(drift(APPLIED.meddle(patterns=())))

    assert (added.kind, added.name, added.deed) == (Kind.BRANCH_PATTERN, "develop", Deed.ADDED)
    assert (added.risk, added.reason) == (Risk.WEAKENS, "branch develop can deploy")
    assert (removed.name, removed.deed, removed.risk) == ("main", Deed.REMOVED, Risk.TIGHTENS)


def test_a_pattern_that_took_anothers_place_is_called_as_the_file_has_it() -> None:
    found = only(drift(APPLIED.meddle(patterns=pattern_list({Pattern(RefType.BRANCH, "*")}))))

    assert (found.name, found.deed, found.risk) == ("main", Deed.CHANGED, Risk.WEAKENS)
    assert found.fields == (DriftField("name", "main", "*"),)


def test_a_rule_that_was_removed_has_no_longer_to_agree() -> None:
    found = only(drift(APPLIED.meddle(protection_rules=())))

    assert (found.kind, found.name, found.deed) == (Kind.PROTECTION_RULE, "change-gate", Deed.REMOVED)
    assert (found.risk, found.reason) == (Risk.WEAKENS, "change-gate no longer has to agree")


def test_a_rule_that_was_added_tightens() -> None:
    found = only(drift(APPLIED.meddle(protection_rules=rule_list({"change-gate", "datadog"}))))

    assert (found.name, found.deed, found.risk) == ("datadog", Deed.ADDED, Risk.TIGHTENS)


def test_a_rule_that_was_switched_off_keeps_nobody_out() -> None:
    found = only(drift(APPLIED.meddle(protection_rules=(LiveRule(1, "change-gate", enabled=False),))))

    assert (found.deed, found.origin, found.risk) == (Deed.REMOVED, Origin.UNKNOWN, Risk.WEAKENS)
    assert found.reason == "it is there, but switched off: enable it on GitHub"


def test_self_review_that_cannot_be_prevented_is_a_difference() -> None:
    file = production(settings=Settings(prevent_self_review=True), ignore=frozenset({Field.REQUIRED_REVIEWERS}))
    found = only(drift(Life().apply(file), file))

    assert (found.kind, found.name, found.risk) == (Kind.SETTINGS, None, Risk.WEAKENS)
    assert found.fields == (DriftField("prevent_self_review", declared=True, live=False),)


# --- variables and secrets -----------------------------------------------------------------------------------


def test_a_variable_that_was_changed_says_since_when() -> None:
    life = APPLIED.meddle(variables={"REGION": LiveVariable("REGION", "us", "2026-02-03T04:05:06Z")})

    assert only(drift(life)) == Difference(
        AT,
        Kind.VARIABLE,
        "REGION",
        Deed.CHANGED,
        Origin.OUTSIDE,
        Risk.NEUTRAL,
        "its value was changed",
        (DriftField("value", "eu", "us"),),
        since="2026-02-03T04:05:06Z",
        after=LAST,
    )


def test_a_date_that_nobody_can_read_is_not_known() -> None:
    life = APPLIED.meddle(variables={"REGION": LiveVariable("REGION", "us", "yesterday")})

    assert only(drift(life)).since is None


def test_a_variable_that_was_deleted_is_gone_since_nobody_knows_when() -> None:
    found = only(drift(APPLIED.without("variables", "REGION")))

    assert (found.deed, found.reason, found.since) == (Deed.REMOVED, "it was deleted", None)
    assert found.fields == (DriftField("value", "eu", None),)


def test_a_variable_that_was_added_counts_where_the_file_prunes() -> None:
    file = production(variables={"REGION": "eu"}, prune=True)
    life = Life().apply(file).meddle(variables=variables(REGION="eu", EXTRA="1"))
    found = only(drift(life, file))

    assert (found.name, found.deed, found.reason) == ("EXTRA", Deed.ADDED, "it was added")
    assert found.fields == (DriftField("value", None, "1"),)


def test_a_secret_that_somebody_wrote_says_when_and_not_what() -> None:
    found = only(drift(APPLIED.written_secret("TOKEN", APPLIED.time + 60)))

    assert (found.kind, found.name, found.deed, found.origin) == (
        Kind.SECRET,
        "TOKEN",
        Deed.CHANGED,
        Origin.OUTSIDE,
    )
    assert found.reason.startswith("somebody else wrote it on 2026-01-01 ")
    assert (found.risk, found.fields) == (Risk.NEUTRAL, ())
    assert found.since == iso(APPLIED.time + 60).replace(" ", "T")


def test_a_secret_that_is_gone_was_deleted() -> None:
    found = only(drift(APPLIED.without("secrets", "TOKEN")))

    assert (found.deed, found.origin, found.reason) == (Deed.REMOVED, Origin.OUTSIDE, "it was deleted")


def test_a_secret_that_left_the_file_and_was_written_since_is_a_conflict() -> None:
    life = APPLIED.written_secret("TOKEN", APPLIED.time + 60)
    found = only(drift(life, replace(GATED, secrets={})))

    assert (found.deed, found.origin) == (Deed.ADDED, Origin.CONFLICT)


def test_an_external_secret_that_nobody_has_set_is_a_difference() -> None:
    file = production(secrets={"TOKEN": DesiredSecret("TOKEN", External())})
    found = only(drift(Life().apply(production()), file))

    assert (found.deed, found.origin, found.risk) == (Deed.REMOVED, Origin.UNKNOWN, Risk.NEUTRAL)
    assert found.reason == "it is external, and nobody has set it on GitHub"


def test_a_secret_that_cannot_be_verified_is_no_difference() -> None:
    assert drift(APPLIED, run=Run()).differences == ()


def test_a_secret_that_is_to_be_rotated_is_at_most_pending() -> None:
    life = Life().apply(production()).written_secret("TOKEN", START)
    found = drift(life, production(secrets=secrets("TOKEN")), Run(rotate=("*",)), pending=True)

    assert found.differences == ()
    assert found.pending is not None
    assert [each.verdict.origin for each in found.pending] == [Origin.UNKNOWN]


UNREADABLE = Unread("it did not answer", FailureKind.UNAVAILABLE)


def test_what_was_done_to_a_secret_is_told_although_it_cannot_be_put_back() -> None:
    life = APPLIED.written_secret("TOKEN", APPLIED.time + 60).meddle(protection_rules=UNREADABLE)
    found = drift(life)

    assert (only(found).deed, only(found).origin) == (Deed.CHANGED, Origin.OUTSIDE)
    assert found.partly_read


def test_a_secret_that_is_gone_is_told_although_it_cannot_be_put_back() -> None:
    life = APPLIED.without("secrets", "TOKEN").meddle(protection_rules=UNREADABLE)

    assert (only(drift(life)).deed, only(drift(life)).reason) == (Deed.REMOVED, "not on GitHub")


def test_a_source_that_changed_is_no_drift_although_the_secret_cannot_be_written() -> None:
    life = APPLIED.meddle(protection_rules=UNREADABLE)

    assert drift(life, run=Run(sources={"TOKEN": b"b"})).differences == ()


# --- environments --------------------------------------------------------------------------------------------


def test_an_environment_that_is_gone_is_open_to_whoever_names_it() -> None:
    found = drift(Life()).differences
    environment = next(each for each in found if each.kind is Kind.ENVIRONMENT)

    assert (environment.deed, environment.origin, environment.risk) == (
        Deed.REMOVED,
        Origin.UNKNOWN,
        Risk.WEAKENS,
    )
    assert environment.reason.endswith("whoever names it in a workflow gets it with no protection")
    assert environment.fields[0] == DriftField("required_reviewers", ("ann",), None)
    assert environment.after is None
    assert {each.kind for each in found if each.risk is Risk.WEAKENS} == {
        Kind.ENVIRONMENT,
        Kind.BRANCH_PATTERN,
        Kind.PROTECTION_RULE,
    }


def test_an_environment_with_no_rules_that_is_gone_lets_nobody_else_through() -> None:
    assert only(drift(Life(), production())).risk is Risk.NEUTRAL


# --- whose it is ---------------------------------------------------------------------------------------------


def test_what_the_file_changed_is_pending_and_told_only_when_asked() -> None:
    file = replace(GATED, variables={"REGION": "us"}, settings=settings(wait_timer=60))

    assert drift(APPLIED, file) == Drift()
    found = drift(APPLIED, file, pending=True)
    assert found.pending is not None
    assert list(map(type, found.pending)) == [SettingsUpdate, VariableUpdate]
    assert found.differences == ()
    assert found.drifted


def test_what_an_apply_left_behind_that_was_cut_off_is_pending() -> None:
    found = drift(Life().apply(production()).cut_off(GATED, SOURCES, stop="middle"), pending=True)

    assert found.differences == ()
    assert found.pending


def test_what_the_file_no_longer_guards_is_pending_at_most() -> None:
    file = replace(GATED, ignore=frozenset({Field.WAIT_TIMER}), settings=settings(wait_timer=0))
    found = drift(APPLIED, file, pending=True)

    assert found.pending is not None
    assert list(map(type, found.pending)) == [Release]
    assert found.differences == ()


def test_with_no_key_everything_counts_and_nobody_is_accused() -> None:
    life = APPLIED.meddle(variables=variables(REGION="us"), settings=settings(wait_timer=0))
    found = drift(life, run=NO_KEY)

    assert [(each.origin, each.reason, each.after) for each in found.differences] == [
        (Origin.UNKNOWN, "deployments wait 0 minutes instead of 30", None),
        (Origin.UNKNOWN, "the value differs", None),
    ]


def test_with_no_key_nothing_is_known_of_a_secret_that_is_there() -> None:
    assert drift(APPLIED, run=NO_KEY).differences == ()


def test_a_record_that_somebody_wrote_is_doubtful() -> None:
    assert APPLIED.live is not None
    assert APPLIED.live.record is not None
    forged = replace(APPLIED.live.record, value=APPLIED.live.record.value.replace("payments", "payment5"))
    forged = replace(forged, updated_at="2026-02-03T04:05:06Z")
    run = Run(owner="payment5")
    found = only(drift(APPLIED.meddle(record=forged), run=run))

    assert (found.kind, found.name, found.deed) == (Kind.VARIABLE, RECORD_VARIABLE, Deed.DOUBTFUL)
    assert (found.origin, found.since, found.after) == (Origin.OUTSIDE, "2026-02-03T04:05:06Z", None)
    assert found.reason


def test_an_environment_of_another_file_is_unread_and_no_drift() -> None:
    found = drift(APPLIED.meddle(settings=Settings()), run=Run(owner="billing"))

    assert found.differences == ()
    assert found.partly_read


def test_a_record_signed_with_another_key_proves_nothing() -> None:
    found = drift(APPLIED.meddle(variables=variables(REGION="us")), run=Run(keys=OTHER_KEYS))

    assert only(found).origin is Origin.UNKNOWN


def test_what_a_repository_hides_is_unread() -> None:
    desired = [DesiredRepository(PAYMENTS, (GATED,))]
    gone = Unread("not found", FailureKind.NOT_FOUND)
    live = {PAYMENTS.key: gone}
    found = drift_of(diff(desired, live), desired, live, NOTHING, today=TODAY, pending=True)

    assert (found.differences, found.pending) == ((), ())
    assert [(each.part, each.failed) for each in found.unread] == [("repository", True)]


def test_weakening_differences_come_first() -> None:
    life = APPLIED.meddle(
        settings=settings(can_admins_bypass=False), protection_rules=(), variables=variables(REGION="us")
    )

    assert [each.risk for each in drift(life).differences] == [Risk.WEAKENS, Risk.TIGHTENS, Risk.NEUTRAL]
