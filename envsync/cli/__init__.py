"""The command line: the only place that wires things together, and the only one that catches everything.

Nothing heavy is imported here: each command imports what it needs when it runs, so that `envsync --version`,
`--help` and shell completion answer at once.
"""

from __future__ import annotations

import errno
import os
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

import click

from envsync import __version__
from envsync.cli.options import (
    DEFAULT_FILE,
    Options,
    PullRequest,
    common,
    connecting,
    parsed_pull_request,
    parsed_repository,
    planning,
    reporting,
    spelled_out,
)
from envsync.cli.output import set_outputs
from envsync.errors import ExitCode

if TYPE_CHECKING:
    from envsync.model import RepositoryName

_OUTPUT_ERRORS = {errno.ENOSPC, errno.EIO, errno.EBADF}

EPILOG = (
    "Exit codes: 0 done or nothing to do, 1 failure, 2 differences, 3 partly applied, 4 not permitted, "
    "130 interrupted."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=EPILOG)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Deployment environments as code for GitHub.

    `environments.yaml` says what must be; `envsync plan` shows what differs on GitHub; `envsync apply` changes
    just that. Add --sandbox to try it on an embedded GitHub, with no account and no token.
    """


@cli.command(epilog="Example: envsync validate environments.yaml\n\nExit codes: 0 valid, 1 not.")
@click.argument("more_files", metavar="[FILE]...", nargs=-1, type=click.Path())
@planning
@connecting
@reporting
@common
def validate(options: Options, *, more_files: tuple[str, ...]) -> int:
    """Check the files, offline: each FILE, and each that -f names.

    It takes the options of plan and apply too, so that a script can pass the same to all. What chooses a GitHub,
    or a part of what the files say, changes nothing: files are always checked whole.
    """
    from envsync.cli.validate import validate as run

    return run(options, more_files)


@cli.command(
    epilog="Example: envsync plan --sandbox\n\nExit codes: 0 done, 1 failure or not everything could be read, "
    "2 differences (with --detailed-exitcode), 4 not permitted, 130 interrupted."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where GitHub differs from the files.")
@click.option("--out", metavar="FILE", help="Save the plan as JSON, for `apply FILE` to keep to.")
@click.option(
    "--comment",
    metavar="OWNER/REPO#NUMBER",
    callback=parsed_pull_request,
    help="Keep one comment with the plan on that pull request.",
)
@planning
@connecting
@reporting
@common
def plan(options: Options, *, detailed_exitcode: bool, out: str | None, comment: PullRequest | None) -> int:
    """Show what apply would do."""
    from envsync.cli.plan import plan as run

    return run(options, detailed_exitcode=detailed_exitcode, out=out, comment=comment)


@cli.command(
    epilog="Example: envsync apply --sandbox --yes\n\nExit codes: 0 done or nothing to do, 1 failure, "
    "3 something was applied and something failed, 4 not permitted, 130 interrupted."
)
@click.argument("plan_file", metavar="[PLANFILE]", required=False)
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal and no PLANFILE.")
@click.option(
    "--allow-weakening",
    multiple=True,
    metavar="[=ENVIRONMENT[:DIMENSION]]",
    help="Let somebody through who was kept out: everywhere, or there alone; repeats. "
    "DIMENSION is reviewers, timer, self-review, bypass, refs or rules.",
)
@click.option(
    "--allow-destroying",
    multiple=True,
    metavar="[=ENVIRONMENT]",
    help="Delete environments and secrets: everywhere, or there alone; repeats.",
)
@planning
@connecting
@reporting
@common
def apply(
    options: Options,
    *,
    plan_file: str | None,
    yes: bool,
    allow_weakening: tuple[str, ...],
    allow_destroying: tuple[str, ...],
) -> int:
    """Change on GitHub what differs, and nothing else.

    PLANFILE is what `envsync plan --out` saved and somebody agreed to: if what is to be done is something else by
    now, nothing is done.
    """
    from envsync.cli.apply import apply as run
    from envsync.cli.apply import granted

    grants = granted(allow_weakening, allow_destroying)
    return run(options, grants, plan_file, yes=yes)


@cli.command(
    epilog="Example: envsync drift --report issue\n\nExit codes: 0 no drift, 1 failure or not everything could be "
    "read, 2 drift, 4 not permitted, 130 interrupted."
)
@click.option("--pending", is_flag=True, help="Count, too, what the files say and nobody has applied yet.")
@click.option(
    "--report", type=click.Choice(["issue"]), help="Keep an issue in each repository: open while there is drift."
)
@click.option(
    "--report-to",
    metavar="OWNER/REPO",
    callback=parsed_repository,
    help="Keep one issue there for all repositories; needed where one is public.",
)
@click.option(
    "--notify",
    multiple=True,
    metavar="URL",
    help="Tell it there as well when it changes: an Apprise URL, such as mailto:// or slack://; repeats. "
    "ENVSYNC_NOTIFY_URLS keeps URLs off the command line.",
)
@connecting
@reporting
@common
def drift(
    options: Options,
    *,
    pending: bool,
    report: str | None,
    report_to: RepositoryName | None,
    notify: tuple[str, ...],
) -> int:
    """Show what was changed outside envsync. Reads only, but for the report.

    Counted is what somebody changed on GitHub, what nobody can explain, records that were tampered with, and
    environments that appeared with no protection. Sources of secrets are read with --pending alone.
    """
    from envsync.cli.drift import drift as run
    from envsync.cli.telling import Telling

    return run(options, Telling(report is not None, report_to, notify), pending=pending)


@cli.command(
    "import",
    epilog="Example: envsync import acme/payments\n\nExit codes: 0 written, 1 failure or not everything could be "
    "read, 4 not permitted, 130 interrupted.",
)
@click.argument("wanted", metavar="OWNER/REPO...", nargs=-1, required=True)
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    default=DEFAULT_FILE,
    show_default=True,
    help="Where to write it; - is standard output.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option("--name", metavar="NAME", help="Who owns what the file creates; else a name is made.")
@click.option("--api-url", metavar="URL", help="GitHub's API; else GITHUB_API_URL, else api.github.com.")
@click.option("--sandbox", is_flag=True, help="Read the embedded GitHub: no account, no token.")
@click.option("--settings-only", is_flag=True, help="Rules and patterns alone: no secrets, no variables.")
@common
def import_(options: Options, *, wanted: tuple[str, ...], out: str, force: bool, name: str | None) -> int:
    """Write an environments.yaml of what is on GitHub.

    A plan with the file has nothing to do. Patterns such as 'acme/service-*' take all repositories of the owner
    that they match. Secrets are external: GitHub gives no value back. What no file can say is there as a comment.
    """
    from envsync.cli.import_file import import_file as run

    return run(options, wanted, out=out, force=force, name=name)


@cli.command(epilog="Example: envsync credentials --organization acme")
@click.option("--organization", metavar="LOGIN", help="Whose App or token it shall be; else your own account's.")
@click.option("--api-url", metavar="URL", help="GitHub's API; else GITHUB_API_URL, else api.github.com.")
@click.option("--report", is_flag=True, help="With what `drift --report issue` needs, too.")
@reporting
@common
def credentials(options: Options, *, organization: str | None, report: bool) -> int:
    """Print the links to GitHub's pages for a new App or token, with the permissions filled in.

    One of each for reading (plan, drift), and one for writing (apply).
    """
    from envsync.cli.credentials import credentials as run

    return run(options, organization, report=report)


@cli.command(
    epilog="Example: envsync sandbox --fail '503:PUT:*:2'\n\n"
    "It prints two lines to paste into another terminal; there, plan and apply talk to it.\n\n"
    "Exit codes: 0 stopped, 1 failure."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0: any free one.")
@click.option("--latency", type=click.FloatRange(0, 60), default=0.0, help="Seconds that each answer takes.")
@click.option(
    "--fail",
    "faults",
    multiple=True,
    metavar="WHAT[:METHOD[:PATH[:COUNT]]]",
    help="Fail on purpose: a status (429+5 adds Retry-After), reset, lost, hang or truncate. Repeats.",
)
@click.option("--reset", is_flag=True, help="Forget everything that the sandbox knew.")
@common
def sandbox(options: Options, *, port: int, latency: float, faults: tuple[str, ...], reset: bool) -> int:
    """Serve an embedded GitHub on loopback."""
    from envsync.cli.serve import serve

    return serve(options, port=port, latency=latency, faults=faults, reset=reset)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit code. No traceback leaves here."""
    sys.stdout, sys.stderr = _writable(sys.stdout), _writable(sys.stderr)
    code = run(arguments)
    set_outputs({"exit-code": int(code)})
    sys.exit(code)


def _writable(stream: TextIO | None) -> TextIO:
    """A stream that takes any text. One that was closed before envsync began is None: what goes there is lost."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - it lives as long as the process
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def run(arguments: list[str] | None = None) -> int:
    try:
        # click exits with 2 on wrong usage, which means differences here
        code = cli.main(
            spelled_out(sys.argv[1:] if arguments is None else arguments),
            prog_name="envsync",
            standalone_mode=False,
        )
        sys.stdout.flush()
    except click.exceptions.Abort:
        return _interrupted()
    except click.ClickException as error:
        error.show()
        return ExitCode.FAILURE
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        # Who read the output has left, as `head` does: nobody is there to be told.
        _give_up_output()
        return ExitCode.FAILURE
    except OSError as error:
        if error.errno not in _OUTPUT_ERRORS:
            return _apologize(error)
        _give_up_output()
        click.echo(f"error[output]: standard output cannot be written: {error.strerror}", err=True)
        return ExitCode.FAILURE
    except Exception as error:  # noqa: BLE001 - the one place that catches
        return _apologize(error)
    return int(code or 0)


def _give_up_output() -> None:
    """What is still buffered goes nowhere, so that Python does not fail once more as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _interrupted() -> int:
    click.echo("interrupted", err=True)
    return ExitCode.INTERRUPTED


def _apologize(error: Exception) -> int:
    """The message of an unexpected error is not shown: nobody has seen to it that it holds no secret."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "nowhere"
    click.echo(f"error[internal]: {type(error).__name__} at {place}", err=True)
    click.echo(f"  = help: this is a bug in envsync {__version__}; please report it with this line", err=True)
    return ExitCode.FAILURE
