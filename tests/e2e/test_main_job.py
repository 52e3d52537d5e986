"""Plan and apply, as a user does, every exchange held to GitHub's own description."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from support.openapi import check_exchange
from support.schemas import check
from support.shell import CANARY, ROOT

from envsync.sandbox import FULL_TOKEN, Options, Sandbox

if TYPE_CHECKING:
    from support.shell import GitHub, Shell

FULL = f"""\
version: 1
name: payments
repositories: [acme/payments]
environments:
  production:
    required_reviewers: [team-lead, acme/devops-admins]
    wait_timer: 1h
    prevent_self_review: true
    can_admins_bypass: false
    deployment_branch_policy: {{branches: [main, "release/**"], tags: ["v*"]}}
    deployment_protection_rules: [change-gate]
    variables: {{AWS_REGION: eu-west-1, VERSION: 1.10, FLAG: on}}
    secrets:
      DB_PASSWORD: {{file: secrets/db-password}}
      API_KEY: {{env: API_KEY}}
      TOKEN: {{command: [echo, {CANARY}]}}
  staging:
    deployment_branch_policy: protected
  open: {{}}
"""


def seeded(github: GitHub) -> Shell:
    github.sandbox.seed(
        users=["team-lead", "carol"],
        teams=[("acme", "devops-admins")],
        apps=["change-gate"],
        repositories=[("acme", "payments")],
    )
    shell = github.shell
    shell.write(FULL)
    shell.write(CANARY + "\n", "secrets/db-password")
    shell.environ["API_KEY"] = CANARY
    return shell


def rename(github: GitHub, former: str, name: str) -> None:
    repository = github.sandbox.state.repositories.pop(former)
    repository.former_names.append(former)
    repository.name = name
    github.sandbox.state.repositories[repository.full_name] = repository


def minimal(body: str, **top: str) -> str:
    extra = "".join(f"{name}: {value}\n" for name, value in top.items())
    return f"version: 1\nname: payments\nrepositories: [acme/payments]\n{extra}environments:\n{body}"


def test_apply_then_plan_has_nothing_to_do_for_every_kind_of_field(github: GitHub) -> None:
    shell = seeded(github)

    planned = shell.run("plan", "--detailed-exitcode")
    assert planned.code == 2
    assert github.requests("PUT", "POST", "PATCH", "DELETE") == []

    applied = shell.run("apply", "--yes", "--allow-commands", "-v")
    assert applied.code == 0, applied

    again = shell.run("plan", "--detailed-exitcode")
    assert (again.code, again.out.splitlines()[-1]) == (
        0,
        "Nothing to do. That is not to say in sync: 3 secrets cannot be verified.",
    )

    writes = len(github.requests("PUT", "POST", "PATCH", "DELETE"))
    assert shell.run("apply", "--yes").code == 0
    assert len(github.requests("PUT", "POST", "PATCH", "DELETE")) == writes


def test_what_was_asked_for_is_what_is_there(github: GitHub) -> None:
    shell = seeded(github)
    shell.ok("apply", "--yes", "--allow-commands")

    environment = github.sandbox.state.environment("acme/payments", "production")
    assert environment.protection.wait_timer == 60
    assert environment.protection.prevent_self_review
    assert not environment.protection.can_admins_bypass
    assert {name: each.value for name, each in environment.variables.items()} == {
        "AWS_REGION": "eu-west-1",
        "VERSION": "1.10",
        "FLAG": "on",
    }


def test_the_json_plan_and_result_are_as_their_schemas_say(github: GitHub) -> None:
    shell = seeded(github)

    first = shell.ok("plan", "-o", "json")
    second = shell.ok("plan", "-o", "json")
    applied = shell.ok("apply", "--yes", "--allow-commands", "-o", "json")
    after = shell.ok("plan", "-o", "json")

    assert first == second
    plan = check("plan", first)
    assert plan["summary"] == {"create": 13, "update": 0, "delete": 0, "weakens": 0, "destroys": 0}
    result = check("apply", applied)
    assert result["plan"] == plan
    assert result["summary"] == {"applied": 13, "failed": 0, "skipped": 0}
    assert check("plan", after)["changes"] == []


def test_a_plan_costs_one_request_and_at_most_four_an_environment(github: GitHub) -> None:
    shell = seeded(github)
    shell.ok("apply", "--yes", "--allow-commands")
    github.exchanges.clear()

    shell.ok("plan")

    per_environment = {"production": 4, "staging": 3, "open": 3}  # patterns only where refs are selected
    assert len(github.exchanges) == 1 + sum(per_environment.values())


def test_a_reviewer_who_is_there_costs_no_look_up_and_a_new_one_costs_one(github: GitHub) -> None:
    shell = seeded(github)
    shell.ok("apply", "--yes", "--allow-commands")
    shell.write(FULL.replace("[team-lead,", "[team-lead, carol,"))
    github.exchanges.clear()

    shell.ok("apply", "--yes", "--allow-weakening")

    lookups = [request for request in github.requests("GET") if request.startswith(("GET /users/", "GET /orgs/"))]
    access_checks = ["GET /orgs/acme/teams/devops-admins/repos/acme/payments"]
    assert lookups == [*access_checks, "GET /users/carol"]


NAMES = [
    "team/blue",
    "with space",
    "100%",
    "a:b",
    "what?",
    "c#",
    "Prüfung",
    "🚀 launch",
    "%2F",
    "a+b&c=d",
    "...",
    "tab or not",
]


def test_names_of_all_kinds(github: GitHub) -> None:
    shell = seeded(github)
    bodies = "".join(
        f"  {json.dumps(name, ensure_ascii=False)}:\n"
        "    deployment_branch_policy: {branches: [main]}\n"
        "    variables: {V: x}\n"
        "    secrets: {S: {env: API_KEY}}\n"
        for name in NAMES
    )
    shell.write(minimal(bodies))

    shell.ok("apply", "--yes")

    assert check("plan", shell.ok("plan", "-o", "json"))["changes"] == []
    assert {each.name for each in github.sandbox.state.repository("acme/payments").environments.values()} == set(
        NAMES
    )


def test_120_environments(github: GitHub) -> None:
    shell = seeded(github)
    shell.write(minimal("".join(f"  env-{number}: {{variables: {{V: x}}}}\n" for number in range(120))))

    shell.ok("apply", "--yes")

    plan = check("plan", shell.ok("plan", "-o", "json"))
    assert (plan["changes"], plan["unmanaged"]) == ([], [])


def test_100_variables_100_secrets_and_130_patterns(github: GitHub) -> None:
    shell = seeded(github)
    variables = "".join(f"      V{number}: x{number}\n" for number in range(100))
    secrets = "".join(f"      S{number}: {{env: API_KEY}}\n" for number in range(100))
    patterns = ", ".join(f"b{number}" for number in range(130))
    shell.write(
        minimal(
            f"  big:\n    deployment_branch_policy: {{branches: [{patterns}]}}\n"
            f"    variables:\n{variables}    secrets:\n{secrets}"
        )
    )

    shell.ok("apply", "--yes")

    plan = check("plan", shell.ok("plan", "-o", "json"))
    assert (plan["changes"], plan["unmanaged"]) == ([], [])
    assert len(plan["secrets"]) == 100


def test_what_weakens_or_destroys_is_refused_before_the_first_write(github: GitHub) -> None:
    shell = seeded(github)
    shell.ok("apply", "--yes", "--allow-commands")
    shell.write(minimal("  production: {prune: true}\n", prune="true"))
    github.exchanges.clear()

    refused = shell.run("apply", "--yes")

    assert refused.code == 1
    assert "add --allow-weakening" in refused.err
    assert "add --allow-destroying" in refused.err
    assert github.requests("PUT", "POST", "PATCH", "DELETE") == []

    assert shell.run("apply", "--yes", "--allow-weakening").code == 1
    shell.ok("apply", "--yes", "--allow-weakening", "--allow-destroying")
    assert check("plan", shell.ok("plan", "-o", "json"))["changes"] == []
    assert [each.name for each in github.sandbox.state.repository("acme/payments").environments.values()] == [
        "production"
    ]


def test_github_pages_is_never_touched(github: GitHub) -> None:
    shell = seeded(github)
    shell.write(minimal("  github-pages: {}\n", never_touch="[]"))
    shell.ok("apply", "--yes")
    shell.write(minimal("  qa: {}\n", prune="true"))

    shell.ok("apply", "--yes", "--allow-destroying")

    assert set(github.sandbox.state.repository("acme/payments").environments) == {"github-pages", "qa"}


def test_ignored_fields_survive_a_put(github: GitHub) -> None:
    shell = seeded(github)
    shell.write(minimal("  qa: {wait_timer: 30, required_reviewers: [carol], can_admins_bypass: false}\n"))
    shell.ok("apply", "--yes")
    shell.write(minimal("  qa: {ignore: [wait_timer, required_reviewers], can_admins_bypass: true}\n"))

    shell.ok("apply", "--yes", "--allow-weakening")

    protection = github.sandbox.state.environment("acme/payments", "qa").protection
    assert (protection.wait_timer, len(protection.reviewers)) == (30, 1)
    assert protection.can_admins_bypass


def test_a_run_can_be_narrowed(github: GitHub) -> None:
    shell = seeded(github)

    plan = check("plan", shell.ok("plan", "-o", "json", "--environment", "PROD*", "--repo", "acme/*"))
    assert {change["environment"] for change in plan["changes"]} == {"production"}

    for option, code in (("--repo", "no-repository"), ("--environment", "no-environment")):
        ran = shell.run("plan", option, "other*")
        assert (ran.code, code in ran.err) == (1, True)


def test_settings_only_reads_rules_and_patterns_alone(github: GitHub) -> None:
    shell = seeded(github)
    shell.ok("apply", "--yes", "--allow-commands")
    github.exchanges.clear()

    plan = check("plan", shell.ok("plan", "--settings-only", "-o", "json", GH_TOKEN="sandbox-workflow"))

    assert plan["changes"] == []
    assert {(each["part"], each["failed"]) for each in plan["unread"]} == {
        ("variables", False),
        ("secrets", False),
    }
    assert not [request for request in github.requests() if "secrets" in request or "variables" in request]
    assert "In sync" not in shell.ok("plan", "--settings-only")


def test_no_secrets_reads_no_source(github: GitHub) -> None:
    shell = seeded(github)
    del shell.environ["API_KEY"]
    Path(shell.folder, "secrets/db-password").unlink()

    ran = shell.run("apply", "--yes", "--no-secrets")

    assert ran.code == 0
    assert ran.out.count("skipped") >= 3
    assert not [request for request in github.requests("PUT") if "/secrets/" in request]


def test_a_source_that_has_nothing_fails_its_secret_and_the_exit_code_says_so(github: GitHub) -> None:
    shell = seeded(github)

    ran = shell.run("apply", "--yes", API_KEY="")

    assert ran.code == 3
    assert "create secret API_KEY: the environment variable API_KEY is empty" in ran.out
    assert "create secret TOKEN: the command echo is its source, and commands are not allowed" in ran.out
    planned, _ = ran.out.split("Plan: ")
    assert "production: the secret API_KEY cannot be written: the environment variable API_KEY is empty" in planned


def test_a_renamed_repository_is_followed_and_written_under_its_new_name(github: GitHub) -> None:
    shell = seeded(github)
    rename(github, "acme/payments", "billing")

    ran = shell.run("apply", "--yes", "--allow-commands")

    assert ran.code == 0
    assert "acme/payments is called acme/billing now" in " ".join(ran.out.split())
    assert all("/acme/billing/" in request for request in github.requests("PUT", "POST", "PATCH", "DELETE"))
    assert check("plan", shell.ok("plan", "-o", "json"))["changes"] == []


def test_the_seed_on_the_embedded_sandbox(shell: Shell) -> None:
    shell.write((ROOT / "environments.yaml").read_text(encoding="utf-8"))

    planned = shell.run("plan", "--sandbox", "--detailed-exitcode")
    applied = shell.run("apply", "--sandbox", "--yes")
    again = shell.run("apply", "--sandbox", "--yes")

    assert (planned.code, applied.code, again.code) == (2, 0, 0)
    for name in ("staging", "production-approval", "production", "staging-rollback", "production-rollback"):
        assert f"+ {name}" in planned.out
    assert "In sync" in again.out
    for ran in (planned, applied, again):
        assert "nothing was compared with GitHub" in ran.out


@pytest.mark.parametrize("omitted", ["keep", "reset"])
def test_both_meanings_of_an_omitted_key(shell: Shell, omitted: Literal["keep", "reset"]) -> None:
    body = "  qa: {{wait_timer: {0}, required_reviewers: [carol], can_admins_bypass: false}}\n"
    with Sandbox(options=Options(omitted_keys=omitted, rate_limit=None), observe=check_exchange) as sandbox:
        sandbox.seed(users=["carol"], repositories=[("acme", "payments")])
        shell.environ |= {"GITHUB_API_URL": sandbox.url, "GH_TOKEN": FULL_TOKEN}
        for minutes in (30, 60):
            shell.write(minimal(body.format(minutes)))
            shell.ok("apply", "--yes")

        assert check("plan", shell.ok("plan", "-o", "json"))["changes"] == []
