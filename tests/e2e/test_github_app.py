"""A GitHub App as the credential: the sandbox checks what it signs, and gives it what it was granted."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from support.app_keys import private_pem, public_pem
from support.openapi import check_exchange
from support.recorded import KEY, NO_MORE
from support.schemas import check
from support.shell import CANARY, Shell

from envsync.sandbox import Options, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.recorded import Environ, Json
    from support.shell import Ran

    from envsync.sandbox import Exchange

READING = {"actions": "read", "environments": "read"}
WRITING = {**READING, "administration": "write", "environments": "write", "members": "read"}
PRODUCTION = (
    "  production:",
    "    required_reviewers: [ann, acme/devops]",
    "    wait_timer: 10",
    "    deployment_branch_policy: {branches: [main], tags: ['v*']}",
    "    deployment_protection_rules: [gate]",
    '    variables: {LEVEL: "1", LESS: "1"}',
    "    secrets: {TOKEN: {env: TOKEN}, LESS: {env: TOKEN}}",
)
TOKEN_SECONDS = 10


@dataclass
class Clock:
    """GitHub's, which goes as this machine's does, but for what a test sets it ahead."""

    ahead: float = 0

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)


@dataclass
class Lab:
    sandbox: Sandbox
    shell: Shell
    clock: Clock
    exchanges: list[Exchange] = field(default_factory=list)
    step: float = 0  # seconds that each request takes on GitHub's clock

    def installed(
        self,
        permissions: Mapping[str, str],
        *,
        account: str = "acme",
        repositories: list[str] | None = None,
        slug: str = "envsync-acme",
    ) -> str:
        """The id of an App of acme's that is installed on `account`; envsync runs with it from now on."""
        number, _ = self.sandbox.install_app(
            slug,
            public_key=public_pem(),
            owner="acme",
            permissions=permissions,
            repositories=repositories,
            account=account,
        )
        self.shell.environ["ENVSYNC_APP_ID"] = str(number)
        return str(number)

    def file(self, *environments: str, repositories: str = "acme/payments") -> None:
        head = f"version: 1\nname: payments\nrepositories: [{repositories}]\nenvironments:\n"
        self.shell.write(head + "\n".join(environments or PRODUCTION) + "\n")

    def run(self, *arguments: str, code: int = 0, environ: Environ = NO_MORE) -> Ran:
        """Always verbose: neither key nor token may ever be shown."""
        self.exchanges.clear()
        ran = self.shell.run(*arguments, "-v", stdin="", timeout=120, **environ)
        assert ran.code == code, ran
        shown = "".join((ran.out + ran.err).split())
        assert not any(line in shown for line in private_pem().splitlines()[1:-1])
        assert not any(token in shown for token in self.sandbox.state.issued)
        return ran

    def plan(self, *arguments: str, code: int = 0, environ: Environ = NO_MORE) -> Json:
        found: Json = check("plan", self.run("plan", "-o", "json", *arguments, code=code, environ=environ).out)
        return found

    def lines(self, ending: str) -> list[str]:
        return [
            f"{each.method} {each.path} {each.status}" for each in self.exchanges if each.path.endswith(ending)
        ]

    @property
    def page(self) -> str:
        """Where the first installation is kept."""
        number = min(self.sandbox.state.installations)
        return f"{self.sandbox.url}/organizations/acme/settings/installations/{number}"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    clock, shell = Clock(), Shell(tmp_path)

    def observe(exchange: Exchange) -> None:
        one.exchanges.append(exchange)
        clock.ahead += one.step
        check_exchange(exchange)

    with Sandbox(observe=observe, options=Options(now=clock, token_seconds=TOKEN_SECONDS)) as sandbox:
        sandbox.seed(
            users=["ann", "bob"],
            teams=[("acme", "devops")],
            apps=["gate", "lock"],
            repositories=[("acme", "payments"), ("acme", "web"), ("pear", "tool")],
        )
        one = Lab(sandbox, shell, clock)
        shell.environ |= {
            "GITHUB_API_URL": sandbox.url,
            "ENVSYNC_APP_PRIVATE_KEY": private_pem(),
            "ENVSYNC_RECORD_KEY": KEY,
            "TOKEN": CANARY,
        }
        yield one


def reasons(found: Json) -> dict[str, tuple[str, str]]:
    """Of what could not be read: why, and what to do."""
    return {each["repository"]: (each["reason"], each["hint"]) for each in found["unread"] if each["failed"]}


# --- at work -----------------------------------------------------------------------------------------------


def test_it_plans_and_applies_and_goes_before_every_token(lab: Lab) -> None:
    lab.file()
    lab.installed(WRITING)
    tokens = {"GH_TOKEN": CANARY, "GITHUB_TOKEN": CANARY}

    assert len(lab.plan(environ=tokens)["changes"]) > 4
    lab.run("apply", "--yes", environ=tokens)

    (lab.shell.folder / "app.pem").write_text(private_pem())
    in_a_file = {"ENVSYNC_APP_PRIVATE_KEY": "", "ENVSYNC_APP_PRIVATE_KEY_FILE": "app.pem"}
    settled = lab.plan(environ=in_a_file)
    assert settled["changes"] == settled["unread"] == []
    assert {each["state"] for each in settled["secrets"]} == {"in_sync"}
    in_one_line = {"ENVSYNC_APP_PRIVATE_KEY": private_pem().replace("\n", "\\n")}
    assert "In sync: everything is as the files say." in lab.run("plan", environ=in_one_line).out


def test_a_run_outlives_its_tokens(lab: Lab) -> None:
    """By GitHub's clock each request takes a third of a token's life."""
    lab.file()
    lab.installed(WRITING)
    lab.step = TOKEN_SECONDS / 3

    lab.run("apply", "--yes")

    assert lab.clock.ahead > 5 * TOKEN_SECONDS
    assert len(lab.lines("/access_tokens")) > 3
    assert [each for each in lab.exchanges if each.status == 401] != []
    lab.step = 0
    lab.clock.ahead = 0
    assert lab.plan()["changes"] == []


def test_one_app_serves_two_owners(lab: Lab) -> None:
    lab.file("  production: {wait_timer: 5}", repositories="acme/payments, pear/tool")
    lab.installed(WRITING)

    elsewhere = lab.run("apply", "--yes", code=3)
    assert "the GitHub App envsync-acme is not installed for pear/tool" in elsewhere.out
    plan = lab.plan(code=1)
    reason, hint = reasons(plan)["pear/tool"]
    assert reason == "the GitHub App envsync-acme is not installed for pear/tool"
    assert hint == "install it at https://127.0.0.1/apps/envsync-acme/installations/new"
    assert lab.sandbox.state.environment("acme/payments", "production").protection.wait_timer == 5

    lab.installed(WRITING, account="pear")
    lab.run("apply", "--yes")

    assert lab.sandbox.state.environment("pear/tool", "production").protection.wait_timer == 5
    assert len(lab.lines("/access_tokens")) == 2
    assert lab.plan()["changes"] == []


def test_it_can_keep_the_issue_of_drift_too(lab: Lab) -> None:
    lab.file("  production: {wait_timer: 5}")
    lab.installed({**READING, "issues": "write"})

    for _ in range(2):
        assert "1 difference" in lab.run("drift", "--report", "issue", code=2).out

    issues = lab.sandbox.state.repository("acme/payments").issues
    assert [(each.author, each.state) for each in issues.values()] == [("envsync-acme[bot]", "open")]


# --- when it does not work ---------------------------------------------------------------------------------


def refused(lab: Lab, code: str, *, environ: Environ = NO_MORE) -> str:
    """What it says, on one line; nothing but an error, and nothing could be read."""
    lab.file()
    ran = lab.run("plan", code=4, environ=environ)
    assert ran.out == ""
    assert f"error[{code}]" in ran.err
    assert "= help: " in ran.err
    return " ".join(ran.err.split())


@pytest.mark.parametrize(
    ("environ", "code", "words"),
    [
        ({"ENVSYNC_APP_PRIVATE_KEY": private_pem(1)}, "app-key-refused", "lists its keys by their fingerprints"),
        ({"ENVSYNC_APP_ID": "4711"}, "unknown-github-app", "127.0.0.1 does not know the GitHub App 4711"),
        ({"ENVSYNC_APP_ID": "envsync"}, "malformed-app-id", "the App's name is not its ID"),
        ({"ENVSYNC_APP_ID": ""}, "no-app-id", "ENVSYNC_APP_PRIVATE_KEY is set, and ENVSYNC_APP_ID is not"),
        ({"ENVSYNC_APP_PRIVATE_KEY": ""}, "no-app-key", "a pull request from a fork or by Dependabot"),
        ({"ENVSYNC_APP_PRIVATE_KEY": private_pem()[:-99]}, "malformed-app-key", "not all of it is there"),
        ({"ENVSYNC_APP_PRIVATE_KEY": public_pem()}, "malformed-app-key", "it is a public key"),
        ({"ENVSYNC_APP_PRIVATE_KEY": CANARY}, "malformed-app-key", "it is not PEM"),
        ({"ENVSYNC_APP_PRIVATE_KEY_FILE": "app.pem"}, "two-app-keys", "leave one of them out"),
        (
            {"ENVSYNC_APP_PRIVATE_KEY": "", "ENVSYNC_APP_PRIVATE_KEY_FILE": "no.pem"},
            "unreadable-app-key",
            "No such file",
        ),
    ],
)
def test_what_is_no_key_to_the_app_is_said_and_what_to_do(
    lab: Lab, environ: Environ, code: str, words: str
) -> None:
    lab.installed(READING)

    assert words in refused(lab, code, environ={"GH_TOKEN": "sandbox", **environ})


@pytest.mark.parametrize(("ahead", "words"), [(1200, "20 minutes behind"), (-1200, "20 minutes ahead of")])
def test_a_clock_that_is_off_is_named(lab: Lab, ahead: float, words: str) -> None:
    lab.installed(READING)
    lab.clock.ahead = ahead

    said = refused(lab, "clock-off")

    assert f"this machine's clock is {words} GitHub's" in said
    assert "set the clock" in said


def test_a_suspended_installation_is_named_with_its_page(lab: Lab) -> None:
    lab.file(repositories="acme/payments")
    lab.installed(READING)
    lab.installed(READING, account="pear")
    installation = lab.sandbox.state.installations[min(lab.sandbox.state.installations)]
    installation.suspended = True

    reason, hint = reasons(lab.plan(code=4))["acme/payments"]

    assert reason == "the installation of the GitHub App envsync-acme for acme is suspended"
    assert hint == f"unsuspend it at {lab.page}"
    lab.file("  production: {wait_timer: 5}", repositories="acme/payments, pear/tool")
    both = lab.plan(code=1)
    assert reasons(both).keys() == {"acme/payments"}
    assert [each["repository"] for each in both["changes"]] == ["pear/tool"]


def test_a_repository_that_was_not_selected_is_named_with_the_page(lab: Lab) -> None:
    lab.file("  production: {wait_timer: 5}", repositories="acme/payments, acme/web")
    lab.installed(READING, repositories=["acme/payments"])

    reason, hint = reasons(lab.plan(code=1))["acme/web"]

    assert "is installed for acme, and acme/web is not among its repositories" in reason
    assert hint.endswith(f"add the repository at {lab.page}")
    assert reasons(lab.plan("--repo", "acme/web", code=4)).keys() == {"acme/web"}


# --- the links that make one -------------------------------------------------------------------------------


def credentials(shell: Shell, *arguments: str, environ: Environ = NO_MORE) -> dict[str, dict[str, Any]]:
    """By what it is for; offline, and with no credential."""
    ran = shell.run("credentials", "-o", "json", *arguments, stdin="", timeout=60, **environ)
    said = json.loads(ran.out)
    assert (ran.code, said["format_version"]) == (0, "1.0")
    return {each["for"]: each for each in said["credentials"]}


def taken_apart(link: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(link)
    query = parse_qsl(parts.query, strict_parsing=True)
    assert len(dict(query)) == len(query)
    return f"{parts.scheme}://{parts.netloc}{parts.path}", dict(query)


def granted(query: Mapping[str, str]) -> dict[str, str]:
    """What GitHub would fill in."""
    return {name: level for name, level in query.items() if level in {"read", "write", "admin"}}


def test_links_fill_in_just_what_is_needed(lab: Lab) -> None:
    on_github = {"GITHUB_API_URL": "https://api.github.com"}

    found = credentials(lab.shell, "--organization", "acme", environ=on_github)

    assert found.keys() == {"reading", "writing"}
    for each, permissions in (("reading", READING), ("writing", WRITING)):
        app, of_app = taken_apart(found[each]["app"])
        token, of_token = taken_apart(found[each]["token"])
        assert app == "https://github.com/organizations/acme/settings/apps/new"
        assert token == "https://github.com/settings/personal-access-tokens/new"
        assert (of_app["public"], of_token["target_name"]) == ("false", "acme")
        assert granted(of_app) == granted(of_token) == {**permissions, "metadata": "read"}
        assert granted(of_app) == found[each]["permissions"]
    assert lab.exchanges == []


def test_links_for_oneself_for_another_server_and_for_reports(lab: Lab) -> None:
    own = credentials(lab.shell, "--report", "--api-url", "https://ghe.example/api/v3")

    app, of_app = taken_apart(own["reading"]["app"])
    token, of_token = taken_apart(own["writing"]["token"])
    assert app == "https://ghe.example/settings/apps/new"
    assert token == "https://ghe.example/settings/personal-access-tokens/new"
    assert granted(of_app) == {"actions": "read", "environments": "read", "metadata": "read", "issues": "write"}
    assert ("issues" in granted(of_token), "target_name" in of_token) == (False, False)
    said = lab.shell.ok("credentials", "--api-url", "https://api.github.com")
    links = [urlsplit(word) for word in said.split() if word.startswith("https://")]
    assert {link.netloc for link in links} == {"github.com"}
    assert [link.path.rpartition("/settings/")[2] for link in links] == [
        "apps/new",
        "personal-access-tokens/new",
    ] * 2
    assert "For plan and drift: Actions: read, Environments: read, Metadata: read" in said


def grant(lab: Lab, permission: str) -> str:
    page = "https://127.0.0.1/organizations/acme/settings/apps/envsync-acme/permissions"
    return f"grant the GitHub App envsync-acme the permission {permission} at {page}, then accept it at {lab.page}"


@pytest.fixture
def applied(lab: Lab) -> Lab:
    """All that a file can say, by an App with just what the writing link grants."""
    lab.file()
    lab.installed(credentials(lab.shell, "--organization", "acme")["writing"]["permissions"])
    lab.run("apply", "--yes")
    return lab


def test_what_the_reading_link_grants_reads_all(applied: Lab) -> None:
    applied.installed(credentials(applied.shell, "--organization", "acme")["reading"]["permissions"])

    plan = applied.plan()
    drift = check("drift", applied.run("drift", "--pending", "-o", "json").out)

    assert plan["changes"] == plan["unread"] == drift["differences"] == drift["pending"] == drift["unread"] == []
    assert {each["state"] for each in plan["secrets"]} == {"in_sync"}
    refused = applied.run("apply", "--yes", "--rotate-secrets", code=1).out
    assert grant(applied, "Environments: write") in " ".join(refused.split())


@pytest.mark.parametrize(("lacking", "code"), [("environments", 1), ("actions", 4)])
def test_a_permission_to_read_that_is_lacking_is_named_with_its_pages(
    applied: Lab, lacking: str, code: int
) -> None:
    applied.installed({name: level for name, level in READING.items() if name != lacking})

    plan = applied.plan(code=code)

    assert plan["changes"] == []
    assert {hint for _, hint in reasons(plan).values()} == {grant(applied, f"{lacking.capitalize()}: read")}


OTHERWISE = (
    "  production:",
    "    required_reviewers: [acme/devops, bob]",
    "    wait_timer: 20",
    "    can_admins_bypass: false",
    "    deployment_branch_policy: {branches: [release], tags: ['v*', 'w*']}",
    "    deployment_protection_rules: [lock]",
    '    variables: {LEVEL: "2", MORE: "1"}',
    "    secrets: {TOKEN: {env: NEW}, MORE: {env: TOKEN}}",
    "  staging: {deployment_branch_policy: {branches: [main]}}",
    "  new: {wait_timer: 5}",
)
EVERY_CHANGE = {
    ("environment", "create"),
    ("environment", "delete"),
    ("settings", "update"),
    ("branch_pattern", "update"),
    ("branch_pattern", "delete"),
    ("tag_pattern", "create"),
    ("protection_rule", "create"),
    ("protection_rule", "delete"),
    ("variable", "create"),
    ("variable", "update"),
    ("variable", "delete"),
    ("secret", "create"),
    ("secret", "update"),
    ("secret", "delete"),
}


def test_what_the_writing_link_grants_makes_every_kind_of_change(lab: Lab) -> None:
    environ = {"NEW": "another value"}
    lab.file(
        *PRODUCTION,
        "  staging: {deployment_branch_policy: {branches: [main, develop]}}",
        "  former: {wait_timer: 5}",
    )
    lab.installed(credentials(lab.shell, "--organization", "acme")["writing"]["permissions"])
    lab.run("apply", "--yes")
    lab.file(*OTHERWISE)
    changes = {(each["kind"], each["action"]) for each in lab.plan(environ=environ)["changes"]}

    lab.run("apply", "--yes", "--allow-weakening", "--allow-destroying", environ=environ)

    assert changes == EVERY_CHANGE
    settled = lab.plan(environ=environ)
    assert settled["changes"] == settled["unread"] == []
    assert {each["state"] for each in settled["secrets"]} == {"in_sync"}


@pytest.mark.parametrize(
    ("less", "permission"),
    [({"administration": "read"}, "Administration: write"), ({"environments": "read"}, "Environments: write")],
)
def test_a_permission_to_write_that_is_lacking_is_named_with_its_pages(
    lab: Lab, less: dict[str, str], permission: str
) -> None:
    lab.file("  production: {variables: {LEVEL: '1'}}")
    lab.installed({**WRITING, **less})

    said = " ".join(lab.run("apply", "--yes", code=1 if "administration" in less else 3).out.split())

    assert grant(lab, permission) in said


def test_a_team_that_the_app_may_not_see_is_no_reviewer(lab: Lab) -> None:
    lab.file("  production: {required_reviewers: [acme/devops]}")
    lab.installed({name: level for name, level in WRITING.items() if name != "members"})

    said = " ".join(lab.run("apply", "--yes", code=1).out.split())

    assert grant(lab, "Members: read") in said
    assert "production" not in lab.sandbox.state.repository("acme/payments").environments
