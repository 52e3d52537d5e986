from __future__ import annotations

import pytest
from support.checkups import DOWN, HEALTHY, PAYMENTS, REFUSED, SetUp

from envsync.documents.text import source_text
from envsync.errors import Diagnostic, Severity, Span
from envsync.plan.checkup import Status

FILE = ".github/workflows/deploy.yml"
PLACE = Span(FILE, 12, 18, 12, 28)
UNDECLARED = Diagnostic("undeclared-environment", "the job deploy names prodution", "declare it", PLACE)
UNUSED = Diagnostic(
    "unused-secret", "nothing uses OLD", None, Span("environments.yaml", 3, 5, 3, 8), severity=Severity.WARNING
)
UNKNOWN = Diagnostic("unknown-environment", "known only in a run", None, PLACE, severity=Severity.NOTE)


def crossed(*diagnostics: Diagnostic) -> SetUp:
    return HEALTHY.in_case(crossed={PAYMENTS.key: diagnostics})


def test_workflows_that_fit() -> None:
    second = (source_text(FILE, "", ""), source_text(".github/workflows/test.yml", "", ""))

    assert HEALTHY.said("workflows") == ["1 workflow fits the environments"]
    assert HEALTHY.in_repository(workflows=second).said("workflows") == ["2 workflows fit the environments"]


def test_an_error_fails_with_its_place_and_the_page_of_its_line() -> None:
    found = crossed(UNDECLARED)

    assert found.findings() == [
        (Status.FAIL, "undeclared-environment", f"{FILE}:12:18: the job deploy names prodution")
    ]
    line = found.line("undeclared-environment")
    assert (line.next_step, line.link) == ("declare it", f"page:file:acme/payments/{FILE}:12")
    assert found.said("workflows") == []


def test_a_warning_warns_and_where_the_files_own_page_is_nobody_knows() -> None:
    found = crossed(UNUSED)

    assert found.findings() == [(Status.WARN, "unused-secret", "environments.yaml:3:5: nothing uses OLD")]
    line = found.line("unused-secret")
    assert (line.next_step, line.link) == (
        "correct it, or silence it there with: # envsync: ignore[unused-secret] reason",
        None,
    )


def test_a_note_is_no_finding() -> None:
    noted = crossed(UNKNOWN)

    assert noted.findings() == []
    assert noted.noted("unknown-environment") == [f"{FILE}:12:18: known only in a run"]
    assert noted.said("workflows") == ["1 workflow fits the environments, as far as can be told"]


@pytest.mark.parametrize(
    ("severity", "said"),
    [(Severity.NOTE, ["1 workflow fits the environments, as far as can be told"]), (Severity.WARNING, [])],
)
def test_where_a_call_was_not_followed_they_are_not_simply_said_to_fit(
    severity: Severity, said: list[str]
) -> None:
    left = Diagnostic("not-followed", "what `x` does is not surely known", None, PLACE, severity=severity)

    assert crossed(left).said("workflows") == said


def test_a_finding_without_a_place() -> None:
    nowhere = crossed(Diagnostic("no-deployment", "no workflow deploys", severity=Severity.WARNING))

    assert nowhere.findings() == [(Status.WARN, "no-deployment", "no workflow deploys")]


def test_a_repository_without_workflows() -> None:
    assert HEALTHY.in_repository(workflows=()).said("workflows") == ["there are none on the default branch"]


def test_workflows_that_nobody_checked_are_not_said_to_fit() -> None:
    assert HEALTHY.in_case(crossed={}).said("workflows") == []


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("workflows", "the workflows were not looked at: GitHub says 502"),
        ("secrets", "which secrets the repository and its organization have is not known: GitHub says 502"),
        ("variables", "which variables the repository and its organization have is not known: GitHub says 502"),
    ],
)
def test_what_could_not_be_read(part: str, said: str) -> None:
    unread = HEALTHY.in_repository(**{part: DOWN})

    assert unread.findings() == [(Status.WARN, "workflows", said)]
    assert unread.line("workflows").next_step == "run it again"
    assert HEALTHY.in_repository(**{part: REFUSED}).line("workflows").next_step == "ask for it"


def test_findings_in_workflows_that_were_not_read_have_no_page() -> None:
    found = crossed(UNUSED).in_repository(workflows=())

    assert found.line("unused-secret").link is None
