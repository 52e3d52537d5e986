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
    r"(?:[a-z+]+://(?:[^/@]*@)?[^/@]+/|(?:[^/@:]+@)?[^/@:]{2,}:)/?"
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


def repository_in(address: str) -> RepositoryName | None:
    """The one that a remote, or a page in the browser, is of."""
    found = _REMOTE.fullmatch(address)
    return RepositoryName(found["owner"], found["name"]) if found else None


def _split(text: str) -> RepositoryName | None:
    owner, slash, name = text.partition("/")
    return RepositoryName(owner, name) if owner and slash and name and "/" not in name else None


def _origin(root: Path) -> str | None:
    if not (root / ".git").exists():  # else git would look further up
        return None
    command = ["git", "config", "--get", "remote.origin.url"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, no shell
            command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, timeout=_GIT_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):  # git is not installed, or waits for something
        return None
    return done.stdout.decode("utf-8", errors="replace").strip() or None if done.returncode == 0 else None
