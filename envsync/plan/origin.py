"""Who moved away from what was last applied? Told by holding desired and live against the record.

The file moved: `config`. GitHub moved: `outside`. Both: `conflict`. What an apply that was cut off may have left
behind itself is `interrupted`, and accuses nobody. With no verified record nobody can say: `unknown`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.model import Field, Settings, reviewer_key
from envsync.plan.changes import Origin
from envsync.plan.meet import way
from envsync.plan.record import is_marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from envsync.model import Pattern
    from envsync.plan.record import Record, Seal, Verified
    from envsync.plan.strictness import Protection

SETTINGS = (
    Field.REQUIRED_REVIEWERS,
    Field.WAIT_TIMER,
    Field.PREVENT_SELF_REVIEW,
    Field.CAN_ADMINS_BYPASS,
    Field.DEPLOYMENT_BRANCH_POLICY,
)


def setting(settings: Settings, field: Field) -> object:
    """The value of a field such that equal means the same to GitHub."""
    if field is Field.REQUIRED_REVIEWERS:
        return frozenset(map(reviewer_key, settings.required_reviewers))
    return getattr(settings, field)


def combine_origins(origins: Iterable[Origin]) -> Origin:
    """One origin for what is one change: moved here by the file and there outside is both."""
    found = set(origins)
    if not found or Origin.UNKNOWN in found:
        return Origin.UNKNOWN
    if len(found) == 1:
        return found.pop()
    if Origin.CONFLICT in found or {Origin.CONFIG, Origin.OUTSIDE} <= found:
        return Origin.CONFLICT
    # Something of it was cut off; what else moved says more.
    return Origin.CONFIG if Origin.CONFIG in found else Origin.OUTSIDE


def explained(protections: tuple[Protection, Protection], field: Field, value: object) -> bool:
    """Whether an apply on its way between two protections may itself have made a field have this value."""
    before, after = protections
    there = way(before, after)
    stations = [setting(each.settings, field) for each in (before, there.narrowed, there.handed_over, after)]
    if field is Field.REQUIRED_REVIEWERS and value:
        # GitHub drops those without access: it may have been asked for more. That it drops them all, apply makes
        # sure of beforehand: whoever removed all reviewers is not to hide behind it.
        return any(
            isinstance(one, frozenset) and isinstance(value, frozenset) and value <= one for one in stations
        )
    return value in stations


@dataclass(frozen=True, slots=True)
class History:
    """What the record of one environment says; `verified` None: nothing that proves anything."""

    verified: Verified | None

    def setting(self, field: Field, wanted: Settings, now: Settings) -> Origin:
        if self.verified is None:
            return Origin.UNKNOWN
        record = self.verified.record
        want, have = setting(wanted, field), setting(now, field)
        if (intent := _intended(record)) is not None:
            before, after = (setting(each.settings, field) for each in intent)
            if not explained(intent, field, have):
                return Origin.OUTSIDE if want == after else Origin.CONFLICT
            if want == after or have not in (before, after):
                return Origin.INTERRUPTED
            if have == after:
                return Origin.CONFIG
        if field in record.ignore:
            return Origin.CONFIG  # the file did not care until now
        if record.protection is None:
            return Origin.UNKNOWN
        last = setting(record.protection.settings, field)
        return _three_way(file_moved=want != last, github_moved=have != last)

    def pattern(self, pattern: Pattern, *, wanted: bool) -> Origin:
        """Of a pattern that is wanted and not there, or there and not wanted."""
        return self._member(
            Field.DEPLOYMENT_BRANCH_POLICY, lambda protection: pattern in protection.patterns, wanted=wanted
        )

    def rule(self, app: str, *, wanted: bool) -> Origin:
        slug = app.casefold()
        return self._member(
            Field.DEPLOYMENT_PROTECTION_RULES,
            lambda protection: slug in {each.casefold() for each in protection.rules},
            wanted=wanted,
        )

    def _member(self, field: Field, holds: Callable[[Protection], bool], *, wanted: bool) -> Origin:
        if self.verified is None:
            return Origin.UNKNOWN
        record = self.verified.record
        if (intent := _intended(record)) is not None:
            before, after = map(holds, intent)
            if before != after:
                return Origin.INTERRUPTED if wanted == after else Origin.CONFIG
            return Origin.OUTSIDE if wanted == after else Origin.CONFIG
        if field in record.ignore:
            return Origin.CONFIG
        if record.protection is None or field in record.unread:
            return Origin.UNKNOWN
        return Origin.OUTSIDE if holds(record.protection) == wanted else Origin.CONFIG

    def variable(self, name: str, wanted: str | None, now: str | None) -> Origin:
        """None: it is not there, or is not to be there."""
        if self.verified is None:
            return Origin.UNKNOWN
        record, seal = self.verified.record, self.verified.seal
        intended = None if record.intent is None else record.intent.variables.get(name)
        if intended is not None:
            is_after, is_before = (_is(seal, name, now, mark) for mark in (intended.after, intended.before))
            wants_after = _is(seal, name, wanted, intended.after)
            if None in {is_after, is_before, wants_after}:
                return Origin.UNKNOWN
            if not (is_after or is_before):
                return Origin.OUTSIDE if wants_after else Origin.CONFLICT
            if wants_after:
                return Origin.INTERRUPTED
            if is_after:
                return Origin.CONFIG
        if (last := record.variables.get(name)) is None:
            stray = wanted is None and record.prune and Field.VARIABLES not in record.ignore
            return Origin.OUTSIDE if stray else Origin.CONFIG
        same_now, same_wanted = _is(seal, name, now, last.mark), _is(seal, name, wanted, last.mark)
        if same_now is None or same_wanted is None:
            return Origin.UNKNOWN
        return _three_way(file_moved=not same_wanted, github_moved=not same_now)


def _intended(record: Record) -> tuple[Protection, Protection] | None:
    return None if record.intent is None else record.intent.protection


def _is(seal: Seal, name: str, value: str | None, mark: str | None) -> bool | None:
    """Whether a value is the marked one; None, too, stands for a value: that it is not there."""
    if value is None or mark is None:
        return value is None and mark is None
    return is_marked(seal, name, value, mark)


def _three_way(*, file_moved: bool, github_moved: bool) -> Origin:
    if file_moved and github_moved:
        return Origin.CONFLICT
    return Origin.OUTSIDE if github_moved else Origin.CONFIG
