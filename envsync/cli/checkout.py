"""Which repository is this folder a checkout of?"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.model import RepositoryName

if TYPE_CHECKING:
    from collections.abc import Mapping

WORKFLOWS = Path(".github/workflows")
_GIT_TIMEOUT = 10.0  # seconds
# https://HOST/OWNER/REPO, ssh://git@HOST/OWNER/REPO and git@HOST:OWNER/REPO, with or without .git
_REMOTE = re.compile(
    r"(?:[a-z+]+://(?:[^/@]*@)?(?P<host>[^/@:]+)(?::\d+)?/|(?:[^/@:]+@)?(?P<scp_host>[^/@:]{2,}):)/?"
    r"(?P<owner>[A-Za-z0-9_-]{1,100})/(?P<name>(?!\.{1,2}(?:\.git)?/?\Z)[A-Za-z0-9._-]{1,100}?)(?:\.git)?/?"
)


def root_of(folder: Path) -> Path:
    """The top of the checkout that a folder lies in; the folder itself where it lies in none."""
    absolute = Path(os.path.normpath(folder.absolute()))
    return next((each for each in (absolute, *absolute.parents) if (each / ".git").exists()), absolute)


def repository_of(root: Path, environ: Mapping[str, str]) -> RepositoryName | None:
    """As a workflow's runner says, else as git's remote `origin` does. None: neither tells."""
    if environ.get("GITHUB_ACTIONS") == "true" and (named := _split(environ.get("GITHUB_REPOSITORY", ""))):
        return named
    return repository_in(_origin(root) or "")


def host_of(root: Path) -> str | None:
    """Where git's remote `origin` lies: a host, or a name that ssh's configuration has for one."""
    found = _REMOTE.fullmatch(_origin(root) or "")
    return (found["host"] or found["scp_host"]).lower() if found else None


def default_branch(root: Path) -> str | None:
    """That of the remote, as far as git was told when it cloned."""
    said = _git(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    return said.removeprefix("origin/") if said else None


def repository_in(address: str) -> RepositoryName | None:
    """The one that a remote, or a page in the browser, is of."""
    found = _REMOTE.fullmatch(address)
    return RepositoryName(found["owner"], found["name"]) if found else None


def _split(text: str) -> RepositoryName | None:
    owner, slash, name = text.partition("/")
    return RepositoryName(owner, name) if owner and slash and name and "/" not in name else None


def _origin(root: Path) -> str | None:
    return _git(root, "config", "--get", "remote.origin.url")


def _git(root: Path, *arguments: str) -> str | None:
    """What it says; None: nothing, or there is no git."""
    if not (root / ".git").exists():  # else git would look further up
        return None
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands, no shell
            ["git", *arguments],  # noqa: S607 - the user's own git
            env={
                name: value for name, value in os.environ.items() if not name.startswith("GIT_")
            },  # of this folder
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):  # git is not installed, or waits for something
        return None
    return done.stdout.decode("utf-8", errors="replace").strip() or None if done.returncode == 0 else None
