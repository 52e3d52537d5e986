"""Where may answers lie on disk? In a file that is the user's alone, in a folder that is, and behind no link."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "ENVSYNC_CACHE_DIR"

_FILE = "answers.sqlite"
_BESIDE = ("-journal", "-wal", "-shm")  # what SQLite lays beside a file, and reads again after a crash
_OTHERS = 0o077


class Unusable(Exception):  # noqa: N818 - reads as what the place is
    """Nothing can be kept here, for a reason that somebody has to see to."""


def cache_folder(environ: Mapping[str, str]) -> Path | None:
    """Where the user wants answers to be kept, or where caches belong on this system. None: there is no home."""
    if named := environ.get(VARIABLE, "").strip():
        with suppress(RuntimeError):  # there is no home
            return Path(named).expanduser()  # nothing expands it in a workflow's `env`
        return None
    try:
        usual = platformdirs.user_cache_path("envsync", appauthor=False)
    except RuntimeError:
        return None
    return usual if usual.is_absolute() else None  # older ones of platformdirs leave the `~` as it is


def prepare(folder: Path) -> Path:
    """The file for answers, it and its folder made if need be, and closed to others. Raises `Unusable`."""
    if not folder.is_dir() and os.path.lexists(folder):
        raise Unusable(f"{folder} is not a folder: name one in {VARIABLE}")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _keep_to_oneself(folder)
        file = folder / _FILE
        for each in _files(folder):
            with suppress(FileNotFoundError):
                _check_file(each)
        with suppress(FileExistsError):
            # SQLite would make it for everybody to read.
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY, 0o600))
    except OSError as error:
        raise Unusable(f"{error.filename or folder}: {error.strerror or error}") from None
    return file


def clear(folder: Path) -> None:
    """Take away what `prepare` had checked. Raises `Unusable`."""
    try:
        for each in _files(folder):
            each.unlink(missing_ok=True)
    except OSError as error:
        raise Unusable(f"{error.filename or folder}: {error.strerror or error}") from None


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(folder / f"{_FILE}{end}" for end in ("", *_BESIDE))


def _keep_to_oneself(folder: Path) -> None:
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise Unusable(f"{folder} is not a folder")
    _check_owner(folder, status)
    if not status.st_mode & _OTHERS:
        return
    if set(folder.iterdir()) - set(_files(folder)):  # a home, say, that others shall go on to use
        raise Unusable(
            f"{folder} is open to others and has other things in it: name a folder of its own in {VARIABLE}"
        )
    folder.chmod(0o700)


def _check_file(file: Path) -> None:
    status = file.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise Unusable(f"{file} is not a file")
    _check_owner(file, status)
    if status.st_mode & _OTHERS:
        file.chmod(0o600)


def _check_owner(path: Path, status: os.stat_result) -> None:
    if status.st_uid != os.geteuid():
        raise Unusable(f"{path} belongs to somebody else")
