"""What an environment's record says of the last apply, and how far it can be trusted. Pure: keys are elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.model import Field
    from envsync.plan.strictness import Protection

CLOCK_SKEW = 5  # seconds that the clocks behind one server may be apart
FRESH_SECONDS = 10  # from the time in a record to the end of the request that writes it, at most
INTENT_SECONDS = 3600  # how long after its time an intent explains that a secret was written


class Made(StrEnum):
    """Whether a thing was there before envsync: what this file created goes with it, what it adopted stays."""

    CREATED = "created"
    ADOPTED = "adopted"


@dataclass(frozen=True, slots=True)
class RecordedVariable:
    made: Made
    mark: str  # of its value: see `Seal`


@dataclass(frozen=True, slots=True)
class RecordedSecret:
    made: Made
    mark: str | None = None  # None: envsync never wrote it, so nothing is known of its value
    updated_at: int | None = None  # what GitHub showed after envsync's own write; seconds since 1970


@dataclass(frozen=True, slots=True)
class IntendedVariable:
    """The marks of its value before and after; None: it was not there, or was to go."""

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Intent:
    """What an apply was about to do. It stays in the record only where that was cut off."""

    protection: tuple[Protection, Protection] | None = None  # before, and what it was to become
    variables: Mapping[str, IntendedVariable] = field(default_factory=dict)
    secrets: Mapping[str, int | None] = field(default_factory=dict)  # `updated_at` before; None: it was not there


@dataclass(frozen=True, slots=True)
class Record:
    """What was last applied to one environment by the file called `owner`."""

    owner: str
    time: int  # of the server, in seconds since 1970, just before the record was written
    made: Made  # the environment itself
    protection: Protection | None = None  # None: no apply has got that far
    ignore: frozenset[Field] = frozenset()  # left to somebody else; in `protection` these are at their defaults
    unread: frozenset[Field] = frozenset()  # could not be read, and so not be recorded
    never_touch: frozenset[str] = frozenset()  # of the repository
    prune: bool = False
    variables: Mapping[str, RecordedVariable] = field(default_factory=dict)
    secrets: Mapping[str, RecordedSecret] = field(default_factory=dict)
    intent: Intent | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record belongs: on another server, repository or environment its signature does not hold."""

    server: str
    repository: int
    environment: int


class Sort(StrEnum):
    """What a mark is of: a secret and a variable of one name and value have different marks."""

    VARIABLE = "variable"
    SECRET = "secret"  # noqa: S105 - a sort, not a secret


class Seal(Protocol):
    """What the record key does for one `Place`. Without the key nobody can make or undo a mark."""

    def mark(self, sort: Sort, name: str, value: bytes) -> str: ...

    def matches(self, sort: Sort, name: str, value: bytes, mark: str) -> bool | None:
        """None: the mark was made with a key that is not at hand."""
        ...

    def renew(self, sort: Sort, name: str, value: bytes, mark: str) -> str:
        """`mark`, or where a former key made it of this very value, the present key's mark of it."""
        ...

    def sign(self, record: Record) -> str:
        """The text of the variable."""
        ...


def mark_variable(seal: Seal, name: str, value: str) -> str:
    return seal.mark(Sort.VARIABLE, name, _encoded(value))


def is_marked(seal: Seal, name: str, value: str, mark: str) -> bool | None:
    """Whether a variable's value is the marked one. None: the mark was made with a key that is not at hand."""
    return seal.matches(Sort.VARIABLE, name, _encoded(value), mark)


def _encoded(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


# --- how far a record can be trusted -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verified:
    """Signed with a key at hand, of one of the files' names, for this very environment."""

    record: Record
    seal: Seal
    renewed: bool = False  # signed with the previous key: the next apply signs it anew


@dataclass(frozen=True, slots=True)
class Foreign:
    """It says that another file owns the environment; `verified` where the key at hand proves that."""

    owner: str
    verified: Verified | None = None


@dataclass(frozen=True, slots=True)
class Newer:
    """Of a format that only a newer envsync knows: never overwritten."""

    version: int


@dataclass(frozen=True, slots=True)
class Unverified:
    """Signed with another key, or there is none at hand; in words, which."""

    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Tampered:
    """Somebody without the key wrote it, moved it here, or put an old one back; in words, which."""

    reason: str


@dataclass(frozen=True, slots=True)
class Absent:
    """There is none."""


Recorded = Verified | Foreign | Newer | Unverified | Tampered | Absent
