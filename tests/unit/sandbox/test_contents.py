"""Files of a repository."""

from __future__ import annotations

import subprocess
from base64 import b64decode
from typing import TYPE_CHECKING

import pytest
from support.sandbox_http import REPOSITORY, world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.sandbox_http import World

CONTENTS = f"{REPOSITORY}/contents"
WORKFLOWS = ".github/workflows"
FILES = {
    "README.md": "# Payments\n",
    "action.yml": "",
    f"{WORKFLOWS}/release.yml": "on: push\n",
    f"{WORKFLOWS}/dépôt 1.yml": "ü" * 100,
    f"{WORKFLOWS}/old/nightly.yml": "on: schedule\n",
    f"{WORKFLOWS}/old-1.yml": "",
    f"{WORKFLOWS}-not/other.yml": "",
}


@pytest.fixture
def github() -> Iterator[World]:
    with world() as one:
        one.sandbox.seed(files={("acme", "payments"): FILES})
        yield one


def test_a_folder_is_a_list_of_what_is_right_in_it(github: World) -> None:
    found = github.call("GET", f"{CONTENTS}/{WORKFLOWS}").json
    assert [(one["type"], one["name"], one["size"]) for one in found] == [
        ("file", "dépôt 1.yml", 200),
        ("dir", "old", 0),
        ("file", "old-1.yml", 0),
        ("file", "release.yml", 9),
    ]
    assert [one["path"] for one in found][-1] == f"{WORKFLOWS}/release.yml"
    assert not any("content" in one for one in found)


def test_a_file_comes_in_base64_with_lines_of_60(github: World) -> None:
    (first, *_) = github.call("GET", f"{CONTENTS}/{WORKFLOWS}").json
    found = github.call("GET", first["url"].removeprefix(github.sandbox.url)).json
    assert (found["type"], found["encoding"], found["size"]) == ("file", "base64", 200)
    assert b64decode(found["content"]).decode() == "ü" * 100
    assert {len(line) for line in found["content"].splitlines()[:-1]} == {60}
    assert {name: found[name] for name in first} == first


def test_an_empty_file_has_content_too(github: World) -> None:
    found = github.call("GET", f"{CONTENTS}/action.yml").json
    assert (found["content"], found["encoding"], found["size"]) == ("", "base64", 0)


@pytest.mark.parametrize("size", [1024 * 1024, 1024 * 1024 + 1])
def test_of_a_file_of_more_than_a_megabyte_there_is_all_but_the_content(github: World, size: int) -> None:
    github.sandbox.seed(files={("acme", "payments"): {"big.yml": "x" * size}})
    found = github.call("GET", f"{CONTENTS}/big.yml").json
    assert found["size"] == size
    assert (found["encoding"], found["content"] == "") == (
        ("none", True) if size > 1024 * 1024 else ("base64", False)
    )


@pytest.mark.parametrize(
    "path",
    [".github%2Fworkflows", ".github/workflows/", ".github/workflows?ref=main", "%2Egithub/workflows?ref=HEAD"],
)
def test_other_ways_to_the_same(github: World, path: str) -> None:
    whole = github.call("GET", f"{CONTENTS}/{WORKFLOWS}").json
    assert github.call("GET", f"{CONTENTS}/{path}").json == whole


def test_by_the_id_of_the_repository(github: World) -> None:
    number = github.sandbox.state.repository("acme/payments").id
    found = github.call("GET", f"/repositories/{number}/contents/{WORKFLOWS}/release.yml").json
    assert b64decode(found["content"]) == b"on: push\n"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing", "Not Found"),
        ("README", "Not Found"),
        ("readme.md", "Not Found"),
        (".github/workflow", "Not Found"),
        (".github/../README.md", "Not Found"),
        ("README.md/x", "Not Found"),
        ("%FF", "Not Found"),
        ("README.md?ref=develop", "No commit found for the ref develop"),
    ],
)
def test_where_nothing_is(github: World, path: str, message: str) -> None:
    answer = github.call("GET", f"{CONTENTS}/{path}")
    assert (answer.status, answer.message) == (404, message)


def test_a_repository_without_files(github: World) -> None:
    github.sandbox.seed(files={("acme", "payments"): {}})
    answer = github.call("GET", f"{CONTENTS}/{WORKFLOWS}")
    assert (answer.status, answer.message) == (404, "This repository is empty.")


def test_a_renamed_repository_sends_on_to_the_file(github: World) -> None:
    github.sandbox.state.rename("acme/payments", "billing")
    answer = github.call("GET", f"{CONTENTS}/{WORKFLOWS}/release.yml")
    assert answer.status == 301
    assert answer.headers["location"].endswith(f"/contents/{WORKFLOWS}/release.yml")


def test_they_are_called_as_git_calls_them(github: World, tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        command = ["git", "-c", "core.autocrlf=false", "-c", "core.quotePath=false", *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    git("init", "-q")
    git("add", ".")
    tree = git("write-tree").strip()
    listed = git("ls-tree", "-rt", tree).splitlines()
    by_git = {path: names.split()[2] for names, _, path in (line.partition("\t") for line in listed)}
    for path in (".github", WORKFLOWS):
        for one in github.call("GET", f"{CONTENTS}/{path}").json:
            assert one["sha"] == by_git[one["path"]]
            assert one["git_url"].endswith(("/git/trees/" if one["type"] == "dir" else "/git/blobs/") + one["sha"])
