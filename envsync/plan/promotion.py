"""The way of a deployment: which gate stands before which environment, and which environment is open."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Standing(StrEnum):
    """What keeps a job from an environment, by its own rules: whatever comes before it is another matter."""

    GATED = "gated"  # a person or an App has to agree
    LIMITED = "limited"  # only some refs, or only after a while
    OPEN = "open"  # nothing does
    UNMANAGED = "unmanaged"  # no file declares it, but a file says to leave it alone
    UNDECLARED = "undeclared"  # no file knows it: GitHub makes it, open, if it is not there
    UNKNOWN = "unknown"  # which environment it is shows only in a run


@dataclass(frozen=True, slots=True)
class Stage:
    """A job and one environment that it names."""

    id: str  # unique: workflow file, job, environment
    workflow: str  # the file's name without its folder
    job: str
    environment: str  # as the files declare it, else as the job has it; where unknown, the expression
    standing: Standing
    guards: tuple[str, ...]  # in words, such as `approval: team-lead` and `only main`
    after: tuple[str, ...]  # ids of stages that have to succeed before it; nothing stands between
    anyway: bool = False  # it runs although one of those failed


@dataclass(frozen=True, slots=True)
class Promotion:
    repository: str
    stages: tuple[Stage, ...]  # in the order of the files
    triggers: Mapping[str, tuple[str, ...]]  # workflow -> events that start it
    idle: tuple[Stage, ...]  # environments that no job names; `workflow` and `job` are empty
