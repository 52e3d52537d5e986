from __future__ import annotations

from pathlib import Path

import pytest

from envsync.documents.text import MAX_BYTES
from envsync.errors import Severity
from envsync.workflows.folder import read_folder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout, which is the working directory."""
    checkout = tmp_path / "checkout"
    (checkout / ".git").mkdir(parents=True)
    (checkout / ".github" / "workflows").mkdir(parents=True)
    monkeypatch.chdir(checkout)
    return checkout


def write(root: Path, name: str, text: str = "on: push") -> Path:
    path = root / ".github" / "workflows" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def files(root: Path) -> list[str]:
    return [source.file for source in read_folder(root)[0]]


def messages(root: Path) -> list[str]:
    return [diagnostic.message for diagnostic in read_folder(root)[1]]


def test_workflows_are_the_yaml_files_of_one_folder_sorted(root: Path) -> None:
    for name in ("b.yml", "a.yaml", "c.YML", "notes.md", "folder/d.yml", "folder.yml/e.yml"):
        write(root, name, f"name: {name}")

    sources, diagnostics = read_folder(root)

    assert [(source.file, source.text) for source in sources] == [
        (".github/workflows/a.yaml", "name: a.yaml"),
        (".github/workflows/b.yml", "name: b.yml"),
    ]
    assert diagnostics == ()


def test_there_may_be_none(root: Path, tmp_path: Path) -> None:
    (tmp_path / ".github").touch()

    assert read_folder(root) == ((), ())
    assert read_folder(root / "gone") == ((), ())
    assert read_folder(tmp_path) == ((), ())


def test_files_are_named_from_the_working_directory(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(root, "a.yml")

    assert files(Path()) == files(root) == files(root / "x" / "..") == [".github/workflows/a.yml"]
    monkeypatch.chdir(root.parent)
    assert files(root) == ["checkout/.github/workflows/a.yml"]
    monkeypatch.chdir(root / ".github")
    assert files(root) == files(Path("..")) == [str(path)]


def test_a_folder_is_read_though_the_working_directory_is_gone(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(root, "a.yml")
    gone = root / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert files(root) == [str(path)]


@pytest.mark.parametrize("git", [True, False])
def test_a_link_out_of_the_checkout_is_not_followed(root: Path, *, git: bool) -> None:
    if not git:
        (root / ".git").rmdir()
    outside = root.parent / "outside.yml"
    outside.write_text("on: push")
    (root / ".github/workflows/a.yml").symlink_to(outside)
    (root / ".github/workflows/b.yml").symlink_to(root / "b.yml")
    (root / "b.yml").write_text("on: push")

    sources, (diagnostic, *_) = read_folder(root)

    assert [source.file for source in sources] == ([".github/workflows/b.yml"] if git else [])
    assert diagnostic.message == "`.github/workflows/a.yml` is a link to what lies outside of the repository"
    assert diagnostic.severity is Severity.WARNING
    assert (diagnostic.code, diagnostic.span) == ("workflow-unreadable", None)
    assert diagnostic.hint == "mend or remove it: what it deploys to is not known here"


@pytest.mark.parametrize("git", [True, False])
def test_a_folder_that_is_a_link_out_of_the_checkout_is_not_followed(root: Path, *, git: bool) -> None:
    if not git:
        (root / ".git").rmdir()
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "a.yml").write_text("on: push")
    (root / ".github/workflows").rmdir()
    (root / ".github/workflows").symlink_to(outside)

    assert files(root) == []
    assert messages(root) == ["`.github/workflows/a.yml` is a link to what lies outside of the repository"]


def test_what_cannot_be_read_is_said_and_the_rest_is_read(root: Path) -> None:
    write(root, "a.yml", "#" * (MAX_BYTES + 1))
    (root / ".github/workflows/b.yml").symlink_to(root / "nowhere.yml")
    write(root, "c.yml")
    (root / ".github/workflows/d.yml").write_bytes(b"\xff\xfe")

    assert files(root) == [".github/workflows/c.yml"]
    assert messages(root) == [
        "`.github/workflows/a.yml` is larger than 1 MiB",
        "`.github/workflows/b.yml` does not exist",
        "`.github/workflows/d.yml` is UTF-16, not UTF-8",
    ]


def test_links_in_a_circle_are_said(root: Path) -> None:
    (root / ".github/workflows").rmdir()
    (root / ".github/workflows").symlink_to("workflows")

    assert read_folder(root)[0] == ()
    assert messages(root) == ["`.github/workflows` cannot be read: Too many levels of symbolic links"]
