"""How far an environment's record can be trusted: its signature, its place, its time and its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.model import RECORD_VARIABLE
from envsync.plan.moments import seconds, words
from envsync.plan.record import FRESH_SECONDS, Absent, Foreign, Newer, Tampered, Unverified, Verified
from envsync.plan.record_text import BadRecord, decode, peek

if TYPE_CHECKING:
    from collections.abc import Collection

    from envsync.model import LiveVariable
    from envsync.plan.record import Place, Recorded
    from envsync.plan.record_text import SignedText
    from envsync.secrets.record_keys import RecordKeys

_MOST_CHARACTERS = 100  # of what a record says before anything vouches for it


def open_record(
    variable: LiveVariable | None, place: Place, keys: RecordKeys | None, owners: Collection[str]
) -> Recorded:
    """`owners`: the names of the files that are at hand; what another one owns is foreign."""
    if variable is None:
        return Absent()
    try:
        text = peek(variable.value)
    except BadRecord as error:
        return _unreadable(error, keys)
    if isinstance(text, Newer):
        return text
    holds = None if keys is None else keys.holds(place, text)
    if holds is False:
        return Tampered(
            "the signature of the record does not hold: somebody edited it or copied it from another environment,"
            " or the server has another address than when it was written"
        )
    found = _no_key(text, keys) if keys is None or holds is None else _read(variable, text, place, keys)
    if text.owner in owners:
        return found
    return Foreign(_short(text.owner), found if isinstance(found, Verified) else None)


def _read(
    variable: LiveVariable, text: SignedText, place: Place, keys: RecordKeys
) -> Verified | Unverified | Tampered:
    """What a record says whose signature holds."""
    try:
        record = decode(text)
    except BadRecord as error:
        return Unverified(
            f"the record is signed, but {error}", "use the version of envsync that wrote it, or a later one"
        )
    try:
        written = seconds(variable.updated_at)
    except ValueError:
        return Unverified(
            f"GitHub does not say in a way that envsync understands when {RECORD_VARIABLE} was last written",
            "see that the server's address is right, and run envsync once more",
        )
    if written > record.time + FRESH_SECONDS:
        return Tampered(
            f"{RECORD_VARIABLE} was written again on {words(written)}, and the record in it is of"
            f" {words(record.time)}: somebody put an old one back"
        )
    return Verified(keys.settle(record, text.key_id), keys.seal(place), renewed=text.key_id != keys.present.id)


def _unreadable(error: BadRecord, keys: RecordKeys | None) -> Unverified | Tampered:
    reason = f"{RECORD_VARIABLE} holds no record: {error}"
    if keys is not None:
        return Tampered(reason)
    return Unverified(reason, f"see who writes {RECORD_VARIABLE}: it is envsync's own; and set ENVSYNC_RECORD_KEY")


def _no_key(text: SignedText, keys: RecordKeys | None) -> Unverified:
    if keys is None:
        return Unverified(
            "no ENVSYNC_RECORD_KEY is set here, so that nobody can tell who changed what",
            f"apply needs the key whose id is {text.key_id}",
        )
    ours = " and ".join(keys.ids)
    at_hand = f"the key at hand is {ours}" if len(keys.ids) == 1 else f"the keys at hand are {ours}"
    return Unverified(
        f"the record was signed with the key {text.key_id}, and {at_hand}",
        "see that it is the right one; if it is a new one, set ENVSYNC_RECORD_KEY_PREVIOUS to the key"
        f" {text.key_id}, and the next apply signs the record anew",
    )


def _short(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"
