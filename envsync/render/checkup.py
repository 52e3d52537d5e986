"""Checkup -> text for a terminal and Markdown, for whoever is tired: what keeps it from working can be found."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from envsync.plan.checkup import Status, Topic
from envsync.render.fitting import OUTPUT, Part, Piece, fit
from envsync.render.markup import UNFOLD, code, fold, words
from envsync.render.page import grid, printed
from envsync.render.printable import printable
from envsync.render.wording import s

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from envsync.plan.checkup import Check, Checkup

MOST_SEEN = 20  # checks that a screen shows; after more, those that failed are told once more

_ORDER = list(Topic)
_COLORS = {Status.PASS: "green", Status.WARN: "yellow", Status.FAIL: "bold red"}
_AGAIN = "What keeps it from working:"
_INDENT, _DEEPER = 2, 4  # columns
_WORD = 6  # columns of a status, and what is between it and the words
# Of what an autolink may hold, that which nothing reads as anything else.
_LINK = re.compile(r"https?://[\w.~:/?#@!$&'()*+,=%-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Link:
    """A line that is never folded: half a link leads nowhere."""

    text: str


def checkup_text(checkup: Checkup, *, color: bool, width: int) -> str:
    several = _several(checkup)
    parts = [part for topic, group in _by_topic(checkup.checks) for part in _topic(topic, group, several=several)]
    failures = [each for each in checkup.checks if each.status is Status.FAIL]
    if failures and len(checkup.checks) > MOST_SEEN:
        again = [replace(each, next_step=None, link=None) for each in _in_order(failures)]
        parts += [Text(_AGAIN, style="bold red"), *_under_names(again, several=several), Text()]
    parts.append(Text(f"{_verdict(checkup)}: {_count(checkup)}.", "bold red" if failures else "bold green"))
    return "".join(
        "".join(f"{each.text}\n" for each in group if isinstance(each, _Link))
        if are_links
        else printed((each for each in group if not isinstance(each, _Link)), width=width, color=color)
        for are_links, group in groupby(parts, key=lambda each: isinstance(each, _Link))
    )


def checkup_markdown(checkup: Checkup, *, limit: int | None = None, whole_at: str = OUTPUT) -> str:
    """`limit`: bytes of UTF-8; `whole_at`, Markdown of ours, is where the whole is said to be."""
    several = _several(checkup)
    checks = _in_order(checkup.checks)
    rows = {
        status: tuple(Part(_row(each, several=several)) for each in checks if each.status is status)
        for status in Status
    }
    passed = fold(f"Passed: {len(rows[Status.PASS])}")
    pieces = [
        Piece("What keeps it from working", rows[Status.FAIL], "check", head=f"#### {_AGAIN[:-1]}\n\n"),
        Piece("Warnings", rows[Status.WARN], "check", head="#### Warnings\n\n"),
        Piece("Passed", rows[Status.PASS], "check", head=passed, tail=UNFOLD),
    ]
    return fit(
        f"### envsync doctor: {_verdict(checkup)}: {_count(checkup)}",
        [each for each in pieces if each.parts],
        "",
        limit,
        whole_at,
    )


# --- what it comes to --------------------------------------------------------------------------------------


def _verdict(checkup: Checkup) -> str:
    failures = sum(each.status is Status.FAIL for each in checkup.checks)
    if failures:
        return f"{failures} thing{s(failures)} keep{'s' if failures == 1 else ''} it from working"
    return "It will work" if checkup.checks else "Nothing is known"


def _count(checkup: Checkup) -> str:
    statuses = [each.status for each in checkup.checks]
    passed, warned, failed = (statuses.count(each) for each in Status)
    counts = [f"{passed} passed"] if passed else []
    counts += [f"{warned} warning{s(warned)}"] if warned else []
    counts += [f"{failed} failure{s(failed)}"] if failed else []
    return ", ".join(counts) or "nothing was looked at"


def _several(checkup: Checkup) -> bool:
    """Whether it has to be said which repository a check is about."""
    return len({each.repository for each in checkup.checks if each.repository}) > 1


def _in_order(checks: Iterable[Check]) -> list[Check]:
    """By topic, and by repository in the order in which they came; what is about none of them before."""
    found = list(checks)
    places = {name: at for at, name in enumerate(dict.fromkeys(each.repository for each in found))}
    places[None] = -1
    return sorted(found, key=lambda each: (_ORDER.index(each.topic), places[each.repository]))


def _by_topic(checks: Iterable[Check]) -> Iterator[tuple[Topic, list[Check]]]:
    for topic, group in groupby(_in_order(checks), key=lambda each: each.topic):
        yield topic, list(group)


# --- on a page ---------------------------------------------------------------------------------------------


def _topic(topic: Topic, checks: list[Check], *, several: bool) -> Iterator[RenderableType | _Link]:
    yield Text(topic.capitalize(), style="bold")
    yield from _under_names(checks, several=several)
    yield Text()


def _under_names(checks: Iterable[Check], *, several: bool) -> Iterator[RenderableType | _Link]:
    for repository, group in groupby(checks, key=lambda each: each.repository):
        name = repository if several else None
        if name:
            yield Padding(Text(printable(name)), (0, 0, 0, _INDENT))
        for each in group:
            yield from _lines(each, _DEEPER if name else _INDENT)


def _lines(check: Check, indent: int) -> Iterator[RenderableType | _Link]:
    style = _COLORS[check.status]
    said = [*check.said.split("\n"), *([f"help: {check.next_step}"] if check.next_step else [])]
    told = "\n".join(map(printable, said))
    table = grid()
    table.add_column(no_wrap=True, width=_WORD - 1)
    table.add_column(overflow="fold")
    table.add_row(Text(check.status, style), Text(told, style if check.status is Status.FAIL else ""))
    yield Padding(table, (0, 0, 0, indent))
    if check.link:
        yield _Link(f"{' ' * (indent + _WORD)}{printable(check.link)}")


# --- in Markdown -------------------------------------------------------------------------------------------


def _row(check: Check, *, several: bool) -> str:
    """Begins with a word of ours: at the start of a line even a plain number can be Markdown."""
    place = f"{check.topic} {code(check.repository)}" if several and check.repository else check.topic
    step = f" — help: {words(check.next_step)}" if check.next_step else ""
    said = "; ".join(map(words, check.said.split("\n")))
    return f"- {place}: {said}{step}{f' {_link(check.link)}' if check.link else ''}"


def _link(link: str) -> str:
    return f"<{link}>" if _LINK.fullmatch(link) else code(link)
