"""`envsync init`: a checkout gets its `environments.yaml`, and all that plans and applies it at home in CI."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from envsync import __version__
from envsync.cli import asking
from envsync.cli.checkout import WORKFLOWS, default_branch, host_of, repository_of, root_of
from envsync.cli.import_file import check_import, imported, managed_already
from envsync.cli.next_steps import Checkout, next_steps
from envsync.cli.options import DEFAULT_FILE
from envsync.cli.output import colored, complain, note, result
from envsync.cli.placing import Fate, Wanted, diff_text, placed, write
from envsync.config import load
from envsync.errors import ConfigError, Diagnostic, ExitCode, Severity
from envsync.github.server import api_url, web_host
from envsync.model import RepositoryName, Team, User
from envsync.packaged import pipeline_text, schema_text, template_text
from envsync.plan.listing import listed
from envsync.scaffold.owner_name import name_like
from envsync.scaffold.pipeline import DEPLOYMENT, TO_FILL_IN, pipeline_files, pipeline_of
from envsync.scaffold.starter import Starter, starter_text
from envsync.scaffold.starter_words import missing, pipeline_sources
from envsync.scaffold.vendored import ACTION, vendored_action, vendored_workflow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from envsync.cli.options import Options
    from envsync.cli.placing import Placed
    from envsync.model import DesiredEnvironment, DesiredRepository, LiveEnvironment
    from envsync.scaffold.pipeline import Pipeline

_SCHEMA = "schemas/environments.schema.json"
_MAIN = "main"  # which the workflows name, and the first file
_WORKFLOWS = ("envsync-plan.yml", "envsync-apply.yml", "envsync-drift.yml")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says. `reviewers`: as they were written. `beside`: the pipeline that is there."""

    repository: RepositoryName | None = None
    reviewers: tuple[str, ...] = ()
    imports: bool = False
    name: str | None = None
    pipeline: Pipeline | None = None
    workflows: bool = True
    dry_run: bool = False
    force: bool = False
    beside: Pipeline | None = None

    @property
    def deploys(self) -> Pipeline | None:
        """What the files are to fit."""
        return self.pipeline or self.beside


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
    asked = replace(asked, beside=_piped(root))
    placed(root, _tools(asked))  # what is in the way is told before anybody is asked
    first = _first(options, asked, root)
    if isinstance(first, ExitCode):
        return first
    files = placed(root, (*_environments(first, asked), *_tools(asked)))
    if asked.dry_run:
        result(diff_text(files, color=colored(sys.stdout, options.color)))
    else:
        write(root, files)
    for line in _told(root, files, asked, unknown=first.text is None):
        note(options, line)
    complain((*_doubts(root, first, server), *_unfit(root, files, asked)), options.color)
    if any(each.writes for each in files) and not asked.dry_run:
        checkout = Checkout(first.repository, first.organization, server, asked.workflows, asked.pipeline)
        note(options, f"\n{next_steps(checkout)}")
    return ExitCode.OK


def _piped(root: Path) -> Pipeline | None:
    """Which pipeline is in the checkout. What is no file is told where it is in the way."""
    file = root / DEPLOYMENT
    try:
        return pipeline_of(file.read_text(encoding="utf-8")) if file.is_file() else None
    except (OSError, UnicodeError):
        return None


def _check_usage(options: Options, asked: Asked) -> None:
    check_import(options, [str(asked.repository)] if asked.repository else (), asked.name)
    if asked.imports and asked.reviewers:
        raise _wrong("wrong-option", "--import takes the reviewers that are there", "leave --reviewer out")
    if asked.imports and asked.pipeline:
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
    there = _declared(file)
    told = asked.repository or (there.repository.name if there else None) or _of_checkout(root)
    if os.path.lexists(file) and not _renews(asked):
        return _First(_again(asked, there), told, bool(there and _has_teams(there.repository.environments)))
    if told is None:
        told = _asked_repository(asked, root)
    return _imported(options, asked, told) if asked.imports else _five(asked, told)


def _renews(asked: Asked) -> bool:
    return asked.force and bool(asked.imports or asked.reviewers)


def _of_checkout(root: Path) -> RepositoryName | None:
    found = repository_of(root, os.environ)
    return found if found is not None and asking.is_repository(str(found)) else None


@dataclass(frozen=True, slots=True)
class _Declared:
    owner: str
    repository: DesiredRepository


def _declared(file: Path) -> _Declared | None:
    """A file that is there, and the one repository that it is about. None: there is none, or not just one."""
    try:
        configuration = load([file])
        desired = configuration.desired({each.text: () for each in configuration.patterns})
    except ConfigError:
        return None  # what is wrong with it, `envsync validate` says
    if configuration.patterns or len(desired) != 1:
        return None
    return _Declared(configuration.declarations[0].owner, desired[0])


def _again(asked: Asked, there: _Declared | None) -> str | None:
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
        yield Wanted(DEFAULT_FILE, first.text, replaces=_renews(asked), hides=True)


# --- what works with it ------------------------------------------------------------------------------------


def _tools(asked: Asked) -> Iterator[Wanted]:
    yield Wanted(_SCHEMA, schema_text("environments.schema.json"), replaces=asked.force)
    if asked.workflows:
        yield from _own_workflows(asked)
    if asked.pipeline:
        for path, text in pipeline_files(asked.pipeline, pipeline_text).items():
            filled_in = path in TO_FILL_IN
            yield Wanted(path, text, replaces=asked.force and not filled_in, filled_in=filled_in)


def _own_workflows(asked: Asked) -> Iterator[Wanted]:
    sources = pipeline_sources(asked.deploys) if asked.deploys else None
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


def _unfit(root: Path, files: Sequence[Placed], asked: Asked) -> Iterator[Diagnostic]:
    """Why the pipeline would not work with what is kept."""
    if asked.pipeline is None:
        return
    fates = {each.wanted.path: each.fate for each in files}
    if fates[DEPLOYMENT] is Fate.KEPT and asked.beside is not asked.pipeline:
        message = f"{DEPLOYMENT} was there and is kept: nothing runs the pipeline that was written"
        hint = "give yours another name and run this again; --force would replace it"
        yield Diagnostic("pipeline-unfit", message, hint, severity=Severity.WARNING)
    file = root / DEFAULT_FILE
    writes = fates.get(DEFAULT_FILE) in {Fate.NEW, Fate.REPLACES}
    if file.is_file() and not (writes and asked.dry_run):
        yield from _lacking(root, file, asked.pipeline, asked.repository)


def _lacking(
    root: Path, file: Path, pipeline: Pipeline, repository: RepositoryName | None
) -> Iterator[Diagnostic]:
    """What `environments.yaml` lacks for the workflows of the pipeline."""
    there = _declared(file)
    if there is None:
        message = f"whether {DEFAULT_FILE} has what the pipeline's workflows name is not known"
        yield Diagnostic("pipeline-unfit", message, "run `envsync validate`", severity=Severity.WARNING)
        return
    here = repository or _of_checkout(root)
    if here is not None and here.key != there.repository.name.key:
        message = f"{DEFAULT_FILE} is about {there.repository.name}, and these workflows would run in {here}"
        hint = f"declare the environments of {here}: GitHub makes those that are not there, unprotected"
        yield Diagnostic("pipeline-unfit", message, hint, severity=Severity.WARNING)
    held = {each.name: (*each.variables, *each.secrets) for each in there.repository.environments}
    hint = f"`envsync init --pipeline={pipeline} --force --dry-run --reviewer LOGIN` shows what it would write"
    for names, environments in missing(pipeline, held).items():
        if names:
            what = f"{listed(names, len(names))}, which the pipeline's jobs use there"
            message = f"{DEFAULT_FILE} gives {listed(environments)} no {what}"
        else:
            what = "which the pipeline's workflows name: GitHub would make what is missing, unprotected"
            message = f"{DEFAULT_FILE} does not declare {listed(environments)}, {what}"
        yield Diagnostic("pipeline-unfit", message, hint, severity=Severity.WARNING)


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
