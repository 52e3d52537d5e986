"""How long `envsync --version` takes, above an empty Python: `python benchmarks/startup.py [RUNS]`.

Prints medians of whole processes, one after the other in turn, so that a machine whose speed drifts slows both.
Quote it from a quiet machine. What may be imported is held by a test; this tells what it costs.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

PYTHON = [sys.executable, "-c", "pass"]
VERSION = [str(Path(sys.executable).with_name("envsync")), "--version"]


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    for command in (PYTHON, VERSION):  # once, so that both are compiled and cached
        seconds(command)
    pairs = [(seconds(PYTHON), seconds(VERSION)) for _ in range(runs)]
    empty, version = (statistics.median(times) * 1000 for times in zip(*pairs, strict=True))
    extra = statistics.median(b - a for a, b in pairs) * 1000
    print(f"{runs} runs, medians: an empty Python {empty:.0f} ms, envsync --version {version:.0f} ms")
    print(f"envsync --version takes {extra:.0f} ms more")


if __name__ == "__main__":
    main()
