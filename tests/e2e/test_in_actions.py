"""What a step of a workflow gets that runs `envsync`, and what it is refused: no action is needed for that."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from support.runner import lines, obeyed
from support.structure import structure

if TYPE_CHECKING:
    from support.shell import GitHub, Ran, Shell

FILE = """\
version: 1
name: payments
repositories: [acme/payments]
environments:
  production:
    wait_timer: 30
    variables: {LEVEL: "1"}
  envsync-apply: {}
"""
INVALID = FILE.replace("wait_timer: 30", "wait_timer: soon")
MOST_SUMMARY = 1024 * 1024
RECORD_KEY = "XQPW9d8OmVQypyuA6sZWDbaW3Th1p5ZFG6mRN_7AI8k"


class Step:
    """Runs in `shell.folder` as a step of a workflow: each with files of its own to write to."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.files = shell.folder.parent / f"{shell.folder.name}-runner"
        self.files.mkdir()
        self.summary, self.output = self.files / "summary", self.files / "output"
        shell.environ |= {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": "acme/payments",
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_OUTPUT": str(self.output),
        }

    def run(self, *arguments: str, **environ: str) -> Ran:
        self.output.unlink(missing_ok=True)
        return self.shell.run(*arguments, stdin="", timeout=120.0, **environ)

    @property
    def outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())

    def told(self) -> str:
        """The summary, which is Markdown that only shows."""
        text = self.summary.read_text()
        structure(text)
        self.summary.unlink()
        return text


@pytest.fixture
def step(shell: Shell) -> Step:
    shell.write(FILE)
    return Step(shell)


@pytest.fixture
def at_github(github: GitHub, step: Step) -> GitHub:
    github.sandbox.seed(repositories=[("acme", "payments"), ("acme", "other")])
    assert step.shell is github.shell
    return github


# --- summary and outputs -------------------------------------------------------------------------------------


def test_every_command_adds_to_the_summary_and_sets_its_outputs(at_github: GitHub, step: Step) -> None:
    assert step.run("validate").code == 0
    assert step.told() == "### envsync validate: valid\n\n"
    assert step.outputs == {"exit-code": "0"}

    assert step.run("plan", "--detailed-exitcode", "--out", "plan.json").code == 2
    assert "production" in step.told()
    plan = json.loads((step.shell.folder / "plan.json").read_text())
    assert step.outputs == {
        "changes": str(len(plan["changes"])),
        "weakens": "0",
        "destroys": "0",
        "plan-file": str(step.shell.folder / "plan.json"),
        "exit-code": "2",
    }

    assert step.run("apply", "plan.json", ENVSYNC_RECORD_KEY=RECORD_KEY).code == 1  # another plan, with records
    assert step.run("apply", "--yes", ENVSYNC_RECORD_KEY=RECORD_KEY).code == 0
    assert re.search(r"### envsync plan: .*### envsync apply: \d+ applied", step.told(), re.DOTALL)
    assert step.outputs == {"changes": "3", "weakens": "0", "destroys": "0", "exit-code": "0"}

    at_github.sandbox.state.environment("acme/payments", "production").protection.wait_timer = 5
    assert step.run("drift", ENVSYNC_RECORD_KEY=RECORD_KEY).code == 2
    assert "wait_timer" in step.told()
    assert step.outputs == {"drift": "1", "weakens": "1", "changes": "0", "exit-code": "2"}

    assert step.run("credentials").code == 0
    assert not step.summary.exists()
    assert step.outputs == {"exit-code": "0"}


def test_weakening_and_destroying_are_counted(at_github: GitHub, step: Step) -> None:
    step.run("apply", "--yes")
    step.shell.write(
        FILE.replace("wait_timer: 30", "wait_timer: 1").replace("envsync-apply: {}", "") + "prune: true\n"
    )

    assert step.run("plan").code == 0

    assert {name: step.outputs[name] for name in ("changes", "weakens", "destroys")} == {
        "changes": "2",
        "weakens": "1",
        "destroys": "1",
    }
    assert at_github.requests("DELETE") == []


@pytest.mark.parametrize(
    ("arguments", "file", "code", "said"),
    [
        (("validate",), INVALID, 1, "is not a wait timer"),
        (("plan",), INVALID, 1, "is not a wait timer"),
        (("drift",), FILE, 4, "no-credential"),
        (("apply", "--sandbox", "--api-url", "http://x"), FILE, 1, "two-servers"),
    ],
)
def test_errors_are_in_the_summary_too(
    step: Step, arguments: tuple[str, ...], file: str, code: int, said: str
) -> None:
    step.shell.write(file)

    assert step.run(*arguments).code == code

    assert said in step.told()
    assert step.outputs == {"exit-code": str(code)}


@pytest.mark.parametrize(
    "arguments", [("plan", "--no-such-option"), ("no-such-command",), ("plan", "--comment", "x")]
)
def test_wrong_usage_sets_the_exit_code_alone(step: Step, arguments: tuple[str, ...]) -> None:
    assert step.run(*arguments).code == 1

    assert step.outputs == {"exit-code": "1"}
    assert not step.summary.exists()


def test_of_a_summary_that_is_too_long_the_room_that_others_left_is_used(step: Step) -> None:
    large = "".join(f"  e{number:03}: {{variables: {{V: {'x' * 200}}}}}\n" for number in range(150))
    step.shell.write(f"version: 1\nname: payments\nrepositories: [acme/payments]\nenvironments:\n{large}")
    theirs = "theirs\n" * 147_000
    step.summary.write_text(theirs)

    assert step.run("plan", "--sandbox").code == 0

    assert step.summary.stat().st_size <= MOST_SUMMARY
    before, ours = step.summary.read_text()[: len(theirs)], step.summary.read_text()[len(theirs) :]
    structure(ours)
    assert before == theirs
    assert "All of it is in the output of the command" in ours
    assert re.search(r"\d+ of 150 environments", ours)

    step.summary.write_text("x" * MOST_SUMMARY)
    ran = step.run("validate")
    assert ran.code == 0
    assert "warning[no-summary]" in ran.err
    assert step.summary.stat().st_size == MOST_SUMMARY


def test_what_cannot_be_written_is_a_warning_and_fails_nothing(step: Step) -> None:
    step.summary.mkdir()

    ran = step.run("plan", "--sandbox", "--detailed-exitcode", GITHUB_OUTPUT="/nowhere/output")

    assert ran.code == 2
    warned = [found.data for line in lines(ran.err) if (found := obeyed(line)) and found.name == "warning"]
    assert sum("GITHUB_STEP_SUMMARY" in each for each in warned) == 1
    assert sum("GITHUB_OUTPUT" in each for each in warned) == 2  # of the plan, and of the exit code
    assert "Plan: 3 to create" in ran.out


def test_elsewhere_a_file_that_is_named_is_written_all_the_same_and_nothing_is_annotated(step: Step) -> None:
    step.shell.write(INVALID)

    ran = step.run("validate", GITHUB_ACTIONS="")

    assert not [line for line in lines(ran.out + ran.err) if obeyed(line)]
    assert "is not a wait timer" in step.told()
    assert step.outputs == {"exit-code": "1"}


def test_nothing_is_written_where_no_file_is_named(step: Step) -> None:
    before = {path.name for path in step.shell.folder.iterdir()}

    assert step.run("validate", GITHUB_STEP_SUMMARY="", GITHUB_OUTPUT="").code == 0

    assert {path.name for path in step.shell.folder.iterdir()} == before
    assert not list(step.files.iterdir())


# --- the log -------------------------------------------------------------------------------------------------


def annotated(ran: Ran) -> list[dict[str, str]]:
    return [found.properties for line in lines(ran.err) if (found := obeyed(line)) and found.name == "error"]


@pytest.mark.parametrize("output", ["text", "json", "markdown"])
def test_errors_stand_beside_the_lines_of_the_file_from_the_repositorys_root(step: Step, output: str) -> None:
    (step.shell.folder / ".git").mkdir()
    deeper = step.shell.folder / "deploy/eu"
    step.shell.write(INVALID, "deploy/eu/environments.yaml")
    step.shell.folder = deeper

    (properties,) = annotated(step.run("validate", "-o", output))

    assert (properties["file"], properties["line"]) == ("deploy/eu/environments.yaml", "6")
    assert properties["title"].startswith("envsync[")


def test_without_a_repository_they_have_the_name_that_was_given(step: Step) -> None:
    step.shell.write(INVALID, "deploy/a.yaml")

    (properties,) = annotated(step.run("validate", "deploy/a.yaml"))

    assert properties["file"] == "deploy/a.yaml"


def test_a_run_that_is_debugged_says_its_requests(at_github: GitHub, step: Step) -> None:
    assert "GET /repos/acme/payments/environments?per_page=100 -> 200" in step.run("plan", RUNNER_DEBUG="1").err
    assert "-> 200" not in step.run("plan", RUNNER_DEBUG="0").err
    assert at_github.requests("PUT", "POST") == []


def test_no_color_is_no_color_and_an_option_goes_before_it(step: Step) -> None:
    step.shell.write(INVALID)

    assert "\x1b[" not in step.run("validate", NO_COLOR="1").err
    assert "\x1b[" in step.run("validate", "--color", "always", NO_COLOR="1").err


# --- what guards envsync itself ------------------------------------------------------------------------------

GUARDED = {"ENVSYNC_GUARDED_BY": "ENVSYNC-apply, envsync-grant"}


def test_apply_does_not_manage_what_guards_its_credential_and_plan_says_so(at_github: GitHub, step: Step) -> None:
    planned = step.run("plan", **GUARDED)
    assert planned.code == 0
    assert "apply refuses to manage it from there" in planned.out

    ran = step.run("apply", "--yes", **GUARDED)

    assert ran.code == 1
    assert "error[guards-itself]" in ran.err
    assert "the environment envsync-apply guards envsync's own credential" in ran.err
    assert at_github.requests("PUT", "POST", "PATCH", "DELETE") == []
    assert "guards-itself" in step.told()


def test_nor_what_holds_a_secret_that_is_called_like_it(at_github: GitHub, step: Step) -> None:
    step.shell.write(
        FILE.replace("envsync-apply: {}", "keys: {secrets: {ENVSYNC_RECORD_KEY: {file: key}}}").replace("30", "20")
    )
    step.shell.write("a value", "key")
    assert step.run("apply", "--yes", GITHUB_ACTIONS="").code == 0
    step.shell.write(FILE.replace("envsync-apply", "KEYS"))
    at_github.exchanges.clear()

    assert step.run("apply", "--yes").code == 0  # without a record key in use
    ran = step.run("apply", "--yes", "--take-over", ENVSYNC_RECORD_KEY=RECORD_KEY)

    assert ran.code == 1
    assert "it holds the secret ENVSYNC_RECORD_KEY" in ran.err
    assert not [each for each in at_github.requests("PUT", "POST") if "keys" in each.casefold()]


def test_nor_is_it_deleted(at_github: GitHub, step: Step) -> None:
    step.run("apply", "--yes")
    at_github.exchanges.clear()
    step.shell.write(FILE.replace("  envsync-apply: {}\n", "prune: true\n"))

    ran = step.run("apply", "--yes", "--allow-destroying", **GUARDED)

    assert (ran.code, "error[guards-itself]" in ran.err) == (1, True)
    assert at_github.requests("PUT", "POST", "PATCH", "DELETE") == []


def test_nor_what_may_hold_it_and_was_not_read(at_github: GitHub, step: Step) -> None:
    assert step.run("apply", "--yes", **GUARDED | {"ENVSYNC_GUARDED_BY": "envsync-grant"}).code == 0
    step.shell.write(FILE.replace("wait_timer: 30", "wait_timer: 40"))
    at_github.exchanges.clear()

    ran = step.run("apply", "--yes", "--settings-only")

    assert (ran.code, "its secrets were not read" in ran.err) == (1, True)
    assert at_github.requests("PUT", "POST", "PATCH", "DELETE") == []
    assert step.run("apply", "--yes", "--settings-only", ENVSYNC_GUARDED_BY="envsync-grant").code == 0


def test_neither_under_a_former_name_of_the_repository(at_github: GitHub, step: Step) -> None:
    at_github.sandbox.state.rename("acme/payments", "billing")

    ran = step.run("apply", "--yes", GITHUB_REPOSITORY="Acme/Billing", **GUARDED)

    assert (ran.code, "error[guards-itself]" in ran.err) == (1, True)
    assert at_github.requests("PUT", "POST", "PATCH", "DELETE") == []


@pytest.mark.parametrize(
    "elsewhere",
    [{"GITHUB_REPOSITORY": "acme/other"}, {"GITHUB_ACTIONS": ""}, {"ENVSYNC_GUARDED_BY": "envsync-grant"}],
)
def test_what_guards_something_else_is_managed(at_github: GitHub, step: Step, elsewhere: dict[str, str]) -> None:
    assert step.run("apply", "--yes", **{**GUARDED, **elsewhere}).code == 0

    assert "envsync-apply" in at_github.sandbox.state.repository("acme/payments").environments
