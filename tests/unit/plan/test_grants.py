from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.states import REPOSITORY, desired_repositories, live_repositories

from envsync.model import DesiredRepository, LiveRepository, Pattern, RefType
from envsync.plan.changes import (
    Address,
    Change,
    EnvironmentDelete,
    FieldChange,
    PatternCreate,
    Plan,
    Risk,
    RuleDelete,
    SecretDelete,
    SettingsUpdate,
    VariableDelete,
    Verdict,
)
from envsync.plan.diff import diff
from envsync.plan.goal import goal, protection_of
from envsync.plan.grants import (
    Grant,
    Grants,
    destroying_grant,
    mistyped,
    refusals,
    settled,
    weakening_grant,
)
from envsync.plan.strictness import Dimension, judge, weakened

if TYPE_CHECKING:
    from envsync.errors import Diagnostic

EMPTY = Plan("")
AT = Address("acme/payments", "production")
WEAKENS = RuleDelete(AT, Verdict(Risk.WEAKENS, "change-gate no longer has to agree"), "change-gate")
DESTROYS = SecretDelete(AT, Verdict(Risk.DESTROYS, "GitHub never gives a secret back"), "TOKEN")
ALSO_DESTROYS = EnvironmentDelete(AT, Verdict(Risk.DESTROYS, "waiting jobs fail"))
HARMLESS = VariableDelete(AT, Verdict(Risk.NEUTRAL, "in no file"), "V", "1")
IN_TWO_WAYS = SettingsUpdate(
    AT,
    Verdict(Risk.WEAKENS, "carol can approve; deployments wait 0 minutes instead of 30"),
    (
        FieldChange("required_reviewers", ("ann",), ("ann", "carol")),
        FieldChange("wait_timer", 30, 0),
        FieldChange("can_admins_bypass", before=True, after=False),
    ),
)


def narrow(*texts: str) -> Grants:
    return Grants(narrow=frozenset(map(weakening_grant, texts)))


def test_what_weakens_or_destroys_is_refused_with_the_narrowest_grant_that_lets_it() -> None:
    weakening, destroying = refusals(Plan("", (WEAKENS, DESTROYS, ALSO_DESTROYS, HARMLESS)), Grants())

    assert (weakening.code, destroying.code) == ("weakening-not-granted", "destroying-not-granted")
    assert weakening.message == (
        "the plan weakens what is on GitHub, and nobody granted that:\n"
        "  acme/payments production: delete protection rule change-gate: change-gate no longer has to agree"
    )
    assert destroying.message.splitlines()[1:] == [
        "  acme/payments production: delete secret TOKEN: GitHub never gives a secret back",
        "  acme/payments production: delete environment: waiting jobs fail",
    ]
    assert weakening.hint == "if that is what you want, add --allow-weakening=production:rules"
    assert destroying.hint == "if that is what you want, add --allow-destroying=production"


@pytest.mark.parametrize(
    ("change", "grants"),
    [
        (WEAKENS, Grants(weakening=True)),
        (WEAKENS, narrow("production")),
        (WEAKENS, narrow("PRODUCTION:Rules")),
        (IN_TWO_WAYS, narrow("production:reviewers", "production:timer")),
        (DESTROYS, Grants(destroying=True)),
        (DESTROYS, Grants(narrow=frozenset({destroying_grant("Production")}))),
        (HARMLESS, Grants()),
    ],
)
def test_what_is_granted_or_harmless_is_not_refused(change: Change, grants: Grants) -> None:
    assert refusals(Plan("", (change,)), grants) == ()


@pytest.mark.parametrize(
    ("change", "grants"),
    [
        (WEAKENS, Grants(destroying=True)),
        (WEAKENS, Grants(narrow=frozenset({destroying_grant("production")}))),
        (WEAKENS, narrow("staging")),
        (WEAKENS, narrow("production:refs", "staging:rules")),
        (DESTROYS, Grants(weakening=True)),
        (DESTROYS, narrow("production")),
    ],
)
def test_one_grant_does_not_stand_for_another(change: Change, grants: Grants) -> None:
    assert len(refusals(Plan("", (change,)), grants)) == 1


def test_a_change_that_weakens_in_two_ways_needs_both_granted_and_is_told_which_is_lacking() -> None:
    (refusal,) = refusals(Plan("", (WEAKENS, IN_TWO_WAYS)), narrow("production:timer", "production:rules"))

    assert refusal.hint == "if that is what you want, add --allow-weakening=production:reviewers"
    assert "change-gate" not in refusal.message
    assert refusal.message.count("update settings") == 1


def test_one_grant_serves_all_repositories_that_have_the_environment() -> None:
    elsewhere = RuleDelete(Address("acme/web", "Production"), WEAKENS.verdict, "change-gate")

    (refusal,) = refusals(Plan("", (WEAKENS, elsewhere)), Grants())

    assert str(refusal.hint).count("--allow-weakening=") == 1
    assert refusals(Plan("", (WEAKENS, elsewhere)), narrow("production:rules")) == ()


def test_what_the_grants_come_to_is_whether_all_is_granted() -> None:
    plan = Plan("", (WEAKENS, IN_TWO_WAYS, DESTROYS))

    assert settled(plan, narrow("production:rules")) == Grants()
    assert settled(plan, narrow("production")) == Grants(weakening=True)
    assert settled(plan, Grants(destroying=True)) == Grants(destroying=True)


# --- how a grant is written --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "environment", "dimension"),
    [
        ("production", "production", None),
        ("production:reviewers", "production", Dimension.REVIEWERS),
        ("production:self-review", "production", Dimension.SELF_REVIEW),
        ("eu:production", "eu:production", None),
        ("eu:production:REFS", "eu:production", Dimension.REFS),
        ("a=b, c:rules", "a=b, c", Dimension.RULES),
        ("timer", "timer", None),
        (":timer", ":timer", None),
    ],
)
def test_a_name_may_hold_colons(text: str, environment: str, dimension: Dimension | None) -> None:
    assert weakening_grant(text) == Grant(Risk.WEAKENS, environment, dimension)


def test_what_is_destroyed_has_no_dimension() -> None:
    assert destroying_grant("a:timer") == Grant(Risk.DESTROYS, "a:timer")


@given(st.text(min_size=1), st.sampled_from(Dimension))
def test_a_grant_with_a_dimension_is_read_as_it_is_written(environment: str, dimension: Dimension) -> None:
    grant = Grant(Risk.WEAKENS, environment, dimension)

    assert weakening_grant(str(grant).removeprefix("--allow-weakening=")) == grant


# --- grants that grant nothing -----------------------------------------------------------------------------


def mistakes(grant: Grant, *declared: str, plan: Plan = EMPTY) -> list[tuple[str, str, str | None]]:
    found = mistyped(Grants(narrow=frozenset({grant})), declared, plan)
    return [(each.code, each.message, each.hint) for each in found]


def test_a_grant_names_an_environment_of_the_files_or_one_that_the_plan_deletes() -> None:
    assert mistakes(weakening_grant("Production"), "staging", "production") == []
    assert mistakes(destroying_grant("production"), plan=Plan("", (ALSO_DESTROYS,))) == []


def test_an_environment_that_is_not_there_is_an_error() -> None:
    ((code, message, hint),) = mistakes(weakening_grant("prodution:timer"), "staging", "Production")

    assert (code, message) == (
        "unknown-grant",
        (
            "--allow-weakening=prodution:timer grants nothing: "
            "no environment of the files or of the plan is called `prodution`"
        ),
    )
    assert hint == (
        "did you mean --allow-weakening=Production:timer? "
        "Else name an environment, or write --allow-weakening alone to grant all"
    )


@pytest.mark.parametrize("text", ["", ":", "xyz", "production2:2"])
def test_a_grant_that_is_empty_or_like_nothing_is_an_error_and_grants_nothing(text: str) -> None:
    assert [code for code, *_ in mistakes(destroying_grant(text), "production")] == ["unknown-grant"]
    assert len(refusals(Plan("", (DESTROYS, WEAKENS)), narrow(text))) == 2


def test_a_dimension_that_is_none_is_an_error() -> None:
    ((code, message, hint),) = mistakes(weakening_grant("a b:reviewer"), "A b")

    assert (code, message) == (
        "unknown-dimension",
        "--allow-weakening=a b:reviewer grants nothing: `reviewer` is no dimension",
    )
    assert hint == (
        "did you mean --allow-weakening='A b:reviewers'? "
        "Else the dimensions are reviewers, timer, self-review, bypass, refs, rules"
    )
    ((_, _, hint),) = mistakes(weakening_grant("production:"), "production")
    assert hint == "the dimensions are reviewers, timer, self-review, bypass, refs, rules"


# --- which dimensions a change weakens ---------------------------------------------------------------------


@pytest.mark.parametrize(("added", "dimensions"), [(False, {"timer"}), (True, {"timer", "refs"})])
def test_a_list_of_patterns_lets_through_whom_its_patterns_let_through(
    added: bool,  # noqa: FBT001 - a parameter of the test
    dimensions: set[str],
) -> None:
    verdict = Verdict(Risk.WEAKENS, "")
    fields = (FieldChange("wait_timer", 1, 0), FieldChange("deployment_branch_policy", "protected", "selected"))
    patterns = (PatternCreate(AT, verdict, Pattern(RefType.BRANCH, "main")),) if added else ()

    (refusal,) = refusals(Plan("", (SettingsUpdate(AT, verdict, fields), *patterns)), Grants())

    flags = shlex.split(str(refusal.hint).removeprefix("if that is what you want, add "))
    assert {flag.rpartition(":")[2] for flag in flags} == dimensions


@pytest.mark.parametrize(
    "change",
    [
        SettingsUpdate(AT, Verdict(Risk.WEAKENS, "a reason of another kind"), ()),
        VariableDelete(AT, Verdict(Risk.WEAKENS, "a reason of another kind"), "V", "1"),
    ],
)
def test_what_no_dimension_explains_needs_all_of_them(change: Change) -> None:
    assert weakened(change, frozenset()) == set(Dimension)


@given(desired_repositories(), live_repositories())
def test_the_dimensions_of_the_changes_are_those_in_which_the_environment_gets_weaker(
    desired: DesiredRepository, live: LiveRepository
) -> None:
    plan = diff([desired], {REPOSITORY.key: live})
    for environment in desired.environments:
        now = live.environments.get(environment.name.casefold())
        verdicts = judge(protection_of(now), goal(environment, now).protection)
        expected = {each for each, verdict in verdicts.items() if now and verdict.risk is Risk.WEAKENS}

        mine = [each for each in plan.changes if each.at.environment == environment.name]
        patterns = frozenset(each.pattern for each in mine if isinstance(each, PatternCreate))
        found = {dimension for change in mine for dimension in weakened(change, patterns)}

        assert found == expected


@given(desired_repositories(), live_repositories(), st.data())
def test_the_grants_that_a_refusal_prints_are_enough_and_none_is_too_many(
    desired: DesiredRepository, live: LiveRepository, data: st.DataObject
) -> None:
    plan = diff([desired], {REPOSITORY.key: live})
    printed = granted_by(refusals(plan, Grants()))

    assert refusals(plan, Grants(narrow=printed)) == ()
    assert mistyped(Grants(narrow=printed), [each.name for each in desired.environments], plan) == ()
    if printed:
        left_out = data.draw(st.sampled_from(sorted(printed, key=str)))
        lacking = refusals(plan, Grants(narrow=printed - {left_out}))
        assert granted_by(lacking) == {left_out}


def granted_by(found: tuple[Diagnostic, ...]) -> frozenset[Grant]:
    grants: set[Grant] = set()
    for diagnostic in found:
        hint = str(diagnostic.hint)
        for word in shlex.split(hint.removeprefix("if that is what you want, add ")):
            flag, _, text = word.partition("=")
            grants.add({"--allow-weakening": weakening_grant, "--allow-destroying": destroying_grant}[flag](text))
    return frozenset(grants)
