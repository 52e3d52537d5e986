"""What the commands do, once their options are known. Each returns its exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from envsync.apply import Interpreter
from envsync.cli.output import colored, complain, note, progress, result, width
from envsync.cli.session import Live, Session, opened
from envsync.config import load
from envsync.errors import (
    ConfigError,
    Diagnostic,
    ExitCode,
    FailureKind,
    Interrupted,
    Refused,
    SecretSourceError,
    Severity,
)
from envsync.github.write import GitHubTarget
from envsync.github.writer import open_writer
from envsync.model import SecretValue, Unread
from envsync.plan.codec import dumps, encode, encode_diagnostics
from envsync.plan.grants import Grants, refusals
from envsync.plan.result import Because, Outcome, Result, encode_results, exit_code
from envsync.plan.schedule import schedule
from envsync.secrets.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envsync.cli.options import Options
    from envsync.model import DesiredSecret
    from envsync.plan.changes import Plan

_REFUSED = {FailureKind.NOT_AUTHENTICATED, FailureKind.NOT_PERMITTED, FailureKind.NOT_FOUND}


def validate(options: Options) -> int:
    try:
        found = load([Path(file) for file in options.files]).warnings
    except ConfigError as error:
        if options.output == "text":
            raise
        found = error.diagnostics
    valid = all(each.severity is Severity.WARNING for each in found)
    if options.output == "json":
        result(dumps(encode_diagnostics(found)))
    else:
        complain(found, options.color)
        result(f"{', '.join(options.files)}: valid\n")
    return ExitCode.OK if valid else ExitCode.FAILURE


# --- plan --------------------------------------------------------------------------------------------------


def plan(options: Options, *, detailed_exitcode: bool) -> int:
    with opened(options) as session:
        _show_plan(options, session.plan)
    if session.plan.partly_read:
        return _unread_code(session.live)
    differs = bool(session.plan.changes or session.plan.unmet)
    return ExitCode.DIFFERENCES if detailed_exitcode and differs else ExitCode.OK


def _show_plan(options: Options, found: Plan) -> None:
    if options.output == "json":
        result(dumps(encode(found)))
        return
    from envsync.render.text import render_plan

    result(render_plan(found, width=width(), color=colored(sys.stdout, options.color)))


def _unread_code(live: Live) -> ExitCode:
    """4 where nothing at all could be read for lack of permission, else 1."""
    refused = all(isinstance(each, Unread) and each.kind in _REFUSED for each in live.values())
    return ExitCode.NOT_PERMITTED if refused else ExitCode.FAILURE


# --- apply -------------------------------------------------------------------------------------------------


def apply(options: Options, grants: Grants, *, yes: bool, allow_commands: bool) -> int:
    stop = Stop(options)
    with opened(options, stop.pause) as session:
        found = session.plan
        if options.output == "text":
            _show_plan(options, found)
        if refused := refusals(found, grants):
            raise Refused(*refused)
        if found.changes and not yes:
            _confirm(len(found.changes))
        results = _interpret(options, session, stop, allow_commands=allow_commands)
    if options.output == "json":
        result(dumps(encode_results(found, results)))
    elif found.changes:
        from envsync.render.text import render_results

        result("\n" + render_results(results, width=width(), color=colored(sys.stdout, options.color)))
    return _apply_code(session, results)


def _apply_code(session: Session, results: list[Result]) -> ExitCode:
    code = exit_code(results)
    if code is not ExitCode.OK or not session.plan.partly_read:
        return code
    applied = any(each.outcome is Outcome.APPLIED for each in results)
    return ExitCode.PARTLY_APPLIED if applied else _unread_code(session.live)


def _confirm(count: int) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError(
            Diagnostic(
                "not-confirmed", "nobody is there to confirm the plan", "pass --yes where there is no terminal"
            )
        )
    changes = "this change" if count == 1 else f"these {count} changes"
    if not click.confirm(f"\nApply {changes}?", err=True):
        raise ConfigError(Diagnostic("not-confirmed", "nothing was changed, as you decided"))


def _interpret(options: Options, session: Session, stop: Stop, *, allow_commands: bool) -> list[Result]:
    steps = schedule(session.plan, session.desired, session.live)
    if not steps:
        return []
    sources = Sources(os.environ, allow_commands=allow_commands)
    read = _standing_in(options, sources.read) if options.sandbox else sources.read
    writer = open_writer(session.access)
    interpreter = Interpreter(
        GitHubTarget(writer), read, write_secrets=not options.no_secrets, stopped=stop.event.is_set
    )
    changes = session.plan.changes
    results: list[Result] = []
    with closing(writer), stop.listening(), progress(options) as say:
        try:
            for each in interpreter.apply(steps):
                results.append(each)
                say(f"{len(results)} of {len(changes)}: {each.change.at.repository} {each.change.at.environment}")
        except KeyboardInterrupt:  # the second one: the request in flight was cut off
            known = {each.change for each in results}
            left = [change for change in changes if change not in known]
            results += [Result(change, Outcome.SKIPPED, Because.INTERRUPTED, partly=True) for change in left]
    return results


def _standing_in(
    options: Options, read: Callable[[DesiredSecret], SecretValue]
) -> Callable[[DesiredSecret], SecretValue]:
    """In the sandbox a secret whose source has nothing to give gets a value all the same."""

    def standing_in(secret: DesiredSecret) -> SecretValue:
        try:
            return read(secret)
        except SecretSourceError as error:
            note(options, f"sandbox: a stand-in value for {error}")
            return SecretValue(b"a stand-in of the envsync sandbox")

    return standing_in


class Stop:
    """Ctrl-C, as a wish: the request in flight ends, and what was done is said. A second one is obeyed at once."""

    def __init__(self, options: Options) -> None:
        self.event = threading.Event()
        self._options = options

    def _ask(self, number: int, _frame: object) -> None:
        if self.event.is_set():
            signal.default_int_handler(number, None)
        self.event.set()
        note(self._options, "\nstopping once the request in flight has ended; press Ctrl-C again to stop at once")

    def pause(self, seconds: float) -> None:
        """Wait between two requests, unless and until somebody asks to stop."""
        if self.event.wait(seconds):
            raise Interrupted(Diagnostic("interrupted", "interrupted while waiting for GitHub"))

    @contextmanager
    def listening(self) -> Iterator[None]:
        before = signal.signal(signal.SIGINT, self._ask)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
