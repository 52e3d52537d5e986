"""GitHub takes 65,536 characters for a comment. What must not be missed is in them, however much there is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.drifts import MUCH, REVIEWERS
from support.markdown import ALIVE, PARSER, TEXT, Seen
from support.plans import EVERYTHING, THREE_WAY

from envsync.errors import Diagnostic
from envsync.model import Pattern, RefType
from envsync.plan.changes import (
    Address,
    EnvironmentDelete,
    FieldChange,
    Origin,
    PatternCreate,
    Plan,
    Risk,
    SecretState,
    SecretStatus,
    SettingsUpdate,
    VariableCreate,
    Verdict,
)
from envsync.plan.drift import Drift
from envsync.plan.grants import Grants
from envsync.plan.result import Outcome, Result
from envsync.render.drift_markdown import drift_markdown
from envsync.render.fitting import LEAST
from envsync.render.markdown import plan_markdown, results_markdown
from envsync.render.markdown_diagnostics import diagnostics_markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from envsync.plan.changes import Change

COMMENT = 65_536


def changes(at: Address, *, text: str = "x", risk: Risk = Risk.WEAKENS) -> Iterable[Change]:
    verdict = Verdict(risk, f"{text} can approve", Origin.CONFLICT)
    yield SettingsUpdate(at, verdict, (FieldChange("required_reviewers", ("a",), ("a", text)),))
    yield PatternCreate(at, verdict, Pattern(RefType.BRANCH, text))
    yield VariableCreate(at, Verdict(Risk.NEUTRAL, "not on GitHub"), "NAME", text)


def large(number: int, risk: Callable[[int], Risk], text: str = "x") -> Plan:
    places = [Address(f"acme/{at:03}", f"production-{at:03}") for at in range(number)]
    return Plan(
        "0" * 64,
        tuple(change for at, place in enumerate(places) for change in changes(place, text=text, risk=risk(at))),
        secrets=tuple(SecretStatus(place, "KEY", SecretState.IN_SYNC, "as it was written") for place in places),
    )


def whole(markdown: str) -> None:
    """Every row is in a table, folds are closed, and nothing of somebody else's does anything."""
    folds: list[str] = []
    tokens = PARSER.parse(markdown)
    for token in tokens:
        if token.type == "html_block":
            seen = Seen()
            seen.feed(token.content)
            seen.close()
            folds += [tag for tag in seen.tags if tag in {"details", "/details"}]
        for each in token.children or []:
            assert each.type in {"text", "code_inline", "strong_open", "strong_close"}
            assert each.type != "text" or not ALIVE.search(each.content), each.content
    assert folds == ["details", "/details"] * (len(folds) // 2)
    kinds = [token.type for token in tokens]
    assert kinds.count("tr_open") + kinds.count("table_open") == len(re.findall(r"^\|", markdown, re.MULTILINE))


def blocks(markdown: str) -> list[str]:
    return re.findall(r"<summary><code>acme/(\d+)<", markdown)


def test_a_plan_of_300_environments_that_all_weaken_fits_a_comment() -> None:
    plan = large(300, lambda _: Risk.WEAKENS)

    shown = plan_markdown(plan, Grants(), limit=COMMENT, whole_at="the step summary")

    assert len(shown) <= COMMENT
    assert len(shown) > COMMENT * 0.9, "what room there is, is used"
    whole(shown)
    assert "600 weaken" in shown.splitlines()[0]
    assert "apply refuses that without `--allow-weakening`" in shown
    assert shown.endswith("All of it is in the step summary.\n")
    assert plan_markdown(plan, Grants(), limit=1024 * 1024) == plan_markdown(plan, Grants())


def test_environments_that_weaken_come_first_then_those_that_destroy() -> None:
    risks = {280: Risk.WEAKENS, 290: Risk.WEAKENS, 140: Risk.DESTROYS}
    plan = large(300, lambda at: risks.get(at, Risk.TIGHTENS))

    shown = plan_markdown(plan, Grants(), limit=COMMENT)

    assert blocks(shown) == ["280", "290", "140"], "rows of what was changed outside come before harmless blocks"
    assert "- Changes: 297 of 300 environments (297 other)" in shown
    assert re.search(r"- Secrets: \d+ of 300 environments\n", shown)


def test_what_could_not_be_read_is_said_however_many_rows_come_before_it() -> None:
    plan = replace(large(300, lambda _: Risk.NEUTRAL), unread=EVERYTHING.unread)

    shown = plan_markdown(plan, Grants(), limit=COMMENT)

    assert "#### Could not be read, so nothing is known about it\n\n- `acme/gone`: GitHub has no" in shown


def test_an_environment_that_weakens_and_destroys_is_among_the_first() -> None:
    both, harmless = Address("acme/002", "b"), Address("acme/001", "a")
    delete = EnvironmentDelete(both, Verdict(Risk.DESTROYS, "all in it goes with it"))
    plan = Plan("", (*changes(harmless, risk=Risk.NEUTRAL), *changes(both), delete))

    assert blocks(plan_markdown(plan, Grants())) == ["002", "001"]


def test_the_rows_of_one_environment_stand_or_fall_together() -> None:
    plan = large(30, lambda _: Risk.WEAKENS, "reviewer" * 8)

    shown = plan_markdown(plan, Grants(), limit=16_000)

    table = shown.partition("#### Changed outside")[2].partition("####")[0]
    rows = re.findall(r"^\| `acme/(\d+)`", table, re.MULTILINE)
    assert 0 < len(set(rows)) < 30
    assert set(map(rows.count, rows)) == {2}


def test_a_block_that_is_larger_than_a_comment_is_shown_in_short() -> None:
    at = Address("acme/000", "huge")
    huge = (
        VariableCreate(at, Verdict(Risk.NEUTRAL, "not on GitHub"), f"V{each}", "x" * 200) for each in range(600)
    )
    plan = Plan("", (*huge, *changes(Address("acme/001", "small"), risk=Risk.NEUTRAL)))

    shown = plan_markdown(plan, Grants(), limit=COMMENT)

    assert blocks(shown) == ["000", "001"]
    assert "and 580 more" in shown
    assert "- Changes, in short: 1" in shown


RENDERED: dict[str, Callable[[str, int], str]] = {
    "plan": lambda text, limit: plan_markdown(large(12, lambda _: Risk.WEAKENS, text), Grants(), limit=limit),
    "results": lambda text, limit: results_markdown(
        [Result(each, Outcome.FAILED, text, text) for each in large(12, lambda _: Risk.WEAKENS, text).changes],
        limit=limit,
    ),
    "diagnostics": lambda text, limit: diagnostics_markdown(
        [Diagnostic(f"code-{at}", text, f"do {text}") for at in range(30)], limit=limit
    ),
    "drift": lambda text, limit: drift_markdown(
        Drift(tuple(replace(REVIEWERS, at=Address(f"{text}{at}", text), reason=text) for at in range(20))),
        limit=limit,
    ),
}


@pytest.mark.parametrize("kind", RENDERED)
@given(text=TEXT, limit=st.integers(LEAST, 12_000))
def test_it_fits_and_is_whole_whatever_is_in_it(kind: str, text: str, limit: int) -> None:
    shown = RENDERED[kind](text, limit)

    assert len(shown.encode()) <= limit
    whole(shown)


@given(limit=st.integers(LEAST, 20_000))
def test_all_that_a_plan_or_drift_can_have_is_cut_between_its_parts(limit: int) -> None:
    for shown in (
        plan_markdown(EVERYTHING, Grants(), limit=limit),
        plan_markdown(THREE_WAY, Grants(), limit=limit),
        drift_markdown(MUCH, limit=limit),
    ):
        assert len(shown.encode()) <= limit
        whole(shown)


def test_what_was_not_applied_comes_before_what_was() -> None:
    plan = large(300, lambda _: Risk.WEAKENS)
    results = [
        *(Result(each, Outcome.APPLIED) for each in plan.changes[:-3]),
        *(Result(each, Outcome.FAILED, "GitHub answered 502", "try again") for each in plan.changes[-3:]),
    ]

    shown = results_markdown(results, limit=6_000)

    assert "| `acme/299` `production-299` | failed |" in shown
    assert re.search(r"- Applied: \d+ of 299 rows\n", shown)
    assert "Run apply again for what is left." in shown.splitlines()[-1]


def test_an_environment_with_hundreds_of_patterns_cannot_hide_what_weakens_among_them() -> None:
    """Whoever proposes a change chooses how many there are, and how long."""
    at = Address("acme/payments", "production")
    names = [f"{number:03}-{'x' * 900}" for number in range(400)]
    weakens = Verdict(Risk.WEAKENS, f"branches {', '.join(names)} can deploy", Origin.CONFIG)
    harmless = [
        VariableCreate(at, Verdict(Risk.NEUTRAL, "not on GitHub"), f"N{number}", "x") for number in range(50)
    ]
    timer = SettingsUpdate(at, weakens, (FieldChange("wait_timer", 30, 0),))
    patterns = [PatternCreate(at, weakens, Pattern(RefType.BRANCH, name)) for name in names]

    shown = plan_markdown(Plan("0" * 64, (*harmless, timer, *patterns)), Grants(), limit=COMMENT)

    whole(shown)
    assert len(shown.encode()) <= COMMENT
    assert shown.index("| weakens | settings: `wait_timer`") < shown.index("<details>")
    assert "and 381 more" in shown
    assert "- Changes, in short: 1" in shown
