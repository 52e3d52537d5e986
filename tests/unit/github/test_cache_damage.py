"""Whatever has become of the disk: a run goes on, and says once what is wrong."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.kept_answers import FILE, Runs, answer, url

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    runs = Runs(tmp_path / "cache")
    runs.keep(*range(100), size=1000)
    return runs


@pytest.fixture
def mortal() -> Iterator[Path]:
    """A folder of somebody's whom rights apply to, and this process is theirs: they do not to root."""
    folder = Path(tempfile.mkdtemp())
    if root := not os.geteuid():
        os.chown(folder, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield folder
    finally:
        if root:
            os.setresuid(0, 0, 0)
        shutil.rmtree(folder)


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("length", [0, 1, 99, 100, 4096, 5000, 50_000])
def test_a_file_that_was_cut_is_made_anew(runs: Runs, length: int) -> None:
    os.truncate(runs.file, length)

    runs.kept(*range(100))

    assert len(runs.warnings) == (length > 1)  # SQLite begins with an empty file, and takes one byte for none
    assert runs.works()


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 10_000, b"garbage" * 2000, b"SQLite format 3\0" + b"\xff" * 9000]
)
def test_so_is_a_file_of_something_else(runs: Runs, content: bytes) -> None:
    runs.file.write_bytes(content)

    runs.keep(1)

    assert runs.kept(1) == [1]
    assert len(runs.warnings) == bool(content)
    assert runs.works()


def test_a_byte_of_the_header_that_flipped_stops_no_run_and_lasts_for_one(runs: Runs) -> None:
    sound = runs.file.read_bytes()
    for place in range(100):
        content = bytearray(sound)
        content[place] ^= 0xFF
        runs.file.write_bytes(content)
        runs.warnings.clear()

        runs.kept(1, 2)

        assert len(runs.warnings) <= 1
        assert runs.works(), place


def test_nor_does_a_page_that_nobody_looks_at_in_the_beginning(runs: Runs) -> None:
    """So the damage shows in the middle of a run, which then goes on with a file that is made anew."""
    content = bytearray(runs.file.read_bytes())
    content[4096:] = random.Random(1).randbytes(len(content) - 4096)
    runs.file.write_bytes(content)

    with runs.run() as drawer:
        assert not any(drawer.find(url(number)) for number in range(100))
        drawer.keep(url(1), answer(1))

    assert len(runs.warnings) == 1
    assert "unusable and are gone" in runs.warnings[0]
    assert runs.kept(1) == [1]


@pytest.mark.parametrize(
    "change",
    [
        "PRAGMA user_version = 2",
        "CREATE TABLE more (x)",
        "DROP TABLE uses",
        "CREATE TRIGGER t AFTER INSERT ON uses BEGIN DELETE FROM answers; END",
        "INSERT INTO uses VALUES (1, 9223372036854775807)",
        "INSERT INTO uses VALUES (1, 'x')",
        "INSERT INTO uses VALUES (1, 1e300)",
    ],
)
def test_a_file_of_another_version_or_making_is_replaced(runs: Runs, change: str) -> None:
    with closing(sqlite3.connect(runs.file)) as file:
        file.execute(change)
        file.commit()

    assert runs.kept(1) == []
    assert len(runs.warnings) == 1
    assert runs.works()


def test_so_is_one_that_is_larger_than_it_may_be(runs: Runs) -> None:
    runs.most = 50_000

    runs.kept(1)

    assert len(runs.warnings) == 1
    assert runs.file.stat().st_size < 50_000


def test_a_journal_of_another_kind_is_changed_back(runs: Runs) -> None:
    """It lies beside the file, where a copy of the file would miss it."""
    with closing(sqlite3.connect(runs.file)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("UPDATE uses SET run = 1")
        file.commit()

    assert runs.kept(1) == [1]
    assert runs.there() == [FILE]
    assert not runs.warnings


def test_an_answer_that_is_not_even_bytes_is_not_found(runs: Runs) -> None:
    with closing(sqlite3.connect(runs.file)) as file, file:
        file.execute("UPDATE answers SET sealed = 'text'")

    assert runs.kept(1) == []
    assert runs.works()


_CRASH = """
import resource, signal, sys
from pathlib import Path
from support.kept_answers import Runs, answer, url

runs = Runs(Path(sys.argv[1]))
size = runs.file.stat().st_size
with runs.run() as drawer:
    drawer.keep(url(0), answer(0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100_000, size + 100_000))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    for number in range(100, 1000):
        drawer.keep(url(number), answer(number, 5000))
"""


def test_a_run_that_is_killed_while_it_writes_leaves_what_was_there(runs: Runs) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", _CRASH, str(runs.folder)], check=False, env={"PYTHONPATH": ":".join(sys.path)}
    )

    assert killed.returncode == -signal.SIGXFSZ
    assert len(runs.there()) == 2  # it was in the middle of it
    assert runs.kept(*range(110)) == list(range(100))
    assert runs.there() == [FILE]
    assert not runs.warnings


def test_a_disk_that_is_full_is_said_once_and_what_was_kept_stays(runs: Runs) -> None:
    with no_file_larger_than(runs.file.stat().st_size + 50_000), runs.run() as drawer:
        for number in range(100, 1000):
            drawer.keep(url(number), answer(number, 5000))
            drawer.find(url(number))

    assert len(runs.warnings) == 1
    assert runs.warnings[0].startswith(f"no answers are kept: {runs.file}: ")
    assert runs.kept(1, 2) == [1, 2]
    assert runs.works()


def test_so_is_one_without_room_for_an_empty_file(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "cache")
    with no_file_larger_than(0):
        runs.keep(1)

    assert len(runs.warnings) == 1
    assert runs.works()


def test_a_file_that_cannot_be_written_is_said_and_left(mortal: Path) -> None:
    runs = Runs(mortal / "cache")
    runs.keep(1)
    runs.file.chmod(0o400)

    with runs.run() as drawer:
        assert drawer.find(url(1)) is None
        drawer.keep(url(2), answer(2))

    assert runs.warnings == [f"no answers are kept: {runs.file}: attempt to write a readonly database"]
    runs.file.chmod(0o600)
    assert runs.kept(1) == [1]


@pytest.mark.parametrize("closed", [0o000, 0o400, 0o500])
def test_so_is_a_folder_without_permission(mortal: Path, closed: int) -> None:
    runs = Runs(mortal / "cache")
    runs.folder.mkdir()
    runs.folder.chmod(closed)

    runs.keep(1)
    runs.folder.chmod(0o700)

    assert len(runs.warnings) == 1
    assert "Permission denied" in runs.warnings[0]


def test_a_damaged_file_that_cannot_be_replaced_is_said_and_left(mortal: Path) -> None:
    runs = Runs(mortal / "cache")
    runs.keep(1)
    runs.file.write_bytes(b"garbage" * 2000)
    runs.folder.chmod(0o500)

    runs.keep(1)
    runs.folder.chmod(0o700)

    assert runs.warnings == [f"no answers are kept: {runs.file}: Permission denied"]
    assert runs.file.read_bytes() == b"garbage" * 2000


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    runs = Runs(tmp_path / "file" / "cache")

    runs.keep(1)

    assert runs.warnings == [f"no answers are kept: {runs.folder}: Not a directory"]


def test_a_folder_that_went_away_meanwhile_is_said(runs: Runs) -> None:
    with runs.run() as drawer:
        shutil.rmtree(runs.folder)
        for number in range(5000):
            drawer.keep(url(number), answer(number))

    assert len(runs.warnings) == 1
    assert runs.works()


def test_a_run_whose_file_another_run_replaced_goes_on_without(runs: Runs) -> None:
    """It must not lay a journal beside a file that is not its own."""
    with runs.run() as drawer:
        assert drawer.find(url(1)) == answer(1, 1000)
        runs.file.unlink()
        runs.keep(7)
        drawer.keep(url(8), answer(8))

    assert len(runs.warnings) == 1
    assert runs.kept(7, 8) == [7]
    assert runs.works()


def test_a_file_that_another_process_does_not_let_go_of_is_waited_for_and_said(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("envsync.github.cache_store._PATIENCE", 0.01)
    with closing(sqlite3.connect(runs.file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        runs.keep(200)

    assert runs.warnings == [f"no answers are kept: {runs.file}: database is locked"]
    assert runs.kept(1, 200) == [1]


_WITHOUT_SQLITE = """
import sys
sys.modules["_sqlite3"] = None
from pathlib import Path
from support.kept_answers import Runs

runs = Runs(Path(sys.argv[1]))
runs.keep(1)
assert runs.kept(1) == []
print(*runs.warnings, sep="\\n")
"""


def test_a_python_without_sqlite_keeps_nothing(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", _WITHOUT_SQLITE, str(tmp_path / "cache")],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )

    assert set(said.stdout.splitlines()) == {"no answers are kept: this Python comes without SQLite"}
