"""Where the client's CPU time goes: `plan` with one hand, in one thread, so that a profiler sees all of it.

The work for a request is what each of the threads has with it. What they cost each other is not in it: that is
what the CPU time of the process says besides.
"""

from __future__ import annotations

import pstats
import sysconfig
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.server import SPAWN

if TYPE_CHECKING:
    from benchmarks.client import Client
    from benchmarks.server import Place

_STANDARD = Path(sysconfig.get_path("stdlib"))


def costs(client: Client, place: Place) -> list[tuple[str, float]]:
    """Modules and their seconds, dearest first. A profiler makes calls dearer than they are: go by the shares."""
    file = client.folder / "profile"
    process = SPAWN.Process(target=_plan, args=(client, place, file))
    process.start()
    process.join()
    if process.exitcode:
        raise client.failed(["plan"], process.exitcode)
    return by_module(pstats.Stats(str(file)))


def by_module(stats: pstats.Stats) -> list[tuple[str, float]]:
    found: defaultdict[str, float] = defaultdict(float)
    for (file, _line, _name), (_primitive, _calls, own, *_) in stats.stats.items():  # type: ignore[attr-defined] # since ever
        found[module(file)] += own
    return sorted(found.items(), key=lambda each: -each[1])


def module(file: str) -> str:
    """Envsync's own by their names, all others by the package that they belong to."""
    path = Path(file).with_suffix("")
    if "site-packages" in path.parts and "envsync" not in path.parts:
        return path.parts[path.parts.index("site-packages") + 1]
    if "envsync" in path.parts:
        return ".".join(path.parts[len(path.parts) - 1 - path.parts[::-1].index("envsync") :])
    if path.is_relative_to(_STANDARD):
        return path.relative_to(_STANDARD).parts[0]
    return file.strip("<>").removeprefix("frozen ").partition(".")[0]  # some of the standard library is


def _plan(client: Client, place: Place, file: Path) -> None:
    from benchmarks.inside import profile  # noqa: PLC0415 - heavy, and who starts it stays small: see `Run.memory`

    profile(client, place, file)
