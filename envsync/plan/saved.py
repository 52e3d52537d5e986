"""A saved plan: what somebody agreed to. A plan made anew is compared with it, and nothing in it is executed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeAlias, cast

from jsonschema import Draft202012Validator

from envsync.errors import ConfigError, Diagnostic, Refused
from envsync.plan.codec import FORMAT_VERSION, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envsync.plan.changes import Plan
    from envsync.plan.codec import Json

LARGEST = 64 * 1024 * 1024  # bytes; a plan of a thousand repositories has less

Item: TypeAlias = "Mapping[str, Json]"

_LONGEST = 80  # characters of one value or name in a message
_MOST = 50  # differences that are listed
_UNCOMPARED = {"warnings"}  # what the runner has at hand, such as a secret's source: nothing that apply does
_KEYS = {
    "changes": ("repository", "environment", "action", "kind", "name"),
    "secrets": ("repository", "environment", "name"),
    "unmanaged": ("repository", "environment", "kind", "name"),
    "unmet": ("repository", "environment", "kind", "name"),
    "unread": ("repository", "environment", "part"),
}
_TITLES = {
    "changes": "",
    "secrets": "secret ",
    "unmanaged": "unmanaged ",
    "unmet": "cannot be met: ",
    "unread": "not read: ",
}


def parse(content: bytes, name: str, schema: Mapping[str, Json]) -> dict[str, Json]:
    """The JSON of a saved plan. `schema` is that of the plan. Raises `ConfigError` where it is not one."""
    if len(content) > LARGEST:
        raise _unfit(name, f"it is larger than {LARGEST // 1024**2} MiB")
    try:
        document: Json = json.loads(content.decode())
    except (ValueError, RecursionError):  # ValueError: bad UTF-8, bad JSON, and numbers that are far too long
        raise _unfit(name, "it is not JSON") from None
    if not isinstance(document, dict):
        raise _unfit(name, "it is not a JSON object")
    _hold_version(document, name)
    error = next(Draft202012Validator(schema).iter_errors(document), None)
    if error is not None:  # its own message is left out, since it quotes the file
        raise _unfit(name, f"what stands at {error.json_path} is not what the format of a plan has there")
    return document


def _hold_version(document: dict[str, Json], name: str) -> None:
    version = document.get("format_version")
    if not isinstance(version, str) or not re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,9}", version):
        return  # the schema has more to say on that
    if version != FORMAT_VERSION:
        message = f"{name} is a plan of format version {version}, and this envsync makes version {FORMAT_VERSION}"
        raise ConfigError(
            Diagnostic("unsupported-plan-version", message, "plan again with the envsync that applies")
        )


def _unfit(name: str, why: str) -> ConfigError:
    hint = "give the file that `envsync plan --out FILE` wrote, as it wrote it"
    return ConfigError(Diagnostic("plan-file", f"{name} is not a saved plan: {why}", hint))


def hold(saved: Mapping[str, Json], plan: Plan, name: str) -> None:
    """Raises `Refused` where the plan is not the saved one, and says in what."""
    found = differences(saved, encode(plan))
    if found:
        lines = [f"the plan is not the one in {name} any more:", *(f"  {line}" for line in found[:_MOST])]
        if len(found) > _MOST:
            lines.append(f"  and {len(found) - _MOST} more")
        hint = "run plan again with --out, have it agreed to, and apply that; give the same options to both"
        raise Refused(Diagnostic("plan-changed", "\n".join(lines), hint))


def differences(saved: Mapping[str, Json], now: Mapping[str, Json]) -> tuple[str, ...]:
    """In words, what two plans differ in; empty if they are the same but for their warnings. Both are valid."""
    old, new = _compared(saved), _compared(now)
    if _text(old) == _text(new):
        return ()
    found = tuple(line for section in _KEYS for line in _section(section, old[section], new[section]))
    if found:
        return found
    if old["base_digest"] != new["base_digest"]:
        return ("something else on GitHub moved, of which nothing shows in the plan",)
    return ("the file was edited: its order, its summary or its version is not what envsync writes",)


def _compared(document: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in document.items() if name not in _UNCOMPARED}


def _section(section: str, old: Json, new: Json) -> Iterator[str]:
    before, after = _by_key(section, old), _by_key(section, new)
    for key in sorted(before.keys() | after.keys()):
        if key not in before:
            yield f"new: {_in_words(section, after[key])}{_state(after[key])}"
        elif key not in after:
            yield f"gone: {_in_words(section, before[key])}{_state(before[key])}"
        elif parts := "; ".join(_parts(before[key], after[key])):
            yield f"differs: {_in_words(section, before[key])}: {parts}"


def _by_key(section: str, items: Json) -> dict[str, Item]:
    return {_text([item[key] for key in _KEYS[section]]): item for item in cast("list[Item]", items)}


def _in_words(section: str, item: Item) -> str:
    place, what = _plain_words(item, _KEYS[section][:2]), _plain_words(item, _KEYS[section][2:])
    return f"{place}: {_TITLES[section]}{what}"


def _plain_words(item: Item, keys: Sequence[str]) -> str:
    words = {key: str(item[key]) for key in keys if item[key] is not None}
    return " ".join(_plain(word.replace("_", " ") if key == "kind" else word) for key, word in words.items())


def _state(item: Item) -> str:
    """A secret's state, which is what there is to know of it."""
    return f" ({item['state']})" if "state" in item else ""


def _parts(before: Item, after: Item) -> Iterator[str]:
    for name in before:
        if name == "fields":
            yield from _fields(before[name], after[name])
        elif _text(before[name]) != _text(after[name]):
            yield f"{name} {_value(after[name])} instead of {_value(before[name])}"


def _fields(old: Json, new: Json) -> Iterator[str]:
    before, after = _by_name(old), _by_name(new)
    for name in sorted(before.keys() | after.keys()):
        if _text(before.get(name)) != _text(after.get(name)):
            yield f"{_plain(name)} {_step(after.get(name))} instead of {_step(before.get(name))}"


def _by_name(fields: Json) -> dict[str, Item]:
    return {str(field["name"]): field for field in cast("list[Item]", fields)}


def _step(field: Item | None) -> str:
    return "unchanged" if field is None else f"{_value(field['before'])} -> {_value(field['after'])}"


def _text(value: object) -> str:
    """Unlike Python's `==`, this tells true from 1."""
    return json.dumps(value, sort_keys=True)


def _value(value: Json) -> str:
    return _short(value if isinstance(value, str) and value.replace("_", "").isalnum() else _text(value))


def _plain(text: str) -> str:
    """A name as it is, unless it could pass for another line."""
    return _short(text if text.isprintable() else _text(text))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
