"""`envsync validate`: whether the files are fit to be applied. Offline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli.output import annotate, complain, result, summarize
from envsync.config import load
from envsync.errors import ConfigError, ExitCode, Severity
from envsync.plan.codec import dumps, encode_diagnostics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.cli.options import Options
    from envsync.errors import Diagnostic


def validate(options: Options, more: Sequence[str] = ()) -> int:
    files = (*(options.files if options.named or not more else ()), *more)
    try:
        found = load([Path(file) for file in files]).warnings
    except ConfigError as error:
        if options.output == "text":
            raise
        found = error.diagnostics
    valid = all(each.severity is not Severity.ERROR for each in found)
    summarize(lambda limit: _markdown(found, limit))
    if options.output != "text":
        annotate(found)
    if options.output == "json":
        result(dumps(encode_diagnostics(found)))
    elif options.output == "markdown":
        result(_markdown(found))
    else:
        from envsync.render.printable import printable

        complain(found, options.color)
        result(f"{', '.join(map(printable, files))}: valid\n")
    return ExitCode.OK if valid else ExitCode.FAILURE


def _markdown(found: Sequence[Diagnostic], limit: int | None = None) -> str:
    from envsync.render.markdown_diagnostics import diagnostics_markdown

    return diagnostics_markdown(found, limit=limit)
