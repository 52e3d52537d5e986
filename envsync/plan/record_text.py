"""The text of a record: one compact JSON object, whose last member is the signature of all that stands before it.

    {"version":1,"key":"0badcafe","owner":"payments","time":1767225600,"made":"created",…,"mac":"…"}

Whatever a later version changes, its text stays a JSON object with a whole number `version`. Members at their
defaults are left out. `record_entries` says how variables and secrets stand in it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from envsync.model import Field, Pattern, RefPolicy, RefType, Settings, Team, UnknownReviewer, User
from envsync.plan.record import Intent, Made, Newer, Record
from envsync.plan.record_entries import moment, read_secrets, read_variables, write_secrets, write_variables
from envsync.plan.strictness import Protection

if TYPE_CHECKING:
    from collections.abc import Collection

    from envsync.model import Reviewer
    from envsync.plan.codec import Json

_T = TypeVar("_T")

FORMAT_VERSION = 1

_LAST_VERSION = 999_999  # more is nobody's version, and too long to show

_MEMBERS = (
    *("version", "key", "owner", "time", "made"),
    *("protection", "ignore", "unread", "never_touch", "prune", "variables", "secrets", "intent"),
)
_PROTECTION = (
    Field.REQUIRED_REVIEWERS,
    Field.WAIT_TIMER,
    Field.PREVENT_SELF_REVIEW,
    Field.CAN_ADMINS_BYPASS,
    Field.DEPLOYMENT_BRANCH_POLICY,
    "patterns",
    Field.DEPLOYMENT_PROTECTION_RULES,
)

_SIGNED = re.compile(r'(.*),"mac":"([A-Za-z0-9_-]{43})"\}', re.DOTALL)
_KEY_ID = re.compile("[0-9a-f]{8}")


class BadRecord(ValueError):  # noqa: N818 - reads as what was found
    """The text is no record that envsync writes. Says in words why, and shows nothing of it."""


@dataclass(frozen=True, slots=True)
class SignedText:
    """All that is taken from a record before its signature is checked. Until then, `owner` is a mere claim."""

    key_id: str
    owner: str
    body: bytes  # what is signed
    mac: str  # base64url, 43 characters


def encode(record: Record, key_id: str) -> str:
    """The body of the text: all but its end, which `close` adds. Same record, same text."""
    members: dict[str, Json] = {
        "version": FORMAT_VERSION,
        "key": key_id,
        "owner": record.owner,
        "time": record.time,
        "made": record.made.value,
    }
    if record.protection is not None:
        members["protection"] = _write_protection(record.protection)
    optional: dict[str, Json] = {
        "ignore": [*sorted(record.ignore)],
        "unread": [*sorted(record.unread)],
        "never_touch": [*sorted(record.never_touch)],
        "prune": record.prune,
        "variables": {**write_variables(record)},
        "secrets": {**write_secrets(record)},
    }
    members |= {name: value for name, value in optional.items() if value}
    if record.intent is not None:
        members["intent"] = _write_intent(record.intent)
    return json.dumps(members, separators=(",", ":")).removesuffix("}")


def close(body: str, mac: str) -> str:
    return f'{body},"mac":"{mac}"}}'


def peek(text: str) -> SignedText | Newer:
    """What the text says of its own signature. Raises `BadRecord`, and nothing else, whatever the text is."""
    members = _members(text)
    version = members.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or not 0 < version <= _LAST_VERSION:
        raise BadRecord("it does not say which version of the format it has")
    if version > FORMAT_VERSION:
        return Newer(version)
    key_id, owner = members.get("key"), members.get("owner")
    if not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id) or not isinstance(owner, str):
        raise BadRecord("it does not say whose it is, or which key it was signed with")
    signed = _SIGNED.fullmatch(text)
    if signed is None or not text.isascii():
        raise BadRecord("it has no signature at its end")
    body, mac = signed.groups()
    return SignedText(key_id, owner, body.encode("ascii"), mac)


def decode(signed: SignedText) -> Record:
    """The record, once its signature has been checked. Raises `BadRecord`."""
    try:
        return _read_record(_members(signed.body.decode("ascii") + "}"))
    except (KeyError, ValueError):
        raise BadRecord("what it says is not what this version of envsync writes") from None


def _members(text: str) -> dict[str, Json]:
    try:
        found: Json = json.loads(text, object_pairs_hook=_unique, parse_float=_refuse, parse_constant=_refuse)
        json.dumps(found, ensure_ascii=False).encode()  # until here, half a character (`\ud800`) passes for text
    except (ValueError, RecursionError):
        raise BadRecord("it is no JSON, or has in it what no record has") from None
    if not isinstance(found, dict):
        raise BadRecord("it is no JSON object")
    return found


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member twice")
    return members


def _refuse(_number: str) -> Json:
    raise ValueError("not a whole number")


# --- record -> JSON ----------------------------------------------------------------------------------------


def _write_protection(protection: Protection) -> dict[str, Json]:
    given, default = _all_of(protection), _all_of(Protection())
    return {name: value for name, value in given.items() if value != default[name]}


def _all_of(protection: Protection) -> dict[str, Json]:
    settings = protection.settings
    return {
        Field.REQUIRED_REVIEWERS.value: [str(each) for each in settings.required_reviewers],
        Field.WAIT_TIMER.value: settings.wait_timer,
        Field.PREVENT_SELF_REVIEW.value: settings.prevent_self_review,
        Field.CAN_ADMINS_BYPASS.value: settings.can_admins_bypass,
        Field.DEPLOYMENT_BRANCH_POLICY.value: settings.deployment_branch_policy.value,
        "patterns": [f"{each.type}:{each.name}" for each in sorted(protection.patterns)],
        Field.DEPLOYMENT_PROTECTION_RULES.value: [*sorted(protection.rules)],
    }


def _write_intent(intent: Intent) -> dict[str, Json]:
    if intent.protection is None:
        return {}
    before, after = intent.protection
    return {"before": _write_protection(before), "after": _write_protection(after)}


# --- JSON -> record ----------------------------------------------------------------------------------------
# These raise `KeyError` or `ValueError`.


def _read_record(members: dict[str, Json]) -> Record:
    _only(members, _MEMBERS)
    variables, intended_variables = read_variables(_table(members.get("variables", {})))
    secrets, intended_secrets = read_secrets(_table(members.get("secrets", {})))
    intent = None
    if "intent" in members:
        intent = Intent(_read_intended(members["intent"]), intended_variables, intended_secrets)
    elif intended_variables or intended_secrets:
        raise ValueError("intended, with no intent")
    return Record(
        owner=_typed(str, members["owner"]),
        time=moment(_typed(int, members["time"])),
        made=Made(_typed(str, members["made"])),
        protection=_read_protection(members["protection"]) if "protection" in members else None,
        ignore=frozenset(map(Field, _texts(members.get("ignore", [])))),
        unread=frozenset(map(Field, _texts(members.get("unread", [])))),
        never_touch=frozenset(_texts(members.get("never_touch", []))),
        prune=_typed(bool, members.get("prune", False)),
        variables=variables,
        secrets=secrets,
        intent=intent,
    )


def _read_intended(value: Json) -> tuple[Protection, Protection] | None:
    members = _typed(dict, value)
    _only(members, ("before", "after"))
    return (_read_protection(members["before"]), _read_protection(members["after"])) if members else None


def _read_protection(value: Json) -> Protection:
    members: dict[str, Json] = _typed(dict, value)
    _only(members, _PROTECTION)
    members = _all_of(Protection()) | members
    return Protection(
        Settings(
            required_reviewers=tuple(map(_reviewer, _texts(members[Field.REQUIRED_REVIEWERS]))),
            wait_timer=_typed(int, members[Field.WAIT_TIMER]),
            prevent_self_review=_typed(bool, members[Field.PREVENT_SELF_REVIEW]),
            can_admins_bypass=_typed(bool, members[Field.CAN_ADMINS_BYPASS]),
            deployment_branch_policy=RefPolicy(_typed(str, members[Field.DEPLOYMENT_BRANCH_POLICY])),
        ),
        frozenset(map(_pattern, _texts(members["patterns"]))),
        frozenset(_texts(members[Field.DEPLOYMENT_PROTECTION_RULES])),
    )


def _reviewer(text: str) -> Reviewer:
    kind, colon, name = text.partition(":")
    if colon:
        return UnknownReviewer(kind, name)
    organization, slash, slug = text.partition("/")
    return Team(organization, slug) if slash else User(text)


def _pattern(text: str) -> Pattern:
    kind, _, name = text.partition(":")
    return Pattern(RefType(kind), name)


def _only(members: dict[str, Json], known: Collection[str]) -> None:
    if not members.keys() <= set(known):
        raise ValueError("a member that no record has")


def _table(value: Json) -> dict[str, str]:
    return {name: _typed(str, each) for name, each in _typed(dict, value).items()}


def _texts(value: Json) -> list[str]:
    return [_typed(str, each) for each in _typed(list, value)]


def _typed(kind: type[_T], value: Json) -> _T:
    if isinstance(value, kind) and type(value) is kind:  # `True` is an `int`, too
        return value
    raise ValueError(f"no {kind.__name__}")
