from __future__ import annotations

import pytest

from envsync.errors import CredentialError, Diagnostic, FailureKind, RequestFailed
from envsync.github.attempts import Attempts, attempt
from envsync.model import Unread
from envsync.plan.facts import Probe


def failed(kind: FailureKind, message: str = "no") -> RequestFailed:
    return RequestFailed(kind, Diagnostic("x", message, "do"))


def failing(kind: FailureKind, message: str = "no") -> int:
    raise failed(kind, message)


NO = Unread("no", FailureKind.NOT_PERMITTED, "do")


def test_what_was_answered_shows_the_permission() -> None:
    attempts = Attempts()

    assert attempts.read("Contents: read", lambda: 3) == 3
    assert attempts.probes == (Probe("Contents: read", None),)


@pytest.mark.parametrize("kind", [FailureKind.NOT_PERMITTED, FailureKind.NOT_FOUND])
def test_a_refusal_shows_that_it_is_missing(kind: FailureKind) -> None:
    attempts = Attempts()

    found = attempts.read("Contents: read", lambda: failing(kind))

    assert found == Unread("no", kind, "do")
    assert attempts.probes == (Probe("Contents: read", found),)


@pytest.mark.parametrize("kind", [FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED, FailureKind.REJECTED])
def test_another_failure_shows_nothing(kind: FailureKind) -> None:
    attempts = Attempts()

    assert isinstance(attempts.read("Contents: read", lambda: failing(kind)), Unread)
    assert attempts.probes == ()


def test_of_many_requests_the_first_refusal_counts() -> None:
    attempts = Attempts()

    attempts.note("Secrets: read", None)
    attempts.read("Secrets: read", lambda: failing(FailureKind.NOT_PERMITTED))
    attempts.read("Secrets: read", lambda: failing(FailureKind.NOT_FOUND, "nor this"))
    attempts.note("Secrets: read", None)

    assert attempts.probes == (Probe("Secrets: read", NO),)


def test_a_token_that_is_not_taken_at_all_ends_it() -> None:
    with pytest.raises(CredentialError, match="no") as raised:
        attempt(lambda: failing(FailureKind.NOT_AUTHENTICATED))

    assert raised.value.diagnostics == (Diagnostic("x", "no", "do"),)
