"""The installed command on a terminal of its own, with somebody who types."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from support.shell import COMMAND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.shell import Shell

_SECONDS = 60.0  # in which whatever runs there says something, or ends


@dataclass
class Terminal:
    process: subprocess.Popen[bytes]
    _ours: int
    shown: str = ""
    _answered: int = 0  # how much of it was there when somebody last typed

    def type(self, keys: str) -> None:
        self._answered = len(self.shown)
        os.write(self._ours, keys.encode())

    def wait_for(self, words: str) -> None:
        while words not in self.shown:
            assert self._read(), self.shown

    def wait_for_question(self, words: str) -> None:
        """Until it waits for an answer: what is typed earlier can be lost, as the terminal changes its mode."""
        while words not in (new := self.shown[self._answered :]) or not new.endswith(": "):
            assert self._read(), self.shown

    def end(self) -> int:
        """Read all that is left; the exit code."""
        while self._read():
            pass
        return self.process.wait(timeout=60)

    def interrupt(self) -> int:
        """Ctrl-C, again while it goes on: one that comes just before Python begins to read can be lost."""
        for _ in range(int(_SECONDS)):
            self.process.send_signal(signal.SIGINT)
            while select.select([self._ours], [], [], 1.0)[0]:
                if not self._read():
                    return self.process.wait(timeout=_SECONDS)
        raise AssertionError(f"it does not end: {self.shown}")

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], _SECONDS)
        assert ready, f"nothing more comes after: {self.shown}"
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
