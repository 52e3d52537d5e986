"""The installed `envsync` as a process: how long it took, and what it needed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.workload import SECRETS, file_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.server import Place
    from benchmarks.workload import Workload

ENVSYNC = str(Path(sys.executable).with_name("envsync"))
_KIB = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes


@dataclass(frozen=True, slots=True)
class Run:
    began: float  # on the monotonic clock, which all processes share
    wall: float  # seconds
    cpu: float
    memory: int  # bytes, at most. What starts it is smaller: a process that is started begins with its size


class Failed(Exception):  # noqa: N818 - of a program, as it is told
    """A command of envsync's did."""


@dataclass(frozen=True, slots=True)
class Client:
    """`folder` has the file and all that the commands keep."""

    folder: Path

    @property
    def log(self) -> Path:
        """What the last command said."""
        return self.folder / "output.txt"

    def prepare(self, load: Workload) -> None:
        (self.folder / "environments.yaml").write_text(file_text(load), encoding="utf-8")

    def environ(self, place: Place) -> dict[str, str]:
        """Nothing of the caller's but where programs are: not the job that it may be part of."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "GH_TOKEN": place.token,
            "GITHUB_API_URL": place.url,
            "ENVSYNC_RECORD_KEY": place.record_key,
            "ENVSYNC_CACHE_DIR": str(self.folder / "cache"),
            **({} if place.bundle is None else {"REQUESTS_CA_BUNDLE": place.bundle}),
            **SECRETS,
        }

    def run(self, arguments: Sequence[str], place: Place) -> Run:
        with self.log.open("wb") as output:
            began = time.monotonic()
            process = subprocess.Popen(
                [ENVSYNC, *arguments], cwd=self.folder, env=self.environ(place), stdout=output, stderr=output
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise self.failed(arguments, process.returncode)
        return Run(began, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _KIB)

    def failed(self, arguments: Sequence[str], code: int | None) -> Failed:
        said = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
        return Failed(f"envsync {' '.join(arguments)} ended with {code}:\n{said}")
