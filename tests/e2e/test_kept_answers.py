"""The answers that are kept between runs: what did not change costs nothing, and what did is found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.recorded import recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.recorded import Recorded

FILE = (
    "environments:",
    "  production:",
    "    required_reviewers: [ann]",
    "    wait_timer: 10",
    "    deployment_branch_policy: {branches: [main], tags: ['v*']}",
    "    deployment_protection_rules: [gate]",
    "    variables: {REGION: eu, ZONE: a}",
    "    secrets: {TOKEN: {env: TOKEN}, OTHER: {env: TOKEN}}",
    "  staging: {}",
)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Recorded]:
    with recorded(tmp_path / "here") as found:
        found.sandbox.seed(apps=["gate"])
        found.file(*FILE)
        found.shell.environ["TOKEN"] = "canary-4af1-first"
        found.apply()
        found.plan()  # fills the cache
        yield found


def statuses(lab: Recorded, *arguments: str) -> set[int]:
    lab.exchanges.clear()
    lab.shell.run(*arguments)
    assert lab.exchanges
    return {each.status for each in lab.exchanges}


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_what_did_not_change_costs_nothing_of_the_hourly_limit(lab: Recorded, command: str) -> None:
    assert statuses(lab, command) == {304}
    assert statuses(lab, command, "--no-cache") == {200}


def put(lab: Recorded, **body: object) -> None:
    before = {"wait_timer": 10, "reviewers": [reviewer(lab, "ann")]}
    policy = {"protected_branches": False, "custom_branch_policies": True}
    lab.call("PUT", "production", {**before, "deployment_branch_policy": policy, **body})


def reviewer(lab: Recorded, login: str) -> dict[str, object]:
    return {"type": "User", "id": lab.sandbox.state.accounts[login].id}


def pattern(lab: Recorded, name: str) -> str:
    listed = lab.call("GET", "production/deployment-branch-policies").json["branch_policies"]
    return next(f"production/deployment-branch-policies/{each['id']}" for each in listed if each["name"] == name)


def rule(lab: Recorded) -> str:
    listed = lab.call("GET", "production/deployment_protection_rules").json["custom_deployment_protection_rules"]
    return f"production/deployment_protection_rules/{listed[0]['id']}"


CHANGES: dict[str, Callable[[Recorded], object]] = {
    "a timer": lambda lab: put(lab, wait_timer=0),
    "a reviewer more": lambda lab: put(lab, reviewers=[reviewer(lab, "ann"), reviewer(lab, "bob")]),
    "another reviewer": lambda lab: put(lab, reviewers=[reviewer(lab, "bob")]),
    "no reviewer": lambda lab: put(lab, reviewers=[]),
    "self-review": lambda lab: put(lab, prevent_self_review=True),
    "admins": lambda lab: put(lab, can_admins_bypass=False),
    "all refs": lambda lab: put(lab, deployment_branch_policy=None),
    "a branch more": lambda lab: lab.call("POST", "production/deployment-branch-policies", {"name": "x/*"}),
    "a tag less": lambda lab: lab.call("DELETE", pattern(lab, "v*")),
    "another branch": lambda lab: lab.call("PUT", pattern(lab, "main"), {"name": "trunk"}),
    "a rule less": lambda lab: lab.call("DELETE", rule(lab)),
    "a variable's value": lambda lab: lab.call("PATCH", "production/variables/REGION", {"value": "us"}),
    "a variable more": lambda lab: lab.call("POST", "production/variables", {"name": "NEW", "value": "1"}),
    "a variable less": lambda lab: lab.call("DELETE", "production/variables/ZONE"),
    "a secret written": lambda lab: lab.put_secret("TOKEN", "the same name, another value"),
    "a secret more": lambda lab: lab.put_secret("NEW", "new"),
    "a secret less": lambda lab: lab.call("DELETE", "production/secrets/OTHER"),
    "the record": lambda lab: lab.put_record('{"v":1}'),
    "an environment less": lambda lab: lab.call("DELETE", "staging"),
    "an environment more": lambda lab: lab.call("PUT", "wide-open", {}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_kind_of_change_is_found(lab: Recorded, change: str) -> None:
    lab.clock.advance(3600)
    CHANGES[change](lab)

    kept, fresh = lab.shell.run("drift", "-o", "json"), lab.shell.run("drift", "-o", "json", "--no-cache")

    assert kept.out == fresh.out
    told = json.loads(kept.out)
    assert told["differences"] or told["unmanaged"], told
    assert {each.status for each in lab.exchanges} >= {200, 304}  # the rest of it had not changed


def test_a_plan_is_the_same_bytes_with_and_without(lab: Recorded) -> None:
    put(lab, wait_timer=0)

    assert lab.shell.ok("plan", "-o", "json") == lab.shell.ok("plan", "-o", "json", "--no-cache")


def test_a_token_knows_nothing_of_what_another_one_was_answered(lab: Recorded) -> None:
    """GitHub binds ETags to the token, and so does the sandbox; here nothing of it is sent at all."""
    lab.sandbox.state.tokens["another"] = lab.sandbox.state.tokens["sandbox"]
    lab.exchanges.clear()

    lab.plan(environ={"GH_TOKEN": "another"})

    assert not [each for each in lab.exchanges if "if-none-match" in each.request_headers]


def test_nothing_is_written_where_nobody_wants_it(lab: Recorded, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"

    lab.plan("--no-cache", environ={"ENVSYNC_CACHE_DIR": str(elsewhere)})
    assert not elsewhere.exists()

    lab.plan(environ={"ENVSYNC_CACHE_DIR": str(elsewhere)})
    assert [each.name for each in elsewhere.iterdir()] == ["answers.sqlite"]


def test_damage_is_said_and_fails_nothing(lab: Recorded) -> None:
    (file,) = (each for each in lab.shell.folder.parent.glob("*.cache/*"))
    file.write_bytes(b"no database" * 1000)

    ran = lab.shell.run("plan")

    assert ran.code == 0
    assert "In sync" in ran.out
