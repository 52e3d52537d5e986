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
    """Shown whole, else in short, or not at all: what there is of one environment, or one row.

    Empty `kind`: not told apart. `short` says of itself that it is; empty: there is no shorter way to say it.
    """

    text: str
    kind: str = ""
    vital: bool = False  # nothing that is not is shown in its place
    short: str = ""


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
    note = _note([_Lack(piece, piece.parts, len(piece.parts)) for piece in pieces], whole_at)
    kept = _kept(pieces, limit - _size(_document(first, note, last)))
    blocks = [
        _framed(piece, (chosen[at] for at in sorted(chosen)))
        for piece, chosen in zip(pieces, kept, strict=True)
        if chosen
    ]
    lacks = [
        _Lack(
            piece,
            [part for at, part in enumerate(piece.parts) if at not in chosen],
            sum(text != piece.parts[at].text for at, text in chosen.items()),
        )
        for piece, chosen in zip(pieces, kept, strict=True)
    ]
    return _document(first, *blocks, _note(lacks, whole_at), last)


@dataclass(frozen=True, slots=True)
class _Lack:
    """What of a piece is not shown, and how many parts of it are shown in short."""

    piece: Piece
    left: Sequence[Part]
    shortened: int


def _kept(pieces: Sequence[Piece], room: int) -> list[dict[int, str]]:
    """Of each piece the parts that fit, by their places: first those that are vital, then the others."""
    kept: list[dict[int, str]] = [{} for _ in pieces]
    for vital in (True, False):
        for piece, chosen in zip(pieces, kept, strict=True):
            for at, part in enumerate(piece.parts):
                if part.vital is not vital:
                    continue
                around = "" if chosen else f"{piece.head}{piece.tail}\n\n"
                for text in filter(None, (part.text, part.short)):
                    size = _size(f"{around}{text}{piece.between}")
                    if size <= room:
                        chosen[at] = text
                        room -= size
                        break
    return kept


def _shown(piece: Piece, parts: Iterable[Part]) -> str:
    return _framed(piece, (part.text for part in parts))


def _framed(piece: Piece, texts: Iterable[str]) -> str:
    return f"{piece.head}{piece.between.join(texts)}{piece.tail}"


def _note(lacks: Sequence[_Lack], whole_at: str) -> str:
    rows = [f"- {each.piece.title}: {_count(each.piece, each.left)}" for each in lacks if each.left]
    rows += [f"- {each.piece.title}, in short: {each.shortened}" for each in lacks if each.shortened]
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
