"""What GitHub's runner offers a step of a workflow: a summary, outputs, annotations. Elsewhere there is none.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MOST_SUMMARY = 1024 * 1024  # bytes that GitHub takes of one step's summary
_LEAST_SUMMARY = 4096  # less says nothing


@dataclass(frozen=True, slots=True)
class Actions:
    """`summary` and `outputs` are files to append to; None outside of a workflow."""

    annotates: bool = False
    debugs: bool = False
    summary: Path | None = None
    outputs: Path | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Actions:
        return cls(
            annotates=environ.get("GITHUB_ACTIONS") == "true",
            debugs=environ.get("RUNNER_DEBUG") == "1",
            summary=_file(environ, "GITHUB_STEP_SUMMARY"),
            outputs=_file(environ, "GITHUB_OUTPUT"),
        )

    def summarize(self, markdown: Callable[[int], str]) -> Diagnostic | None:
        """Add to the summary what `markdown` makes of so many bytes. What kept it from doing so, or None."""
        if self.summary is None:
            return None
        try:
            taken = self.summary.stat().st_size if self.summary.exists() else 0
            if (room := MOST_SUMMARY - taken - 1) < _LEAST_SUMMARY:
                return _unwritten("GITHUB_STEP_SUMMARY", "this step has used up the room that GitHub gives it")
            with self.summary.open("a", encoding="utf-8") as stream:
                stream.write(markdown(room) + "\n")
        except OSError as error:
            return _unwritten("GITHUB_STEP_SUMMARY", error.strerror or type(error).__name__)
        return None

    def output(self, values: Mapping[str, str | int]) -> Diagnostic | None:
        """Set outputs of the step. A value with a line break could set another one: there is none in ours."""
        if self.outputs is None:
            return None
        lines = [f"{name}={value}" for name, value in values.items() if str(value).isprintable()]
        try:
            with self.outputs.open("a", encoding="utf-8") as stream:
                stream.writelines(f"{line}\n" for line in lines)
        except OSError as error:
            return _unwritten("GITHUB_OUTPUT", error.strerror or type(error).__name__)
        return None


def located(diagnostics: Iterable[Diagnostic], folder: Path) -> tuple[Diagnostic, ...]:
    """With files as GitHub names them, from the root of the repository that `folder` lies in."""
    root = next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)

    def rooted(file: str) -> str:
        place = Path(os.path.normpath(folder / file))
        return str(place.relative_to(root)) if root is not None and place.is_relative_to(root) else file

    return tuple(
        each if each.span is None else replace(each, span=replace(each.span, file=rooted(each.span.file)))
        for each in diagnostics
    )


def _file(environ: Mapping[str, str], variable: str) -> Path | None:
    return Path(environ[variable]) if environ.get(variable) else None


def _unwritten(variable: str, why: str) -> Diagnostic:
    message = f"nothing could be added to the file that {variable} names: {why}"
    return Diagnostic("no-summary", message, "see that the step may write there", severity=Severity.WARNING)
