"""What a plan is made of: the closed set of changes, and what stands beside them. No value of a secret fits in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from envsync.model import Pattern, RefType

FieldValue = str | int | bool | tuple[str, ...] | None


class Risk(StrEnum):
    """What a change means for who can get a deployment through. Ordered from harmless to grave by `rank`."""

    NEUTRAL = "neutral"
    TIGHTENS = "tightens"
    WEAKENS = "weakens"  # somebody gets through who could not before
    DESTROYS = "destroys"  # something is lost that envsync cannot bring back

    @property
    def rank(self) -> int:
        return list(Risk).index(self)


class Origin(StrEnum):
    """Why something differs: who moved away from what was last applied."""

    CONFIG = "config"
    OUTSIDE = "outside"
    CONFLICT = "conflict"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"  # nothing on record to tell


@dataclass(frozen=True, slots=True, order=True)
class Address:
    repository: str  # owner/name, as the file has it
    environment: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a change means and why it is there; `reason` is a clause in words, with no full stop."""

    risk: Risk
    reason: str
    origin: Origin = Origin.UNKNOWN


@dataclass(frozen=True, slots=True)
class FieldChange:
    name: str
    before: FieldValue
    after: FieldValue


@dataclass(frozen=True, slots=True)
class EnvironmentCreate:
    at: Address
    verdict: Verdict
    fields: tuple[FieldChange, ...]  # the settings that are not GitHub's defaults


@dataclass(frozen=True, slots=True)
class EnvironmentDelete:
    at: Address
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class SettingsUpdate:
    at: Address
    verdict: Verdict
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class PatternCreate:
    at: Address
    verdict: Verdict
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class PatternRename:
    """One pattern takes another's place under the same id, so that the list is at no moment empty."""

    at: Address
    verdict: Verdict
    pattern: Pattern
    new_name: str


@dataclass(frozen=True, slots=True)
class PatternDelete:
    at: Address
    verdict: Verdict
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class RuleCreate:
    at: Address
    verdict: Verdict
    app: str


@dataclass(frozen=True, slots=True)
class RuleDelete:
    at: Address
    verdict: Verdict
    app: str


@dataclass(frozen=True, slots=True)
class VariableCreate:
    at: Address
    verdict: Verdict
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class VariableUpdate:
    at: Address
    verdict: Verdict
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class VariableDelete:
    at: Address
    verdict: Verdict
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SecretCreate:
    at: Address
    verdict: Verdict
    name: str


@dataclass(frozen=True, slots=True)
class SecretUpdate:
    at: Address
    verdict: Verdict
    name: str


@dataclass(frozen=True, slots=True)
class SecretDelete:
    at: Address
    verdict: Verdict
    name: str


@dataclass(frozen=True, slots=True)
class Release:
    """The file gives up guarding something: a protection field that it ignores now, or a name in `never_touch`.

    Nothing on GitHub changes by it but the record, and from now on nobody would notice what somebody else does.
    """

    at: Address
    verdict: Verdict
    field: FieldChange


PatternChange = PatternCreate | PatternRename | PatternDelete
RuleChange = RuleCreate | RuleDelete
VariableChange = VariableCreate | VariableUpdate | VariableDelete
SecretWrite = SecretCreate | SecretUpdate
SecretChange = SecretWrite | SecretDelete
ProtectionChange = EnvironmentCreate | SettingsUpdate | PatternChange | RuleChange
EnvironmentChange = EnvironmentCreate | EnvironmentDelete | SettingsUpdate
Change = EnvironmentChange | PatternChange | RuleChange | VariableChange | SecretChange | Release


class Kind(StrEnum):
    """In the order in which the kinds are listed and, deletions of environments aside, applied."""

    ENVIRONMENT = "environment"
    SETTINGS = "settings"
    BRANCH_PATTERN = "branch_pattern"
    TAG_PATTERN = "tag_pattern"
    PROTECTION_RULE = "protection_rule"
    VARIABLE = "variable"
    SECRET = "secret"  # noqa: S105 - a kind, not a secret


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class View:
    """The public face of a change: what `-o json` shows, and what every rendering is made from."""

    kind: Kind
    action: Action
    name: str | None
    fields: tuple[FieldChange, ...] = ()


def view(change: Change) -> View:
    match change:
        case EnvironmentCreate():
            return View(Kind.ENVIRONMENT, Action.CREATE, None, change.fields)
        case EnvironmentDelete():
            return View(Kind.ENVIRONMENT, Action.DELETE, None)
        case SettingsUpdate():
            return View(Kind.SETTINGS, Action.UPDATE, None, change.fields)
        case Release():
            return View(Kind.SETTINGS, Action.UPDATE, None, (change.field,))
        case PatternCreate() | PatternRename() | PatternDelete():
            return _pattern_view(change)
        case RuleCreate() | RuleDelete():
            action = Action.CREATE if isinstance(change, RuleCreate) else Action.DELETE
            return View(Kind.PROTECTION_RULE, action, change.app)
        case VariableCreate() | VariableUpdate() | VariableDelete():
            return _variable_view(change)
        case SecretCreate() | SecretUpdate() | SecretDelete():
            return _secret_view(change)
        case _:
            assert_never(change)


def _pattern_view(change: PatternChange) -> View:
    kind = Kind.BRANCH_PATTERN if change.pattern.type is RefType.BRANCH else Kind.TAG_PATTERN
    match change:
        case PatternCreate():
            return View(kind, Action.CREATE, change.pattern.name)
        case PatternRename():
            renamed = FieldChange("name", change.pattern.name, change.new_name)
            return View(kind, Action.UPDATE, change.pattern.name, (renamed,))
        case PatternDelete():
            return View(kind, Action.DELETE, change.pattern.name)
        case _:
            assert_never(change)


def _variable_view(change: VariableChange) -> View:
    match change:
        case VariableCreate():
            return View(Kind.VARIABLE, Action.CREATE, change.name, (FieldChange("value", None, change.value),))
        case VariableUpdate():
            value = FieldChange("value", change.before, change.after)
            return View(Kind.VARIABLE, Action.UPDATE, change.name, (value,))
        case VariableDelete():
            return View(Kind.VARIABLE, Action.DELETE, change.name, (FieldChange("value", change.value, None),))
        case _:
            assert_never(change)


def _secret_view(change: SecretChange) -> View:
    match change:
        case SecretCreate():
            return View(Kind.SECRET, Action.CREATE, change.name)
        case SecretUpdate():
            return View(Kind.SECRET, Action.UPDATE, change.name)
        case SecretDelete():
            return View(Kind.SECRET, Action.DELETE, change.name)
        case _:
            assert_never(change)


# --- beside the changes ------------------------------------------------------------------------------------


class SecretState(StrEnum):
    IN_SYNC = "in_sync"
    MISSING = "missing"
    SOURCE_CHANGED = "source_changed"
    TOUCHED_OUTSIDE = "touched_outside"
    UNVERIFIABLE = "unverifiable"  # it is there, and nobody can say whether its value is right
    EXTERNAL = "external"  # it is there, and somebody else sets its value


@dataclass(frozen=True, slots=True)
class SecretStatus:
    at: Address
    name: str
    state: SecretState
    reason: str  # in words, with no full stop


class RecordState(StrEnum):
    """How far an environment's record can be trusted. Only a verified one proves anything."""

    VERIFIED = "verified"
    FOREIGN = "foreign"  # another file owns the environment
    UNVERIFIED = "unverified"  # signed with another key, or none is at hand
    TAMPERED = "tampered"
    ABSENT = "absent"


class RecordNext(StrEnum):
    """What apply does with a record, besides the changes."""

    KEEP = "keep"
    WRITE = "write"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class RecordStatus:
    """`owner`: whose it says it is, where another file's. `reason` is in words, with no full stop."""

    at: Address
    state: RecordState
    next: RecordNext
    reason: str
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """On GitHub, in no file: listed, never touched. `name` is None where it is the environment itself."""

    at: Address
    kind: Kind
    name: str | None


@dataclass(frozen=True, slots=True)
class Unmet:
    """What the file requires and envsync cannot make."""

    at: Address
    kind: Kind
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnreadPart:
    """What could not be read (`failed`), or was not to be. `environment` None: the whole repository."""

    repository: str
    environment: str | None
    part: str
    reason: str
    hint: str | None
    failed: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning: something that a person should know and that stops nothing. `repository` None: all of it."""

    repository: str | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Summary:
    create: int
    update: int
    delete: int
    weakens: int
    destroys: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What apply would do, and what it would not. Everything is sorted: same input, same plan."""

    base_digest: str  # of what was read from GitHub and compared
    changes: tuple[Change, ...] = ()
    secrets: tuple[SecretStatus, ...] = ()
    records: tuple[RecordStatus, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    unmet: tuple[Unmet, ...] = ()
    unread: tuple[UnreadPart, ...] = ()
    warnings: tuple[Notice, ...] = ()

    @property
    def summary(self) -> Summary:
        actions = [view(change).action for change in self.changes]
        risks = [change.verdict.risk for change in self.changes]
        return Summary(
            create=actions.count(Action.CREATE),
            update=actions.count(Action.UPDATE),
            delete=actions.count(Action.DELETE),
            weakens=risks.count(Risk.WEAKENS),
            destroys=risks.count(Risk.DESTROYS),
        )

    @property
    def unverifiable(self) -> tuple[SecretStatus, ...]:
        return tuple(secret for secret in self.secrets if secret.state is SecretState.UNVERIFIABLE)

    @property
    def writes(self) -> bool:
        """Whether apply would send anything that changes GitHub."""
        return bool(self.changes) or any(each.next is not RecordNext.KEEP for each in self.records)

    @property
    def in_sync(self) -> bool:
        """Nothing to do, and nothing left that could not be known."""
        return not (self.changes or self.unread or self.unmet or self.unverifiable)

    @property
    def partly_read(self) -> bool:
        return any(part.failed for part in self.unread)
