"""Drift -> a few lines of plain text for mail and chats, in which no name does anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.render.differences import headline, label, next_step, notes
from envsync.render.printable import inert
from envsync.render.wording import GRAVE, s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.plan.drift import Difference, Drift

MOST = 10  # differences that are told one by one
_LONGEST = 300  # characters of one of them


def notification(drift: Drift, links: Sequence[str] = ()) -> tuple[str, str]:
    """Title and body. `links`, to the issues, are ours and shown as they are."""
    more = len(drift.differences) - MOST
    gravest = sorted(drift.differences, key=_weight)[:MOST]
    body = [
        *(f"- {_line(each)}" for each in gravest),
        *([f"and {more} more difference{s(more)}"] if more > 0 else []),
        *notes(drift),
        next_step(drift).replace("`", "") or _nothing(drift),
        *(f"See {link}" for link in links),
    ]
    return _title(drift), "".join(f"{line}\n" for line in body if line)


def _title(drift: Drift) -> str:
    if drift.drifted or drift.partly_read:
        return headline(drift, inert)
    return f"No drift any more{' in what was read' if drift.unread else ''}"


def _nothing(drift: Drift) -> str:
    return "" if drift.unread else "Nothing that counts differs any more."


def _line(difference: Difference) -> str:
    what, name = label(difference)
    told = " ".join(filter(None, (what.replace("_", " "), name)))
    place = f"{difference.at.repository} {difference.at.environment}"
    risk = difference.risk if difference.risk in GRAVE else ""
    line = inert(": ".join(filter(None, (risk, place, told, difference.reason))))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _weight(difference: Difference) -> int:
    """What weakens first."""
    return GRAVE.index(difference.risk) if difference.risk in GRAVE else len(GRAVE)
