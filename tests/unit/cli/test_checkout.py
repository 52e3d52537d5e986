"""Which repository a folder is a checkout of: what a runner says, else git's remote `origin`."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from envsync.cli.checkout import repository_of, root_of
from envsync.model import RepositoryName

if TYPE_CHECKING:
    from pathlib import Path

SHOP = RepositoryName("acme", "shop")


def checkout(folder: Path, remote: str | None) -> Path:
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    if remote is not None:
        subprocess.run(["git", "-C", folder, "remote", "add", "origin", remote], check=True)
    return folder


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/acme/shop.git",
        "https://github.com/acme/shop",
        "https://ann:token@github.example.com/acme/shop/",
        "git@github.com:acme/shop.git",
        "github.com:acme/shop",
        "ssh://git@github.example.com:2222/acme/shop.git",
    ],
)
def test_a_remote_tells_the_repository(tmp_path: Path, remote: str) -> None:
    assert repository_of(checkout(tmp_path, remote), {}) == SHOP


@pytest.mark.parametrize(
    "remote", ["/srv/git/acme/shop.git", "../acme/shop", "file:///srv/acme/shop", "C:/acme/shop", None]
)
def test_a_remote_that_is_a_folder_tells_nothing(tmp_path: Path, remote: str | None) -> None:
    assert repository_of(checkout(tmp_path, remote), {}) is None


def test_a_dot_is_part_of_a_name_and_git_at_its_end_is_not(tmp_path: Path) -> None:
    assert repository_of(checkout(tmp_path, "git@github.com:acme/a.b.git"), {}) == RepositoryName("acme", "a.b")


def test_a_runner_knows_better(tmp_path: Path) -> None:
    """What it has checked out may have no remote, or that of a mirror."""
    folder = checkout(tmp_path, "https://mirror.example.com/other/copy")

    assert repository_of(folder, {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/shop"}) == SHOP
    assert repository_of(folder, {"GITHUB_REPOSITORY": "acme/shop"}) == RepositoryName("other", "copy")
    assert repository_of(folder, {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme"}) == RepositoryName(
        "other", "copy"
    )


def test_a_folder_in_no_checkout_is_of_no_repository_whatever_lies_around_it(tmp_path: Path) -> None:
    inner = checkout(tmp_path, "git@github.com:acme/shop.git") / "inner"
    inner.mkdir()

    assert repository_of(inner, {}) is None
    assert repository_of(root_of(inner), {}) == SHOP


def test_the_root_is_where_git_keeps_its_folder_or_else_the_folder_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / "a/b"
    deep.mkdir(parents=True)
    assert root_of(deep) == deep

    checkout(tmp_path, None)
    assert root_of(deep) == tmp_path
    monkeypatch.chdir(deep)
    assert root_of(deep.relative_to(deep)) == tmp_path


def test_without_git_nobody_can_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = checkout(tmp_path, "git@github.com:acme/shop.git")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))

    assert repository_of(folder, {}) is None


def test_what_git_is_told_by_its_environment_is_of_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = checkout(tmp_path / "other", "git@github.com:acme/other.git")
    folder = checkout(tmp_path / "shop", "git@github.com:acme/shop.git")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))

    assert repository_of(folder, {}) == SHOP
