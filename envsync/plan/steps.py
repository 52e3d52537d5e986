"""What an apply does, one request at a time: acts, and the changes of the plan that each of them makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envsync.model import DesiredSecret, LiveEnvironment, Pattern, RepositoryName, Settings
    from envsync.plan.bookkeeping import Entry
    from envsync.plan.changes import Address, Change, RecordNext, Release


@dataclass(frozen=True, slots=True)
class PutSettings:
    before: LiveEnvironment | None
    settings: Settings


@dataclass(frozen=True, slots=True)
class AddPattern:
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class RenamePattern:
    id: int
    new_name: str


@dataclass(frozen=True, slots=True)
class RemovePattern:
    id: int


@dataclass(frozen=True, slots=True)
class AddRule:
    app: str


@dataclass(frozen=True, slots=True)
class RemoveRule:
    id: int


@dataclass(frozen=True, slots=True)
class AddVariable:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SetVariable:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class RemoveVariable:
    name: str


@dataclass(frozen=True, slots=True)
class WriteSecret:
    secret: DesiredSecret


@dataclass(frozen=True, slots=True)
class RemoveSecret:
    name: str


@dataclass(frozen=True, slots=True)
class RemoveEnvironment:
    pass


ProtectionAct = PutSettings | AddPattern | RenamePattern | RemovePattern | AddRule | RemoveRule
ContentAct = AddVariable | SetVariable | RemoveVariable | WriteSecret | RemoveSecret
Act = ProtectionAct | ContentAct | RemoveEnvironment


@dataclass(frozen=True, slots=True)
class Step:
    """One request, and the changes that are made once it is done.

    `towards` are changes that a later step makes, and that have failed if this one does.
    """

    act: Act
    makes: tuple[Change, ...] = ()
    towards: tuple[Change, ...] = ()

    @property
    def stake(self) -> tuple[Change, ...]:
        """What has failed if this step does."""
        return (*self.makes, *self.towards)

    @property
    def vital(self) -> bool:
        """Whether what comes after it would be less protected without it."""
        return isinstance(self.act, ProtectionAct | RemoveSecret)


@dataclass(frozen=True, slots=True)
class Book:
    """What becomes of an environment's record. `next` is never to keep it as it is."""

    at: Address
    next: RecordNext
    entry: Entry | None  # None: the record goes, since no file has the environment any more
    makes: tuple[Release, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentSteps:
    environment: str  # GitHub's spelling where it exists
    steps: tuple[Step, ...]
    before: LiveEnvironment | None = None  # what the steps were planned for; None: it does not exist
    book: Book | None = None  # None: the record stays as it is, or there is none


@dataclass(frozen=True, slots=True)
class RepositorySteps:
    repository: RepositoryName  # as GitHub calls it now
    environments: tuple[EnvironmentSteps, ...]
    deletions: tuple[EnvironmentSteps, ...]  # only where everything before them went well
    id: int | None = None  # GitHub's; None: nobody needs it
    let_go: tuple[Book, ...] = ()  # records of environments that are in no file any more
    releases: tuple[Release, ...] = ()  # made once all records are written
