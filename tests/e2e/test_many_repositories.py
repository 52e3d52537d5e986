"""Many repositories in one run: side by side, each on its own, and none left out without a word."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from support.shell import COMMAND

from envsync.sandbox import FULL_TOKEN, Fault, Options, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.shell import Shell

FILE = """\
version: 1
name: many
repositories: ["acme/service-*"]
exclude: [acme/service-09]
environments:
  staging: {variables: {NAME: "${repository}"}}
  production: {deployment_branch_policy: {branches: [main]}}
overrides:
  acme/service-03: {environments: {production: {wait_timer: 30}, staging: null}}
"""
NAMES = [f"service-{number:02}" for number in range(12)]


@pytest.fixture
def sandbox(shell: Shell) -> Iterator[Sandbox]:
    with Sandbox(options=Options(rate_limit=None)) as found:
        prepared(found, shell)
        yield found


def prepared(sandbox: Sandbox, shell: Shell) -> None:
    sandbox.seed(repositories=[("acme", name) for name in NAMES])
    shell.environ |= {"GITHUB_API_URL": sandbox.url, "GH_TOKEN": FULL_TOKEN}
    shell.write(FILE)


def environments(sandbox: Sandbox, name: str) -> set[str]:
    return {each.name for each in sandbox.state.repositories[f"acme/{name}"].environments.values()}


def test_a_pattern_and_its_exceptions_are_planned_applied_and_then_in_sync(sandbox: Sandbox, shell: Shell) -> None:
    planned = json.loads(shell.ok("plan", "-o", "json"))
    assert planned["summary"]["create"] == 10 * 4 + 2

    shell.ok("apply", "--yes")

    assert environments(sandbox, "service-00") == {"staging", "production"}
    assert environments(sandbox, "service-03") == {"production"}
    assert environments(sandbox, "service-09") == set()
    assert sandbox.state.environment("acme/service-03", "production").protection.wait_timer == 30
    assert sandbox.state.environment("acme/service-11", "staging").variables["NAME"].value == "service-11"
    assert "In sync" in shell.ok("plan")


def test_requests_are_sent_side_by_side(shell: Shell) -> None:
    with Sandbox(latency=0.2, options=Options(rate_limit=None)) as sandbox:
        prepared(sandbox, shell)
        shell.ok("plan")

        assert sandbox.traffic.most_at_once >= 8  # and nearly all of the eleven lists


def test_who_cannot_be_read_is_listed_and_stops_nobody_else(shell: Shell) -> None:
    fault = Fault.parse("404:GET:/repos/acme/service-05/environments")
    with Sandbox(faults=[fault], options=Options(rate_limit=None)) as sandbox:
        prepared(sandbox, shell)

        planned = shell.run("plan", "-o", "json")
        assert planned.code == 1
        assert [each["repository"] for each in json.loads(planned.out)["unread"]] == ["acme/service-05"]

        applied = shell.run("apply", "--yes")
        assert applied.code == 3
        assert environments(sandbox, "service-05") == set()
        assert all(environments(sandbox, name) for name in NAMES if name not in {"service-05", "service-09"})
        assert "acme/service-05" in applied.out


def test_what_fails_in_one_repository_is_told_and_the_others_are_applied(shell: Shell) -> None:
    fault = Fault.parse("422:PUT:/repos/acme/service-04/environments/production")
    with Sandbox(faults=[fault], options=Options(rate_limit=None)) as sandbox:
        prepared(sandbox, shell)

        applied = shell.run("apply", "--yes", "-o", "json")

        assert applied.code == 3
        failed = [each for each in json.loads(applied.out)["results"] if each["outcome"] == "failed"]
        assert {each["change"]["repository"] for each in failed} == {"acme/service-04"}
        assert environments(sandbox, "service-04") == {"staging"}
        assert environments(sandbox, "service-11") == {"staging", "production"}


def test_the_same_state_gives_the_same_bytes_whoever_answers_first(sandbox: Sandbox, shell: Shell) -> None:
    assert sandbox.state.repositories
    assert len({shell.ok("plan", "-o", output) for output in ("json", "json", "json")}) == 1
    assert len({shell.ok("plan", "-o", output) for output in ("text", "text", "text")}) == 1


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_ctrl_c_waits_for_no_answer(shell: Shell, command: str) -> None:
    with Sandbox(latency=20, options=Options(rate_limit=None)) as sandbox:
        prepared(sandbox, shell)
        process = subprocess.Popen(
            [COMMAND, command],
            cwd=shell.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(shell.folder), **shell.environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 60
        while not sandbox.traffic.most_at_once:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

        assert time.monotonic() - asked < 10  # half of what one answer takes
    assert process.returncode == 130
    assert out == ""
    assert err.endswith("interrupted\n")
