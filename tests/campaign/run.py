"""Random states, crashes and faults by the thousand: `python tests/campaign/run.py [OPTIONS]`.

A: the order of requests. B: SIGKILL around each request. C: faults, meddling, stale reads. S: the few faults that
the client waits for, half a minute and more each. What failed is repeated with its part, its seed and `--cases 1`.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

sys.path.insert(0, str(Path(__file__).parents[1]))

from campaign import crashes, faults, order
from campaign.world import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

USUAL = {"A": 2000, "B": 10, "C": 108, "S": len(faults.SLOW)}  # cases


def case(part: str, seed: int) -> Tally:
    match part:
        case "A":
            return order.case(seed)
        case "B":
            return crashes.case(seed)
        case "C":
            return faults.case(seed)
        case _:
            return faults.case(seed, faults.SLOW[seed % len(faults.SLOW)])


def guarded(run: Callable[[int], Tally], seed: int) -> tuple[int, Tally]:
    """A case that breaks is a case that failed."""
    try:
        return seed, run(seed)
    except Exception:  # noqa: BLE001 - the others go on, and it is told
        return seed, Tally(problems=[traceback.format_exc()])


def run_part(part: str, first: int, cases: int, jobs: int) -> bool:
    """Whether all is well. One row of the table, then what failed."""
    total, failed, began = Tally(), dict[int, Tally](), time.monotonic()
    workers = cases if part == "S" else jobs  # these wait, and do little else
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(max_workers=workers, mp_context=fork) as pool:
        for seed, tally in pool.map(partial(guarded, partial(case, part)), range(first, first + cases)):
            total.add(tally)
            if tally.gaps or tally.problems:
                failed[seed] = tally
    figures = (cases, total.requests, total.faults, total.further, len(total.gaps), time.monotonic() - began)
    seeds = " ".join(map(str, failed)) or "none"
    click.echo("{:>4} {:>6} {:>9} {:>7} {:>8} {:>5} {:>6.0f} s  {}".format(part, *figures, seeds))
    for seed, tally in failed.items():
        for each in (*tally.gaps, *tally.problems):
            click.echo(f"  part {part}, seed {seed}: {each}", err=True)
    return not failed


@click.command(help=__doc__)
@click.option("--part", "parts", type=click.Choice(sorted(USUAL)), multiple=True, help="Repeats; all if left out.")
@click.option("--seed", default=1, show_default=True, help="Of the first case; the next has the next.")
@click.option("--cases", type=click.IntRange(min=1), help=f"Of each part; {USUAL} if left out.")
@click.option("--jobs", default=2, show_default=True, help="Cases at the same time.")
def main(parts: tuple[str, ...], seed: int, cases: int | None, jobs: int) -> None:
    click.echo("part  cases  requests  faults  further  gaps     time  seeds that failed")
    well = [run_part(part, seed, cases or USUAL[part], jobs) for part in parts or sorted(USUAL)]
    sys.exit(0 if all(well) else 1)


if __name__ == "__main__":
    main()
