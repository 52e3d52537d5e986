"""JSON -> drift: what `envsync drift -o json` printed, read by a run that believes nothing of it.

A file may come from anybody, as artifacts of a pull request do. So it is held against the schema first, and in the
end against what envsync would have written of what was understood: nothing else gets in.
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, NoReturn

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from envsync.errors import ConfigError, Diagnostic
from envsync.model import Expected
from envsync.plan.changes import Address, Kind, Notice, Origin, Risk, Unmanaged, UnreadPart
from envsync.plan.drift import Asked, Checked, Deed, Difference, Drift, DriftField, Excused, Idle
from envsync.plan.drift_codec import DRIFT_VERSION, encode_drift
from envsync.plan.drift_pending import change_of, field_value
from envsync.plan.moments import shown
from envsync.plan.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from envsync.plan.codec import Json

    Item = Mapping[str, Any]  # of which the schema says what is in it

_VERSION = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")
_REPOSITORY = re.compile(r"[A-Za-z0-9_-]{1,100}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}")
_CODE = re.compile(r"[a-z]+(-[a-z]+)*")
_HINT = "give the files that `envsync drift --shard I/N --out FILE` wrote, as it wrote them"


def parse_drift(content: bytes, name: str, schemas: Sequence[Mapping[str, Json]]) -> Checked:
    """`schemas`: that of drift, and those that it refers to. Raises `ConfigError` for anything that is no drift.

    What the file says is quoted by no error.
    """
    document = _json(content, name)
    if "base_digest" in document:
        message = f"{name} is a plan: it says what apply would do, and nothing of drift"
        hint = "name what `envsync drift --shard I/N --out FILE` saved"
        raise ConfigError(Diagnostic("not-a-drift", message, hint))
    version = document.get("format_version")
    if isinstance(version, str) and _VERSION.fullmatch(version) and version != DRIFT_VERSION:
        message = f"{name} is a drift of format version {version}, and this envsync makes version {DRIFT_VERSION}"
        hint = "let one version of envsync check all shards, and merge them"
        raise ConfigError(Diagnostic("unsupported-drift-version", message, hint))
    if (place := _misfit(document, schemas)) is not None:
        _refuse(name, f"what stands at {place} is not what the format of a drift has there")
    try:
        checked = decode_drift(document)
    except ValueError:  # what no schema sees, such as the 30th of February
        _refuse(name, "it says what no drift can say")
    if why := next(_contradictions(checked), None):
        _refuse(name, why)
    if _text(encode_drift(checked)) != _text(document):
        _refuse(name, "it was edited: what it says does not agree with itself")
    return checked


def _json(content: bytes, name: str) -> dict[str, Json]:
    try:
        document: Json = json.loads(
            content.decode(), object_pairs_hook=_once_each, parse_float=_no_number, parse_constant=_no_number
        )
        json.dumps(document, ensure_ascii=False).encode()  # half a character, which nobody can print
    except (ValueError, RecursionError):  # ValueError: bad UTF-8, bad JSON, and numbers that are far too long
        _refuse(name, "it is not JSON, or none of envsync's")
    if not isinstance(document, dict):
        _refuse(name, "it is not a JSON object")
    return document


def _once_each(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """What stands twice means one thing to one reader, and another thing to the next one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _misfit(document: Json, schemas: Sequence[Mapping[str, Json]]) -> str | None:
    """Where the document is not as the first of the schemas says. Not why: that would quote it."""
    resources = [Resource.from_contents(schema) for schema in schemas]
    registry: Registry[Any] = Registry().with_resources((each.id() or "", each) for each in resources)
    error = next(Draft202012Validator(schemas[0], registry=registry).iter_errors(document), None)
    return None if error is None else error.json_path


def _refuse(name: str, why: str) -> NoReturn:
    raise ConfigError(Diagnostic("merge-file", f"{name} is not what drift wrote: {why}", _HINT))


def _text(document: Json) -> str:
    """Unlike Python's `==`, this tells true from 1; the order of members does not matter."""
    return json.dumps(document, sort_keys=True)


# --- what no schema can say --------------------------------------------------------------------------------


def _contradictions(checked: Checked) -> Iterator[str]:
    found = checked.found
    names = checked.repositories
    if any(not _REPOSITORY.fullmatch(each) for each in names):
        yield "`repositories` has something else than names"
    if list(names) != sorted({each.casefold(): each for each in names}.values(), key=str.casefold):
        yield "`repositories` is not sorted, or names one twice"
    if not _named(found) <= set(names):
        yield "it tells of a repository that is not among `repositories`"
    if any(not _CODE.fullmatch(each.code) for each in found.warnings):
        yield "a warning has no code"
    if any(each.difference not in found.differences for each in found.lapsed):
        yield "`lapsed` has what is not in `differences`"
    if any(set(each.where) - set(each.repositories) or set(each.where) - set(names) for each in found.idle):
        yield "`idle` tells of a repository that was not looked at"
    blind = {each.repository for each in found.unread if each.failed and each.environment is None}
    if checked.shut_out and not (names and set(names) == blind):
        yield "`shut_out` says that nothing was read, and `unread` does not"


def _named(found: Drift) -> set[str]:
    differences = [*found.differences, *(each.difference for each in (*found.expected, *found.lapsed))]
    return {
        *(each.at.repository for each in (*differences, *(found.pending or ()), *found.unmanaged)),
        *(each.repository for each in found.unread),
        *(each.repository for each in found.warnings if each.repository is not None),
    }


# --- from a document that fits the schema ------------------------------------------------------------------


def decode_drift(document: Item) -> Checked:
    """Of a document that fits the schema. Raises `ValueError` for what says nothing that drift can say."""
    asked, shard, pending = document["asked"], document["shard"], document["pending"]
    return Checked(
        Drift(
            tuple(_difference(each) for each in document["differences"]),
            tuple(_excused(each) for each in document["expected"]),
            tuple(_excused(each) for each in document["lapsed"]),
            None if pending is None else tuple(change_of(each) for each in pending),
            tuple(UnreadPart(**each) for each in document["unread"]),
            tuple(Notice(**each) for each in document["warnings"]),
            tuple(Unmanaged(_address(each), Kind(each["kind"]), each["name"]) for each in document["unmanaged"]),
            tuple(_idle(each) for each in document["idle"]),
        ),
        tuple(document["repositories"]),
        document["server"],
        tuple(document["owners"]),
        Asked(tuple(asked["repositories"]), tuple(asked["environments"]), asked["settings_only"]),
        document["shut_out"],
        None if shard is None else _shard(shard),
    )


def _shard(shard: Item) -> Shard:
    if shard["index"] > shard["count"]:
        raise ValueError("there are not so many")
    return Shard(shard["index"], shard["count"])


def _difference(item: Item) -> Difference:
    for moment in _given(item["since"], item["after"]):
        if shown(moment) != moment:
            raise ValueError("no date of envsync's")
    return Difference(
        _address(item),
        Kind(item["kind"]),
        item["name"],
        Deed(item["deed"]),
        Origin(item["origin"]),
        Risk(item["risk"]),
        item["reason"],
        tuple(
            DriftField(each["name"], field_value(each["declared"]), field_value(each["live"]))
            for each in item["fields"]
        ),
        item["since"],
        item["after"],
        item["by_hand"],
    )


def _given(*moments: str | None) -> Iterable[str]:
    return (each for each in moments if each is not None)


def _excused(item: Item) -> Excused:
    return Excused(_difference(item["difference"]), _expected(item))


def _idle(item: Item) -> Idle:
    return Idle(_expected(item), tuple(item["repositories"]), tuple(item["where"]))


def _expected(item: Item) -> Expected:
    until = date.fromisoformat(item["until"])
    return Expected(item["environment"], frozenset(item["differences"]), item["reason"], until)


def _address(item: Item) -> Address:
    return Address(item["repository"], item["environment"])
