"""The keys of the record: what proves that envsync wrote it, and tells whether a value is still the one applied.

An issue that envsync keeps is proven with one of them, too.

All are derived from `ENVSYNC_RECORD_KEY` with HKDF (RFC 5869), one for each purpose, so that none says anything of
another. `ENVSYNC_RECORD_KEY_PREVIOUS` still verifies what the present key does not.
"""

from __future__ import annotations

import base64
import hmac
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from envsync.errors import ConfigError, Diagnostic
from envsync.model import SecretValue
from envsync.plan.record import Sort
from envsync.plan.record_text import close, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envsync.plan.record import IntendedVariable, Place, Record, Seal
    from envsync.plan.record_text import SignedText

KEY = "ENVSYNC_RECORD_KEY"
PREVIOUS = "ENVSYNC_RECORD_KEY_PREVIOUS"
MIN_BYTES = 32

_KEY_BYTES = 32  # of each derived key
_ID_BYTES = 4
_MARK_BYTES = 12  # 96 bits: nobody finds two values with one mark, and a record of 200 stays small
_HEX = re.compile("[0-9A-Fa-f]+")
_BASE64 = re.compile("([0-9A-Za-z+/_-]+)={0,2}")


@dataclass(frozen=True, slots=True)
class Key:
    """What was derived from one record key. `id` is public: it tells which key a record was signed with."""

    id: str
    signature: SecretValue
    marks: Mapping[Sort, SecretValue]
    proof: SecretValue


@dataclass(frozen=True, slots=True)
class RecordKeys:
    """`present` signs and marks; `previous` still verifies."""

    present: Key
    previous: Key | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> RecordKeys | None:
        """None: there is no key. Raises `ConfigError`. An empty variable is one that is not set."""
        present, previous = environ.get(KEY, "").strip(), environ.get(PREVIOUS, "").strip()
        if present:
            return cls(_key(KEY, present), _key(PREVIOUS, previous) if previous else None)
        if previous:
            raise _error(f"{PREVIOUS} is set, but {KEY} is not", f"set {KEY} to the key that signs from now on")
        return None

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the keys at hand, the present one first."""
        return tuple(dict.fromkeys(each.id for each in (self.present, self.previous) if each))

    def find(self, key_id: str) -> Key | None:
        return next((each for each in (self.present, self.previous) if each and each.id == key_id), None)

    def holds(self, place: Place, text: SignedText) -> bool | None:
        """Whether the signature is that of this very text in this very place. None: its key is not at hand."""
        key = self.find(text.key_id)
        # Compared as text: the last character of base64 has bits that decoding drops.
        return None if key is None else hmac.compare_digest(_signature(key, place, text.body), text.mac)

    def signature(self, place: Place, body: bytes) -> str:
        """With the present key: base64url, 43 characters."""
        return _signature(self.present, place, body)

    def prove(self, data: bytes) -> str:
        """That envsync wrote it, for what is no record: with the present key, 64 hexadecimal digits."""
        return _proof(self.present, data)

    def proves(self, data: bytes, proof: str) -> bool:
        given = proof.encode("utf-8", "surrogatepass")
        keys = (each for each in (self.present, self.previous) if each)
        return any(hmac.compare_digest(_proof(key, data).encode(), given) for key in keys)

    def settle(self, record: Record, key_id: str) -> Record:
        """A record as it was signed, with its marks such that only those of the present key stand alone."""
        return _with_marks(record, lambda mark: self._shorten(mark if "@" in mark else f"{mark}@{key_id}"))

    def seal(self, place: Place) -> Seal:
        return PlaceSeal(place, self)

    def _shorten(self, mark: str) -> str:
        return mark.removesuffix(f"@{self.present.id}")


@dataclass(frozen=True, slots=True)
class PlaceSeal:
    """The `Seal` of one place. A mark is 16 characters, and `…@ID` where another than the present key made it."""

    place: Place
    keys: RecordKeys

    def mark(self, sort: Sort, name: str, value: bytes) -> str:
        return _mark(self.keys.present, self.place, sort, name, value)

    def matches(self, sort: Sort, name: str, value: bytes, mark: str) -> bool | None:
        plain, at, key_id = mark.partition("@")
        key = self.keys.find(key_id) if at else self.keys.present
        if key is None:
            return None
        expected = _mark(key, self.place, sort, name, value)
        return hmac.compare_digest(expected.encode(), plain.encode("utf-8", "surrogatepass"))

    def renew(self, sort: Sort, name: str, value: bytes, mark: str) -> str:
        return self.mark(sort, name, value) if self.matches(sort, name, value, mark) else mark

    def sign(self, record: Record) -> str:
        key_id = self.keys.present.id
        body = encode(self.keys.settle(record, key_id), key_id)
        return close(body, self.keys.signature(self.place, body.encode("ascii")))


def _key(variable: str, text: str) -> Key:
    raw = _decode(variable, text)
    if len(raw) < MIN_BYTES:
        raise _error(f"{variable} has {len(raw)} bytes, and needs at least {MIN_BYTES}")
    return Key(
        _derive(raw, "key id", _ID_BYTES).hex(),
        SecretValue(_derive(raw, "signature", _KEY_BYTES)),
        {sort: SecretValue(_derive(raw, f"mark of a {sort}", _KEY_BYTES)) for sort in Sort},
        SecretValue(_derive(raw, "proof of an issue", _KEY_BYTES)),
    )


def _decode(variable: str, text: str) -> bytes:
    with suppress(ValueError):  # an odd number of digits, or one that no base64 has
        if _HEX.fullmatch(text):
            return bytes.fromhex(text)
        if found := _BASE64.fullmatch(text):
            bare = found[1].translate(str.maketrans("-_", "+/"))
            return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    raise _error(f"{variable} is neither hexadecimal nor base64")


def _derive(raw: bytes, purpose: str, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=f"envsync record 1: {purpose}".encode()).derive(raw)


def _signature(key: Key, place: Place, body: bytes) -> str:
    return _base64(hmac.digest(key.signature.reveal(), _joined(*_parts(place), body), "sha256"))


def _proof(key: Key, data: bytes) -> str:
    return hmac.digest(key.proof.reveal(), data, "sha256").hex()


def _mark(key: Key, place: Place, sort: Sort, name: str, value: bytes) -> str:
    message = _joined(*_parts(place), sort.encode(), name.upper().encode("utf-8", "surrogatepass"), value)
    return _base64(hmac.digest(key.marks[sort].reveal(), message, "sha256")[:_MARK_BYTES])


def _parts(place: Place) -> tuple[bytes, ...]:
    return place.server.encode("utf-8", "surrogatepass"), b"%d" % place.repository, b"%d" % place.environment


def _joined(*parts: bytes) -> bytes:
    """Each part behind its length, so that no two lists of parts make the same bytes."""
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode("ascii").rstrip("=")


def _with_marks(record: Record, change: Callable[[str], str]) -> Record:
    def maybe(mark: str | None) -> str | None:
        return None if mark is None else change(mark)

    def intended(variable: IntendedVariable) -> IntendedVariable:
        return replace(variable, before=maybe(variable.before), after=maybe(variable.after))

    intent = record.intent
    if intent is not None:
        intent = replace(intent, variables={name: intended(each) for name, each in intent.variables.items()})
    return replace(
        record,
        variables={name: replace(each, mark=change(each.mark)) for name, each in record.variables.items()},
        secrets={name: replace(each, mark=maybe(each.mark)) for name, each in record.secrets.items()},
        intent=intent,
    )


def _error(message: str, hint: str = "make a key with: openssl rand -hex 32") -> ConfigError:
    return ConfigError(Diagnostic("record-key", message, hint))
