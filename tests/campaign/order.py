"""Part A: from any state to any other, the sandbox looked at after every single request."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import TYPE_CHECKING

from campaign.draw import pair
from campaign.watch import deployers
from campaign.world import OverHttp, Tally, populated, watch
from envsync.sandbox import Options, Sandbox

if TYPE_CHECKING:
    from campaign.watch import Watch
    from envsync.sandbox import Exchange


def case(seed: int) -> Tally:
    random, tally = Random(seed), Tally()
    before, after = pair(random)
    watching: list[Watch] = []

    def observe(exchange: Exchange) -> None:
        for each in watching:
            each(exchange)

    options = Options(omitted_keys=random.choice(("keep", "reset")))
    with Sandbox(options=options, observe=observe) as sandbox:
        populated(sandbox, before)
        seen = watch(deepcopy(sandbox.state), sandbox.state, after)
        watching.append(seen)
        github = OverHttp(sandbox)
        try:
            tally.expect(github.apply(after), "not everything was applied")
            watching.clear()
            tally.expect(not github.plan(after).changes, "a plan after the apply has something to do")
        finally:
            github.close()
        tally.gaps = seen.gaps(deployers(sandbox.state))
    tally.requests = len(seen.exchanges)
    tally.problems += seen.problems
    return tally
