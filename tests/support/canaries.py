"""Values that must turn up nowhere, and a search for them in every form that a leak could have."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PART = 8  # so many characters in a row are a leak
_HEX_PART = 2 * PART


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds parts of canaries. Names of canaries and of forms are told, their values are not."""

    parts: Mapping[int, Mapping[bytes, str]]  # by length, then what it is a part of

    @classmethod
    def of(cls, canaries: Mapping[str, bytes]) -> Finder:
        parts: dict[int, dict[bytes, str]] = {}
        for name, value in canaries.items():
            assert len(value) >= PART, name
            for form, text in forms(value):
                length = _HEX_PART if form.startswith("hex") else PART
                for start in range(len(text) - length + 1):
                    parts.setdefault(length, {})[text[start : start + length]] = f"{name}, {form}"
        return cls(parts)

    def find(self, text: bytes) -> set[str]:
        found: set[str] = set()
        for length, parts in self.parts.items():
            windows = {text[start : start + length] for start in range(len(text) - length + 1)}
            found |= {parts[each] for each in windows & parts.keys()}
        return found


def forms(value: bytes) -> Iterator[tuple[str, bytes]]:
    """How a value may look: each form by name, all of it."""
    yield "plain", value
    yield "lower case", value.lower()
    yield "upper case", value.upper()
    yield "reversed", value[::-1]
    yield "hex", value.hex().encode()
    yield "hex in upper case", value.hex().upper().encode()
    yield "URL-encoded", quote(value, safe="").encode()
    yield "URL-encoded form", quote_plus(value).encode()
    yield "as Python shows it", repr(value)[2:-1].encode()
    text = value.decode("utf-8", "replace")
    if "\ufffd" not in text:
        yield "JSON", json.dumps(text)[1:-1].encode()
    for before in range(3):
        encoded = _base64(value, before)
        yield f"base64 after {before}", encoded
        yield f"base64url after {before}", encoded.translate(bytes.maketrans(b"+/", b"-_"))


def _base64(value: bytes, before: int) -> bytes:
    """The characters that depend on `value` alone where it stands after so many other bytes."""
    whole = (before + len(value)) * 8 // 6
    first = -(-before * 8 // 6)
    return base64.b64encode(bytes(before) + value)[first:whole]
