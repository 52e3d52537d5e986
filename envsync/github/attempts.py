"""Which permissions did GitHub show to be there, and which did it refuse?"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from envsync.errors import CredentialError, FailureKind, RequestFailed
from envsync.model import Unread
from envsync.plan.facts import Probe

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

REFUSALS = frozenset({FailureKind.NOT_PERMITTED, FailureKind.NOT_FOUND})


def unread(failed: RequestFailed) -> Unread:
    """A token that GitHub does not take at all is raised as `CredentialError`: nothing more can be had with it."""
    if failed.kind is FailureKind.NOT_AUTHENTICATED:
        raise CredentialError(*failed.diagnostics) from None
    return Unread(str(failed), failed.kind, failed.hint)


def attempt(ask: Callable[[], T]) -> T | Unread:
    try:
        return ask()
    except RequestFailed as failed:
        return unread(failed)


class Attempts:
    """What requests about one repository showed: a permission is there where nothing that takes it was refused."""

    def __init__(self) -> None:
        self._shown: dict[str, Unread | None] = {}

    def read(self, permission: str, ask: Callable[[], T]) -> T | Unread:
        found = attempt(ask)
        self.note(permission, found if isinstance(found, Unread) else None)
        return found

    def note(self, permission: str, failed: Unread | None) -> None:
        """Neither an unreachable server nor a rate limit shows anything."""
        if failed is None:
            self._shown.setdefault(permission, None)
        elif failed.kind in REFUSALS:
            self._shown[permission] = self._shown.get(permission) or failed

    @property
    def probes(self) -> tuple[Probe, ...]:
        return tuple(Probe(permission, refused) for permission, refused in self._shown.items())
