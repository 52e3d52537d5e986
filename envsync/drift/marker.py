"""The hidden first line of an issue: whose it is, which drift its text tells of, which one notifications told of.

    <!-- envsync drift KEY DRIFT TOLD -->

Each 64 hexadecimal digits; TOLD is `-` where no notification ever went out.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envsync.model import RepositoryName

NOTHING = "0" * 64  # stands for the digest of no drift, whatever way digests are made
DUPLICATE = "f" * 64  # the same, in an issue beside the one that stays
MARKER_LENGTH = 240  # characters, at most, that a marker adds to a body

_MARKER = re.compile(r"\A<!-- envsync drift ([0-9a-f]{64}) ([0-9a-f]{64}) ([0-9a-f]{64}|-) -->(?:\r?\n|\Z)")


@dataclass(frozen=True, slots=True)
class Marker:
    key: str
    drift: str  # or NOTHING, or DUPLICATE
    told: str | None  # None: never


def read_marker(body: str) -> Marker | None:
    """None: whoever edited the body took the marker away, or it never had one. The issue is not envsync's then."""
    found = _MARKER.match(body)
    return Marker(found[1], found[2], None if found[3] == "-" else found[3]) if found else None


def marked(marker: Marker, text: str) -> str:
    return f"<!-- envsync drift {marker.key} {marker.drift} {marker.told or '-'} -->\n{text}"


def unmarked(body: str) -> str:
    return _MARKER.sub("", body, count=1)


def key_digest(owners: Iterable[str], asked: Iterable[str], repository: RepositoryName | None) -> str:
    """What one issue is kept for (SHA-256, hex): the same files, asked the same, of one repository.

    `owners` are the files' names, `asked` the words for what narrows or widens the check (`settings-only`,
    `pending`, `environment=prod*`): two checks that see different things must not edit each other's issue.
    `repository` None: one issue for all.
    """
    where = "*" if repository is None else repository.key
    text = json.dumps([sorted(set(owners)), sorted(set(asked)), where])
    return hashlib.sha256(text.encode()).hexdigest()
