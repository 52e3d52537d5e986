from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envsync.cli.actions import MOST_SUMMARY, Actions, located
from envsync.errors import Diagnostic, Severity, Span

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def of(**environ: str) -> Actions:
    return Actions.of(environ)


def summary(path: Path) -> Actions:
    return of(GITHUB_STEP_SUMMARY=str(path))


def outputs(path: Path) -> Actions:
    return of(GITHUB_OUTPUT=str(path))


# --- what the environment says -------------------------------------------------------------------------------


def test_elsewhere_there_is_none_of_it() -> None:
    assert of() == of(GITHUB_STEP_SUMMARY="", GITHUB_OUTPUT="", RUNNER_DEBUG="", GITHUB_ACTIONS="") == Actions()


@pytest.mark.parametrize("value", ["false", "1", "True", "TRUE", " true"])
def test_a_workflow_says_true_and_nothing_else(value: str) -> None:
    assert of(GITHUB_ACTIONS="true").annotates
    assert not of(GITHUB_ACTIONS=value).annotates


def test_a_run_is_debugged_where_the_runner_says_1() -> None:
    assert of(RUNNER_DEBUG="1").debugs
    assert not of(RUNNER_DEBUG="0").debugs


# --- the summary ---------------------------------------------------------------------------------------------


def test_nobody_makes_markdown_that_nobody_asked_for() -> None:
    def never(_limit: int) -> str:
        raise AssertionError

    assert of().summarize(never) is None


def test_a_summary_comes_after_what_others_wrote(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("theirs\n")

    assert summary(file).summarize(lambda _limit: "ours") is None
    assert summary(file).summarize(lambda _limit: "ours again") is None

    assert file.read_text() == "theirs\nours\nours again\n"


def test_a_file_that_is_not_there_yet_is_made(tmp_path: Path) -> None:
    assert summary(tmp_path / "summary").summarize(lambda _limit: "é") is None

    assert (tmp_path / "summary").read_bytes() == "é\n".encode()


@pytest.mark.parametrize("taken", [0, 1, 1000, MOST_SUMMARY - 5000])
def test_what_fills_its_room_fills_the_file_to_the_last_byte(tmp_path: Path, taken: int) -> None:
    file = tmp_path / "summary"
    file.write_bytes(b"x" * taken)

    assert summary(file).summarize(lambda limit: "y" * limit) is None

    assert file.stat().st_size == MOST_SUMMARY


@pytest.mark.parametrize("taken", [MOST_SUMMARY - 4096, MOST_SUMMARY, 2 * MOST_SUMMARY])
def test_where_no_room_is_left_nothing_is_written_and_that_is_said(tmp_path: Path, taken: int) -> None:
    file = tmp_path / "summary"
    file.write_bytes(b"x" * taken)

    said = summary(file).summarize(lambda limit: "y" * limit)

    assert said is not None
    assert (said.code, said.severity) == ("no-summary", Severity.WARNING)
    assert "GITHUB_STEP_SUMMARY" in said.message
    assert "used up the room" in said.message
    assert file.stat().st_size == taken


def a_folder(path: Path) -> Path:
    path.mkdir()
    return path


def nowhere(path: Path) -> Path:
    return path / "no/such/folder"


def below_a_file(path: Path) -> Path:
    path.touch()
    return path / "below"


@pytest.mark.parametrize("place", [a_folder, nowhere, below_a_file])
def test_what_cannot_be_written_is_a_warning(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    file = place(tmp_path / "place")

    for said, variable in (
        (summary(file).summarize(lambda _limit: "ours"), "GITHUB_STEP_SUMMARY"),
        (outputs(file).output({"changes": 1}), "GITHUB_OUTPUT"),
    ):
        assert said is not None
        assert (said.code, said.severity) == ("no-summary", Severity.WARNING)
        assert variable in said.message


# --- outputs -------------------------------------------------------------------------------------------------


def test_outputs_are_lines_after_those_of_others(tmp_path: Path) -> None:
    file = tmp_path / "outputs"
    file.write_text("theirs=1\n")

    assert outputs(file).output({"changes": 3, "plan-file": "/a b/plan.json"}) is None

    assert file.read_text() == "theirs=1\nchanges=3\nplan-file=/a b/plan.json\n"
    assert of().output({"changes": 3}) is None


@pytest.mark.parametrize("value", ["a\nweakens=0", "a\rb", "a\x85b", "a\u2028b", "\x1b[31m", "\ud800"])
def test_a_value_that_could_set_another_output_is_none(tmp_path: Path, value: str) -> None:
    assert outputs(tmp_path / "outputs").output({"plan-file": value, "changes": 3}) is None

    assert (tmp_path / "outputs").read_text() == "changes=3\n"


# --- files as GitHub names them ------------------------------------------------------------------------------


def files(folder: Path, *names: str) -> list[str]:
    found = located((Diagnostic("x", "y", span=Span(name, 1, 1, 1, 2)) for name in names), folder)
    return [each.span.file for each in found if each.span]


@pytest.mark.parametrize("is_worktree", [False, True])
def test_a_repositorys_files_are_named_from_its_root(tmp_path: Path, *, is_worktree: bool) -> None:
    folder = tmp_path / "repository/deploy/eu"
    folder.mkdir(parents=True)
    marker = tmp_path / "repository/.git"
    if is_worktree:
        marker.write_text("gitdir: elsewhere")
    else:
        marker.mkdir()

    named = files(folder, "environments.yaml", "../us/a.yaml", "./b.yaml", str(folder / "c.yaml"))

    assert named == ["deploy/eu/environments.yaml", "deploy/us/a.yaml", "deploy/eu/b.yaml", "deploy/eu/c.yaml"]
    assert files(tmp_path / "repository", "environments.yaml") == ["environments.yaml"]


def test_of_repositories_in_each_other_the_inner_one_counts(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "proposed/.git").mkdir(parents=True)

    assert files(tmp_path / "proposed", "environments.yaml") == ["environments.yaml"]


def test_what_is_in_no_repository_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "repository/.git").mkdir(parents=True)

    assert files(tmp_path, "environments.yaml") == ["environments.yaml"]
    assert files(tmp_path / "repository", "../other/a.yaml", "/dev/stdin") == ["../other/a.yaml", "/dev/stdin"]


def test_what_is_about_no_file_stays_as_it_is(tmp_path: Path) -> None:
    found = (Diagnostic("x", "y"), Diagnostic("z", "y"))

    assert located(found, tmp_path) == found
