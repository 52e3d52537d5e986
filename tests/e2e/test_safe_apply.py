"""What an apply checks before it writes, and what it does where GitHub makes less of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.terminal import on_terminal

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

    with on_terminal(shell, "apply") as terminal:
        terminal.wait_for("Apply this change?")
        github.sandbox.state.environment("acme/payments", "qa").protection.wait_timer = 1_440
        terminal.type("y\n")

        assert terminal.end() == 1, terminal.shown
    assert "somebody changed this environment since the plan was made" in terminal.shown
    assert github.sandbox.state.environment("acme/payments", "qa").protection.wait_timer == 1_440
