"""Markdown that has to fit: what matters most is kept, each part whole or not at all, and the rest is counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.render.wording import s

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LEAST = 4096  # bytes that any limit leaves: a headline, and the count of all that is not shown
OUTPUT = "the output of the command"


@dataclass(frozen=True, slots=True)
class Part:
    """Shown whole or not at all: what there is of one environment, or one row. Empty `kind`: not told apart."""

    text: str
    kind: str = ""
    vital: bool = False  # nothing that is not is shown in its place


@dataclass(frozen=True, slots=True)
class Piece:
    """Parts, the weightiest first, between a head and a tail that are not shown without any of them."""

    title: str  # of ours, for the count
    parts: tuple[Part, ...]
    unit: str = "environment"
    head: str = ""
    between: str = "\n"
    tail: str = ""


def fit(first: str, pieces: Sequence[Piece], last: str, limit: int | None, whole_at: str) -> str:
    """The pieces in order, the weightiest first, in at most `limit` bytes of UTF-8 (no fewer than `LEAST`).

    `first` and `last` (may be empty) are always shown. Where a part does not fit, later ones still may: they take
    no more than what room is left. `whole_at` is Markdown of ours.
    """
    whole = _document(first, *(_shown(piece, piece.parts) for piece in pieces), last)
    if limit is None or _size(whole) <= limit:
        return whole
    # No count of what is left out is longer than that of everything.
    note = _note([(piece, piece.parts) for piece in pieces], whole_at)
    kept = _kept(pieces, limit - _size(_document(first, note, last)))
    blocks = [
        _shown(piece, (part for at, part in enumerate(piece.parts) if at in chosen))
        for piece, chosen in zip(pieces, kept, strict=True)
        if chosen
    ]
    missing = [
        (piece, [part for at, part in enumerate(piece.parts) if at not in chosen])
        for piece, chosen in zip(pieces, kept, strict=True)
        if len(chosen) < len(piece.parts)
    ]
    return _document(first, *blocks, _note(missing, whole_at), last)


def _kept(pieces: Sequence[Piece], room: int) -> list[set[int]]:
    """Of each piece the parts that fit, by their places: first those that are vital, then the others."""
    kept: list[set[int]] = [set() for _ in pieces]
    for vital in (True, False):
        for piece, chosen in zip(pieces, kept, strict=True):
            for at, part in enumerate(piece.parts):
                around = "" if chosen else f"{piece.head}{piece.tail}\n\n"
                size = _size(f"{around}{part.text}{piece.between}")
                if part.vital is vital and size <= room:
                    chosen.add(at)
                    room -= size
    return kept


def _shown(piece: Piece, parts: Iterable[Part]) -> str:
    return f"{piece.head}{piece.between.join(part.text for part in parts)}{piece.tail}"


def _note(missing: Iterable[tuple[Piece, Sequence[Part]]], whole_at: str) -> str:
    rows = [f"- {piece.title}: {_count(piece, left)}" for piece, left in missing]
    return "\n".join(
        ["#### Too long to be shown as a whole. Left out here:", "", *rows, "", f"All of it is in {whole_at}."]
    )


def _count(piece: Piece, left: Sequence[Part]) -> str:
    kinds = Counter(part.kind for part in left if part.kind)
    told = f" ({', '.join(f'{number} {kind}' for kind, number in kinds.items())})" if kinds else ""
    return f"{len(left)} of {len(piece.parts)} {piece.unit}{s(len(piece.parts))}{told}"


def _document(*blocks: str) -> str:
    return "\n\n".join(filter(None, blocks)) + "\n"


def _size(text: str) -> int:
    return len(text.encode())
