"""The action and the workflows, run for real by act, from the pull request to the repair of what drifted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pytest
import yaml
from support.app_keys import private_pem, public_pem
from support.openapi import check_exchange
from support.schemas import check
from support.shell import ROOT, Shell
from support.workflows import WORKFLOWS, Project

from envsync.github.links import Need
from envsync.sandbox import FULL_TOKEN, RECORD_KEY, WORKFLOW_TOKEN, Exchange, Options, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.workflows import Run

    from envsync.sandbox.issue_state import Comment, Issue
    from envsync.sandbox.state import Environment

FILE = """\
version: 1
name: payments
repositories: [acme/payments]
environments:
  production:
    required_reviewers: [team-lead]
    wait_timer: 30
    deployment_branch_policy: {branches: [main]}
    variables: {LEVEL: "1"}
"""
STRICTER = FILE.replace("wait_timer: 30", "wait_timer: 60") + "  staging: {variables: {LEVEL: low}}\n"
WEAKER = FILE.replace("wait_timer: 30", "wait_timer: 5")
INVALID = FILE.replace("wait_timer: 30", "wait_timer: soon")
TAKEN = "raise SystemExit('taken over')\n"
HOSTILE = {  # beside the file; of Python's and pip's, what they would take from the folder that they run in
    "action.yml": (ROOT / "action.yml")
    .read_text(encoding="utf-8")
    .replace("set -euo pipefail", "echo taken over"),
    "python3": "#!/bin/sh\necho taken over\n",
    **dict.fromkeys((".github/requirements.txt", "pyproject.toml", "pip.conf"), "nothing\n"),
    **{f"{name}/__init__.py": TAKEN for name in ("envsync", "pip", "hatchling")},
    **{f"{name}.py": TAKEN for name in ("sitecustomize", "usercustomize", "json", "yaml", "click", "venv")},
}
REPOSITORY = "/repos/acme/payments"
READS = {"GET", "HEAD"}


@dataclass
class Pipeline:
    """acme/payments, whose `environments.yaml` says how acme/payments is: GitHub, its Apps, a pull request."""

    sandbox: Sandbox
    project: Project
    shell: Shell  # of somebody who may do everything, in the repository's folder
    exchanges: list[Exchange]
    watchers: list[Callable[[Exchange], None]]
    written_secrets: list[tuple[str, str, str, bytes]]
    number: int
    apps: dict[str, int] = field(default_factory=dict)

    def use(self, app: Literal["reading", "writing"], **secrets: str) -> None:
        """Give the next runs what an environment of the how-to holds."""
        self.project.variables = {"ENVSYNC_APP_ID": str(self.apps[app])}
        key = private_pem(list(self.apps).index(app))
        self.project.secrets = {"GITHUB_TOKEN": WORKFLOW_TOKEN, "ENVSYNC_APP_PRIVATE_KEY": key, **secrets}

    def propose(self, text: str, **more: str) -> Run:
        """Push `text` to the branch of the pull request."""
        self.use("reading")
        self.project.git("checkout", "-q", "-B", "change")
        self.project.commit("propose", {"environments.yaml": text, **more})
        self.exchanges.clear()
        return self.project.act("pull_request", "envsync-plan.yml", self.project.pull_request(self.number))

    def merge(self, text: str, **secrets: str) -> Run:
        self.use("writing", **secrets)
        self.project.git("checkout", "-q", "main")
        self.project.commit("merge", {"environments.yaml": text})
        self.exchanges.clear()
        return self.project.act("push", "envsync-apply.yml", self.project.push())

    def watch(self, **secrets: str) -> Run:
        self.use("reading", **secrets)
        self.exchanges.clear()
        return self.project.act("schedule", "envsync-drift.yml", self.project.push())

    def applied(self, text: str, **environ: str) -> None:
        """GitHub and the branch main are as `text` says."""
        self.project.commit("begin", {"environments.yaml": text})
        self.shell.ok("apply", "--yes", **environ)
        self.exchanges.clear()

    def production(self) -> Environment:
        return self.sandbox.state.environment("acme/payments", "production")

    def issues(self) -> list[Issue]:
        every = self.sandbox.state.repository("acme/payments").issues.values()
        return [issue for issue in every if not issue.is_pull_request]

    def comments(self) -> list[Comment]:
        """On the pull request."""
        return list(self.sandbox.state.repository("acme/payments").issues[self.number].comments.values())

    def writes(self) -> list[str]:
        """What was written, but for the tokens that an App asks for."""
        every = [f"{each.method} {each.path}" for each in self.exchanges if each.method not in READS]
        return [each for each in every if not each.endswith("/access_tokens")]


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    exchanges: list[Exchange] = []
    watchers: list[Callable[[Exchange], None]] = []
    written: list[tuple[str, str, str, bytes]] = []

    def observe(exchange: Exchange) -> None:
        exchanges.append(exchange)
        check_exchange(exchange)
        for watcher in watchers:
            watcher(exchange)

    options = Options(on_secret=lambda *secret: written.append(secret))
    with Sandbox(observe=observe, options=options) as sandbox:
        sandbox.seed(users=["team-lead", "carol"], repositories=[("acme", "payments")])
        project = Project(tmp_path, sandbox.url)
        project.commit("begin")
        shell = Shell(project.repo, {"GITHUB_API_URL": sandbox.url, "GH_TOKEN": FULL_TOKEN})
        number = sandbox.open_pull_request("acme/payments", "change")
        pipeline = Pipeline(sandbox, project, shell, exchanges, watchers, written, number)
        for place, app in enumerate(("reading", "writing")):
            permissions = Need("acme", writes=app == "writing").permissions
            key = public_pem(place)
            pipeline.apps[app], _ = sandbox.install_app(
                f"envsync-{app}", public_key=key, owner="acme", permissions=permissions
            )
        yield pipeline


def shown(comment: Comment) -> str:
    """What people see of it."""
    marker, _, text = comment.body.partition("\n")
    assert re.fullmatch(r"<!-- envsync plan [0-9a-f]{16} -->", marker)
    return text.strip()


def outputs(run: Run, *names: str) -> dict[str, tuple[str, ...]]:
    """Of the steps that use the action."""
    ours = {name: step.outputs for name, step in run.steps.items() if "exit-code" in step.outputs}
    return {name: tuple(found[each] for each in names) for name, found in ours.items()}


# --- the pull request --------------------------------------------------------------------------------------


def test_a_pull_request_shows_its_plan_in_one_comment_that_the_next_push_replaces(pipeline: Pipeline) -> None:
    pipeline.applied(FILE)

    first = pipeline.propose(STRICTER)

    assert (first.code, first.jobs) == (0, {"plan": "success"})  # and no job `fork`
    assert pipeline.writes() == [f"POST {REPOSITORY}/issues/1/comments"]
    (comment,) = pipeline.comments()
    assert comment.author == "github-actions[bot]"
    assert shown(comment).startswith("### envsync plan: 2 to create, 1 to update\n")
    assert first.steps["Plan"].summary.strip() == shown(comment)
    kept, before = comment.id, shown(comment)

    pipeline.propose(STRICTER.replace("60", "90"))

    (comment,) = pipeline.comments()
    assert pipeline.writes() == [f"PATCH {REPOSITORY}/issues/comments/{kept}"]
    assert (comment.id, shown(comment)) == (kept, before.replace("60", "90"))

    pipeline.propose(FILE)

    (comment,) = pipeline.comments()
    in_sync = "### envsync plan — In sync: everything is as the files say."
    assert (comment.id, shown(comment).split("\n")[0]) == (kept, in_sync)


def test_a_pull_request_that_changes_nothing_says_so_since_it_knows_no_record(pipeline: Pipeline) -> None:
    """What left the file may be due to be deleted: only the record tells."""
    pipeline.applied(FILE)

    run = pipeline.propose(f"# of no consequence\n{FILE}")

    assert (run.jobs, run.steps["Plan"].outputs["changes"]) == ({"plan": "success"}, "0")
    (comment,) = pipeline.comments()
    assert shown(comment).startswith("### envsync plan — In sync")


def test_what_runs_is_of_the_branch_that_was_reviewed(pipeline: Pipeline) -> None:
    pipeline.applied(FILE)

    run = pipeline.propose(STRICTER, **HOSTILE)

    assert run.jobs == {"plan": "success"}
    assert "taken over" not in run.log
    assert len(pipeline.comments()) == 1


def test_an_invalid_file_is_shown_beside_its_line_and_in_the_comment(pipeline: Pipeline) -> None:
    pipeline.applied(FILE)

    run = pipeline.propose(INVALID)

    assert run.jobs == {"plan": "failure"}
    assert (run.steps["Validate"].result, run.steps["Plan"].result) == ("failure", "failure")
    (comment,) = pipeline.comments()
    assert shown(comment).startswith("### envsync plan: 1 error")
    annotation, _ = run.annotations  # of Validate, and of Plan
    assert annotation["command"] == "error"
    assert annotation["arg"].startswith("`soon` is not a wait timer\nhelp: ")
    place = {name: annotation["kvPairs"][name] for name in ("file", "line", "title")}
    line = INVALID.splitlines().index("    wait_timer: soon") + 1
    assert place == {"file": "environments.yaml", "line": str(line), "title": "envsync[wrong-format]"}
    assert "`environments.yaml:7:17`" in run.steps["Validate"].summary


def test_a_plan_of_an_invalid_file_takes_the_place_of_the_plan_before(pipeline: Pipeline) -> None:
    pipeline.applied(FILE)
    comment = ("--comment", f"acme/payments#{pipeline.number}")
    pipeline.shell.write(STRICTER)
    pipeline.shell.ok("plan", *comment)
    kept = pipeline.comments()[0].id
    pipeline.shell.write(INVALID)

    ran = pipeline.shell.run("plan", *comment)

    (only,) = pipeline.comments()
    assert (ran.code, only.id) == (1, kept)
    assert shown(only).startswith("### envsync plan: 1 error")
    assert "to update" not in shown(only)


@pytest.mark.parametrize("handed", ["nothing", "everything"])
def test_a_fork_gets_a_plan_that_says_that_it_was_not_compared_with_github(
    pipeline: Pipeline, handed: str
) -> None:
    """GitHub hands a workflow of a fork no secret; act hands out whatever there is."""
    pipeline.use("reading", ENVSYNC_RECORD_KEY=RECORD_KEY)
    if handed == "nothing":
        pipeline.project.secrets, pipeline.project.variables = {}, {}
    pipeline.project.git("checkout", "-q", "-b", "change")
    pipeline.project.commit("propose", {"environments.yaml": FILE})
    event = pipeline.project.pull_request(pipeline.number, fork=True)

    run = pipeline.project.act("pull_request", "envsync-plan.yml", event)

    assert (run.jobs, pipeline.exchanges) == ({"fork": "success"}, [])
    summary = run.steps["Plan on the sandbox"].summary
    assert summary.splitlines()[2] == "**this is the embedded sandbox: nothing was compared with GitHub**"
    assert "| create | the environment |" in summary


# --- the merge ---------------------------------------------------------------------------------------------


def test_the_merge_applies_exactly_what_the_comment_showed(pipeline: Pipeline) -> None:
    pipeline.applied(FILE)
    pipeline.propose(STRICTER)
    (comment,) = pipeline.comments()
    planned = check("plan", pipeline.shell.ok("plan", "-o", "json"))["changes"]

    run = pipeline.merge(STRICTER)

    assert run.jobs == {"apply": "success"}  # and no job `grant`
    assert run.steps["Plan"].summary.strip() == shown(comment)
    assert pipeline.writes() == [
        f"PUT {REPOSITORY}/environments/production",
        f"PUT {REPOSITORY}/environments/staging",
        f"POST {REPOSITORY}/environments/staging/variables",
    ]
    assert [(each["environment"], each["kind"], each["name"], each["fields"]) for each in planned] == [
        ("production", "settings", None, [{"name": "wait_timer", "before": 30, "after": 60}]),
        ("staging", "environment", None, []),
        ("staging", "variable", "LEVEL", [{"name": "value", "before": None, "after": "low"}]),
    ]
    assert pipeline.production().protection.wait_timer == 60
    staging = pipeline.sandbox.state.environment("acme/payments", "staging")
    assert {name: each.value for name, each in staging.variables.items()} == {"LEVEL": "low"}
    assert check("plan", pipeline.shell.ok("plan", "-o", "json"))["changes"] == []


def test_what_the_file_names_as_a_source_is_a_line_of_the_workflow(pipeline: Pipeline) -> None:
    """The how-to's fourth step, with the line that the workflow has as a comment."""
    workflow = ".github/workflows/envsync-apply.yml"
    text = (pipeline.project.repo / workflow).read_text(encoding="utf-8")
    line = "STAGING_AWS_ROLE_ARN: ${{ secrets.STAGING_AWS_ROLE_ARN }}"
    assert text.count(f"# {line}") == 3
    pipeline.project.commit("name the source", {workflow: text.replace(f"# {line}", line)})
    file = f"{FILE}  staging: {{secrets: {{AWS_ROLE_ARN: {{env: STAGING_AWS_ROLE_ARN}}}}}}\n"
    secrets = {"ENVSYNC_RECORD_KEY": RECORD_KEY, "STAGING_AWS_ROLE_ARN": "arn:of:staging"}

    run = pipeline.merge(file, **secrets)

    assert run.jobs == {"apply": "success"}
    assert pipeline.written_secrets == [("acme/payments", "staging", "AWS_ROLE_ARN", b"arn:of:staging")]
    assert "arn:of:staging" not in run.log
    assert "In sync" in pipeline.shell.ok("plan", **secrets)


def test_a_merge_that_weakens_waits_for_its_grant_which_applies_just_that(pipeline: Pipeline) -> None:
    pipeline.applied(FILE)

    run = pipeline.merge(WEAKER)

    assert run.jobs == {"apply": "success", "grant": "success"}
    assert run.steps["Plan"].outputs["weakens"] == "1"
    assert "Apply what needs no grant" not in run.steps
    assert pipeline.writes() == [f"PUT {REPOSITORY}/environments/production"]
    assert pipeline.production().protection.wait_timer == 5
    _, _, changes = run.steps["Plan"].summary.partition("<details>")
    granted = run.steps["Apply just that"].summary
    assert changes.strip() in granted
    assert "### envsync apply: 1 applied" in granted


def test_a_merge_that_destroys_waits_for_its_grant_too(pipeline: Pipeline) -> None:
    key = {"ENVSYNC_RECORD_KEY": RECORD_KEY}
    pipeline.applied(STRICTER, **key)

    run = pipeline.merge(FILE.replace("30", "60"), **key)

    assert run.jobs == {"apply": "success", "grant": "success"}
    assert outputs(run, "weakens", "destroys") == {"Plan": ("0", "1"), "Apply just that": ("0", "1")}
    assert f"DELETE {REPOSITORY}/environments/staging" in pipeline.writes()


@pytest.mark.parametrize(
    ("text", "jobs", "step"),
    [
        (STRICTER, {"apply": "failure"}, "Apply what needs no grant"),
        (WEAKER, {"apply": "success", "grant": "failure"}, "Apply just that"),
    ],
    ids=["in the next step", "while a reviewer was waited for"],
)
def test_what_is_applied_is_what_was_shown_or_nothing(
    pipeline: Pipeline, text: str, jobs: dict[str, str], step: str
) -> None:
    """Somebody changes GitHub between the plan and its apply."""
    pipeline.applied(FILE)
    tokens = 0

    def meddle(exchange: Exchange) -> None:
        nonlocal tokens
        tokens += exchange.path.endswith("/access_tokens")
        if tokens == 2:  # one for the plan, one for the apply
            pipeline.production().protection.wait_timer = 45

    pipeline.watchers.append(meddle)

    run = pipeline.merge(text)

    assert run.jobs == jobs
    assert [each["kvPairs"]["title"] for each in run.annotations] == ["envsync[plan-changed]"]
    assert run.steps[step].outputs["exit-code"] == "1"
    assert (pipeline.writes(), pipeline.production().protection.wait_timer) == ([], 45)


def test_the_environments_that_guard_envsync_are_not_applied_from_there(pipeline: Pipeline) -> None:
    run = pipeline.merge(f"{FILE}  envsync-grant: {{}}\n")

    assert (run.jobs, pipeline.writes()) == ({"apply": "failure"}, [])
    assert [each["kvPairs"]["title"] for each in run.annotations] == ["envsync[guards-itself]"]


def test_nothing_but_main_is_applied(pipeline: Pipeline) -> None:
    pipeline.use("writing")
    pipeline.project.commit("change", {"environments.yaml": FILE})

    run = pipeline.project.act("workflow_dispatch", "envsync-apply.yml", {"ref": "refs/heads/change"})

    assert (run.jobs, pipeline.exchanges) == ({}, [])


# --- drift -------------------------------------------------------------------------------------------------


def test_drift_opens_one_issue_and_a_repair_closes_it(pipeline: Pipeline) -> None:
    key = {"ENVSYNC_RECORD_KEY": RECORD_KEY}
    pipeline.applied(FILE, **key)
    pipeline.production().protection.wait_timer = 0

    first = pipeline.watch(**key)

    assert (first.code, first.jobs) == (1, {"drift": "failure"})
    assert first.steps["Drift"].outputs == {
        "changes": "0",
        "weakens": "1",
        "destroys": "",
        "drift": "1",
        "plan-file": "",
        "exit-code": "2",
    }
    (issue,) = pipeline.issues()
    assert (issue.state, issue.author, issue.labels) == ("open", "github-actions[bot]", ["envsync-drift"])
    assert "`wait_timer`" in (issue.body or "")
    assert first.steps["Drift"].summary.strip() in (issue.body or "")

    second = pipeline.watch(**key)

    assert (second.jobs, pipeline.writes()) == ({"drift": "failure"}, [])

    pipeline.shell.ok("apply", "--yes", "--allow-weakening", **key)
    third = pipeline.watch(**key)

    assert third.jobs == {"drift": "success"}
    assert third.steps["Drift"].outputs["exit-code"] == "0"
    (issue,) = pipeline.issues()
    assert (issue.state, issue.state_reason) == ("closed", "completed")
    assert [each.author for each in issue.comments.values()] == ["github-actions[bot]"]
    assert not [each for each in pipeline.writes() if "/environments" in each]


# --- the action --------------------------------------------------------------------------------------------


def steps(pipeline: Pipeline, *steps: dict[str, Any]) -> Run:
    """Of a workflow that uses the action as `steps` say, whatever becomes of the one before."""
    checkout = re.search(r"actions/checkout@[0-9a-f]{40}", (WORKFLOWS / "ci.yml").read_text(encoding="utf-8"))
    assert checkout
    every = [
        {"if": "always()", **step}
        if "run" in step
        else {"if": "always()", "uses": "./", **step, "with": {"version": "installed", **step["with"]}}
        for step in steps
    ]
    workflow = {
        "name": "try",
        "on": "workflow_dispatch",
        "permissions": {},
        "env": {"GH_TOKEN": FULL_TOKEN},
        "jobs": {"try": {"runs-on": "ubuntu-latest", "steps": [{"uses": checkout[0]}, *every]}},
    }
    pipeline.project.commit("try", {".github/workflows/try.yml": yaml.safe_dump(workflow)})
    return pipeline.project.act("workflow_dispatch", "try.yml", pipeline.project.push())


def test_flags_are_words_of_one_line_or_one_argument_a_line(pipeline: Pipeline) -> None:
    file = f"{FILE}  qa east: {{}}\n  qa west: {{}}\n"
    pipeline.project.commit("begin", {"environments.yaml": file, "qa.txt": "what a shell would make of qa*"})

    run = steps(
        pipeline,
        {"name": "none", "with": {}},
        {"name": "words", "with": {"flags": "  --detailed-exitcode   --environment qa* "}},
        {"name": "one word on a line", "with": {"flags": "--environment=production\n"}},
        {"name": "arguments", "with": {"flags": "--environment\nqa east\n\n--detailed-exitcode\n"}},
        {"name": "no command", "with": {"flags": "--environment\n$(touch taken) `touch taken`; touch taken\n"}},
        {"name": "look", "run": "test ! -e taken"},
    )

    assert outputs(run, "changes", "exit-code") == {
        "none": ("5", "0"),
        "words": ("2", "2"),
        "one word on a line": ("3", "0"),
        "arguments": ("1", "2"),
        "no command": ("", "1"),
    }
    succeeded = {name for name, step in run.steps.items() if step.result == "success"}
    assert succeeded >= {"none", "one word on a line"}
    assert not succeeded & {"words", "arguments", "no command"}  # any exit code but 0 fails the step
    assert "no-environment" in run.log
    assert run.steps["look"].result == "success"


def test_files_are_one_a_line_from_the_working_directory(pipeline: Pipeline) -> None:
    more = FILE.replace("production", "qa").replace("name: payments", "name: more")
    pipeline.project.commit("begin", {"all of it/a.yaml": FILE, "all of it/b c.yaml": more})

    run = steps(
        pipeline,
        {"name": "both", "with": {"files": "a.yaml\n\nb c.yaml\n", "working-directory": "all of it"}},
        {"name": "one", "with": {"files": "all of it/b c.yaml"}},
        {"name": "default", "with": {"command": "validate"}},
    )

    assert outputs(run, "changes", "exit-code") == {"both": ("6", "0"), "one": ("3", "0"), "default": ("", "1")}
    assert [each["kvPairs"]["title"] for each in run.annotations] == ["envsync[file-missing]"]


def test_a_plan_is_handed_on_by_its_file(pipeline: Pipeline) -> None:
    pipeline.applied(FILE)
    pipeline.project.commit("begin", {"environments.yaml": WEAKER})
    plan_file = "${{ steps.plan.outputs.plan-file }}"

    run = steps(
        pipeline,
        {"name": "plan", "id": "plan", "with": {}},
        {"name": "check", "run": f"grep -c '\"format_version\"' '{plan_file}'"},
        {"name": "not granted", "with": {"command": "apply", "plan-file": plan_file}},
        {
            "name": "granted",
            "with": {"command": "apply", "plan-file": plan_file, "flags": "--allow-weakening=production:timer"},
        },
        {"name": "after", "with": {}},
    )

    assert run.steps["check"].result == "success"
    assert run.steps["plan"].outputs["plan-file"].endswith("/envsync-plan.json")
    assert outputs(run, "changes", "weakens", "destroys", "exit-code") == {
        "plan": ("1", "1", "0", "0"),
        "not granted": ("1", "1", "0", "1"),
        "granted": ("1", "1", "0", "0"),
        "after": ("0", "0", "0", "0"),
    }


def test_what_the_action_does_not_know_it_refuses(pipeline: Pipeline) -> None:
    pipeline.project.commit("begin", {"environments.yaml": FILE})

    run = steps(
        pipeline,
        {"name": "command", "with": {"command": "sandbox"}},
        {"name": "option", "with": {"command": "plan --sandbox"}},
        {"name": "version", "with": {"version": "1.0; touch taken"}},
        {"name": "address", "with": {"version": "1.0 @ https://example.invalid/x.tar.gz"}},
        {"name": "look", "run": "test ! -e taken"},
    )

    every = {run.steps[name].result for name in ("command", "option", "version", "address")}
    assert (every, pipeline.exchanges) == ({"failure"}, [])
    assert [each["arg"] for each in run.annotations] == [
        *["command is one of validate, plan, apply and drift"] * 2,
        *['version is a released version, such as 1.2.0, or "installed"'] * 2,
    ]
    assert run.steps["look"].result == "success"


def test_a_version_is_installed_by_the_name_that_is_ours(pipeline: Pipeline) -> None:
    """`envsync` is somebody else's on PyPI. Where pip has no index to ask, it says what it looked for."""
    run = steps(pipeline, {"name": "plan", "with": {"version": "9.9.9"}, "env": {"PIP_NO_INDEX": "1"}})

    assert run.jobs == {"try": "failure"}
    assert "No matching distribution found for envsync-github[notify]==9.9.9" in run.log


def test_the_how_to_names_all_inputs_and_outputs_of_the_action() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    text = (ROOT / "docs/how-to/run-it-in-github-actions.md").read_text(encoding="utf-8")

    for what in ("input", "output"):
        _, _, table = text.partition(f"| {what} | is |\n")
        rows = table.partition("\n\n")[0].splitlines()[1:]
        named = [name for row in rows for name in re.findall(r"`([a-z-]+)`", row.split("|")[1])]
        assert named == list(action[f"{what}s"])


def test_the_action_installs_itself_with_what_is_pinned_by_hash(tmp_path: Path) -> None:
    """As on GitHub: with no envsync on the PATH. It asks the package index, and nothing of the pull request."""
    project = Project(tmp_path, "http://127.0.0.1:9", installed=False)
    project.commit("begin")
    project.git("checkout", "-q", "-b", "change")
    project.commit("propose", {"environments.yaml": FILE, **HOSTILE})

    run = project.act("pull_request", "envsync-plan.yml", project.pull_request(1, fork=True))

    assert run.jobs == {"fork": "success"}, run.log
    assert "taken over" not in run.log
    assert run.steps["Plan on the sandbox"].outputs["changes"] == "3"
