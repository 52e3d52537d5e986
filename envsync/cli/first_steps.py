"""The commands that somebody begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from envsync.cli.group import cli
from envsync.cli.options import (
    DEFAULT_FILE,
    Options,
    common,
    filing,
    parsed_repository,
    reporting,
)

if TYPE_CHECKING:
    from envsync.model import RepositoryName

_KINDS = click.Choice(["lambda", "generic"])
_NO_KIND = ""


def _known_kind(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    return _KINDS.convert(value, parameter, context) if value else value


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


@cli.command(
    short_help="Write a first environments.yaml, and workflows.",
    epilog="Example: envsync init --reviewer acme/devops-admins\n\nExit codes: 0 written, or all was there, "
    "1 failure, 4 not permitted (with --import), 130 interrupted.",
)
@click.option(
    "--repository",
    metavar="OWNER/REPO",
    callback=parsed_repository,
    help="Which one this is; else git's remote origin tells.",
)
@click.option(
    "--reviewer",
    "reviewers",
    multiple=True,
    metavar="LOGIN|ORG/TEAM",
    help="Who approves deployments to production; repeats.",
)
@click.option("--import", "imports", is_flag=True, help="Begin with what is on GitHub, as `envsync import` does.")
@click.option("--name", metavar="NAME", help="Who owns what the file creates; else the repository's name.")
@click.option(
    "--pipeline",
    metavar="[lambda|generic]",
    callback=_known_kind,
    shell_complete=_KINDS.shell_complete,
    is_flag=False,
    flag_value=_NO_KIND,
    help="Add workflows that build, stage, ask, deploy and roll back: a Lambda function, or whatever three "
    "scripts of yours do. The option alone takes the kind that is there, else lambda.",
)
@click.option("--no-workflows", is_flag=True, help="Leave envsync's own workflows and their action out.")
@click.option("--dry-run", is_flag=True, help="Write nothing, and show what would be written as a diff.")
@click.option(
    "--force",
    is_flag=True,
    help="Replace files that differ; environments.yaml only with --reviewer or --import, which say by what.",
)
@click.option("--api-url", metavar="URL", help="GitHub's API; else GITHUB_API_URL, else api.github.com.")
@click.option("--sandbox", is_flag=True, help="Import from the embedded GitHub: no account, no token.")
@common
def init(  # noqa: PLR0913 - one for each option
    options: Options,
    *,
    repository: RepositoryName | None,
    reviewers: tuple[str, ...],
    imports: bool,
    name: str | None,
    pipeline: str | None,
    no_workflows: bool,
    dry_run: bool,
    force: bool,
) -> int:
    """Write a first environments.yaml into a checkout, and the workflows that plan and apply it.

    The five environments of a pipeline that stages, asks and can go back, or with --import what is on GitHub. What
    it is not told it asks for on a terminal. Nothing that is there is overwritten without --force.
    """
    from envsync.cli.init_asked import Asked
    from envsync.cli.init_files import init as run
    from envsync.scaffold.pipeline import Pipeline

    asked = Asked(
        repository,
        reviewers,
        imports,
        name,
        pipes=pipeline is not None,
        pipeline=Pipeline(pipeline) if pipeline else None,
        workflows=not no_workflows,
        dry_run=dry_run,
        force=force,
    )
    return run(options, asked)


@cli.command(
    short_help="Find out why it does not work, or if it will.",
    epilog="Example: envsync doctor --for plan\n\nExit codes: 0 nothing was found that keeps it from working, "
    "1 something keeps it from working, 130 interrupted.",
)
@click.option(
    "--for",
    "purpose",
    type=click.Choice(["plan", "drift", "apply"]),
    default="apply",
    show_default=True,
    help="The command that is to work.",
)
@click.option("--repo", "repositories", multiple=True, metavar="GLOB", help="Only these repositories; repeats.")
@click.option("--api-url", metavar="URL", help="GitHub's API; else GITHUB_API_URL, else api.github.com.")
@click.option("--sandbox", is_flag=True, help="Use the embedded GitHub: no account, no token.")
@click.option("--settings-only", is_flag=True, help="As for a command that is given --settings-only.")
@reporting
@filing
@common
def doctor(options: Options, *, purpose: str) -> int:
    """Find out why it does not work, or whether it will, without writing anything.

    It looks at the credential and its permissions, the server, the repositories and what their owners pay for,
    reviewers, Apps, sources of secrets, the record key and the workflows. Whatever is wrong comes with what to do.
    """
    from envsync.cli.doctor import doctor as run

    return run(options, purpose)


@cli.command(
    short_help="Draw which gate stands before what.",
    epilog="Example: envsync graph --into README.md\n\nExit codes: 0 done, 1 failure, or --check found a graph "
    "that is not current.",
)
@click.option(
    "--repo",
    "repository",
    metavar="OWNER/REPO",
    callback=parsed_repository,
    help="Whose workflows these are; else git's remote origin tells.",
)
@click.option(
    "--into",
    metavar="FILE",
    help="Keep it current in that Markdown file, between <!-- envsync graph --> and <!-- /envsync graph -->.",
)
@click.option("--check", is_flag=True, help="With --into: write nothing, and fail where the graph is not current.")
@reporting
@filing
@common
def graph(options: Options, *, repository: RepositoryName | None, into: str | None, check: bool) -> int:
    """Draw which gate stands before which environment, from the files and the checkout's workflows, offline.

    The diagram is Mermaid, which GitHub draws in every Markdown file; as markdown it comes in its fence.
    """
    from envsync.cli.graph import graph as run

    return run(options, repository=repository, into=into, check=check)


@cli.command(
    short_help="Print the links that make an App or a token.",
    epilog="Example: envsync credentials --organization acme\n\nExit codes: 0 printed, 1 wrong usage.",
)
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
