"""The installed command, run as a user runs it: a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from support.nursery import nursery, takes

if TYPE_CHECKING:
    from envsync.sandbox import Exchange, Sandbox

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("envsync")
CANARY = "canary-0f6b2c-hunter2"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@dataclass
class Shell:
    """A folder and an environment to run `envsync` in. No run may show a traceback or a canary."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, text: str, name: str = "environments.yaml") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *arguments: str, stdin: str = "", timeout: float = 120.0, **environ: str) -> Ran:
        given = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "ENVSYNC_CACHE_DIR": f"{self.folder}.cache",
            **self.environ,
            **environ,
        }
        done = nursery().run(arguments, self.folder, given, stdin, timeout) if takes(given) else None
        if done is None:
            done = subprocess.run(
                [COMMAND, *arguments],
                cwd=self.folder,
                env=given,
                input=stdin,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        ran = Ran(done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in ran.err + ran.out, ran.err
        assert "error[internal]" not in ran.err, ran.err
        assert CANARY not in ran.out + ran.err
        return ran

    def ok(self, *arguments: str, **environ: str) -> str:
        ran = self.run(*arguments, stdin="", timeout=120.0, **environ)
        assert ran.code == 0, ran
        return ran.out


@dataclass
class GitHub:
    """A sandbox whose every exchange is held against GitHub's own description."""

    sandbox: Sandbox
    exchanges: list[Exchange]
    shell: Shell

    def requests(self, *methods: str) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.exchanges if not methods or each.method in methods]
