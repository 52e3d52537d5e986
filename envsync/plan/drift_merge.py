"""The shards of one drift check -> the whole, as if one machine had done it; or why they are not one check."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from envsync.errors import ConfigError, Diagnostic
from envsync.model import RepositoryName
from envsync.plan.changes import UnreadPart
from envsync.plan.drift import Checked, Drift
from envsync.plan.drift_check import DriftPart, joined_drift
from envsync.plan.expected import UNUSED
from envsync.plan.listing import brief
from envsync.plan.shard import SHARD, Shard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from envsync.model import Expected

T = TypeVar("T")
Named = tuple[str, Checked]  # a file's name, and what it says

_AGAIN = "run `envsync drift --shard I/N` once for each I, with the same files, options and server"
_MOST = 5


def merged(shards: Sequence[Named], *, partial: bool) -> Checked:
    """Raises `ConfigError` with all that keeps them from being one check.

    `partial`: a shard that is missing is no error, but a part that could not be read.
    """
    wrong = [*_wrong(shards)]
    whole = [checked.shard for _, checked in shards if checked.shard is not None]
    missing = _missing(whole[0].count, whole) if whole and not wrong else []
    if missing and not partial:
        wrong.append(_incomplete(missing))
    if wrong or not shards:
        raise ConfigError(*(wrong or [_nothing()]))
    first = shards[0][1]
    found = _joined([checked for _, checked in shards])
    unread = (*found.unread, *(_unread(each) for each in missing))
    names = sorted((name for _, each in shards for name in each.repositories), key=str.casefold)
    return replace(
        first,
        found=replace(found, unread=unread),
        repositories=tuple(names),
        shut_out=bool(names) and not missing and all(each.shut_out for _, each in shards if each.repositories),
        shard=None,
    )


def _joined(shards: Sequence[Checked]) -> Drift:
    """What is said of a repository stands in one of them; what is said of none, in each of them alike."""
    expected: dict[str, dict[Expected, None]] = {}
    idle: dict[str, set[Expected]] = {}
    for one in (one for each in shards for one in each.found.idle):
        for name in one.repositories:
            expected.setdefault(name, {})[one.expected] = None
        for name in one.where:
            idle.setdefault(name, set()).add(one.expected)
    parts = {
        name: DriftPart(drift, frozenset(idle.get(name, ())))
        for each in shards
        for name, drift in _by_repository(each).items()
    }
    general = [one for each in shards for one in each.found.warnings if one.repository is None]
    kept = tuple(dict.fromkeys(one for one in general if one.code not in {UNUSED, SHARD}))
    pending = shards[0].found.pending is not None
    return joined_drift(parts, {name: tuple(each) for name, each in expected.items()}, kept, pending=pending)


def _by_repository(checked: Checked) -> dict[str, Drift]:
    """What expects nothing that differs is told anew, of all."""
    found = checked.found
    differences = _grouped(found.differences, lambda each: each.at.repository)
    expected = _grouped(found.expected, lambda each: each.difference.at.repository)
    lapsed = _grouped(found.lapsed, lambda each: each.difference.at.repository)
    pending = _grouped(found.pending or (), lambda each: each.at.repository)
    unread = _grouped(found.unread, lambda each: each.repository)
    warnings = _grouped((each for each in found.warnings if each.code != UNUSED), lambda each: each.repository)
    unmanaged = _grouped(found.unmanaged, lambda each: each.at.repository)
    return {
        name: Drift(
            tuple(differences[name]),
            tuple(expected[name]),
            tuple(lapsed[name]),
            None if found.pending is None else tuple(pending[name]),
            tuple(unread[name]),
            tuple(warnings[name]),
            tuple(unmanaged[name]),
        )
        for name in checked.repositories
    }


def _grouped(items: Iterable[T], key: Callable[[T], str | None]) -> defaultdict[str | None, list[T]]:
    groups: defaultdict[str | None, list[T]] = defaultdict(list)
    for each in items:
        groups[key(each)].append(each)
    return groups


# --- what keeps them from being one check ------------------------------------------------------------------


def _wrong(shards: Sequence[Named]) -> Iterator[Diagnostic]:
    seen: dict[Shard, str] = {}
    for name, checked in shards:
        if checked.shard is None:
            hint = "name the files of shards alone: what one run found of all repositories is merged already"
            yield Diagnostic("merge-file", f"{name} is of a run that was no shard", hint)
            continue
        if (other := seen.get(checked.shard)) is not None:
            hint = "leave one out: that of the run which came later knows better"
            yield Diagnostic("shard-twice", f"{other} and {name} are both of shard {checked.shard}", hint)
        seen[checked.shard] = name
        if lost := [each for each in checked.repositories if not checked.shard.holds(_name(each))]:
            message = f"{name} is of shard {checked.shard}, which has no part in {brief(lost, _MOST)}"
            yield Diagnostic("shard-foreign", message, "give the file as envsync wrote it")
        if (what := _differs(shards[0][1], checked)) is not None:
            yield Diagnostic("shards-differ", f"{shards[0][0]} and {name} are of two checks: {what}", _AGAIN)


def _differs(first: Checked, other: Checked) -> str | None:
    """What two shards of one check have in common, and these do not; None: they have all of it."""
    if first.shard is not None and other.shard is not None and first.shard.count != other.shard.count:
        return f"one is shard {first.shard}, the other one {other.shard}"
    if first.server != other.server:
        return "they were compared with two servers"
    if first.owners != other.owners:
        return "they are of other files, or not of all of them"
    if first.asked != other.asked:
        return "they were narrowed in another way, by --repo, --environment or --settings-only"
    if (first.found.pending is None) != (other.found.pending is None):
        return "one was asked for what is --pending, the other one was not"
    return None


def _missing(count: int, found: Sequence[Shard]) -> list[Shard]:
    there = {each.index for each in found}
    return [Shard(index, count) for index in range(1, count + 1) if index not in there]


def _incomplete(missing: Sequence[Shard]) -> Diagnostic:
    names = brief([str(each) for each in missing], _MOST)
    message = f"no file is of shard {names}: nobody knows what differs in its repositories"
    return Diagnostic("shard-missing", message, f"{_again(str(missing[0]))}; or list it as unread, with --partial")


def _again(shard: str) -> str:
    return f"run it again: envsync drift --shard {shard} --out FILE"


def _nothing() -> Diagnostic:
    return Diagnostic("no-shard", "there is no file to merge", "see why no shard wrote one, and run them again")


def _unread(shard: Shard) -> UnreadPart:
    """In the place of a repository stands the shard: which ones are in it, nobody knows."""
    reason = "no file is of this shard: nobody knows what differs in its repositories"
    return UnreadPart(f"shard {shard}", None, "shard", reason, _again(str(shard)), failed=True)


def _name(text: str) -> RepositoryName:
    owner, _, name = text.partition("/")
    return RepositoryName(owner, name)
