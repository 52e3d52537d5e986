"""`envsync plan`: what apply would do. Its connection cannot write."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from envsync.cli.access import access_of
from envsync.cli.output import colored, complain, note, result, results, set_outputs, summarize, width
from envsync.cli.reporting import comment as write_comment
from envsync.cli.saving import save
from envsync.cli.session import opened
from envsync.errors import ConfigError, Diagnostic, EnvsyncError, ExitCode, Interrupted
from envsync.plan.codec import dumps, encode
from envsync.plan.grants import Grants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.cli.options import Options, PullRequest
    from envsync.cli.session import Session


def plan(options: Options, *, detailed_exitcode: bool, out: str | None, comment: PullRequest | None) -> int:
    try:
        return _plan(options, detailed_exitcode=detailed_exitcode, out=out, comment=comment)
    except ConfigError as error:
        if comment is not None and not options.sandbox:
            # Else the comment would go on showing a plan of files that are no longer there.
            _comment_instead(options, comment, error)
        raise


def _comment(options: Options, session: Session, on: PullRequest) -> bool:
    """Whether it could be done; said is why not.

    There is nothing to say only where all is known to be in sync: without the record key nobody knows, for one,
    that an environment that left the file is to be deleted.
    """
    found = session.plan
    nothing = found.in_sync and session.books.keys is not None
    try:
        write_comment(options, session.access, on, partial(_commented, session), only_if_there=nothing)
    except Interrupted:
        raise
    except EnvsyncError as failed:
        complain(failed.diagnostics, options.color)
        return False
    return True


def _comment_instead(options: Options, on: PullRequest, found: ConfigError) -> None:
    """What was found is told in any case, also where there can be no comment."""
    try:
        write_comment(options, access_of(options), on, partial(_complaint, found), only_if_there=False)
    except EnvsyncError as failed:
        complain(failed.diagnostics, options.color)


def _plan(options: Options, *, detailed_exitcode: bool, out: str | None, comment: PullRequest | None) -> int:
    commented = True
    with opened(options) as session:
        if out is not None:
            save(dumps(encode(session.plan)), out, partial(_unsaved, out), private=True)
            set_outputs({"plan-file": str(Path(out).absolute())})
            note(options, f"saved: to do just that, give `envsync apply` the same options and {shlex.quote(out)}")
        show_plan(options, session, Grants())
        publish_plan(session, Grants())
        if comment is not None:
            commented = _comment(options, session, comment)
    if session.plan.partly_read:
        return unread_code(session)
    if not commented:
        return ExitCode.FAILURE
    differs = bool(session.plan.changes or session.plan.unmet)
    return ExitCode.DIFFERENCES if detailed_exitcode and differs else ExitCode.OK


def _unsaved(out: str, why: str) -> ConfigError:
    return ConfigError(Diagnostic("plan-file", f"the plan cannot be saved as {out}: {why}", "name another file"))


def show_plan(options: Options, session: Session, grants: Grants) -> None:
    if options.output == "json":
        result(dumps(encode(session.plan)))
    elif options.output == "markdown":
        result(markdown(session, grants))
    else:
        results(plan_text(options, session, grants, sys.stdout))


def publish_plan(session: Session, grants: Grants) -> None:
    """Tell the workflow that this is a step of, if it is one."""
    summarize(lambda limit: markdown(session, grants, limit))
    count = session.plan.summary
    set_outputs({"changes": len(session.plan.changes), "weakens": count.weakens, "destroys": count.destroys})


def markdown(session: Session, grants: Grants, limit: int | None = None) -> str:
    from envsync.render.markdown import plan_markdown

    return plan_markdown(session.plan, grants, limit=limit, compared=session.compared)


def _commented(session: Session, limit: int) -> str:
    from envsync.render.markdown import plan_markdown

    whole_at = "the summary of the workflow's run"
    return plan_markdown(session.plan, Grants(), limit=limit, whole_at=whole_at, compared=session.compared)


def _complaint(error: ConfigError, limit: int) -> str:
    from envsync.render.markdown_diagnostics import diagnostics_markdown

    return diagnostics_markdown(error.diagnostics, title="envsync plan", limit=limit)


def plan_text(options: Options, session: Session, grants: Grants, stream: TextIO) -> Iterator[str]:
    from envsync.render.text import plan_pages

    color = colored(stream, options.color)
    return plan_pages(session.plan, grants, width=width(), color=color, compared=session.compared)


def unread_code(session: Session) -> ExitCode:
    """4 where nothing at all could be read for lack of permission, else 1."""
    return ExitCode.NOT_PERMITTED if session.nothing_read else ExitCode.FAILURE
