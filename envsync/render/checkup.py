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

MOST_SEEN = 20  # lines that a screen shows; after more, those that failed are told once more

_ORDER = list(Topic)
_COLORS = {Status.PASS: "green", Status.WARN: "yellow", Status.FAIL: "bold red", Status.NOTE: "cyan"}
_AGAIN = "What keeps it from working:"
_MOST_NAMED = 3  # repositories in which a check came out the same; of more, two and how many more
_INDENT, _DEEPER = 2, 4  # columns
_WORD = 6  # columns of a status, and what is between it and the words
# Of what an autolink may hold, that which nothing reads as anything else.
_LINK = re.compile(r"https?://[\w.~:/?#@!$&'()*+,=%-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A check, once for all the repositories in which it came out the same."""

    topic: Topic
    status: Status
    said: str
    next_step: str | None
    repositories: tuple[str, ...]  # none: it is about all of them, or about none
    links: tuple[str, ...]  # of those that are named


@dataclass(frozen=True, slots=True)
class _Link:
    """A line that is never folded: half a link leads nowhere."""

    text: str


def checkup_text(checkup: Checkup, *, color: bool, width: int) -> str:
    several, shown = _several(checkup), _shown(checkup.checks)
    parts: list[RenderableType | _Link] = []
    for topic, group in groupby(_links_once(shown), key=lambda each: each.topic):
        parts += _topic(topic, list(group), several=several)
    failures = [each for each in shown if each.status is Status.FAIL]
    if failures and len(shown) > MOST_SEEN:
        again = [replace(each, next_step=None, links=()) for each in failures]
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
    shown = _shown(checkup.checks)
    rows = {
        status: tuple(
            Part(_row(each, several=several))
            for each in _links_once(each for each in shown if each.status is status)
        )
        for status in Status
    }
    passed = fold(f"Passed: {sum(each.status is Status.PASS for each in checkup.checks)}")
    pieces = [
        Piece("What keeps it from working", rows[Status.FAIL], "check", head=f"#### {_AGAIN[:-1]}\n\n"),
        Piece("Warnings", rows[Status.WARN], "check", head="#### Warnings\n\n"),
        Piece("Notes", rows[Status.NOTE], "check", head="#### Notes\n\n"),
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
    return "Nothing was found that keeps it from working" if checkup.checks else "Nothing is known"


def _count(checkup: Checkup) -> str:
    statuses = [each.status for each in checkup.checks]
    passed, warned, failed, noted = (statuses.count(each) for each in Status)
    counts = [f"{passed} passed"] if passed else []
    counts += [f"{warned} warning{s(warned)}"] if warned else []
    counts += [f"{failed} failure{s(failed)}"] if failed else []
    counts += [f"{noted} note{s(noted)}"] if noted else []
    return ", ".join(counts) or "nothing was looked at"


def _several(checkup: Checkup) -> bool:
    """Whether it has to be said which repository a check is about."""
    return len({each.repository for each in checkup.checks if each.repository}) > 1


def _shown(checks: Iterable[Check]) -> list[_Shown]:
    """By topic; in it what is about no repository, then what is about most of them, then as they came."""
    alike: dict[tuple[Topic, Status, str, str | None, bool], list[Check]] = {}
    for each in checks:
        key = (each.topic, each.status, each.said, each.next_step, each.repository is None)
        alike.setdefault(key, []).append(each)
    places = {name: at for at, name in enumerate(dict.fromkeys(each.repository for each in checks))}
    return sorted(
        (_once(group) for group in alike.values()),
        key=lambda each: (
            _ORDER.index(each.topic),
            bool(each.repositories),
            -len(each.repositories),
            [places[name] for name in each.repositories],
        ),
    )


def _once(group: list[Check]) -> _Shown:
    first = group[0]
    repositories = tuple(dict.fromkeys(each.repository for each in group if each.repository is not None))
    named = {None, *repositories[: _named_in_full(len(repositories))]}
    return _Shown(
        first.topic,
        first.status,
        first.said,
        first.next_step,
        repositories,
        tuple(dict.fromkeys(each.link for each in group if each.link and each.repository in named)),
    )


def _links_once(checks: Iterable[_Shown]) -> Iterator[_Shown]:
    """In a topic a page is named where it is needed first."""
    for _, group in groupby(checks, key=lambda each: each.topic):
        seen: set[str] = set()
        for each in group:
            yield replace(each, links=tuple(link for link in each.links if link not in seen))
            seen |= {*each.links}


def _named_in_full(number: int) -> int:
    return number if number <= _MOST_NAMED else _MOST_NAMED - 1


def _named(names: list[str]) -> str:
    """`a`; `a and b`; `a, b and 2 more`."""
    full = names[: _named_in_full(len(names))]
    last = [f"{len(names) - len(full)} more"] if len(full) < len(names) else []
    *others, end = [*full, *last]
    return f"{', '.join(others)} and {end}" if others else end


# --- on a page ---------------------------------------------------------------------------------------------


def _topic(topic: Topic, checks: list[_Shown], *, several: bool) -> Iterator[RenderableType | _Link]:
    yield Text(topic.capitalize(), style="bold")
    yield from _under_names(checks, several=several)
    yield Text()


def _under_names(checks: Iterable[_Shown], *, several: bool) -> Iterator[RenderableType | _Link]:
    for repositories, group in groupby(checks, key=lambda each: each.repositories):
        names = [printable(each) for each in repositories] if several else []
        if names:
            head = f"in {_named(names)}" if len(names) > 1 else names[0]
            yield Padding(Text(head), (0, 0, 0, _INDENT))
        for each in group:
            yield from _lines(each, _DEEPER if names else _INDENT)


def _lines(check: _Shown, indent: int) -> Iterator[RenderableType | _Link]:
    style = _COLORS[check.status]
    said = [*check.said.split("\n"), *([f"help: {check.next_step}"] if check.next_step else [])]
    told = "\n".join(map(printable, said))
    table = grid()
    table.add_column(no_wrap=True, width=_WORD - 1)
    table.add_column(overflow="fold")
    table.add_row(Text(check.status, style), Text(told, style if check.status is Status.FAIL else ""))
    yield Padding(table, (0, 0, 0, indent))
    for link in check.links:
        yield _Link(f"{' ' * (indent + _WORD)}{printable(link)}")


# --- in Markdown -------------------------------------------------------------------------------------------


def _row(check: _Shown, *, several: bool) -> str:
    """Begins with a word of ours: at the start of a line even a plain number can be Markdown."""
    names = [code(each) for each in check.repositories] if several else []
    among = " in" if len(names) > 1 else ""
    place = f"{check.topic}{among} {_named(names)}" if names else check.topic
    step = f" — help: {words(check.next_step)}" if check.next_step else ""
    said = "; ".join(map(words, check.said.split("\n")))
    return f"- {place}: {said}{step}{''.join(f' {_link(each)}' for each in check.links)}"


def _link(link: str) -> str:
    return f"<{link}>" if _LINK.fullmatch(link) else code(link)
