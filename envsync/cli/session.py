"""One run against GitHub or the sandbox: from files and a credential to desired, live and plan."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli import guard
from envsync.cli.bookkeeping import Books
from envsync.cli.embedded import SANDBOX_NOTICE, populate, sandbox_folder, standing_in
from envsync.cli.output import complain, note, progress
from envsync.config import load
from envsync.errors import (
    ConfigError,
    CredentialError,
    Diagnostic,
    FailureKind,
    RequestFailed,
    SecretSourceError,
)
from envsync.github.connection import Access, Effects
from envsync.github.credentials import Credential, find, gh_token
from envsync.github.expand import expand
from envsync.github.read import read_repository
from envsync.github.reader import open_reader
from envsync.github.server import DEFAULT_API_URL, api_url
from envsync.model import DesiredRepository, LiveRepository, RepositoryName, SecretValue, Unread
from envsync.plan.appeared import environment_looks_open
from envsync.plan.changes import Address, Notice, SecretWrite
from envsync.plan.diff import Scope, diff
from envsync.plan.expected import expected_notices
from envsync.plan.undeclared import is_undeclared
from envsync.secrets.record_keys import KEY, RecordKeys
from envsync.secrets.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from envsync.cli.options import Options
    from envsync.config import Configuration
    from envsync.github.reader import Reader
    from envsync.model import ListedEnvironment
    from envsync.plan.changes import Plan
    from envsync.plan.ledger import Ledger

Live = dict[str, LiveRepository | Unread]


@dataclass(frozen=True, slots=True)
class Session:
    """Everything that is known once GitHub has been read."""

    access: Access
    desired: tuple[DesiredRepository, ...]
    live: Live
    ledger: Ledger
    plan: Plan
    books: Books
    owners: Mapping[str, tuple[str, ...]]  # by `RepositoryName.key`: the names of the files that declare it


@contextmanager
def opened(
    options: Options,
    *,
    applies: bool = False,
    watches: bool = False,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Session]:
    """Read the files, then GitHub, and compare. The sandbox, if it is one, is up while the context is.

    `watches`: also what protects the environments that no file declares.
    """
    if options.sandbox and options.api_url is not None:
        raise ConfigError(
            Diagnostic("two-servers", "--sandbox and --api-url name two servers", "leave one of them out")
        )
    configuration = load([Path(file) for file in options.files])
    complain(configuration.warnings, options.color)
    sources = Sources(os.environ, allow_commands=options.allow_commands)
    keys = RecordKeys.from_environ(os.environ)
    if options.sandbox:
        from envsync.sandbox import RECORD_KEY, Sandbox

        keys = keys or RecordKeys.from_environ({KEY: RECORD_KEY})
        with Sandbox(sandbox_folder()) as sandbox:
            populate(sandbox, configuration)
            access = sandbox_access(options, sandbox.url, pause)
            # Its port is another one each time; what it keeps stays the same.
            books = Books("sandbox", keys, standing_in(options, sources.read))
            session = _read(options, configuration, access, books, watches=watches)
            plan = replace(session.plan, warnings=(SANDBOX_NOTICE, *session.plan.warnings))
            yield replace(session, plan=plan)
    else:
        access = access_of(options, pause)
        if access.api_url != DEFAULT_API_URL:
            note(options, f"comparing with {access.api_url}, with the token from {access.credential.source}")
        session = _read(options, configuration, access, Books(access.api_url, keys, sources.read), watches=watches)
        # A plan is often made where commands may not run.
        checked = sources if applies else replace(sources, allow_commands=True)
        missing = () if options.no_secrets else _missing_sources(session, checked)
        yield replace(session, plan=replace(session.plan, warnings=(*session.plan.warnings, *missing)))


def access_of(options: Options, pause: Callable[[float], None] = time.sleep) -> Access:
    """To the server, and as whom, that options and environment say. Raises where they do not."""
    server = api_url(options.api_url, os.environ)
    credential = find(os.environ, api_url=server, gh=gh_token)
    return Access(server, credential, effects=_effects(options, pause))


def sandbox_access(options: Options, url: str, pause: Callable[[float], None] = time.sleep) -> Access:
    from envsync.sandbox import FULL_TOKEN

    credential = Credential(SecretValue(FULL_TOKEN.encode()), "the sandbox")
    return Access(url, credential, effects=_effects(options, pause))


def _effects(options: Options, pause: Callable[[float], None]) -> Effects:
    def trace(line: str) -> None:
        if options.verbose:
            note(options, line)

    return Effects(pause=pause, notify=lambda words: note(options, words), trace=trace)


def _missing_sources(session: Session, sources: Sources) -> Iterator[Notice]:
    """What apply would fail at, as far as that is known before it starts."""
    wanted = {
        Address(str(repository.name), environment.name): environment.secrets
        for repository in session.desired
        for environment in repository.environments
    }
    for change in session.plan.changes:
        if isinstance(change, SecretWrite):
            try:
                sources.check(wanted[change.at][change.name])
            except SecretSourceError as error:
                message = f"{change.at.environment}: the secret {change.name} cannot be written: {error}"
                yield Notice(change.at.repository, error.diagnostics[0].code, message)


# --- what the files say ------------------------------------------------------------------------------------


def expanded(configuration: Configuration, reader: Reader) -> Mapping[str, Sequence[RepositoryName]]:
    return {
        pattern.text: expand(reader, pattern.owner, pattern.name, archived=pattern.archived, forks=pattern.forks)
        for pattern in configuration.patterns
    }


def selected(options: Options, desired: Sequence[DesiredRepository]) -> tuple[DesiredRepository, ...]:
    """Raises where something that was asked for is not there: an empty plan would read as if all were well."""
    if not desired:
        raise _nothing(
            "repository", "the files match no repository", "see `repositories` and `exclude` in the files"
        )
    keys = [each.name.key for each in desired]
    for glob in options.repositories:
        if not any(fnmatchcase(key, glob.casefold()) for key in keys):
            raise _nothing(
                "repository", f"no repository of the files matches {glob}", "see `repositories` in the files"
            )
    globs = [glob.casefold() for glob in options.repositories]
    kept = tuple(each for each in desired if not globs or any(fnmatchcase(each.name.key, glob) for glob in globs))
    names = [environment.name for repository in kept for environment in repository.environments]
    for glob in options.environments:
        if not any(Scope((glob,)).holds(name) for name in names):
            raise _nothing(
                "environment", f"no environment of the files matches {glob}", "see `environments` in the files"
            )
    _hold_rotations(options, kept)
    return kept


def _hold_rotations(options: Options, desired: Sequence[DesiredRepository]) -> None:
    secrets = {name for each in desired for environment in each.environments for name in environment.secrets}
    for glob in options.rotate:
        if glob != "*" and not any(fnmatchcase(name, glob.upper()) for name in secrets):
            raise _nothing("secret", f"no secret of the files matches {glob}", "see `secrets` in the files")


def _nothing(what: str, message: str, hint: str) -> ConfigError:
    return ConfigError(Diagnostic(f"no-{what}", message, hint))


# --- what GitHub says --------------------------------------------------------------------------------------


def _read(
    options: Options, configuration: Configuration, access: Access, books: Books, *, watches: bool
) -> Session:
    scope = Scope(options.environments, options.settings_only, looks_on=watches)
    reader = open_reader(access)
    try:
        resolved = configuration.resolve(expanded(configuration, reader))
        desired = selected(options, resolved.desired)
        live: Live = {}
        with progress(options) as say:
            for number, repository in enumerate(desired, start=1):
                say(f"reading {repository.name} ({number} of {len(desired)})")
                keeps_records = books.keys is not None and not options.settings_only
                live[repository.name.key] = _read_one(
                    options, reader, repository, scope, keeps_records=keeps_records, watches=watches
                )
    finally:
        reader.close()
    hold_apart(live)
    scoped = [scope.narrow(repository) for repository in desired]
    ledger = books.ledger(options, scoped, resolved.owners, live)
    owners = {key: each.repository for key, each in resolved.owners.items()}
    session = Session(access, desired, live, ledger, diff(desired, live, scope, ledger), books, owners)
    return session if watches else _noticed(session)


def _noticed(session: Session) -> Session:
    """With what whoever applies should know before."""
    today = datetime.now(UTC).date()
    notices = (
        *guard.notices(session, os.environ),
        *expected_notices(session.plan, session.desired, today),
    )
    return replace(session, plan=replace(session.plan, warnings=(*session.plan.warnings, *notices)))


def hold_apart(live: Live) -> None:
    """Raises where a former name and the present one are in the files as two repositories."""
    known: dict[str, LiveRepository] = {}
    for each in live.values():
        if isinstance(each, LiveRepository):
            first = known.setdefault(each.name.key, each)
            if first is not each:
                message = f"{first.requested} and {each.requested} are one repository, {each.name}"
                raise ConfigError(
                    Diagnostic("repository-twice", message, "leave its former name out of the files")
                )


def _read_one(
    options: Options,
    reader: Reader,
    repository: DesiredRepository,
    scope: Scope,
    *,
    keeps_records: bool,
    watches: bool,
) -> LiveRepository | Unread:
    """An environment that may go is looked at before: this file may have created it, or another one may own it."""
    declared = {each.name.casefold() for each in repository.environments}

    def is_looked_at(name: str) -> bool:
        if scope.holds(name):
            return (keeps_records or repository.prune) and is_undeclared(repository, name)
        return keeps_records and name.casefold() in declared  # for what it says of `never_touch`

    def may_be_open(listed: ListedEnvironment) -> bool:
        return watches and environment_looks_open(listed, repository, scope.holds)

    names = [environment.name for environment in scope.narrow(repository).environments]
    try:
        live = read_repository(
            reader,
            repository.name,
            names,
            settings_only=options.settings_only,
            identify=keeps_records,
            others=is_looked_at,
            guarding=may_be_open,
        )
    except RequestFailed as failed:
        if failed.kind is FailureKind.NOT_AUTHENTICATED:  # it will be so for all the others
            raise CredentialError(*failed.diagnostics) from None
        return Unread(str(failed), failed.kind, failed.hint)
    if live.name.owner.casefold() != repository.name.owner.casefold():
        # Secrets must not follow a repository to whoever has it now.
        reason = f"{repository.name} belongs to another owner now, as {live.name}"
        return Unread(reason, FailureKind.CHANGED, "name it so in the file, if that is what you want")
    return live
