"""Which differences do the files expect for a while, and which of them no longer?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, assert_never

from envsync.model import Field
from envsync.plan.changes import Kind, Notice, SettingsUpdate, view
from envsync.plan.differences import counted
from envsync.plan.drift import Deed, Excused, Idle

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import date

    from envsync.model import DesiredRepository, Expected
    from envsync.plan.changes import Address, Plan, UnreadPart
    from envsync.plan.drift import Difference


@dataclass(frozen=True, slots=True)
class Excuses:
    """Each difference is in one of the first two; those of `lapsed` are in `counted` too."""

    counted: tuple[Difference, ...]
    expected: tuple[Excused, ...]
    lapsed: tuple[Excused, ...]
    used: frozenset[tuple[str, Expected]]  # by repository: all that cover something, their day over or not


UNUSED = "expected-nothing"  # code of a warning
MOST_DAYS = 366  # what is expected for longer is no exception: the files can say it


def excuse(differences: Sequence[Difference], expected: Mapping[str, Sequence[Expected]], today: date) -> Excuses:
    """`expected` by name of the repository, as addresses have it."""
    gone = {each.at for each in differences if each.kind is Kind.ENVIRONMENT and each.deed is Deed.REMOVED}
    counts: list[Difference] = []
    excused: list[Excused] = []
    lapsed: list[Excused] = []
    used: set[tuple[str, Expected]] = set()
    for each in differences:
        keys = _keys(each.kind, each.name, [field.name for field in each.fields])
        if each.at in gone:
            keys |= {Kind.ENVIRONMENT.value}  # what was in it is gone with it
        # Nobody has a reason to write a record but envsync.
        entries = () if each.deed is Deed.DOUBTFUL else expected[each.at.repository]
        covering = [one for one in entries if _covers(one, each.at, keys)]
        used |= {(each.at.repository, one) for one in covering}
        last = max(covering, key=_lasting, default=None)
        if last is not None and _holds(last, today):
            excused.append(Excused(each, last))
            continue
        counts.append(each)
        if last is not None and last.until < today:
            lapsed.append(Excused(each, last))
    return Excuses(tuple(counts), tuple(excused), tuple(lapsed), frozenset(used))


def idle_of(
    desired: DesiredRepository,
    used: Collection[tuple[str, Expected]],
    unread: Sequence[UnreadPart],
    unknown: Sequence[tuple[Address, str]],
) -> Iterator[Expected]:
    """Those that cover nothing in this repository, where all that they are about is known. `unknown`: secrets.

    `unread` and `unknown` are this repository's.
    """
    name = str(desired.name)
    for each in desired.expected:
        is_unread = any(_is_about(each, part) for part in unread)
        is_unknown = any(_covers(each, at, _keys(Kind.SECRET, secret, ())) for at, secret in unknown)
        if not ((name, each) in used or is_unread or is_unknown):
            yield each


def unused(
    expected: Mapping[str, Sequence[Expected]], idle: Mapping[str, AbstractSet[Expected]]
) -> Iterator[Notice]:
    """Those that are idle in every repository that has them; both by its name."""
    for each in idling(expected, idle):
        if each.where == each.repositories:
            until, names = each.expected.until, each.repositories
            message = (
                f"{_in_words(each.expected)} is `expected` until {until} ({each.expected.reason}), and nothing of "
                "it differs: take that out of the file"
            )
            yield Notice(names[0] if len(names) == 1 else None, UNUSED, message)


def idling(
    expected: Mapping[str, Sequence[Expected]], idle: Mapping[str, AbstractSet[Expected]]
) -> Iterator[Idle]:
    """Those that are idle in any repository; both by its name."""
    found: dict[Expected, list[str]] = {}
    for name in sorted(expected, key=str.casefold):
        for each in expected[name]:
            found.setdefault(each, []).append(name)
    for each, names in sorted(found.items(), key=lambda entry: (entry[1], _lasting(entry[0]))):
        having = tuple(dict.fromkeys(names))
        where = tuple(name for name in having if each in idle.get(name, ()))
        if where:
            yield Idle(each, having, where)


def expected_notices(plan: Plan, desired: Sequence[DesiredRepository], today: date) -> tuple[Notice, ...]:
    """What drift will be quiet about, so that whoever reviews the file sees it; and what apply puts back."""
    return (*_quiet(desired, today), *_contrary(plan, desired, today))


def _quiet(desired: Sequence[DesiredRepository], today: date) -> Iterator[Notice]:
    for repository in desired:
        for each in sorted(repository.expected, key=_lasting):
            if _holds(each, today):
                message = (
                    f"drift does not count until {each.until} what differs in {_in_words(each)}: {each.reason}"
                )
            elif today < each.until:
                message = (
                    f"{_in_words(each)} is `expected` until {each.until}, which is more than {MOST_DAYS} days "
                    "away: drift counts it; name an earlier day"
                )
            else:
                continue
            yield Notice(str(repository.name), "expected", message)


def _contrary(plan: Plan, desired: Sequence[DesiredRepository], today: date) -> Iterator[Notice]:
    """What apply would put back although the files expect it to differ."""
    entries = {str(each.name): [one for one in each.expected if _holds(one, today)] for each in desired}
    found: dict[tuple[Address, Expected], list[str]] = {}
    for change in counted(plan):
        seen = view(change)
        names = [field.name for field in seen.fields] if isinstance(change, SettingsUpdate) else [""]
        for name in names:
            keys = _keys(seen.kind, seen.name, [name])
            covering = [one for one in entries[change.at.repository] if _covers(one, change.at, keys)]
            if covering:
                last = max(covering, key=_lasting)
                found.setdefault((change.at, last), []).append(max(keys, key=len))
    return (_put_back(at, each, names) for (at, each), names in found.items())


def _put_back(at: Address, expected: Expected, names: Iterable[str]) -> Notice:
    known = list(dict.fromkeys(names))
    differ, them = ("differs", "it") if len(known) == 1 else ("differ", "them")
    unless = "" if known == [Kind.ENVIRONMENT] else f", unless `ignore` names {them}"
    message = (
        f"{at.environment}: {', '.join(known)} {differ}, as `expected` says until {expected.until} "
        f"({expected.reason}); apply puts {them} back all the same{unless}"
    )
    return Notice(at.repository, "expected-difference", message)


def _keys(kind: Kind, name: str | None, fields: Iterable[str]) -> AbstractSet[str]:
    """What a file calls a difference: the whole of what it is in, and it alone."""
    match kind:
        case Kind.ENVIRONMENT:
            return {Kind.ENVIRONMENT.value}
        case Kind.SETTINGS:
            return set(fields)
        case Kind.BRANCH_PATTERN | Kind.TAG_PATTERN:
            return {Field.DEPLOYMENT_BRANCH_POLICY.value}
        case Kind.PROTECTION_RULE:
            return {Field.DEPLOYMENT_PROTECTION_RULES.value}
        case Kind.VARIABLE:
            return {Field.VARIABLES.value, f"{Field.VARIABLES}.{name}"}
        case Kind.SECRET:
            return {Field.SECRETS.value, f"{Field.SECRETS}.{name}"}
        case _:
            assert_never(kind)


def _holds(expected: Expected, today: date) -> bool:
    return today <= expected.until <= today + timedelta(days=MOST_DAYS)


def _covers(expected: Expected, at: Address, keys: AbstractSet[str]) -> bool:
    return _names(expected, at.environment) and (not expected.differences or bool(expected.differences & keys))


def _names(expected: Expected, environment: str) -> bool:
    """`*` and `?` alone are wildcards."""
    glob = expected.environment.casefold().replace("[", "[[]")
    return fnmatchcase(environment.casefold(), glob)


def _is_about(expected: Expected, part: UnreadPart) -> bool:
    return part.environment is None or _names(expected, part.environment)


def _lasting(expected: Expected) -> tuple[date, str, str, list[str]]:
    """Sorts by the last day; the rest is there so that every order is always the same."""
    return expected.until, expected.environment, expected.reason, sorted(expected.differences)


def _in_words(expected: Expected) -> str:
    what = f" ({', '.join(sorted(expected.differences))})" if expected.differences else ""
    return f"{expected.environment}{what}"
