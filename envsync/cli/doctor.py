"""`envsync doctor`: why it does not work, and whether it will. Its connection cannot write."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from envsync.cli.access import access_of, sandbox_access
from envsync.cli.bookkeeping import Books
from envsync.cli.checkout import WORKFLOWS, repository_of, root_of
from envsync.cli.crossing import Uncrossed, desired_of, shared_files
from envsync.cli.doctor_links import ServersLinks
from envsync.cli.doctor_sources import sources_of
from envsync.cli.embedded import populate, sandbox_folder
from envsync.cli.output import colored, progress, result, summarize, width
from envsync.cli.selecting import expanded, hold_apart, selected
from envsync.config import load
from envsync.doctor.case import Case, Failure, Purpose, RecordKey
from envsync.doctor.examine import examine
from envsync.errors import ConfigError, CredentialError, Diagnostic, ExitCode, FailureKind, RequestFailed
from envsync.github.credentials import Credential
from envsync.github.expand import Owners
from envsync.github.installations import Installations
from envsync.github.reader import open_reader
from envsync.github.server import api_url, is_loopback
from envsync.github.survey import survey
from envsync.github.survey_credential import kind_of
from envsync.model import SecretValue, Unread
from envsync.plan.checkup import Topic
from envsync.plan.codec import dumps
from envsync.plan.diff import Scope, diff
from envsync.plan.facts import CredentialKind, RepositoryFacts
from envsync.secrets.record_keys import KEY, RecordKeys
from envsync.workflows.cross_check import cross_check
from envsync.workflows.flow import Elsewhere
from envsync.workflows.folder import read_folder
from envsync.workflows.reading import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from envsync.cli.options import Options
    from envsync.config import Configuration
    from envsync.config.configuration import Resolved
    from envsync.github.connection import Access
    from envsync.model import DesiredRepository, DesiredSecret
    from envsync.plan.changes import Plan
    from envsync.plan.checkup import Checkup
    from envsync.plan.facts import Facts
    from envsync.sandbox import Sandbox

T = TypeVar("T")

_NOT_LET_IN = {FailureKind.NOT_AUTHENTICATED, FailureKind.NOT_PERMITTED}


@dataclass(slots=True)
class _Findings:
    """What went wrong on the way: each a line of the result, and no end of it."""

    failures: list[Failure] = field(default_factory=list)

    def add(self, topic: Topic, diagnostics: Sequence[Diagnostic]) -> None:
        self.failures += [Failure(topic, each) for each in diagnostics]

    def kept(self, topic: Topic, do: Callable[[], T]) -> T | None:
        """What it gives; None: it failed, and that is a line now. `topic`: what a `ConfigError` is about."""
        try:
            return do()
        except CredentialError as error:
            self.add(Topic.CREDENTIAL, error.diagnostics)
        except RequestFailed as error:
            self.add(Topic.CREDENTIAL if error.kind in _NOT_LET_IN else Topic.SERVER, error.diagnostics)
        except ConfigError as error:
            self.add(topic, error.diagnostics)
        return None


def doctor(options: Options, purpose: str) -> int:
    if options.sandbox and options.api_url is not None:
        message = "--sandbox and --api-url name two servers"
        raise ConfigError(Diagnostic("two-servers", message, "leave one of them out"))
    checkup = _checkup(options, Purpose(purpose))
    summarize(lambda limit: _markdown(checkup, limit))
    if options.output == "json":
        from envsync.plan.checkup_codec import encode_checkup

        result(dumps(encode_checkup(checkup)))
    elif options.output == "markdown":
        result(_markdown(checkup))
    else:
        from envsync.render.checkup import checkup_text

        result(checkup_text(checkup, color=colored(sys.stdout, options.color), width=width()))
    return ExitCode.FAILURE if checkup.failed else ExitCode.OK


def _markdown(checkup: Checkup, limit: int | None = None) -> str:
    from envsync.render.checkup import checkup_markdown

    return checkup_markdown(checkup, limit=limit)


def _checkup(options: Options, purpose: Purpose) -> Checkup:
    found = _Findings()
    configuration = found.kept(Topic.FILES, lambda: load([Path(file) for file in options.files]))
    found.add(Topic.FILES, () if configuration is None else configuration.warnings)
    with ExitStack() as stack:
        access, links = _reached(options, configuration, found, stack, writes=purpose is Purpose.APPLY)
        key, keys = _record_key(options)
        if access is None:
            asked = _Asked(_named(options, configuration, found))
        else:
            asked = _ask(options, configuration, access, keys, found)
            links = _with_the_app(links, access)
        case = Case(
            purpose,
            asked.desired,
            int(time.time()),
            links,
            settings_only=options.settings_only,
            key=key,
            # In the sandbox a stand-in takes the place of what a source does not give.
            sources=() if options.sandbox else tuple(sources_of(asked.desired, os.environ)),
            plan=asked.plan,
            crossed={key: each.diagnostics for key, each in asked.crossed.items()},
            guardians={key: each.guardians for key, each in asked.crossed.items()},
            failures=tuple(found.failures),
        )
        checkup = examine(asked.facts, case)
        if links is None or not is_loopback(links.api_url):
            return checkup
        # A server on this machine, such as the sandbox, has no pages.
        return replace(checkup, checks=tuple(replace(each, link=None) for each in checkup.checks))


# --- how to reach GitHub -----------------------------------------------------------------------------------


def _reached(
    options: Options, configuration: Configuration | None, found: _Findings, stack: ExitStack, *, writes: bool
) -> tuple[Access | None, ServersLinks | None]:
    """Without a credential there still are pages. The sandbox, if it is one, is up as long as the stack."""
    if options.sandbox:
        from envsync.sandbox import Sandbox

        sandbox = stack.enter_context(Sandbox(sandbox_folder()))
        if configuration is not None:
            populate(sandbox, configuration)
            _give_workflows(options, sandbox, configuration)
        return sandbox_access(options, sandbox.url), ServersLinks(sandbox.url, writes, CredentialKind.SANDBOX)
    server = found.kept(Topic.SERVER, lambda: api_url(options.api_url, os.environ))
    if server is None:
        return None, None
    access = found.kept(Topic.SERVER, lambda: access_of(options))
    credential = None if access is None else access.credential
    kind = kind_of(credential.token) if isinstance(credential, Credential) else None
    return access, ServersLinks(server, writes, kind)


def _with_the_app(links: ServersLinks | None, access: Access) -> ServersLinks | None:
    credential = access.credential
    page = credential.permissions_page if isinstance(credential, Installations) else None
    return None if links is None else replace(links, app_page=page)


def _named(
    options: Options, configuration: Configuration | None, found: _Findings
) -> tuple[DesiredRepository, ...]:
    """What the files say of the repositories that they name: patterns cannot be expanded."""
    if configuration is None:
        return ()
    named = found.kept(
        Topic.FILES, lambda: configuration.desired({pattern.text: () for pattern in configuration.patterns})
    )
    return (found.kept(Topic.FILES, lambda: selected(options, named)) or ()) if named else ()


def _give_workflows(options: Options, sandbox: Sandbox, configuration: Configuration) -> None:
    """Those of the checkout, to the repository that it is of."""
    root = root_of(Path(options.files[0]).parent)
    here = desired_of(configuration, repository_of(root, os.environ))
    if not isinstance(here, Uncrossed):
        texts, _ = read_folder(root)
        files = {(WORKFLOWS / Path(each.file).name).as_posix(): each.text for each in texts}
        sandbox.seed(files={(here.name.owner, here.name.name): files})


def _record_key(options: Options) -> tuple[RecordKey, RecordKeys | None]:
    try:
        keys = RecordKeys.from_environ(os.environ)
    except ConfigError as error:
        return RecordKey(is_set=False, fault=error.diagnostics[0]), None
    if options.sandbox and keys is None:
        from envsync.sandbox import RECORD_KEY

        keys = RecordKeys.from_environ({KEY: RECORD_KEY})
    return RecordKey(keys is not None, keys is not None and keys.previous is not None), keys


# --- what GitHub says --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Crossed:
    """What the workflows of one repository get wrong, and which environments they say guard envsync."""

    diagnostics: tuple[Diagnostic, ...]
    guardians: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Asked:
    desired: tuple[DesiredRepository, ...] = ()
    facts: Facts | None = None
    plan: Plan | None = None
    crossed: Mapping[str, _Crossed] = field(default_factory=dict)  # by `RepositoryName.key`


def _ask(
    options: Options,
    configuration: Configuration | None,
    access: Access,
    keys: RecordKeys | None,
    found: _Findings,
) -> _Asked:
    if configuration is None:
        return _Asked(facts=_facts(options, access, (), keys, found))
    resolved = found.kept(Topic.FILES, lambda: _resolved(configuration, access))
    if resolved is None and any(each.topic is not Topic.FILES for each in found.failures):
        return _Asked()  # a pattern could not be expanded: GitHub would say the same once more
    declared = () if resolved is None else resolved.desired
    desired = found.kept(Topic.FILES, lambda: selected(options, declared)) or ()
    facts = _facts(options, access, desired, keys, found)
    if facts is None or resolved is None:
        return _Asked(desired, facts)
    books = Books("sandbox" if options.sandbox else access.api_url, keys, _nothing)
    plan = found.kept(Topic.FILES, lambda: _plan(options, desired, facts, resolved, books))
    return _Asked(desired, facts, plan, _crossed(desired, facts, configuration))


def _facts(
    options: Options,
    access: Access,
    desired: tuple[DesiredRepository, ...],
    keys: RecordKeys | None,
    found: _Findings,
) -> Facts | None:
    def ask(say: Callable[[str], None]) -> Facts:
        settings_only = options.settings_only
        return survey(access, desired, keeps_records=keys is not None, settings_only=settings_only, say=say)

    with progress(options) as say:
        facts = found.kept(Topic.SERVER, lambda: ask(say))
    if facts is None:
        return None
    facts = replace(facts, server=replace(facts.server, is_here=is_loopback(facts.server.api_url)))
    if not options.sandbox:
        return facts
    return replace(facts, credential=replace(facts.credential, kind=CredentialKind.SANDBOX))


def _resolved(configuration: Configuration, access: Access) -> Resolved:
    reader = open_reader(access)
    try:
        return configuration.resolve(expanded(configuration, Owners(reader)))
    finally:
        reader.close()


def _plan(
    options: Options, desired: Sequence[DesiredRepository], facts: Facts, resolved: Resolved, books: Books
) -> Plan:
    """What a plan would show that reads no source of a secret."""
    live = {key: each if isinstance(each, Unread) else each.live for key, each in facts.repositories.items()}
    read = [each for each in live.values() if not isinstance(each, Unread)]
    hold_apart(read, (each.name for each in resolved.desired))
    scope = Scope((), options.settings_only)
    scoped = [scope.narrow(repository) for repository in desired]
    ledger = books.ledger(replace(options, no_secrets=True), scoped, resolved.owners, live)
    return diff(desired, live, scope, ledger)


def _nothing(_: DesiredSecret) -> SecretValue:
    raise AssertionError("no source is read")  # `no_secrets` sees to it


def _crossed(
    desired: Sequence[DesiredRepository], facts: Facts, configuration: Configuration
) -> Mapping[str, _Crossed]:
    """Of the workflows on the default branches, by `RepositoryName.key`."""
    crossed, shared = {}, shared_files(configuration)
    for repository in desired:
        found = facts.repositories[repository.name.key]
        if isinstance(found, RepositoryFacts) and not isinstance(found.workflows, Unread):
            elsewhere = Elsewhere(
                None if isinstance(found.secrets, Unread) else found.secrets,
                None if isinstance(found.variables, Unread) else found.variables,
            )
            read = reading(found.workflows, found.name)
            judged = cross_check(read, repository, configuration.pages, elsewhere, shared=shared)
            crossed[repository.name.key] = _Crossed((*read.diagnostics, *judged), read.guardians)
    return crossed
