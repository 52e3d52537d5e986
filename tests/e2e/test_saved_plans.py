"""A plan that one person saves and another agrees to: `plan --out FILE`, then `apply FILE`."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.schemas import check
from support.shell import CANARY, COMMAND

if TYPE_CHECKING:
    from pathlib import Path

    from support.shell import GitHub, Ran, Shell

FILE = """\
version: 1
name: payments
repositories: [acme/payments]
environments:
  production:
    required_reviewers: [team-lead]
    wait_timer: 30
    variables: {LEVEL: "1"}
    secrets: {TOKEN: {env: TOKEN}}
  staging: {}
"""
WRITES = ("PUT", "POST", "PATCH", "DELETE")


@pytest.fixture
def payments(github: GitHub) -> Shell:
    shell = github.shell
    github.sandbox.seed(users=["team-lead", "carol"], repositories=[("acme", "payments")])
    shell.write(FILE)
    shell.environ["TOKEN"] = CANARY
    return shell


def refused(github: GitHub, ran: Ran) -> str:
    """What a refused apply says, once it is known that nothing was written."""
    assert ran.code == 1
    assert github.requests(*WRITES) == []
    return ran.err


def test_a_plan_is_saved_as_it_is_printed_and_then_applied(github: GitHub, payments: Shell) -> None:
    printed = payments.ok("plan", "-o", "json")

    shown = payments.run("plan", "--out", "plan.json", "--detailed-exitcode")

    saved = payments.folder / "plan.json"
    assert (shown.code, shown.out) == (2, payments.ok("plan"))
    assert "plan.json" in shown.err
    assert saved.read_text() == printed
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert github.requests(*WRITES) == []

    payments.ok("apply", "plan.json")  # no --yes and no terminal: the plan was agreed to
    assert check("plan", payments.ok("plan", "-o", "json"))["changes"] == []


def test_saving_prints_json_where_that_is_asked_for_and_replaces_what_was_there(payments: Shell) -> None:
    saved = payments.write("something old", "plan.json")

    assert payments.ok("plan", "--out", "plan.json", "-o", "json") == saved.read_text()
    assert sorted(each.name for each in payments.folder.iterdir()) == ["environments.yaml", "plan.json"]


def test_warnings_may_differ_since_they_say_what_a_runner_has(payments: Shell) -> None:
    del payments.environ["TOKEN"]
    payments.ok("plan", "--out", "plan.json")
    payments.environ["TOKEN"] = CANARY

    payments.ok("apply", "plan.json")


# --- what was not agreed to --------------------------------------------------------------------------------


def test_a_file_that_changed_is_not_applied(github: GitHub, payments: Shell) -> None:
    payments.ok("plan", "--out", "plan.json")
    payments.write(FILE.replace("wait_timer: 30", "wait_timer: 1").replace("LEVEL", "LIMIT"))

    said = refused(github, payments.run("apply", "plan.json", "--yes"))

    assert "error[plan-changed]: the plan is not the one in plan.json any more:" in said
    assert "differs: acme/payments production: create environment: wait_timer 0 -> 1 instead of 0 -> 30" in said
    assert "new: acme/payments production: create variable LIMIT" in said
    assert "gone: acme/payments production: create variable LEVEL" in said
    assert "= help: run plan again" in said


def test_a_github_that_moved_is_not_applied_to(github: GitHub, payments: Shell) -> None:
    payments.ok("apply", "--yes")
    payments.write(FILE.replace("wait_timer: 30", "wait_timer: 60"))
    payments.ok("plan", "--out", "plan.json")
    environment = github.sandbox.state.environment("acme/payments", "production")
    environment.secrets["TOKEN"].updated_at = "2031-01-01T00:00:00Z"
    github.exchanges.clear()

    said = refused(github, payments.run("apply", "plan.json"))

    assert "something else on GitHub moved" in said


def test_a_plan_is_applied_once(github: GitHub, payments: Shell) -> None:
    payments.ok("plan", "--out", "plan.json")
    payments.ok("apply", "plan.json")
    github.exchanges.clear()

    said = refused(github, payments.run("apply", "plan.json"))

    assert "gone: acme/payments production: create environment" in said
    assert "secret TOKEN: state unverifiable instead of missing" in said


@pytest.mark.parametrize("option", ["--environment=production", "--settings-only"])
def test_options_have_to_be_given_again(github: GitHub, payments: Shell, option: str) -> None:
    payments.ok("plan", "--out", "plan.json", option)

    said = refused(github, payments.run("apply", "plan.json"))

    assert "plan-changed" in said
    payments.ok("apply", "plan.json", option)


def test_a_plan_that_read_no_source_of_a_secret_is_a_plan_to_write_it(github: GitHub, payments: Shell) -> None:
    payments.ok("plan", "--out", "plan.json", "--no-secrets")

    payments.ok("apply", "plan.json")

    assert [request for request in github.requests("PUT") if request.endswith("/secrets/TOKEN")]


def test_a_saved_plan_grants_nothing(github: GitHub, payments: Shell) -> None:
    payments.ok("apply", "--yes")
    payments.write(FILE.replace("wait_timer: 30", "wait_timer: 10"))
    payments.ok("plan", "--out", "plan.json")
    github.exchanges.clear()

    said = refused(github, payments.run("apply", "plan.json"))

    assert "add --allow-weakening=production:timer" in said
    payments.ok("apply", "plan.json", "--allow-weakening=production:timer")


# --- files that nobody should trust ------------------------------------------------------------------------


def test_what_a_plan_file_holds_is_never_executed(github: GitHub, payments: Shell) -> None:
    payments.ok("plan", "--out", "plan.json")
    plan = json.loads((payments.folder / "plan.json").read_text())
    plan["changes"][0]["fields"] = [{"name": "required_reviewers", "before": [], "after": ["carol"]}]
    plan["changes"].append(plan["changes"][-1] | {"environment": "elsewhere\n  \x1b[31mnew: nothing"})
    payments.write(json.dumps(plan), "plan.json")

    said = refused(github, payments.run("apply", "plan.json", "--yes"))

    assert "required_reviewers" in said
    assert "\x1b" not in said
    assert "\n  new: nothing" not in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (FILE, "plan.json is not a saved plan: it is not JSON"),
        ("[" * 100_000, "plan.json is not a saved plan: it is not JSON"),
        ('{"format_version": "1.0"}', "plan.json is not a saved plan: what stands at $ is not"),
        ('{"format_version": "2.0"}', "plan.json is a plan of format version 2.0"),
    ],
)
def test_a_damaged_file_is_an_error_before_github_is_asked(
    github: GitHub, payments: Shell, content: str, words: str
) -> None:
    payments.write(content, "plan.json")

    ran = payments.run("apply", "plan.json", "--yes")

    assert (ran.code, ran.out, github.exchanges) == (1, "", [])
    assert words in ran.err


@pytest.mark.parametrize("name", ["missing.json", ".", "/dev/zero"])
def test_a_file_that_is_none_is_an_error(github: GitHub, payments: Shell, name: str) -> None:
    ran = payments.run("apply", name, "--yes")

    assert (ran.code, ran.out, github.exchanges) == (1, "", [])
    assert "error[plan-file]" in ran.err


@pytest.mark.parametrize("name", ["no/such/folder/plan.json", ".", "/dev/null"])
def test_a_plan_that_cannot_be_saved_is_an_error(payments: Shell, name: str) -> None:
    ran = payments.run("plan", "--out", name)

    assert (ran.code, ran.out) == (1, "")
    assert f"error[plan-file]: the plan cannot be saved as {name}: " in ran.err


# --- on a terminal -----------------------------------------------------------------------------------------


def test_who_agreed_to_a_plan_is_not_asked_again(payments: Shell, tmp_path: Path) -> None:
    payments.ok("plan", "--out", "plan.json")
    ours, theirs = pty.openpty()

    done = subprocess.run(
        [COMMAND, "apply", "plan.json"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **payments.environ},
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(theirs)
    os.close(ours)

    assert done.returncode == 0
    assert b"Done: " in done.stdout
