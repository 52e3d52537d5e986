"""What a YAML document is made of, each piece with the place where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envsync.errors import Span


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    span: Span
    text: str
    plain: bool  # written without quotes: the YAML 1.2 core schema tells its type
    usable: bool = True  # False: stands in for something that could not be composed, and that was reported


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    span: Span
    items: tuple[Node, ...]
    usable: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    span: Span
    entries: tuple[Entry, ...]  # keys are unique; those of `<<` come last
    discarded: tuple[Entry, ...] = ()  # without effect, but still to be masked: duplicates, overridden merges
    lost: frozenset[str] = frozenset()  # keys that stood here with values nothing can be made of
    usable: bool = True

    def get(self, key: str) -> Node | None:
        return next((entry.value for entry in self.entries if entry.key.text == key), None)


Node = Scalar | Sequence | Mapping
