"""The real `aws`, started quickly: a folder that goes first on PATH, whose `aws` hands on what it was given.

To start it takes half a second, and the tests do so a hundred times. Here one process has imported it already, and
forks for each command, which gets the caller's arguments, working directory, environment and standard streams, and
dies with the caller. What only an interpreter reads as it starts, such as LANG, cannot be given to such a process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REAL = Path(sys.executable).with_name("aws")
_PARENT = Path(__file__).with_name("aws_nursery_parent.py")


@dataclass
class Nursery:
    parent: subprocess.Popen[bytes]
    folder: str  # goes first on PATH

    def before(self, path: str) -> str:
        return f"{self.folder}{os.pathsep}{path}"


@cache
def aws_nursery() -> Nursery:
    """One for each process that runs tests. It ends with that: its standard input is closed then."""
    parent = subprocess.Popen(
        [sys.executable, str(_PARENT), str(REAL)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PATH": os.environ["PATH"]},
        start_new_session=True,  # Ctrl-C reaches those who call, and they hand it on
    )
    assert parent.stdout is not None
    return Nursery(parent, parent.stdout.readline().decode().rstrip("\n"))
