"""What another repository gets of the action and the workflows: the same, but for where things are."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
import yaml
from support.shell import ROOT

from envsync.scaffold.starter_words import Sources
from envsync.scaffold.vendored import ACTION, vendored_action, vendored_workflow

WORKFLOWS = sorted(path.name for path in (ROOT / ".github/workflows").glob("envsync-*.yml"))


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def workflow(name: str) -> str:
    return text_of(f".github/workflows/{name}")


def changed(before: str, after: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [" ".join(line.split()) for line in lines if line[:1] in {"+", "-"}]


def parsed(text: str) -> dict[str, Any]:
    """As GitHub reads it: `on` is a key, not a truth."""
    found: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)
    return found


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_uses_the_copy_of_the_action_and_is_else_the_same(name: str) -> None:
    before, after = parsed(workflow(name)), parsed(vendored_workflow(workflow(name)))

    steps = [step for job in after["jobs"].values() for step in job["steps"]]
    ours = [step for step in steps if step.get("uses", "").startswith("./")]
    assert ours
    for step in ours:
        assert step["uses"] == f"./{ACTION}"
        step["uses"] = "./"
    for event in ("pull_request", "push"):
        if "paths" in (after["on"].get(event) or {}):
            assert after["on"][event]["paths"].pop() == f"{ACTION}/**"
    assert after == before


def test_each_step_that_plans_or_applies_gets_what_the_file_names_as_sources() -> None:
    before, after = (
        vendored_workflow(workflow("envsync-apply.yml"), sources)
        for sources in (None, Sources(("ONE", "TWO"), ("X",)))
    )

    assert (
        changed(before, after)
        == [
            "- # STAGING_AWS_ROLE_ARN: ${{ secrets.STAGING_AWS_ROLE_ARN }}",
            "+ ONE: ${{ secrets.ONE }}",
            "+ TWO: ${{ secrets.TWO }}",
            "+ # X: ${{ secrets.X }}",
        ]
        * 3
    )
    steps = [step for job in parsed(after)["jobs"].values() for step in job["steps"]]
    given = [step["env"] for step in steps if step["uses"].startswith("./")]
    assert [list(each)[3:] for each in given] == [["ONE", "TWO"]] * 3
    for name in {*WORKFLOWS} - {"envsync-apply.yml"}:
        assert vendored_workflow(workflow(name), Sources(("ONE",), ())) == vendored_workflow(workflow(name))


def test_the_workflows_that_a_change_starts_are_started_by_one_of_the_action_too() -> None:
    """Each of these has `paths`, in one line."""
    texts = {name: vendored_workflow(workflow(name)) for name in WORKFLOWS}

    assert [name for name, text in texts.items() if f'"{ACTION}/**"]' in text] == [
        "envsync-apply.yml",
        "envsync-plan.yml",
    ]


def test_the_action_installs_the_version_that_it_was_copied_by() -> None:
    text = vendored_action(text_of("action.yml"), "1.2.3")

    assert changed(text_of("action.yml"), text)[3:] == ['- default: ""', '+ default: "1.2.3"']
    assert parsed(text)["inputs"]["version"]["default"] == "1.2.3"
    assert "envsync 1.2.3" in text.splitlines()[0]
    assert [line[0] for line in text.splitlines()[:3]] == ["#"] * 3
