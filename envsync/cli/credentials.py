"""`envsync credentials`: where a GitHub App or a token is made that may do just what envsync needs. Offline."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from envsync.cli.output import result
from envsync.errors import ConfigError, Diagnostic, ExitCode
from envsync.github.links import Need, app_link, in_words, token_link
from envsync.github.server import api_url
from envsync.plan.codec import dumps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.cli.options import Options
    from envsync.plan.codec import Json


_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def credentials(options: Options, organization: str | None, *, report: bool) -> int:
    server = api_url(options.api_url, os.environ)
    needs = [
        Need(organization, writes=writes, teams=writes, issues=report and not writes) for writes in (False, True)
    ]
    if organization is not None and not _LOGIN.fullmatch(organization):
        raise ConfigError(
            Diagnostic("organization", f"{organization!a} is no organization's login", "as in github.com/LOGIN")
        )
    if options.output == "json":
        result(dumps({"format_version": "1.0", "credentials": [_encoded(server, each) for each in needs]}))
    elif options.output == "markdown":
        result("\n".join(_item(server, each) for each in needs))
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


def _item(server: str, need: Need) -> str:
    links = f"[GitHub App]({app_link(server, need)}), [token]({token_link(server, need)})"
    return f"- {_title(need)}: {_permissions(need)}: {links}\n"


def _paragraph(server: str, need: Need) -> str:
    """The links are long, and each has a line of its own to be opened or copied from."""
    lines = [
        f"{_title(need)}: {_permissions(need)}",
        f"  App    {app_link(server, need)}",
        f"  token  {token_link(server, need)}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _title(need: Need) -> str:
    return "For apply" if need.writes else "For plan and drift"


def _permissions(need: Need) -> str:
    return ", ".join(in_words(name, level) for name, level in need.permissions.items())


def _purpose(need: Need) -> str:
    return "writing" if need.writes else "reading"


def _ending(organization: str | None) -> str:
    whose = "your own account's" if organization is None else f"{organization}'s"
    more: Sequence[str] = (
        () if organization else ("For an organization's: envsync credentials --organization LOGIN",)
    )
    lines = [
        "",
        f"They are {whose}. The name of an App has to be one that no other App",
        "on GitHub has: change it. Install it on the repositories that the files name,",
        "make a private key on its page, and set ENVSYNC_APP_ID and",
        "ENVSYNC_APP_PRIVATE_KEY, or ENVSYNC_APP_PRIVATE_KEY_FILE.",
        "A token is given as GH_TOKEN.",
        *more,
    ]
    return "".join(f"{line}\n" for line in lines)
