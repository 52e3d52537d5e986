"""What is said of a thousand repositories: the dangerous ones first, and nothing a thousand times."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len
from support.many_repositories import (
    COMPARED,
    DESTROYING,
    LONG,
    LOST,
    MANY,
    MANY_DRIFTED,
    NAMES,
    NO_VARIABLES,
    RESULTS,
    UNSURE,
    WEAKENING,
    no_variables,
    not_there,
    variables,
)

from envsync.plan.changes import Address, Plan, RecordNext, SecretState, SecretStatus, UnreadPart
from envsync.plan.drift import Drift
from envsync.plan.grants import Grants
from envsync.plan.result import Because, Outcome, RecordOutcome, Result
from envsync.render.drift import drift_pages, render_drift
from envsync.render.markdown import plan_markdown, results_markdown
from envsync.render.overview import MOST, overview_of_drift, overview_of_plan
from envsync.render.results import render_results, result_pages
from envsync.render.text import plan_pages, render_plan

ONE = Plan("", changes=tuple(variables("acme/payments", "production")))


def shown(plan: Plan, *, width: int = 80, compared: tuple[str, ...] = ()) -> str:
    return render_plan(plan, Grants(), width=width, color=False, compared=compared)


# --- the table -----------------------------------------------------------------------------------------------


def test_what_weakens_comes_first_then_what_destroys_then_the_rest_by_name() -> None:
    overview = overview_of_plan(MANY, COMPARED)

    assert overview is not None
    assert [line.name for line in overview.lines[:4]] == [WEAKENING, DESTROYING, LONG, "acme/blind-000"]
    assert [line.grave for line in overview.lines[:3]] == [True, True, False]


def test_the_changes_come_in_the_same_order() -> None:
    titles = re.findall(r"^acme/\S+$", shown(MANY, width=200), re.MULTILINE)

    assert titles[:4] == [WEAKENING, DESTROYING, LONG, "acme/blind-000"]


def test_what_is_not_shown_of_the_table_is_counted_with_all_that_is_in_it() -> None:
    overview = overview_of_plan(MANY, COMPARED)

    assert overview is not None
    assert (len(overview.lines), overview.rest and overview.rest.name) == (MOST, "and 28 more")
    numbers = [line.numbers for line in (*overview.lines, *([overview.rest] if overview.rest else []))]
    assert [sum(column) for column in zip(*numbers, strict=True)] == [135, 1, 1, 1, 1, 1, 4]


def test_danger_that_has_no_line_of_its_own_is_marked_all_the_same() -> None:
    weakening = [replace(each, at=Address(name, "staging")) for name in NAMES for each in MANY.changes[12:13]]
    text = shown(Plan("", changes=tuple(weakening)))

    assert re.search(r"^  ! and 20 more +20 +20$", text, re.MULTILINE)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_it_fits_and_no_name_is_cut(width: int) -> None:
    table = shown(MANY, width=width).partition("\nRepositories:\n")[2]

    assert max(map(cell_len, table.splitlines())) <= width
    folded = re.search(r"acme/a-very.*?name", table, re.DOTALL)
    assert folded is not None
    assert re.sub(r"[\s\d]", "", folded[0]) == LONG


def test_a_plan_of_one_repository_needs_no_table() -> None:
    assert overview_of_plan(ONE) is None
    assert overview_of_plan(ONE, ("acme/payments",)) is None
    assert "Repositories" not in shown(ONE) + plan_markdown(ONE, Grants())


def test_one_repository_among_others_does() -> None:
    text = shown(ONE, compared=("acme/payments", *NAMES))

    assert (
        "Repositories:\n                   create\n    acme/payments       2\n  60 repositories are in sync.\n"
        in text
    )


def test_what_the_plan_alone_knows_is_not_called_in_sync() -> None:
    """Nobody has said which repositories were looked at."""
    assert "in sync" not in shown(MANY)


def test_in_sync_is_said_of_none_that_was_not_compared_as_a_whole() -> None:
    secret = SecretStatus(UNSURE, "KEY", SecretState.UNVERIFIABLE, "no record")
    unasked = UnreadPart("acme/a", "production", "secrets", "--settings-only", None, failed=False)
    overview = overview_of_plan(
        Plan("", secrets=(secret,), unread=(unasked, not_there("acme/b"))),
        ("acme/a", "acme/b", UNSURE.repository, "acme/c"),
    )

    assert overview is not None
    assert overview.remarks == (
        "1 repository could not be read.",
        "2 repositories have nothing to do, but not everything there was compared.",
        "1 repository is in sync.",
    )


def test_many_repositories_with_nothing_to_do_are_a_sentence() -> None:
    assert shown(Plan(""), compared=NAMES) == (
        "60 repositories are in sync.\n\nIn sync: everything is as the files say.\n"
    )
    assert "\n\n60 repositories are in sync.\n" in plan_markdown(Plan(""), Grants(), compared=NAMES)


def test_a_shard_that_is_missing_is_no_repository() -> None:
    part = UnreadPart("shard 2/2", None, "shard", "no file is of this shard", None, failed=True)
    overview = overview_of_drift(Drift(unread=(part,)), NAMES)

    assert overview is not None
    assert overview.remarks == ("60 repositories have no drift.",)


def test_a_repository_of_which_some_was_read_has_a_line() -> None:
    whole = not_there("acme/b")
    overview = overview_of_plan(Plan("", unread=(no_variables("acme/a"), whole)))

    assert overview is not None
    assert [(line.name, line.numbers) for line in overview.lines] == [("acme/a", (1,))]


# --- one by one ----------------------------------------------------------------------------------------------


def test_300_repositories_that_could_not_be_read_are_one_line() -> None:
    text = shown(Plan("", unread=tuple(map(not_there, LOST))), width=1000)

    (line,) = re.findall(r".*lost.*", text)
    assert "acme/lost-000; acme/lost-001; acme/lost-002 and 297 more repositories: cannot read the envir" in line
    assert text.count("help:") == 1
    assert "needs access to OWNER/NAME" in text


def test_a_few_are_told_one_by_one_with_their_names_in_the_reasons() -> None:
    text = shown(Plan("", unread=tuple(map(not_there, LOST[:3]))), width=1000)

    assert text.count("needs access to acme/lost-") == 3
    assert "OWNER/NAME" not in text


def test_an_environment_that_is_called_as_a_word_is_taken_out_where_it_is_a_name_only() -> None:
    text = shown(Plan("", unread=tuple(map(no_variables, LOST))), width=1000)

    assert NO_VARIABLES.format("OWNER/NAME").replace(" of in in", " of ENVIRONMENT in") in text


def test_a_repository_whose_name_begins_as_another_ends_keeps_it() -> None:
    parts = [
        UnreadPart(name, None, "repository", f"{name} belongs to acme/elsewhere now", None, failed=True)
        for name in ("acme/else", *LOST[:3])
    ]

    assert "OWNER/NAME belongs to acme/elsewhere now" in shown(Plan("", unread=tuple(parts)), width=1000)


def test_different_reasons_stay_apart() -> None:
    parts = [replace(not_there(name), reason=f"reason {at}") for at, name in enumerate(LOST)]

    assert shown(Plan("", unread=tuple(parts))).count("reason ") == 300


def test_secrets_of_many_repositories_that_cannot_be_verified_are_counted() -> None:
    secrets = [
        SecretStatus(Address(name, each), "K", SecretState.UNVERIFIABLE, "no key")
        for name in NAMES
        for each in "ab"
    ]
    plan = Plan("", secrets=tuple(secrets))

    assert "    acme/service-019 b: K\n    and 40 more repositories\n" in shown(plan)
    assert "`acme/service-019` `b`: secret `K`" not in plan_markdown(plan, Grants())


# --- results -------------------------------------------------------------------------------------------------


def test_what_was_applied_is_a_line_a_repository_and_what_failed_is_told_in_full() -> None:
    text = render_results(RESULTS, width=80, color=False)

    assert f"{NAMES[0]}: 2 applied\n" in text
    assert (
        f"{NAMES[7]}: 1 applied, 1 failed\n"
        "  production\n"
        "    failed create variable V0: GitHub answered 502 five times\n"
        "           help: run apply again\n"
    ) in text
    assert "create variable V1" not in text
    assert text.splitlines()[-1].startswith("Done: 93 applied, 1 failed, 43 skipped.")


def test_repositories_in_which_nothing_was_done_for_one_reason_are_told_together() -> None:
    results = [
        Result(each, Outcome.SKIPPED, Because.INTERRUPTED) for name in NAMES for each in variables(name, "x")
    ]

    assert render_results(results, width=80, color=False).count("interrupted") == 1
    assert results_markdown(results).count("interrupted") == 1


def test_what_was_skipped_in_one_environment_for_one_reason_is_counted() -> None:
    changes = list(variables("acme/a", "production", 9))
    results = [
        Result(changes[0], Outcome.FAILED, "GitHub answered 502"),
        *(Result(each, Outcome.SKIPPED, Because.UNPROTECTED) for each in changes[1:]),
        *(Result(each, Outcome.APPLIED) for each in variables("acme/b", "production")),
    ]

    assert "    skipped 8 changes: the protection of this environment" in render_results(
        results, width=80, color=False
    )
    assert "| skipped | 8 changes | the protection of this environment was not applied |" in results_markdown(
        results
    )


def test_one_by_one_is_for_whoever_asks_and_for_one_repository() -> None:
    full = render_results(RESULTS, width=80, color=False, full=True)
    of_one = [each for each in RESULTS if each.change.at.repository == NAMES[0]]

    assert f"{NAMES[0]} production\n  applied create variable V0\n" in full
    assert render_results(of_one, width=80, color=False) == render_results(
        of_one, width=80, color=False, full=True
    )


def test_records_that_many_could_not_write_are_counted() -> None:
    records = [
        RecordOutcome(Address(name, "production"), RecordNext.WRITE, Outcome.FAILED, "GitHub answered 403", "ask")
        for name in NAMES
    ]

    assert "    and 40 more repositories\n    help: ask\n" in render_results((), records, width=80, color=False)


# --- part by part --------------------------------------------------------------------------------------------


def test_parts_are_lines_and_together_the_whole() -> None:
    for parts, whole in (
        (
            plan_pages(MANY, Grants(), width=80, color=True, compared=COMPARED),
            render_plan(MANY, Grants(), width=80, color=True, compared=COMPARED),
        ),
        (drift_pages(MANY_DRIFTED, width=80, color=False), render_drift(MANY_DRIFTED, width=80, color=False)),
        (result_pages(RESULTS, width=80, color=False), render_results(RESULTS, width=80, color=False)),
    ):
        found = list(parts)
        assert all(each.endswith("\n") for each in found)
        assert "".join(found) == whole
