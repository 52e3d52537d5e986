"""The command that all the others belong to."""

from __future__ import annotations

import click

from envsync import __version__

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
