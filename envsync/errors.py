"""What goes wrong, as data: diagnostics with positions, and the few exceptions, each with its exit code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """What the process tells its caller; scripts rely on these numbers."""

    OK = 0
    FAILURE = 1
    DIFFERENCES = 2
    PARTLY_APPLIED = 3
    NOT_PERMITTED = 4
    INTERRUPTED = 130


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"  # nothing is wrong: what could not be known, or was not looked at


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text in a file. Lines and columns start at 1 and count characters; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fact that a person has to know: what, where, and one thing to do.

    `code` is a stable slug that scripts may match on. `source` is the line at `span` as it may be shown, that
    is with every value under `secrets` already masked: whoever makes a diagnostic masks it, nobody after does.
    """

    code: str
    message: str
    hint: str | None = None
    span: Span | None = None
    source: str | None = None
    severity: Severity = Severity.ERROR


class EnvsyncError(Exception):
    """The base of everything that envsync raises on purpose; `cli` turns it into output and an exit code."""

    exit_code = ExitCode.FAILURE

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(diagnostic.message for diagnostic in diagnostics))
        self.diagnostics = diagnostics

    @property
    def hint(self) -> str | None:
        """What to do about it, on one line."""
        return "; ".join(each.hint for each in self.diagnostics if each.hint) or None


class ConfigError(EnvsyncError):
    """The files say something that envsync cannot or will not do."""


class CredentialError(EnvsyncError):
    """There is no credential, or GitHub does not take it."""

    exit_code = ExitCode.NOT_PERMITTED


class SecretSourceError(EnvsyncError):
    """A secret's source has nothing to give, or may not be read."""


class Refused(EnvsyncError):  # noqa: N818 - a refusal is no error of envsync's: it does what it promises
    """The plan weakens or destroys what nobody granted, or is not the one that was agreed to."""


class Interrupted(EnvsyncError):  # noqa: N818 - the user's wish, not an error
    """The user pressed Ctrl-C. `uncertain`: a write whose answer was lost and may have been done."""

    exit_code = ExitCode.INTERRUPTED

    def __init__(self, *diagnostics: Diagnostic, uncertain: bool = False) -> None:
        super().__init__(*diagnostics)
        self.uncertain = uncertain


class FailureKind(StrEnum):
    """Why a request to GitHub failed."""

    NOT_AUTHENTICATED = "not_authenticated"
    NOT_PERMITTED = "not_permitted"
    NOT_FOUND = "not_found"
    REJECTED = "rejected"  # 4xx with a reason of GitHub's
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"  # network, 5xx, an answer that is not what GitHub's API answers
    CHANGED = "changed"  # not what was read before
    INCOMPLETE = "incomplete"  # GitHub took the request and made less of it


class RequestFailed(EnvsyncError):  # noqa: N818 - reads as what happened
    """A request to GitHub failed for good. `uncertain`: a write whose answer was lost and may have been done."""

    def __init__(self, kind: FailureKind, *diagnostics: Diagnostic, uncertain: bool = False) -> None:
        super().__init__(*diagnostics)
        self.kind = kind
        self.uncertain = uncertain
        if kind in {FailureKind.NOT_AUTHENTICATED, FailureKind.NOT_PERMITTED, FailureKind.NOT_FOUND}:
            # GitHub answers 404, too, for what a token may not see.
            self.exit_code = ExitCode.NOT_PERMITTED
