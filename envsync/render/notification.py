"""Drift -> a few lines of plain text for mail and chats, in which no name does anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.render.beside import UPFRONT
from envsync.render.differences import headline, label, next_step, notes
from envsync.render.printable import inert, shortened
from envsync.render.wording import GRAVE, s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.plan.drift import Difference, Drift

MOST = 10  # differences, or repositories, that are told one by one
_LONGEST = 300  # characters of one of them


def notification(drift: Drift, links: Sequence[str] = (), about: Sequence[str] = ()) -> tuple[str, str]:
    """Title and body. `links`, to the issues, are ours and shown as they are.

    `about`: the repositories that were checked, which are named where there is no drift that would name them.
    """
    more = len(drift.differences) - MOST
    gravest = sorted(drift.differences, key=_weight)[:MOST]
    body = [
        *(inert(each.message) for each in drift.warnings if each.code in UPFRONT),
        *(f"- {_line(each)}" for each in gravest),
        *([f"and {more} more difference{s(more)}"] if more > 0 else []),
        *notes(drift),
        next_step(drift).replace("`", "") or _nothing(drift),
        _names(drift, about),
        *(f"See {link}" for link in links),
    ]
    return f"envsync drift: {_title(drift, about)}", "".join(f"{line}\n" for line in body if line)


def _title(drift: Drift, about: Sequence[str]) -> str:
    if drift.drifted:
        return headline(drift, inert)
    what = "No differences" if drift.partly_read else "No drift any more"
    read, of = (" in what was read", "of") if drift.unread else ("", "in")
    if not about:
        return f"{what}{read}"
    return f"{what}{read} {of} {inert(shortened(about[0])) if len(about) == 1 else f'{len(about)} repositories'}"


def _names(drift: Drift, about: Sequence[str]) -> str:
    if drift.drifted or len(about) < 2:  # noqa: PLR2004 - the title names the only one
        return ""
    names = [inert(shortened(each)) for each in about[:MOST]]
    more = len(about) - MOST
    return f"Repositories: {', '.join([*names, *([f'and {more} more'] if more > 0 else [])])}"


def _nothing(drift: Drift) -> str:
    return "" if drift.unread else "Nothing that counts differs any more."


def _line(difference: Difference) -> str:
    what, name = label(difference)
    told = " ".join(filter(None, (what, name)))
    place = f"{difference.at.repository} {difference.at.environment}"
    risk = difference.risk if difference.risk in GRAVE else ""
    line = inert(": ".join(filter(None, (risk, place, told, difference.reason))))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _weight(difference: Difference) -> int:
    """What weakens first."""
    return GRAVE.index(difference.risk) if difference.risk in GRAVE else len(GRAVE)
