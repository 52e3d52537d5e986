"""The pipeline's workflows: put together from pieces into YAML with all of them, and nothing of the making."""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from envsync.packaged import pipeline_text
from envsync.scaffold.pipeline import DEPLOYMENT, Pipeline, pipeline_files, pipeline_of, runs_a_pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = ".github/pipeline"
WORKFLOWS = [".github/workflows/deploy.yml", ".github/workflows/rollback.yml"]
EVERYBODYS = ["README.md", "build.sh", "report.py", "notify.py"]
OWN = {
    Pipeline.LAMBDA: [
        *("deploy.py", "check.py", "roll_back.py"),
        *("alias.py", "answer.py", "aws.py", "by_hand.py", "step.py"),
        "aws-roles.yml",
    ],
    Pipeline.GENERIC: ["deploy.sh", "check.sh", "roll-back.sh"],
}
STEPS = {
    Pipeline.LAMBDA: ["deploy.py", "check.py", "roll_back.py"],
    Pipeline.GENERIC: ["deploy.sh", "check.sh", "roll-back.sh"],
}


def jobs(pipeline: Pipeline) -> dict[str, Any]:
    found = pipeline_files(pipeline, pipeline_text)
    return {
        name: job for path in WORKFLOWS for name, job in yaml.load(found[path], yaml.BaseLoader)["jobs"].items()
    }


def commands(job: dict[str, Any]) -> dict[str, str]:
    return {step["id"]: step["run"] for step in job["steps"] if step.get("id") in {"deploy", "check", "rollback"}}


@pytest.mark.parametrize("pipeline", Pipeline)
def test_it_is_two_workflows_and_the_scripts_that_they_run(pipeline: Pipeline) -> None:
    files = pipeline_files(pipeline, pipeline_text)

    scripts = [f"{FOLDER}/{name}" for name in (*EVERYBODYS, *OWN[pipeline])]
    assert list(files) == [*WORKFLOWS, *scripts]
    assert {path: files[path] for path in scripts} == {
        path: pipeline_text(path.split("/")[-1]) for path in scripts
    }
    run = set(re.findall(r"\.github/pipeline/([\w-]+\.\w+)", "".join(files[path] for path in WORKFLOWS)))
    assert run == {*EVERYBODYS, *STEPS[pipeline]} - {"README.md"}


@pytest.mark.parametrize("pipeline", Pipeline)
def test_nothing_of_the_making_is_left_in_the_workflows(pipeline: Pipeline) -> None:
    files = pipeline_files(pipeline, pipeline_text)

    for path in WORKFLOWS:
        assert re.findall(r"# <.*>|(?<!\$)\{[a-z_]+\}", files[path]) == []
        assert all(line == line.rstrip() for line in files[path].splitlines())


@pytest.mark.parametrize("pipeline", Pipeline)
def test_staging_and_production_are_deployed_in_the_same_way(pipeline: Pipeline) -> None:
    """But for the environment, and that from staging somebody is told that an approval is asked for."""
    found = jobs(pipeline)
    staging, production = (yaml.safe_dump(found[f"deploy-{name}"]["steps"]) for name in ("staging", "production"))

    assert staging.replace("report-staging", "report-production").startswith(production)
    assert found["deploy-staging"]["steps"][-1]["name"] == "Notify whoever approves"


@pytest.mark.parametrize(("pipeline", "program"), [(Pipeline.LAMBDA, "python3"), (Pipeline.GENERIC, "bash")])
def test_what_deploys_checks_and_rolls_back_is_one_command_each(pipeline: Pipeline, program: str) -> None:
    found = jobs(pipeline)

    steps = zip(("deploy", "check", "rollback"), STEPS[pipeline], strict=True)
    expected = {step: f"{program} {FOLDER}/{name}" for step, name in steps}
    assert commands(found["deploy-staging"]) == commands(found["deploy-production"]) == expected
    assert commands(found["roll-back"]) == {name: expected[name] for name in ("rollback", "check")}


def modules() -> dict[str, ast.Module]:
    """The scripts of the Lambda's pipeline that are Python, by the name under which one imports another."""
    files = pipeline_files(Pipeline.LAMBDA, pipeline_text)
    paths = [path for path in files if path.endswith(".py")]
    return {path.split("/")[-1].removesuffix(".py"): ast.parse(files[path]) for path in paths}


def imported(module: ast.Module) -> set[str]:
    found = {each.module or "" for each in ast.walk(module) if isinstance(each, ast.ImportFrom)}
    found |= {each.name for node in ast.walk(module) if isinstance(node, ast.Import) for each in node.names}
    return {name.split(".")[0] for name in found}


def needed(name: str, among: Mapping[str, ast.Module]) -> set[str]:
    """Which of them it imports, and what those import."""
    own = imported(among[name]) & among.keys()
    return own.union(*(needed(each, among) for each in own))


def test_scripts_import_each_other_and_what_each_python_has() -> None:
    found = modules()

    assert not found.keys() & sys.stdlib_module_names  # a script's folder comes first
    assert set().union(*map(imported, found.values())) <= found.keys() | sys.stdlib_module_names


@pytest.mark.parametrize("step", ["deploy", "check", "roll_back"])
def test_a_step_of_the_lambdas_says_what_it_needs_and_needs_no_other_step(step: str) -> None:
    found = modules()

    said = re.findall(r"(\w+)\.py", ast.get_docstring(found[step]) or "")

    assert said == sorted(needed(step, found))
    assert not {f"{each}.py" for each in said} & {*STEPS[Pipeline.LAMBDA], *EVERYBODYS}


def test_only_a_function_in_aws_needs_a_role() -> None:
    assert {name for name, job in jobs(Pipeline.LAMBDA).items() if "id-token" in job["permissions"]} == {
        "deploy-staging",
        "deploy-production",
        "roll-back",
    }
    assert "id-token" not in str(jobs(Pipeline.GENERIC))
    assert "aws" not in str(jobs(Pipeline.GENERIC)).lower()


@pytest.mark.parametrize("pipeline", Pipeline)
def test_what_notifies_may_be_missing(pipeline: Pipeline) -> None:
    """`envsync doctor` takes what has no fallback for something that has to be there."""
    notifies = [
        step["env"]
        for job in jobs(pipeline).values()
        for step in job["steps"]
        if "notify.py" in step.get("run", "")
    ]

    assert len(notifies) == 4
    for given in notifies:
        assert set(given) == {
            *("MAIL_SERVER", "MAIL_FROM", "MAIL_TO", "MAIL_USERNAME", "MAIL_PASSWORD", "SLACK_WEBHOOK_URL")
        }
        assert all(
            re.fullmatch(rf"\$\{{\{{ (vars|secrets)\.{name} \|\| '' \}}\}}", text) for name, text in given.items()
        )


def test_a_pipeline_that_is_there_is_known_by_what_its_workflow_calls() -> None:
    texts = {each: pipeline_files(each, pipeline_text)[DEPLOYMENT] for each in Pipeline}

    assert {each: pipeline_of(text) for each, text in texts.items()} == {each: each for each in Pipeline}
    assert pipeline_of("run: ./deploy.sh") is None


MADE = {f"python3 {FOLDER}/{name}": "make it" for name in STEPS[Pipeline.LAMBDA]}


@pytest.mark.parametrize(
    ("of", "own", "kind"),
    [
        (Pipeline.LAMBDA, {f"python3 {FOLDER}/deploy.py": "make deploy"}, Pipeline.LAMBDA),
        (Pipeline.LAMBDA, {f"python3 {FOLDER}/deploy.py": f"bash {FOLDER}/deploy.sh"}, Pipeline.LAMBDA),
        (Pipeline.LAMBDA, MADE, Pipeline.LAMBDA),
        (Pipeline.LAMBDA, {**MADE, "vars.LAMBDA_": "vars."}, None),
        (Pipeline.GENERIC, {f"bash {FOLDER}/deploy.sh": "make deploy"}, Pipeline.GENERIC),
        (Pipeline.GENERIC, {"# SERVER: ${{ vars.SERVER }}": "F: ${{ vars.LAMBDA_FUNCTION }}"}, Pipeline.GENERIC),
        (Pipeline.GENERIC, {"# SERVER": f"# python3 {FOLDER}/deploy.py"}, Pipeline.GENERIC),
        (Pipeline.GENERIC, {f"bash {FOLDER}/{name}": "make it" for name in STEPS[Pipeline.GENERIC]}, None),
    ],
)
def test_so_is_one_in_which_a_team_put_its_own(of: Pipeline, own: dict[str, str], kind: Pipeline | None) -> None:
    text = pipeline_files(of, pipeline_text)[DEPLOYMENT]
    for before, after in own.items():
        assert before in text
        text = text.replace(before, after)

    assert pipeline_of(text) is kind
    assert runs_a_pipeline(text)


def test_a_workflow_that_runs_nothing_of_it_is_none() -> None:
    assert not runs_a_pipeline("on: push # .github/pipeline/report.py\n")
