"""The installed command on a terminal of its own, with somebody who types."""

from __future__ import annotations

import os
import pty
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from support.shell import COMMAND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.shell import Shell


@dataclass
class Terminal:
    process: subprocess.Popen[bytes]
    _ours: int
    shown: str = ""

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def wait_for(self, words: str) -> None:
        while words not in self.shown:
            assert self._read(), self.shown

    def end(self) -> int:
        """Read all that is left; the exit code."""
        while self._read():
            pass
        return self.process.wait(timeout=60)

    def _read(self) -> bool:
        try:
            chunk = os.read(self._ours, 65_536)
        except OSError:  # nobody writes to it any more
            return False
        self.shown += chunk.decode(errors="replace")
        return bool(chunk)


@contextmanager
def on_terminal(shell: Shell, *arguments: str, term: str = "dumb") -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [COMMAND, *arguments],
        cwd=shell.folder,
        env={"PATH": os.environ["PATH"], "HOME": str(shell.folder), "TERM": term, **shell.environ},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            yield Terminal(process, ours)
        finally:
            process.kill()
            os.close(ours)
