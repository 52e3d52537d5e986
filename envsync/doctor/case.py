"""What is known beside what GitHub said: what the command is for, the files, the keys, the plan. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.doctor.links import Links
    from envsync.errors import Diagnostic
    from envsync.model import DesiredRepository
    from envsync.plan.changes import Address, Plan
    from envsync.plan.checkup import Topic


class Purpose(StrEnum):
    """The command that shall work."""

    PLAN = "plan"
    DRIFT = "drift"
    APPLY = "apply"


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, or is to be said, before or besides asking GitHub, in words that are safe to show."""

    topic: Topic
    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class Source:
    """A secret's source was looked at; its value was not taken. An external secret has none."""

    at: Address
    name: str
    fault: Diagnostic | None = None  # why it has nothing to give; None: it is there
    command: str | None = None  # the program that gives it


@dataclass(frozen=True, slots=True)
class RecordKey:
    is_set: bool
    has_previous: bool = False
    fault: Diagnostic | None = None  # why it cannot be used


NO_RECORD_KEY = RecordKey(is_set=False)


@dataclass(frozen=True, slots=True)
class Case:
    """`links` None: the server's address is not known. `plan` None: there could be none."""

    purpose: Purpose
    desired: tuple[DesiredRepository, ...]
    now: int  # seconds since 1970
    links: Links | None = None
    settings_only: bool = False
    key: RecordKey = NO_RECORD_KEY
    sources: tuple[Source, ...] = ()
    plan: Plan | None = None
    crossed: Mapping[str, tuple[Diagnostic, ...]] = field(default_factory=dict)  # by `RepositoryName.key`
    guardians: Mapping[str, frozenset[str]] = field(default_factory=dict)  # casefolded; by `RepositoryName.key`
    failures: tuple[Failure, ...] = ()

    @property
    def applies(self) -> bool:
        return self.purpose is Purpose.APPLY
