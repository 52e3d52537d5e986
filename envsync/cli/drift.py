"""`envsync drift`: what was changed outside envsync, and who is told. But for that it only reads."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from envsync.cli.output import colored, complain, result, set_outputs, summarize, width
from envsync.cli.plan import unread_code
from envsync.cli.session import opened
from envsync.cli.telling import WHOLE_AT, Teller, Topic, issue_room
from envsync.drift.finding import finding_of
from envsync.drift.marker import Checksum, key_digest
from envsync.drift.notify import channels, notify_urls
from envsync.errors import ConfigError, Diagnostic, EnvsyncError, ExitCode
from envsync.plan.codec import dumps
from envsync.plan.diff import Scope
from envsync.plan.drift_check import drift_of
from envsync.plan.drift_codec import encode_drift, news_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.cli.options import Options
    from envsync.cli.session import Session
    from envsync.cli.telling import Came, Telling
    from envsync.drift.notify import Channel
    from envsync.model import RepositoryName
    from envsync.plan.drift import Drift


def drift(options: Options, telling: Telling, *, pending: bool) -> int:
    """Drift is shown whatever becomes of telling it."""
    if telling.report_to is not None and not telling.report:
        raise ConfigError(Diagnostic("report-to", "--report-to says where, but not what", "add --report issue"))
    to = _channels(options, telling)
    sources_unread = replace(options, no_secrets=options.no_secrets or not pending)
    with opened(sources_unread, watches=True) as session:
        found = drift_of(
            session.plan,
            session.desired,
            session.live,
            session.ledger,
            today=datetime.now(UTC).date(),
            pending=pending,
            scope=Scope(options.environments, options.settings_only),
        )
        _show(options, found)
        summarize(lambda limit: _markdown(found, limit))
        counts = {"drift": len(found.differences), "weakens": found.weakened, "changes": len(found.pending or ())}
        set_outputs(counts)
        topics = tuple(_topics(options, telling, session, found))
        came = Teller(options, session.access, to or (), session.books.keys or Checksum()).tell(
            telling, topics, found
        )
    return _code(session, found, came if to is not None else replace(came, notified=False))


def _channels(options: Options, telling: Telling) -> tuple[Channel, ...] | None:
    """None where one is not usable: that has been said, nobody is notified, and drift is shown all the same."""
    try:
        return channels(notify_urls(telling.urls, os.environ))
    except EnvsyncError as error:
        complain(error.diagnostics, options.color)
        return None


def _show(options: Options, found: Drift) -> None:
    if options.output == "json":
        result(dumps(encode_drift(found)))
    elif options.output == "markdown":
        result(_markdown(found))
    else:
        from envsync.render.drift import render_drift

        result(render_drift(found, width=width(), color=colored(sys.stdout, options.color)))


def _markdown(found: Drift, limit: int | None = None) -> str:
    from envsync.render.drift_markdown import drift_markdown

    return drift_markdown(found, limit=limit, whole_at=WHOLE_AT)


def _topics(options: Options, telling: Telling, session: Session, found: Drift) -> Iterator[Topic]:
    """One for each repository that gets an issue of its own; else one for all."""
    asked = [f"environment={glob.casefold()}" for glob in options.environments]
    asked += ["settings-only"] if options.settings_only else []
    asked += ["pending"] if found.pending is not None else []
    if telling.report and telling.report_to is None:
        for each in session.desired:
            key = key_digest(session.owners[each.name.key], asked, each.name)
            yield _topic(found.only(str(each.name)), each.name, (str(each.name),), key)
    else:
        asked += [f"repo={glob.casefold()}" for glob in options.repositories]
        owners = {owner for each in session.owners.values() for owner in each}
        about = tuple(str(each.name) for each in session.desired)
        yield _topic(found, telling.report_to, about, key_digest(owners, asked, None))


def _topic(found: Drift, home: RepositoryName | None, about: tuple[str, ...], key: str) -> Topic:
    from envsync.render.drift import drift_title

    finding = finding_of(found, news_digest(found))
    return Topic(key, home, about, found, finding, drift_title(found), _markdown(found, issue_room()))


def _code(session: Session, found: Drift, came: Came) -> ExitCode:
    """A notification that failed is no reason to hide drift behind another number."""
    if found.partly_read:
        return unread_code(session.live)
    if not came.reported:
        return ExitCode.FAILURE
    if found.drifted:
        return ExitCode.DIFFERENCES
    return ExitCode.OK if came.notified else ExitCode.FAILURE
