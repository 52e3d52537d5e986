"""Where output goes: the result to standard output, everything else to standard error."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from envsync.cli.options import Options
    from envsync.errors import Diagnostic


_UNFOLDED = 1000


def is_terminal(stream: TextIO | None) -> bool:
    """A stream that was closed before envsync began is None."""
    return stream is not None and stream.isatty()


def colored(stream: TextIO, choice: str) -> bool:
    match choice:
        case "always":
            return True
        case "never":
            return False
        case _:
            return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns: of the terminal, or of COLUMNS; else so many that nothing is folded that somebody may search."""
    import shutil

    return max(40, shutil.get_terminal_size((_UNFOLDED, 24)).columns)


def result(text: str) -> None:
    """Write what the user asked for."""
    sys.stdout.write(text)
    sys.stdout.flush()


def note(options: Options, message: str) -> None:
    """Say something that helps and that nobody has to read."""
    if not options.quiet:
        with suppress(OSError):  # nobody reads it any more; what is being done matters more
            click.echo(message, err=True)


def complain(diagnostics: Iterable[Diagnostic], color: str = "auto") -> None:
    from envsync.render.diagnostics import render

    found = tuple(diagnostics)
    if found:
        click.echo(render(found, color=colored(sys.stderr, color), width=width()), err=True, nl=False)


@contextmanager
def progress(options: Options) -> Iterator[Callable[[str], None]]:
    """A line that tells how far a run is, on a terminal only; gone when it is over."""
    if options.quiet or options.verbose or not is_terminal(sys.stderr):
        yield lambda _words: None
        return
    from rich.console import Console
    from rich.text import Text

    from envsync.render.printable import printable

    with Console(stderr=True, highlight=False).status("starting") as status:
        yield lambda words: status.update(Text(printable(words)))  # as text: names may look like markup
