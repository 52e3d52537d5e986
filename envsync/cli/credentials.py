"""`envsync credentials`: where a GitHub App or a token is made that may do just what envsync needs. Offline."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from envsync.cli.output import result
from envsync.errors import ExitCode
from envsync.github.links import Need, app_link, in_words, token_link
from envsync.github.server import api_url
from envsync.plan.codec import dumps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.cli.options import Options
    from envsync.plan.codec import Json


def credentials(options: Options, organization: str | None, *, report: bool) -> int:
    server = api_url(options.api_url, os.environ)
    needs = [Need(organization, writes=writes, issues=report and not writes) for writes in (False, True)]
    if options.output == "json":
        result(dumps({"format_version": "1.0", "credentials": [_encoded(server, each) for each in needs]}))
    else:
        result("\n".join(_paragraph(server, each) for each in needs) + _ending(organization))
    return ExitCode.OK


def _encoded(server: str, need: Need) -> dict[str, Json]:
    return {
        "for": _purpose(need),
        "permissions": dict(need.permissions),
        "app": app_link(server, need),
        "token": token_link(server, need),
    }


def _paragraph(server: str, need: Need) -> str:
    """The links are long, and each has a line of its own to be opened or copied from."""
    permissions = ", ".join(in_words(name, level) for name, level in need.permissions.items())
    title = {"writing": "For apply", "reading": "For plan and drift"}[_purpose(need)]
    lines = [
        f"{title}: {permissions}",
        f"  App    {app_link(server, need)}",
        f"  token  {token_link(server, need)}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _purpose(need: Need) -> str:
    return "writing" if need.writes else "reading"


def _ending(organization: str | None) -> str:
    whose = "your own account's" if organization is None else f"{organization}'s"
    more: Sequence[str] = (
        () if organization else ("For an organization's: envsync credentials --organization LOGIN",)
    )
    lines = [
        "",
        f"They are {whose}. Install an App on the repositories that the files name, make a private",
        "key on its page, and set ENVSYNC_APP_ID and ENVSYNC_APP_PRIVATE_KEY, or",
        "ENVSYNC_APP_PRIVATE_KEY_FILE. A token is given as GH_TOKEN.",
        *more,
    ]
    return "".join(f"{line}\n" for line in lines)
