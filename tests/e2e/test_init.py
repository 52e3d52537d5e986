"""`envsync init`: from a checkout with nothing in it to a plan, and to workflows that plan, apply and watch."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from support.app_keys import private_pem, public_pem
from support.begun import TOOLS, checked_out, git, said, text_of, written
from support.schemas import check
from support.shell import CANARY, ROOT, Shell
from support.terminal import on_terminal
from support.workflows import Project

from envsync import __version__
from envsync.github.links import Need
from envsync.sandbox import WORKFLOW_TOKEN, Sandbox
from envsync.sandbox.state import Environment, Protection, Reviewer

if TYPE_CHECKING:
    from pathlib import Path

    from support.shell import GitHub

ACTION = ".github/actions/envsync"
EVERY = ["environments.yaml", *TOOLS]
NOW = "2026-01-01T00:00:00Z"


@pytest.fixture
def checkout(shell: Shell) -> Shell:
    return checked_out(shell)


# --- from nothing ------------------------------------------------------------------------------------------


def test_from_an_empty_checkout_to_a_plan_in_two_commands(checkout: Shell) -> None:
    ran = checkout.run("init", "--reviewer", "team-lead", "--reviewer", "acme/devops-admins")

    assert (ran.code, ran.out) == (0, "")
    assert said(ran.err) == [f"{path}: written" for path in EVERY]
    assert sorted(written(checkout)) == sorted(EVERY)
    valid = checkout.run("validate")
    assert (valid.code, valid.out.partition(",")[0].strip()) == (0, "environments.yaml: valid")
    assert "warning" not in valid.err  # nor of the workflows
    plan = check("plan", checkout.ok("plan", "--sandbox", "-o", "json"))
    created = {each["environment"] for each in plan["changes"] if each["kind"] == "environment"}
    assert created == {"staging", "production-approval", "production", "staging-rollback", "production-rollback"}
    assert {each["repository"] for each in plan["changes"]} == {"acme/payments"}
    assert text_of(checkout, TOOLS[0]) == (ROOT / TOOLS[0]).read_text(encoding="utf-8")


def test_the_next_steps_are_told_unless_somebody_wants_it_quiet(checkout: Shell) -> None:
    first = checkout.run("init", "--reviewer", "acme/devops-admins")
    again = checkout.run("init", "-q")

    steps = re.findall(r"^(\d\. .*)$", first.err, re.MULTILINE)
    assert [step[0] for step in steps] == list("123456")
    assert "https://github.com/organizations/acme/settings/apps/new?name=envsync-acme-reader&" in first.err
    assert "https://github.com/acme/payments/settings/environments\n" in first.err
    assert (again.code, again.out, again.err) == (0, "", "")


def test_it_writes_to_the_top_of_the_checkout(checkout: Shell) -> None:
    deeper = checkout.folder / "deep/er"
    deeper.mkdir(parents=True)

    Shell(deeper).ok("init", "--reviewer", "team-lead")

    assert sorted(written(checkout)) == sorted(EVERY)


def test_workflows_can_be_left_out(checkout: Shell) -> None:
    ran = checkout.run("init", "--reviewer", "team-lead", "--no-workflows")

    assert sorted(written(checkout)) == sorted(EVERY[:2])
    assert "https://github.com/settings/personal-access-tokens/new?" in ran.err


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("https://github.com/acme/web.git", "acme/web"),
        ("ssh://git@ghe.example/acme/web", "acme/web"),
        ("/srv/git/web", None),
    ],
)
def test_the_repository_is_that_of_the_remote(checkout: Shell, remote: str, name: str | None) -> None:
    git(checkout, "remote", "set-url", "origin", remote)

    ran = checkout.run("init", "--reviewer", "team-lead")

    assert ran.code == (0 if name else 1)
    if name:
        assert f"repositories: [{name}]\n" in text_of(checkout)
        assert "name: web\n" in text_of(checkout)


def test_options_say_what_nothing_else_tells(shell: Shell) -> None:
    options = (
        "--repository",
        "acme/api",
        "--name",
        "all of us",
        "--reviewer",
        "@ann, acme/ops",
        "--reviewer",
        "bob",
    )

    shell.ok("init", *options)

    assert "repositories: [acme/api]\n" in text_of(shell)
    assert 'name: "all of us"\n' in text_of(shell)
    assert text_of(shell).count("required_reviewers: [acme/ops, ann, bob]\n") == 3


# --- what is refused ---------------------------------------------------------------------------------------


def test_without_a_terminal_what_is_missing_is_named_with_its_option(shell: Shell) -> None:
    ran = shell.run("init")

    assert ran.code == 1
    assert "error[no-repository]" in ran.err
    assert "--repository OWNER/REPO" in ran.err
    assert "error[no-reviewer]" in ran.err
    assert "--reviewer LOGIN" in ran.err
    assert "--import" in ran.err
    assert written(shell) == {}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--reviewer", "other/ops"], "foreign-team"),
        (["--reviewer", "two words"], "not-a-reviewer"),
        (["--reviewer", "ann", "--name", "/"], "not-a-name"),
        (["--reviewer", "ann", "--import"], "wrong-option"),
        (["--reviewer", "ann", "--sandbox"], "wrong-option"),
        (["--reviewer", "ann", "--repository", "-x/y"], "not-a-repository"),
        (["--reviewer", "ann", "--api-url", "http://github.example"], "insecure-api-url"),
        (["--import", "--sandbox", "--api-url", "https://ghe.example/api/v3"], "two-servers"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    checkout: Shell, options: list[str], code: str
) -> None:
    ran = checkout.run("init", *options)

    assert (ran.code, written(checkout)) == (1, {})
    assert f"error[{code}]" in ran.err


def test_where_one_file_cannot_be_written_none_is(
    checkout: Shell, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (checkout.folder / ".github").symlink_to(elsewhere)

    ran = checkout.run("init", "--reviewer", "team-lead")

    assert (ran.code, written(checkout), [*elsewhere.iterdir()]) == (1, {}, [])
    assert ran.err.count("a link leads out of the checkout") == 5


def test_from_a_subfolder_it_says_where_it_writes(checkout: Shell) -> None:
    inner = Shell(checkout.folder / "infra", checkout.environ)
    inner.folder.mkdir()

    ran = inner.run("init", "--reviewer", "ann")

    assert said(ran.err)[0] == f"in {checkout.folder}, the top of the checkout:"
    assert sorted(written(checkout)) == sorted(EVERY)


@pytest.mark.parametrize(
    ("remote", "options", "found"),
    [
        (
            "git@ghe.example.com:acme/web.git",
            [],
            "git's remote is on ghe.example.com, and the links below are of github.com",
        ),
        ("git@ghe.example.com:acme/web.git", ["--api-url", "https://ghe.example.com/api/v3"], None),
        ("git@github.com:acme/web.git", [], None),
        ("git@github-work:acme/web.git", [], None),  # a name of ssh's own configuration
    ],
)
def test_links_to_another_server_than_the_remotes_are_said_to_be(
    shell: Shell, remote: str, options: list[str], found: str | None
) -> None:
    git(shell, "init", "--quiet")
    git(shell, "remote", "add", "origin", remote)

    err = shell.run("init", "--reviewer", "ann", *options).err

    assert ("warning[other-host]" in err) == (found is not None)
    assert found is None or found in err


def test_a_default_branch_of_another_name_is_said_to_be_one(checkout: Shell) -> None:
    git(checkout, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/master")

    ran = checkout.run("init", "--reviewer", "ann")

    assert "warning[other-branch]: the default branch is master, and the files speak of main" in ran.err


# --- once more ---------------------------------------------------------------------------------------------


def test_once_more_changes_nothing_and_asks_nothing(checkout: Shell) -> None:
    checkout.ok("init", "--repository", "acme/web", "--name", "us", "--reviewer", "bob", "--reviewer", "acme/ops")
    before = written(checkout)

    ran = checkout.run("init")

    assert (ran.code, written(checkout)) == (0, before)
    assert said(ran.err) == [f"{path}: unchanged" for path in EVERY]
    assert "Next:" not in ran.err


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\nname: x\nrepositories: [acme/payments]\nenvironments: {staging: {}}\n",
        "version: 1\nname: x\nrepositories: [acme/a, acme/b]\nenvironments: {p: {required_reviewers: [ann]}}\n",
        "version: 1\nname: x\nrepositories: ['acme/*']\nenvironments: {p: {required_reviewers: [ann]}}\n",
        "not: [valid\n",
        "",
    ],
)
def test_a_file_of_ones_own_is_kept(checkout: Shell, text: str) -> None:
    checkout.write(text)

    ran = checkout.run("init")

    assert (ran.code, text_of(checkout)) == (0, text)
    assert said(ran.err) == [
        "environments.yaml: kept, for it is yours",
        *(f"{path}: written" for path in TOOLS),
    ]
    assert checkout.run("init", "--force").code == 0
    assert text_of(checkout) == text


def test_other_reviewers_than_those_in_the_file_are_said_not_to_be_there(checkout: Shell) -> None:
    checkout.ok("init", "--reviewer", "ann")
    before = text_of(checkout)

    same, other = (checkout.run("init", "--reviewer", name) for name in ("ann", "bob"))

    assert said(same.err)[0] == "environments.yaml: unchanged"
    assert said(other.err)[0] == "environments.yaml: kept, for it is there; --force replaces it"
    assert text_of(checkout) == before


@pytest.mark.parametrize("repositories", ["acme/a", "acme/a, 'acme/b*'", "acme/a, acme/b"])
def test_the_links_are_of_the_one_repository_in_the_file_or_of_the_checkout(
    checkout: Shell, repositories: str
) -> None:
    checkout.write(f"version: 1\nname: x\nrepositories: [{repositories}]\n")

    ran = checkout.run("init")

    name = "a" if repositories == "acme/a" else "payments"
    assert f"https://github.com/acme/{name}/settings/environments" in ran.err


def test_what_was_edited_is_kept_and_said(checkout: Shell) -> None:
    checkout.ok("init", "--reviewer", "ann")
    workflow = TOOLS[1]
    for path in ("environments.yaml", workflow):
        checkout.write(text_of(checkout, path) + "# mine\n", path)
    before = written(checkout)

    ran = checkout.run("init", "--reviewer", "ann")

    assert (ran.code, written(checkout)) == (0, before)
    assert said(ran.err)[0] == "environments.yaml: kept, for it is there; --force replaces it"
    assert f"{workflow}: kept, though it is not what init writes" in said(ran.err)
    assert said(ran.err)[-1].startswith("--force replaces what was kept; --force --dry-run")


def test_force_renews_the_tools_and_the_file_only_where_somebody_says_by_what(checkout: Shell) -> None:
    checkout.ok("init", "--reviewer", "ann")
    begun = written(checkout)
    edited = {path: text + "# mine\n" for path, text in begun.items()}
    for path, text in edited.items():
        checkout.write(text, path)

    tools = checkout.run("init", "--force")

    assert tools.code == 0
    assert written(checkout) == begun | {"environments.yaml": edited["environments.yaml"]}
    assert said(tools.err) == [
        "environments.yaml: kept, for it is yours; to replace it, say by what: --reviewer or --import",
        *(f"{path}: replaced" for path in TOOLS),
    ]

    checkout.ok("init", "--force", "--reviewer", "ann")

    assert written(checkout) == begun


# --- the dry run -------------------------------------------------------------------------------------------


def test_a_dry_run_shows_just_what_would_be_written_as_git_can_apply_it(checkout: Shell) -> None:
    checkout.write("# another one\n", TOOLS[1])
    options = ("init", "--reviewer", "ann", "--force")

    ran = checkout.run(*options, "--dry-run")

    assert (ran.code, list(written(checkout))) == (0, [TOOLS[1]])
    assert "Next:" not in ran.err
    assert ran.err.splitlines()[-1] == "nothing was written"
    git(checkout, "apply", "-", stdin=ran.out)
    applied = written(checkout)
    checkout.ok(*options)
    assert written(checkout) == applied
    assert checkout.ok(*options, "--dry-run") == ""


def test_a_dry_run_shows_nothing_of_a_file_that_would_go(checkout: Shell) -> None:
    """Somebody may have put a secret there."""
    checkout.write(f"environments:\n  staging: {{secrets: {{X: {CANARY}}}}} # {CANARY}\n")

    ran = checkout.run("init", "--reviewer", "ann", "--force", "--dry-run")

    assert ran.code == 0  # and the shell looks for the canary
    assert "\n-•••\n" in ran.out


def test_a_dry_run_has_colours_where_they_are_wanted(checkout: Shell) -> None:
    assert "\x1b[32m+version: 1\x1b[0m\n" in checkout.ok("init", "--reviewer", "a", "--dry-run", "--color=always")
    assert "\x1b" not in checkout.ok("init", "--reviewer", "a", "--dry-run")


# --- on a terminal -----------------------------------------------------------------------------------------


def test_on_a_terminal_it_asks_for_what_is_missing_until_it_can_be(shell: Shell) -> None:
    with on_terminal(shell, "init") as terminal:
        terminal.wait_for_question("Repository, as OWNER/REPO")
        terminal.type("payments\n")
        terminal.wait_for_question("error[not-a-repository]")
        terminal.type("acme/payments\n")
        terminal.wait_for_question("Who approves")
        terminal.type("other/ops\n")
        terminal.wait_for_question("error[foreign-team]")
        terminal.type("team-lead, acme/ops\n")

        assert terminal.end() == 0, terminal.shown
    assert sorted(written(shell)) == sorted(EVERY)
    assert "required_reviewers: [acme/ops, team-lead]\n" in text_of(shell)


def test_a_team_tells_the_owner_and_the_folder_the_name(shell: Shell) -> None:
    offered = f"acme/{shell.folder.name}"
    with on_terminal(shell, "init", "--reviewer", "acme/ops") as terminal:
        terminal.wait_for_question(f"[{offered}]")
        terminal.type("\n")

        assert terminal.end() == 0, terminal.shown
    assert f"repositories: [{offered}]\n" in text_of(shell)


@pytest.mark.parametrize("how", ["Ctrl-C", "end of input"])
def test_who_leaves_leaves_nothing_behind(checkout: Shell, how: str) -> None:
    with on_terminal(checkout, "init") as terminal:
        terminal.wait_for_question("Who approves")
        if how == "end of input":
            terminal.type("\x04")

        assert (terminal.interrupt() if how == "Ctrl-C" else terminal.end()) == 130
    assert terminal.shown.rstrip().endswith("interrupted")
    assert written(checkout) == {}


# --- from what is there ------------------------------------------------------------------------------------


def clicked_together(sandbox: Sandbox) -> None:
    sandbox.seed(users=["ann"], teams=[("acme", "ops")], repositories=[("acme", "payments")])
    state = sandbox.state
    live = Environment(state.new_id(), "production", NOW, NOW)
    live.protection = Protection(30, [Reviewer("Team", state.teams["acme/ops"].id)])
    state.repository("acme/payments").environments["production"] = live


def test_it_can_begin_with_what_is_on_github(github: GitHub) -> None:
    clicked_together(github.sandbox)

    ran = github.shell.run("init", "--import", "--repository", "acme/payments", "--name", "us")

    assert ran.code == 0, ran.err
    assert sorted(written(github.shell)) == sorted(EVERY)
    text = text_of(github.shell)
    assert text.startswith("# yaml-language-server: $schema=./schemas/environments.schema.json\n")
    assert "name: us\n" in text
    assert "required_reviewers: [acme/ops]\n" in text
    assert "/organizations/acme/settings/apps/new" in ran.err
    assert check("plan", github.shell.ok("plan", "-o", "json"))["changes"] == []
    assert {each.method for each in github.exchanges} == {"GET"}


def test_once_more_reads_nothing_and_only_force_replaces_the_file(github: GitHub) -> None:
    clicked_together(github.sandbox)
    github.shell.write("version: 1\nname: x\nrepositories: [acme/payments]\n")
    before = text_of(github.shell)

    kept = github.shell.run("init", "--import")

    assert (kept.code, text_of(github.shell), github.exchanges) == (0, before, [])
    assert said(kept.err)[0] == (
        "environments.yaml: kept, for it is there, and nothing was imported; --force replaces it"
    )

    github.shell.ok("init", "--import", "--force")

    assert "required_reviewers: [acme/ops]\n" in text_of(github.shell)


def test_where_github_cannot_be_read_nothing_is_written(github: GitHub) -> None:
    ran = github.shell.run("init", "--import", "--repository", "acme/nowhere")

    assert (ran.code, written(github.shell)) == (4, {})


# --- at home in CI -----------------------------------------------------------------------------------------


def test_the_workflows_that_it_writes_plan_apply_and_watch(tmp_path: Path) -> None:
    """From `init` on: the pull request, the merge, and the watch of the day after."""
    with Sandbox() as sandbox:
        sandbox.seed(users=["team-lead"], repositories=[("acme", "payments")])
        project = Project(tmp_path, sandbox.url, begun=("--reviewer", "team-lead"))
        apps = {}
        for place, app in enumerate(("reading", "writing")):
            permissions = Need("acme", writes=app == "writing").permissions
            key = public_pem(place)
            number, _ = sandbox.install_app(app, public_key=key, owner="acme", permissions=permissions)
            secrets = {"GITHUB_TOKEN": WORKFLOW_TOKEN, "ENVSYNC_APP_PRIVATE_KEY": private_pem(place)}
            apps[app] = ({"ENVSYNC_APP_ID": str(number)}, secrets)
        project.commit("begin")
        request = sandbox.open_pull_request("acme/payments", "change")

        project.variables, project.secrets = apps["reading"]
        project.git("checkout", "-q", "-b", "change")
        project.commit("propose")
        planned = project.act("pull_request", "envsync-plan.yml", project.pull_request(request))

        assert planned.jobs == {"plan": "success"}, planned.log
        (comment,) = sandbox.state.repository("acme/payments").issues[request].comments.values()
        assert "### envsync plan: " in comment.body

        project.variables, project.secrets = apps["writing"]
        project.git("checkout", "-q", "main")
        applied = project.act("push", "envsync-apply.yml", project.push())

        assert applied.jobs == {"apply": "success"}, applied.log
        environments = sandbox.state.repository("acme/payments").environments
        assert set(environments) >= {"staging", "production", "production-approval"}

        project.variables, project.secrets = apps["reading"]
        watched = project.act("schedule", "envsync-drift.yml", project.push())

        assert watched.jobs == {"drift": "success"}, watched.log


def test_the_copy_of_the_action_installs_its_version_and_what_is_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a wheel that carries all that init copies, as the index would have it. The rest is asked for there."""
    wheels = tmp_path / "wheels"
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", str(wheels), str(ROOT)]
    subprocess.run(build, check=True)
    (wheel,) = wheels.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith("envsync/templates/")]
        packed = {name.removeprefix("envsync/templates/"): archive.read(name) for name in names}
    of_the_pipeline = {name for name in packed if name.startswith("pipeline/")}
    own = ROOT / "envsync/templates"
    assert packed == {
        name: (own if name in of_the_pipeline else ROOT).joinpath(name).read_bytes() for name in packed
    }
    assert len(set(packed) - of_the_pipeline) == 5
    lying = (path for path in own.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert of_the_pipeline == {path.relative_to(own).as_posix() for path in lying}
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    project = Project(
        tmp_path / "project", "http://127.0.0.1:9", installed=False, begun=("--reviewer", "team-lead")
    )
    project.commit("begin")

    run = project.act("pull_request", "envsync-plan.yml", project.pull_request(1, fork=True))

    assert run.jobs == {"fork": "success"}, run.log
    assert run.steps["Plan on the sandbox"].outputs["changes"] == "16"
    assert wheel.name.split("-")[1] == __version__
