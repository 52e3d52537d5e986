"""`envsync validate`: whether the files are fit to be applied, and whether the workflows fit them. Offline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli.output import annotate, complain, result, summarize
from envsync.config import load
from envsync.errors import ConfigError, Diagnostic, ExitCode, Severity
from envsync.plan.codec import dumps, encode_diagnostics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.cli.options import Options
    from envsync.config import Configuration


def validate(options: Options, more: Sequence[str] = (), *, workflows: bool | None = None) -> int:
    """`workflows`: whether the files are checked against them; None: where there are some that they are about."""
    files = (*(options.files if options.named or not more else ()), *more)
    beside = ""
    try:
        configuration = load([Path(file) for file in files])
        found = configuration.warnings
        if workflows is not False:
            crossed, beside = _crossed(configuration, files, wanted=workflows is True)
            found = (*found, *crossed)
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
        if valid:
            result(f"{', '.join(map(printable, files))}: valid{beside}\n")
    return ExitCode.OK if valid else ExitCode.FAILURE


def _unchecked(why: str) -> Diagnostic:
    hint = "name files that declare this repository, or leave --workflows out"
    return Diagnostic("workflows-not-checked", f"the workflows are not checked: {why}", hint)


def _crossed(
    configuration: Configuration, files: Sequence[str], *, wanted: bool
) -> tuple[tuple[Diagnostic, ...], str]:
    """What the workflows have wrong, and how to say that they were looked at."""
    from envsync.cli.crossing import Uncrossed, crossing

    found = crossing(configuration, files)
    if isinstance(found, Uncrossed):
        return (_unchecked(found.why),) if wanted else (), ""
    return found.check(configuration), f", with {found.files} workflow{'' if found.files == 1 else 's'}"


def _markdown(found: Sequence[Diagnostic], limit: int | None = None) -> str:
    from envsync.render.markdown_diagnostics import diagnostics_markdown

    return diagnostics_markdown(found, limit=limit)
