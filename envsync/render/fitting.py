"""Markdown that has to fit: what matters most is kept, each part whole or not at all, and the rest is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from envsync.render.wording import s

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence

LEAST = 4096  # bytes that any limit leaves: a headline, and the count of all that is not shown
OUTPUT = "the output of the command"


Text = str | Callable[[], str]


@dataclass(frozen=True, slots=True)
class Part:
    """Shown whole, else in short, or not at all: what there is of one environment, or one row.

    Empty `kind`: not told apart. `short` says of itself that it is; empty: there is no shorter way to say it. Text
    that is made only where it is needed is never held for all the environments at once.
    """

    text: Text
    kind: str = ""
    vital: bool = False  # nothing that is not is shown in its place
    short: Text = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """Parts, the weightiest first, between a head and a tail that are not shown without any of them."""

    title: str  # of ours, for the count
    parts: tuple[Part, ...]
    unit: str = "environment"
    head: str = ""
    between: str = "\n"
    tail: str = ""


def fit(first: str, pieces: Iterable[Piece], last: str, limit: int | None, whole_at: str) -> str:
    """The pieces in order, the weightiest first, in at most `limit` bytes of UTF-8 (no fewer than `LEAST`).

    `first` and `last`, which may be empty, are always shown. Where a part does not fit, later ones still may: they
    take no more than what room is left. `whole_at` is Markdown of ours.
    """
    if limit is None:
        return "".join(whole(first, pieces, last))
    pieces = tuple(pieces)
    sizes: dict[int, int] = {}
    if (found := _within(whole(first, pieces, last, sizes), limit)) is not None:
        return found
    # No count of what is left out is longer than that of everything.
    note = _note([_Lack(piece, piece.parts, len(piece.parts)) for piece in pieces], whole_at)
    kept = _kept(pieces, limit - _size(_document(first, note, last)), sizes)
    blocks = [
        "".join(_framed(piece, (chosen[at].text for at in sorted(chosen))))
        for piece, chosen in zip(pieces, kept, strict=True)
        if chosen
    ]
    lacks = [
        _Lack(
            piece,
            [part for at, part in enumerate(piece.parts) if at not in chosen],
            sum(each.shortened for each in chosen.values()),
        )
        for piece, chosen in zip(pieces, kept, strict=True)
    ]
    return _document(first, *blocks, _note(lacks, whole_at), last)


def whole(
    first: str, pieces: Iterable[Piece], last: str, sizes: MutableMapping[int, int] | None = None
) -> Iterator[str]:
    """All of it, part by part: no piece is made before the one that stands above it was taken.

    `sizes`, if any, takes those of the parts in bytes, by their `id`.
    """

    def made(part: Part) -> str:
        text = _made(part.text)
        if sizes is not None:
            sizes[id(part)] = _size(text)
        return text

    between = ""
    framed = (_framed(piece, map(made, piece.parts)) for piece in pieces)
    for block in chain([[first]], framed, [[last]]):
        for text in filter(None, block):
            yield f"{between}{text}"
            between = ""
        between = "\n\n"
    yield "\n"


def _within(texts: Iterable[str], limit: int) -> str | None:
    """Nothing where they are longer."""
    found, size = [], 0
    for text in texts:
        found.append(text)
        size += _size(text)
        if size > limit:
            return None
    return "".join(found)


def _made(text: Text) -> str:
    return text if isinstance(text, str) else text()


@dataclass(frozen=True, slots=True)
class _Lack:
    """What of a piece is not shown, and how many parts of it are shown in short."""

    piece: Piece
    left: Sequence[Part]
    shortened: int


@dataclass(frozen=True, slots=True)
class _Chosen:
    text: str
    shortened: bool


def _kept(pieces: Sequence[Piece], room: int, sizes: Mapping[int, int]) -> list[dict[int, _Chosen]]:
    """Of each piece the parts that fit, by their places: first those that are vital, then the others.

    What is known not to fit is not made again.
    """
    kept: list[dict[int, _Chosen]] = [{} for _ in pieces]
    for vital in (True, False):
        for piece, chosen in zip(pieces, kept, strict=True):
            for at, part in enumerate(piece.parts):
                if part.vital is not vital:
                    continue
                around = "" if chosen else f"{piece.head}{piece.tail}\n\n"
                for shortened, written in enumerate((part.text, part.short)):
                    if not shortened and sizes.get(id(part), 0) > room:
                        continue
                    text = _made(written)
                    size = _size(f"{around}{text}{piece.between}")
                    if text and size <= room:
                        chosen[at] = _Chosen(text, bool(shortened))
                        room -= size
                        break
    return kept


def _framed(piece: Piece, texts: Iterable[str]) -> Iterator[str]:
    yield piece.head
    between = ""
    for text in texts:
        yield f"{between}{text}"
        between = piece.between
    yield piece.tail


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
