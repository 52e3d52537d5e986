"""What an apply checks before it writes, and what it does where GitHub makes less of it."""

from __future__ import annotations

import os
import pty
import subprocess
from typing import TYPE_CHECKING

from support.shell import COMMAND

from envsync.sandbox import FULL_TOKEN, Exchange, Sandbox

if TYPE_CHECKING:
    from support.shell import GitHub, Shell

FILE = """\
version: 1
name: payments
repositories: [acme/payments]
environments:
  qa: {required_reviewers: [ann], wait_timer: 30, secrets: {S: {env: S}}}
"""


def test_a_reviewer_without_access_is_refused_before_anything_is_written(github: GitHub) -> None:
    github.sandbox.seed(users=["ann"])
    github.sandbox.seed(repositories=[("acme", "payments")])
    github.sandbox.state.repository("acme/payments").users.clear()
    github.shell.write(FILE)

    ran = github.shell.run("apply", "--yes", S="value")

    assert ran.code == 1
    assert "ann has no access to acme/payments" in ran.out
    assert github.requests("PUT", "POST", "PATCH", "DELETE") == []


def test_access_that_is_lost_in_between_leaves_the_former_state(shell: Shell) -> None:
    shell.write(FILE.replace("[ann]", "[bob]"))
    shell.environ |= {"GH_TOKEN": FULL_TOKEN, "S": "value"}

    def lose_access(exchange: Exchange) -> None:
        if exchange.path.endswith("/collaborators/ann/permission"):
            exchange.state.repository("acme/payments").users.pop("ann")

    with Sandbox(observe=lose_access) as sandbox:
        shell.environ["GITHUB_API_URL"] = sandbox.url
        sandbox.seed(users=["ann", "bob"], repositories=[("acme", "payments")])
        shell.ok("apply", "--yes")
        before = shell.ok("plan", "-o", "json")
        shell.write(FILE)

        ran = shell.run("apply", "--yes", "--allow-weakening")

        assert ran.code == 1
        assert "ann is not among the reviewers; the former settings were put back" in ran.out
        shell.write(FILE.replace("[ann]", "[bob]"))
        assert shell.ok("plan", "-o", "json") == before


def test_what_somebody_changed_while_the_plan_was_looked_at_is_not_overwritten(github: GitHub) -> None:
    github.sandbox.seed(users=["ann"], repositories=[("acme", "payments")])
    shell = github.shell
    shell.write(FILE.replace("wait_timer: 30, ", ""))
    shell.ok("apply", "--yes", S="value")
    shell.write(FILE)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "apply"],
        cwd=shell.folder,
        env={"PATH": os.environ["PATH"], "HOME": str(shell.folder), "TERM": "dumb", **shell.environ},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while b"Apply this change?" not in shown:
        shown += os.read(ours, 65536)
    github.sandbox.state.environment("acme/payments", "qa").protection.wait_timer = 1_440
    os.write(ours, b"y\n")
    while True:
        try:
            shown += os.read(ours, 65536)
        except OSError:  # the terminal is closed
            break
    os.close(ours)

    assert process.wait(timeout=60) == 1, shown.decode()
    assert b"somebody changed this environment since the plan was made" in shown
    assert github.sandbox.state.environment("acme/payments", "qa").protection.wait_timer == 1_440
