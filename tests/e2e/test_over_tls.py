"""The command over TLS, as GitHub is reached: the other tests speak plain HTTP to loopback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.tls import Identity, identity

from envsync.sandbox import FULL_TOKEN, Options, Sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from support.shell import Shell

FILE = """\
version: 1
name: encrypted
repositories: ["acme/*"]
environments:
  staging: &each {variables: {COLOR: blue}, deployment_branch_policy: {branches: [main]}}
  production-approval: *each
  production: *each
  staging-rollback: *each
  production-rollback: *each
"""
UNLIMITED = Options(rate_limit=None)


@pytest.fixture
def known(tmp_path: Path) -> Identity:
    return identity(tmp_path)


def prepared(sandbox: Sandbox, shell: Shell, *more: str) -> None:
    sandbox.seed(repositories=[("acme", "payments"), *(("acme", name) for name in more)])
    shell.environ |= {"GITHUB_API_URL": sandbox.url, "GH_TOKEN": FULL_TOKEN}
    shell.write(FILE)


def test_what_is_applied_is_in_sync(known: Identity, shell: Shell) -> None:
    with Sandbox(tls=known.context, options=UNLIMITED) as sandbox:
        prepared(sandbox, shell)
        shell.environ["REQUESTS_CA_BUNDLE"] = known.bundle

        shell.ok("apply", "--yes")

        assert "In sync" in shell.ok("plan")
        assert "No drift" in shell.ok("drift")


def test_links_to_further_pages_are_followed(known: Identity, shell: Shell) -> None:
    with Sandbox(tls=known.context, options=UNLIMITED) as sandbox:
        prepared(sandbox, shell, *(f"service-{number:03}" for number in range(100)))
        shell.environ["REQUESTS_CA_BUNDLE"] = known.bundle

        planned = json.loads(shell.ok("plan", "-o", "json"))

        assert planned["summary"]["create"] == 101 * 5 * 3  # environments, their variable, their pattern


def test_no_thread_connects_twice(known: Identity, shell: Shell) -> None:
    """They connect while the first answers are waited for, and are connected when there is something to ask."""
    with Sandbox(tls=known.context, options=UNLIMITED) as sandbox:
        prepared(sandbox, shell)
        shell.environ["REQUESTS_CA_BUNDLE"] = known.bundle
        shell.ok("apply", "--yes")
    slow = Sandbox(tls=known.context, latency=0.4, options=UNLIMITED)
    slow.state = sandbox.state
    with slow:
        known.context.greeted = 0
        shell.ok("plan", GITHUB_API_URL=slow.url)

        assert slow.traffic.most_at_once > 10
        assert 20 < known.context.greeted < 26  # four for each environment, and who listed the repositories


def test_a_certificate_that_nobody_trusts_is_told_with_what_to_do(known: Identity, shell: Shell) -> None:
    with Sandbox(tls=known.context, options=UNLIMITED) as sandbox:
        prepared(sandbox, shell)

        ran = shell.run("plan")

        assert (ran.code, sandbox.traffic.total) == (1, 0)
        assert "is not trusted" in ran.err + ran.out
        assert "REQUESTS_CA_BUNDLE" in ran.err + ran.out
        assert "Traceback" not in ran.err
