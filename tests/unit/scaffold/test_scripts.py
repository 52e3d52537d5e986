"""Which scripts a workflow calls, what they import, and which of those that are kept will do."""

from __future__ import annotations

import pytest

from envsync.packaged import pipeline_text
from envsync.scaffold.pipeline import Pipeline, pipeline_files
from envsync.scaffold.scripts import called, imports, needed, will_do

TEXTS = {
    path.split("/")[-1]: text
    for path, text in pipeline_files(Pipeline.LAMBDA, pipeline_text).items()
    if path.endswith((".py", ".sh"))
}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("run: bash .github/pipeline/build.sh package.zip", ["build.sh"]),
        (
            "run: python3 ./.github/pipeline/a.py && .github/pipeline/b-c.sh; .github/pipeline/a.py",
            ["a.py", "b-c.sh"],
        ),
        ("run: 'python3 \"$GITHUB_WORKSPACE/.github/pipeline/a.py\"'", ["a.py"]),
        ("# run: .github/pipeline/a.py\nrun: x # .github/pipeline/b.py", []),
        ("run: echo .github/pipeline/a.py, and more", ["a.py"]),
        ("steps: [{run: .github/pipeline/a.py}]", ["a.py"]),
        ("paths: [.github/pipeline/**, .github/pipeline/]", []),
        ("run: .github/pipeline/$STEP.sh .github/pipeline/deploy-${{ x }}.py .github/pipeline/lib/a.py", []),
        ("run: x > .github/pipeline/out.json", []),
    ],
)
def test_a_workflow_calls_what_it_names_in_full(text: str, names: list[str]) -> None:
    assert list(called(text)) == names


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("from a import b, c as d\n", {"a.py": {"b", "c"}}),
        ("from a import (\n    b,\n    c,\n)\nfrom a import d  # e\n", {"a.py": {"b", "c", "d"}}),
        ("import a, b as c\n", {"a.py": set(), "b.py": set()}),
        ("from a import b\nimport a\n", {"a.py": {"b"}}),
        ("from . import a\nx = 'import'\n", {}),
    ],
)
def test_what_a_script_imports(script: str, found: dict[str, set[str]]) -> None:
    assert imports(script) == found


def test_what_is_needed_is_what_is_called_with_all_that_that_imports() -> None:
    assert sorted(needed(["check.py", "gone.py"], TEXTS)) == [
        *("alias.py", "answer.py", "aws.py", "check.py", "gone.py", "step.py")
    ]
    assert needed(["a.py"], {"a.py": "import b", "b.py": "import a"}) == ("a.py", "b.py")


@pytest.mark.parametrize("name", TEXTS)
def test_each_of_the_pipelines_will_do_and_hardly_any_other_file(name: str) -> None:
    assert will_do(name, TEXTS)
    assert will_do(name, {**TEXTS, name: f"{TEXTS[name]}# mine\n"})
    assert will_do(name, {**TEXTS, name: "import boto3\n"}) == (name == "build.sh")


@pytest.mark.parametrize(
    ("module", "does"),
    [
        ("def one(): ...\n", True),
        ("async def one(): ...\n", True),
        ("class one: ...\n", True),
        ("one = 1\n", True),
        ("one: int = 1\n", True),
        ("two, one = 1, 2\n", True),
        ("from c import one\n", True),
        ("    one = 1\n", False),
        ("x = one\n", False),
        ("ones = 1\n", False),
    ],
)
def test_a_module_has_to_have_what_others_take_from_it(module: str, *, does: bool) -> None:
    assert will_do("b.py", {"a.py": "from b import one", "b.py": module}) is does
