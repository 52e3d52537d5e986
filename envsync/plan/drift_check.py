"""What on GitHub is not as it was applied, who is behind it, and does anybody have to see to it?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envsync.model import RECORD_VARIABLE, Unread
from envsync.plan.appeared import undeclared_differences
from envsync.plan.changes import EnvironmentDelete, Kind, Notice, Origin, RecordNext, RecordState, Risk, UnreadPart
from envsync.plan.diff import Scope
from envsync.plan.differences import Sight, counted, states_of
from envsync.plan.drift import Deed, Difference, Drift
from envsync.plan.expected import excuse, idle_of, idling, unused
from envsync.plan.ledger import spot
from envsync.plan.moments import shown, stamp
from envsync.plan.record import Unverified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from envsync.model import DesiredRepository, Expected, LiveEnvironment, LiveRepository, LiveVariable
    from envsync.plan.changes import Address, Plan, RecordStatus, Unmanaged
    from envsync.plan.ledger import Ledger

_EVERYTHING = Scope()
_NO_RECORD = "no record: somebody deleted it, or nobody has applied with this key yet"
_OF_APPLY = frozenset({"record-not-kept"})  # codes of warnings that say what apply will not do


@dataclass(frozen=True, slots=True)
class DriftPart:
    """Of one repository. `idle`: what the file expects there, and nothing of it differs, for certain."""

    drift: Drift
    idle: frozenset[Expected]


def drift_of(
    plan: Plan,
    desired: Sequence[DesiredRepository],
    live: Mapping[str, LiveRepository | Unread],
    ledger: Ledger,
    *,
    today: date,
    pending: bool,
    scope: Scope = _EVERYTHING,
) -> Drift:
    """What differs, of which `plan` is the `diff`; `today` is a day in UTC. `pending`: whether that is asked for.

    What the file made necessary, or an apply that was cut off, is pending; so is what envsync does on its own.
    """
    parts = {
        str(each.name): drift_part(
            _only(plan, str(each.name)),
            each,
            live[each.name.key],
            ledger,
            today=today,
            pending=pending,
            scope=scope,
        )
        for each in desired
    }
    general = tuple(each for each in plan.warnings if each.repository is None)
    expected = {str(each.name): each.expected for each in desired}
    return joined_drift(parts, expected, general, pending=pending)


def joined_drift(
    parts: Mapping[str, DriftPart],
    expected: Mapping[str, Sequence[Expected]],
    warnings: Sequence[Notice] = (),
    *,
    pending: bool,
) -> Drift:
    """The drift of all repositories from that of each, by its name, in whatever order.

    `expected` has what the files expect in each repository that they name, also where it was not looked at;
    `warnings` are about no repository.
    """
    found = [parts[name].drift for name in sorted(parts, key=str.casefold)]
    idle = {name: part.idle for name, part in parts.items()}
    return Drift(
        tuple(sorted((each for part in found for each in part.differences), key=_listing)),
        tuple(each for part in found for each in part.expected),
        tuple(each for part in found for each in part.lapsed),
        tuple(each for part in found for each in part.pending or ()) if pending else None,
        tuple(each for part in found for each in part.unread),
        (*warnings, *(each for part in found for each in part.warnings), *unused(expected, idle)),
        tuple(each for part in found for each in part.unmanaged),
        tuple(idling(expected, idle)),
    )


def drift_part(
    plan: Plan,
    desired: DesiredRepository,
    live: LiveRepository | Unread,
    ledger: Ledger,
    *,
    today: date,
    pending: bool,
    scope: Scope = _EVERYTHING,
) -> DriftPart:
    """A part of a drift: see `drift_of` and `joined_drift`. `plan` is that of this repository."""
    repositories, there = {str(desired.name): desired}, {desired.name.key: live}
    strange = list(undeclared_differences(plan, repositories, there, ledger))
    found = [
        *(each for each in strange if isinstance(each, Difference)),
        *_declared(plan, repositories, there, ledger),
    ]
    excuses = excuse(sorted(found, key=_listing), {str(desired.name): desired.expected}, today)
    unread = (*plan.unread, *(each for each in strange if isinstance(each, UnreadPart)))
    told = _folding(found)
    # Where a run is about some environments only, nobody knows what else differs.
    unknown = _unknown(plan, repositories, ledger)
    idle = () if scope.globs else idle_of(desired, excuses.used, unread, unknown)
    due = frozenset(counted(plan))
    # Nobody has a reason to delete a record for a while, so that none is excused.
    lost = _lost(plan, repositories, there)
    drift = Drift(
        tuple(sorted([*filter(told, excuses.counted), *lost], key=_listing)),
        tuple(each for each in excuses.expected if told(each.difference)),
        tuple(each for each in excuses.lapsed if told(each.difference)),
        tuple(each for each in plan.changes if each not in due) if pending else None,
        # Those hide nothing of what is expected but secrets, which are `_unknown`.
        (*unread, *_unproven(plan, repositories, ledger)),
        (
            *(each for each in plan.warnings if each.code not in _OF_APPLY),
            *(_uncompared(plan) if pending else ()),
        ),
        _unmanaged(plan, found),
    )
    return DriftPart(drift, frozenset(idle))


def _only(plan: Plan, repository: str) -> Plan:
    """What of it is about this repository."""
    return replace(
        plan,
        changes=tuple(each for each in plan.changes if each.at.repository == repository),
        secrets=tuple(each for each in plan.secrets if each.at.repository == repository),
        records=tuple(each for each in plan.records if each.at.repository == repository),
        unmanaged=tuple(each for each in plan.unmanaged if each.at.repository == repository),
        unmet=tuple(each for each in plan.unmet if each.at.repository == repository),
        unread=tuple(each for each in plan.unread if each.repository == repository),
        warnings=tuple(each for each in plan.warnings if each.repository == repository),
    )


def _uncompared(plan: Plan) -> Iterator[Notice]:
    """Of which secrets nobody can tell whether the file has another value by now."""
    groups: dict[tuple[Address, str], list[str]] = {}
    for each in plan.unverifiable:
        groups.setdefault((each.at, each.reason), []).append(each.name)
    for (at, reason), names in groups.items():
        message = f"{at.environment}: whether {', '.join(names)} is to be written is not known: {reason}"
        yield Notice(at.repository, "not-compared", message)


def _folding(found: Iterable[Difference]) -> Callable[[Difference], bool]:
    """Whether a difference is told on its own: what was in an environment that is not there is told by that."""
    gone = {each.at for each in found if each.kind is Kind.ENVIRONMENT and each.deed is Deed.REMOVED}
    return lambda each: each.kind is Kind.ENVIRONMENT or each.at not in gone


def _unmanaged(plan: Plan, found: Iterable[Difference]) -> tuple[Unmanaged, ...]:
    """Without the environments that are differences themselves."""
    told = {each.at for each in found if each.kind is Kind.ENVIRONMENT}
    return tuple(each for each in plan.unmanaged if each.kind is not Kind.ENVIRONMENT or each.at not in told)


def _declared(
    plan: Plan,
    desired: Mapping[str, DesiredRepository],
    live: Mapping[str, LiveRepository | Unread],
    ledger: Ledger,
) -> Iterator[Difference]:
    """In the environments that a file declares."""
    states = states_of(plan)
    changes = [each for each in counted(plan) if not isinstance(each, EnvironmentDelete)]
    sights: dict[Address, Sight] = {}
    for at in sorted({each.at for each in (*changes, *plan.unmet)}):
        repository = desired[at.repository]
        (environment,) = (each for each in repository.environments if each.name == at.environment)
        verified = ledger.verified(spot(repository.name, at.environment))
        after = None if verified is None else stamp(verified.record.time)
        sights[at] = Sight(environment, _live(live, repository, at.environment), states, after)
    for change in changes:
        yield from sights[change.at].differences(change)
    for unmet in plan.unmet:
        yield from sights[unmet.at].unmet(unmet)
    for status in plan.records:
        if status.state is RecordState.TAMPERED:
            there = _live(live, desired[status.at.repository], status.at.environment)
            yield _doubtful(status, None if there is None else there.record)


def _lost(
    plan: Plan, desired: Mapping[str, DesiredRepository], live: Mapping[str, LiveRepository | Unread]
) -> Iterator[Difference]:
    """Where there is no record, and apply would write one: without it nobody is found out."""
    for status in plan.records:
        exists = _live(live, desired[status.at.repository], status.at.environment) is not None
        if exists and status.state is RecordState.ABSENT and status.next is RecordNext.WRITE:
            yield Difference(
                status.at,
                Kind.VARIABLE,
                RECORD_VARIABLE,
                Deed.REMOVED,
                Origin.UNKNOWN,
                Risk.NEUTRAL,
                _NO_RECORD,
            )


def _unproven(plan: Plan, desired: Mapping[str, DesiredRepository], ledger: Ledger) -> Iterator[UnreadPart]:
    """The records that are there and cannot be verified. Of a newer format it is known already."""
    for status in plan.records:
        recorded = ledger.recorded.get(spot(desired[status.at.repository].name, status.at.environment))
        if isinstance(recorded, Unverified):
            why = "no ENVSYNC_RECORD_KEY is set here" if ledger.seal is None else recorded.reason
            reason = f"{why}, so nobody can tell who changed what, or whether its secrets were written"
            at = status.at
            yield UnreadPart(at.repository, at.environment, "record", reason, recorded.hint, failed=True)


def _unknown(plan: Plan, desired: Mapping[str, DesiredRepository], ledger: Ledger) -> list[tuple[Address, str]]:
    """The secrets that somebody may have written, and nobody can tell."""
    found: list[tuple[Address, str]] = []
    for status in plan.unverifiable:
        verified = ledger.verified(spot(desired[status.at.repository].name, status.at.environment))
        last = None if verified is None else verified.record.secrets.get(status.name)
        if last is None or last.mark is None:
            found.append((status.at, status.name))
    return found


def _live(
    live: Mapping[str, LiveRepository | Unread], repository: DesiredRepository, environment: str
) -> LiveEnvironment | None:
    there = live[repository.name.key]
    return None if isinstance(there, Unread) else there.environments.get(environment.casefold())


def _doubtful(status: RecordStatus, record: LiveVariable | None) -> Difference:
    """It lets nobody through by itself; that it proves nothing any more shows in the other differences."""
    return Difference(
        status.at,
        Kind.VARIABLE,
        RECORD_VARIABLE,
        Deed.DOUBTFUL,
        Origin.OUTSIDE,
        Risk.NEUTRAL,
        status.reason,
        since=None if record is None else shown(record.updated_at),
    )


def _listing(difference: Difference) -> tuple[bool, Address, int, str, str, list[str]]:
    kind, fields = list(Kind).index(difference.kind), [each.name for each in difference.fields]
    weakens = difference.risk is Risk.WEAKENS
    return not weakens, difference.at, kind, difference.name or "", difference.deed, fields
