"""What weakens or destroys, granted for one environment and one dimension, on the command line alone."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.shell import GitHub, Ran, Shell

STRICT = """\
version: 1
name: payments
repositories: [acme/payments]
environments:
  production: {required_reviewers: [team-lead], wait_timer: 30}
  staging: {wait_timer: 30}
  "a b:timer": {can_admins_bypass: false}
"""
WEAK = STRICT.replace("[team-lead]", "[team-lead, carol]").replace("wait_timer: 30", "wait_timer: 10")
WEAK = WEAK.replace("bypass: false", "bypass: true")
WRITES = ("PUT", "POST", "PATCH", "DELETE")


@pytest.fixture
def weakened(github: GitHub) -> Shell:
    """Strict on GitHub, weak in the file."""
    github.sandbox.seed(users=["team-lead", "carol"], repositories=[("acme", "payments")])
    github.shell.write(STRICT)
    github.shell.ok("apply", "--yes")
    github.shell.write(WEAK)
    github.exchanges.clear()
    return github.shell


def printed_grants(ran: Ran) -> list[str]:
    """Pasted as a user would: what follows `add`, split as a shell splits it."""
    return [word for flags in re.findall(r"add (--allow.*)", ran.err) for word in shlex.split(flags)]


def test_the_refusal_prints_what_to_add_and_that_is_enough(github: GitHub, weakened: Shell) -> None:
    refused = weakened.run("apply", "--yes")

    grants = printed_grants(refused)
    assert refused.code == 1
    assert grants == [
        "--allow-weakening=a b:timer:bypass",
        "--allow-weakening=production:reviewers",
        "--allow-weakening=production:timer",
        "--allow-weakening=staging:timer",
    ]
    assert weakened.run("apply", "--yes", *grants[1:]).code == 1
    assert github.requests(*WRITES) == []

    applied = weakened.ok("apply", "--yes", *grants)
    assert "granted by --allow-weakening" in applied


def test_what_is_granted_in_part_is_refused_whole_and_only_the_rest_is_asked_for(
    github: GitHub, weakened: Shell
) -> None:
    refused = weakened.run("apply", "--yes", "--allow-weakening=PRODUCTION", "--allow-weakening=staging:timer")

    assert refused.code == 1
    assert printed_grants(refused) == ["--allow-weakening=a b:timer:bypass"]
    assert "apply refuses that without --allow-weakening" in refused.out
    assert github.requests(*WRITES) == []


@pytest.mark.parametrize(
    "arguments", ["--allow-weakening --yes", "--yes --allow-weakening", "--allow-weakening -q --yes"]
)
def test_a_bare_grant_grants_all_wherever_it_stands(weakened: Shell, arguments: str) -> None:
    weakened.ok("apply", *arguments.split())


def test_a_bare_grant_takes_nothing_that_follows_for_its_value(weakened: Shell) -> None:
    weakened.ok("plan", "--out", "production")

    weakened.ok("apply", "--allow-weakening", "production")


@pytest.mark.parametrize(
    ("grant", "code", "words"),
    [
        ("--allow-weakening=prodution", "unknown-grant", "did you mean --allow-weakening=production?"),
        (
            "--allow-weakening=production:timr",
            "unknown-dimension",
            "did you mean --allow-weakening=production:timer?",
        ),
        ("--allow-weakening=", "unknown-grant", "write --allow-weakening alone to grant all"),
        ("--allow-weakening=-q", "unknown-grant", "write --allow-weakening alone to grant all"),
        ("--allow-destroying=stagin", "unknown-grant", "did you mean --allow-destroying=staging?"),
    ],
)
def test_a_mistyped_grant_is_an_error(github: GitHub, weakened: Shell, grant: str, code: str, words: str) -> None:
    ran = weakened.run("apply", "--yes", "--allow-weakening", grant)

    assert ran.code == 1
    assert f"error[{code}]" in ran.err
    assert words in ran.err
    assert github.requests(*WRITES) == []


def test_what_follows_the_end_of_the_options_is_no_grant(weakened: Shell) -> None:
    ran = weakened.run("apply", "--yes", "--", "--allow-weakening")

    assert ran.code == 1
    assert "the saved plan --allow-weakening cannot be read" in ran.err


def test_an_environment_that_no_file_declares_is_destroyed_by_its_name(github: GitHub, weakened: Shell) -> None:
    weakened.write(STRICT.replace("name: payments\n", "name: payments\nprune: true\n").replace('  "a b', '  "c b'))

    refused = weakened.run("apply", "--yes")
    assert printed_grants(refused) == ["--allow-destroying=a b:timer"]

    weakened.ok("apply", "--yes", "--allow-destroying=A b:timer")
    names = {each.name for each in github.sandbox.state.repository("acme/payments").environments.values()}
    assert names == {"production", "staging", "c b:timer"}
