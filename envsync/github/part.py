"""Is an answer of the shape that GitHub's API gives? What envsync relies on is checked, the rest ignored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, FailureKind, RequestFailed

if TYPE_CHECKING:
    from envsync.github.call import Json


@dataclass(frozen=True, slots=True)
class Part:
    """A value in an answer, and where it stands: `environments[0].id` of `GET /repos/acme/web/environments`."""

    value: Json = field(repr=False)
    request: str
    place: str = ""

    @property
    def is_null(self) -> bool:
        return self.value is None

    def member(self, key: str) -> Part:
        part = self.optional(key)
        if part is None:
            raise Part(None, self.request, self._within(key)).unexpected("it is missing")
        return part

    def optional(self, key: str) -> Part | None:
        if not isinstance(self.value, dict):
            raise self.unexpected("it should be an object")
        return Part(self.value[key], self.request, self._within(key)) if key in self.value else None

    def items(self) -> tuple[Part, ...]:
        if not isinstance(self.value, list):
            raise self.unexpected("it should be a list")
        return tuple(Part(item, self.request, f"{self.place}[{i}]") for i, item in enumerate(self.value))

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.unexpected("it should be a string")
        return self.value

    def integer(self) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.unexpected("it should be a whole number")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.unexpected("it should be true or false")
        return self.value

    def unexpected(self, fault: str) -> RequestFailed:
        """The failure that says so; the value itself is not repeated."""
        return RequestFailed(
            FailureKind.UNAVAILABLE,
            Diagnostic(
                "unexpected-answer",
                f"{self.request} is not answered as by GitHub's API: {self.place or 'the answer'}: {fault}",
                hint="check that the API URL is that of a GitHub server",
            ),
        )

    def _within(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key
