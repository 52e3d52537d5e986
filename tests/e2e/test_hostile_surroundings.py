"""Streams that are closed or full, names that look like markup, a GitHub that moves things."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.schemas import check
from support.shell import COMMAND
from support.terminal import on_terminal

from envsync.sandbox import FULL_TOKEN, Fault, Sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from support.shell import GitHub, Shell

FILE = """\
version: 1
name: payments
repositories: [acme/payments]
environments:
  "b[/b]": {deployment_branch_policy: {branches: [main]}}
  "[red]qa": {variables: {V: "\\e[31m"}}
"""


def in_shell(shell: Shell, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", script.replace("envsync", str(COMMAND))],
        cwd=shell.folder,
        env={"PATH": os.environ["PATH"], "HOME": str(shell.folder), **shell.environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("redirect", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams(shell: Shell, redirect: str) -> None:
    shell.write(FILE)

    for command in ("--version", "validate", "plan --sandbox"):
        done = in_shell(shell, f"envsync {command} {redirect}")
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), (command, done)


def test_nobody_on_standard_input_is_nobody_there_to_confirm(shell: Shell) -> None:
    shell.write(FILE)

    done = in_shell(shell, "envsync apply --sandbox <&-")

    assert done.returncode == 1
    assert "not-confirmed" in done.stderr


def test_a_full_disk_is_no_bug_of_envsyncs(shell: Shell) -> None:
    shell.write(FILE)

    done = in_shell(shell, "envsync plan --sandbox >/dev/full")

    assert done.returncode == 1
    assert "standard output cannot be written" in done.stderr
    assert "bug" not in done.stderr


def test_who_stops_reading_notes_does_not_stop_the_apply(github: GitHub) -> None:
    github.sandbox.seed(repositories=[("acme", "payments")])
    github.shell.write(FILE)

    done = in_shell(github.shell, "{ envsync apply --yes -v 2>&3 3>&-; } 3>&1 >out | head -n 1")

    assert done.returncode == 0
    assert "applied" in (github.shell.folder / "out").read_text()
    assert len(github.sandbox.state.repository("acme/payments").environments) == 2


def test_names_that_look_like_markup_and_escapes_on_a_terminal(github: GitHub) -> None:
    github.sandbox.seed(repositories=[("acme", "payments")])
    github.shell.write(FILE)

    with on_terminal(github.shell, "apply", "--yes", "--color", "never", term="xterm") as terminal:
        assert terminal.end() == 0, terminal.shown

    assert "error" not in terminal.shown
    assert "\x1b[31m" not in terminal.shown


def test_no_secret_enters_where_the_protection_could_not_be_read(shell: Shell) -> None:
    body = "deployment_branch_policy: {branches: [main]}"
    base = f"version: 1\nname: p\nrepositories: [acme/payments]\nenvironments:\n  qa: {{{body}"
    unreadable = "404:GET:*/deployment-branch-policies"
    shell.environ |= {"GH_TOKEN": FULL_TOKEN, "S": "value"}
    with Sandbox(shell.folder / "state") as sandbox:
        sandbox.seed(repositories=[("acme", "payments")])
        shell.write(base + "}\n")
        shell.ok("apply", "--yes", GITHUB_API_URL=sandbox.url)
    with Sandbox(shell.folder / "state", faults=[Fault.parse(unreadable)]) as sandbox:
        shell.write(base + ", secrets: {S: {env: S}}}\n")

        ran = shell.run("apply", "--yes", GITHUB_API_URL=sandbox.url)

        assert ran.code == 1
        assert "what protects the environment could not be read" in ran.out
        assert sandbox.state.environment("acme/payments", "qa").secrets == {}


def test_two_names_of_one_repository(github: GitHub) -> None:
    github.sandbox.seed(repositories=[("acme", "payments")])
    github.sandbox.state.rename("acme/payments", "billing")
    github.shell.write(FILE.replace("[acme/payments]", "[acme/payments, acme/billing]"))

    ran = github.shell.run("plan")

    assert ran.code == 1
    assert "acme/billing and acme/payments are one repository, acme/billing" in ran.err


def test_no_secret_follows_a_repository_to_another_owner(github: GitHub) -> None:
    github.sandbox.seed(repositories=[("acme", "payments"), ("evil", "other")])
    state = github.sandbox.state
    repository = state.repositories.pop("acme/payments")
    repository.former_names.append("acme/payments")
    repository.owner = "evil"
    state.repositories[repository.full_name] = repository
    github.shell.write(FILE)

    ran = github.shell.run("apply", "--yes")

    assert ran.code == 1
    assert "acme/payments belongs to another owner now, as evil/payments" in ran.out
    assert github.requests("PUT", "POST") == []


def test_a_file_of_gits_is_no_source(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_text("token")
    shell.write(FILE.replace('{V: "\\e[31m"}}', "{V: x}, secrets: {S: {file: .git/config}}}"))

    ran = shell.run("apply", "--sandbox", "--yes", "-o", "json")

    assert check("apply", ran.out)["summary"]["applied"] == 5
    assert ".git/config is git's or envsync's own" in ran.err  # the sandbox gave it a stand-in
