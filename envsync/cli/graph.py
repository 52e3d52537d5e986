"""`envsync graph`: which gate stands before which environment, as a diagram. Offline."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli.crossing import Uncrossed, crossing
from envsync.cli.output import complain, note, result, summarize
from envsync.cli.saving import save
from envsync.config import load
from envsync.errors import ConfigError, Diagnostic, ExitCode, Severity
from envsync.plan.codec import dumps
from envsync.plan.promotion_codec import encode_promotion
from envsync.render.mermaid import fenced, graph_markdown, mermaid, too_large
from envsync.workflows.promote import promotion

if TYPE_CHECKING:
    from envsync.cli.options import Options
    from envsync.model import RepositoryName
    from envsync.plan.promotion import Promotion

START, END = "<!-- envsync graph -->", "<!-- /envsync graph -->"
_OTHER = f"name another file with --into, or create it with these two lines:\n{START}\n{END}"
_WHERE = (
    "run it in a checkout with workflows, whose repository the files declare; --repo OWNER/REPO says which it is"
)
_MARKER = re.compile(rf"^(?:{re.escape(START)}|{re.escape(END)})(?=[ \t]*\r?$)", re.MULTILINE)


def graph(options: Options, *, repository: RepositoryName | None, into: str | None, check: bool) -> int:
    _check_usage(options, into, check=check)
    found = _promotion(options, repository)
    diagram = mermaid(found)
    if (why := too_large(diagram)) is not None:
        hint = "the JSON of `envsync graph -o json` has all of it"
        complain((Diagnostic("graph-too-large", why, hint, severity=Severity.WARNING),), options.color)
    summarize(lambda limit: graph_markdown(found, limit))
    if into is not None:
        return _keep(options, diagram, into, check=check)
    match options.output:
        case "json":
            result(dumps(encode_promotion(found)))
        case "markdown":
            result(fenced(diagram))
        case _:
            result(diagram)
    return ExitCode.OK


def _check_usage(options: Options, into: str | None, *, check: bool) -> None:
    if check and into is None:
        raise _wrong("wrong-option", "--check looks at a file, and none is named", "name it with --into")
    if into is not None and options.output == "json":
        raise _wrong("wrong-option", "--into keeps a diagram, and -o json is none", "leave one of them out")


def _wrong(code: str, message: str, hint: str) -> ConfigError:
    return ConfigError(Diagnostic(code, message, hint))


# --- what is drawn -----------------------------------------------------------------------------------------


def _promotion(options: Options, repository: RepositoryName | None) -> Promotion:
    configuration = load([Path(file) for file in options.files])
    crossed = crossing(configuration, options.files, repository)
    if isinstance(crossed, Uncrossed):
        raise _wrong("nothing-to-draw", f"there is nothing to draw: {crossed.why}", _WHERE)
    complain((*configuration.warnings, *crossed.reading.diagnostics), options.color)
    found = promotion(crossed.reading, crossed.desired)
    if not found.stages and not found.idle:
        message = f"there is nothing to draw: {found.repository} has no environment, and no workflow names one"
        raise _wrong("nothing-to-draw", message, "declare one, and name it in the job that deploys to it")
    if elsewhere := sum(run.blind is not None for flow in crossed.reading.flows for run in flow.runs):
        jobs = "1 job leads" if elsewhere == 1 else f"{elsewhere} jobs lead"
        note(options, f"not drawn: {jobs} to what cannot be read here, such as a workflow of another repository")
    elif not found.stages:
        note(options, "no workflow here deploys: these are the environments that the files declare")
    return found


# --- in a file ---------------------------------------------------------------------------------------------


def _keep(options: Options, diagram: str, into: str, *, check: bool) -> int:
    before = _text(into)
    after = _with_block(before, fenced(diagram), into)
    if after == before:
        note(options, f"{into}: the graph is current")
        return ExitCode.OK
    if check:
        hint = f"run `envsync graph --into {shlex.quote(into)}`"
        complain((Diagnostic("graph-outdated", f"the graph in {into} is not current", hint),), options.color)
        return ExitCode.FAILURE
    # Where it is a link, what it leads to is written.
    save(
        after,
        str(Path(into).resolve()),
        lambda why: _wrong("graph-file", f"{into} cannot be written: {why}", _OTHER),
        private=False,
    )
    note(options, f"wrote the graph into {into}")
    return ExitCode.OK


def _text(file: str) -> str:
    try:
        if Path(file).exists() and not Path(file).is_file():  # a pipe, say, which would be waited for
            raise _wrong("graph-file", f"{file} is no regular file", _OTHER)
        return Path(file).read_bytes().decode()
    except OSError as error:
        why = error.strerror or type(error).__name__
    except UnicodeDecodeError:
        why = "it is no UTF-8"
    raise _wrong("graph-file", f"{file} cannot be read: {why}", _OTHER)


def _with_block(text: str, block: str, file: str) -> str:
    """The text with that block between its markers, and the line ends that it has."""
    found = list(_MARKER.finditer(text))
    if not found:
        hint = f"add these two lines where it shall stand:\n{START}\n{END}"
        raise _wrong("no-marker", f"{file} does not say where the graph stands", hint)
    if [each[0] for each in found] != [START, END]:
        hint = f"leave one line `{START}`, and one `{END}` below it"
        raise _wrong("no-marker", f"{file} does not say once where the graph stands", hint)
    first, last = found
    line = "\r\n" if text[first.end() :].lstrip(" \t").startswith("\r") else "\n"
    shown = f"\n\n{block}\n".replace("\n", line)  # with blank lines, which formatters of Markdown add
    return f"{text[: first.end()]}{shown}{text[last.start() :]}"
