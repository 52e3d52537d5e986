"""`envsync plan`: what apply would do. Its connection cannot write."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from envsync.cli.output import colored, result, width
from envsync.cli.session import opened
from envsync.errors import ExitCode, FailureKind
from envsync.model import Unread
from envsync.plan.codec import dumps, encode
from envsync.plan.grants import Grants

if TYPE_CHECKING:
    from envsync.cli.options import Options
    from envsync.cli.session import Live
    from envsync.plan.changes import Plan

_REFUSED = {FailureKind.NOT_AUTHENTICATED, FailureKind.NOT_PERMITTED, FailureKind.NOT_FOUND}


def plan(options: Options, *, detailed_exitcode: bool) -> int:
    with opened(options) as session:
        show_plan(options, session.plan, Grants())
    if session.plan.partly_read:
        return unread_code(session.live)
    differs = bool(session.plan.changes or session.plan.unmet)
    return ExitCode.DIFFERENCES if detailed_exitcode and differs else ExitCode.OK


def show_plan(options: Options, found: Plan, grants: Grants) -> None:
    if options.output == "json":
        result(dumps(encode(found)))
    else:
        result(plan_text(options, found, grants, sys.stdout))


def plan_text(options: Options, found: Plan, grants: Grants, stream: TextIO) -> str:
    from envsync.render.text import render_plan

    return render_plan(found, grants, width=width(), color=colored(stream, options.color))


def unread_code(live: Live) -> ExitCode:
    """4 where nothing at all could be read for lack of permission, else 1."""
    refused = all(isinstance(each, Unread) and each.kind in _REFUSED for each in live.values())
    return ExitCode.NOT_PERMITTED if refused else ExitCode.FAILURE
