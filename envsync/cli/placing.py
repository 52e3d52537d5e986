"""Files that a command puts into a checkout: which are new, which are in the way, and then all of them or none."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

import click

from envsync.cli.saving import obstacle, save
from envsync.errors import ConfigError, Diagnostic
from envsync.render.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_HIDDEN = "•••"
_NO_END = "\\ No newline at end of file"
_COLORS = {"+": "green", "-": "red", "@": "cyan"}


class Fate(Enum):
    NEW = auto()
    SAME = auto()  # as what is there
    REPLACES = auto()
    KEPT = auto()  # what is there is something else, and stays


@dataclass(frozen=True, slots=True)
class Wanted:
    """`path`: from the top of the checkout. `hides`: what stands there now may hold what nobody may see.

    `filled_in`: a beginning, of which people make their own.
    """

    path: str
    text: str
    replaces: bool
    hides: bool = False
    filled_in: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    wanted: Wanted
    fate: Fate
    before: str

    @property
    def writes(self) -> bool:
        return self.fate in {Fate.NEW, Fate.REPLACES}


def placed(root: Path, wanted: Iterable[Wanted]) -> tuple[Placed, ...]:
    """What would become of each. Raises where something is in the way of any, with all that is."""
    found: list[Placed] = []
    wrong: list[Diagnostic] = []
    for each in wanted:
        try:
            one = _placed(root, each)
        except OSError as error:
            wrong.append(_in_the_way(each.path, error.strerror or type(error).__name__))
            continue
        if isinstance(one, Placed):
            found.append(one)
        else:
            wrong.append(_in_the_way(each.path, one))
    if wrong:
        raise ConfigError(*wrong)
    return tuple(found)


def write(root: Path, files: Sequence[Placed]) -> None:
    """Raises at the first that cannot be written, with those that were."""
    done: list[str] = []

    def failed(why: str) -> ConfigError:
        before = f"written before it: {', '.join(done)}" if done else "nothing was written"
        message = f"{path} cannot be written: {why}; {before}"
        return ConfigError(Diagnostic("not-written", message, "run it again: what is as it shall be stays"))

    for each in files:
        if each.writes:
            path = each.wanted.path
            place = root / path
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise failed(error.strerror or type(error).__name__) from None
            replaces = each.fate is Fate.REPLACES
            save(each.wanted.text, str(place), failed, private=False, replaces=replaces)
            done.append(path)


def diff_text(files: Iterable[Placed], *, color: bool) -> str:
    """What `write` would do, as a unified diff that git can apply; but for what may not be seen of one."""
    lines = [line for each in files if each.writes for line in _diff(each)]
    return "".join(f"{_colored(line) if color else line}\n" for line in map(printable, lines))


def _placed(root: Path, wanted: Wanted) -> Placed | str:
    """Or what is in the way."""
    place = root / wanted.path
    if (why := _astray(root, place)) is not None:
        return why
    if not os.path.lexists(place):
        return _unmakeable(place) or Placed(wanted, Fate.NEW, "")
    if (why := obstacle(str(place), replaces=True)) is not None:
        return why
    before = place.read_bytes()
    if before == wanted.text.encode():
        fate = Fate.SAME
    elif wanted.replaces:
        fate = Fate.REPLACES
    else:
        fate = Fate.KEPT
    if fate is Fate.REPLACES and place.is_symlink():
        return "a link is there, and it would be replaced"
    return Placed(wanted, fate, before.decode(errors="replace"))


def _astray(root: Path, place: Path) -> str | None:
    """A checkout may bring links: nothing is read or written where they lead out of it."""
    try:
        found, top = place.resolve(), root.resolve()
    except RuntimeError:  # so Python 3.11 and 3.12 tell of links that lead to themselves
        return "its links lead nowhere"
    if not found.is_relative_to(top):
        return "a link leads out of the checkout"
    return "a link leads into git's own folder" if ".git" in found.relative_to(top).parts else None


def _unmakeable(place: Path) -> str | None:
    """Why there can be no new file, as far as that shows before."""
    above = next(each for each in place.parents if os.path.lexists(each))
    if not above.is_dir():
        return f"{above.name} is no folder"
    return None if os.access(above, os.W_OK | os.X_OK) else f"nothing can be written into {above}"


def _in_the_way(path: str, why: str) -> Diagnostic:
    return Diagnostic("in-the-way", f"{path} cannot be written: {why}", "move it away; nothing was written")


def _diff(file: Placed) -> Iterator[str]:
    before, after = _lines(file.before), _lines(file.wanted.text)
    there = "/dev/null" if file.fate is Fate.NEW else f"a/{file.wanted.path}"
    head, body = 2, difflib.unified_diff(before, after, there, f"b/{file.wanted.path}", lineterm="")
    for number, line in enumerate(body):
        if number >= head and file.wanted.hides and line.startswith("-"):
            yield f"-{_HIDDEN}"
        else:
            yield from line.split("\n")


def _lines(text: str) -> list[str]:
    """Ends are those that git knows."""
    lines = text.split("\n")
    last = lines.pop()
    return [*lines, f"{last}\n{_NO_END}"] if last else lines


def _colored(line: str) -> str:
    if line.startswith(("--- ", "+++ ")):
        return click.style(line, bold=True)
    return click.style(line, fg=_COLORS[line[0]]) if line[:1] in _COLORS else line
