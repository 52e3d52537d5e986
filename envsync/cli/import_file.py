"""`envsync import`: what is on GitHub, as a file to go on with. Its connection cannot write."""

from __future__ import annotations

import re
import shlex
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli.access import access_of, sandbox_access
from envsync.cli.checkout import repository_in
from envsync.cli.embedded import sandbox_folder
from envsync.cli.options import DEFAULT_FILE
from envsync.cli.output import complain, note, progress, result
from envsync.cli.saving import obstacle, save
from envsync.config import load
from envsync.config.repositories import is_pattern, repository_name
from envsync.errors import (
    ConfigError,
    CredentialError,
    Diagnostic,
    EnvsyncError,
    ExitCode,
    FailureKind,
    RequestFailed,
    Severity,
)
from envsync.github.crew import Crew
from envsync.github.expand import Owners, expand
from envsync.github.read import read_repository
from envsync.github.server import DEFAULT_API_URL, web_host
from envsync.model import Unread
from envsync.plan.diff import diff
from envsync.scaffold import Heading, claimed, is_owner_name, is_wanted, owner_name, recorded_owners, scaffold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envsync.cli.options import Options
    from envsync.github.connection import Access
    from envsync.github.reader import Reader
    from envsync.model import LiveRepository, RepositoryName
    from envsync.scaffold import Scaffold

STANDARD_OUTPUT = "-"
_SCHEMA = "schemas/environments.schema.json"
_WANTED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/(?!\.{1,2}\Z)[A-Za-z0-9._*?-]{1,100}")
_MOST_NAMED = 5  # environments in one message
_REFUSED = {FailureKind.NOT_PERMITTED, FailureKind.NOT_FOUND}


@dataclass(frozen=True, slots=True)
class Imported:
    """What there is to write. `called`: the file's name."""

    made: Scaffold
    live: tuple[LiveRepository, ...]
    called: str


def import_file(options: Options, wanted: Sequence[str], *, out: str, force: bool, name: str | None) -> int:
    check_import(options, wanted, name)
    if out != STANDARD_OUTPUT and (why := obstacle(out, replaces=force)) is not None:
        raise _unsaved(out, why)
    found = imported(options, wanted, name, _schema(out))
    if isinstance(found, ExitCode):
        return found
    made, live, called = found.made, found.live, found.called
    if out == STANDARD_OUTPUT:
        result(made.text)
    else:
        save(made.text, out, lambda why: _unsaved(out, why), private=False, replaces=force)
    complain((*made.warnings, *managed_already(found)), options.color)
    _tell(options, out, made, len(live), is_free=recorded_owners(live) in {(), (called,)})
    return ExitCode.OK


def imported(options: Options, wanted: Sequence[str], name: str | None, schema: str | None) -> Imported | ExitCode:
    """What is on GitHub, as a file. Where not all could be read: what to exit with, and it has been said why."""
    with _reached(options) as (access, source), closing(Crew(access)) as crew:
        live, failed = _read(options, crew, wanted)
    live = _with_environments(options, live, wanted)
    if failed:
        complain((each for one in failed for each in one.diagnostics), options.color)
        refused = not live and all(each.kind in _REFUSED for each in failed)
        return ExitCode.NOT_PERMITTED if refused else ExitCode.FAILURE
    if not live:
        raise _wrong("nothing-to-import", "no repository there has an environment", "start from one of your own")
    if unread := tuple(_unread(live)):
        raise EnvsyncError(*unread)
    called = name or owner_name(live)
    made = scaffold(live, Heading(called, source, datetime.now(UTC).date(), schema))
    _prove(made, live)
    return Imported(made, live, called)


def _schema(out: str) -> str | None:
    """Where an editor finds it, from the file; None: it is not there."""
    place = Path(out).parent / _SCHEMA
    return f"./{_SCHEMA}" if out != STANDARD_OUTPUT and place.is_file() else None


def check_import(options: Options, wanted: Sequence[str], name: str | None) -> None:
    """Raises where something is known to be wrong before GitHub is read."""
    if options.sandbox and options.api_url is not None:
        raise _wrong("two-servers", "--sandbox and --api-url name two servers", "leave one of them out")
    for text in wanted:
        if not _WANTED.fullmatch(text):
            meant = repository_in(text)
            hint = f"did you mean {meant}?" if meant else "for example acme/payments, 'acme/service-*'"
            raise _wrong("not-a-repository", f"{text} is not OWNER/REPO", hint)
    if name is not None and not is_owner_name(name):
        hint = "letters, digits, blanks and . _ -, at most 100, the first a letter or a digit"
        raise _wrong("not-a-name", f"{name} cannot be the name of a file's owner", hint)


def _wrong(code: str, message: str, hint: str) -> ConfigError:
    return ConfigError(Diagnostic(code, message, hint))


def _unsaved(out: str, why: str) -> ConfigError:
    hint = "--force replaces a file, --out names another one, and --out - writes to standard output"
    return _wrong("import-file", f"{out} cannot be written: {why}", hint)


# --- what is there -----------------------------------------------------------------------------------------


@contextmanager
def _reached(options: Options) -> Iterator[tuple[Access, str]]:
    """How to reach GitHub, and which it is, in words. The sandbox, if it is one, is up while the context is."""
    if not options.sandbox:
        access = access_of(options)
        yield access, "GitHub" if access.api_url == DEFAULT_API_URL else web_host(access.api_url)
        return
    from envsync.sandbox import Sandbox

    with Sandbox(sandbox_folder()) as sandbox:
        yield sandbox_access(options, sandbox.url), "the embedded sandbox"


def _read(
    options: Options, crew: Crew, wanted: Sequence[str]
) -> tuple[tuple[LiveRepository, ...], list[RequestFailed]]:
    """Each repository once, under the name that it has now; and what kept others from being read."""

    def read(name: RepositoryName) -> Iterator[tuple[RepositoryName, LiveRepository | RequestFailed]]:
        try:
            yield name, _read_one(options, crew.reader, name)
        except RequestFailed as error:
            if error.kind is FailureKind.NOT_AUTHENTICATED:  # it will be so for all the others
                raise CredentialError(*error.diagnostics) from None
            yield name, error

    came: dict[RepositoryName, LiveRepository | RequestFailed] = {}
    with progress(options) as say:
        say("finding the repositories")
        names = _expanded(crew.reader, wanted)
        for name, found in crew.flow(names, read):
            came[name] = found
            say(f"read {len(came)} of {len(names)}: {name}")
    live: dict[str, LiveRepository] = {}
    failed: list[RequestFailed] = []
    for name in names:
        found = came[name]
        if isinstance(found, RequestFailed):
            failed.append(found)
        else:
            live.setdefault(found.name.key, found)
    return tuple(live.values()), failed


def _with_environments(
    options: Options, live: tuple[LiveRepository, ...], wanted: Sequence[str]
) -> tuple[LiveRepository, ...]:
    """Without those that nobody named and that have nothing to import: the file would manage them from now on."""
    named = {repository_name(text).key for text in wanted if not is_pattern(text)}
    kept = tuple(each for each in live if each.environments or each.name.key in named)
    if left := len(live) - len(kept):
        note(options, f"left out: {_count(left, 'repository', 'repositories')} with no environment")
    return kept


def _expanded(reader: Reader, wanted: Sequence[str]) -> tuple[RepositoryName, ...]:
    """Patterns as those of a file: without archived repositories and forks. Those are spelled as on GitHub."""
    named: dict[str, RepositoryName] = {}
    matched: dict[str, RepositoryName] = {}
    owners = Owners(reader)
    for text in wanted:
        name = repository_name(text)
        if not is_pattern(text):
            named[name.key] = name
        elif found := expand(owners, name.owner, name.name, archived=False, forks=False):
            matched |= {each.key: each for each in found}
        else:
            hint = "archived repositories and forks have to be named; the token has to see the others"
            raise _wrong("no-repository", f"no repository matches {text}", hint)
    both = named | matched
    return tuple(both[key] for key in sorted(both))


def _read_one(options: Options, reader: Reader, name: RepositoryName) -> LiveRepository:
    found = read_repository(reader, name, is_wanted, settings_only=options.settings_only)
    if found.name.key != name.key:
        note(options, f"{name} is called {found.name} now, and the file calls it so")
    return found


def _unread(live: Sequence[LiveRepository]) -> Iterator[Diagnostic]:
    """What the token may not see. The file could only ignore it, and nobody would notice any more."""
    found: dict[tuple[str, str], list[Unread]] = {}
    for repository in live:
        for each in repository.environments.values():
            parts: dict[str, object] = {"patterns": each.patterns, "rules": each.protection_rules}
            parts |= {"variables": each.variables, "secrets": each.secrets}
            for kind, part in parts.items():
                if isinstance(part, Unread) and part.kind is not None:
                    found.setdefault((str(repository.name), kind), []).append(part)
    for (_, kind), (first, *others) in found.items():
        more = f" (nor those of {len(others)} more environments)" if others else ""
        instead = (
            "; or import with --settings-only, and leave them out" if kind in {"variables", "secrets"} else ""
        )
        yield Diagnostic("unread", f"{first.reason}{more}", f"{first.hint}{instead}")


# --- what comes of it --------------------------------------------------------------------------------------


def _prove(made: Scaffold, live: Sequence[LiveRepository]) -> None:
    """Raises where the file, read as any other, does not say what is there."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, DEFAULT_FILE)
        file.write_bytes(made.text.encode())
        try:
            desired = load([file]).desired({})
        except ConfigError as error:
            said = error.diagnostics[0].message.replace(str(file), DEFAULT_FILE)
            message = f"the file would not be valid: {said}"
            raise _wrong("import-too-large", message, "import fewer repositories at a time") from None
    plan = diff(desired, {each.name.key: each for each in live})
    if plan.changes or plan.unmet:
        message = "the file would not say what is there, so it was not written"
        raise _wrong("import-differs", message, "this is a bug in envsync; please report it")


def managed_already(found: Imported) -> Iterator[Diagnostic]:
    """Environments that some file manages already. The record of each is not verified here, a plan does it."""
    live, called = found.live, found.called
    if not (owners := recorded_owners(live)):
        return
    for owner in owners:
        places = sorted(
            f"{repository.name} {name}" for repository in live for name, of in claimed(repository) if of == owner
        )
        more = f" and {len(places) - _MOST_NAMED} more" if len(places) > _MOST_NAMED else ""
        message = (
            f"the file called {owner} has {', '.join(places[:_MOST_NAMED])}{more} already, say the records there"
        )
        hint = "go on with that file, if you have it"
        if owner != called:
            hint = f"{hint}; this one, called {called}, needs `envsync apply --take-over`, or to leave them out"
        yield Diagnostic("managed-already", message, hint, severity=Severity.WARNING)


def _tell(options: Options, out: str, made: Scaffold, repositories: int, *, is_free: bool) -> None:
    counted = f"{_count(made.environments, 'environment')} of {_count(repositories, 'repository', 'repositories')}"
    if out == STANDARD_OUTPUT:
        note(options, f"this is {counted}; to go on, save it as {DEFAULT_FILE}")
    else:
        note(options, f"wrote {out}: {counted}")
    more = "" if out in {DEFAULT_FILE, STANDARD_OUTPUT} else f" -f {shlex.quote(out)}"
    same = f"{' --sandbox' if options.sandbox else ''}{' --settings-only' if options.settings_only else ''}"
    if options.api_url is not None:
        same += f" --api-url {shlex.quote(options.api_url)}"
    nothing = "which has nothing to do" if is_free else "which leaves alone what another file has: see above"
    note(options, f"next: envsync validate{more}, and envsync plan{more}{same}, {nothing}")
    if made.secrets:
        are = "is" if made.secrets == 1 else "are"
        said = "external: give a source in the file to those that envsync shall write"
        note(options, f"{_count(made.secrets, 'secret')} {are} {said}")


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {many or f'{one}s'}"
