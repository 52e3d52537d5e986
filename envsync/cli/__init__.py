"""The command line: the only place that wires things together, and the only one that catches everything.

Nothing heavy is imported here: each command imports what it needs when it runs, so that `envsync --version`,
`--help` and shell completion answer at once.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import NoReturn, TextIO

import click

from envsync import __version__
from envsync.cli import commands, first_steps  # noqa: F401 - which adds them to the group
from envsync.cli.group import cli
from envsync.cli.options import spelled_out
from envsync.cli.output import set_outputs
from envsync.errors import ExitCode

_ALLOCATIONS = 50_000  # before cycles are looked for
_OUTPUT_ERRORS = {errno.ENOSPC, errno.EIO, errno.EBADF}


def command() -> NoReturn:
    """As `main`, where the process is for nothing else: that is left at once, since tidying it up takes time."""
    code: object = ExitCode.FAILURE
    try:
        main()
    except SystemExit as left:
        code = left.code
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # what can be said about it has been said
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit code. No traceback leaves here."""
    sys.stdout, sys.stderr = _writable(sys.stdout), _writable(sys.stderr)
    # What a run makes it keeps, or it goes by itself: looking for cycles takes a fifth of a long run's time.
    gc.set_threshold(_ALLOCATIONS)
    code = run(arguments)
    set_outputs({"exit-code": int(code)})
    sys.exit(code)


def _writable(stream: TextIO | None) -> TextIO:
    """A stream that takes any text. One that was closed before envsync began is None: what goes there is lost."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - it lives as long as the process
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def run(arguments: list[str] | None = None) -> int:
    try:
        # click exits with 2 on wrong usage, which means differences here
        code = cli.main(
            spelled_out(sys.argv[1:] if arguments is None else arguments),
            prog_name="envsync",
            standalone_mode=False,
        )
        sys.stdout.flush()
    except click.exceptions.Abort:
        return _interrupted()
    except click.ClickException as error:
        error.show()
        return ExitCode.FAILURE
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        # Who read the output has left, as `head` does: nobody is there to be told.
        _give_up_output()
        return ExitCode.FAILURE
    except OSError as error:
        if error.errno not in _OUTPUT_ERRORS:
            return _apologize(error)
        _give_up_output()
        click.echo(f"error[output]: standard output cannot be written: {error.strerror}", err=True)
        return ExitCode.FAILURE
    except Exception as error:  # noqa: BLE001 - the one place that catches
        return _apologize(error)
    return int(code or 0)


def _give_up_output() -> None:
    """What is still buffered goes nowhere, so that Python does not fail once more as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _interrupted() -> int:
    click.echo("interrupted", err=True)
    return ExitCode.INTERRUPTED


def _apologize(error: Exception) -> int:
    """The message of an unexpected error is not shown: nobody has seen to it that it holds no secret."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "nowhere"
    click.echo(f"error[internal]: {type(error).__name__} at {place}", err=True)
    click.echo(f"  = help: this is a bug in envsync {__version__}; please report it with this line", err=True)
    return ExitCode.FAILURE
