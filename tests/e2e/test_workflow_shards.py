"""The workflow that shares a drift check among machines, run for real by act: in shards, and joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from support.app_keys import private_pem, public_pem
from support.openapi import check_exchange
from support.shell import ROOT, Shell
from support.workflows import Project

from envsync.github.links import Need
from envsync.sandbox import FULL_TOKEN, RECORD_KEY, WORKFLOW_TOKEN, Exchange, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.workflows import Run

    from envsync.sandbox.issue_state import Issue

NAME = "envsync-drift-in-shards.yml"
PAYMENTS, WEB = "acme/payments", "acme/web"  # of two shards WEB is in the first
FILE = f"""\
version: 1
name: payments
repositories: [{PAYMENTS}, {WEB}]
environments: {{production: {{wait_timer: 30}}}}
"""


def in_two_shards() -> str:
    """Two are as good as four, and half the time."""
    text = (ROOT / "docs/examples" / NAME).read_text(encoding="utf-8")
    assert "shard: [1, 2, 3, 4]" in text
    assert text.count("}}/4 ") == 1
    return text.replace("shard: [1, 2, 3, 4]", "shard: [1, 2]").replace("}}/4 ", "}}/2 ")


@dataclass
class Night:
    sandbox: Sandbox
    project: Project
    exchanges: list[Exchange]

    def watch(self) -> Run:
        self.exchanges.clear()
        return self.project.act("schedule", NAME, self.project.push())

    def open_up(self, repository: str) -> None:
        self.sandbox.state.environment(repository, "production").protection.wait_timer = 0

    def issues(self) -> list[Issue]:
        return list(self.sandbox.state.repository(PAYMENTS).issues.values())

    def writes(self) -> list[str]:
        """But for the tokens that an App asks for."""
        every = [f"{each.method} {each.path}" for each in self.exchanges if each.method not in {"GET", "HEAD"}]
        return [each for each in every if not each.endswith("/access_tokens")]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    """Both repositories are as the file says, with records."""
    exchanges: list[Exchange] = []

    def observe(exchange: Exchange) -> None:
        exchanges.append(exchange)
        check_exchange(exchange)

    with Sandbox(observe=observe) as sandbox:
        sandbox.seed(repositories=[("acme", "payments"), ("acme", "web")])
        project = Project(tmp_path, sandbox.url, begun=("--repository", PAYMENTS, "--reviewer", "team-lead"))
        project.add(NAME, in_two_shards())
        project.commit("begin", {"environments.yaml": FILE})
        shell = Shell(project.repo, {"GITHUB_API_URL": sandbox.url, "GH_TOKEN": FULL_TOKEN})
        shell.ok("apply", "--yes", ENVSYNC_RECORD_KEY=RECORD_KEY)
        number, _ = sandbox.install_app(
            "envsync-reading",
            public_key=public_pem(0),
            owner="acme",
            permissions=Need("acme", writes=False).permissions,
        )
        project.variables = {"ENVSYNC_APP_ID": str(number)}
        project.secrets = {
            "GITHUB_TOKEN": WORKFLOW_TOKEN,
            "ENVSYNC_APP_PRIVATE_KEY": private_pem(0),
            "ENVSYNC_RECORD_KEY": RECORD_KEY,
        }
        yield Night(sandbox, project, exchanges)


def test_what_several_machines_found_is_one_issue(night: Night) -> None:
    night.open_up(PAYMENTS)
    night.open_up(WEB)

    run = night.watch()

    assert run.jobs == {"shard": "failure", "report": "failure"}  # since there is drift
    assert run.steps["Report"].outputs["drift"] == "2"
    assert run.steps["Report"].outputs["exit-code"] == "2"
    (issue,) = night.issues()
    assert issue.title == "envsync drift: 2 differences in 2 repositories, 2 weaken the protection"
    assert night.writes() == [f"POST /repos/{PAYMENTS}/issues"]


def test_a_shard_that_crashed_is_found_out_and_hides_nothing_of_the_others(night: Night) -> None:
    night.open_up(PAYMENTS)
    crash = "      - name: Drift\n"
    broken = in_two_shards().replace(crash, f"      - run: '[ ${{{{ matrix.shard }}}} != 1 ]'\n{crash}")
    night.project.add(NAME, broken)
    night.project.commit("break it")

    run = night.watch()

    assert run.jobs == {"shard": "failure", "report": "failure"}
    assert run.steps["Report"].outputs["exit-code"] == "1"
    assert "shard 1/2" in run.steps["Report"].summary
    (issue,) = night.issues()
    assert "1 difference in acme/payments" in issue.title
    assert "shard 1/2" in (issue.body or "")
