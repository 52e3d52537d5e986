"""Which answers of GitHub's are still at hand? Those to `GET`s, with their ETags, on disk from run to run.

An answer that did not change costs nothing of the hourly limit when it is asked for by its ETag. GitHub's ETags
are good for one token alone (its support, quoted in eclipse-csi/otterdog#201, and github/docs#34689): so each
token has a drawer of its own, and what is in it helps for as long as that token is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.github.cache_place import cache_folder
from envsync.github.cache_seal import Kept, Seal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from envsync.github.cache_shelf import Shelf
    from envsync.model import SecretValue

__all__ = ["Cache", "Drawer", "Kept", "cache_folder", "open_cache"]

_MOST = 100_000_000  # bytes on disk
_MOST_OF_ONE = 1_000_000  # bytes of a body


@dataclass(frozen=True, slots=True)
class Drawer:
    """The answers of one server to one token. Threads may share it."""

    _seal: Seal
    _shelf: Shelf | None

    def find(self, url: str) -> Kept | None:
        """`url`: path with query, as it is sent."""
        if self._shelf is None:
            return None
        sealed = self._shelf.find(self._seal.name(url))
        return None if sealed is None else self._seal.open(url, sealed)

    def keep(self, url: str, kept: Kept) -> None:
        if self._shelf is not None and len(kept.body) <= _MOST_OF_ONE:
            self._shelf.put(self._seal.name(url), self._seal.close(url, kept))


@dataclass(frozen=True, slots=True)
class Cache:
    _shelf: Shelf | None

    def drawer(self, api_url: str, token: SecretValue) -> Drawer:
        return Drawer(Seal(api_url, token), self._shelf)

    def close(self) -> None:
        """Writes what is still in memory; what is asked for later is not there."""
        if self._shelf is not None:
            self._shelf.close()


def open_cache(folder: Path, warn: Callable[[str], None], most: int = _MOST) -> Cache:
    """Raises nothing: where nothing can be kept, `warn` is told why, once. `most`: bytes on disk."""
    try:
        from envsync.github.cache_shelf import Shelf  # noqa: PLC0415 - some Pythons are built without SQLite
    except ImportError:
        warn("no answers are kept: this Python comes without SQLite")
        return Cache(None)
    return Cache(Shelf(folder, warn, most))
