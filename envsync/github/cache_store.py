"""How do sealed answers lie on disk? In one SQLite file, which several processes share.

SQLite keeps a rollback journal, not a write-ahead log: that one needs memory which network file systems do not
share, and leaves a second file behind where somebody else still reads. It is not told to wait for the disk, since
a power failure can cost no more than a cache.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from envsync.github.cache_place import Unusable, clear, prepare

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

_VERSION = 1
_SCHEMA = (
    "CREATE TABLE answers (name INTEGER PRIMARY KEY, sealed BLOB NOT NULL)",
    "CREATE TABLE uses (name INTEGER PRIMARY KEY, run INTEGER NOT NULL)",  # apart: a use rewrites no answer
)
_PATIENCE = 5.0  # seconds for another process to end its transaction, which takes milliseconds
_LAST_RUN = 1 << 62
_ROOM = 0.9  # of what there may be, is left after making room, which is then not needed again soon

_BROKEN = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_ERROR,  # a format of SQLite's that is still to come
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_TOOBIG,
    }
)


class Damaged(Exception):  # noqa: N818 - reads as what the file is
    """The file is not what a store of this version leaves behind. A new one does."""


class Store:
    """One thread at a time. All raise `Damaged` and `Unusable`."""

    def __init__(self, file: Path, most: int) -> None:
        self._file = file
        self._most = most  # bytes
        with self._judged():
            self._connection = sqlite3.connect(
                f"file:{quote(bytes(file.absolute()))}?mode=rw",
                uri=True,
                timeout=_PATIENCE,
                isolation_level=None,
                check_same_thread=False,
            )
        try:
            self._run = self._begin()
        except BaseException:
            self.close()
            raise

    def find(self, name: int) -> bytes | None:
        with self._judged():
            row = self._connection.execute("SELECT sealed FROM answers WHERE name = ?", (name,)).fetchone()
        return row[0] if row and isinstance(row[0], bytes) else None

    def write(self, answers: Mapping[int, bytes], found: Collection[int]) -> None:
        """`found`: what was of use and stays as it is."""
        with self._transaction():
            self._make_room(answers)
            run, names = self._run, sorted(answers)
            execute = self._connection.executemany
            execute("REPLACE INTO answers VALUES (?, ?)", ((name, answers[name]) for name in names))
            execute("REPLACE INTO uses VALUES (?, ?)", ((name, run) for name in names))
            execute("UPDATE uses SET run = ? WHERE name = ?", ((run, name) for name in sorted(found)))

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.close()

    def _begin(self) -> int:
        """The number of this run, once it is sure that the file is what it has to be."""
        with self._judged():
            for setting in ("trusted_schema = OFF", "synchronous = OFF", "temp_store = MEMORY"):
                self._connection.execute(f"PRAGMA {setting}")
            (journal,) = self._connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            if journal != "delete":
                raise Damaged("its journal is of another kind")
        with self._transaction():
            if self._number("page_count") * self._number("page_size") > self._most:
                raise Damaged("it is larger than it may be")
            there = self._connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
            if not there and not self._number("user_version"):
                for statement in _SCHEMA:
                    self._connection.execute(statement)
            elif (self._number("user_version"), *(sql for (sql,) in there)) != (_VERSION, *_SCHEMA):
                raise Damaged("it is of another version")
            (last,) = self._connection.execute("SELECT max(run) FROM uses").fetchone()
            # Each time, so that it shows now whether anything can be written.
            self._connection.execute(f"PRAGMA user_version = {_VERSION}")
        if last is None:
            return 1
        if not isinstance(last, int) or not 0 < last < _LAST_RUN:
            raise Damaged("it counts runs that cannot have been")
        return last + 1

    def _make_room(self, answers: Mapping[int, bytes]) -> None:
        """What was used in the oldest runs goes first."""
        page_size = self._number("page_size")
        # SQLite does not fill a page to the last byte; what is longer than one has its rest on pages of its own.
        coming = sum(len(sealed) + min(len(sealed), page_size) for sealed in answers.values())
        if self._taken() * page_size + coming <= self._most:
            return
        room = max(0, int(self._most * _ROOM) - coming) // page_size
        while (taken := self._taken()) > room:
            (count,) = self._connection.execute("SELECT count(*) FROM uses").fetchone()
            if not count:
                self._connection.execute("DELETE FROM answers")  # of which nobody knows when they were used
                return
            oldest = "(SELECT name FROM uses ORDER BY run, name LIMIT ?)"
            going = (count * (taken - room) // taken + 1,)
            self._connection.execute(f"DELETE FROM answers WHERE name IN {oldest}", going)  # noqa: S608
            self._connection.execute(f"DELETE FROM uses WHERE name IN {oldest}", going)  # noqa: S608

    def _taken(self) -> int:
        """Pages: those of answers that went are used again, and the file does not shrink."""
        return self._number("page_count") - self._number("freelist_count")

    def _number(self, pragma: str) -> int:
        number: int = self._connection.execute(f"PRAGMA {pragma}").fetchone()[0]
        return number

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._judged():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _judged(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if self._is_damage(error):
                raise Damaged(str(error)) from None
            raise Unusable(f"{self._file}: {error}") from None

    def _is_damage(self, error: sqlite3.Error) -> bool:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # none: text that is not UTF-8
        # SQLite calls a file that a later SQLite wrote read-only, or so says a damaged byte.
        pretended = code == sqlite3.SQLITE_READONLY and os.access(self._file, os.W_OK)
        return pretended or code & 0xFF in _BROKEN


def open_store(folder: Path, most: int) -> Store:
    return Store(prepare(folder), most)


def renew_store(folder: Path, most: int) -> Store:
    """In the place of a damaged one. Who still has that one open is told so by SQLite, and goes on without."""
    prepare(folder)
    clear(folder)
    return open_store(folder, most)
