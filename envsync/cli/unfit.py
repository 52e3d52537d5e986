"""Why the pipeline would not work with what a checkout keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.cli.declared_there import declared
from envsync.cli.options import DEFAULT_FILE
from envsync.cli.placing import Fate
from envsync.errors import Diagnostic, Severity
from envsync.plan.listing import listed
from envsync.scaffold.pipeline import DEPLOYMENT, FOLDER, Pipeline, runs_a_pipeline, scripts_of
from envsync.scaffold.scripts import called, imports, needed, will_do
from envsync.scaffold.starter_words import missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from envsync.cli.init_asked import Asked
    from envsync.cli.init_pipeline import Afterwards
    from envsync.cli.placing import Placed
    from envsync.model import RepositoryName

_OURS = frozenset(name for each in Pipeline for name in scripts_of(each))


def unfit(
    root: Path, files: Sequence[Placed], after: Afterwards, asked: Asked, here: RepositoryName | None
) -> Iterator[Diagnostic]:
    """`here`: the repository that the checkout is of; None: nobody has told."""
    if asked.pipeline is not None:
        yield from _other_workflow(files, asked, asked.pipeline)
        yield from _other_scripts(files, after)
    yield from _missing(after, asked)
    writes = any(each.wanted.path == DEFAULT_FILE and each.writes for each in files)
    file = root / DEFAULT_FILE
    if asked.pipeline is not None and file.is_file() and not (writes and asked.dry_run):
        yield from _lacking(file, asked.pipeline, here)


def _warning(message: str, hint: str) -> Diagnostic:
    return Diagnostic("pipeline-unfit", message, hint, severity=Severity.WARNING)


def _other_workflow(files: Sequence[Placed], asked: Asked, pipeline: Pipeline) -> Iterator[Diagnostic]:
    (deployment,) = (each for each in files if each.wanted.path == DEPLOYMENT)
    if deployment.fate is Fate.KEPT and not runs_a_pipeline(deployment.before):
        message = f"{DEPLOYMENT} was there and is kept: nothing runs the pipeline that was written"
        yield _warning(message, "give yours another name and run this again; --force would replace it")
    if asked.beside not in {None, pipeline}:
        left = [name for name in scripts_of(Pipeline(asked.beside)) if name not in scripts_of(pipeline)]
        message = (
            f"{DEPLOYMENT} was the pipeline of --pipeline={asked.beside}, and --force makes it that of {pipeline}"
        )
        yield _warning(message, f"delete in {FOLDER} what nothing runs then: {listed(left, len(left))}")


def _other_scripts(files: Sequence[Placed], after: Afterwards) -> Iterator[Diagnostic]:
    """Of the names of the pipeline's, and somebody's own: they were there before."""
    used = {name: after.scripts[name] for name in after.needed if name in after.scripts}
    for each in files:
        name = each.wanted.path.removeprefix(f"{FOLDER}/")
        if each.fate is not Fate.KEPT or each.wanted.filled_in or name not in used or will_do(name, used):
            continue
        if name in after.called:
            callers = [path.rpartition("/")[2] for path, text in after.workflows.items() if name in called(text)]
            fails = f"what calls it does not work: {listed(callers)}"
        else:
            users = [one for one in after.called if name in needed([one], used)]
            fails = f"what needs it does not work: {listed(users)}"
        message = f"{each.wanted.path} was there and is kept, and is not the pipeline's: {fails}"
        yield _warning(message, "move it away and run this again; --force would replace it")


def _missing(after: Afterwards, asked: Asked) -> Iterator[Diagnostic]:
    """What is called or imported, and is not there."""
    ours = scripts_of(asked.deploys) if asked.deploys else ()

    def hint(name: str) -> str:
        again = "run `envsync init --pipeline`, which writes it" if name in ours else "add it"
        places = f"`grep -rn {FOLDER}/{name} .github/workflows`"
        return f"{again}; or have your own command in each place that {places} shows"

    for path, text in after.workflows.items():
        for name in called(text):
            if name not in after.scripts:
                yield _warning(f"{path} calls {FOLDER}/{name}, which is not there", hint(name))
    for script in after.needed:
        for name in imports(after.scripts.get(script, "")):
            if name in _OURS and name not in after.scripts:
                yield _warning(f"{FOLDER}/{script} imports {name}, which is not there", hint(name))


def _lacking(file: Path, pipeline: Pipeline, here: RepositoryName | None) -> Iterator[Diagnostic]:
    """What `environments.yaml` lacks for the workflows of the pipeline."""
    there = declared(file)
    if there is None:
        message = f"whether {DEFAULT_FILE} has what the pipeline's workflows name is not known"
        yield _warning(message, "run `envsync validate`")
        return
    if here is not None and here.key != there.repository.name.key:
        message = f"{DEFAULT_FILE} is about {there.repository.name}, and these workflows would run in {here}"
        hint = f"declare the environments of {here}: GitHub makes those that are not there, unprotected"
        yield _warning(message, hint)
    held = {each.name: (*each.variables, *each.secrets) for each in there.repository.environments}
    hint = f"`envsync init --pipeline={pipeline} --force --dry-run --reviewer LOGIN` shows what it would write"
    for names, environments in missing(pipeline, held).items():
        if names:
            what = f"{listed(names, len(names))}, which the pipeline's jobs use there"
            message = f"{DEFAULT_FILE} gives {listed(environments)} no {what}"
        else:
            what = "which the pipeline's workflows name: GitHub would make what is missing, unprotected"
            message = f"{DEFAULT_FILE} does not declare {listed(environments)}, {what}"
        yield _warning(message, hint)
