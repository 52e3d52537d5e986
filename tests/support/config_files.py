"""Files for the tests of `envsync.config`, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from envsync.config import load
from envsync.documents.text import SourceText, source_text
from envsync.errors import ConfigError

if TYPE_CHECKING:
    from envsync.config import Configuration
    from envsync.errors import Diagnostic
    from envsync.model import DesiredEnvironment

HEAD = "version: 1\nname: payments\nrepositories: [acme/payments]\n"


def text_of(text: str) -> SourceText:
    return source_text("environments.yaml", "/project", text)


def written(folder: Path, text: str, name: str = "environments.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def loaded(folder: Path, *texts: str) -> Configuration:
    return load([written(folder, text, f"{number}.yaml") for number, text in enumerate(texts)])


def loaded_bytes(data: bytes) -> Configuration:
    """For tests that Hypothesis runs often, and that therefore have no folder of their own."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "environments.yaml"
        path.write_bytes(data)
        return load([path])


def environments(folder: Path, *texts: str) -> dict[str, DesiredEnvironment]:
    """Of the one repository that the files name."""
    (repository,) = loaded(folder, *texts).desired({})
    return {environment.name: environment for environment in repository.environments}


def diagnostics(folder: Path, *texts: str) -> tuple[Diagnostic, ...]:
    try:
        return loaded(folder, *texts).warnings
    except ConfigError as error:
        return error.diagnostics


def codes(folder: Path, *texts: str) -> list[str]:
    return [diagnostic.code for diagnostic in diagnostics(folder, *texts)]
