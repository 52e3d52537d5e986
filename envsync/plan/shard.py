"""Which repositories are this machine's, of several that share the work?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.plan.changes import Notice

if TYPE_CHECKING:
    from envsync.model import RepositoryName


SHARD = "shard"  # the code of the warning that a run is about one


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `index`, from 1, of `count`.

    A repository's name alone says which shard it is in. So none is left out or in two where machines see
    different lists: one may have been created between two of them.
    """

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def holds(self, repository: RepositoryName) -> bool:
        digest = hashlib.sha256(repository.key.encode()).digest()
        return int.from_bytes(digest[:8]) % self.count == self.index - 1


def shard_notice(shard: Shard, held: int, of: int) -> Notice:
    """Without it, "in sync" would be read as said of all."""
    return Notice(None, SHARD, f"this is shard {shard} alone: {held} of {of} repositories")
