"""What was measured, as tables that fit 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.limits import Kept
    from benchmarks.measure import Alone, Row

_MEBIBYTE = 1024 * 1024
_MOST_COSTS = 20
_TITLES = {
    "apply": "apply, where nothing is",
    "plan": "plan, with nothing to do",
    "cache": "plan, with nothing to do, a second time with the cache",
    "drift": "drift, of which there is none",
}


def of_rows(part: str, rows: Sequence[Row]) -> str:
    lines = []
    for before, row in zip((None, *rows), rows, strict=False):
        grown = "" if before is None else f"{_growth(before, row):,.1f}"
        lines.append(
            (
                f"{row.repositories:,}",
                f"{row.expected:,}",
                f"{row.counted:,}" + ("!" if row.is_wrong else ""),
                f"{row.wall:.2f}",
                f"{row.startup:.2f}",
                f"{row.bound:.2f}",
                f"{row.ratio:.2f}",
                f"{row.cpu:.2f}",
                f"{row.memory / _MEBIBYTE:.0f}",
                grown,
                f"{row.sandbox_cpu / row.wall:.0%}",
            )
        )
    heads = ("N", "expected", "counted", "wall", "start", "bound", "ratio", "CPU", "MiB", "KiB/N", "server")
    unmodified = ", ".join(f"{row.not_modified:,}" for row in rows)
    note = f"\nanswered with 304: {unmodified}" if part == "cache" else ""
    return _table(_TITLES[part], heads, (6, 9, 9, 8, 6, 8, 6, 8, 5, 7, 7), lines) + note if rows else ""


def _growth(before: Row, row: Row) -> float:
    return (row.memory - before.memory) / 1024 / (row.repositories - before.repositories)


def of_sandbox(every: Sequence[Alone], latency: float, connections: int) -> str:
    title = f"the sandbox alone, over {connections} plain connections"
    if latency:
        title += f"\n(with the latency they can ask for {connections / latency:,.0f} a second)"
    heads = ("N", "requests", "a second", "wall", "bound", "ratio")
    lines = [
        (
            f"{each.repositories:,}",
            f"{each.requests:,}",
            f"{each.a_second:,.0f}",
            f"{each.wall:.2f}",
            f"{each.bound:.2f}",
            f"{each.ratio:.2f}",
        )
        for each in every
    ]
    return _table(title, heads, (6, 9, 9, 8, 8, 6), lines) if every else ""


def of_starts(starts: Mapping[str, float]) -> str:
    lines = [f"{seconds * 1000:6.0f} ms  {name}" for name, seconds in starts.items()]
    return "\n".join(["start-up, medians", *lines]) if lines else ""


def of_limits(every: Sequence[Kept]) -> str:
    heads = ("command", "N", "expected", "more", "limit", "refused", "took s", "bound s", "ratio")
    lines = [
        (
            each.case.command,
            f"{each.case.repositories:,}",
            f"{each.case.requests.total:,}",
            f"{each.again:+,}" + ("!" if each.is_wrong and not each.refused else ""),
            each.case.bound[0],
            f"{each.refused:,}" + ("!" if each.refused else ""),
            f"{each.virtual:,.0f}",
            f"{each.case.bound[1]:,.0f}",
            f"{each.ratio:.3f}",
        )
        for each in every
    ]
    title = "against GitHub's limits, in seconds of a clock that leaps over waits"
    return _table(title, heads, (8, 5, 9, 6, 18, 9, 8, 9, 7), lines) if every else ""


def of_costs(modules: Sequence[tuple[str, float]]) -> str:
    total = sum(seconds for _, seconds in modules)
    lines = [f"{seconds / total:6.1%} {seconds:8.3f}  {name}" for name, seconds in modules[:_MOST_COSTS]]
    return "\n".join(["CPU time of plan, by module, in seconds under a profiler", *lines]) if lines else ""


def _table(title: str, heads: Iterable[str], widths: Sequence[int], lines: Iterable[Iterable[str]]) -> str:
    rows = [
        "".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True)) for line in (heads, *lines)
    ]
    return "\n".join([title, *rows])
