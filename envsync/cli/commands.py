"""The commands that hold files and GitHub against each other, and the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from envsync.cli.group import cli
from envsync.cli.options import (
    Options,
    PullRequest,
    common,
    connecting,
    filing,
    parsed_pull_request,
    parsed_repository,
    planning,
    reporting,
)

if TYPE_CHECKING:
    from envsync.model import RepositoryName


@cli.command(
    short_help="Check files and workflows, offline.",
    epilog="Example: envsync validate environments.yaml\n\nExit codes: 0 valid, 1 not.",
)
@click.argument("more_files", metavar="[FILE]...", nargs=-1, type=click.Path())
@click.option(
    "--workflows/--no-workflows",
    default=None,
    help="Check .github/workflows against them.  [default: where they declare the repository of the checkout]",
)
@planning
@connecting
@reporting
@filing
@common
def validate(options: Options, *, more_files: tuple[str, ...], workflows: bool | None) -> int:
    """Check the files, offline: each FILE, and each that -f names.

    It takes the options of plan and apply too, so that a script can pass the same to all. What chooses a GitHub,
    or a part of what the files say, changes nothing: files are always checked whole.
    """
    from envsync.cli.validate import validate as run

    return run(options, more_files, workflows=workflows)


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
@filing
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
@filing
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
@click.argument("shards", metavar="[FILE]...", nargs=-1)
@click.option("--out", metavar="FILE", help="Save what was found as JSON, for --merge to join.")
@click.option("--merge", is_flag=True, help="Join what all shards saved, each FILE or folder of such, into one.")
@click.option("--partial", is_flag=True, help="With --merge: list a shard that is missing as unread.")
@connecting
@reporting
@filing
@common
def drift(  # noqa: PLR0913 - an option each
    options: Options,
    *,
    pending: bool,
    report: str | None,
    report_to: RepositoryName | None,
    notify: tuple[str, ...],
    shards: tuple[str, ...],
    out: str | None,
    merge: bool,
    partial: bool,
) -> int:
    """Show what was changed outside envsync. Reads only, but for the report.

    Counted is what somebody changed on GitHub, what nobody can explain, records that were tampered with, and
    environments that appeared with no protection. Sources of secrets are read with --pending alone.

    With --merge it looks at nothing, needs no credential, and shows what all shards found together.
    """
    from envsync.cli.telling import Telling

    telling = Telling(report is not None, report_to, notify)
    if merge:
        from envsync.cli.merge import merge as join

        return join(options, telling, shards, partial=partial, pending=pending, out=out)
    if shards or partial:
        raise click.UsageError("files of shards, and --partial, are for --merge: add it, or leave them out")
    from envsync.cli.drift import drift as run

    return run(options, telling, pending=pending, out=out)


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
@filing
@common
def sandbox(options: Options, *, port: int, latency: float, faults: tuple[str, ...], reset: bool) -> int:
    """Serve an embedded GitHub on loopback."""
    from envsync.cli.serve import serve

    return serve(options, port=port, latency=latency, faults=faults, reset=reset)
