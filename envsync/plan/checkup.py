"""What `envsync doctor` found: one line for each thing that it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    PASS = "pass"  # noqa: S105 - a status, no secret
    WARN = "warn"
    FAIL = "fail"
    NOTE = "note"  # nothing is wrong: what could not be known, or is not done yet


class Topic(StrEnum):
    """In the order in which they are shown."""

    CREDENTIAL = "credential"
    SERVER = "server"
    FILES = "files"
    REPOSITORY = "repository"
    PERMISSIONS = "permissions"
    REVIEWERS = "reviewers"
    APPS = "apps"
    SECRETS = "secrets"
    RECORD = "record"
    ENVIRONMENTS = "environments"
    WORKFLOWS = "workflows"
    CHECKLIST = "checklist"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `next_step` is there where it warns or fails, and may be in a note."""

    topic: Topic
    code: str  # a stable slug for what was looked at, whatever came of it
    status: Status
    repository: str | None  # None: it is about all of them, or about none
    said: str  # one fact
    next_step: str | None = None
    link: str | None = None  # the page on which it is done


@dataclass(frozen=True, slots=True)
class Checkup:
    checks: tuple[Check, ...]

    @property
    def failed(self) -> bool:
        return any(each.status is Status.FAIL for each in self.checks)
