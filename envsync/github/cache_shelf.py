"""What if the disk fails? Then a run goes on without kept answers, and says so once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from envsync.github.cache_place import Unusable
from envsync.github.cache_store import Damaged, open_store, renew_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from envsync.github.cache_store import Store

_BATCH_BYTES = 1 << 20  # that wait in memory, to be written in one transaction
_BATCH = 4096  # names, of answers that wait and of those that were of use


class Shelf:
    """Sealed answers, in memory until there are enough to be written. Threads share it."""

    def __init__(self, folder: Path, warn: Callable[[str], None], most: int) -> None:
        self._folder = folder
        self._most = most
        self._warn = warn
        self._warned = False
        self._lock = threading.Lock()  # of all that follows
        self._waiting: dict[int, bytes] = {}
        self._weight = 0  # bytes, of what waits
        self._found: set[int] = set()
        self._store: Store | None = None
        with self._lock:
            self._store = self._opened(lambda: open_store(folder, most))

    def find(self, name: int) -> bytes | None:
        with self._lock:
            if name in self._waiting:
                return self._waiting[name]
            found = self._tried(lambda store: store.find(name))
            if found is not None:
                self._found.add(name)
                self._write_much()
            return found

    def put(self, name: int, sealed: bytes) -> None:
        with self._lock:
            if self._store is None:
                return
            self._weight += len(sealed) - len(self._waiting.get(name, b""))
            self._waiting[name] = sealed
            self._write_much()

    def close(self) -> None:
        """Whoever comes later finds nothing, and keeps nothing."""
        with self._lock:
            if self._waiting or self._found:
                self._write()
            if self._store is not None:
                self._store.close()
            self._store = None

    def _write_much(self) -> None:
        if self._weight >= _BATCH_BYTES or len(self._waiting) + len(self._found) >= _BATCH:
            self._write()

    def _write(self) -> None:
        waiting, found = self._waiting, self._found
        self._waiting, self._weight, self._found = {}, 0, set()
        self._tried(lambda store: store.write(waiting, found))

    def _tried(self, act: Callable[[Store], bytes | None]) -> bytes | None:
        store = self._store
        if store is None:
            return None
        try:
            return act(store)
        except Damaged as damage:
            store.close()
            self._store = None if self._warned else self._renewed(damage)
        except Unusable as why:
            store.close()
            self._store = None
            self._say(f"no answers are kept: {why}")
        return None

    def _opened(self, make: Callable[[], Store]) -> Store | None:
        try:
            return make()
        except Damaged as damage:
            return self._renewed(damage)
        except Unusable as why:
            self._say(f"no answers are kept: {why}")
            return None

    def _renewed(self, damage: Damaged) -> Store | None:
        """A store that is damaged at once when it is new has no place to be."""
        try:
            store = renew_store(self._folder, self._most)
        except (Damaged, Unusable) as why:
            self._say(f"no answers are kept: {why}")
            return None
        self._say(f"the answers kept in {self._folder} were unusable and are gone: {damage}")
        return store

    def _say(self, text: str) -> None:
        if not self._warned:
            self._warned = True
            self._warn(text)
