from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.config_files import HEAD, codes, diagnostics, environments

from envsync.model import External, FromCommand, FromEnvironment, FromFile

if TYPE_CHECKING:
    from pathlib import Path

    from envsync.model import SecretSource


def secret(source: str) -> str:
    return f"{HEAD}environments:\n  staging-eu:\n    secrets:\n      DB_PASSWORD: {source}\n"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("external", External()),
        ("{env: DB}", FromEnvironment("DB")),
        ("{env: '${ENVIRONMENT}_DB'}", FromEnvironment("STAGING_EU_DB")),
        ("{file: secrets/db}", FromFile("secrets/db", "")),
        ("{file: './${repository}/../${owner}/db'}", FromFile("./payments/../acme/db", "")),
        (
            "{command: [op, read, 'op://${repository}/x', 1.10]}",
            FromCommand(("op", "read", "op://payments/x", "1.10"), ""),
        ),
    ],
)
def test_a_secret_has_a_source(tmp_path: Path, text: str, source: SecretSource) -> None:
    assert environments(tmp_path, secret(text))["staging-eu"].secrets["DB_PASSWORD"].source == source


@pytest.mark.parametrize("text", ["{file: a}", "{command: [a]}"])
def test_files_and_commands_start_in_the_folder_of_the_file(tmp_path: Path, text: str) -> None:
    source = environments(tmp_path, secret(text))["staging-eu"].secrets["DB_PASSWORD"].source

    assert isinstance(source, FromFile | FromCommand)
    assert source.root == str(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "ENVSYNC_RECORD_KEY",
        "ENVSYNC_",
        "GH_TOKEN",
        "gh_token",
        "GITHUB_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "RUNNER_X",
    ],
)
def test_variables_of_envsync_and_github_are_refused(tmp_path: Path, name: str) -> None:
    assert codes(tmp_path, secret(f"{{env: {name}}}")) == ["refused-variable"]


@pytest.mark.parametrize("name", ["GITHUB_ACTOR", "GHX", "MY_GH_TOKEN", "ENVSYNC", "_"])
def test_other_variables_are_not(tmp_path: Path, name: str) -> None:
    assert codes(tmp_path, secret(f"{{env: {name}}}")) == []


@pytest.mark.parametrize("name", ["$DB", "a-b", "1A", "A B", "A=B", "ä"])
def test_what_cannot_be_a_variable_is_none(tmp_path: Path, name: str) -> None:
    assert codes(tmp_path, secret(f'{{env: "{name}"}}')) == ["secret-source"]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "..", "../x", "a/../../x", ".", "a/..", "./", "//x", "a\0b", "a\nb"]
)
def test_files_outside_the_folder_are_refused(tmp_path: Path, path: str) -> None:
    assert codes(tmp_path, secret(f"{{file: {json.dumps(path)}}}")) == ["unconfined-path"]


@pytest.mark.parametrize("argv", ["['']", "[' ', x]", '[x, "a\\0b"]'])
def test_a_command_names_a_program(tmp_path: Path, argv: str) -> None:
    assert codes(tmp_path, secret(f"{{command: {argv}}}")) == ["secret-source"]


@pytest.mark.parametrize(
    "source",
    [
        "hunter2",
        "5",
        "true",
        "1.5",
        "[hunter2]",
        "{hunter2}",
        "{hunter2: x}",
        "{env: {a: hunter2}}",
        "{env: [hunter2]}",
        "{env: hunter2, file: hunter2}",
        "{env: 5}",
        "{file: ''}",
        "{command: hunter2}",
        "{command: [[hunter2]]}",
        "{command: [~]}",
        "{}",
        "{env: '${hunter2}'}",
        "{command: [a, '${hunter2}']}",
        "{env: '$hunter2'}",
        "{env: 'GH_hunter2'}",
        "{file: '../hunter2'}",
        "{env: hunter2 hunter2}",
    ],
)
def test_whatever_is_wrong_nothing_of_it_is_repeated(tmp_path: Path, source: str) -> None:
    (found,) = diagnostics(tmp_path, secret(source))

    assert "DB_PASSWORD" in found.message
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    "text", ["{env: *x}", "{command: [*x]}", "{command: [a, *x]}", "!x {env: A}", "{env: !x A}"]
)
def test_what_yaml_could_not_make_out_is_told_once(tmp_path: Path, text: str) -> None:
    assert len(diagnostics(tmp_path, secret(text))) == 1


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{envv: A}", "did you mean `env`?"),
        ("{cmd: [a]}", "did you mean `command`?"),
        ("{env:A}", "write `key: value`, with a space after the colon"),
        ("{path: a}", None),
    ],
)
def test_a_near_miss_is_guessed(tmp_path: Path, text: str, hint: str | None) -> None:
    (found,) = diagnostics(tmp_path, secret(text))

    assert found.hint == hint or (hint is None and (found.hint or "").startswith("write {env: NAME}"))


def test_the_place_of_a_secret_is_its_name(tmp_path: Path) -> None:
    span = environments(tmp_path, secret("external"))["staging-eu"].secrets["DB_PASSWORD"].span

    assert span
    assert (span.line, span.column, span.end_column) == (7, 7, 18)
