"""A cache as runs of envsync use it, one after the other."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envsync.github.cache import Kept, open_cache
from envsync.model import SecretValue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envsync.github.cache import Drawer

API = "https://api.github.com"
TOKEN = SecretValue(b"github_pat_11ABCDEFG0123456789_abcdefghijklmnopqrstuvwxyz")
FILE = "answers.sqlite"


def url(number: int) -> str:
    return f"/repos/acme/service-{number}/environments?per_page=100"


def answer(number: int = 0, size: int = 60) -> Kept:
    """With a body that cannot be compressed."""
    body = random.Random(number).randbytes(size)
    return Kept(f'W/"{number:064x}"', body, f'<{API}{url(number)}&page=2>; rel="next"')


@dataclass
class Runs:
    """Each `run` opens the cache in `folder` anew; `warnings` are those of all runs."""

    folder: Path
    most: int = 100_000_000
    warnings: list[str] = field(default_factory=list)

    @contextmanager
    def run(self, token: SecretValue = TOKEN, api_url: str = API) -> Iterator[Drawer]:
        cache = open_cache(self.folder, self.warnings.append, self.most)
        try:
            yield cache.drawer(api_url, token)
        finally:
            cache.close()

    def keep(self, *numbers: int, size: int = 60) -> None:
        with self.run() as drawer:
            for number in numbers:
                drawer.keep(url(number), answer(number, size))

    def kept(self, *numbers: int) -> list[int]:
        with self.run() as drawer:
            return [number for number in numbers if drawer.find(url(number)) is not None]

    @property
    def file(self) -> Path:
        return self.folder / FILE

    def there(self) -> list[str]:
        return sorted(each.name for each in self.folder.iterdir())

    def works(self) -> bool:
        """Whether a run keeps what a later run finds, and neither has anything to say."""
        said = len(self.warnings)
        self.keep(999)
        return self.kept(999) == [999] and len(self.warnings) == said
