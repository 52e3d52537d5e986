"""Which workflows lie in a checkout?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.documents.text import read
from envsync.errors import ConfigError, Diagnostic, Severity
from envsync.workflows.codes import UNREADABLE

if TYPE_CHECKING:
    from envsync.documents.text import SourceText

WORKFLOWS = Path(".github/workflows")
_SUFFIXES = frozenset({".yml", ".yaml"})


def read_folder(root: Path) -> tuple[tuple[SourceText, ...], tuple[Diagnostic, ...]]:
    """The files of `.github/workflows`, sorted, and which of them cannot be read.

    A file is named by its path from the working directory, as annotations and editors want it, or by its absolute
    one where it lies elsewhere.
    """
    folder = _named(root) / WORKFLOWS
    try:
        names = sorted(path.name for path in folder.iterdir() if path.suffix in _SUFFIXES and not path.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return (), ()
    except OSError as error:
        return (), (_unread(f"`{folder}` cannot be read: {error.strerror}"),)
    sources: list[SourceText] = []
    diagnostics: list[Diagnostic] = []
    for name in names:
        path = folder / name
        if not _within(path, root):
            diagnostics.append(_unread(f"`{path}` is a link to what lies outside of the repository"))
            continue
        try:
            sources.append(read(path))
        except ConfigError as error:
            diagnostics += [_unread(each.message) for each in error.diagnostics]
    return tuple(sources), tuple(diagnostics)


def _named(root: Path) -> Path:
    try:
        absolute, here = Path(os.path.abspath(root)), Path.cwd()  # noqa: PTH100 - `absolute` would keep `..`
    except OSError:  # the working directory is gone; `read` says so
        return root
    return absolute.relative_to(here) if absolute.is_relative_to(here) else absolute


def _within(path: Path, root: Path) -> bool:
    """Whoever proposes a change can make a link of a file or a folder, to what is not theirs to read."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _unread(message: str) -> Diagnostic:
    hint = "mend or remove it: what it deploys to is not known here"
    return Diagnostic(UNREADABLE, message, hint, severity=Severity.WARNING)
