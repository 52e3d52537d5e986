"""What lets somebody through, or loses something, stops a plain apply before any write, and the grant is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.shell import GitHub

HEAD = "version: 1\nname: payments\nrepositories: [acme/payments]\n"
BASE = {
    "required_reviewers": "[ann]",
    "wait_timer": "30",
    "prevent_self_review": "true",
    "can_admins_bypass": "false",
    "deployment_branch_policy": "{branches: [main]}",
    "deployment_protection_rules": "[gate]",
    "secrets": "{OLD: {env: VALUE}}",
    "prune": "true",
}
WEAKENINGS = {
    "adding a reviewer": ({"required_reviewers": "[ann, bob]"}, "--allow-weakening=qa:reviewers"),
    "removing the last reviewer": (
        {"required_reviewers": "[]", "prevent_self_review": "false"},
        "--allow-weakening=qa:reviewers --allow-weakening=qa:self-review",
    ),
    "shortening the timer": ({"wait_timer": "29"}, "--allow-weakening=qa:timer"),
    "allowing self-review": ({"prevent_self_review": "false"}, "--allow-weakening=qa:self-review"),
    "allowing bypass": ({"can_admins_bypass": "true"}, "--allow-weakening=qa:bypass"),
    "opening the branch policy": ({"deployment_branch_policy": "all"}, "--allow-weakening=qa:refs"),
    "one more branch": ({"deployment_branch_policy": "{branches: [main, dev]}"}, "--allow-weakening=qa:refs"),
    "dropping a protection rule": ({"deployment_protection_rules": "[]"}, "--allow-weakening=qa:rules"),
    "deleting a secret": ({"secrets": "{}"}, "--allow-destroying=qa"),
}
TIGHTENINGS = {
    "a longer timer": {"wait_timer": "31"},
    "no ref at all": {"deployment_branch_policy": "{branches: []}"},
    "one more rule": {"deployment_protection_rules": "[gate, other]"},
}


def body(**changes: str) -> str:
    fields = "".join(f"    {name}: {value}\n" for name, value in (BASE | changes).items())
    return f"{HEAD}environments:\n  qa:\n{fields}"


@pytest.fixture
def guarded(github: GitHub) -> GitHub:
    github.sandbox.seed(users=["ann", "bob"], apps=["gate", "other"], repositories=[("acme", "payments")])
    github.shell.environ["VALUE"] = "x"
    github.shell.write(body())
    github.shell.ok("apply", "--yes")
    github.exchanges.clear()
    return github


@pytest.mark.parametrize("what", WEAKENINGS)
def test_it_needs_its_grant_and_that_is_enough(guarded: GitHub, what: str) -> None:
    changes, grants = WEAKENINGS[what]
    guarded.shell.write(body(**changes))

    refused = guarded.shell.run("apply", "--yes")

    assert refused.code == 1
    assert f"add {grants}\n" in refused.err
    assert guarded.requests("PUT", "POST", "PATCH", "DELETE") == []
    guarded.shell.ok("apply", "--yes", *grants.split())


def test_deleting_an_environment_needs_its_grant(guarded: GitHub) -> None:
    guarded.shell.write(f"{HEAD}prune: true\nenvironments:\n  other: {{}}\n")

    refused = guarded.shell.run("apply", "--yes")

    assert refused.code == 1
    assert "add --allow-destroying=qa\n" in refused.err
    assert guarded.requests("PUT", "POST", "PATCH", "DELETE") == []
    guarded.shell.ok("apply", "--yes", "--allow-destroying=qa")


@pytest.mark.parametrize("what", TIGHTENINGS)
def test_tightening_needs_none(guarded: GitHub, what: str) -> None:
    guarded.shell.write(body(**TIGHTENINGS[what]))

    guarded.shell.ok("apply", "--yes")
