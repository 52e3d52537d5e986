"""Where output goes: the result to standard output, everything else to standard error."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, TextIO

import click

from envsync.cli.actions import Actions, located

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

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


def get_ready_to_show(options: Options) -> None:
    """Load what showing takes while everybody waits for GitHub: it takes as long as a request."""
    if options.output == "text":
        with suppress(RuntimeError):  # no thread is to be had: it is loaded when it is wanted
            Thread(target=import_module, args=["envsync.render.text"], daemon=True).start()


def result(text: str) -> None:
    """Write what the user asked for."""
    sys.stdout.write(_unobeyed(text))
    sys.stdout.flush()


def results(pieces: Iterable[str]) -> None:
    """As `result`, of whole lines that are written as they come: all at once they may be too many to hold."""
    for piece in pieces:
        result(piece)


def note(options: Options, message: str) -> None:
    """Say something that helps and that nobody has to read."""
    if not options.quiet:
        with suppress(OSError):  # nobody reads it any more; what is being done matters more
            click.echo(_unobeyed(message), err=True)


def _unobeyed(text: str) -> str:
    """A runner of GitHub's obeys lines of its log, whoever chose the names in them."""
    if not Actions.of(os.environ).annotates:
        return text
    from envsync.render.annotations import harmless

    return harmless(text)


def complain(diagnostics: Iterable[Diagnostic], color: str = "auto") -> None:
    from envsync.render.diagnostics import render

    found = tuple(diagnostics)
    if not found:
        return
    shown = render(found, color=colored(sys.stderr, color), width=width())
    # The colours are those that were asked for: left to itself, click takes them out where there is no terminal.
    click.echo(_unobeyed(shown), err=True, nl=False, color=True)
    annotate(found)


def annotate(diagnostics: Iterable[Diagnostic]) -> None:
    """Have GitHub show them beside the lines that they are about, if this is a workflow's step."""
    if Actions.of(os.environ).annotates:
        from envsync.render.annotations import annotations

        click.echo(annotations(located(diagnostics, Path.cwd())), err=True, nl=False)


def summarize(markdown: Callable[[int], str]) -> None:
    """Add what `markdown` makes of so many bytes to the summary of a workflow's step, if this is one."""
    if (failed := Actions.of(os.environ).summarize(markdown)) is not None:
        complain((failed,))


def set_outputs(values: Mapping[str, str | int]) -> None:
    """Set outputs of a workflow's step, if this is one."""
    if (failed := Actions.of(os.environ).output(values)) is not None:
        complain((failed,))


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
