"""A file that is no YAML is shown too, and then only what cannot lie under `secrets`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.config_files import HEAD, diagnostics

if TYPE_CHECKING:
    from pathlib import Path

STAGING = f"{HEAD}environments:\n  staging:\n"


def source(folder: Path, text: str) -> str | None:
    (diagnostic,) = diagnostics(folder, text)
    assert diagnostic.code.startswith("yaml-")
    return diagnostic.source


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("    required_reviewers: [@lead]\n", "    required_reviewers: [@lead]"),
        ("    deployment_branch_policy:\n      branches:\n        - *\n", "        - *"),
        ("    variables: {A: ${owner}, B: c}\n", "    variables: {A: ${owner}, B: c}"),
        ("    variables:\n      A: @b\n", "      A: @b"),
        ("\tprune: true\n", "\tprune: true"),
        ("\tproduction:\n", "\tproduction:"),
        ("    # secrets of ours\n    ignore: [@lead]\n", "    ignore: [@lead]"),
        ("\n    ignore: [@lead]\n", "    ignore: [@lead]"),
        ("    ignore: [@x], A: hunter2\n", "    ignore: [@x], A: •••"),
    ],
)
def test_what_holds_no_secrets_is_shown(tmp_path: Path, text: str, shown: str) -> None:
    assert source(tmp_path, STAGING + text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "    secrets:\n      DB_PASSWORD: hunter2: x\n",
        "    secrets:\n      DB_PASSWORD: @hunter2\n",
        "    secrets:\n      DB_PASSWORD: 'hunter2\n",
        "    secrets:\n      DB_PASSWORD: hunter2\n      hunter2 x\n      OTHER: y\n",
        "    secrets:\n      DB_PASSWORD: first\n        hunter2: x\n",
        "    secrets:\n      DB_PASSWORD: [hunter2\n      OTHER: y\n",
        "    secrets:\n    - DB_PASSWORD: @hunter2\n",
        "    secrets:\n      DB_PASSWORD: x\n     hunter2\n",
        '    secrets:\n      DB_PASSWORD: "x\n  hunter2" hunter2\n',
        "    secrets: {A: hunter2, B: @hunter2}\n",
        "    secrets: {A: b,\nB: @hunter2}\n",
        "    secrets: {A: b\n  hunter2: @hunter2}\n",
        "    secrets: @hunter2\n",
        '    "secrets": @hunter2\n',
        "    'secrets' : @hunter2\n",
        "    ? secrets\n    : @hunter2\n",
        "    !!str secrets: @hunter2\n",
        "    &k secrets: @hunter2\n",
        '    "\\x73ecrets": @hunter2\n',
        '    "\\x73ecrets":\n      A: @hunter2\n',
        '    "sec\\\n      rets":\n      A: @hunter2\n',
        "    secret: @hunter2\n",
        "    secerts:\n      A: @hunter2\n",
        "    secrets\n      A: hunter2\n",
        "    #secrets:\n      A: hunter2: x\n",
        '    variables:\n      A: "unclosed\n    secrets:\n      B: "hunter2"\n',
        "    variables: &v\n      A: @hunter2\n    secrets: *v\n",
        "    variables: {A: &v hunter2, B: @x}\n    secrets: {A: *v}\n",
        "    <<: {secrets: {A: @hunter2}}\n",
        "    prune: true\n\tsecrets: {A: hunter2}\n",
        "    prune: true\n\tA: hunter2\n",
        "    wait_timer: 3 A: hunter2\n",
        "    [secrets]: {A: @hunter2}\n",
        "    [a, b]: {A: @hunter2}\n",
        "    hunter2 @\n    prune: x\n",
        f"    variables: {{A: {'x' * 4_000} hunter2, B: @}}\n",
    ],
)
def test_what_may_be_a_secret_is_not_shown(tmp_path: Path, text: str) -> None:
    found = diagnostics(tmp_path, STAGING + text)

    assert [diagnostic.code for diagnostic in found] == ["yaml-syntax"]
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "    secrets:\n    DB: a\n      KEY: hunter2\n",
        "    secrets:\n      CERT: |\n        x\n    ignore: [wait_timer]\n        hunter2\n",
        "    secrets:\n      CERT: |\n        x\n    ignore: [@hunter2]\n",
        "    secrets:\n      CERT: |\n        x\n...  hunter2\n  hunter2: x\n",
        "    secrets:\n      CERT: |\n        x\n    prune: true\n        variables: [@hunter2]\n",
        "    secrets:\n      DB: a\nprune: true\n      KEY: hunter2\n",
        "    secrets:\n  DB:hunter2\n",
        "    secrets: {}\n  production:\n    required_reviewers: [@hunter2]\n",
        "    secerts: {}\n  production:\n    required_reviewers: [@hunter2]\n",
    ],
)
def test_below_a_mention_of_secrets_no_value_is_shown_whatever_the_indentation_says(
    tmp_path: Path, text: str
) -> None:
    found = diagnostics(tmp_path, STAGING + text)

    assert [diagnostic.code for diagnostic in found] == ["yaml-syntax"]
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "DB='hunter2' x: y: z\n",
        "DB=hunter2\nKEY: hunter2\n",
        "'hunter2' x\n",
        "@hunter2\n",
        "%hunter2\n",
        "[hunter2\n",
    ],
)
def test_a_file_of_another_kind_is_not_shown(tmp_path: Path, text: str) -> None:
    found = diagnostics(tmp_path, text)

    assert [diagnostic.code for diagnostic in found] == ["yaml-syntax"]
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("    secrets: {}\n    required_reviewers: [@lead]\n", "    required_reviewers: •••"),
        ("    secrets: {}\n   variables:\n", "   variables:"),
        ("    secrets:\n      DB_PASSWORD: @hunter2\n", "      DB_PASSWORD: •••"),
        ("    secrets:\n      DB_PASSWORD:\n        env: @hunter2\n", "        env: •••"),
        ("    secrets: @hunter2\n", "    secrets: •••"),
        ("    secrets:\n      DB.PASSWORD: @hunter2\n", "      •••••••••••••••"),
        ("    secrets: {DB_PASSWORD: @hunter2}\n", "    secrets: ••••••••••••••"),
        ("    wait_timer: 3\n  production: {wait_timer: @3}\n", "  production: •••"),
    ],
)
def test_a_key_that_is_surely_one_is_shown(tmp_path: Path, text: str, shown: str) -> None:
    assert (source(tmp_path, STAGING + text) or "").startswith(shown)


def test_an_error_at_the_end_of_the_file_has_an_empty_line(tmp_path: Path) -> None:
    assert source(tmp_path, "%YAML 1.1") == ""
