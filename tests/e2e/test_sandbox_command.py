"""The embedded GitHub, as a server of its own and as a flag."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from support.schemas import check
from support.shell import COMMAND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.shell import Shell

FILE = """\
version: 1
name: payments
repositories: [acme/payments, acme/x-*]
environments:
  qa: {required_reviewers: [ann, acme/ops], deployment_protection_rules: [gate], secrets: {S: {env: NOT_SET}}}
"""


@contextmanager
def served(shell: Shell, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`envsync sandbox`, and what it says to put into the environment put into the shell's."""
    process = subprocess.Popen(
        [COMMAND, "sandbox", "--port", "0", *arguments],
        cwd=shell.folder,
        env={"PATH": os.environ["PATH"], "HOME": str(shell.folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        for _ in range(2):
            name, value = process.stdout.readline().removeprefix("export ").strip().split("=", 1)
            shell.environ[name] = value
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_a_server_of_its_own(shell: Shell) -> None:
    shell.write(FILE)

    with served(shell) as process:
        shell.ok("apply", "--yes", "--repo", "acme/*", NOT_SET="value")
        assert "Nothing to do" in shell.ok("plan", "--repo", "acme/*")

    assert process.returncode == 0


def test_its_state_outlives_it_and_can_be_looked_at_and_reset(shell: Shell) -> None:
    shell.write(FILE)
    with served(shell):
        shell.ok("apply", "--yes", NOT_SET="value")
    state = json.loads((shell.folder / ".envsync/sandbox/repositories/acme/payments.json").read_text())
    assert "qa" in json.dumps(state)

    with served(shell):
        assert "Nothing to do" in shell.ok("plan")
    with served(shell, "--reset"):
        assert shell.run("plan", "--detailed-exitcode").code == 2


def test_a_flag_and_a_server_do_not_share_their_state(shell: Shell) -> None:
    shell.write(FILE)

    with served(shell):
        ran = shell.run("plan", "--sandbox")

    assert ran.code == 1
    assert "help: " in ran.err
    assert shell.environ["GITHUB_API_URL"] in ran.err


def test_a_pattern_gets_one_repository_and_a_missing_source_a_stand_in(shell: Shell) -> None:
    shell.write(FILE)

    ran = shell.run("apply", "--sandbox", "--yes")

    assert ran.code == 0
    assert "acme/x-example: 3 applied" in ran.out
    assert ran.err == (
        "sandbox: S gets a stand-in value (environments.yaml:5:92): the environment variable NOT_SET is not set\n"
    )
    assert "nothing was compared with GitHub" in ran.out
    plan = check("plan", shell.ok("plan", "--sandbox", "-o", "json"))
    assert [each["code"] for each in plan["warnings"]] == ["sandbox"]


def test_the_sandbox_ignores_what_the_environment_says_of_the_real_github(shell: Shell) -> None:
    shell.write(FILE)

    shell.ok("plan", "--sandbox", GITHUB_API_URL="http://127.0.0.1:9", GH_TOKEN="nobody's")


def test_a_damaged_state_is_said_with_what_to_do(shell: Shell) -> None:
    shell.write(FILE)
    shell.ok("apply", "--sandbox", "--yes")
    (shell.folder / ".envsync/sandbox/repositories/acme/payments.json").write_text("{")

    ran = shell.run("plan", "--sandbox")

    assert ran.code == 1
    assert "payments.json" in ran.err
    assert "help: " in ran.err


@pytest.mark.parametrize("spec", ["nonsense", "503:PUT:*:x", "99", ""])
def test_a_fault_that_is_none(shell: Shell, spec: str) -> None:
    ran = shell.run("sandbox", "--port", "0", "--fail", spec)

    assert ran.code == 1
    assert "help: " in ran.err
