"""What a drift check found: what differs, who is behind it, since when, and what of it was expected."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from envsync.plan.changes import Origin, Risk

if TYPE_CHECKING:
    from envsync.model import Expected
    from envsync.plan.changes import Address, Change, FieldValue, Kind, Notice, Unmanaged, UnreadPart
    from envsync.plan.shard import Shard


class Deed(StrEnum):
    """What became of a thing, seen from what the files say."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    APPEARED = "appeared"  # an environment that no file declares, and that nothing protects
    DOUBTFUL = "doubtful"  # a record that somebody without the key wrote


@dataclass(frozen=True, slots=True)
class DriftField:
    """`declared` by the files, and `live` on GitHub; None: not there."""

    name: str
    declared: FieldValue
    live: FieldValue


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing on GitHub that is not as it was applied.

    `risk` is that of the way from what the files say to what is there: it weakens where somebody gets through who
    should not. `since` is when GitHub says that it was written, `after` the time of the last apply on record; both
    ISO 8601 in UTC, and None where nobody knows.
    """

    at: Address
    kind: Kind
    name: str | None
    deed: Deed
    origin: Origin
    risk: Risk
    reason: str  # a clause in words, with no full stop
    fields: tuple[DriftField, ...] = ()
    since: str | None = None
    after: str | None = None
    by_hand: bool = False  # apply cannot put it back: somebody has to, on GitHub


@dataclass(frozen=True, slots=True)
class Excused:
    """A difference that the files expect for a while."""

    difference: Difference
    expected: Expected


@dataclass(frozen=True, slots=True)
class Idle:
    """What the files expect in `repositories`, and nothing of it differs, for certain, in those of `where`.

    Where that is all of them, it is a warning. Of a part of the repositories alone nobody can tell.
    """

    expected: Expected
    repositories: tuple[str, ...]
    where: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """All that a drift check found. Everything is sorted: same input, same drift."""

    differences: tuple[Difference, ...] = ()  # those that count, weakening ones first
    expected: tuple[Excused, ...] = ()
    lapsed: tuple[Excused, ...] = ()  # of `differences`, those that were expected until a day that is over
    pending: tuple[Change, ...] | None = None  # what the files say and nobody applied yet; None: nobody asked
    unread: tuple[UnreadPart, ...] = ()
    warnings: tuple[Notice, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()  # in no file, and no difference: only listed
    idle: tuple[Idle, ...] = ()

    @property
    def drifted(self) -> bool:
        """Whether there is anything that somebody should see to."""
        return bool(self.differences or self.pending)

    @property
    def partly_read(self) -> bool:
        return any(part.failed for part in self.unread)

    @property
    def weakened(self) -> int:
        return sum(each.risk is Risk.WEAKENS for each in self.differences)

    def only(self, *repositories: str) -> Drift:
        """What of it is about these repositories."""
        return Drift(
            differences=tuple(each for each in self.differences if each.at.repository in repositories),
            expected=tuple(each for each in self.expected if each.difference.at.repository in repositories),
            lapsed=tuple(each for each in self.lapsed if each.difference.at.repository in repositories),
            pending=None
            if self.pending is None
            else tuple(each for each in self.pending if each.at.repository in repositories),
            unread=tuple(each for each in self.unread if each.repository in repositories),
            warnings=tuple(each for each in self.warnings if each.repository in {None, *repositories}),
            unmanaged=tuple(each for each in self.unmanaged if each.at.repository in repositories),
        )

    def of(self, origin: Origin) -> int:
        return sum(each.origin is origin for each in self.differences)


@dataclass(frozen=True, slots=True)
class Asked:
    """What narrowed a check. Globs are casefolded and sorted, since neither case nor order matters; none: all."""

    repositories: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    settings_only: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A drift check: what it looked at, and what it found there."""

    found: Drift
    repositories: tuple[str, ...]  # all that were looked at, by name
    server: str  # GitHub's API, or the sandbox
    owners: tuple[str, ...]  # `name` of each of the files, sorted
    asked: Asked = Asked()
    shut_out: bool = False  # there are repositories, and for lack of permission none could be read
    shard: Shard | None = None  # None: it was all of them
