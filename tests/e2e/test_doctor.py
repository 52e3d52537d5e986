"""`envsync doctor`: a set-up that works has no finding, and of one that does not each fault is named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.app_keys import private_pem, public_pem
from support.recorded import KEY
from support.schemas import check
from support.shell import CANARY, GitHub, Shell

from envsync.sandbox import FULL_TOKEN, READER_TOKEN, WORKFLOW_TOKEN, Plan
from envsync.sandbox.state import Environment, Role, Secret, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FILE = """\
version: 1
name: payments
repositories: [acme/payments]
environments:
  staging:
    variables: {REGION: eu-west-1}
    secrets:
      TOKEN: {env: STAGING_TOKEN}
  production-approval:
    required_reviewers: [team-lead, acme/devops]
    prevent_self_review: true
    deployment_branch_policy: {branches: [main]}
  production:
    deployment_branch_policy: {branches: [main], tags: ["v*"]}
    deployment_protection_rules: [change-gate]
    secrets:
      TOKEN: {file: token}
      OTHER: {command: [cat, token]}
  staging-rollback: {}
  production-rollback:
    required_reviewers: [acme/devops]
"""
WORKFLOW = """\
on: push
jobs:
  stage:
    runs-on: ubuntu-latest
    environment: staging
    steps: [{run: "deploy ${{ vars.REGION }} ${{ secrets.TOKEN }} ${{ secrets.OWN }}"}]
  approve:
    needs: stage
    runs-on: ubuntu-latest
    environment: production-approval
    steps: [{run: "true"}]
  deploy:
    needs: approve
    runs-on: ubuntu-latest
    environment: production
    steps: [{run: "deploy ${{ secrets.TOKEN }} ${{ secrets.OTHER }}"}]
  undo-staging:
    needs: stage
    if: failure()
    runs-on: ubuntu-latest
    environment: staging-rollback
    steps: [{run: "true"}]
  undo-production:
    needs: deploy
    if: failure()
    runs-on: ubuntu-latest
    environment: production-rollback
    steps: [{run: "true"}]
"""
NOW = "2026-01-01T00:00:00Z"
WRONG = {"warn", "fail"}
FIVE = ("staging", "production-approval", "production", "staging-rollback", "production-rollback")


@dataclass
class Clinic:
    github: GitHub

    @property
    def shell(self) -> Shell:
        return self.github.shell

    @property
    def state(self) -> Any:
        return self.github.sandbox.state

    @property
    def repository(self) -> Any:
        return self.state.repository("acme/payments")

    def examine(self, *arguments: str, **environ: str) -> list[dict[str, Any]]:
        """What warned or failed. A server on this machine has no pages to link to."""
        self.github.exchanges.clear()
        ran = self.shell.run("doctor", "-o", "json", *arguments, stdin="", timeout=120.0, **environ)
        checkup = check("checkup", ran.out)
        assert {each.method for each in self.github.exchanges} <= {"GET", "POST"}
        assert all(each.path.endswith("/access_tokens") for each in self.github.exchanges if each.method == "POST")
        found = _findings(checkup)
        assert ran.code == any(each["status"] == "fail" for each in found)
        assert all(each["next_step"] for each in found)
        assert {each["link"] for each in checkup["checks"]} <= {None}
        return found

    def one(self, *arguments: str, **environ: str) -> dict[str, Any]:
        found = self.examine(*arguments, **environ)
        assert len(found) == 1, found
        return found[0]


@pytest.fixture
def clinic(github: GitHub) -> Clinic:
    """A set-up that works."""
    shell = github.shell
    shell.write(FILE)
    shell.write(CANARY, "token")
    shell.environ |= {"STAGING_TOKEN": CANARY, "ENVSYNC_RECORD_KEY": KEY}
    github.sandbox.seed(
        users=["team-lead"],
        teams=[("acme", "devops")],
        apps=["change-gate"],
        repositories=[("acme", "payments")],
        files={("acme", "payments"): {".github/workflows/deploy.yml": WORKFLOW}},
    )
    own = github.sandbox.state.repository("acme/payments")
    own.actions_secrets["OWN"] = Secret("OWN", NOW, NOW)
    shell.ok("apply", "--yes", "--allow-commands", "--allow-weakening")
    for name in FIVE:
        github.sandbox.deploy("acme/payments", name, "success")
    return Clinic(github)


@pytest.mark.parametrize("purpose", ["plan", "drift", "apply"])
def test_what_works_has_no_finding(clinic: Clinic, purpose: str) -> None:
    assert clinic.examine("--for", purpose) == []


def test_what_works_with_an_app_has_no_finding(clinic: Clinic) -> None:
    _install(clinic)

    assert clinic.examine(GH_TOKEN="") == []


def _findings(checkup: Any) -> list[Any]:
    return [each for each in checkup["checks"] if each["status"] in WRONG]


def _install(clinic: Clinic, **changes: str) -> None:
    permissions = {
        "actions": "read",
        "actions_variables": "read",
        "administration": "write",
        "contents": "read",
        "deployments": "read",
        "environments": "write",
        "members": "read",
        "organization_plan": "read",
        "secrets": "read",
        **changes,
    }
    number, _ = clinic.github.sandbox.install_app(
        "envsync-acme", public_key=public_pem(), owner="acme", permissions=permissions, account="acme"
    )
    clinic.shell.environ |= {"ENVSYNC_APP_ID": str(number), "ENVSYNC_APP_PRIVATE_KEY": private_pem()}


def test_in_the_sandbox_a_newcomer_has_no_finding_but_what_is_to_be_applied(shell: Shell) -> None:
    shell.write(FILE)
    shell.write(WORKFLOW.replace(" ${{ secrets.OWN }}", ""), ".github/workflows/deploy.yml")

    before = shell.run("doctor", "--sandbox", "-o", "json")
    shell.ok("apply", "--sandbox", "--yes", "--allow-weakening")
    after = json.loads(shell.ok("doctor", "--sandbox", "-o", "json"))

    assert before.code == 0
    assert {each["topic"] for each in json.loads(before.out)["checks"] if each["status"] in WRONG} <= {"checklist"}
    assert [each for each in after["checks"] if each["status"] in WRONG] == []


# --- planted -------------------------------------------------------------------------------------------------


def _team_of(clinic: Clinic, *members: str) -> None:
    clinic.state.teams["acme/devops"].members[:] = list(members)


def _alone(clinic: Clinic) -> None:
    """Who alone starts deployments is who alone may approve them."""
    _team_of(clinic, "team-lead")
    clinic.repository.users = {"team-lead": Role.ADMIN}
    clinic.state.tokens[FULL_TOKEN].login = "team-lead"


def _workflow(clinic: Clinic, text: str) -> None:
    clinic.github.sandbox.seed(files={("acme", "payments"): {".github/workflows/deploy.yml": text}})


def _drop(clinic: Clinic, permission: str) -> None:
    clinic.state.tokens[FULL_TOKEN].permissions.pop(permission)


PLANTED: Mapping[str, tuple[Callable[[Clinic], object], str, str, str]] = {
    "archived": (
        lambda clinic: setattr(clinic.repository, "archived", True),
        "repository",
        "fail",
        "archived",
    ),
    "a plan that has no such rules": (
        lambda clinic: setattr(clinic.state.accounts["acme"], "plan", Plan.TEAM),
        "repository",
        "fail",
        "team",
    ),
    "an undeclared environment that nothing protects": (
        lambda clinic: clinic.repository.environments.update({"qa": Environment(7, "qa", NOW, NOW)}),
        "environments",
        "warn",
        "qa is in no file, and nothing protects it",
    ),
    "a reviewer without access": (
        lambda clinic: clinic.repository.users.pop("team-lead"),
        "reviewers",
        "fail",
        "team-lead has no access to acme/payments",
    ),
    "an empty team": (
        _team_of,
        "reviewers",
        "warn",
        "nobody is in the team acme/devops",
    ),
    "nobody else to approve": (
        _alone,
        "reviewers",
        "fail",
        "production-approval: team-lead alone",
    ),
    "an App that is not there": (
        lambda clinic: clinic.shell.write(FILE.replace("change-gate", "other-gate")),
        "apps",
        "fail",
        "other-gate",
    ),
    "an environment that no file declares": (
        lambda clinic: _workflow(clinic, WORKFLOW.replace("environment: staging\n", "environment: stagin\n")),
        "workflows",
        "fail",
        ".github/workflows/deploy.yml:5:18: the job `stage` names `stagin`",
    ),
    "a secret that is nowhere": (
        lambda clinic: clinic.repository.actions_secrets.clear(),
        "workflows",
        "warn",
        "OWN",
    ),
    "a gate that is passed by": (
        lambda clinic: _workflow(clinic, WORKFLOW.replace("needs: approve", "needs: stage")),
        "workflows",
        "warn",
        "production",
    ),
    "the workflows cannot be read": (
        lambda clinic: _drop(clinic, "contents"),
        "permissions",
        "warn",
        "Contents: read is missing, so the workflows were not looked at",
    ),
    "secrets and variables cannot be read": (
        lambda clinic: _drop(clinic, "environments"),
        "permissions",
        "fail",
        "Environments: read is missing",
    ),
    "the environments cannot be read": (
        lambda clinic: _drop(clinic, "actions"),
        "permissions",
        "fail",
        "Actions: read is missing",
    ),
    "a team that cannot be seen": (
        lambda clinic: _drop(clinic, "members"),
        "permissions",
        "fail",
        "Members: read is missing",
    ),
    "an account that is no admin": (
        lambda clinic: clinic.repository.users.update({"sandbox": Role.PUSH}),
        "permissions",
        "fail",
        "and only an administrator may change environments",
    ),
    "a source that is not there": (
        lambda clinic: clinic.shell.environ.pop("STAGING_TOKEN"),
        "secrets",
        "warn",
        "staging, TOKEN",
    ),
    "a program that is not there": (
        lambda clinic: clinic.shell.write(FILE.replace("[cat, token]", "[no-such-vault, token]")),
        "secrets",
        "warn",
        "no-such-vault",
    ),
    "no record key": (
        lambda clinic: clinic.shell.environ.pop("ENVSYNC_RECORD_KEY"),
        "record",
        "warn",
        "ENVSYNC_RECORD_KEY is not set",
    ),
    "a record key that is none": (
        lambda clinic: clinic.shell.environ.update({"ENVSYNC_RECORD_KEY": "short"}),
        "record",
        "fail",
        "ENVSYNC_RECORD_KEY",
    ),
    "records that another key signed": (
        lambda clinic: clinic.shell.environ.update({"ENVSYNC_RECORD_KEY": "00" * 32}),
        "record",
        "warn",
        "staging",
    ),
    "the files say something else": (
        lambda clinic: clinic.shell.write(FILE.replace("eu-west-1", "eu-west-2")),
        "checklist",
        "warn",
        "1 change",
    ),
    "a repository that is not there": (
        lambda clinic: clinic.shell.write(FILE.replace("acme/payments]", "acme/payment]")),
        "repository",
        "fail",
        "cannot find acme/payment",
    ),
    "a file that is wrong": (
        lambda clinic: clinic.shell.write(FILE.replace("branches: [main]}", "branches: main}")),
        "files",
        "fail",
        "environments.yaml:",
    ),
    "a pattern that matches nothing": (
        lambda clinic: clinic.shell.write(FILE.replace("acme/payments]", "acme/service-*]")),
        "files",
        "fail",
        "the files match no repository",
    ),
}


@pytest.mark.parametrize(("plant", "topic", "status", "said"), PLANTED.values(), ids=PLANTED.keys())
def test_what_is_wrong_is_named_with_the_next_step(
    clinic: Clinic, plant: Callable[[Clinic], object], topic: str, status: str, said: str
) -> None:
    plant(clinic)

    found = clinic.examine()

    alike = [each for each in found if (each["topic"], each["status"]) == (topic, status)]
    assert any(said in each["said"] for each in alike), [each["said"] for each in found]


# --- what keeps doctor itself from asking ------------------------------------------------------------------------


def test_no_credential_is_a_line_with_the_page_for_one(shell: Shell) -> None:
    shell.write(FILE)

    ran = shell.run("doctor", "-o", "json", PATH="")

    checks = json.loads(ran.out)["checks"]
    found = next(each for each in checks if each["topic"] == "credential")
    assert ran.code == 1
    assert ran.err == ""
    assert found["said"] == "there is no token for github.com"
    assert found["link"].startswith("https://github.com/settings/personal-access-tokens/new?")
    assert {"files", "secrets", "record"} <= {each["topic"] for each in checks}
    assert [each["status"] for each in checks if each["code"] == "not-looked-at"] == ["note"]


@pytest.mark.parametrize(
    ("environ", "topic", "said"),
    [
        ({"GH_TOKEN": "no-token"}, "credential", "GitHub does not accept the token from GH_TOKEN"),
        ({"GH_TOKEN": "no\ntoken"}, "credential", "the token from GH_TOKEN contains white space"),
        ({"ENVSYNC_APP_ID": "7"}, "credential", "ENVSYNC_APP_ID is set, and there is no private key with it"),
        ({"GITHUB_API_URL": "ftp://x"}, "server", "GITHUB_API_URL is not an http or https URL"),
    ],
)
def test_whatever_keeps_it_from_asking_is_a_line(
    clinic: Clinic, environ: dict[str, str], topic: str, said: str
) -> None:
    found = [each for each in clinic.examine(**environ) if each["topic"] == topic]

    assert len(found) == 1
    assert found[0]["status"] == "fail"
    assert said in found[0]["said"]


def test_a_pattern_that_cannot_be_expanded_says_so_once(clinic: Clinic) -> None:
    clinic.shell.write(FILE.replace("acme/payments]", "acme/pay*]"))

    found = [each for each in clinic.examine(GH_TOKEN="no-token") if each["topic"] == "credential"]

    assert len(found) == 1


def test_two_servers_are_bad_usage(shell: Shell) -> None:
    ran = shell.run("doctor", "--sandbox", "--api-url", "https://ghe.example/api/v3")

    assert ran.code == 1
    assert "name two servers" in ran.err


# --- what it is for -------------------------------------------------------------------------------------------


def test_what_only_reads_needs_less(clinic: Clinic) -> None:
    reader = {"GH_TOKEN": READER_TOKEN}

    reading = clinic.examine("--for", "plan", **reader)

    assert {each["status"] for each in reading if "Administration" in each["said"]} == set()
    assert [each["status"] for each in reading if each["said"].startswith("Members: read is missing")] == ["warn"]
    assert clinic.shell.run("plan", stdin="", timeout=120.0, **reader).code == 0


def test_a_workflow_s_own_token_does_for_settings_alone(clinic: Clinic) -> None:
    clinic.shell.write(FILE.replace("team-lead, acme/devops", "team-lead").replace("[acme/devops]", "[team-lead]"))
    clinic.shell.ok("apply", "--yes", "--allow-commands", "--allow-weakening")

    own = {"GH_TOKEN": WORKFLOW_TOKEN}
    found = clinic.examine("--for", "plan", "--settings-only", **own)
    full = clinic.examine("--for", "apply", **own)

    assert {each["status"] for each in found} == {"warn"}, found
    assert any(each["status"] == "fail" for each in full)


def test_what_cannot_be_known_before_it_is_done_is_a_note(clinic: Clinic) -> None:
    checks = json.loads(clinic.shell.ok("doctor", "-o", "json"))["checks"]
    notes = {each["code"]: each["said"] for each in checks if each["status"] == "note"}

    assert {"permission-writing", "secret-command"} == notes.keys()
    assert notes["secret-command"] == "apply needs --allow-commands for cat"


def test_a_server_on_this_machine_is_not_taken_for_githubs_own(clinic: Clinic) -> None:
    checks = json.loads(clinic.shell.ok("doctor", "-o", "json"))["checks"]
    (said,) = (each["said"] for each in checks if each["code"] == "server-version")

    assert said.endswith(" is a server on this machine")


def test_an_external_secret_that_is_missing_lets_apply_go_on(clinic: Clinic) -> None:
    clinic.shell.write(FILE.replace("TOKEN: {file: token}", "TOKEN: {file: token}\n      LEGACY: external"))

    assert [each["status"] for each in clinic.examine() if each["code"] == "external-secret"] == ["warn"]
    clinic.shell.ok("apply", "--yes", "--allow-commands")


def test_a_token_that_ends_soon_is_named(clinic: Clinic) -> None:
    full = clinic.state.tokens[FULL_TOKEN]
    end = datetime.now(UTC) + timedelta(days=3)
    ending = Token(
        "github_pat_ending", full.login, full.permissions, expires_at=end.strftime("%Y-%m-%dT%H:%M:%SZ")
    )
    clinic.state.tokens[ending.value] = ending

    found = clinic.one(GH_TOKEN=ending.value)

    assert (found["topic"], found["status"]) == ("credential", "warn")


def test_an_app_without_a_permission_is_told_exactly(clinic: Clinic) -> None:
    _install(clinic, administration="read")

    found = clinic.one(GH_TOKEN="")

    assert found["said"].startswith("Administration: write was not granted to the App")


def test_it_reads_as_text_and_as_a_summary(clinic: Clinic) -> None:
    clinic.repository.archived = True
    summary = clinic.shell.folder / "summary.md"
    actions = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}

    text = clinic.shell.run("doctor", stdin="", timeout=120.0, **actions)
    markdown = clinic.shell.run("doctor", "-o", "markdown")

    assert "1 thing keeps it from working" in text.out
    assert summary.read_text(encoding="utf-8").strip() == markdown.out.strip()


def test_only_the_repositories_that_are_asked_for_are_looked_at(clinic: Clinic) -> None:
    clinic.shell.write(FILE.replace("[acme/payments]", "[acme/payments, acme/gone]"))

    assert clinic.examine("--repo", "acme/payments") == []
    assert {each["repository"] for each in clinic.examine("--repo", "*/gone")} == {"acme/gone"}
