"""What is known besides desired and live: records and keys, what sources gave, and what the user asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from envsync.plan.record import Foreign, Made, Place, Verified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envsync.model import RepositoryName
    from envsync.plan.record import Record, Recorded, Seal

Spot = tuple[str, str]  # an environment: key of the repository as the file has it, casefolded name


def spot(repository: RepositoryName, environment: str) -> Spot:
    return repository.key, environment.casefold()


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of holding a secret's source against the record: nothing but whether it is the same value."""

    same: bool | None  # None: it could not be compared
    reason: str = ""  # why not, in words
    mark: str | None = None  # of the same value, with the present key


@dataclass(frozen=True, slots=True)
class Ledger:
    """Without `seal` there is no key, and so no record is written and none can be verified."""

    server: str = ""  # what records are bound to
    seal: Callable[[Place], Seal] | None = None
    owners: Mapping[Spot, str] = field(default_factory=dict)  # the `name` of the file that declares it
    recorded: Mapping[Spot, Recorded] = field(default_factory=dict)  # of those whose variables were read
    compared: Mapping[Spot, Mapping[str, Compared]] = field(default_factory=dict)  # by name of the secret
    take_over: bool = False
    rotate: tuple[str, ...] = ()  # globs over names of secrets

    def verified(self, at: Spot) -> Verified | None:
        return trusted(self.recorded.get(at), take_over=self.take_over)

    def rotates(self, secret: str) -> bool:
        return any(fnmatchcase(secret, glob.upper()) for glob in self.rotate)


NOTHING = Ledger()


def trusted(recorded: Recorded | None, *, take_over: bool) -> Verified | None:
    """The record that proves something. What is taken over from another file counts as adopted, not as created."""
    match recorded:
        case Verified():
            return recorded
        case Foreign(_, Verified(record, seal, renewed)) if take_over:
            return Verified(_adopted(record), seal, renewed)
        case _:
            return None


def _adopted(record: Record) -> Record:
    return replace(
        record,
        made=Made.ADOPTED,
        variables={name: replace(each, made=Made.ADOPTED) for name, each in record.variables.items()},
        secrets={name: replace(each, made=Made.ADOPTED) for name, each in record.secrets.items()},
    )
