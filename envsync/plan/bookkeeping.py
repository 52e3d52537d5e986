"""What the record of an environment shall say: before its first write, and after its last."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from envsync.model import MAX_VALUE_BYTES, MOST_VARIABLES, External, Field, Settings, Unread
from envsync.plan.changes import (
    ProtectionChange,
    SecretChange,
    SecretCreate,
    SecretDelete,
    VariableChange,
    VariableCreate,
    VariableDelete,
)
from envsync.plan.contents import created_secret, created_variable
from envsync.plan.goal import goal, variables_of
from envsync.plan.intent import absorb, intend, moment
from envsync.plan.ledger import spot
from envsync.plan.origin import SETTINGS
from envsync.plan.record import CLOCK_SKEW, Made, Record, RecordedSecret, RecordedVariable, mark_variable
from envsync.plan.strictness import DIMENSIONS, Protection

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from envsync.model import DesiredEnvironment, DesiredRepository, LiveEnvironment, LiveSecret
    from envsync.plan.changes import Change
    from envsync.plan.ledger import Compared, Ledger
    from envsync.plan.record import Intent, Seal, Verified

_Delete = VariableDelete | SecretDelete

_MARK = 64  # bytes that a mark and a date may add to a record, and more


@dataclass(frozen=True, slots=True)
class Written:
    """What is kept of a value once it is on GitHub: a mark of it, and the server's time around the write."""

    mark: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Done:
    """How far an apply got in one environment."""

    changes: Collection[Change] = ()
    uncertain: Collection[Change] = ()  # those of the others that may have been made all the same
    written: Mapping[str, Written] = field(default_factory=dict)  # by name of the secret
    secrets: Mapping[str, LiveSecret] = field(default_factory=dict)  # as GitHub shows them after the writes


@dataclass(frozen=True, slots=True)
class Entry:
    """All that the record of one environment is made from."""

    owner: str
    desired: DesiredEnvironment
    live: LiveEnvironment | None
    verified: Verified | None = None
    never_touch: frozenset[str] = frozenset()
    changes: tuple[Change, ...] = ()
    compared: Mapping[str, Compared] = field(default_factory=dict)

    def has_room(self) -> bool:
        """Whether the environment will have a variable to spare, once it is as the file says."""
        there = variables_of(self.live).keys()
        gone = {each.name for each in self.changes if isinstance(each, VariableDelete)}
        new = {each.name for each in self.changes if isinstance(each, VariableCreate)}
        return len(there - gone | new) < MOST_VARIABLES

    def has_room_now(self) -> bool:
        """Whether it has one already, before anything changes."""
        return self._replaces() or len(variables_of(self.live)) < MOST_VARIABLES

    def fits(self, seal: Seal) -> bool:
        """Whether no text of this record is too long for a variable."""
        margin = _MARK * len(self.desired.secrets)
        texts = (seal.sign(self.intent(seal, 0)), seal.sign(self.settled(seal, 0, Done(self.changes))))
        return max(map(len, texts)) + margin <= MAX_VALUE_BYTES

    def is_up_to_date(self) -> bool:
        """Whether a record that is written now would say nothing new."""
        if self.verified is None or self.verified.renewed or self.changes:
            return False
        record = self.verified.record
        return self.settled(self.verified.seal, record.time) == record

    def intent(self, seal: Seal, time: int) -> Record:
        """To be written before the first change: what was last applied, and what is going to be."""
        return replace(self._base(seal, time), intent=self._intend(self.changes, seal))

    def settled(self, seal: Seal, time: int, done: Done = Done()) -> Record:
        """To be written after the last change. What may have been done, if only by half, is still intended."""
        base = self._base(seal, time)
        left = [each for each in self.changes if each not in done.changes]
        whole = not any(isinstance(each, ProtectionChange) for each in left)
        return replace(
            base,
            protection=self._protection() if whole else base.protection,
            # What the former protection does not hold it must not be held against.
            ignore=self.desired.ignore | (base.ignore & _unfinished(left)),
            unread=self._unread() if whole else self._unread() | base.unread,
            never_touch=self.never_touch,
            # What could not be deleted did not come from outside: it was there before anything was pruned.
            prune=self.desired.prune and (base.prune or not any(isinstance(each, _Delete) for each in left)),
            variables=self._variables(base, left, seal),
            secrets=self._secrets(base, left, done),
            intent=self._intend(
                [each for each in left if each in done.uncertain or isinstance(each, ProtectionChange)], seal
            ),
        )

    def _replaces(self) -> bool:
        return self.live is not None and self.live.record is not None

    def _base(self, seal: Seal, time: int) -> Record:
        if self.verified is None:
            return Record(self.owner, time, Made.CREATED if self.live is None else Made.ADOPTED)
        record = replace(self.verified.record, owner=self.owner, time=time)
        return absorb(record, self.live, seal)

    def _intend(self, changes: Sequence[Change], seal: Seal) -> Intent | None:
        before = None if self.verified is None else self.verified.record
        return intend(changes, self.live, goal(self.desired, self.live).protection, before, seal)

    def _protection(self) -> Protection:
        """What the file makes of it. What somebody else owns is left out: no news when they change it."""
        wanted, ignore = goal(self.desired, self.live).protection, self.desired.ignore
        defaults = Settings()
        others = {each: getattr(defaults, each) for each in SETTINGS if each in ignore}
        blind = ignore | self._unread()
        return Protection(
            replace(wanted.settings, **others),
            frozenset() if Field.DEPLOYMENT_BRANCH_POLICY in blind else wanted.patterns,
            frozenset() if Field.DEPLOYMENT_PROTECTION_RULES in blind else wanted.rules,
        )

    def _unread(self) -> frozenset[Field]:
        """The parts of the protection that could not be read: their fields stand for patterns and rules."""
        if self.live is None:
            return frozenset()
        parts = {
            Field.DEPLOYMENT_BRANCH_POLICY: self.live.patterns,
            Field.DEPLOYMENT_PROTECTION_RULES: self.live.protection_rules,
        }
        return frozenset(each for each, part in parts.items() if isinstance(part, Unread))

    def _variables(self, base: Record, left: Sequence[Change], seal: Seal) -> Mapping[str, RecordedVariable]:
        if Field.VARIABLES in self.desired.ignore:
            return {}
        pending = _names(each for each in left if isinstance(each, VariableChange))
        new = _names(each for each in self.changes if isinstance(each, VariableCreate))
        found = {name: each for name, each in base.variables.items() if name in pending}
        there = variables_of(self.live)
        for name, value in self.desired.variables.items():
            if name not in pending:
                created = name in new or (
                    name in there and created_variable(self.verified, name, there[name].value)
                )
                made = Made.CREATED if created else Made.ADOPTED
                found[name] = RecordedVariable(made, mark_variable(seal, name, value))
        return found

    def _secrets(self, base: Record, left: Sequence[Change], done: Done) -> Mapping[str, RecordedSecret]:
        """Secrets that somebody else sets are theirs, and not recorded."""
        if Field.SECRETS in self.desired.ignore:
            return {}
        there = {} if self.live is None else self.live.secrets
        if isinstance(there, Unread):
            return base.secrets
        pending = _names(each for each in left if isinstance(each, SecretChange))
        new = _names(each for each in self.changes if isinstance(each, SecretCreate))
        found = {name: each for name, each in base.secrets.items() if name in pending}
        for name, secret in self.desired.secrets.items():
            if name in pending or isinstance(secret.source, External):
                continue
            made = Made.CREATED if name in new or created_secret(self.verified, name) else Made.ADOPTED
            if (written := done.written.get(name)) is not None:
                found[name] = RecordedSecret(made, written.mark, _date(written, done.secrets.get(name)))
            elif name in there:
                found[name] = self._kept(name, base.secrets.get(name), made)
        return found

    def _kept(self, name: str, last: RecordedSecret | None, made: Made) -> RecordedSecret:
        """What is known of a secret that was not written now."""
        if last is None or last.mark is None:
            return RecordedSecret(made)
        compared = self.compared.get(name)
        return replace(last, made=made, mark=(compared and compared.mark) or last.mark)


def entry_of(
    desired: DesiredRepository,
    environment: DesiredEnvironment,
    live: LiveEnvironment | None,
    ledger: Ledger,
    changes: tuple[Change, ...],
) -> Entry:
    """What the record of an environment is made from, when these are its `changes`."""
    at = spot(desired.name, environment.name)
    return Entry(
        ledger.owners.get(at, ""),
        environment,
        live,
        ledger.verified(at),
        desired.never_touch,
        changes,
        ledger.compared.get(at, {}),
    )


def _unfinished(left: Iterable[Change]) -> frozenset[Field]:
    """The fields in which an apply did not get so far that GitHub could be held against what the file says."""
    found: set[Field] = set()
    for each in left:
        match each:
            case VariableDelete():
                found.add(Field.VARIABLES)
            case SecretDelete():
                found.add(Field.SECRETS)
            case _ if isinstance(each, ProtectionChange):
                found |= DIMENSIONS.keys()
            case _:
                pass
    return frozenset(found)


def _names(changes: Iterable[VariableChange | SecretChange]) -> frozenset[str]:
    return frozenset(each.name for each in changes)


def _date(written: Written, shown: LiveSecret | None) -> int:
    """The date of envsync's own write, as GitHub shows it.

    An earlier one is of the value before, out of a replica that lags behind. A later one is of somebody who wrote
    it between the write and the look at it: that is to be told next time.
    """
    date = written.after if shown is None else moment(shown.updated_at)
    is_own = written.before - CLOCK_SKEW <= date <= written.after + CLOCK_SKEW
    return date if is_own else written.after
