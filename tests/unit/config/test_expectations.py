from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from support.config_files import codes, diagnostics, loaded

from envsync.errors import Severity
from envsync.model import Expected, Field

if TYPE_CHECKING:
    from pathlib import Path

UNTIL = date(2026, 12, 1)


def file(*entries: str, repositories: str = "acme/a", more: str = "", name: str = "p") -> str:
    return (
        f"version: 1\nname: {name}\nrepositories: [{repositories}]\n"
        f"environments: {{production: {{}}, review-1: {{}}, 'qa [1]': {{}}}}\n{more}\n"
        f"expected: [{', '.join(entries)}]\n"
    )


def entry(environment: str = "production", until: str = "2026-12-01", reason: str = "x", more: str = "") -> str:
    return f"{{environment: {environment}, reason: {reason}, until: {until}{', ' if more else ''}{more}}}"


def expected(folder: Path, *texts: str) -> dict[str, tuple[Expected, ...]]:
    return {str(each.name): each.expected for each in loaded(folder, *texts).desired({})}


def test_all_that_an_entry_says_reaches_its_repository(tmp_path: Path) -> None:
    text = (
        "version: 1\nname: p\nrepositories: [acme/a]\nenvironments: {production: {}}\n"
        "expected:\n"
        "  - environment: production\n"
        "    differences: [wait_timer, variables.log_level, secrets.API_KEY, environment]\n"
        "    repositories: [acme/a]\n"
        "    reason: incident 4711, back on Monday\n"
        "    until: 2026-12-01\n"
    )

    assert expected(tmp_path, text) == {
        "acme/a": (
            Expected(
                "production",
                frozenset({"wait_timer", "variables.LOG_LEVEL", "secrets.API_KEY", "environment"}),
                "incident 4711, back on Monday",
                UNTIL,
            ),
        )
    }


def test_what_is_left_out_is_all(tmp_path: Path) -> None:
    found = expected(tmp_path, file(entry(), repositories="acme/a, acme/b"))

    assert found == dict.fromkeys(("acme/a", "acme/b"), (Expected("production", frozenset(), "x", UNTIL),))


def test_names_and_reasons_are_taken_as_written(tmp_path: Path) -> None:
    text = file(entry("1.10", reason="4711"), entry("on", reason='" two\\n lines "'))

    assert [(each.environment, each.reason) for each in expected(tmp_path, text)["acme/a"]] == [
        ("1.10", "4711"),
        ("on", "two lines"),
    ]


@pytest.mark.parametrize("difference", [*Field, "environment", "variables.X", "secrets.x_1"])
def test_all_that_can_differ_can_be_named(tmp_path: Path, difference: str) -> None:
    assert codes(tmp_path, file(entry(more=f"differences: [{difference}]"))) == []


def test_an_entry_holds_for_the_repositories_it_names_by_name_or_pattern(tmp_path: Path) -> None:
    text = file(
        entry(reason="name", more="repositories: [ACME/a]"),
        entry(reason="pattern", more="repositories: [acme/b-*, acme/b]"),
        repositories="acme/a, acme/b, acme/b-1",
    )

    found = {name: [each.reason for each in entries] for name, entries in expected(tmp_path, text).items()}
    assert found == {"acme/a": ["name"], "acme/b": ["pattern"], "acme/b-1": ["pattern"]}


def test_of_several_files_each_speaks_for_its_own_repositories(tmp_path: Path) -> None:
    one = file(entry(reason="one"), repositories="acme/a, acme/b", name="one")
    two = file(entry("'*'", reason="two"), repositories="acme/b, acme/c", name="two")
    two = two.replace("{production: {}, review-1: {}, 'qa [1]': {}}", "{staging: {}}")

    found = {name: [each.reason for each in entries] for name, entries in expected(tmp_path, one, two).items()}
    assert found == {"acme/a": ["one"], "acme/b": ["one", "two"], "acme/c": ["two"]}


@pytest.mark.parametrize(
    ("until", "hint"),
    [
        ("2026-02-30", "2026-02 has the days 01 to 28"),
        ("2028-02-30", "2028-02 has the days 01 to 29"),
        ("2026-04-00", "2026-04 has the days 01 to 30"),
        ("2026-13-01", "months are 01 to 12"),
        ("2026-00-01", "months are 01 to 12"),
        ("0000-01-01", "years start at 0001"),
    ],
)
def test_a_day_that_is_in_no_calendar_is_an_error_where_it_stands(tmp_path: Path, until: str, hint: str) -> None:
    (found,) = diagnostics(tmp_path, file(entry(until=until)))

    assert (found.code, found.hint) == ("wrong-value", hint)
    assert found.message == f"`{until}` is in no calendar"
    assert found.span is not None
    assert found.source is not None
    assert found.source[found.span.column - 1 : found.span.end_column - 1] == until


@pytest.mark.parametrize("until", ["tomorrow", "2026-12-1", "01.12.2026", "20261201", "2026-12-01T00:00:00Z"])
def test_a_day_is_written_in_one_way(tmp_path: Path, until: str) -> None:
    (found,) = diagnostics(tmp_path, file(entry(until=f'"{until}"')))

    assert (found.code, found.hint) == ("wrong-format", "write it as 2026-12-01, year, month and day")


def test_whether_a_day_is_over_is_not_asked(tmp_path: Path) -> None:
    assert codes(tmp_path, file(entry(until="0001-01-01"), entry(until="9999-12-31"))) == []


@pytest.mark.parametrize(
    ("difference", "hint"),
    [
        ("wait_time", "did you mean `wait_timer`?"),
        ("Wait-Timer", "did you mean `wait_timer`?"),
        ("enviroment", "did you mean `environment`?"),
        ("variable.LOG_LEVEL", "did you mean `variables.LOG_LEVEL`?"),
        ("secret.API_KEY", "did you mean `secrets.API_KEY`?"),
        ("variables.LOG-LEVEL", 'for example "variables.LOG_LEVEL"'),
    ],
)
def test_a_slip_of_a_finger_is_guessed(tmp_path: Path, difference: str, hint: str) -> None:
    (found,) = diagnostics(tmp_path, file(entry(more=f"differences: [{difference}]")))

    assert found.code in {"wrong-value", "wrong-format"}
    assert found.hint == hint


def test_what_is_far_off_gets_the_list(tmp_path: Path) -> None:
    (found,) = diagnostics(tmp_path, file(entry(more="differences: [x.y]")))

    assert found.hint is not None
    assert found.hint.endswith("variables, secrets, environment, variables.NAME or secrets.NAME")


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("differences: [wait_timer, wait_timer]", ["duplicate"]),
        ("differences: [variables.a, variables.A]", ["duplicate"]),
        ("differences: [variables.a, secrets.a]", []),
        ("differences: []", ["wrong-count"]),
        ("differences: wait_timer", ["wrong-type"]),
        ("differences: [1]", ["wrong-type"]),
        ("differences: [variables.]", ["wrong-format"]),
        ("differences: [variables.envsync_record]", ["reserved-name"]),
        ("repositories: [acme/a, Acme/A]", ["duplicate"]),
        ("repositories: [acme/b]", ["unmatched-expected"]),
        ("repositories: [acme/b*]", ["unmatched-expected"]),
        ("repositories: [acme/a*]", []),
        ("repositories: []", ["wrong-count"]),
        ("repositories: [a]", ["wrong-format"]),
        ("util: 2026-12-01", ["unknown-key"]),
    ],
)
def test_what_an_entry_may_not_say(tmp_path: Path, more: str, found: list[str]) -> None:
    assert codes(tmp_path, file(entry(more=more))) == found


def test_an_excluded_repository_is_none_of_the_file(tmp_path: Path) -> None:
    text = file(entry(more="repositories: [acme/x]"), repositories="acme/*", more="exclude: [acme/x]")

    assert codes(tmp_path, text) == ["unmatched-expected"]


@pytest.mark.parametrize(
    ("environment", "hint"),
    [
        ("production", None),
        ("PRODUCTION", None),
        ("review-?", None),
        ("'*'", None),
        ("'qa [1]'", None),
        ("added", None),
        ("prodution", "did you mean `production`?"),
        ("gone", "check its spelling; it may be one on GitHub that no file declares"),
        ("'[p]roduction'", "did you mean `production`?"),
        ("web-*", "check its spelling; it may be one on GitHub that no file declares"),
    ],
)
def test_an_environment_that_the_file_does_not_have_is_a_warning(
    tmp_path: Path, environment: str, hint: str | None
) -> None:
    override = "overrides: {acme/a: {environments: {added: {}, review-1: ~}}}"
    found = diagnostics(tmp_path, file(entry(environment), more=override))

    assert [(each.code, each.severity, each.hint) for each in found] == (
        [] if hint is None else [("unmatched-expected", Severity.WARNING, hint)]
    )


@pytest.mark.parametrize(
    "environments", ["environments: 3", "environments: {prod: 3}", "environments: {}\noverrides: 3"]
)
def test_environments_that_were_not_understood_may_be_the_ones(tmp_path: Path, environments: str) -> None:
    text = f"version: 1\nname: p\nrepositories: [acme/a]\n{environments}\nexpected: [{entry('prod')}]\n"

    assert codes(tmp_path, text) == ["wrong-type"]


@pytest.mark.parametrize(
    ("item", "missing"),
    [
        ("{environment: production}", "`reason`, `until`"),
        ("{}", "`environment`, `reason`, `until`"),
        ("{until: 2026-12-01, reason: x}", "`environment`"),
    ],
)
def test_what_is_missing_is_told_of_each_entry_where_it_stands(tmp_path: Path, item: str, missing: str) -> None:
    found = diagnostics(tmp_path, file(entry(), item, item))

    assert [each.code for each in found] == ["missing-key", "missing-key"]
    assert {each.message for each in found} == {f"an expected difference needs {missing}"}
    assert len({each.span for each in found}) == 2


@pytest.mark.parametrize("expected_", ["3", "~", "{environment: production}", "[3]", "[~]"])
def test_what_is_no_list_of_entries_is_an_error(tmp_path: Path, expected_: str) -> None:
    (code,) = codes(tmp_path, file().replace("expected: []", f"expected: {expected_}"))

    assert code in {"wrong-type", "null-value"}


@pytest.mark.parametrize("reason", ['""', '"  "', '"\\e[31m"', f'"{"x" * 501}"'])
def test_a_reason_is_some_words(tmp_path: Path, reason: str) -> None:
    assert codes(tmp_path, file(entry(reason=reason))) == ["wrong-format"]


def test_a_hundred_entries_are_enough(tmp_path: Path) -> None:
    assert codes(tmp_path, file(*[entry()] * 100)) == []
    assert codes(tmp_path, file(*[entry()] * 101)) == ["wrong-count"]


def test_very_many_repositories_in_entries_are_too_many(tmp_path: Path) -> None:
    names = ", ".join(f"acme/r{number}" for number in range(200))
    text = file(*[entry(more=f"repositories: [{names}]")] * 10, repositories=names)

    assert codes(tmp_path, text) == ["too-many-environments"]
