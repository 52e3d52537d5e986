"""The hidden line of an issue: whose it is, which drift its text tells of, which one notifications told of.

    <!-- envsync drift KEY DRIFT TOLD PROOF -->

Each 64 hexadecimal digits; TOLD is `-` where no notification ever went out. Whoever can write issues can write
that line, as any branch's workflow can. So PROOF is over the rest of it, the title and the text, and what it does
not prove is not believed. It does not prove that envsync wrote nothing since: a title and a body that it wrote
before hold when somebody puts both back.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envsync.model import LiveIssue, RepositoryName

NOTHING = "0" * 64  # stands for the digest of no drift, whatever way digests are made
DUPLICATE = "f" * 64  # the same, in an issue beside the one that stays
UNPROVEN = "?"  # the same, where nobody knows what envsync wrote; never written
MARKER_LENGTH = 300  # characters, at most, that a marker adds to a body

_HEX = "[0-9a-f]{64}"
_MARKER = re.compile(
    rf"^<!-- envsync drift ({_HEX}) ({_HEX}) ({_HEX}|-)(?: ({_HEX}))? -->(?:\r?\n|\Z)", re.MULTILINE
)


class Proving(Protocol):
    """Who can tell that something was written by envsync. A proof is 64 hexadecimal digits."""

    def prove(self, data: bytes) -> str: ...

    def proves(self, data: bytes, proof: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Checksum:
    """Where no key is at hand. It shows that somebody edited title or text, unless they know how it is made."""

    def prove(self, data: bytes) -> str:
        return hashlib.sha256(data).hexdigest()

    def proves(self, data: bytes, proof: str) -> bool:
        return hmac.compare_digest(self.prove(data), proof)


@dataclass(frozen=True, slots=True)
class Marker:
    key: str
    drift: str  # or NOTHING, DUPLICATE, UNPROVEN
    told: str | None  # None: never, or it is not proven


def read_marker(issue: LiveIssue, proving: Proving) -> Marker | None:
    """None: whoever edited the body took the marker away, or it never had one. The issue is not envsync's then.

    One that is not proven, or has moved from the first line, tells whose the issue is and nothing else.
    """
    found = _MARKER.search(issue.body)
    if found is None:
        return None
    key, drift, told, proof = found.groups()
    marker = Marker(key, drift, None if told == "-" else told)
    # Older versions wrote none.
    if found.start() or not proof or not proving.proves(_proven(marker, issue.title, unmarked(issue.body)), proof):
        return Marker(key, UNPROVEN, None)
    return marker


def marked(marker: Marker, title: str, text: str, proving: Proving) -> str:
    """The body of an issue with that title."""
    proof = proving.prove(_proven(marker, title, text))
    return f"<!-- envsync drift {marker.key} {marker.drift} {marker.told or '-'} {proof} -->\n{text}"


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


def _proven(marker: Marker, title: str, text: str) -> bytes:
    parts = [marker.key, marker.drift, marker.told, title.strip(), _plain(text)]
    return json.dumps(["envsync drift", *parts]).encode("ascii")


def _plain(text: str) -> str:
    """GitHub may keep other line ends than it was sent, and no blanks where they do not show."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).rstrip()
