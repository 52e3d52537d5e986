"""How far is envsync from the speed of light? `python benchmarks/run.py [OPTIONS]`; see README.md beside it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import click

sys.path.append(str(Path(__file__).parents[1]))

from benchmarks import table
from benchmarks.client import Failed
from benchmarks.costs import costs
from benchmarks.limits import CASES, Case, Kept, keep
from benchmarks.measure import COMMANDS, Alone, Row, opened
from benchmarks.server import Manner
from benchmarks.startup import startups

PARTS = (*COMMANDS, "sandbox", "startup", "limits")
_PROFILED = 100  # repositories


def concurrency() -> int:
    """As envsync has it, asked for in a process of its own, so that this one stays small: see `Run.memory`."""
    code = "from envsync.github.crew import MOST; print(MOST)"
    return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)


def machine() -> str:
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{platform.system()} {platform.machine()}, {able} cores, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )


def listed(_context: click.Context, _option: click.Parameter, text: str) -> list[str]:
    return text.split(",")


def numbers(_context: click.Context, _option: click.Parameter, text: str) -> list[int]:
    try:
        found = sorted({int(each) for each in text.split(",")})
    except ValueError:
        raise click.BadParameter(f"{text} are not numbers") from None
    if found[0] < 1:
        raise click.BadParameter("there has to be a repository")
    return found


def known(context: click.Context, option: click.Parameter, text: str) -> list[str]:
    found = listed(context, option, text)
    if strange := set(found) - set(PARTS):
        raise click.BadParameter(f"{min(strange)} is none of {','.join(PARTS)}")
    return found


def rows(
    repositories: int, latency: float, only: list[str], hands: int, *, tls: bool
) -> tuple[list[Row], list[Alone]]:
    with opened(repositories, latency, hands, tls=tls) as bench:
        if "apply" in only:
            say(f"{repositories}: apply")
            found = [bench.measure("apply")]
        else:
            say(f"{repositories}: apply, as fast as it goes")
            bench.apply_quickly()
            found = []
        alone = []
        if "sandbox" in only:
            say(f"{repositories}: the sandbox alone")
            alone = [bench.alone()]
        for part in COMMANDS:
            if part in only and part != "apply":
                say(f"{repositories}: {part}")
                found.append(bench.measure(part))
        return found, alone


def kept(case: Case, latency: float) -> Kept:
    say(f"limits: {case.command}, {case.repositories} repositories")
    with opened(case.repositories, latency) as bench:
        return keep(case, bench.client, bench.server, bench.clock, latency)


def started(latency: float) -> dict[str, float]:
    say("start-up")
    with opened(1, latency) as bench:
        bench.apply_quickly()
        return startups(bench.client, bench.server, bench.clock, Manner(latency))


def profiled() -> list[tuple[str, float]]:
    say(f"profile: plan, {_PROFILED} repositories")
    with opened(_PROFILED, 0) as bench:
        bench.apply_quickly()
        return costs(bench.client, bench.server.serve(Manner(0)))


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


@click.command()
@click.option("--repositories", default="1,10,100,1000", callback=numbers, show_default=True)
@click.option("--latency", default=0.05, show_default=True, help="Seconds, of each answer.")
@click.option("--only", default=",".join(PARTS), callback=known, show_default=True)
@click.option("--tls", is_flag=True, help="Have envsync's commands speak TLS, as with GitHub.")
@click.option("--profile", is_flag=True, help="Where the client's CPU time goes, besides.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="The figures go there as well.")
def main(
    repositories: list[int], latency: float, only: list[str], file: Path | None, *, tls: bool, profile: bool
) -> None:
    """Measure envsync against the sandbox. Fails where requests are not what they should be, or were refused."""
    hands, measured, alone = concurrency(), list[Row](), list[Alone]()
    try:
        if set(only) & {*COMMANDS, "sandbox"}:
            for each in repositories:
                more, sandbox = rows(each, latency, only, hands, tls=tls)
                measured += more
                alone += sandbox
        starts = started(latency) if "startup" in only else {}
        limited = [kept(case, latency) for case in CASES] if "limits" in only else []
        modules = profiled() if profile else []
    except Failed as failed:
        raise click.ClickException(str(failed)) from None
    print(f"{machine()}; latency {latency * 1000:g} ms, {hands} requests at once{', over TLS' if tls else ''}\n")
    for text in (
        *(table.of_rows(part, [row for row in measured if row.part == part]) for part in COMMANDS),
        table.of_sandbox(alone, latency, hands),
        table.of_starts(starts),
        table.of_limits(limited),
        table.of_costs(modules),
    ):
        if text:
            print(text + "\n")
    if file is not None:
        figures = {
            "machine": machine(),
            "latency": latency,
            "tls": tls,
            "concurrency": hands,
            "runs": [asdict(each) for each in measured],
            "sandbox": [asdict(each) for each in alone],
            "startup": starts,
            "limits": [
                {**asdict(each), "bound": each.case.bound[1], "limit": each.case.bound[0], "ratio": each.ratio}
                for each in limited
            ],
            "costs": dict(modules),
        }
        file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    wrong = [*(each for each in measured if each.is_wrong), *(each for each in limited if each.is_wrong)]
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
