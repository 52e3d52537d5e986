"""What goes wrong, as a user sees it: a message with what to do next, an exit code of the table, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from support.schemas import check
from support.shell import CANARY, COMMAND
from support.terminal import on_terminal

from envsync.sandbox import FULL_TOKEN, Fault, Sandbox

if TYPE_CHECKING:
    from support.shell import GitHub, Shell

FILE = """\
version: 1
name: payments
repositories: [acme/payments]
environments:
  qa:
    wait_timer: 5
    deployment_branch_policy: {branches: [main]}
    variables: {A: "1"}
    secrets: {TOKEN: {env: TOKEN}}
"""


def seeded(github: GitHub) -> Shell:
    github.sandbox.seed(users=["carol"], repositories=[("acme", "payments")])
    github.shell.write(FILE)
    github.shell.environ["TOKEN"] = CANARY
    return github.shell


def words(text: str) -> str:
    return " ".join(text.split())


# --- usage and files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["plan", "--no-such-option"],
        ["plan", "-o", "xml"],
        ["sandbox", "--port", "99999999"],
        ["sandbox", "--fail", "nonsense"],
    ],
)
def test_wrong_usage_is_a_failure_and_not_a_difference(shell: Shell, arguments: list[str]) -> None:
    ran = shell.run(*arguments)

    assert ran.code == 1
    assert ran.err


@pytest.mark.parametrize("command", ["validate", "plan", "apply"])
def test_a_missing_file_is_said_with_what_to_do(shell: Shell, command: str) -> None:
    ran = shell.run(command)

    assert ran.code == 1
    assert "environments.yaml" in ran.err
    assert "help: " in ran.err


def test_everything_wrong_in_a_file_is_said_at_once(shell: Shell) -> None:
    shell.write(FILE.replace("wait_timer: 5", "wait_tmer: 5").replace("version: 1", "version: 7"))

    ran = shell.run("plan", "--sandbox")

    assert ran.code == 1
    assert "did you mean `wait_timer`?" in ran.err
    assert "environments.yaml:1:" in ran.err
    assert not (shell.folder / ".envsync").exists()


def test_a_valid_file_is_said_to_be_valid(shell: Shell) -> None:
    shell.write(FILE)

    assert shell.run("validate").out == "environments.yaml: valid\n"


def test_validation_as_json(shell: Shell) -> None:
    shell.write(FILE)
    assert check("diagnostics", shell.ok("validate", "-o", "json"))["valid"]

    shell.write(FILE.replace("wait_timer: 5", "wait_tmer: 5"))
    ran = shell.run("validate", "-o", "json")
    found = check("diagnostics", ran.out)
    assert (ran.code, found["valid"], found["diagnostics"][0]["span"]["line"]) == (1, False, 6)


# --- credentials and permissions ---------------------------------------------------------------------------


def test_no_credential(github: GitHub) -> None:
    shell = seeded(github)
    del shell.environ["GH_TOKEN"]

    ran = shell.run("plan")

    assert ran.code == 4
    assert "GH_TOKEN" in ran.err


def test_a_token_that_github_does_not_know(github: GitHub) -> None:
    ran = seeded(github).run("plan", GH_TOKEN=CANARY)

    assert ran.code == 4
    assert "help: " in ran.err


def test_a_token_goes_nowhere_in_plain_text(shell: Shell) -> None:
    shell.write(FILE)

    ran = shell.run("plan", "--api-url", "http://github.example.com", GH_TOKEN=CANARY)

    assert ran.code == 1
    assert "https" in ran.err


def test_a_proxy_gets_nothing_that_goes_to_loopback(github: GitHub) -> None:
    assert seeded(github).run("plan", HTTP_PROXY="http://127.0.0.1:9", http_proxy="http://127.0.0.1:9").code == 0


def test_a_token_that_may_only_read_is_told_which_permission_it_needs(github: GitHub) -> None:
    shell = seeded(github)

    ran = shell.run("apply", "--yes", GH_TOKEN="sandbox-reader")

    assert ran.code == 1  # it could read, and changed nothing
    assert "Administration: write" in words(ran.out)


def test_a_token_that_may_not_read_secrets_never_takes_them_for_missing(github: GitHub) -> None:
    shell = seeded(github)
    shell.ok("apply", "--yes")

    ran = shell.run("plan", "-o", "json", GH_TOKEN="sandbox-workflow")

    plan = check("plan", ran.out)
    assert ran.code == 1
    assert plan["changes"] == []
    assert {(each["part"], each["failed"]) for each in plan["unread"]} == {("variables", True), ("secrets", True)}
    assert all("Environments: read" in each["reason"] + str(each["hint"]) for each in plan["unread"])


def test_a_repository_that_is_not_there_or_not_to_be_seen(github: GitHub) -> None:
    shell = seeded(github)
    shell.write(FILE.replace("acme/payments", "acme/other"))

    ran = shell.run("plan")

    assert ran.code == 4
    assert "acme/other" in ran.out
    assert "No differences in what was read. That is not to say in sync" in ran.out


def test_one_unreadable_repository_does_not_stop_the_rest(github: GitHub) -> None:
    shell = seeded(github)
    shell.write(FILE.replace("[acme/payments]", "[acme/payments, acme/other]"))

    planned = shell.run("plan")
    applied = shell.run("apply", "--yes")

    assert planned.code == 1
    assert applied.code == 3
    assert github.sandbox.state.environment("acme/payments", "qa").secrets.keys() == {"TOKEN"}


# --- a network that fails ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    ["503:*:*:2", "reset:*:*:1", "lost:*:*:1", "truncate:*:*:1", "429+0:*:*:2", "403+0:*:*:2", "lost:POST:*:2"],
)
def test_what_passes_is_waited_out_and_done_once(shell: Shell, fault: str) -> None:
    shell.write(FILE)
    with Sandbox(faults=[Fault.parse(fault)]) as sandbox:
        sandbox.seed(repositories=[("acme", "payments")])
        shell.environ |= {"GITHUB_API_URL": sandbox.url, "GH_TOKEN": FULL_TOKEN, "TOKEN": CANARY}

        ran = shell.run("apply", "--yes")

        assert ran.code == 0, ran
        assert check("plan", shell.ok("plan", "-o", "json"))["changes"] == []


def test_a_server_that_is_not_there(shell: Shell) -> None:
    shell.write(FILE)

    ran = shell.run("plan", GITHUB_API_URL="http://127.0.0.1:9", GH_TOKEN="x", timeout=120)

    assert ran.code == 1
    assert "127.0.0.1" in ran.out


def test_a_failing_write_leaves_the_rest_for_the_next_run(shell: Shell) -> None:
    shell.write(FILE)
    with Sandbox(faults=[Fault.parse("422:POST:*/variables:1")]) as sandbox:
        sandbox.seed(repositories=[("acme", "payments")])
        shell.environ |= {"GITHUB_API_URL": sandbox.url, "GH_TOKEN": FULL_TOKEN, "TOKEN": CANARY}

        first = shell.run("apply", "--yes")
        second = shell.run("apply", "--yes")

    assert (first.code, second.code) == (3, 0)
    assert "failed" in first.out
    assert "1 applied" in second.out


# --- a person ----------------------------------------------------------------------------------------------


def test_nobody_there_to_confirm(github: GitHub) -> None:
    ran = seeded(github).run("apply")

    assert ran.code == 1
    assert "pass --yes" in ran.err
    assert github.requests("PUT") == []


@pytest.mark.parametrize(("answer", "code", "writes"), [("y\n", 0, True), ("n\n", 1, False), ("\n", 1, False)])
def test_a_terminal_is_asked_first(github: GitHub, answer: str, code: int, *, writes: bool) -> None:
    with on_terminal(seeded(github), "apply") as terminal:
        terminal.wait_for("Apply these 4 changes?")
        terminal.type(answer)

        assert terminal.end() == code, terminal.shown
    assert bool(github.requests("PUT")) == writes


def test_ctrl_c_lets_the_request_in_flight_end_and_says_what_was_done(shell: Shell) -> None:
    shell.write(FILE)
    began: list[str] = []
    with Sandbox(latency=0.5, observe=lambda exchange: began.append(exchange.method)) as sandbox:
        sandbox.seed(repositories=[("acme", "payments")])
        environ = {"GITHUB_API_URL": sandbox.url, "GH_TOKEN": FULL_TOKEN, "TOKEN": CANARY}
        process = subprocess.Popen(
            [COMMAND, "apply", "--yes"],
            cwd=shell.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(shell.folder), **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 60
        while "PUT" not in began:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

        assert process.returncode == 130, err
        assert "applied create environment" in out
        assert "skipped" in out
        assert "interrupted" in out
        assert "Traceback" not in err

        # What is left opens what the first apply had shut: docs/explanation/safety.md.
        assert shell.ok("apply", "--yes", "--allow-weakening", **environ)


def test_who_stops_reading_is_not_told_of_it(shell: Shell) -> None:
    shell.write(FILE)
    done = subprocess.run(
        ["sh", "-c", f"{COMMAND} plan --sandbox -o json | head -n 1"],
        cwd=shell.folder,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "{\n"
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
