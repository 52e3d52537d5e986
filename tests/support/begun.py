"""A checkout in which somebody runs `envsync init`."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.shell import Shell

# What init writes besides environments.yaml, unless it is told otherwise.
TOOLS = [
    "schemas/environments.schema.json",
    *(f".github/workflows/envsync-{name}.yml" for name in ("plan", "apply", "drift")),
    *(f".github/actions/envsync/{name}" for name in ("action.yml", "requirements.txt")),
]


def checked_out(shell: Shell) -> Shell:
    """Of acme/payments, as git's remote says; with nothing in it."""
    git(shell, "init", "-q", "-b", "main")
    git(shell, "remote", "add", "origin", "git@github.com:acme/payments.git")
    return shell


def git(shell: Shell, *arguments: str, stdin: str = "") -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(shell.folder)}
    subprocess.run(["git", *arguments], cwd=shell.folder, env=environ, input=stdin, text=True, check=True)


def text_of(shell: Shell, path: str = "environments.yaml") -> str:
    return (shell.folder / path).read_text(encoding="utf-8")


def written(shell: Shell) -> dict[str, str]:
    """All texts by their path; not what git and the sandbox keep."""
    files = (path for path in shell.folder.rglob("*") if path.is_file())
    names = (str(path.relative_to(shell.folder)) for path in files)
    return {name: text_of(shell, name) for name in names if not name.startswith((".git/", ".envsync/"))}


def said(ran_err: str) -> list[str]:
    """What it tells of files, before what to do next."""
    return ran_err.partition("\n\nNext:\n")[0].splitlines()
