"""Keeps the record of one environment while its steps are taken: what is intended first, what was done last."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.model import RECORD_VARIABLE, LiveEnvironment
from envsync.plan.bookkeeping import Done, Written
from envsync.plan.changes import RecordNext, Release, SecretWrite
from envsync.plan.record import FRESH_SECONDS, INTENT_SECONDS, Place, Sort

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from envsync.apply.target import Target
    from envsync.model import RepositoryName, SecretValue
    from envsync.plan.bookkeeping import Entry
    from envsync.plan.changes import Change
    from envsync.plan.record import Record, Seal
    from envsync.plan.steps import Book

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Signing:
    """What records are signed with, and for which server."""

    server: str
    seal: Callable[[Place], Seal]


@dataclass(slots=True)
class Keeper:
    """For one environment, and one apply."""

    target: Target
    signing: Signing | None  # None: there is no key, so that records can only go
    repository: RepositoryName
    repository_id: int | None
    book: Book
    write_secrets: bool
    environment: str
    before: LiveEnvironment | None
    failure: RequestFailed | None = None  # why the record could not be written before the steps
    _seal: Seal | None = None
    _exists: bool = False
    _begun: bool = False
    _intended_at: int | None = None
    _written: dict[str, Written] = field(default_factory=dict)

    def is_ready(self) -> bool:
        """Before each step: the intent is written as soon as there is an environment that can carry it.

        False where it cannot be written, and nothing more may be. Raises `Interrupted`.
        """
        if self._begun or (self.before is None and self._seal is None):
            return True  # an environment has to be there before its record
        try:
            self._begin()
        except RequestFailed as error:
            self.failure = error
            return False
        self._begun = True
        return True

    def found(self, environment_id: int) -> None:
        """A new environment is there."""
        if self.signing is not None and self.repository_id is not None:
            self._seal = self.signing.seal(Place(self.signing.server, self.repository_id, environment_id))

    def time_before_secret(self) -> int:
        """The server's time. An intent explains what is written soon after it; after long it is written anew."""
        now = self.target.server_time()
        if self._intended_at is not None and now > self._intended_at + INTENT_SECONDS // 2:
            self._intend()
        return now

    def wrote(self, name: str, value: SecretValue, before: int) -> None:
        if self._seal is not None:
            mark = self._seal.mark(Sort.SECRET, name, value.reveal())
            self._written[name] = Written(mark, before, self.target.server_time())

    def finish(self, applied: Collection[Change], uncertain: Collection[Change]) -> bool:
        """After the last step, whatever became of them. Raises `RequestFailed`.

        False where there is no environment that could carry a record.
        """
        if not self._begun and self.before is not None:
            self._begin()  # there was no step
        if self.book.next is RecordNext.REMOVE:
            return True
        if self._seal is None:
            return False
        secrets = self.target.list_secrets(self.repository, self.environment) if self._written else {}
        done = Done(applied, uncertain, self._written, secrets)
        entry = self._entry
        self._write(lambda seal, time: entry.settled(seal, time, done))
        return True

    def _begin(self) -> None:
        if self.before is not None:
            self._exists = self.before.record is not None
            self.found(self.before.id)
        if self.book.next is RecordNext.REMOVE:
            # First of all, so that there is room.
            self.target.delete_variable(self.repository, self.environment, RECORD_VARIABLE)
        elif self._entry.has_room_now():
            self._intend()

    @property
    def _entry(self) -> Entry:
        """Secrets that are not to be written are not intended either."""
        entry = self.book.entry
        assert entry is not None  # noqa: S101 - only a record that goes has none
        if self.write_secrets:
            return entry
        kept = tuple(each for each in entry.changes if not isinstance(each, SecretWrite))
        return replace(entry, changes=kept)

    def _intend(self) -> None:
        entry = self._entry
        if not all(isinstance(each, Release) for each in entry.changes):  # of those nothing shows on GitHub
            self._write(entry.intent)
            self._intended_at = self.target.server_time()

    def _write(self, record: Callable[[Seal, int], Record]) -> None:
        """A record that arrives long after its time looks like an old one that somebody put back: once more."""
        assert self._seal is not None  # noqa: S101 - without a key there is nothing to write
        for _ in range(_ATTEMPTS):
            time = self.target.server_time()
            text = self._seal.sign(record(self._seal, time))
            put = self.target.update_variable if self._exists else self.target.create_variable
            put(self.repository, self.environment, RECORD_VARIABLE, text)
            self._exists = True
            if self.target.server_time() <= time + FRESH_SECONDS:
                return
        message = f"cannot write the record of {self.environment} in {self.repository}: GitHub takes too long"
        hint = "run it again: until then, the record counts as tampered with"
        raise RequestFailed(FailureKind.UNAVAILABLE, Diagnostic("record-too-slow", message, hint))
