"""What one workflow file says, as far as environments, secrets and variables go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.documents.nodes import Node, Scalar
    from envsync.errors import Span
    from envsync.workflows.flow import Use

CALL = "workflow_call"
DISPATCH = "workflow_dispatch"


@dataclass(frozen=True, slots=True)
class Input:
    type: str  # in lower case; "" where the file says none
    options: tuple[str, ...]
    default: Scalar | None


@dataclass(frozen=True, slots=True)
class Trigger:
    event: str
    inputs: Mapping[str, Input]  # by name in lower case


@dataclass(frozen=True, slots=True)
class Passed:
    """A secret that a call passes on."""

    name: str  # upper case, as the called workflow knows it
    same: bool  # the caller's of the same name, and nothing else
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """`uses` of a job: another workflow does its work."""

    workflow: Scalar
    inputs: Mapping[str, Node]  # by name in lower case
    secrets: tuple[Passed, ...] | None  # None: `inherit`


@dataclass(frozen=True, slots=True)
class Job:
    id: str
    span: Span  # of its key
    needs: tuple[str, ...]
    condition: Scalar | None
    environment: Scalar | None
    matrix: Node | None
    tolerant: bool
    call: Call | None
    uses: tuple[Use, ...]  # but for those in what a call passes as secrets


@dataclass(frozen=True, slots=True)
class Workflow:
    file: str  # as diagnostics name it
    path: str  # in the repository
    name: str | None
    triggers: tuple[Trigger, ...]
    jobs: tuple[Job, ...]
    uses: tuple[Use, ...]  # outside of the jobs
    guardians: frozenset[str] = frozenset()  # environments that guard envsync, casefolded, as its `env` names them

    def trigger(self, event: str) -> Trigger | None:
        return next((each for each in self.triggers if each.event == event), None)
