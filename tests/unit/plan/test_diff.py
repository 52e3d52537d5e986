from __future__ import annotations

from dataclasses import replace

import pytest

from envsync.errors import FailureKind
from envsync.model import (
    DesiredEnvironment,
    DesiredRepository,
    DesiredSecret,
    External,
    Field,
    FromEnvironment,
    LiveEnvironment,
    LivePattern,
    LiveRepository,
    LiveRule,
    LiveSecret,
    LiveVariable,
    OtherEnvironment,
    Pattern,
    RefPolicy,
    RefType,
    RepositoryName,
    Settings,
    Team,
    UnknownReviewer,
    Unread,
    User,
)
from envsync.plan.changes import (
    Address,
    EnvironmentCreate,
    EnvironmentDelete,
    FieldChange,
    Kind,
    Notice,
    PatternCreate,
    PatternDelete,
    PatternRename,
    Plan,
    Risk,
    RuleCreate,
    RuleDelete,
    SecretCreate,
    SecretDelete,
    SecretState,
    SecretStatus,
    SettingsUpdate,
    Unmanaged,
    Unmet,
    UnreadPart,
    VariableCreate,
    VariableDelete,
    VariableUpdate,
)
from envsync.plan.diff import Scope, diff

PAYMENTS = RepositoryName("acme", "payments")
AT = Address("acme/payments", "production")
MAIN, DEVELOP = Pattern(RefType.BRANCH, "main"), Pattern(RefType.BRANCH, "develop")
V1 = Pattern(RefType.TAG, "v1")
SELECTED = Settings(deployment_branch_policy=RefPolicy.SELECTED)
RECORD = LiveVariable("ENVSYNC_RECORD", "{}", "2026-01-02T00:00:00Z")
DATES = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")


def planned(
    desired: DesiredEnvironment | None, live: LiveEnvironment | None, *, prune: bool = False, **more: object
) -> Plan:
    environments = () if desired is None else (desired,)
    repository = DesiredRepository(PAYMENTS, environments, prune=prune)
    there = {} if live is None else {live.name.casefold(): live}
    names = tuple(each.name for each in there.values())
    return diff([repository], {PAYMENTS.key: LiveRepository(PAYMENTS, PAYMENTS, names, there)}, **more)  # type: ignore[arg-type]


def variables(**values: str) -> dict[str, LiveVariable]:
    return {name: LiveVariable(name, value, DATES[0]) for name, value in values.items()}


def looked_at(*names: str) -> LiveRepository:
    """Environments that no file declares, and of which it is known that they have no record."""
    others = {name: OtherEnvironment(name, number, None) for number, name in enumerate(names)}
    return LiveRepository(PAYMENTS, PAYMENTS, names, others=others)


def production(**fields: object) -> DesiredEnvironment:
    return DesiredEnvironment("production", **fields)  # type: ignore[arg-type]


def on_github(**fields: object) -> LiveEnvironment:
    return LiveEnvironment("production", 1, **fields)  # type: ignore[arg-type]


def test_an_environment_that_is_not_there_is_created_with_its_settings_at_once() -> None:
    plan = planned(
        production(
            settings=replace(SELECTED, required_reviewers=(User("ann"),), wait_timer=5),
            patterns=frozenset({MAIN}),
            protection_rules=frozenset({"gate"}),
            variables={"REGION": "eu"},
            secrets={"TOKEN": DesiredSecret("TOKEN", FromEnvironment("TOKEN"))},
        ),
        None,
    )

    created, pattern, rule, variable, secret = plan.changes
    assert isinstance(created, EnvironmentCreate)
    assert created.verdict.risk is Risk.TIGHTENS
    assert created.fields == (
        FieldChange("required_reviewers", (), ("ann",)),
        FieldChange("wait_timer", 0, 5),
        FieldChange("deployment_branch_policy", "all", "selected"),
    )
    assert [type(each) for each in (pattern, rule, variable, secret)] == [
        PatternCreate,
        RuleCreate,
        VariableCreate,
        SecretCreate,
    ]
    assert plan.secrets == (SecretStatus(AT, "TOKEN", SecretState.MISSING, "not on GitHub"),)
    assert not plan.in_sync


def test_creating_an_open_environment_lets_nobody_in_who_was_not() -> None:
    (change,) = planned(production(), None).changes

    assert change.verdict.risk is Risk.NEUTRAL


def test_each_setting_that_differs_is_a_field_of_one_change() -> None:
    before = Settings((User("ann"),), 5, True, False, RefPolicy.PROTECTED)  # noqa: FBT003
    plan = planned(production(), on_github(settings=before))

    (change,) = plan.changes
    assert isinstance(change, SettingsUpdate)
    assert change.verdict.risk is Risk.WEAKENS
    assert change.fields == (
        FieldChange("required_reviewers", ("ann",), ()),
        FieldChange("wait_timer", 5, 0),
        FieldChange("prevent_self_review", before=True, after=False),
        FieldChange("can_admins_bypass", before=False, after=True),
        FieldChange("deployment_branch_policy", "protected", "all"),
    )


def test_a_change_bears_the_risk_of_its_own_dimension() -> None:
    desired = production(settings=replace(SELECTED, wait_timer=1), patterns=frozenset({MAIN}))
    live = on_github(
        settings=replace(SELECTED, wait_timer=9),
        patterns=(LivePattern(1, MAIN), LivePattern(2, DEVELOP)),
    )

    timer, pattern = planned(desired, live).changes

    assert timer.verdict.risk is Risk.WEAKENS
    assert pattern.verdict.risk is Risk.TIGHTENS


def test_reviewers_are_compared_without_regard_to_case_and_order() -> None:
    desired = production(settings=Settings(required_reviewers=(Team("acme", "ops"), User("Ann"))))
    live = on_github(settings=Settings(required_reviewers=(User("ann"), Team("ACME", "Ops"))))

    assert planned(desired, live).changes == ()


def test_a_reviewer_of_unknown_type_is_a_difference_like_any_other() -> None:
    live = on_github(settings=Settings(required_reviewers=(UnknownReviewer("BusinessTeam", "all-hands"),)))

    (change,) = planned(production(), live).changes

    assert isinstance(change, SettingsUpdate)
    assert change.fields == (FieldChange("required_reviewers", ("BusinessTeam:all-hands",), ()),)


def test_one_pattern_in_place_of_another_of_its_type_is_renamed() -> None:
    plan = planned(
        production(settings=SELECTED, patterns=frozenset({MAIN, V1})),
        on_github(settings=SELECTED, patterns=(LivePattern(1, DEVELOP), LivePattern(2, V1))),
    )

    (change,) = plan.changes
    assert isinstance(change, PatternRename)
    assert (change.pattern, change.new_name) == (DEVELOP, "main")


def test_patterns_of_different_types_take_no_place_of_each_other() -> None:
    plan = planned(
        production(settings=SELECTED, patterns=frozenset({MAIN})),
        on_github(settings=SELECTED, patterns=(LivePattern(1, V1),)),
    )

    assert [type(each) for each in plan.changes] == [PatternCreate, PatternDelete]


def test_patterns_go_when_the_policy_leaves_selected() -> None:
    plan = planned(production(), on_github(settings=SELECTED, patterns=(LivePattern(1, MAIN),)))

    settings, pattern = plan.changes
    assert isinstance(settings, SettingsUpdate)
    assert isinstance(pattern, PatternDelete)
    assert pattern.verdict.risk is Risk.WEAKENS


def test_rules_are_added_and_dropped() -> None:
    plan = planned(
        production(protection_rules=frozenset({"new"})), on_github(protection_rules=(LiveRule(1, "old"),))
    )

    assert [type(each) for each in plan.changes] == [RuleCreate, RuleDelete]


def test_slugs_are_the_same_in_any_case() -> None:
    desired = production(protection_rules=frozenset({"Change-Gate"}))

    assert planned(desired, on_github(protection_rules=(LiveRule(1, "change-gate"),))).changes == ()


def test_variables_are_created_updated_and_left_alone() -> None:
    plan = planned(
        production(variables={"A": "1", "B": "2", "C": "3"}),
        on_github(variables=variables(B="x", C="3", D="4"), record=RECORD),
    )

    created, updated = plan.changes
    assert isinstance(created, VariableCreate)
    assert isinstance(updated, VariableUpdate)
    assert (updated.name, updated.before, updated.after) == ("B", "x", "2")
    assert plan.unmanaged == (Unmanaged(AT, Kind.VARIABLE, "D"),)


def test_present_secrets_are_unverifiable_and_never_in_sync() -> None:
    plan = planned(
        production(secrets={"A": DesiredSecret("A", FromEnvironment("A")), "B": DesiredSecret("B", External())}),
        on_github(secrets={name: LiveSecret(name, *DATES) for name in "ABC"}),
    )

    assert plan.changes == ()
    assert [each.state for each in plan.secrets] == [SecretState.UNVERIFIABLE, SecretState.EXTERNAL]
    assert plan.unmanaged == (Unmanaged(AT, Kind.SECRET, "C"),)
    assert not plan.in_sync


def test_a_missing_external_secret_is_unmet_and_no_change() -> None:
    plan = planned(production(secrets={"B": DesiredSecret("B", External())}), on_github())

    assert plan.changes == ()
    assert [each.name for each in plan.unmet] == ["B"]
    assert plan.secrets == (
        SecretStatus(AT, "B", SecretState.MISSING, "it is external, and nobody has set it on GitHub"),
    )
    assert not plan.in_sync


def test_prune_deletes_what_no_file_declares() -> None:
    live = on_github(variables=variables(V="1"), record=RECORD, secrets={"S": LiveSecret("S", *DATES)})

    variable, secret = planned(production(prune=True), live).changes

    assert isinstance(variable, VariableDelete)
    assert (variable.name, variable.value, variable.verdict.risk) == ("V", "1", Risk.NEUTRAL)
    assert isinstance(secret, SecretDelete)
    assert secret.verdict.risk is Risk.DESTROYS


def test_environments_in_no_file_are_unmanaged_unless_the_file_prunes() -> None:
    assert planned(None, on_github()).unmanaged == (Unmanaged(AT, Kind.ENVIRONMENT, None),)

    (change,) = planned(None, on_github(), prune=True).changes
    assert isinstance(change, EnvironmentDelete)
    assert change.verdict.risk is Risk.DESTROYS


def test_what_is_never_touched_is_neither_pruned_nor_listed() -> None:
    desired = DesiredRepository(PAYMENTS, (), frozenset({"GitHub-Pages"}), prune=True)
    live = looked_at("github-pages", "old")

    plan = diff([desired], {PAYMENTS.key: live})

    assert [each.at.environment for each in plan.changes] == ["old"]


@pytest.mark.parametrize("field", Field)
def test_an_ignored_field_is_neither_compared_nor_changed(field: Field) -> None:
    desired = production(ignore=frozenset(Field) - {field}, prune=True)
    live = on_github(
        settings=Settings((User("ann"),), 5, True, False, RefPolicy.SELECTED),  # noqa: FBT003
        patterns=(LivePattern(1, MAIN),),
        protection_rules=(LiveRule(1, "gate"),),
        variables=variables(V="1"),
        secrets={"S": LiveSecret("S", *DATES)},
    )

    assert planned(replace(desired, ignore=frozenset(Field)), live).changes == ()
    assert planned(desired, live).changes != ()


def test_self_review_vanishes_with_the_last_reviewer_even_where_it_is_ignored() -> None:
    desired = production(ignore=frozenset({Field.PREVENT_SELF_REVIEW}))
    live = on_github(settings=Settings(required_reviewers=(User("ann"),), prevent_self_review=True))

    plan = planned(desired, live)

    (change,) = plan.changes
    assert isinstance(change, SettingsUpdate)
    assert [field.name for field in change.fields] == ["required_reviewers", "prevent_self_review"]
    assert plan.unmet == ()


def test_self_review_without_a_reviewer_of_somebody_elses_is_unmet() -> None:
    desired = production(settings=Settings(prevent_self_review=True), ignore=frozenset({Field.REQUIRED_REVIEWERS}))

    plan = planned(desired, on_github())

    assert plan.changes == ()
    assert plan.unmet == (
        Unmet(
            AT,
            Kind.SETTINGS,
            "prevent_self_review",
            "GitHub prevents self-review only where there is a required reviewer, and there is none",
        ),
    )


def test_what_was_not_read_is_said_and_never_taken_for_empty() -> None:
    lost = Unread("no permission", FailureKind.NOT_PERMITTED, "grant it")
    unasked = Unread("--settings-only", None)
    desired = production(
        settings=SELECTED,
        patterns=frozenset({MAIN}),
        protection_rules=frozenset({"gate"}),
        variables={"V": "1"},
        secrets={"S": DesiredSecret("S", FromEnvironment("S"))},
        prune=True,
    )
    live = on_github(settings=SELECTED, patterns=lost, protection_rules=lost, variables=unasked, secrets=unasked)

    plan = planned(desired, live)

    assert plan.changes == ()
    assert plan.secrets == ()
    assert [(part.part, part.failed) for part in plan.unread] == [
        ("branch and tag patterns", True),
        ("deployment protection rules", True),
        ("variables", False),
        ("secrets", False),
    ]
    assert plan.partly_read
    assert not plan.in_sync


def test_no_secret_enters_an_environment_whose_protection_was_not_read() -> None:
    lost = Unread("no permission", FailureKind.NOT_PERMITTED)
    desired = production(secrets={"S": DesiredSecret("S", FromEnvironment("S"))})

    for live in (on_github(patterns=lost), on_github(protection_rules=lost)):
        plan = planned(desired, live)

        assert plan.changes == ()
        assert [(each.name, each.reason) for each in plan.unmet] == [
            ("S", "what protects the environment could not be read")
        ]


def test_a_rule_that_is_switched_off_is_unmet() -> None:
    desired = production(protection_rules=frozenset({"gate"}))

    plan = planned(desired, on_github(protection_rules=(LiveRule(1, "gate", enabled=False),)))

    assert plan.changes == ()
    assert [(each.kind, each.name) for each in plan.unmet] == [(Kind.PROTECTION_RULE, "gate")]
    assert not plan.in_sync
    left_alone = replace(desired, ignore=frozenset({Field.DEPLOYMENT_PROTECTION_RULES}))
    assert planned(left_alone, on_github(protection_rules=(LiveRule(1, "gate", enabled=False),))).unmet == ()


def test_settings_only_says_nothing_of_what_a_new_environment_would_hold() -> None:
    desired = production(variables={"V": "1"}, secrets={"S": DesiredSecret("S", FromEnvironment("S"))})

    plan = planned(desired, None, scope=Scope(settings_only=True))

    assert [type(change) for change in plan.changes] == [EnvironmentCreate]
    assert [(part.part, part.failed) for part in plan.unread] == [("variables", False), ("secrets", False)]


def test_what_was_not_read_does_not_matter_where_it_is_ignored() -> None:
    lost = Unread("no permission", FailureKind.NOT_PERMITTED)
    desired = production(ignore=frozenset({Field.SECRETS, Field.DEPLOYMENT_BRANCH_POLICY}))

    plan = planned(desired, on_github(secrets=lost, patterns=lost))

    assert plan.unread == ()
    assert plan.in_sync


def test_a_repository_that_could_not_be_read_is_unread_as_a_whole() -> None:
    lost = Unread("not found", FailureKind.NOT_FOUND, "check the name")

    plan = diff([DesiredRepository(PAYMENTS, (production(),))], {PAYMENTS.key: lost})

    assert plan == Plan(
        plan.base_digest,
        unread=(UnreadPart("acme/payments", None, "repository", "not found", "check the name", failed=True),),
    )


def test_a_renamed_repository_is_warned_of() -> None:
    live = LiveRepository(RepositoryName("acme", "billing"), PAYMENTS, ())

    plan = diff([DesiredRepository(PAYMENTS, ())], {PAYMENTS.key: live})

    message = "acme/payments is called acme/billing now; name it so in the file"
    assert plan.warnings == (Notice("acme/payments", "renamed-repository", message),)


def test_what_is_out_of_scope_is_neither_compared_nor_listed() -> None:
    desired = DesiredRepository(PAYMENTS, (production(), DesiredEnvironment("staging")), prune=True)
    live = {PAYMENTS.key: looked_at("old", "old-staging")}

    plan = diff([desired], live, Scope(("*STAGING",)))

    assert [each.at.environment for each in plan.changes] == ["old-staging", "staging"]


def test_the_digest_moves_with_whatever_was_compared_and_only_with_that() -> None:
    base = on_github(variables=variables(V="1"), secrets={"S": LiveSecret("S", *DATES)})
    digest = planned(production(), base).base_digest

    assert planned(production(variables={"X": "1"}), base).base_digest == digest
    assert planned(production(), replace(base, record=RECORD)).base_digest == digest
    for moved in (
        replace(base, settings=SELECTED),
        replace(base, patterns=(LivePattern(1, MAIN),)),
        replace(base, patterns=Unread("", None)),
        replace(base, protection_rules=(LiveRule(1, "gate"),)),
        replace(base, variables=variables(V="2")),
        replace(base, secrets={"S": LiveSecret("S", DATES[0], DATES[0])}),
        replace(base, secrets=Unread("", None)),
        replace(base, variables=Unread("", None)),
        replace(base, protection_rules=Unread("", None)),
        replace(base, id=2),
        None,
    ):
        assert planned(production(), moved).base_digest != digest
