"""The nouns: what a team wants, what is on GitHub, and the values that both are made of. No I/O.

Desired and live are different types on purpose: a live secret has a name and dates, a desired one a source, and
none has a value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from envsync.errors import FailureKind, Span

MAX_WAIT_MINUTES = 43_200  # 30 days
RECORD_VARIABLE = "ENVSYNC_RECORD"  # never listed as a user's variable
MOST_VARIABLES = 100  # GitHub's limit in an environment, the record included
MAX_VALUE_BYTES = 48 * 1024  # GitHub's limit of one secret or variable


@dataclass(frozen=True, slots=True, order=True)
class RepositoryName:
    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def key(self) -> str:
        """GitHub compares owners and repositories without regard to case."""
        return str(self).casefold()


# --- reviewers ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class User:
    login: str

    def __str__(self) -> str:
        return self.login


@dataclass(frozen=True, slots=True)
class Team:
    organization: str
    slug: str

    def __str__(self) -> str:
        return f"{self.organization}/{self.slug}"


@dataclass(frozen=True, slots=True)
class UnknownReviewer:
    """A reviewer of a type that the REST API shows but does not take, `BusinessTeam` for one."""

    type: str
    name: str

    def __str__(self) -> str:
        return f"{self.type}:{self.name}"


Reviewer = User | Team | UnknownReviewer


def reviewer_key(reviewer: Reviewer) -> str:
    """Logins and slugs are unique without regard to case."""
    return str(reviewer).casefold()


# --- settings ----------------------------------------------------------------------------------------------


class RefPolicy(StrEnum):
    """Which refs may deploy: GitHub's `deployment_branch_policy`."""

    ALL = "all"
    PROTECTED = "protected"
    SELECTED = "selected"  # those that a branch or tag pattern of the environment matches


@dataclass(frozen=True, slots=True)
class Settings:
    """What one `PUT` of an environment sets. The defaults are GitHub's, for an environment nobody configured."""

    required_reviewers: tuple[Reviewer, ...] = ()  # an approval of any one of them is enough
    wait_timer: int = 0  # minutes
    prevent_self_review: bool = False
    can_admins_bypass: bool = True
    deployment_branch_policy: RefPolicy = RefPolicy.ALL


class RefType(StrEnum):
    BRANCH = "branch"
    TAG = "tag"


@dataclass(frozen=True, slots=True, order=True)
class Pattern:
    """A branch or tag name pattern. GitHub matches with Ruby's `File.fnmatch` and `FNM_PATHNAME`."""

    type: RefType
    name: str


class Field(StrEnum):
    """What a file can leave to somebody else under `ignore`."""

    REQUIRED_REVIEWERS = "required_reviewers"
    WAIT_TIMER = "wait_timer"
    PREVENT_SELF_REVIEW = "prevent_self_review"
    CAN_ADMINS_BYPASS = "can_admins_bypass"
    DEPLOYMENT_BRANCH_POLICY = "deployment_branch_policy"
    DEPLOYMENT_PROTECTION_RULES = "deployment_protection_rules"
    VARIABLES = "variables"
    SECRETS = "secrets"


# --- secrets -----------------------------------------------------------------------------------------------


class SecretValue:
    """A secret on its way from its source to a sealed box: readable by `reveal` alone, and in nothing else."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        return self._value

    def __len__(self) -> int:
        """Bytes: GitHub limits a value to 48 KB."""
        return len(self._value)

    def __repr__(self) -> str:
        return "SecretValue(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


@dataclass(frozen=True, slots=True)
class FromEnvironment:
    """The value of a variable of envsync's own process."""

    variable: str


@dataclass(frozen=True, slots=True)
class FromFile:
    """The content of a file, less one trailing newline. `path` is relative to `root`, and confined to it."""

    path: str
    root: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class FromCommand:
    """What a command writes to its standard output, less one trailing newline. No shell is involved."""

    argv: tuple[str, ...]
    root: str = field(compare=False)  # the folder of the file that names it: its working directory


@dataclass(frozen=True, slots=True)
class External:
    """Somebody else sets the value; the file only says that the secret must exist."""


SecretSource = FromEnvironment | FromFile | FromCommand | External


# --- desired -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DesiredSecret:
    name: str  # upper case, as GitHub shows it
    source: SecretSource
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class DesiredEnvironment:
    """All that an environment shall be: a field that the file leaves out is at GitHub's default."""

    name: str
    settings: Settings = Settings()
    patterns: frozenset[Pattern] = frozenset()
    protection_rules: frozenset[str] = frozenset()  # slugs of GitHub Apps
    variables: Mapping[str, str] = field(default_factory=dict)  # names in upper case
    secrets: Mapping[str, DesiredSecret] = field(default_factory=dict)  # names in upper case
    ignore: frozenset[Field] = frozenset()
    prune: bool = False  # delete secrets and variables that no file declares
    span: Span | None = field(default=None, compare=False)
    variable_spans: Mapping[str, Span] = field(default_factory=dict, compare=False)  # of the names


@dataclass(frozen=True, slots=True)
class Expected:
    """Differences that are no drift for a while.

    `differences` holds what the file names: a `Field`, `environment` for the environment itself, `variables.NAME`
    or `secrets.NAME` (upper case); empty: all of the environments.
    """

    environment: str  # a name, or a glob; case-insensitive
    differences: frozenset[str]
    reason: str
    until: date  # the last day, in UTC, on which they are expected


@dataclass(frozen=True, slots=True)
class DesiredRepository:
    """What all files together say of one repository."""

    name: RepositoryName
    environments: tuple[DesiredEnvironment, ...]  # sorted by name
    never_touch: frozenset[str] = frozenset()  # environments that are neither changed nor listed; case-insensitive
    prune: bool = False  # delete environments that no file declares
    expected: tuple[Expected, ...] = ()


# --- live --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read, or was not to be: never to be taken for an empty list."""

    reason: str
    kind: FailureKind | None  # None: nobody asked for it
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class LivePattern:
    id: int
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class LiveRule:
    """A custom deployment protection rule; `app` is the slug of the GitHub App behind it."""

    id: int
    app: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class LiveVariable:
    name: str
    value: str
    updated_at: str  # ISO 8601, as GitHub wrote it


@dataclass(frozen=True, slots=True)
class LiveSecret:
    name: str
    created_at: str  # ISO 8601, as GitHub wrote it
    updated_at: str


@dataclass(frozen=True, slots=True)
class LiveEnvironment:
    """One environment as GitHub showed it. Sorted, whatever order GitHub answered in."""

    name: str
    id: int
    settings: Settings = Settings()
    reviewer_ids: Mapping[str, int] = field(default_factory=dict)  # reviewer_key -> GitHub's id
    patterns: tuple[LivePattern, ...] | Unread = ()
    protection_rules: tuple[LiveRule, ...] | Unread = ()
    variables: Mapping[str, LiveVariable] | Unread = field(default_factory=dict)  # the record is not among them
    secrets: Mapping[str, LiveSecret] | Unread = field(default_factory=dict)
    record: LiveVariable | None = None  # None, too, where variables were not read


@dataclass(frozen=True, slots=True)
class OtherEnvironment:
    """One that no file declares: all that matters of it is whether a file created it once."""

    name: str
    id: int
    record: LiveVariable | Unread | None


@dataclass(frozen=True, slots=True)
class ListedEnvironment:
    """What the list of environments tells of each, and, where somebody asked, its custom protection rules."""

    name: str
    created_at: str | None  # ISO 8601, as GitHub wrote it; None: it does not say
    settings: Settings
    protection_rules: tuple[LiveRule, ...] | Unread | None = None  # None: nobody asked


@dataclass(frozen=True, slots=True)
class LiveRepository:
    """A repository's environments: in full those that were asked for; the others are names, or have a record."""

    name: RepositoryName  # as GitHub calls it now: `requested` may be a former name
    requested: RepositoryName
    environment_names: tuple[str, ...]
    environments: Mapping[str, LiveEnvironment] = field(default_factory=dict)  # key: casefolded name
    id: int | None = None  # GitHub's; None: nobody asked
    others: Mapping[str, OtherEnvironment] = field(default_factory=dict)  # key: casefolded name; where asked for
    listed: Mapping[str, ListedEnvironment] = field(default_factory=dict)  # key: casefolded name; all of them


# --- issues and comments -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LiveIssue:
    number: int
    is_open: bool
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class LiveComment:
    id: int
    body: str
