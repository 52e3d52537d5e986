"""`envsync drift`: what was changed outside envsync, and who is told. But for that it only reads."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli.examining import Watch
from envsync.cli.output import colored, complain, note, result, results, set_outputs, summarize, width
from envsync.cli.saving import obstacle, save
from envsync.cli.session import opened
from envsync.cli.telling import WHOLE_AT, Teller, Topic, issue_room
from envsync.drift.finding import finding_of
from envsync.drift.marker import Checksum, key_digest
from envsync.drift.notify import VARIABLE, channels, notify_urls
from envsync.errors import ConfigError, Diagnostic, EnvsyncError, ExitCode
from envsync.plan.codec import dumps
from envsync.plan.drift import Asked, Checked
from envsync.plan.drift_codec import encode_drift, news_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envsync.cli.options import Options
    from envsync.cli.session import Session
    from envsync.cli.telling import Came, Telling
    from envsync.drift.notify import Channel
    from envsync.model import RepositoryName
    from envsync.plan.drift import Drift


def drift(options: Options, telling: Telling, *, pending: bool, out: str | None) -> int:
    """Drift is shown whatever becomes of telling it."""
    hold_report_to(telling)
    if options.shard is not None:
        _hold_untold(telling)
    if out is not None:
        _clear(out)
    to = usable_channels(options, telling)
    sources_unread = replace(options, no_secrets=options.no_secrets or not pending)
    with opened(sources_unread, watch=Watch(pending)) as session:
        checked = _checked(options, session)
        show(options, checked, out)
        topics = tuple(_topics(telling, session, checked))
        teller = Teller(options, lambda: session.access, to or (), session.books.keys or Checksum())
        came = teller.tell(telling, topics, checked.found)
    return code(checked, came, told=to is not None)


def hold_report_to(telling: Telling) -> None:
    if telling.report_to is not None and not telling.report:
        raise ConfigError(Diagnostic("report-to", "--report-to says where, but not what", "add --report issue"))


def _hold_untold(telling: Telling) -> None:
    """One shard would take the issue for all from the other one, and take back what that one told."""
    asked = {
        "--report-to": telling.report_to is not None,
        "--notify": bool(telling.urls),
        VARIABLE: bool(os.environ.get(VARIABLE, "").split()),
    }
    for name in (name for name, is_there in asked.items() if is_there):
        message = f"{name} tells of all repositories, and a shard knows of some"
        hint = "give it to the run that joins them: envsync drift --merge FILE…"
        raise ConfigError(Diagnostic("shard-tells", message, hint))


def _clear(out: str) -> None:
    """What a former run saved is not to be taken for what this one found, should it come to nothing."""
    if (why := obstacle(out, replaces=True)) is not None:
        raise _unsaved(out, why)
    try:
        Path(out).unlink(missing_ok=True)
    except OSError as error:
        raise _unsaved(out, error.strerror or type(error).__name__) from None


def usable_channels(options: Options, telling: Telling) -> tuple[Channel, ...] | None:
    """None where one is not usable: that has been said, nobody is notified, and drift is shown all the same."""
    try:
        return channels(notify_urls(telling.urls, os.environ))
    except EnvsyncError as error:
        complain(error.diagnostics, options.color)
        return None


def _checked(options: Options, session: Session) -> Checked:
    if session.drift is None:
        raise ValueError("nobody asked for drift")
    names = tuple(sorted((str(each) for each in session.names), key=str.casefold))
    return Checked(
        session.drift,
        names,
        session.books.server,
        tuple(sorted({owner for each in session.owners.values() for owner in each})),
        Asked(_globs(options.repositories), _globs(options.environments), options.settings_only),
        bool(names) and session.nothing_read,
        options.shard,
    )


def _globs(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({each.casefold() for each in given}))


# --- what is shown -----------------------------------------------------------------------------------------


def show(options: Options, checked: Checked, out: str | None) -> None:
    """To whoever runs it, in the file that is asked for, and to the workflow that this is a step of."""
    found = checked.found
    if out is not None:
        save(dumps(encode_drift(checked)), out, lambda why: _unsaved(out, why), private=True)
        note(options, f"saved as {out}" + (": join it with envsync drift --merge" if checked.shard else ""))
    if options.output == "json":
        result(dumps(encode_drift(checked)))
    elif options.output == "markdown":
        result(_markdown(found, compared=checked.repositories))
    else:
        from envsync.render.drift import drift_pages

        color = colored(sys.stdout, options.color)
        results(drift_pages(found, width=width(), color=color, compared=checked.repositories))
    summarize(lambda limit: _markdown(found, limit, checked.repositories))
    counts = {"drift": len(found.differences), "weakens": found.weakened, "changes": len(found.pending or ())}
    set_outputs(counts)


def _unsaved(out: str, why: str) -> ConfigError:
    return ConfigError(Diagnostic("drift-file", f"drift cannot be saved as {out}: {why}", "name another file"))


def _markdown(found: Drift, limit: int | None = None, compared: Sequence[str] = ()) -> str:
    from envsync.render.drift_markdown import drift_markdown

    return drift_markdown(found, limit=limit, whole_at=WHOLE_AT, compared=compared)


# --- who is told -------------------------------------------------------------------------------------------


def _topics(telling: Telling, session: Session, checked: Checked) -> Iterator[Topic]:
    """One for each repository that gets an issue of its own; else one for all."""
    if telling.report and telling.report_to is None:
        for name in session.names:
            key = key_digest(session.owners[name.key], _asked(checked), name)
            # GitHub passes nothing on that is written to a former name.
            home = session.present.get(name.key, name)
            yield _topic(checked.found.only(str(name)), home, (str(name),), key)
    else:
        yield topic_of_all(telling, checked)


def topic_of_all(telling: Telling, checked: Checked) -> Topic:
    asked = [*_asked(checked), *(f"repo={glob}" for glob in checked.asked.repositories)]
    key = key_digest(checked.owners, asked, None)
    return _topic(checked.found, telling.report_to, checked.repositories, key)


def _asked(checked: Checked) -> Iterator[str]:
    """What narrows or widens the check of each repository."""
    yield from (f"environment={glob}" for glob in checked.asked.environments)
    if checked.asked.settings_only:
        yield "settings-only"
    if checked.found.pending is not None:
        yield "pending"


def _topic(found: Drift, home: RepositoryName | None, about: tuple[str, ...], key: str) -> Topic:
    from envsync.render.drift import drift_title

    finding = finding_of(found, news_digest(found))
    body = _markdown(found, issue_room(), about if len(about) > 1 else ())
    return Topic(key, home, about, found, finding, drift_title(found), body)


def code(checked: Checked, came: Came, *, told: bool) -> ExitCode:
    """`told`: whether all who are to be notified could be.

    A notification that failed is no reason to hide drift behind another number.
    """
    if checked.found.partly_read:
        return ExitCode.NOT_PERMITTED if checked.shut_out else ExitCode.FAILURE
    if not came.reported:
        return ExitCode.FAILURE
    if checked.found.drifted:
        return ExitCode.DIFFERENCES
    return ExitCode.OK if came.notified and told else ExitCode.FAILURE
