"""Every output of a plan and of an apply, as files: `pytest tests/golden --update-golden` writes them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.text import Text
from support.checkup_examples import EXAMPLES as CHECKUPS
from support.drifts import CHECKED, EXAMPLES, MUCH
from support.many_repositories import COMPARED, MANY, MANY_DRIFTED
from support.many_repositories import RESULTS as MANY_RESULTS
from support.plans import EVERYTHING, GATED, SHARED, THREE_WAY
from support.promotions import IDLE, SHOP

from envsync.errors import Diagnostic, Severity, Span
from envsync.plan.changes import Address, Plan, RecordNext
from envsync.plan.checkup_codec import encode_checkup
from envsync.plan.codec import dumps, encode, encode_diagnostics
from envsync.plan.drift_codec import encode_drift
from envsync.plan.grants import Grants
from envsync.plan.promotion_codec import encode_promotion
from envsync.plan.result import Because, Came, Outcome, RecordOutcome, Result, encode_results
from envsync.render.annotations import annotations as workflow_commands
from envsync.render.checkup import checkup_markdown, checkup_text
from envsync.render.diagnostics import render as render_diagnostics
from envsync.render.drift import drift_summary, drift_title, render_drift
from envsync.render.drift_markdown import drift_markdown
from envsync.render.markdown import plan_markdown, results_markdown
from envsync.render.markdown_diagnostics import diagnostics_markdown
from envsync.render.mermaid import graph_markdown, mermaid
from envsync.render.notification import notification
from envsync.render.text import render_plan, render_results

if TYPE_CHECKING:
    from collections.abc import Callable

    from envsync.plan.drift import Drift

UNVERIFIABLE = Plan("0" * 64, secrets=EVERYTHING.secrets[1:2])
HARMLESS = Plan("0" * 64, changes=EVERYTHING.changes[1:2])
BLIND = Plan("0" * 64, unread=EVERYTHING.unread, unmet=EVERYTHING.unmet)
RESULTS = [
    *(Result(change, Outcome.APPLIED) for change in EVERYTHING.changes[:5]),
    Result(
        EVERYTHING.changes[5],
        Outcome.FAILED,
        "GitHub answered 502 five times, the last after 30 seconds",
        "wait a little while and run apply again",
    ),
    Result(EVERYTHING.changes[7], Outcome.SKIPPED, "the protection of this environment was not applied"),
]


def characters(text: str) -> list[str]:
    """All but those of the table of repositories, which is a list where there is no room for it."""
    before, _, rest = text.partition("\nRepositories:\n")
    return sorted("".join(f"{before}{rest.partition('repository could not be read')[2]}".split()))


def test_plan_text(golden: Callable[[str, str], None]) -> None:
    golden("render/plan.txt", render_plan(EVERYTHING, Grants(), width=80, color=False))


def test_plan_text_in_a_narrow_terminal(golden: Callable[[str, str], None]) -> None:
    text = render_plan(EVERYTHING, Grants(), width=40, color=False)

    assert max(map(len, text.splitlines())) <= 40
    wide = render_plan(EVERYTHING, Grants(), width=200, color=False)
    assert characters(text) == characters(wide), "nothing is cut off"
    golden("render/plan-narrow.txt", text)


def test_plan_text_in_colour(golden: Callable[[str, str], None]) -> None:
    golden("render/plan-colour.txt", render_plan(EVERYTHING, Grants(), width=80, color=True))


def test_colour_adds_nothing_that_text_does_not_say() -> None:
    colored = render_plan(EVERYTHING, Grants(), width=80, color=True)

    plain = "\n".join(line.rstrip() for line in Text.from_ansi(colored).plain.splitlines())
    assert plain.rstrip() == render_plan(EVERYTHING, Grants(), width=80, color=False).rstrip()


def test_in_sync_is_said_only_where_it_is_known(golden: Callable[[str, str], None]) -> None:
    golden("render/plan-in-sync.txt", render_plan(Plan("0" * 64), Grants(), width=80, color=False))
    golden("render/plan-unverifiable.txt", render_plan(UNVERIFIABLE, Grants(), width=80, color=False))
    golden("render/plan-harmless.txt", render_plan(HARMLESS, Grants(), width=80, color=False))
    golden("render/plan-blind.txt", render_plan(BLIND, Grants(), width=80, color=False))


def test_plan_json(golden: Callable[[str, str], None]) -> None:
    golden("render/plan.json", dumps(encode(EVERYTHING)))


BEGUN = [
    Result(EVERYTHING.changes[1], Outcome.APPLIED),
    Result(EVERYTHING.changes[2], Outcome.SKIPPED, Because.INTERRUPTED),
]


def test_what_was_begun_and_left_shut_is_said_to_need_a_grant(golden: Callable[[str, str], None]) -> None:
    golden("render/results-begun.txt", render_results(BEGUN, width=80, color=False))


def test_what_is_granted_is_said_to_be(golden: Callable[[str, str], None]) -> None:
    granted = Grants(weakening=True, destroying=True)

    golden("render/plan-granted.txt", render_plan(EVERYTHING, granted, width=80, color=False))


def test_results_text(golden: Callable[[str, str], None]) -> None:
    golden("render/results.txt", render_results(RESULTS, width=80, color=False))
    golden("render/results-none.txt", render_results([], width=80, color=False))
    golden("render/results-colour.txt", render_results(RESULTS, width=80, color=True))


def test_results_json(golden: Callable[[str, str], None]) -> None:
    golden("render/results.json", dumps(encode_results(EVERYTHING, Came(tuple(RESULTS)))))


# --- desired, recorded and live ------------------------------------------------------------------------------

RECORDS = [
    RecordOutcome(GATED, RecordNext.WRITE, Outcome.APPLIED),
    RecordOutcome(SHARED, RecordNext.WRITE, Outcome.FAILED, "GitHub answered 403: variables are not yours", "ask"),
    RecordOutcome(
        Address("acme/web", "old"),
        RecordNext.WRITE,
        Outcome.FAILED,
        "GitHub answered 403: variables are not yours",
        "ask",
    ),
    RecordOutcome(Address("acme/web", "left"), RecordNext.REMOVE, Outcome.APPLIED),
    RecordOutcome(Address("acme/web", "kept"), RecordNext.REMOVE, Outcome.SKIPPED, Because.INTERRUPTED),
]
JUST_RECORDS = Plan("0" * 64, records=THREE_WAY.records[:4])


def test_what_was_changed_outside_comes_first(golden: Callable[[str, str], None]) -> None:
    golden("render/three-way.txt", render_plan(THREE_WAY, Grants(), width=80, color=False))
    golden("render/three-way-colour.txt", render_plan(THREE_WAY, Grants(), width=80, color=True))
    golden("render/three-way.md", plan_markdown(THREE_WAY, Grants()))
    golden("render/three-way.json", dumps(encode(THREE_WAY)))


def test_records_to_write_are_said_to_be_where_nothing_else_is_to_do(golden: Callable[[str, str], None]) -> None:
    golden("render/just-records.txt", render_plan(JUST_RECORDS, Grants(), width=80, color=False))
    golden("render/just-records.md", plan_markdown(JUST_RECORDS, Grants()))


def test_what_became_of_records(golden: Callable[[str, str], None]) -> None:
    golden("render/results-records.txt", render_results(RESULTS[:1], RECORDS, width=80, color=False))
    golden("render/results-records.md", results_markdown(RESULTS[:1], RECORDS))
    came = Came(tuple(RESULTS[:1]), tuple(RECORDS))
    golden("render/results-records.json", dumps(encode_results(Plan("0" * 64), came)))


# --- markdown ------------------------------------------------------------------------------------------------


def test_plan_markdown(golden: Callable[[str, str], None]) -> None:
    golden("render/plan.md", plan_markdown(EVERYTHING, Grants(weakening=True)))
    golden("render/plan-in-sync.md", plan_markdown(Plan("0" * 64), Grants()))
    golden("render/plan-unverifiable.md", plan_markdown(UNVERIFIABLE, Grants()))
    golden("render/plan-harmless.md", plan_markdown(HARMLESS, Grants()))
    golden("render/plan-blind.md", plan_markdown(BLIND, Grants()))


def test_results_markdown(golden: Callable[[str, str], None]) -> None:
    golden("render/results.md", results_markdown(RESULTS))
    golden("render/results-none.md", results_markdown([]))


FOUND = [
    Diagnostic(
        "unknown-key",
        "`requird_reviewers` is not a field of an environment",
        "did you mean `required_reviewers`?",
        Span("environments.yaml", 12, 5, 12, 22),
        "    requird_reviewers: [team-lead]",
    ),
    Diagnostic("file-missing", "other.yaml is not there", span=Span("other.yaml", 1, 1, 1, 1)),
    Diagnostic("unmatched-exclude", "it excludes\nnothing", severity=Severity.WARNING),
    Diagnostic(
        "unknown-environment",
        "which environment the job `deploy` uses shows only in a run, because a variable says it",
        "name it, or silence this with `# envsync: ignore[unknown-environment] reason`",
        Span(".github/workflows/deploy.yml", 9, 18, 9, 33),
        "    environment: ${{ vars.WHERE }}",
        Severity.NOTE,
    ),
]


def test_diagnostics_markdown(golden: Callable[[str, str], None]) -> None:
    golden("render/diagnostics.md", diagnostics_markdown(FOUND))
    golden("render/diagnostics-none.md", diagnostics_markdown([]))


def test_diagnostics_text(golden: Callable[[str, str], None]) -> None:
    golden("render/diagnostics.txt", render_diagnostics(FOUND, width=80, color=False))
    golden("render/diagnostics-colour.txt", render_diagnostics(FOUND, width=80, color=True))


def test_diagnostics_json(golden: Callable[[str, str], None]) -> None:
    golden("render/diagnostics.json", dumps(encode_diagnostics(FOUND)))


def test_annotations(golden: Callable[[str, str], None]) -> None:
    golden("render/annotations.txt", workflow_commands(FOUND))


def test_what_does_not_fit_is_counted(golden: Callable[[str, str], None]) -> None:
    golden("render/plan-cut.md", plan_markdown(THREE_WAY, Grants(), limit=4096, whole_at="the step summary"))


# --- drift -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
def test_drift(name: str, golden: Callable[[str, str], None]) -> None:
    drift: Drift = EXAMPLES[name]

    golden(f"render/{name}.txt", render_drift(drift, width=80, color=False))
    golden(f"render/{name}.md", drift_markdown(drift))
    notified = notification(drift, ["https://github.com/acme/x/issues/7"], ["acme/payments", "acme/web"])
    told = [drift_title(drift), drift_summary(drift), *notified]
    golden(f"render/{name}-told.txt", "\n".join(told))


def test_drift_in_colour_narrow_and_as_json(golden: Callable[[str, str], None]) -> None:
    golden("render/drift-colour.txt", render_drift(MUCH, width=80, color=True))
    narrow, wide = (render_drift(MUCH, width=width, color=False) for width in (40, 200))
    assert characters(narrow) == characters(wide), "nothing is cut off"
    golden("render/drift-narrow.txt", narrow)
    golden("render/drift.json", dumps(encode_drift(CHECKED)))


# --- checkup ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHECKUPS)
def test_checkup(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"render/checkup-{name}.txt", checkup_text(CHECKUPS[name], color=False, width=80))
    golden(f"render/checkup-{name}.md", checkup_markdown(CHECKUPS[name]))


def test_checkup_in_colour_narrow_and_as_json(golden: Callable[[str, str], None]) -> None:
    golden("render/checkup-colour.txt", checkup_text(CHECKUPS["sick"], color=True, width=80))
    golden("render/checkup-narrow.txt", checkup_text(CHECKUPS["many"], color=False, width=40))
    golden("render/checkup.json", dumps(encode_checkup(CHECKUPS["sick"])))


# --- promotion -------------------------------------------------------------------------------------------------


def test_promotion(golden: Callable[[str, str], None]) -> None:
    golden("render/promotion.mmd", mermaid(SHOP))
    golden("render/promotion-idle.mmd", mermaid(IDLE))
    golden("render/promotion.md", graph_markdown(SHOP, 1 << 20))
    golden("render/promotion.json", dumps(encode_promotion(SHOP)))


# --- many repositories -----------------------------------------------------------------------------------------


def test_many_repositories(golden: Callable[[str, str], None]) -> None:
    golden("render/many.txt", render_plan(MANY, Grants(), width=80, color=False, compared=COMPARED))
    golden("render/many.md", plan_markdown(MANY, Grants(), compared=COMPARED))
    golden("render/many-in-sync.txt", render_plan(Plan(""), Grants(), width=80, color=False, compared=COMPARED))
    golden("render/many-in-sync.md", plan_markdown(Plan(""), Grants(), compared=COMPARED))


def test_what_became_of_many_repositories(golden: Callable[[str, str], None]) -> None:
    golden("render/many-results.txt", render_results(MANY_RESULTS, width=80, color=False))
    golden("render/many-results-full.txt", render_results(MANY_RESULTS, width=80, color=False, full=True))
    golden("render/many-results.md", results_markdown(MANY_RESULTS))


def test_drift_of_many_repositories(golden: Callable[[str, str], None]) -> None:
    golden("render/many-drift.txt", render_drift(MANY_DRIFTED, width=80, color=False, compared=COMPARED))
    golden("render/many-drift.md", drift_markdown(MANY_DRIFTED, compared=COMPARED))
