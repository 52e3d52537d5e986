from __future__ import annotations

from dataclasses import astuple, replace
from datetime import date

import pytest
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

from envsync.drift.finding import Unclear, finding_of
from envsync.errors import FailureKind
from envsync.model import (
    MOST_VARIABLES,
    RECORD_VARIABLE,
    DesiredEnvironment,
    DesiredRepository,
    DesiredSecret,
    Expected,
    External,
    Field,
    LiveEnvironment,
    LiveRule,
    LiveVariable,
    Pattern,
    RefPolicy,
    RefType,
    Settings,
    Unread,
    User,
)
from envsync.plan.changes import Kind, Origin, Release, Risk, SettingsUpdate, Unmanaged, VariableUpdate, view
from envsync.plan.diff import Scope, diff
from envsync.plan.drift import Deed, Difference, Drift, DriftField
from envsync.plan.drift_check import drift_of
from envsync.plan.ledger import NOTHING
from envsync.plan.record import Foreign, Newer, Verified

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


def drift(
    life: Life,
    file: DesiredEnvironment = GATED,
    run: Run = SOURCES,
    *,
    pending: bool = False,
    expected: tuple[Expected, ...] = (),
) -> Drift:
    desired = [DesiredRepository(PAYMENTS, (file,), run.never_touch, expected=expected)]
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
    assert found.by_hand


def test_self_review_that_cannot_be_prevented_is_a_difference() -> None:
    file = production(settings=Settings(prevent_self_review=True), ignore=frozenset({Field.REQUIRED_REVIEWERS}))
    found = only(drift(Life().apply(file), file))

    assert (found.kind, found.name, found.risk) == (Kind.SETTINGS, None, Risk.WEAKENS)
    assert found.fields == (DriftField("prevent_self_review", declared=True, live=False),)
    assert found.by_hand


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
    assert found.by_hand


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
    assert not only(found).by_hand, "apply writes it as soon as it can read the rest"
    assert found.partly_read


def test_a_secret_that_is_gone_is_told_although_it_cannot_be_put_back() -> None:
    life = APPLIED.without("secrets", "TOKEN").meddle(protection_rules=UNREADABLE)

    assert (only(drift(life)).deed, only(drift(life)).reason) == (Deed.REMOVED, "not on GitHub")


def test_a_source_that_changed_is_no_drift_although_the_secret_cannot_be_written() -> None:
    life = APPLIED.meddle(protection_rules=UNREADABLE)

    assert drift(life, run=Run(sources={"TOKEN": b"b"})).differences == ()


# --- environments --------------------------------------------------------------------------------------------


def test_an_environment_that_is_gone_is_open_to_whoever_names_it() -> None:
    environment = only(drift(Life()))

    assert (environment.deed, environment.origin, environment.risk) == (
        Deed.REMOVED,
        Origin.UNKNOWN,
        Risk.WEAKENS,
    )
    assert environment.kind is Kind.ENVIRONMENT
    assert environment.reason == (
        "declared and not on GitHub: somebody deleted it, or nobody has applied it yet; "
        "whoever names it in a workflow gets it with no protection"
    )
    assert environment.fields[0] == DriftField("required_reviewers", ("ann",), None)
    assert environment.after is None


def test_what_cannot_be_made_in_an_environment_that_is_gone_is_folded_into_it_too() -> None:
    file = replace(GATED, secrets={"TOKEN": DesiredSecret("TOKEN", External())})

    assert only(drift(Life(), file)).kind is Kind.ENVIRONMENT


def test_what_is_folded_into_an_environment_that_is_gone_is_not_pending_either() -> None:
    assert drift(Life(), pending=True).pending == ()


@pytest.mark.parametrize(
    ("names", "counts"), [(["environment"], 0), ([], 0), (["variables.REGION"], 1), (["required_reviewers"], 1)]
)
def test_what_is_expected_of_an_environment_that_is_gone_differs_whatever_it_is(
    names: list[str], counts: int
) -> None:
    found = drift(Life(), expected=(Expected("production", frozenset(names), "incident", TODAY),))

    assert (len(found.differences), len(found.expected)) == (counts, 1 - counts)
    assert bool(found.warnings) is (names == ["required_reviewers"]), "one of its own settings is no difference"


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


# --- records -------------------------------------------------------------------------------------------------


def without_record(**fields: object) -> Life:
    return APPLIED.meddle(record=None, **fields)


def test_a_record_that_is_not_there_is_a_difference_where_a_key_could_write_one() -> None:
    found = only(drift(without_record()))

    assert found == Difference(
        AT,
        Kind.VARIABLE,
        RECORD_VARIABLE,
        Deed.REMOVED,
        Origin.UNKNOWN,
        Risk.NEUTRAL,
        "no record: somebody deleted it, or nobody has applied with this key yet",
    )
    assert drift(without_record(), run=NO_KEY) == Drift()


def test_nobody_expects_a_record_to_be_gone() -> None:
    anything = Expected("*", frozenset(), "incident", TODAY)

    assert only(drift(without_record(), expected=(anything,))).name == RECORD_VARIABLE


def test_a_record_that_is_gone_stands_behind_what_weakens() -> None:
    found = drift(without_record(protection_rules=()))

    assert [each.name for each in found.differences] == ["change-gate", RECORD_VARIABLE]


def test_where_there_is_no_room_for_a_record_none_is_missing() -> None:
    full = {f"V{number}": "x" for number in range(MOST_VARIABLES)}
    life = Life(LiveEnvironment("production", 9, variables=variables(**full)))

    assert drift(life, production(variables=full)) == Drift()


def test_where_variables_are_not_read_no_record_is_missing_and_nobody_is_warned_of_what_apply_does() -> None:
    found = drift(without_record(variables=Unread("as asked", None), settings=settings(wait_timer=0)))

    assert [each.kind for each in found.differences] == [Kind.SETTINGS]
    assert found.warnings == ()
    assert [each.part for each in found.unread] == ["variables"]


@pytest.mark.parametrize(
    ("run", "why", "hint"),
    [
        (NO_KEY, "no ENVSYNC_RECORD_KEY is set here, so nobody", "apply needs the key whose id is "),
        (Run(keys=OTHER_KEYS), "the record was signed with the key ", "see that it is the right one; "),
    ],
)
def test_a_record_that_cannot_be_verified_leaves_drift_blind(run: Run, why: str, hint: str) -> None:
    found = drift(APPLIED, run=run)

    (part,) = found.unread
    assert (part.repository, part.environment, part.part, part.failed) == (*astuple(AT), "record", True)
    assert part.reason.startswith(why)
    assert part.reason.endswith(", so nobody can tell who changed what, or whether its secrets were written")
    assert part.hint is not None
    assert part.hint.startswith(hint)
    assert (found.differences, found.partly_read) == ((), True)
    assert finding_of(found, "0" * 64) == Unclear()


def test_of_a_record_of_a_newer_format_is_told_once() -> None:
    newer = LiveVariable(RECORD_VARIABLE, '{"version":3}', "2026-02-03T04:05:06Z")

    (part,) = drift(APPLIED.meddle(record=newer)).unread
    assert part.reason == "its record has format 3, and this envsync knows format 1 only"


# --- what is not managed -------------------------------------------------------------------------------------


def test_what_is_in_no_file_is_listed_and_never_counted() -> None:
    life = APPLIED.meddle(variables=variables(REGION="eu", EXTRA="1")).written_secret("BY_HAND", APPLIED.time)
    found = drift(life)

    assert found == Drift(unmanaged=(Unmanaged(AT, Kind.VARIABLE, "EXTRA"), Unmanaged(AT, Kind.SECRET, "BY_HAND")))
    assert not found.drifted


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


def test_of_a_secret_whose_source_was_not_read_nobody_knows_whether_it_is_pending() -> None:
    file = production(secrets=secrets("TOKEN", "KEY"))
    life = Life().apply(file, Run(sources={"TOKEN": b"t", "KEY": b"k"}))

    assert drift(life, file).warnings == ()
    found = drift(life, file, Run(), pending=True)
    assert (found.differences, found.pending) == ((), ())
    assert [(each.repository, each.code) for each in found.warnings] == [("acme/payments", "not-compared")]
    assert found.warnings[0].message.startswith("production: whether KEY, TOKEN is to be written is not known: ")
    assert drift(life, file, Run(sources={"TOKEN": b"t", "KEY": b"k"}), pending=True).warnings == ()


@pytest.mark.parametrize("claim", [Newer(99), Foreign("billing")], ids=["newer", "foreign"])
def test_a_record_that_anybody_can_write_hides_nothing(claim: Newer | Foreign) -> None:
    """For an apply the environment would have to be left alone."""
    assert APPLIED.live is not None
    weakened = replace(APPLIED, live=replace(APPLIED.live, settings=Settings()))
    desired = [DesiredRepository(PAYMENTS, (GATED,))]
    ledger = weakened.ledger(GATED, Run(recorded=claim))
    there = {PAYMENTS.key: weakened.repository()}

    assert diff(desired, there, ledger=ledger).changes == ()
    found = diff(desired, there, Scope(looks_on=True), ledger)
    assert "required_reviewers" in [field.name for change in found.changes for field in view(change).fields]
    assert [(part.part, part.failed) for part in found.unread] == [("record", True)]


def test_what_another_file_owns_by_a_signed_record_is_compared_with_none() -> None:
    recorded = APPLIED.recorded()
    assert isinstance(recorded, Verified)
    ledger = APPLIED.ledger(GATED, Run(recorded=Foreign("billing", recorded)))
    there = {PAYMENTS.key: APPLIED.repository()}
    other = replace(GATED, variables={"REGION": "us"})

    assert diff([DesiredRepository(PAYMENTS, (other,))], there, Scope(looks_on=True), ledger).changes == ()
