"""`envsync apply`: change on GitHub what differs, and say of each change what became of it."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from envsync.apply import Interpreter, Signing
from envsync.cli.options import EVERYWHERE
from envsync.cli.output import colored, is_terminal, note, progress, result, results, summarize, width
from envsync.cli.plan import plan_text, publish_plan, show_plan, unread_code
from envsync.cli.session import opened
from envsync.cli.stop import Stop
from envsync.cli.waiting import announce
from envsync.errors import ConfigError, Diagnostic, ExitCode, Refused
from envsync.github.reviewers import Reviewers
from envsync.github.write import GitHubTarget
from envsync.github.writer import writer_of
from envsync.packaged import schema_text
from envsync.plan.changes import RecordNext, SecretWrite
from envsync.plan.codec import dumps
from envsync.plan.grants import Grants, destroying_grant, mistyped, refusals, settled, weakening_grant
from envsync.plan.record_states import unproven
from envsync.plan.result import Because, Came, Outcome, RecordOutcome, Result, encode_results, exit_code
from envsync.plan.saved import LARGEST, hold, parse
from envsync.plan.work import Work, work_of_repository

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from envsync.cli.examining import Todo
    from envsync.cli.options import Options
    from envsync.cli.session import Session
    from envsync.plan.changes import Change, Plan
    from envsync.plan.codec import Json

_SCHEMA = "plan.schema.json"


def granted(weakening: Sequence[str], destroying: Sequence[str]) -> Grants:
    narrow = [
        *(weakening_grant(text) for text in weakening if text != EVERYWHERE),
        *(destroying_grant(text) for text in destroying if text != EVERYWHERE),
    ]
    return Grants(weakening=EVERYWHERE in weakening, destroying=EVERYWHERE in destroying, narrow=frozenset(narrow))


def apply(options: Options, grants: Grants, plan_file: str | None, *, yes: bool) -> int:
    """Without a `plan_file` somebody has to confirm: whoever saved a plan to apply it has agreed to it."""
    saved = None if plan_file is None else _read(plan_file)
    stop = Stop(options)
    with opened(options, applies=True, stop=stop) as session:
        found = session.plan
        seen = _usable(grants, session)
        if options.output != "json":
            show_plan(options, session, seen)
        publish_plan(session, seen)
        if saved is not None:
            hold(saved, found, str(plan_file))
        if refused := (*session.guarding, *refusals(_written(options, found), grants), *unproven(found)):
            raise Refused(*refused)
        if found.writes:
            _announce(options, session)
        agreed = yes or saved is not None
        if found.writes and not agreed and not _confirmed(options, session, seen):
            note(options, "nothing was changed, as you decided")
            return ExitCode.FAILURE
        came = _interpret(options, session, stop)
    if found.writes:
        summarize(lambda limit: _markdown(came, limit))
    try:
        if options.output == "json":
            result(dumps(encode_results(found, came)))
        elif found.writes:
            _show(options, came)
    except OSError:  # nobody reads it any more, or there is no room: what was done is said all the same
        note(options, _last_words(came))
        raise
    return _apply_code(session, came)


def _written(options: Options, found: Plan) -> Plan:
    """What needs a grant: nothing that is not going to be done."""
    if not options.no_secrets:
        return found
    kept = tuple(each for each in found.changes if not isinstance(each, SecretWrite))
    return replace(found, changes=kept)


def _show(options: Options, came: Came) -> None:
    result("\n")
    if options.output == "markdown":
        result(_markdown(came))
        return
    from envsync.render.results import result_pages

    color = colored(sys.stdout, options.color)
    results(result_pages(came.changes, came.records, width=width(), color=color, full=options.verbose))


def _last_words(came: Came) -> str:
    from envsync.render.outcome import last_words

    return last_words(came.changes, came.records)


def _markdown(came: Came, limit: int | None = None) -> str:
    from envsync.render.markdown import results_markdown

    return results_markdown(came.changes, came.records, limit=limit)


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
    if wrong := mistyped(grants, sorted(session.environments), session.plan):
        raise ConfigError(*wrong)
    return settled(session.plan, grants)


def _apply_code(session: Session, came: Came) -> ExitCode:
    code = exit_code(came)
    if code is not ExitCode.OK or not session.plan.partly_read:
        return code
    outcomes = [*(each.outcome for each in came.changes), *(each.outcome for each in came.records)]
    applied = Outcome.APPLIED in outcomes
    return ExitCode.PARTLY_APPLIED if applied else unread_code(session)


def _confirmed(options: Options, session: Session, grants: Grants) -> bool:
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        raise ConfigError(
            Diagnostic(
                "not-confirmed", "nobody is there to confirm the plan", "pass --yes where there is no terminal"
            )
        )
    if options.output == "json":  # nobody can agree to what they have not seen
        click.echo("".join(plan_text(options, session, grants, sys.stderr)), err=True)
    count = len(session.plan.changes)
    changes = "this change" if count == 1 else f"these {count} changes"
    question = f"Apply {changes}?" if count else "Write the records?"
    return click.confirm(f"\n{question}", err=True)


def _announce(options: Options, session: Session) -> None:
    work, write_secrets = Work(), not options.no_secrets
    for todo in session.todo:
        for steps in todo.steps():
            work += work_of_repository(steps, write_secrets=write_secrets)
    announce(options, "applying it", work, session.access.limiter.forecast(work))


def _interpret(options: Options, session: Session, stop: Stop) -> Came:
    """Repository by repository, several at a time; within one, one request after the other."""
    crew, reviewers = session.crew, Reviewers(session.crew.reader)
    changes = session.plan.changes
    results: list[Result] = []
    records: list[RecordOutcome] = []

    begun: set[str] = set()

    def work(todo: Todo) -> Iterator[Result | RecordOutcome]:
        begun.add(str(todo.desired.name))
        target = GitHubTarget(writer_of(crew), settings_only=options.settings_only, reviewers=reviewers)
        return _interpreter(options, session, target, stop).apply(todo.steps())

    with stop.listening(), progress(options) as say:
        try:
            for each in crew.flow(session.todo, work):
                if isinstance(each, RecordOutcome):
                    records.append(each)
                    say(f"record of {each.at.repository} {each.at.environment}")
                    continue
                results.append(each)
                at = each.change.at
                say(f"{len(results)} of {len(changes)}: {at.repository} {at.environment}")
        except KeyboardInterrupt:  # the second one: requests in flight were cut off
            known = {each.change for each in results}
            results += [_cut_off(change, begun) for change in changes if change not in known]
            said = {each.at for each in records}
            records += [
                RecordOutcome(each.at, each.next, Outcome.SKIPPED, Because.INTERRUPTED)
                for each in session.plan.records
                if each.next is not RecordNext.KEEP and each.at not in said
            ]
    return Came(
        tuple(sorted(results, key=lambda each: each.change.at.repository)),
        tuple(sorted(records, key=lambda each: each.at.repository)),
    )


def _cut_off(change: Change, begun: Collection[str]) -> Result:
    """Nobody knows how far a repository came that was begun."""
    if change.at.repository not in begun:
        return Result(change, Outcome.SKIPPED, Because.INTERRUPTED)
    hint = "a request may have been under way, and done: run plan"
    return Result(change, Outcome.SKIPPED, Because.INTERRUPTED, hint, partly=True)


def _interpreter(options: Options, session: Session, target: GitHubTarget, stop: Stop) -> Interpreter:
    books = session.books
    return Interpreter(
        target,
        books.read,
        write_secrets=not options.no_secrets,
        signing=None if books.keys is None else Signing(books.server, books.keys.seal),
        stopped=stop.event.is_set,
    )
