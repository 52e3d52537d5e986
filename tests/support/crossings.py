"""Files and workflows, put together as a repository has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.config_files import HEAD, loaded_bytes

from envsync.documents.text import source_text
from envsync.workflows.cross_check import cross_check
from envsync.workflows.flow import Elsewhere
from envsync.workflows.reading import reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.errors import Diagnostic
    from envsync.model import DesiredRepository
    from envsync.workflows.flow import Reading

OFFLINE = Elsewhere()


def workflow(jobs: str, on: str = "push") -> str:
    return f"on: {on}\njobs:\n{jobs}"


def read(*workflows: str) -> Reading:
    """Named `a.yml`, `b.yml` and so on."""
    names = (f".github/workflows/{chr(ord('a') + number)}.yml" for number in range(len(workflows)))
    return reading([source_text(name, "/", text) for name, text in zip(names, workflows, strict=True)], None)


def desired(declared: str) -> DesiredRepository:
    """Of the one repository; `declared` is what follows its name in the file."""
    (found,) = loaded_bytes((HEAD + declared).encode()).desired({})
    return found


def crossed(
    declared: str, *workflows: str, elsewhere: Elsewhere = OFFLINE, shared: bool = False
) -> tuple[Diagnostic, ...]:
    configuration = loaded_bytes((HEAD + declared).encode())
    (wanted,) = configuration.desired({})
    files: Mapping[str, object] = configuration.pages
    return cross_check(
        read(*workflows),
        wanted,
        configuration.pages,
        elsewhere,
        shared=frozenset(files) if shared else frozenset(),
    )


def told(found: tuple[Diagnostic, ...]) -> list[str]:
    """What a reader sees first: how bad it is, which finding, and the text it points at."""
    return [f"{each.severity} {each.code}: {pointed_at(each)}" for each in found]


def pointed_at(found: Diagnostic) -> str:
    span, line = found.span, found.source
    assert span is not None
    assert line is not None
    return line[span.column - 1 : span.end_column - 1]
