"""Runs of the command, each in a process of its own, forked from one that has imported everything already.

Importing takes most of a short run, and the tests make more than a thousand. What the interpreter reads when it
starts cannot be given to such a process: see `takes`.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FOR_THE_INTERPRETER = ("PYTHON", "LANG", "LC_", "MALLOC", "LD_", "COV")
_PARENT = Path(__file__).with_name("nursery_parent.py")


def takes(environ: Mapping[str, str]) -> bool:
    """Whether all of `environ` is read by envsync itself, and none when an interpreter starts."""
    return not any(name.startswith(_FOR_THE_INTERPRETER) for name in environ)


@cache
def nursery() -> Nursery:
    """One for each process that runs tests. It ends with that: its standard input is closed then."""
    command = [sys.executable, str(_PARENT)]
    environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return Nursery(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ))


@dataclass
class Nursery:
    parent: subprocess.Popen[bytes]
    turn: threading.Lock = field(default_factory=threading.Lock)

    def run(
        self, arguments: Sequence[str], cwd: Path, environ: Mapping[str, str], stdin: str, timeout: float
    ) -> subprocess.CompletedProcess[str] | None:
        """As `subprocess.run` would, with what was written as text. None: another thread has one running."""
        if not self.turn.acquire(blocking=False):
            return None
        try:
            return self._run(arguments, cwd, environ, stdin, timeout)
        finally:
            self.turn.release()

    def _run(
        self, arguments: Sequence[str], cwd: Path, environ: Mapping[str, str], stdin: str, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder, name) for name in ("in", "out", "err")]
            files[0].write_text(stdin, encoding="utf-8")
            order = {
                "arguments": list(arguments),
                "cwd": str(cwd),
                "environ": dict(environ),
                "files": list(map(str, files)),
            }
            code = self._order(json.dumps(order), timeout)
            out, err = (file.read_text(encoding="utf-8", errors="surrogateescape") for file in files[1:])
            return subprocess.CompletedProcess(list(arguments), code, out, err)

    def _order(self, line: str, timeout: float) -> int:
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write(line.encode() + b"\n")
        self.parent.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(self.parent.stdout, selectors.EVENT_READ)
            if not selector.select(timeout):
                self.parent.kill()
                nursery.cache_clear()
                raise subprocess.TimeoutExpired(line, timeout)
        return int(self.parent.stdout.readline())
