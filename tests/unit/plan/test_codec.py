from __future__ import annotations

import json

import pytest
from support.plans import CHANGED, EVERYTHING, NEW, THREE_WAY
from support.schemas import check

from envsync.errors import Diagnostic, Severity, Span
from envsync.plan.changes import Plan, RecordNext
from envsync.plan.codec import dumps, encode, encode_diagnostics
from envsync.plan.result import Came, Outcome, RecordOutcome, Result, encode_results


def test_a_plan_with_everything_in_it_is_as_the_schema_says() -> None:
    check("plan", dumps(encode(EVERYTHING)))


def test_results_are_as_the_schema_says() -> None:
    results = tuple(Result(change, outcome) for change, outcome in zip(EVERYTHING.changes, Outcome, strict=False))
    records = (
        RecordOutcome(NEW, RecordNext.WRITE, Outcome.APPLIED),
        RecordOutcome(CHANGED, RecordNext.REMOVE, Outcome.FAILED, "GitHub is broken", "wait"),
    )

    said = check("apply", dumps(encode_results(EVERYTHING, Came(results, records))))

    assert [each["outcome"] for each in said["results"]] == ["applied", "failed", "skipped"]
    assert said["records"] == [
        {
            "repository": "acme/payments",
            "environment": "production",
            "next": "write",
            "outcome": "applied",
            "reason": None,
            "hint": None,
        },
        {
            "repository": "acme/payments",
            "environment": "staging",
            "next": "remove",
            "outcome": "failed",
            "reason": "GitHub is broken",
            "hint": "wait",
        },
    ]


@pytest.mark.parametrize("plan", [EVERYTHING, THREE_WAY], ids=["everything", "three-way"])
def test_every_origin_state_and_record_is_as_the_schema_says(plan: Plan) -> None:
    said = check("plan", dumps(encode(plan)))

    assert [each["origin"] for each in said["changes"]] == [each.verdict.origin for each in plan.changes]
    assert [(each["state"], each["reason"]) for each in said["secrets"]] == [
        (each.state, each.reason) for each in plan.secrets
    ]
    assert [(each["state"], each["next"], each["owner"]) for each in said["records"]] == [
        (each.state, each.next, each.owner) for each in plan.records
    ]


def test_diagnostics_are_as_the_schema_says_and_keep_their_source_lines_to_themselves() -> None:
    wrong = Diagnostic("a-slug", "a fact", "a hint", Span("f.yaml", 1, 2, 1, 3), "the line")
    odd = Diagnostic("another", "a fact", severity=Severity.WARNING)

    both = check("diagnostics", dumps(encode_diagnostics([wrong, odd])))

    assert not both["valid"]
    assert "the line" not in str(both)
    assert check("diagnostics", dumps(encode_diagnostics([odd])))["valid"]


def test_json_is_ascii_whatever_the_names() -> None:
    assert dumps({"name": "Prüfung 🚀"}).isascii()


@pytest.mark.parametrize("name", ["##[set-output name=x]y", "###[add-path]/tmp", "\\##[##[", "## [", "##"])
def test_json_in_a_log_gives_no_command_to_githubs_runner_and_means_the_same(name: str) -> None:
    written = dumps({"name": name})

    assert "##[" not in written
    assert json.loads(written) == {"name": name}
