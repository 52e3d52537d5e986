"""Which drift notifications last told of, so that they go out only when something changed since."""

from __future__ import annotations

import json
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from envsync.drift.issues import LABEL
from envsync.drift.marker import UNPROVEN, marked, read_marker, unmarked
from envsync.errors import Diagnostic, EnvsyncError, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envsync.drift.issues import Told
    from envsync.drift.marker import Proving
    from envsync.drift.tracker import Tracker

_DIGEST = re.compile("[0-9a-f]{64}")


class Memory(Protocol):
    """Keys are of `key_digest`; digests are of the drift, or `NOTHING`."""

    def told(self, key: str) -> str | None:
        """None: nothing yet, or nobody knows."""
        ...

    def remember(self, key: str, digest: str) -> None:
        """Raises `EnvsyncError`."""
        ...


@dataclass(frozen=True, slots=True)
class IssueMemory:
    """In the markers of the issues that were just reported.

    GitHub has no conditional write: two runs that overlap may both send, and an edit of the other run's that is
    made between reading the issue and writing it is undone; the next run makes it again.
    """

    tracker: Tracker
    reported: Sequence[Told]
    proving: Proving

    def told(self, key: str) -> str | None:
        told = self._issue(key)
        return told.notified if told else None

    def remember(self, key: str, digest: str) -> None:
        told = self._issue(key)
        found = self.tracker.issues(told.repository, LABEL) if told else ()
        issue = next((each for each in found if told and each.number == told.number), None)
        marker = read_marker(issue, self.proving) if issue else None
        if told is None or issue is None or marker is None or marker.key != key:
            raise _not_remembered("there is no issue that could say so")
        if marker.drift == UNPROVEN:  # what somebody wrote there meanwhile is not to be signed
            raise _not_remembered(f"somebody has just changed issue {issue.number} of {told.repository}")
        if marker.told != digest:
            text = unmarked(issue.body)
            body = marked(replace(marker, told=digest), issue.title, text, self.proving)
            self.tracker.edit(told.repository, issue.number, issue.title, body)

    def _issue(self, key: str) -> Told | None:
        return next((each for each in self.reported if each.key == key), None)


@dataclass(frozen=True, slots=True)
class FileMemory:
    """In a JSON file, for checks that report to no issue. A file that is damaged counts as one that is not there.

    It is replaced as a whole. Of two processes that write at once one may win over the other, which is then told
    of once more.
    """

    path: Path
    warn: Callable[[Diagnostic], None]

    def told(self, key: str) -> str | None:
        return self._read(self.warn).get(key)

    def remember(self, key: str, digest: str) -> None:
        told = self._read(lambda _: None) | {key: digest}  # `told` has warned
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _replace(self.path, json.dumps(told, indent=1, sort_keys=True) + "\n")
        except OSError as error:
            raise _not_remembered(f"{self.path} cannot be written: {error.strerror}") from None

    def _read(self, warn: Callable[[Diagnostic], None]) -> dict[str, str]:
        try:
            content: object = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            warn(_damage(self.path, f"cannot be read: {error.strerror}"))
            return {}
        except (ValueError, RecursionError):
            warn(_damage(self.path, "is not JSON"))
            return {}
        entries = content.items() if isinstance(content, dict) else ()
        told = {key: digest for key, digest in entries if _is_digest(key) and _is_digest(digest)}
        if not isinstance(content, dict) or len(told) < len(content):
            warn(_damage(self.path, "does not say what envsync wrote into it"))
        return told


def _replace(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # readable by its owner alone
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and bool(_DIGEST.fullmatch(value))


def _damage(path: Path, what: str) -> Diagnostic:
    message = f"{path} {what}: notifications may go out that went out before"
    return Diagnostic("notify-memory-damaged", message, severity=Severity.WARNING)


def _not_remembered(why: str) -> EnvsyncError:
    return EnvsyncError(
        Diagnostic(
            "notification-not-remembered",
            f"notifications went out, and nothing keeps in mind that they did: {why}",
            "the next check sends them again",
        )
    )
