"""`envsync init`: a checkout gets its `environments.yaml`, and all that plans and applies it at home in CI."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envsync import __version__
from envsync.cli import asking
from envsync.cli.checkout import WORKFLOWS, default_branch, host_of, repository_of, root_of
from envsync.cli.declared_there import declared, sources_there
from envsync.cli.import_file import check_import, imported, managed_already
from envsync.cli.init_pipeline import afterwards, settled, text_there, wanted_of, without_deleted
from envsync.cli.next_steps import Checkout, next_steps
from envsync.cli.options import DEFAULT_FILE
from envsync.cli.output import colored, complain, note, result
from envsync.cli.placing import Fate, Wanted, diff_text, placed, write
from envsync.cli.unfit import unfit
from envsync.errors import ConfigError, Diagnostic, ExitCode, Severity
from envsync.github.server import api_url, web_host
from envsync.model import RepositoryName, Team, User
from envsync.packaged import schema_text, template_text
from envsync.scaffold.owner_name import name_like
from envsync.scaffold.starter import Starter, starter_text
from envsync.scaffold.starter_words import handed_on
from envsync.scaffold.vendored import ACTION, vendored_action, vendored_workflow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from envsync.cli.declared_there import Declared
    from envsync.cli.init_asked import Asked
    from envsync.cli.options import Options
    from envsync.cli.placing import Placed
    from envsync.model import DesiredEnvironment, LiveEnvironment
    from envsync.scaffold.starter_words import Sources

_SCHEMA = "schemas/environments.schema.json"
_MAIN = "main"  # which the workflows name, and the first file
_WORKFLOWS = ("envsync-plan.yml", "envsync-apply.yml", "envsync-drift.yml")


@dataclass(frozen=True, slots=True)
class _First:
    """An `environments.yaml`, and what is known of it. `text`: None where it is there, and says something else."""

    text: str | None
    repository: RepositoryName | None
    organization: bool  # whether its owner is known to be one


def init(options: Options, asked: Asked) -> int:
    _check_usage(options, asked)
    server = api_url(options.api_url, os.environ)
    root = root_of(Path.cwd())
    asked = settled(root, asked)
    placed(root, _tools(asked, None))  # what is in the way is told before anybody is asked
    first = _first(options, asked, root)
    if isinstance(first, ExitCode):
        return first
    own = placed(root, _environments(first, asked))
    every = (*own, *placed(root, _tools(asked, _sources(root, own, asked))))
    after = afterwards(root, every)
    files = without_deleted(every, after)
    if asked.dry_run:
        result(diff_text(files, color=colored(sys.stdout, options.color)))
    else:
        write(root, files)
    for line in _told(root, files, asked, unknown=first.text is None):
        note(options, line)
    here = asked.repository or _of_checkout(root)
    complain((*_doubts(root, first, server), *unfit(root, files, after, asked, here)), options.color)
    if any(each.writes for each in files) and not asked.dry_run:
        checkout = Checkout(first.repository, first.organization, server, asked.workflows, asked.pipeline)
        note(options, f"\n{next_steps(checkout)}")
    return ExitCode.OK


def _check_usage(options: Options, asked: Asked) -> None:
    check_import(options, [str(asked.repository)] if asked.repository else (), asked.name)
    if asked.imports and asked.reviewers:
        raise _wrong("wrong-option", "--import takes the reviewers that are there", "leave --reviewer out")
    if asked.imports and asked.pipes:
        message = "--pipeline needs the five environments that it writes, and --import writes those that are there"
        hint = f"run it with --import, then with --pipeline: that says what {DEFAULT_FILE} lacks for it"
        raise _wrong("wrong-option", message, hint)
    if options.sandbox and not asked.imports:
        raise _wrong("wrong-option", "--sandbox is what --import reads", "leave it out, or add --import")


def _wrong(code: str, message: str, hint: str) -> ConfigError:
    return ConfigError(Diagnostic(code, message, hint))


# --- environments.yaml -------------------------------------------------------------------------------------


def _first(options: Options, asked: Asked, root: Path) -> _First | ExitCode:
    """One that is there is replaced only where somebody says by what: it is the one file that people write."""
    file = root / DEFAULT_FILE
    placed(root, [Wanted(DEFAULT_FILE, "", replaces=asked.force)])
    there = declared(file)
    told = asked.repository or (there.repository.name if there else None) or _of_checkout(root)
    if os.path.lexists(file) and not asked.renews:
        return _First(_again(asked, there), told, bool(there and _has_teams(there.repository.environments)))
    if told is None:
        told = _asked_repository(asked, root)
    return _imported(options, asked, told) if asked.imports else _five(asked, told)


def _of_checkout(root: Path) -> RepositoryName | None:
    found = repository_of(root, os.environ)
    return found if found is not None and asking.is_repository(str(found)) else None


def _again(asked: Asked, there: Declared | None) -> str | None:
    """What `init` would write in the place of a file that is there; None where nobody knows."""
    if there is None or asked.imports:
        return None
    repository = asked.repository or there.repository.name
    if asked.reviewers:
        reviewers = asking.reviewers(asked.reviewers, repository.owner)
    else:
        every = [each for one in there.repository.environments for each in one.settings.required_reviewers]
        reviewers = tuple({str(each): each for each in every if isinstance(each, User | Team)}.values())
    if not reviewers:
        return None
    return starter_text(Starter(repository, asked.name or there.owner, reviewers, asked.deploys))


def _has_teams(environments: Iterable[DesiredEnvironment | LiveEnvironment]) -> bool:
    reviewers = [each for one in environments for each in one.settings.required_reviewers]
    return any(isinstance(each, Team) for each in reviewers)


def _asked_repository(asked: Asked, root: Path) -> RepositoryName:
    if not asking.somebody_is_there():
        missing = [
            Diagnostic("no-repository", "git's remote does not tell the repository", "--repository OWNER/REPO")
        ]
        if not (asked.imports or asked.reviewers):
            missing += asking.nobody_approves("nobody is named who approves").diagnostics
        raise ConfigError(*missing)
    return asking.ask("Repository, as OWNER/REPO", asking.repository, _offered(asked, root))


def _offered(asked: Asked, root: Path) -> str | None:
    """A team among the reviewers tells the owner; the folder is usually called like the repository."""
    owner = next((text.partition("/")[0].removeprefix("@") for text in asked.reviewers if "/" in text), None)
    offered = f"{owner}/{root.name}"
    return offered if owner and asking.is_repository(offered) else None


def _five(asked: Asked, repository: RepositoryName) -> _First:
    if asked.reviewers or not asking.somebody_is_there():
        reviewers = asking.reviewers(asked.reviewers, repository.owner)
    else:
        question = "Who approves deployments to production: LOGIN or ORG/TEAM, several with commas"
        reviewers = asking.ask(question, lambda text: asking.reviewers([text], repository.owner))
    name = asked.name or name_like(repository.name)
    organization = any(isinstance(each, Team) for each in reviewers)
    text = starter_text(Starter(repository, name, reviewers, asked.deploys))
    return _First(text, repository, organization)


def _imported(options: Options, asked: Asked, repository: RepositoryName) -> _First | ExitCode:
    found = imported(options, (str(repository),), asked.name, f"./{_SCHEMA}")
    if isinstance(found, ExitCode):
        return found
    complain((*found.made.warnings, *managed_already(found)), options.color)
    (live,) = found.live
    return _First(found.made.text, live.name, _has_teams(live.environments.values()))


def _environments(first: _First, asked: Asked) -> Iterator[Wanted]:
    if first.text is not None:
        yield Wanted(DEFAULT_FILE, first.text, replaces=asked.renews, hides=True)


# --- what works with it ------------------------------------------------------------------------------------


def _sources(root: Path, own: Sequence[Placed], asked: Asked) -> Sources | None:
    """What the workflow that applies hands on: what the file names that is written, or else kept."""
    written = next((each.wanted.text for each in own if each.fate is not Fate.KEPT), None)
    if written is not None:
        return handed_on(written, (), asked.deploys)
    file = root / DEFAULT_FILE
    return handed_on(text_there(file), sources_there(file), asked.deploys)


def _tools(asked: Asked, sources: Sources | None) -> Iterator[Wanted]:
    yield Wanted(_SCHEMA, schema_text("environments.schema.json"), replaces=asked.force)
    if asked.workflows:
        yield from _own_workflows(asked, sources)
    yield from wanted_of(asked)


def _own_workflows(asked: Asked, sources: Sources | None) -> Iterator[Wanted]:
    for name in _WORKFLOWS:
        path = f"{WORKFLOWS.as_posix()}/{name}"
        yield Wanted(path, vendored_workflow(template_text(path), sources), replaces=asked.force)
    yield Wanted(f"{ACTION}/action.yml", vendored_action(template_text("action.yml"), __version__), asked.force)
    yield Wanted(f"{ACTION}/requirements.txt", template_text(".github/requirements.txt"), asked.force)


def _doubts(root: Path, first: _First, server: str) -> Iterator[Diagnostic]:
    """What the checkout has otherwise than the files."""
    host, branch = host_of(root), default_branch(root)
    if host is not None and "." in host and host != web_host(server) and first.repository == _of_checkout(root):
        message = f"git's remote is on {host}, and the links below are of {web_host(server)}"
        hint = f"for an Enterprise Server, pass --api-url https://{host}/api/v3, or set GITHUB_API_URL"
        yield Diagnostic("other-host", message, hint, severity=Severity.WARNING)
    if branch is not None and branch != _MAIN and first.text is not None:
        message = f"the default branch is {branch}, and the files speak of {_MAIN}"
        hint = f"put {branch} for {_MAIN} in {DEFAULT_FILE} and in the workflows"
        yield Diagnostic("other-branch", message, hint, severity=Severity.WARNING)


# --- what is said ------------------------------------------------------------------------------------------


def _told(root: Path, files: Sequence[Placed], asked: Asked, *, unknown: bool) -> Iterator[str]:
    """`unknown`: whether `environments.yaml` is there, and nobody knows what `init` would make of it."""
    if root != Path.cwd():
        yield f"in {root}, the top of the checkout:"
    if unknown:
        yield _kept(asked)
    fates = {
        Fate.NEW: "new" if asked.dry_run else "written",
        Fate.SAME: "unchanged",
        Fate.REPLACES: "would be replaced" if asked.dry_run else "replaced",
        Fate.KEPT: "kept, though it is not what init writes",
    }
    for each in files:
        if each.fate is Fate.KEPT and each.wanted.path == DEFAULT_FILE:
            yield _kept(asked)
        elif each.fate is Fate.KEPT and each.wanted.filled_in:
            yield f"{each.wanted.path}: kept, for it is yours; delete it to have it written anew"
        else:
            yield f"{each.wanted.path}: {fates[each.fate]}"
    replaceable = (each for each in files if each.wanted.path != DEFAULT_FILE and not each.wanted.filled_in)
    if any(each.fate is Fate.KEPT for each in replaceable):
        but = "" if asked.imports or asked.reviewers else f", but for {DEFAULT_FILE}"
        yield f"--force replaces what was kept{but}; --force --dry-run shows how"
    if asked.dry_run:
        yield "nothing was written"


def _kept(asked: Asked) -> str:
    if asked.imports:
        return f"{DEFAULT_FILE}: kept, for it is there, and nothing was imported; --force replaces it"
    if asked.reviewers:
        return f"{DEFAULT_FILE}: kept, for it is there; --force replaces it"
    if asked.force:
        return f"{DEFAULT_FILE}: kept, for it is yours; to replace it, say by what: --reviewer or --import"
    return f"{DEFAULT_FILE}: kept, for it is yours"
