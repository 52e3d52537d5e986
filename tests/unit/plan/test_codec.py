from __future__ import annotations

from support.plans import EVERYTHING
from support.schemas import check

from envsync.errors import Diagnostic, Severity, Span
from envsync.plan.codec import dumps, encode, encode_diagnostics
from envsync.plan.result import Outcome, Result, encode_results


def test_a_plan_with_everything_in_it_is_as_the_schema_says() -> None:
    check("plan", dumps(encode(EVERYTHING)))


def test_results_are_as_the_schema_says() -> None:
    results = [Result(change, outcome) for change, outcome in zip(EVERYTHING.changes, Outcome, strict=False)]

    check("apply", dumps(encode_results(EVERYTHING, results)))


def test_diagnostics_are_as_the_schema_says_and_keep_their_source_lines_to_themselves() -> None:
    wrong = Diagnostic("a-slug", "a fact", "a hint", Span("f.yaml", 1, 2, 1, 3), "the line")
    odd = Diagnostic("another", "a fact", severity=Severity.WARNING)

    both = check("diagnostics", dumps(encode_diagnostics([wrong, odd])))

    assert not both["valid"]
    assert "the line" not in str(both)
    assert check("diagnostics", dumps(encode_diagnostics([odd])))["valid"]


def test_json_is_ascii_whatever_the_names() -> None:
    assert dumps({"name": "Prüfung 🚀"}).isascii()
