"""The pipeline that is in a checkout, the one that is asked for, and what `envsync init` writes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli.checkout import WORKFLOWS
from envsync.cli.placing import Fate, Wanted
from envsync.documents.text import read
from envsync.errors import ConfigError, Diagnostic
from envsync.packaged import pipeline_text
from envsync.scaffold.pipeline import (
    DEPLOYMENT,
    FOLDER,
    ROLLBACK,
    TO_FILL_IN,
    Pipeline,
    pipeline_files,
    pipeline_of,
    runs_a_pipeline,
)
from envsync.scaffold.scripts import called, needed
from envsync.workflows.folder import read_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envsync.cli.init_asked import Asked
    from envsync.cli.placing import Placed

_CODE = (".py", ".sh")


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What a checkout has once the files are written. `workflows`: texts by path; `scripts`: by name."""

    workflows: Mapping[str, str]
    scripts: Mapping[str, str]

    @property
    def called(self) -> tuple[str, ...]:
        """Names of scripts, whether they are there or not; each once."""
        return tuple(dict.fromkeys(name for text in self.workflows.values() for name in called(text)))

    @property
    def needed(self) -> tuple[str, ...]:
        """The same, with what they import."""
        return needed(self.called, self.scripts)


def text_there(file: Path) -> str:
    """Empty where there is none. What is no file is told where it is in the way."""
    try:
        return read(file).text
    except ConfigError:
        return ""


def settled(root: Path, asked: Asked) -> Asked:
    """With the kind of pipeline that is there, and with that as the one asked for where no kind is named."""
    text = text_there(root / DEPLOYMENT)
    there = pipeline_of(text)
    if asked.pipeline is not None:
        if there not in {None, asked.pipeline} and not asked.force:
            message = f"{DEPLOYMENT} is the pipeline of --pipeline={there}, and {asked.pipeline} is another"
            hint = "leave the kind out to keep it; --force would replace it, and --force --dry-run shows how"
            raise ConfigError(Diagnostic("other-pipeline", message, hint))
    elif there is None and runs_a_pipeline(text) and (asked.pipes or (asked.renews and not asked.imports)):
        kinds = " or ".join(f"--pipeline={each}" for each in Pipeline)
        message = f"{DEPLOYMENT} was changed so much that it does not tell which pipeline it is"
        raise ConfigError(Diagnostic("which-pipeline", message, f"say it: {kinds}"))
    elif asked.pipes:
        return replace(asked, beside=there, pipeline=there or Pipeline.LAMBDA)
    return replace(asked, beside=there)


def wanted_of(asked: Asked) -> Iterator[Wanted]:
    if asked.pipeline:
        for path, text in pipeline_files(asked.pipeline, pipeline_text).items():
            filled_in = path in TO_FILL_IN
            yield Wanted(path, text, replaces=asked.force and not filled_in, filled_in=filled_in)


def afterwards(root: Path, files: Sequence[Placed]) -> Afterwards:
    workflows = {f"{WORKFLOWS.as_posix()}/{Path(each.file).name}": each.text for each in read_folder(root)[0]}
    scripts = {name: text_there(root / FOLDER / name) for name in _listed(root / FOLDER) if name.endswith(_CODE)}
    for each in files:
        above, _, name = each.wanted.path.rpartition("/")
        text = each.before if each.fate is Fate.KEPT else each.wanted.text
        if above == WORKFLOWS.as_posix():
            workflows[each.wanted.path] = text
        elif above == FOLDER and name.endswith(_CODE):
            scripts[name] = text
    return Afterwards(workflows, scripts)


def _listed(folder: Path) -> list[str]:
    try:
        return sorted(each.name for each in folder.iterdir())
    except OSError:
        return []


def without_deleted(files: Sequence[Placed], after: Afterwards) -> tuple[Placed, ...]:
    """Less the scripts that a team deleted: a workflow that is kept has something else in their place."""
    kept = {each.wanted.path: each.before for each in files if each.fate is Fate.KEPT}
    changed = [kept[path] for path in (DEPLOYMENT, ROLLBACK) if path in kept]
    if not changed or not all(map(runs_a_pipeline, changed)):
        return tuple(files)
    runs = {f"{FOLDER}/{name}" for name in after.needed}
    return tuple(
        each for each in files if each.fate is not Fate.NEW or each.wanted.path in runs or not _runs(each)
    )


def _runs(placed: Placed) -> bool:
    return placed.wanted.path.startswith(f"{FOLDER}/") and placed.wanted.path.endswith(_CODE)
