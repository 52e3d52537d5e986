"""The profile runs envsync inside out: what stands in for its crew has to keep up with it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))

from benchmarks.costs import costs
from benchmarks.measure import opened
from benchmarks.server import Manner


def test_where_the_time_of_a_plan_goes_is_told_by_module() -> None:
    with opened(1, 0) as bench:
        bench.apply_quickly()
        found = costs(bench.client, bench.server.serve(Manner(0)))

    seconds = [spent for _, spent in found]
    assert seconds == sorted(seconds, reverse=True)
    assert {"urllib3", "envsync.github.wire"} <= {module for module, _ in found}
