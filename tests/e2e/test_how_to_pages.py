"""What how-to pages tell a reader to do is done here, with the commands that they print."""

from __future__ import annotations

import re
import shlex
import stat
from typing import TYPE_CHECKING

import pytest
import yaml
from support.schemas import check
from support.shell import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from support.shell import GitHub, Shell

PAGES = ROOT / "docs/how-to"
# What each program is called with, as its own documentation has it; anything else makes the stand-in fail.
CALLS = {
    "op": "read op://ci/payments/api-key",
    "vault": "kv get -mount=secret -field=password payments/production",
    "aws": "secretsmanager get-secret-value --secret-id payments/signing-key --query SecretString --output text",
    "sops": 'decrypt --extract ["license"] secrets/production.enc.yaml',
}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL)


def test_secrets_come_from_the_commands_of_the_page(github: GitHub, tmp_path: Path) -> None:
    """The programs are stand-ins, run as the real ones would be: nothing signs in here."""
    shell = github.shell
    github.sandbox.seed(repositories=[("acme", "payments")])
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    for name, arguments in CALLS.items():
        program = bin_ / name
        program.write_text(
            f"#!/bin/sh\n[ \"$*\" = {shlex.quote(arguments)} ] && echo 'from {name}'\n", encoding="utf-8"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    shell.write(blocks("take-secrets-from-a-vault.md", "yaml")[0])
    [command] = blocks("take-secrets-from-a-vault.md", "sh")
    path = f"{bin_}:/usr/bin:/bin"

    assert shell.run("apply", "--yes", PATH=path).code != 0  # no command runs unless that is said
    shell.ok(*shlex.split(command)[1:], "--yes", PATH=path)

    live = github.sandbox.state.environment("acme/payments", "production")
    assert set(live.secrets) == {"API_KEY", "DB_PASSWORD", "SIGNING_KEY", "LICENSE"}


def test_environments_that_another_tool_made_are_taken_over(github: GitHub) -> None:
    """Import, a plan with nothing to do, and, once the other tool let go, an apply that writes records alone."""
    shell, sandbox = github.shell, github.sandbox
    sandbox.seed(users=["ann"], repositories=[("acme", "payments")])
    shell.write(
        "version: 1\nname: other\nrepositories: [acme/payments]\nenvironments:\n"
        "  production:\n    required_reviewers: [ann]\n    wait_timer: 30m\n"
        "    secrets: {DB_PASSWORD: {env: OLD}}\n"
    )
    shell.ok("apply", "--yes", OLD="old")
    (shell.folder / "environments.yaml").unlink()
    first, *_ = blocks("take-over-from-terraform.md", "sh")
    rotate = (PAGES / "take-over-from-terraform.md").read_text(encoding="utf-8")
    [rotation] = re.findall(r"envsync apply --rotate-secrets .*", rotate)

    imported, planned = first.split("\n   ")[0:2]
    shell.ok(*shlex.split(imported)[1:])
    plan = check("plan", shell.ok(*shlex.split(planned)[1:], "-o", "json"))
    assert plan["changes"] == []

    key = {"ENVSYNC_RECORD_KEY": "0f" * 32}
    github.exchanges.clear()
    shell.ok("apply", "--yes", **key)
    assert {each.split("/")[-1] for each in github.requests("POST", "PUT", "PATCH")} <= {
        "variables",
        "ENVSYNC_RECORD",
    }

    file = shell.folder / "environments.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    document["environments"]["production"]["secrets"]["DB_PASSWORD"] = {"env": "NEW"}
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    github.exchanges.clear()
    shell.ok(*shlex.split(rotation)[1:], "--yes", NEW="new", **key)
    assert any(each.endswith("/secrets/DB_PASSWORD") for each in github.requests("PUT"))


@pytest.mark.parametrize(
    ("terraform", "ours"),
    [
        ("wait_timer = 30", "wait_timer: 30m"),
        ("protected_branches = true", "deployment_branch_policy: protected"),
        ("custom_branch_policies = true", 'deployment_branch_policy: {branches: [main], tags: ["v*"]}'),
        ("ignore_changes = [wait_timer]", "ignore: [wait_timer]"),
        ("reviewers {", "required_reviewers: [ann, acme/devops-admins]"),
    ],
)
def test_what_the_table_puts_in_the_place_of_terraforms_is_valid(shell: Shell, terraform: str, ours: str) -> None:
    page = (PAGES / "take-over-from-terraform.md").read_text(encoding="utf-8")
    assert any(terraform in line and f"`{ours}`" in line for line in page.splitlines() if line.startswith("|"))
    shell.write(
        f"version: 1\nname: payments\nrepositories: [acme/payments]\nenvironments:\n  production:\n    {ours}\n"
    )

    shell.ok("validate")


def test_naming_a_fork_takes_it_in(github: GitHub) -> None:
    [example] = blocks("forks.md", "yaml")
    github.sandbox.seed(repositories=[("acme", name) for name in ("service-a", "service-fork", "forked-library")])
    for name in ("service-fork", "forked-library"):
        github.sandbox.state.repository(f"acme/{name}").fork = True
    github.shell.write(f"version: 1\nname: platform\n{example}environments: {{staging: {{}}}}\n")

    plan = check("plan", github.shell.ok("plan", "-o", "json"))

    assert {each["repository"] for each in plan["changes"]} == {"acme/service-a", "acme/forked-library"}
