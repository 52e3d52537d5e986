"""Whatever names, values and reasons are: the Markdown has the same structure, and none of them does anything."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from support.markdown import NASTY, TEXT
from support.plans import EVERYTHING, THREE_WAY
from support.structure import structure

from envsync.errors import Diagnostic, Severity, Span
from envsync.model import Pattern, RefType
from envsync.plan.changes import (
    Address,
    EnvironmentCreate,
    FieldChange,
    Kind,
    Notice,
    Origin,
    PatternRename,
    Plan,
    RecordNext,
    RecordState,
    RecordStatus,
    Release,
    Risk,
    RuleDelete,
    SecretState,
    SecretStatus,
    SecretUpdate,
    SettingsUpdate,
    Unmanaged,
    Unmet,
    UnreadPart,
    VariableUpdate,
    Verdict,
)
from envsync.plan.grants import Grants
from envsync.plan.result import Outcome, RecordOutcome, Result
from envsync.render.markdown import plan_markdown, results_markdown
from envsync.render.markdown_diagnostics import diagnostics_markdown

HARMLESS = "harmless"


def plan_of(text: str) -> Plan:
    """With a place for everything that somebody else chooses."""
    at = Address(text, text)
    grave = Verdict(Risk.WEAKENS, text, Origin.CONFLICT)
    return Plan(
        "0" * 64,
        changes=(
            EnvironmentCreate(at, grave, (FieldChange("required_reviewers", (), (text, text)),)),
            SettingsUpdate(at, grave, (FieldChange("deployment_branch_policy", text, text),)),
            PatternRename(at, grave, Pattern(RefType.TAG, text), text),
            RuleDelete(at, grave, text),
            VariableUpdate(at, grave, text, text, text),
            SecretUpdate(at, grave, text),
            Release(at, grave, FieldChange("never_touch", (text,), (text, text))),
        ),
        secrets=tuple(SecretStatus(at, text, state, text) for state in SecretState),
        records=tuple(
            RecordStatus(at, state, following, f"because {text}", text)
            for state in RecordState
            for following in RecordNext
        ),
        unmanaged=(Unmanaged(at, Kind.VARIABLE, f"a{text}"), Unmanaged(at, Kind.ENVIRONMENT, None)),
        unmet=(Unmet(at, Kind.SECRET, text, f"because {text}"),),
        unread=(
            UnreadPart(f"a{text}", f"b{text}", f"part {text}", f"because {text}", f"do {text}", failed=True),
            UnreadPart("acme/x", text, "record", f"because {text}", None, failed=True),
            UnreadPart(f"a{text}", None, f"part {text}", f"because {text}", None, failed=False),
        ),
        warnings=(Notice(f"a{text}", "code", f"see {text}"), Notice(None, "code", f"see {text}")),
    )


def results_of(text: str) -> tuple[list[Result], list[RecordOutcome]]:
    changes = plan_of(text).changes
    at = Address(text, text)
    return (
        [
            *(Result(change, Outcome.FAILED, text, text) for change in changes),
            *(Result(change, Outcome.APPLIED) for change in changes),
        ],
        [RecordOutcome(at, RecordNext.WRITE, Outcome.FAILED, text, f"do {text}")],
    )


def diagnostics_of(text: str) -> list[Diagnostic]:
    span = Span(text, 1, 1, 1, 2)
    return [Diagnostic(text, text, f"do {text}", span, text), Diagnostic(text, text, severity=Severity.WARNING)]


@given(TEXT)
def test_a_plan_has_the_same_structure_whatever_is_in_it(text: str) -> None:
    assert structure(plan_markdown(plan_of(text), Grants())) == structure(
        plan_markdown(plan_of(HARMLESS), Grants())
    )


@given(TEXT)
def test_results_have_the_same_structure_whatever_is_in_them(text: str) -> None:
    assert structure(results_markdown(*results_of(text))) == structure(results_markdown(*results_of(HARMLESS)))


@given(TEXT)
def test_diagnostics_have_the_same_structure_whatever_is_in_them(text: str) -> None:
    assert structure(diagnostics_markdown(diagnostics_of(text))) == structure(
        diagnostics_markdown(diagnostics_of(HARMLESS))
    )


@pytest.mark.parametrize("text", NASTY)
def test_nothing_that_is_known_to_be_nasty_does_anything(text: str) -> None:
    for markdown, harmless in (
        (plan_markdown(plan_of(text), Grants()), plan_markdown(plan_of(HARMLESS), Grants())),
        (results_markdown(*results_of(text)), results_markdown(*results_of(HARMLESS))),
        (diagnostics_markdown(diagnostics_of(text)), diagnostics_markdown(diagnostics_of(HARMLESS))),
    ):
        assert structure(markdown) == structure(harmless)


def test_what_endangers_comes_before_what_was_changed_outside_and_both_before_all_else() -> None:
    shown = plan_markdown(THREE_WAY, Grants())

    titles = re.findall(r"^(?:#+ |<details>)(.*)$", shown, re.MULTILINE)
    assert titles[1:6] == [
        "Repositories",
        "What weakens or destroys",
        "Changed outside envsync; apply would put it back",
        "Left alone because of their records",
        "Records that cannot be trusted",
    ]


def test_an_environment_has_one_block_that_is_whole_in_itself() -> None:
    shown = plan_markdown(EVERYTHING, Grants())

    folds = re.findall(r"<details>.*?</details>", shown, re.DOTALL)
    environments = {change.at for change in EVERYTHING.changes}
    assert sum("| action |" in each for each in folds) == len(environments)
    assert all(structure(each)[0].startswith("html_block") for each in folds)


def test_a_plan_without_changes_says_so_in_one_line() -> None:
    assert plan_markdown(Plan("0" * 64), Grants()).count("\n") == 1
    assert results_markdown([]) == "### envsync apply: nothing to do\n"


def test_what_is_granted_is_said_to_be() -> None:
    risky = replace(EVERYTHING, unread=())

    assert "refuses" in plan_markdown(risky, Grants(weakening=True))
    assert "refuses" not in plan_markdown(risky, Grants(weakening=True, destroying=True))
