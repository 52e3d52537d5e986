from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.shell import Shell

HEAVY = ("github", "requests", "jsonschema", "yaml", "rich", "nacl", "h11")


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["plan", "--help"]])
def test_nothing_heavy_is_imported_to_say_little(arguments: list[str]) -> None:
    script = f"""
import sys
from envsync.cli import main
try:
    main({arguments!r})
except SystemExit as left:
    assert left.code == 0, left
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_version(shell: Shell) -> None:
    ran = shell.run("--version")

    assert (ran.code, ran.out.split()[0], ran.err) == (0, "envsync", "")


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "envsync", "--version"], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("envsync ")


@pytest.mark.parametrize(("shell_name", "current"), [("bash", "1"), ("zsh", "1"), ("fish", "pl")])
def test_shell_completion(shell: Shell, shell_name: str, current: str) -> None:
    script = shell.ok(_ENVSYNC_COMPLETE=f"{shell_name}_source")
    assert "envsync" in script

    words = {"COMP_WORDS": "envsync pl", "COMP_CWORD": current}
    offered = shell.ok(_ENVSYNC_COMPLETE=f"{shell_name}_complete", **words)
    assert "plan" in offered
