"""`envsync init --pipeline`: what it writes fits together at once, and nobody gets to production unasked by it."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from support.begun import TOOLS, checked_out, said, text_of, written
from support.shell import Shell

from envsync.config import load
from envsync.documents.text import read
from envsync.model import RefPolicy
from envsync.scaffold.pipeline import Pipeline
from envsync.workflows.cross_check import cross_check
from envsync.workflows.flow import Elsewhere
from envsync.workflows.reading import reading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envsync.model import DesiredEnvironment

FOLDER = ".github/pipeline"
OURS = [".github/workflows/deploy.yml", ".github/workflows/rollback.yml"]
SCRIPTS = {
    "lambda": [
        *("README.md", "build.sh", "report.py", "notify.py", "deploy.py", "check.py", "roll_back.py"),
        *("alias.py", "answer.py", "aws.py", "by_hand.py", "step.py", "aws-roles.yml"),
    ],
    "generic": ["README.md", "build.sh", "report.py", "notify.py", "deploy.sh", "check.sh", "roll-back.sh"],
}
PIPED = {kind: [*OURS, *(f"{FOLDER}/{name}" for name in names)] for kind, names in SCRIPTS.items()}
APPLY = ".github/workflows/envsync-apply.yml"
KINDS = pytest.mark.parametrize("kind", [each.value for each in Pipeline])
MAIL = re.compile(r"^( +)# ( *)(?=[A-Z_a-z]+:( [^ ]|$))", re.MULTILINE)  # what is there to be uncommented


@pytest.fixture
def checkout(shell: Shell) -> Shell:
    return checked_out(shell)


@cache
def parsed(text: str) -> dict[str, Any]:
    """As GitHub reads it: `on` is a key, not a truth. Nobody may change it."""
    found: dict[str, Any] = yaml.load(text, yaml.CBaseLoader)
    return found


def turned_on(shell: Shell) -> None:
    """All that stands behind a number sign, in the file and in the workflow that hands on its sources."""
    for path in ("environments.yaml", APPLY):
        if (shell.folder / path).exists():
            shell.write(MAIL.sub(r"\1\2", text_of(shell, path)), path)


# --- what it writes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "kind"),
    [
        (["--pipeline", "--reviewer", "ann"], "lambda"),
        (["--reviewer", "ann", "--pipeline"], "lambda"),
        (["--pipeline=lambda", "--reviewer", "ann"], "lambda"),
        (["--pipeline=generic", "--reviewer", "ann"], "generic"),
        (["--pipeline", "generic", "--reviewer", "ann"], "generic"),
    ],
)
def test_it_writes_the_pipeline_beside_all_the_rest(checkout: Shell, option: list[str], kind: str) -> None:
    ran = checkout.run("init", *option)

    assert (ran.code, ran.out) == (0, "")
    assert said(ran.err) == [f"{path}: written" for path in ("environments.yaml", *TOOLS, *PIPED[kind])]
    assert sorted(written(checkout)) == sorted(["environments.yaml", *TOOLS, *PIPED[kind]])
    again = checkout.run("init", *option)
    assert said(again.err) == [f"{path}: unchanged" for path in ("environments.yaml", *TOOLS, *PIPED[kind])]


def test_another_kind_is_told_which_there_are(checkout: Shell) -> None:
    ran = checkout.run("init", "--pipeline", "ecs", "--reviewer", "ann")

    assert (ran.code, written(checkout)) == (1, {})
    assert "'ecs' is not one of 'lambda', 'generic'" in ran.err


def test_it_does_not_go_with_what_is_imported(checkout: Shell) -> None:
    ran = checkout.run("init", "--pipeline", "--import")

    assert (ran.code, written(checkout)) == (1, {})
    assert "error[wrong-option]: --pipeline needs the five environments that it writes" in ran.err
    assert "run it with --import, then with --pipeline" in ran.err


@KINDS
def test_without_workflows_only_those_of_envsync_are_left_out(checkout: Shell, kind: str) -> None:
    checkout.ok("init", f"--pipeline={kind}", "--no-workflows", "--reviewer", "ann")

    assert sorted(written(checkout)) == sorted(["environments.yaml", TOOLS[0], *PIPED[kind]])


def test_without_the_option_not_a_byte_is_otherwise(checkout: Shell) -> None:
    checkout.ok("init", "--reviewer", "ann")

    assert sorted(written(checkout)) == sorted(["environments.yaml", *TOOLS])
    assert "pipeline" not in text_of(checkout).replace("environments of a pipeline", "")
    lines = [line.strip() for line in text_of(checkout, APPLY).splitlines() if "AWS_ROLE_ARN" in line]
    assert lines == ["# STAGING_AWS_ROLE_ARN: ${{ secrets.STAGING_AWS_ROLE_ARN }}"] * 3


@pytest.mark.parametrize(("on", "number"), [(False, 4), (True, 10)])
def test_the_apply_hands_on_just_what_the_file_names(checkout: Shell, *, on: bool, number: int) -> None:
    checkout.ok("init", "--pipeline", "--reviewer", "ann")
    if on:
        turned_on(checkout)

    named = set(re.findall(r"^ *[A-Z_]+: \{env: (\w+)\}", text_of(checkout), re.MULTILINE))
    jobs = parsed(text_of(checkout, APPLY))["jobs"]
    steps = [step for job in jobs.values() for step in job["steps"] if step["uses"].startswith("./")]
    given = [
        {name: step["env"][name] for name in step["env"] if not name.startswith("ENVSYNC_")} for step in steps
    ]
    assert given == [{name: f"${{{{ secrets.{name} }}}}" for name in named}] * 3
    assert len(named) == number


# --- where something is there already ----------------------------------------------------------------------


@KINDS
def test_what_was_made_ones_own_is_kept_unless_it_is_forced(checkout: Shell, kind: str) -> None:
    options = ("init", f"--pipeline={kind}", "--reviewer", "ann")
    checkout.ok(*options)
    begun = written(checkout)
    for path in PIPED[kind]:
        checkout.write(begun[path] + "# mine\n", path)
    mine = written(checkout)

    kept = checkout.run(*options)

    assert written(checkout) == mine
    filled_in = [path for path in PIPED[kind] if path.endswith((".sh", ".md"))]
    others = [path for path in PIPED[kind] if path not in filled_in]
    reasons = dict.fromkeys(others, "though it is not what init writes")
    reasons |= dict.fromkeys(filled_in, "for it is yours; delete it to have it written anew")
    assert said(kept.err)[-len(PIPED[kind]) - 1 :] == [
        *(f"{path}: kept, {reasons[path]}" for path in PIPED[kind]),
        "--force replaces what was kept; --force --dry-run shows how",
    ]
    shown = checkout.run(*options, "--force", "--dry-run")
    assert re.findall(r"^\+\+\+ b/(.*)$", shown.out, re.MULTILINE) == others
    assert written(checkout) == mine
    checkout.ok(*options, "--force")
    assert written(checkout) == {**begun, **{path: mine[path] for path in filled_in}}


def test_what_is_in_the_way_of_one_file_is_in_the_way_of_all(checkout: Shell) -> None:
    (checkout.folder / ".github").mkdir()
    checkout.write("mine\n", FOLDER)

    ran = checkout.run("init", "--pipeline", "--reviewer", "ann")

    assert (ran.code, [*written(checkout)]) == (1, [FOLDER])
    assert ran.err.count("pipeline is no folder") == len(SCRIPTS["lambda"])


@KINDS
def test_once_it_is_there_init_alone_knows_it(checkout: Shell, kind: str) -> None:
    """So `init --force`, with which a later version brings its own, takes no role from the apply."""
    checkout.ok("init", f"--pipeline={kind}", "--reviewer", "ann")
    before = written(checkout)

    ran = checkout.run("init", "--force", "--reviewer", "ann")

    assert (ran.code, written(checkout)) == (0, before)
    assert said(ran.err) == [f"{path}: unchanged" for path in ("environments.yaml", *TOOLS)]


def test_a_file_that_lacks_what_the_workflows_need_is_kept_and_said_to_lack_it(checkout: Shell) -> None:
    checkout.ok("init", "--reviewer", "ann")
    before = text_of(checkout)

    ran = checkout.run("init", "--pipeline")

    assert (ran.code, text_of(checkout)) == (0, before)
    assert said(ran.err)[0] == "environments.yaml: kept, for it is yours"
    assert (
        "warning[pipeline-unfit]: environments.yaml gives staging, production, staging-rollback and "
        "production-rollback no AWS_REGION, LAMBDA_FUNCTION, LAMBDA_ALIAS, TEST_PAYLOAD, TEST_EXPECTED and "
        "AWS_ROLE_ARN, which the pipeline's jobs use there" in ran.err
    )
    assert "`envsync init --pipeline=lambda --force --dry-run --reviewer LOGIN` shows what" in ran.err
    forced = ("init", "--pipeline", "--force", "--reviewer", "ann")
    assert "pipeline-unfit" not in checkout.run(*forced, "--dry-run").err
    assert "pipeline-unfit" not in checkout.run(*forced).err


def test_a_deployment_of_ones_own_is_kept_and_said_to_run_nothing_of_the_pipeline(checkout: Shell) -> None:
    checkout.write("on: push\njobs: {}\n", ".github/workflows/deploy.yml")

    ran = checkout.run("init", "--pipeline", "--reviewer", "ann")

    assert ran.code == 0
    assert "warning[pipeline-unfit]: .github/workflows/deploy.yml was there and is kept: nothing" in ran.err
    assert "give yours another name" in ran.err
    assert "pipeline-unfit" not in checkout.run("init", "--pipeline", "--force", "--reviewer", "ann").err


def test_a_pipe_in_the_place_of_the_deployment_holds_nothing_up(checkout: Shell) -> None:
    (checkout.folder / ".github/workflows").mkdir(parents=True)
    os.mkfifo(checkout.folder / ".github/workflows/deploy.yml")

    ran = checkout.run("init", "--pipeline", "--reviewer", "ann")

    assert ran.code == 1
    assert ".github/workflows/deploy.yml" in ran.err


def test_a_file_about_another_repository_is_said_to_leave_this_one_open(checkout: Shell) -> None:
    checkout.ok("init", "--pipeline", "--reviewer", "ann", "--repository", "acme/other")

    ran = checkout.run("init", "--pipeline", "--reviewer", "ann")

    assert (
        "warning[pipeline-unfit]: environments.yaml is about acme/other, and these workflows would run in "
        "acme/payments" in ran.err
    )
    assert "pipeline-unfit" not in checkout.run("init", "--pipeline", "--repository", "acme/other").err


def test_what_another_pipeline_left_behind_does_not_hide_this_one(checkout: Shell) -> None:
    checkout.ok("init", "--pipeline=generic", "--reviewer", "ann")
    checkout.ok("init", "--pipeline=lambda", "--force", "--reviewer", "ann")

    checkout.ok("init", "--force", "--reviewer", "bob")

    assert text_of(checkout).count("LAMBDA_FUNCTION") == 2
    assert "\n          STAGING_AWS_ROLE_ARN:" in text_of(checkout, ".github/workflows/envsync-apply.yml")


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            "version: 1\nname: x\nrepositories: [acme/payments]\nenvironments: {staging: {}, Production: {}}\n",
            "environments.yaml does not declare production-approval, staging-rollback and production-rollback",
        ),
        (
            "version: 1\nname: x\nrepositories: ['acme/*']\nenvironments: {staging: {}}\n",
            "whether environments.yaml has what the pipeline's workflows name is not known",
        ),
        ("not: [valid\n", "whether environments.yaml has what the pipeline's workflows name is not known"),
    ],
)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_an_environment_that_a_file_of_ones_own_lacks_is_named(
    checkout: Shell, text: str, warning: str, dry: tuple[str, ...]
) -> None:
    checkout.write(text)

    ran = checkout.run("init", "--pipeline=generic", *dry)

    assert (ran.code, text_of(checkout)) == (0, text)
    assert f"warning[pipeline-unfit]: {warning}" in ran.err
    assert "pipeline-unfit" not in checkout.run("init", *dry).err


# --- it fits together --------------------------------------------------------------------------------------


# The name is a line of its own in the file: each option is seen with one and without.
COMBINATIONS = [
    (kind, reviewers, *workflows, *(("--name", "all of us") if number % 2 else ()))
    for number, (workflows, reviewers, kind) in enumerate(
        itertools.product(((), ("--no-workflows",)), ("ann", "ann,bob", "acme/devops-admins"), PIPED)
    )
]


@dataclass(frozen=True)
class Begun:
    kind: str
    shell: Shell
    options: tuple[str, ...]

    @property
    def workflows(self) -> int:
        return 2 if "--no-workflows" in self.options else 5

    def piped(self) -> dict[str, dict[str, Any]]:
        """Jobs of the pipeline, as GitHub reads them, by their ids."""
        return {name: job for path in OURS for name, job in parsed(text_of(self.shell, path))["jobs"].items()}


def begin(folder: Path, kind: str, *options: str) -> Begun:
    shell = Shell(folder)
    shell.ok("init", f"--pipeline={kind}", "--repository=acme/payments", *options)
    return Begun(kind, shell, options)


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> list[Begun]:
    """A folder for each combination of options, in which somebody ran `envsync init`."""
    return [
        begin(tmp_path_factory.mktemp("begun"), kind, "--reviewer", reviewers, *others)
        for kind, reviewers, *others in COMBINATIONS
    ]


@pytest.fixture(scope="module", params=list(PIPED))
def one(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Begun:
    """Of each kind, as it is written. Nobody may change it."""
    return begin(tmp_path_factory.mktemp("one"), request.param, "--reviewer", "ann")


def declared(shell: Shell) -> dict[str, DesiredEnvironment]:
    (repository,) = load([shell.folder / "environments.yaml"]).desired({})
    return {each.name: each for each in repository.environments}


def test_validate_has_nothing_to_say_of_any_combination_of_options(every: list[Begun]) -> None:
    for begun in every:
        ran = begun.shell.run("validate", "--workflows")
        valid = f"environments.yaml: valid, with {begun.workflows} workflows\n"
        assert (ran.code, ran.out, ran.err) == (0, valid, ""), begun.options
    plain = every[0].shell.run("validate")
    assert (plain.code, plain.err) == (0, "")


@KINDS
@pytest.mark.parametrize("workflows", [(), ("--no-workflows",)])
def test_nor_when_notifications_are_turned_on(tmp_path: Path, kind: str, workflows: tuple[str, ...]) -> None:
    begun = begin(tmp_path, kind, "--reviewer", "ann", *workflows)
    turned_on(begun.shell)

    ran = begun.shell.run("validate", "--workflows")

    assert (ran.code, ran.out.partition(",")[0], ran.err) == (0, "environments.yaml: valid", "")


@pytest.mark.parametrize("on", [False, True])
def test_doctor_which_knows_all_that_a_repository_has_finds_nothing_more(
    one: Begun, tmp_path: Path, *, on: bool
) -> None:
    """Neither with a repository that holds nothing itself."""
    shell = Shell(tmp_path)
    for path in ("environments.yaml", *OURS, *TOOLS):
        shell.write(text_of(one.shell, path), path)
    if on:
        turned_on(shell)
    configuration = load([tmp_path / "environments.yaml"])
    (repository,) = configuration.desired({})
    sources = [read(path) for path in sorted((tmp_path / ".github/workflows").glob("*.yml"))]
    nothing = Elsewhere(frozenset(), frozenset())

    found = cross_check(reading(sources, repository.name), repository, configuration.pages, nothing)

    assert found == ()


USED = re.compile(r"\b(?:secrets|vars)\.(\w+)")


def environments_of(job: Mapping[str, Any]) -> list[str]:
    """Of rollback.yml's one job both."""
    name = job.get("environment", "")
    return [name.replace("${{ inputs.environment }}", each) for each in ("staging", "production")] if name else []


def test_the_workflows_use_just_what_the_file_declares_in_each_environment(one: Begun, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.write(text_of(one.shell))
    turned_on(shell)
    known = {name: {*each.variables, *each.secrets} for name, each in declared(shell).items()}

    used: dict[str, set[str]] = {name: set() for name in known}
    for job in one.piped().values():
        names = USED.findall(yaml.safe_dump(job))
        assert environments_of(job) or not names
        for environment in environments_of(job):
            used[environment] |= set(names)

    assert used == known


@KINDS
def test_it_is_planned_and_applied_at_once_in_the_sandbox(checkout: Shell, kind: str) -> None:
    """A secret whose source has nothing to give gets a stand-in there."""
    checkout.ok("init", f"--pipeline={kind}", "--reviewer", "ann", "--reviewer", "acme/devops-admins")

    planned = json.loads(checkout.ok("plan", "--sandbox", "-o", "json"))
    checkout.ok("apply", "--sandbox", "--yes")
    after = json.loads(checkout.ok("plan", "--sandbox", "-o", "json"))

    assert len([each for each in planned["changes"] if each["kind"] == "environment"]) == 5
    secrets = [each["name"] for each in planned["changes"] if each["kind"] == "secret"]
    assert secrets == (["AWS_ROLE_ARN"] * 4 if kind == "lambda" else [])
    assert (planned["unmet"], planned["unread"]) == ([], [])
    assert (after["changes"], [each["state"] for each in after["secrets"]]) == ([], ["in_sync"] * len(secrets))


def test_every_script_is_one_to_its_interpreter(every: list[Begun]) -> None:
    scripts = {path.name: path for begun in every for path in (begun.shell.folder / FOLDER).iterdir()}

    assert set(scripts) == {name for names in SCRIPTS.values() for name in names}
    for name, path in scripts.items():
        if name.endswith(".sh"):
            done = subprocess.run(["bash", "-n", path], capture_output=True, check=True)
            assert done.stderr == b""
            assert path.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")
        elif name.endswith(".py"):
            compile(path.read_text(encoding="utf-8"), name, "exec", dont_inherit=True)


# --- what its jobs may do ----------------------------------------------------------------------------------


def test_a_job_may_do_only_what_it_has_to(one: Begun) -> None:
    token = {"id-token": "write"} if one.kind == "lambda" else {}

    assert {name: job["permissions"] for name, job in one.piped().items()} == {
        "build": {"contents": "read"},
        "deploy-staging": {"contents": "read", **token},
        "approve-production": {},
        "deploy-production": {"contents": "read", **token},
        "roll-back": {"contents": "read", **token},
    }
    for path in OURS:
        assert parsed(text_of(one.shell, path))["permissions"] == {}


def test_only_a_job_with_an_environment_gets_a_token_or_a_secret(one: Begun) -> None:
    """The environment is in the token's subject, and its rules are what guards the role."""
    for job in one.piped().values():
        if "environment" not in job:
            assert "id-token" not in job["permissions"]
            assert "secrets." not in yaml.safe_dump(job)


def test_what_changes_an_environment_waits_for_what_changes_it(one: Begun) -> None:
    groups = {name: job["concurrency"] for name, job in one.piped().items() if environments_of(job)}

    assert groups.pop("approve-production") == {"group": "approve-production", "cancel-in-progress": "true"}
    assert groups == {
        "deploy-staging": {"group": "staging", "cancel-in-progress": "false"},
        "deploy-production": {"group": "production", "cancel-in-progress": "false"},
        "roll-back": {"group": "${{ inputs.environment }}", "cancel-in-progress": "false"},
    }


def test_what_others_wrote_is_pinned_by_commit_and_nothing_is_called(one: Begun) -> None:
    text = "".join(text_of(one.shell, path) for path in OURS)
    used = [step["uses"] for job in one.piped().values() for step in job["steps"] if "uses" in step]

    assert len(used) == len(re.findall(r"\buses:", text)) >= 9
    for each in used:
        assert re.fullmatch(r"(actions/[a-z-]+|aws-actions/configure-aws-credentials)@[0-9a-f]{40}", each)
        assert re.search(rf"uses: {re.escape(each)} # v\d+\.\d+\.\d+$", text, re.MULTILINE)
    theirs = "".join(text_of(one.shell, path) for path in TOOLS)
    pins = set(re.findall(r"uses: (\S+@\S+)", theirs + text))
    assert len(pins) == len({each.partition("@")[0] for each in pins})
    checkouts = [
        step
        for job in one.piped().values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    ]
    assert {step["with"]["persist-credentials"] for step in checkouts} == {"false"}


# --- who gets to production --------------------------------------------------------------------------------

PRODUCTION = {"production", "production-rollback"}
GATED = {*PRODUCTION, "production-approval"}
OWN = {"full_name": "acme/payments"}


@dataclass(frozen=True)
class Start:
    """What starts a run, as its contexts and the deployment rules see it."""

    file: str
    event: str
    ref: str
    choice: str = ""  # of the environment, by hand
    head: str = "acme/payments"
    author: str = "ann"

    @property
    def contexts(self) -> dict[str, str]:
        return {
            "github.event_name": self.event,
            "github.ref": self.ref,
            "github.repository": "acme/payments",
            "github.event.pull_request.head.repo.full_name": self.head,
            "github.event.pull_request.user.login": self.author,
            "inputs.environment": self.choice,
        }


MAIN, DEVELOP, HOTFIX, OTHER = (f"refs/heads/{name}" for name in ("main", "develop", "hotfix/x", "feature"))
DEPLOY, ROLLBACK = "deploy.yml", "rollback.yml"
STARTS = [
    Start(DEPLOY, "push", MAIN),
    Start(DEPLOY, "push", DEVELOP),
    Start(DEPLOY, "pull_request", "refs/pull/1/merge"),
    Start(DEPLOY, "pull_request", "refs/pull/1/merge", head="stranger/payments"),
    Start(DEPLOY, "pull_request", "refs/pull/1/merge", author="dependabot[bot]"),
    *(Start(DEPLOY, "workflow_dispatch", ref) for ref in (MAIN, DEVELOP, HOTFIX, OTHER)),
    *(
        Start(ROLLBACK, "workflow_dispatch", ref, choice)
        for ref in (MAIN, DEVELOP, HOTFIX, OTHER)
        for choice in ("staging", "production")
    ),
]
WORDS = re.compile(
    r"(?P<text>'[^']*')|(?P<name>[a-z_]+(?:\.[a-z_]+)+)|(?P<call>[a-z]+)\(\)|(?P<mark>&&|\|\||[!=]=|[()!])"
)
MARKS = {"&&": " and ", "||": " or ", "!": " not "}
STATUS = {"always": True, "success": True, "failure": False, "cancelled": False}


def holds(condition: str, contexts: Mapping[str, str]) -> bool:
    """An `if` of a job, with Python's own operators. Fails on anything that these workflows do not use."""
    left = WORDS.sub("", condition)
    assert left.strip() == "", left
    words = []
    for word in WORDS.finditer(condition):
        if word["name"]:
            words.append(repr(contexts[word["name"]]))
        elif word["call"]:
            words.append(str(STATUS[word["call"]]))
        else:
            words.append(word["text"] or MARKS.get(word["mark"], word["mark"]))
    return bool(eval("".join(words), {"__builtins__": {}}))


def admits(environment: DesiredEnvironment, ref: str) -> bool:
    if environment.settings.deployment_branch_policy is RefPolicy.ALL:
        return True
    return any(fnmatchcase(ref.removeprefix("refs/heads/"), each.name) for each in environment.patterns)


def walk(
    jobs: Mapping[str, Any], environments: Mapping[str, DesiredEnvironment], start: Start, *, approved: bool
) -> list[str]:
    """The environments that are deployed to, in order. `approved`: by whoever is asked; else nobody ever is.

    A job that is not let in fails. GitHub skips a job where one that it needs did not succeed, unless its `if`
    asks for the status itself.
    """
    results: dict[str, bool] = {}
    reached = []
    for name, job in jobs.items():  # each stands below what it needs
        needs = job.get("needs", [])
        before = [results[each] for each in ([needs] if isinstance(needs, str) else needs)]
        condition = job.get("if", "success()")
        asks = any(f"{each}()" in condition for each in STATUS if each != "success")
        if not ((all(before) or asks) and holds(condition, start.contexts)):
            results[name] = False
            continue
        environment = job.get("environment", "").replace("${{ inputs.environment }}", start.choice)
        rules = environments[environment] if environment else None
        let_in = rules is None or (
            admits(rules, start.ref) and (approved or not rules.settings.required_reviewers)
        )
        results[name] = let_in or job.get("continue-on-error") == "true"
        if environment and let_in:
            reached.append(environment)
    return reached


def started(begun: Begun, start: Start) -> bool:
    """Whether the workflow's `on` takes this event; by hand any ref will do."""
    on = parsed(text_of(begun.shell, f".github/workflows/{start.file}"))["on"]
    if start.event not in on:
        return False
    branches = (on[start.event] or {}).get("branches", []) if start.event == "push" else []
    return not branches or start.ref.removeprefix("refs/heads/") in branches


def jobs_of(begun: Begun, start: Start) -> dict[str, Any]:
    jobs: dict[str, Any] = parsed(text_of(begun.shell, f".github/workflows/{start.file}"))["jobs"]
    return jobs


def unasked(begun: Begun) -> set[str]:
    """Environments of production that a deployment gets to though nobody approves anything."""
    environments = declared(begun.shell)
    return {
        name
        for start in STARTS
        for name in walk(jobs_of(begun, start), environments, start, approved=False)
        if name in PRODUCTION
    }


def drawn_open(begun: Begun) -> set[str]:
    """The same by `envsync graph`: stages of production that are not gated, and after none that surely is."""
    graph = json.loads(begun.shell.ok("graph", "-o", "json"))
    stages = {each["id"]: each for each in graph["stages"]}

    def gated(stage: dict[str, Any]) -> bool:
        if stage["standing"] == "gated":
            return True
        return not stage["anyway"] and any(gated(stages[each]) for each in stage["after"])

    return {
        each["environment"] for each in stages.values() if each["environment"] in PRODUCTION and not gated(each)
    }


def test_every_start_is_one_that_the_workflows_take(one: Begun) -> None:
    assert all(started(one, start) for start in STARTS)
    on = {
        (file, event)
        for file in (DEPLOY, ROLLBACK)
        for event in parsed(text_of(one.shell, f".github/workflows/{file}"))["on"]
    }
    assert {(start.file, start.event) for start in STARTS} == on
    assert not started(one, Start(DEPLOY, "push", HOTFIX))


@pytest.mark.parametrize("start", STARTS, ids=lambda start: "-".join(filter(None, map(str, vars(start).values()))))
def test_each_start_gets_as_far_as_the_branch_strategy_says(one: Begun, start: Start) -> None:
    reached = walk(jobs_of(one, start), declared(one.shell), start, approved=True)

    if start.event == "push" and start.ref == MAIN:
        assert reached == ["staging", "production-approval", "production"]
    elif start.file == ROLLBACK:
        lets_in = start.ref == MAIN or (start.choice == "staging" and start.ref != OTHER)
        assert reached == ([f"{start.choice}-rollback"] if lets_in else [])
    else:
        strange = start.head != "acme/payments" or start.author == "dependabot[bot]" or start.ref == OTHER
        assert reached == ([] if strange else ["staging"])


def test_nobody_gets_to_production_unasked(one: Begun) -> None:
    assert (unasked(one), drawn_open(one)) == (set(), set())
    found = declared(one.shell)
    assert {name for name, each in found.items() if each.settings.required_reviewers} == GATED
    for name in GATED:
        assert {each.name for each in found[name].patterns} == {"main"}
        assert not found[name].settings.can_admins_bypass


REVIEWED = r"(  {}:\n)    required_reviewers: .*\n"
OPEN = (REVIEWED.format("production"), r"\1")
UNNEEDED = ("needs: [build, approve-production]", "needs: build")
ALWAYS = (
    "    needs: [build, approve-production]\n    if: ",
    "    needs: [build, approve-production]\n    if: always() && ",
)
TOLERANT = (
    "    environment: production-approval",
    "    continue-on-error: true\n    environment: production-approval",
)


@pytest.mark.parametrize("one", ["lambda"], indirect=True)
@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ((), set()),
        # Either of the two holds by itself.
        ((OPEN,), set()),
        ((UNNEEDED,), set()),
        ((ALWAYS,), set()),
        ((TOLERANT,), set()),
        ((OPEN, UNNEEDED), {"production"}),
        ((OPEN, ALWAYS), {"production"}),
        ((OPEN, TOLERANT), {"production"}),
        ((OPEN, (r"(  production-approval:\n(?:    #.*\n)*)    required_reviewers: .*\n", r"\1")), {"production"}),
        ((OPEN, ("environment: production-approval", "environment: staging")), {"production"}),
        (((REVIEWED.format("production-rollback"), r"\1"),), {"production-rollback"}),
    ],
)
def test_a_way_to_production_that_somebody_opens_is_found(
    one: Begun, tmp_path: Path, planted: tuple[tuple[str, str], ...], found: set[str]
) -> None:
    copy = Begun(one.kind, Shell(tmp_path), one.options)
    texts = {path: text_of(one.shell, path) for path in ("environments.yaml", *OURS)}
    for before, after in planted:
        changed = {path: plant(text, before, after) for path, text in texts.items()}
        assert changed != texts
        texts = changed
    for path, text in texts.items():
        copy.shell.write(text, path)

    assert (unasked(copy), drawn_open(copy)) == (found, found)


def plant(text: str, before: str, after: str) -> str:
    if "required_reviewers" in before:
        without = re.sub(before, after, text)
        return without.replace("    prevent_self_review: true", "    # prevent_self_review: true")
    return text.replace(before, after)
