"""The life of one environment with its record, on a GitHub without requests: applied, cut off, meddled with.

Records are made as an apply makes them, and are signed and opened with real keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from envsync.model import (
    RECORD_VARIABLE,
    DesiredEnvironment,
    DesiredRepository,
    DesiredSecret,
    FromEnvironment,
    LiveEnvironment,
    LivePattern,
    LiveRepository,
    LiveRule,
    LiveSecret,
    LiveVariable,
    Pattern,
    RefType,
    RepositoryName,
)
from envsync.plan.bookkeeping import Done, Entry, Written, entry_of
from envsync.plan.changes import (
    Address,
    SecretCreate,
    SecretDelete,
    SecretUpdate,
    VariableCreate,
    VariableDelete,
    VariableUpdate,
)
from envsync.plan.diff import diff
from envsync.plan.goal import goal, protection_of
from envsync.plan.ledger import Compared, Ledger, spot
from envsync.plan.meet import way
from envsync.plan.moments import words
from envsync.plan.record import Absent, Place, Record, Recorded, Sort, Verified
from envsync.plan.secret_states import questions
from envsync.secrets.record_keys import RecordKeys
from envsync.secrets.records import open_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from envsync.plan.changes import Change, Plan
    from envsync.plan.strictness import Protection

PAYMENTS = RepositoryName("acme", "payments")
AT = Address("acme/payments", "production")
SPOT = spot(PAYMENTS, "production")
SERVER = "https://api.github.com"
PLACE = Place(SERVER, 7, 9)
START = 1_767_225_600  # 2026-01-01T00:00:00Z
MAIN, DEVELOP = Pattern(RefType.BRANCH, "main"), Pattern(RefType.BRANCH, "develop")


def keys_of(present: str, previous: str = "") -> RecordKeys:
    environ = {"ENVSYNC_RECORD_KEY": present * 64, "ENVSYNC_RECORD_KEY_PREVIOUS": previous * 64}
    found = RecordKeys.from_environ(environ)
    assert found is not None
    return found


KEYS, OTHER_KEYS, RENEWED_KEYS = keys_of("a"), keys_of("b"), keys_of("b", "a")
SEAL = KEYS.seal(PLACE)


def iso(moment: int) -> str:
    return words(moment).replace(" UTC", "Z")


def production(**fields: object) -> DesiredEnvironment:
    return DesiredEnvironment("production", **fields)  # type: ignore[arg-type]


def secrets(*names: str) -> dict[str, DesiredSecret]:
    return {name: DesiredSecret(name, FromEnvironment(name)) for name in names}


def variables(**values: str) -> dict[str, LiveVariable]:
    return {name: LiveVariable(name, value, iso(START)) for name, value in values.items()}


def pattern_list(patterns: Iterable[Pattern]) -> tuple[LivePattern, ...]:
    return tuple(map(LivePattern, count(1), sorted(patterns)))


def rule_list(apps: Iterable[str]) -> tuple[LiveRule, ...]:
    return tuple(map(LiveRule, count(1), sorted(apps)))


def marked(value: str, name: str = "REGION") -> str:
    return SEAL.mark(Sort.VARIABLE, name, value.encode())


def nobody(_change: Change) -> bool:
    return False


@dataclass(frozen=True)
class Run:
    """What one run of envsync has at hand."""

    keys: RecordKeys | None = KEYS
    owner: str = "payments"
    take_over: bool = False
    rotate: tuple[str, ...] = ()
    sources: Mapping[str, bytes] = field(default_factory=dict)  # without one: the source was not read
    recorded: Recorded | None = None  # instead of what GitHub shows
    never_touch: frozenset[str] = frozenset()


NORMAL = Run()


@dataclass(frozen=True)
class Life:
    live: LiveEnvironment | None = None
    time: int = START

    # --- what envsync makes of it ---

    def recorded(self, run: Run = NORMAL) -> Recorded:
        if run.recorded is not None or self.live is None:
            return run.recorded or Absent()
        return open_record(self.live.record, PLACE, run.keys, {run.owner})

    def verified(self, run: Run = NORMAL) -> Verified:
        found = self.recorded(run)
        assert isinstance(found, Verified), found
        return found

    @property
    def record(self) -> Record:
        return self.verified().record

    def repository(self) -> LiveRepository:
        there = {} if self.live is None else {"production": self.live}
        return LiveRepository(PAYMENTS, PAYMENTS, tuple(each.name for each in there.values()), there, 7)

    def ledger(self, file: DesiredEnvironment, run: Run = NORMAL) -> Ledger:
        found = Ledger(
            server=SERVER,
            seal=None if run.keys is None else run.keys.seal,
            owners={SPOT: run.owner},
            recorded={} if self.live is None else {SPOT: self.recorded(run)},
            take_over=run.take_over,
            rotate=run.rotate,
        )
        compared: dict[str, Compared] = {}
        for asked in questions([_repository(file, run)], {PAYMENTS.key: self.repository()}, found):
            name, value = asked.secret.name, run.sources.get(asked.secret.name)
            if value is not None:
                seal = asked.verified.seal
                same = seal.matches(Sort.SECRET, name, value, asked.mark)
                mark = seal.renew(Sort.SECRET, name, value, asked.mark) if same else None
                compared[name] = Compared(same, "" if same is not None else "no key", mark)
        return replace(found, compared={SPOT: compared})

    def plan(self, file: DesiredEnvironment, run: Run = NORMAL) -> Plan:
        live = {PAYMENTS.key: self.repository()}
        return diff([_repository(file, run)], live, ledger=self.ledger(file, run))

    def entry(self, file: DesiredEnvironment, run: Run = NORMAL) -> Entry:
        changes = self.plan(file, run).changes
        return entry_of(_repository(file, run), file, self.live, self.ledger(file, run), changes)

    # --- what happens to it ---

    def apply(
        self,
        file: DesiredEnvironment,
        run: Run = NORMAL,
        *,
        fails: Callable[[Change], bool] = nobody,
        uncertain: Callable[[Change], bool] = nobody,
    ) -> Life:
        """To its end. What `fails` is not made; what is `uncertain` is made, and envsync does not know it."""
        entry, time = self.entry(file, run), self.time + 100
        made = [each for each in entry.changes if not fails(each)]
        known = [each for each in made if not uncertain(each)]
        unclear = [each for each in made if uncertain(each)]
        live = self._after(made, goal(file, self.live).protection, time)
        seal = (run.keys or KEYS).seal(PLACE)
        written = {
            each.name: Written(seal.mark(Sort.SECRET, each.name, run.sources[each.name]), time, time)
            for each in known
            if isinstance(each, SecretCreate | SecretUpdate)
        }
        assert isinstance(live.secrets, Mapping)
        text = seal.sign(entry.settled(seal, time + 10, Done(known, unclear, written, live.secrets)))
        return Life(replace(live, record=LiveVariable(RECORD_VARIABLE, text, iso(time + 10))), time + 10)

    def cut_off(
        self,
        file: DesiredEnvironment,
        run: Run = NORMAL,
        *,
        done: Callable[[Change], bool] = nobody,
        stop: str = "after",
    ) -> Life:
        """With the intent on record; `done` of variables and secrets, and the protection at its `stop`."""
        entry, time = self.entry(file, run), self.time + 100
        seal = (run.keys or KEYS).seal(PLACE)
        text = seal.sign(entry.intent(seal, time))
        now, wanted = protection_of(self.live), goal(file, self.live).protection
        there = {"before": now, "middle": way(now, wanted).narrowed, "after": wanted}[stop]
        live = self._after([each for each in entry.changes if done(each)], there, time + 1, whole=True)
        return Life(replace(live, record=LiveVariable(RECORD_VARIABLE, text, iso(time))), time + 10)

    def meddle(self, **fields: object) -> Life:
        """Somebody else changes something on GitHub."""
        assert self.live is not None
        return Life(replace(self.live, **fields), self.time + 100)  # type: ignore[arg-type]

    def written_secret(self, name: str, moment: int) -> Life:
        assert self.live is not None
        assert isinstance(self.live.secrets, Mapping)
        return self.meddle(secrets={**self.live.secrets, name: LiveSecret(name, iso(START), iso(moment))})

    def without(self, part: str, name: str) -> Life:
        return self.meddle(**{part: {key: each for key, each in getattr(self.live, part).items() if key != name}})

    def wait(self, seconds: int) -> Life:
        return replace(self, time=self.time + seconds)

    def _after(
        self, made: Iterable[Change], protection: Protection, time: int, *, whole: bool = False
    ) -> LiveEnvironment:
        now = self.live or LiveEnvironment("production", PLACE.environment)
        assert isinstance(now.variables, Mapping)
        assert isinstance(now.secrets, Mapping)
        values, kept = dict(now.variables), dict(now.secrets)
        moved = whole
        for change in made:
            match change:
                case VariableCreate(_, _, name, value) | VariableUpdate(_, _, name, _, value):
                    values[name] = LiveVariable(name, value, iso(time))
                case VariableDelete(_, _, name):
                    del values[name]
                case SecretCreate(_, _, name) | SecretUpdate(_, _, name):
                    kept[name] = LiveSecret(name, iso(time), iso(time))
                case SecretDelete(_, _, name):
                    del kept[name]
                case _:
                    moved = True
        if moved:
            now = replace(
                now,
                settings=protection.settings,
                patterns=pattern_list(protection.patterns),
                protection_rules=rule_list(protection.rules),
            )
        return replace(now, variables=values, secrets=kept)


def _repository(file: DesiredEnvironment, run: Run) -> DesiredRepository:
    return DesiredRepository(PAYMENTS, (file,), run.never_touch)
