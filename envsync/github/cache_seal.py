"""Who can read or forge a kept answer? Who holds the token that it was given to, and nobody else.

Where answers travel from run to run, others can get at them: anybody who may open a pull request can restore a
cache of GitHub Actions. So each answer is encrypted with AES-256-GCM, under keys derived from the token with HKDF
(RFC 5869): what it says is not there to be read, and an answer that was changed, or made by somebody else, or laid
under another address or server, does not open.
"""

from __future__ import annotations

import hmac
import os
import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from envsync.model import SecretValue

_PURPOSE = b"envsync cache 1: "
_KEY_BYTES = 32
_NAME_BYTES = 8  # what SQLite takes for a number; should two addresses share one, the later answer is kept
_NONCE_BYTES = 12
_LENGTHS = struct.Struct(">II")  # of etag and link
_SQUEEZED, _PLAIN = b"z", b"="
_WINDOW, _MEMORY = 13, 6  # of 8 KiB: to lay out what zlib usually takes costs more than to squeeze most answers


@dataclass(frozen=True, slots=True)
class Kept:
    """Of an answer to a `GET` with the status 200. `link`: its Link header, or nothing."""

    etag: str
    body: bytes = field(repr=False)
    link: str


class Seal:
    """Of the answers that one server gave to one token. Threads may share it."""

    def __init__(self, api_url: str, token: SecretValue) -> None:
        purpose = _PURPOSE + _bytes(api_url.rstrip("/"))
        keys = HKDF(SHA256(), 2 * _KEY_BYTES, salt=None, info=purpose).derive(token.reveal())
        self._naming = keys[:_KEY_BYTES]
        self._box = AESGCM(keys[_KEY_BYTES:])

    def name(self, url: str) -> int:
        """Under which the answer from `url` is kept: 64 bits with a sign, that say nothing without the token."""
        digest = hmac.digest(self._naming, _bytes(url), "sha256")
        return int.from_bytes(digest[:_NAME_BYTES], "big", signed=True)

    def close(self, url: str, kept: Kept) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._box.encrypt(nonce, _packed(kept), _bytes(url))

    def open(self, url: str, sealed: bytes) -> Kept | None:
        """None: not closed with this seal, or not for this address."""
        try:
            return _unpacked(self._box.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bytes(url)))
        except (InvalidTag, ValueError):  # ValueError: there is no whole nonce
            return None


def _packed(kept: Kept) -> bytes:
    etag, link = _bytes(kept.etag), _bytes(kept.link)
    plain = b"".join((_LENGTHS.pack(len(etag), len(link)), etag, link, kept.body))
    squeezer = zlib.compressobj(wbits=_WINDOW, memLevel=_MEMORY)
    squeezed = squeezer.compress(plain) + squeezer.flush()
    return _SQUEEZED + squeezed if len(squeezed) < len(plain) else _PLAIN + plain


def _unpacked(packed: bytes) -> Kept:
    plain = zlib.decompress(packed[1:]) if packed[:1] == _SQUEEZED else packed[1:]
    etag, link = _LENGTHS.unpack_from(plain)
    link_start = _LENGTHS.size + etag
    body_start = link_start + link
    return Kept(_text(plain[_LENGTHS.size : link_start]), plain[body_start:], _text(plain[link_start:body_start]))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
