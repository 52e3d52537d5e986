"""`envsync validate`: whether the files are fit to be applied. Offline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli.output import complain, result
from envsync.config import load
from envsync.errors import ConfigError, ExitCode, Severity
from envsync.plan.codec import dumps, encode_diagnostics

if TYPE_CHECKING:
    from envsync.cli.options import Options


def validate(options: Options) -> int:
    try:
        found = load([Path(file) for file in options.files]).warnings
    except ConfigError as error:
        if options.output == "text":
            raise
        found = error.diagnostics
    valid = all(each.severity is Severity.WARNING for each in found)
    if options.output == "json":
        result(dumps(encode_diagnostics(found)))
    elif options.output == "markdown":
        from envsync.render.markdown_diagnostics import diagnostics_markdown

        result(diagnostics_markdown(found))
    else:
        complain(found, options.color)
        result(f"{', '.join(options.files)}: valid\n")
    return ExitCode.OK if valid else ExitCode.FAILURE
