"""Part B: the installed command, killed with SIGKILL before and after each of its requests."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from support.shell import CANARY, COMMAND, Shell

from campaign.draw import file_of, pair
from campaign.watch import deployers
from campaign.world import Tally, differences, install, state_before, watch
from envsync.sandbox import FULL_TOKEN, Sandbox

if TYPE_CHECKING:
    from campaign.watch import Watch
    from envsync.model import DesiredRepository
    from envsync.sandbox import Exchange, State

APPLY = ("apply", "--yes", "--allow-weakening", "--allow-destroying", "-f", "environments.yaml")
LIMIT = 400.0  # seconds for one run of the command


@dataclass(slots=True)
class Executioner:
    """Kills a process after the work of its request number `at`, and before the answer. 0: before the first."""

    at: int
    victim: subprocess.Popen[str] | None = None
    known: threading.Event = field(default_factory=threading.Event)

    def __call__(self, number: int) -> None:
        if number == self.at:
            self.known.wait(LIMIT)
            assert self.victim is not None
            os.kill(self.victim.pid, signal.SIGKILL)

    def run(self, shell: Shell) -> tuple[int, str]:
        """The exit code, negative where it was killed, and all that it said."""
        with subprocess.Popen(
            [COMMAND, *APPLY],
            cwd=shell.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(shell.folder), **shell.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            self.victim = process
            self.known.set()
            if self.at == 0:
                with suppress(ProcessLookupError):
                    process.kill()
            said, _ = process.communicate(timeout=LIMIT)
            return process.returncode, said


def shell_for(folder: str, desired: DesiredRepository) -> Shell:
    shell = Shell(Path(folder), {"GH_TOKEN": FULL_TOKEN, "SOURCE": CANARY})
    shell.write(file_of(desired))
    return shell


def case(seed: int, points: int | None = None) -> Tally:
    """Each request of one apply; with `points`, that many of them, spread evenly."""
    before, after = pair(Random(seed))
    start, tally, at = state_before(before), Tally(), 0
    step = 1 if points is None else max(1, _length(start, after) // points)
    while True:
        killed, one = killed_at(at, start, after)
        tally.add(one)
        if not killed:
            return tally
        at += step


def killed_at(at: int, start: State, after: DesiredRepository) -> tuple[bool, Tally]:
    """One apply that is killed, if it has that many requests, and one more."""
    tally, executioner = Tally(), Executioner(at)
    watching: list[Watch] = []

    def observe(exchange: Exchange) -> None:
        for each in watching:
            each(exchange)
            executioner(len(each.exchanges))

    with TemporaryDirectory() as folder, Sandbox(observe=observe) as sandbox:
        install(sandbox, start)
        seen = watch(start, sandbox.state, after)
        watching.append(seen)
        shell = shell_for(folder, after)
        shell.environ["GITHUB_API_URL"] = sandbox.url
        code, said = executioner.run(shell)
        killed = code == -signal.SIGKILL
        tally.faults += killed
        tally.expect(killed or code == 0, f"exit code {code} of an apply that nobody killed")
        tally.expect("Traceback" not in said and CANARY not in said, f"a traceback or a secret: {said}")
        executioner.at = -1
        if killed:
            further(shell, tally)
        watching.clear()
        tally.expect(not differences(sandbox, after), f"killed at {at}: a plan still has something to do")
        tally.gaps = [f"killed at {at}: {gap}" for gap in seen.gaps(deployers(sandbox.state))]
        tally.requests = len(seen.exchanges)
        tally.problems += seen.problems
    return killed, tally


def further(shell: Shell, tally: Tally) -> None:
    """One more apply, which has to finish the work."""
    tally.further += 1
    ran = shell.run(*APPLY, timeout=LIMIT)
    tally.expect(ran.code == 0, f"one further apply ended with {ran.code}: {ran.out}{ran.err}")


def _length(start: State, after: DesiredRepository) -> int:
    """How many requests an apply makes that nothing happens to."""
    _, tally = killed_at(-1, start, after)
    return tally.requests
