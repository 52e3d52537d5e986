from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.kept_answers import FILE, Runs

from envsync.github.cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

BESIDE = [f"{FILE}-journal", f"{FILE}-wal", f"{FILE}-shm"]


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    before = os.umask(0)  # what is made is closed to others all the same
    yield Runs(tmp_path / "home" / ".cache" / "envsync")
    os.umask(before)


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o777


def test_folder_and_file_are_the_users_alone(runs: Runs) -> None:
    runs.keep(1)

    assert mode(runs.folder) == 0o700
    assert mode(runs.file) == 0o600


def test_they_are_so_again_where_they_were_opened_to_others(runs: Runs) -> None:
    runs.keep(1)
    runs.folder.chmod(0o777)
    runs.file.chmod(0o644)

    assert runs.kept(1) == [1]
    assert mode(runs.folder) == 0o700
    assert mode(runs.file) == 0o600
    assert not runs.warnings


def test_a_folder_that_others_use_for_other_things_is_left_as_it_is(runs: Runs) -> None:
    runs.folder.mkdir(parents=True)
    runs.folder.chmod(0o755)
    (runs.folder / "theirs").touch()

    runs.keep(1)

    assert mode(runs.folder) == 0o755
    assert runs.there() == ["theirs"]
    (warning,) = runs.warnings
    assert warning.startswith(f"no answers are kept: {runs.folder} is open to others")
    runs.folder.chmod(0o700)
    assert runs.works()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("name", ["", FILE])
def test_what_belongs_to_somebody_else_is_not_used(runs: Runs, name: str) -> None:
    runs.keep(1)
    os.chown(runs.folder / name, 65534, 65534)

    assert runs.kept(1) == []
    assert runs.warnings == [f"no answers are kept: {runs.folder / name} belongs to somebody else"]


def test_a_link_in_the_place_of_the_folder_is_not_followed(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    runs.folder.parent.mkdir(parents=True)
    runs.folder.symlink_to(tmp_path / "elsewhere")

    runs.keep(1)

    assert not any((tmp_path / "elsewhere").iterdir())
    assert runs.warnings == [f"no answers are kept: {runs.folder} is not a folder"]


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("name", [FILE, *BESIDE])
def test_nor_is_one_in_the_place_of_a_file(runs: Runs, tmp_path: Path, name: str, *, there: bool) -> None:
    target = tmp_path / "elsewhere"
    if there:
        target.write_text("theirs")
    runs.folder.mkdir(parents=True, mode=0o700)
    (runs.folder / name).symlink_to(target)

    runs.keep(1)

    assert target.exists() == there
    assert not there or target.read_text() == "theirs"
    assert runs.warnings == [f"no answers are kept: {runs.folder / name} is not a file"]


@pytest.mark.parametrize("name", [FILE, *BESIDE])
def test_a_pipe_is_not_waited_for_nor_is_a_folder_opened(runs: Runs, name: str) -> None:
    runs.folder.mkdir(parents=True, mode=0o700)
    os.mkfifo(runs.folder / name)
    runs.keep(1)
    (runs.folder / name).unlink()
    (runs.folder / name).mkdir()
    runs.keep(1)

    assert runs.warnings == [f"no answers are kept: {runs.folder / name} is not a file"] * 2


def test_a_file_in_the_place_of_the_folder_is_left(runs: Runs) -> None:
    runs.folder.parent.mkdir(parents=True)
    runs.folder.write_text("theirs")

    runs.keep(1)

    assert runs.folder.read_text() == "theirs"
    assert len(runs.warnings) == 1


@pytest.mark.parametrize("name", ["a b%20c", "?mode=memory", "#x&y", "é\udcff"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    runs = Runs(tmp_path / name)

    assert runs.works()
    assert runs.file.stat().st_size


def test_the_folder_is_the_one_that_the_variable_names() -> None:
    assert cache_folder({"ENVSYNC_CACHE_DIR": "/somewhere"}) == Path("/somewhere")


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
def test_else_it_is_the_users_for_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/lea")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder({"ENVSYNC_CACHE_DIR": ""}) == Path("/home/lea/.cache/envsync")

    monkeypatch.setenv("XDG_CACHE_HOME", "/scratch/lea")
    assert cache_folder({}) == Path("/scratch/lea/envsync")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody whom the system does not know")
def test_without_a_home_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that is run as a user of some number."""
    for variable in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    os.setresuid(54321, 54321, 0)
    try:
        assert cache_folder({}) is None
    finally:
        os.setresuid(0, 0, 0)
