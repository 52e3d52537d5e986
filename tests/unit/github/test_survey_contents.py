from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from support.github_json import listing, problem
from support.loopback import Loopback, Reply

from envsync.errors import FailureKind, RequestFailed
from envsync.github.survey_contents import Contents

if TYPE_CHECKING:
    from collections.abc import Callable

    from envsync.github.reader import Reader
    from envsync.model import RepositoryName

CONTENTS = "GET /repos/acme/web/contents"
FOLDER = f"{CONTENTS}/.github/workflows"
ACTIONS = "GET /repos/acme/web/actions"
DEPLOYMENTS = "GET /repos/acme/web/deployments"


@pytest.fixture
def contents(reader: Reader, web: RepositoryName) -> Callable[..., Contents]:
    def make(*, is_empty: bool = False, is_organizations: bool = True) -> Contents:
        return Contents(reader, web, is_empty, is_organizations)

    return make


def entry(name: str, kind: str = "file") -> dict[str, Any]:
    return {"name": name, "type": kind}


def file(data: bytes, **more: object) -> Reply:
    text = base64.encodebytes(data).decode()
    return Reply({"type": "file", "size": len(data), "encoding": "base64", "content": text, **more})


def test_workflows_are_the_yaml_files_right_in_the_folder(
    github: Loopback, contents: Callable[..., Contents]
) -> None:
    names = [entry("z.yml"), entry("a.yaml"), entry("README.md"), entry("x.yml", "dir"), entry("l.yml", "symlink")]
    github.on(FOLDER, Reply(names))
    github.on(f"{FOLDER}/z.yml", file(b"on: push\n" * 20))
    github.on(f"{FOLDER}/a.yaml", file("\ufeffname: größe\n".encode()))

    found = contents().workflows()

    assert [each.file for each in found] == [".github/workflows/a.yaml", ".github/workflows/z.yml"]
    assert [each.text for each in found] == ["name: größe\n", "on: push\n" * 20]


def test_bytes_that_are_no_text_are_shown_to_be_none(github: Loopback, contents: Callable[..., Contents]) -> None:
    github.on(FOLDER, Reply([entry("a.yml")]))
    github.on(f"{FOLDER}/a.yml", file(b"name: \xff\n"))

    assert contents().workflows()[0].text == "name: \ufffd\n"


def test_a_repository_without_the_folder_has_no_workflows(
    github: Loopback, contents: Callable[..., Contents]
) -> None:
    github.on(CONTENTS, Reply([entry("README.md")]))

    assert contents().workflows() == ()


def test_an_empty_repository_has_none_either(github: Loopback, contents: Callable[..., Contents]) -> None:
    assert contents(is_empty=True).workflows() == ()
    assert github.lines == [FOLDER]


def test_a_token_that_sees_no_file_does_not_see_that_there_is_none(contents: Callable[..., Contents]) -> None:
    with pytest.raises(RequestFailed, match="cannot list the files of acme/web") as raised:
        contents().workflows()

    assert raised.value.kind is FailureKind.NOT_FOUND
    assert "Contents: read" in (raised.value.hint or "")


def test_a_refusal_is_none(github: Loopback, contents: Callable[..., Contents]) -> None:
    github.on(FOLDER, problem(403, "Resource not accessible by personal access token"))

    with pytest.raises(RequestFailed) as raised:
        contents().workflows()

    assert raised.value.kind is FailureKind.NOT_PERMITTED


def test_a_file_that_is_too_large_is_not_left_out_in_silence(
    github: Loopback, contents: Callable[..., Contents]
) -> None:
    github.on(FOLDER, Reply([entry("a.yml")]))
    github.on(f"{FOLDER}/a.yml", file(b"", size=2 * 1024 * 1024, encoding="none"))

    with pytest.raises(RequestFailed, match=r"\.github/workflows/a\.yml is larger than 1 MiB") as raised:
        contents().workflows()

    assert raised.value.kind is FailureKind.INCOMPLETE


def test_a_folder_with_no_end_is_not_read(github: Loopback, contents: Callable[..., Contents]) -> None:
    github.on(FOLDER, Reply([entry(f"{number}.yml") for number in range(201)]))

    with pytest.raises(RequestFailed, match="there are 201 of them, and envsync reads 200 at most"):
        contents().workflows()
    assert len(github.seen) == 1


def test_what_is_no_base64_is_no_answer_of_github_s(github: Loopback, contents: Callable[..., Contents]) -> None:
    github.on(FOLDER, Reply([entry("a.yml")]))
    github.on(f"{FOLDER}/a.yml", file(b"", content="größe"))

    with pytest.raises(RequestFailed, match="content: it should be base64"):
        contents().workflows()


def test_names_are_the_repository_s_and_those_that_are_shared_with_it(
    github: Loopback, contents: Callable[..., Contents]
) -> None:
    github.on(f"{ACTIONS}/secrets", listing("secrets", [{"name": "OWN"}]))
    github.on(f"{ACTIONS}/organization-secrets", listing("secrets", [{"name": "SHARED"}]))
    many = [{"name": f"v{number}"} for number in range(70)]
    github.on(f"{ACTIONS}/variables", listing("variables", many, most=30))
    github.on(f"{ACTIONS}/organization-variables", listing("variables", [{"name": "V0"}], most=30))

    assert contents().secrets() == {"OWN", "SHARED"}
    assert contents().variables() == {f"V{number}" for number in range(70)}


def test_with_a_user_nobody_shares_anything(github: Loopback, contents: Callable[..., Contents]) -> None:
    github.on(f"{ACTIONS}/secrets", listing("secrets", [{"name": "OWN"}]))

    assert contents(is_organizations=False).secrets() == {"OWN"}
    assert len(github.seen) == 1


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([["success", "queued"]], {"eu/prod": True}),
        ([["inactive", "success"]], {"eu/prod": True}),
        ([["failure"], ["inactive", "success"]], {"eu/prod": True}),
        ([["failure"], ["queued"], ["error"]], {"eu/prod": False}),
        ([["failure"], ["failure"], ["failure"], ["success"]], {"eu/prod": False}),  # too long ago
        ([], {"eu/prod": False}),
    ],
)
def test_one_of_the_newest_deployments_has_to_have_succeeded(
    github: Loopback, contents: Callable[..., Contents], states: list[list[str]], expected: dict[str, bool]
) -> None:
    github.on(f"{DEPLOYMENTS}?environment=eu%2FProd&per_page=3", Reply([{"id": n} for n in range(len(states))]))
    for number, each in enumerate(states):
        statuses = Reply([{"state": state} for state in each])
        github.on(f"{DEPLOYMENTS}/{number}/statuses", statuses)

    assert contents().deployed(["eu/Prod"]) == expected
    assert len(github.seen) <= 4
