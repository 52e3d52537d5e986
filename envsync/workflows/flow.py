"""What the workflows of a repository do, as far as environments, secrets and variables go.

Made from files by `reading`, judged by `cross_check`, drawn by `promotion`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.documents.page import Page
    from envsync.errors import Diagnostic, Span
    from envsync.workflows.possible import Possible


class UseKind(StrEnum):
    SECRET = "secret"  # noqa: S105 - a kind, no secret
    VARIABLE = "variable"


@dataclass(frozen=True, slots=True)
class Use:
    """`secrets.NAME` or `vars.NAME` in an expression."""

    kind: UseKind
    name: str | None  # upper case; None: an expression chooses it, or all are taken, so that it may be any
    span: Span
    needed: bool = True  # False: nothing is amiss without it: it is tested, has a fallback, or comes from a caller
    sometimes: bool = False  # in a step that a condition may leave out


@dataclass(frozen=True, slots=True)
class NamedEnvironment:
    """What a job says of its environment. An empty text is none."""

    names: Possible  # as written
    span: Span


@dataclass(frozen=True, slots=True)
class JobRun:
    """A job as one workflow has it run: that of a reusable workflow is there once for each call of it."""

    id: str  # unique in its flow: `deploy`, or `release / deploy` where the job `release` calls a workflow
    span: Span  # of its key
    environment: NamedEnvironment | None
    uses: tuple[Use, ...]  # in the environment of the job, what its `env` and that of the workflow hold included
    needs: tuple[str, ...]  # ids of runs of the same flow that come directly before
    anyway: frozenset[str]  # those before it, directly or not, whose failure or cancellation does not hold it back
    tolerant: bool  # `continue-on-error`: it counts as a success when it failed
    blind: str | None  # why more may happen in it than is known here; completes "because ..."; None: nothing more
    never: bool = False  # its `if` says so, whatever happens: somebody has switched it off
    unasked: frozenset[str] = frozenset()  # those before it that do not hold it back where they are skipped


@dataclass(frozen=True, slots=True)
class Flow:
    """One workflow that something else than a call can start, or that may be called from elsewhere."""

    file: str  # as diagnostics name it
    name: str | None
    triggers: tuple[str, ...]  # events, in the order of the file
    runs: tuple[JobRun, ...]  # in the order of the file


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """A call whose workflow is not known here, or not surely; or a workflow with more jobs than are looked at."""

    span: Span
    named: str  # as written there
    why: str  # a clause
    hint: str
    too_many: bool = False  # jobs


@dataclass(frozen=True, slots=True)
class Reading:
    """All workflows of one repository."""

    flows: tuple[Flow, ...]  # sorted by file
    pages: Mapping[str, Page]  # by file
    diagnostics: tuple[Diagnostic, ...]  # what of the files could not be understood
    guardians: frozenset[str] = frozenset()  # casefolded: environments that hold envsync's own keys, as they say
    unfollowed: tuple[Unfollowed, ...] = ()  # one for each called workflow and file


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Names, in upper case, that a job gets from its repository or organization. None: not known."""

    secrets: frozenset[str] | None = None
    variables: frozenset[str] | None = None
