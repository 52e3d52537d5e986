"""`envsync apply`: change on GitHub what differs, and say of each change what became of it."""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from envsync.apply import Interpreter
from envsync.cli.options import EVERYWHERE
from envsync.cli.output import colored, is_terminal, note, progress, result, width
from envsync.cli.plan import plan_text, show_plan, unread_code
from envsync.cli.session import opened
from envsync.cli.stop import Stop
from envsync.errors import ConfigError, Diagnostic, ExitCode, Refused, SecretSourceError
from envsync.github.write import GitHubTarget
from envsync.github.writer import open_writer
from envsync.model import SecretValue
from envsync.packaged import schema_text
from envsync.plan.codec import dumps
from envsync.plan.grants import Grants, destroying_grant, mistyped, refusals, settled, weakening_grant
from envsync.plan.result import Because, Outcome, Result, encode_results, exit_code
from envsync.plan.saved import LARGEST, hold, parse
from envsync.plan.schedule import schedule
from envsync.secrets.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envsync.cli.options import Options
    from envsync.cli.session import Session
    from envsync.model import DesiredSecret
    from envsync.plan.changes import Plan
    from envsync.plan.codec import Json

_SCHEMA = "plan.schema.json"


def granted(weakening: Sequence[str], destroying: Sequence[str]) -> Grants:
    narrow = [
        *(weakening_grant(text) for text in weakening if text != EVERYWHERE),
        *(destroying_grant(text) for text in destroying if text != EVERYWHERE),
    ]
    return Grants(weakening=EVERYWHERE in weakening, destroying=EVERYWHERE in destroying, narrow=frozenset(narrow))


def apply(options: Options, grants: Grants, plan_file: str | None, *, yes: bool, allow_commands: bool) -> int:
    """Without a `plan_file` somebody has to confirm: whoever saved a plan to apply it has agreed to it."""
    saved = None if plan_file is None else _read(plan_file)
    stop = Stop(options)
    with opened(options, allow_commands=allow_commands, pause=stop.pause) as session:
        found = session.plan
        seen = _usable(grants, session)
        if options.output == "text":
            show_plan(options, found, seen)
        if saved is not None:
            hold(saved, found, str(plan_file))
        if refused := refusals(found, grants):
            raise Refused(*refused)
        agreed = yes or saved is not None
        if found.changes and not agreed and not _confirmed(options, found, seen):
            note(options, "nothing was changed, as you decided")
            return ExitCode.FAILURE
        results = _interpret(options, session, stop, allow_commands=allow_commands)
    if options.output == "json":
        result(dumps(encode_results(found, results)))
    elif found.changes:
        from envsync.render.text import render_results

        result("\n" + render_results(results, width=width(), color=colored(sys.stdout, options.color)))
    return _apply_code(session, results)


def _read(plan_file: str) -> dict[str, Json]:
    try:
        with Path(plan_file).open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        message = f"the saved plan {plan_file} cannot be read: {error.strerror}"
        hint = "save one with: envsync plan --out FILE"
        raise ConfigError(Diagnostic("plan-file", message, hint)) from None
    return parse(content, plan_file, json.loads(schema_text(_SCHEMA)))


def _usable(grants: Grants, session: Session) -> Grants:
    """What the grants come to for this plan. Raises where one is mistyped."""
    declared = [each.name for repository in session.desired for each in repository.environments]
    if wrong := mistyped(grants, declared, session.plan):
        raise ConfigError(*wrong)
    return settled(session.plan, grants)


def _apply_code(session: Session, results: list[Result]) -> ExitCode:
    code = exit_code(results)
    if code is not ExitCode.OK or not session.plan.partly_read:
        return code
    applied = any(each.outcome is Outcome.APPLIED for each in results)
    return ExitCode.PARTLY_APPLIED if applied else unread_code(session.live)


def _confirmed(options: Options, found: Plan, grants: Grants) -> bool:
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        raise ConfigError(
            Diagnostic(
                "not-confirmed", "nobody is there to confirm the plan", "pass --yes where there is no terminal"
            )
        )
    if options.output == "json":  # nobody can agree to what they have not seen
        click.echo(plan_text(options, found, grants, sys.stderr), err=True)
    count = len(found.changes)
    changes = "this change" if count == 1 else f"these {count} changes"
    return click.confirm(f"\nApply {changes}?", err=True)


def _interpret(options: Options, session: Session, stop: Stop, *, allow_commands: bool) -> list[Result]:
    steps = schedule(session.plan, session.desired, session.live)
    if not steps:
        return []
    sources = Sources(os.environ, allow_commands=allow_commands)
    read = _standing_in(options, sources.read) if options.sandbox else sources.read
    writer = open_writer(session.access)
    interpreter = Interpreter(
        GitHubTarget(writer, settings_only=options.settings_only),
        read,
        write_secrets=not options.no_secrets,
        stopped=stop.event.is_set,
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
    said: set[str] = set()

    def standing_in(secret: DesiredSecret) -> SecretValue:
        try:
            return read(secret)
        except SecretSourceError as error:
            words = f"sandbox: {secret.name} gets a stand-in value ({secret.span}): {error}"
            if words not in said:  # many repositories can share a line of the file
                note(options, words)
                said.add(words)
            return SecretValue(b"a stand-in of the envsync sandbox")

    return standing_in
