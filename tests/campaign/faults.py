"""Part C: what fails, lags or interferes, against the installed command and the truth of its exit code."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from support.states import REPOSITORY

from campaign.crashes import APPLY, LIMIT, further, shell_for
from campaign.draw import pair
from campaign.watch import deployers
from campaign.world import Clock, Tally, differences, install, state_before, watch
from envsync.sandbox import Fault, Options, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.shell import Ran, Shell

    from campaign.watch import Watch
    from envsync.model import DesiredRepository
    from envsync.sandbox import Exchange, State
    from envsync.sandbox.state import Environment

_PASSING = ("1", "2")
KINDS = tuple(
    f"{what} {count}"
    for what in ("500", "502", "503", "403+1", "429+1", "truncate", "reset", "lost")
    for count in (*_PASSING, "lasting")
)
MIXED = ("two applies", "somebody", "stale reads")
SLOW = ("403 1", "429 1", "403 lasting", "429 lasting", "hang 1", "hang lasting")  # what the client waits for
_LAG = 2.0  # seconds
_OTHER_TIMER = 77


@dataclass(slots=True)
class Scene:
    """One sandbox with a state before, a file that says what must be after, and somebody who looks on."""

    sandbox: Sandbox
    shell: Shell
    start: State
    after: DesiredRepository
    seen: Watch
    tally: Tally = field(default_factory=Tally)

    def apply(self) -> Ran:
        return self.shell.run(*APPLY, timeout=LIMIT)

    @property
    def changed(self) -> bool:
        return self.sandbox.state.repositories != self.start.repositories

    def truthful(self, code: int, *, doubt: bool) -> None:
        """`doubt`: an answer was lost, so nobody can know whether the work was done."""
        left = differences(self.sandbox, self.after)
        expect = self.tally.expect
        expect(code in (0, 1, 3), f"exit code {code}")
        expect(code != 0 or not left, f"exit code 0, and {left} changes are left")
        expect(code != 1 or not self.changed, "exit code 1, and something was applied")
        expect(code != 3 or self.changed or doubt, "exit code 3, and nothing was applied")
        expect(code != 3 or left or doubt, "exit code 3, and nothing failed")


@contextmanager
def scene(
    start: State,
    after: DesiredRepository,
    *,
    fault: Fault | None = None,
    options: Options | None = None,
    meddle: Callable[[Exchange], None] = lambda _: None,
) -> Iterator[Scene]:
    watching: list[Watch] = []

    def observe(exchange: Exchange) -> None:
        for each in watching:
            each(exchange)
            meddle(exchange)

    options = options or Options()
    faults = [] if fault is None else [fault]
    with TemporaryDirectory() as folder, Sandbox(observe=observe, options=options, faults=faults) as sandbox:
        install(sandbox, start)
        seen = watch(start, sandbox.state, after)
        watching.append(seen)
        shell = shell_for(folder, after)
        shell.environ["GITHUB_API_URL"] = sandbox.url
        one = Scene(sandbox, shell, start, after, seen)
        yield one


def ended(*parts: Scene, converged: Scene) -> Tally:
    """The work is done: now it is known what must be after, and hence what was a gap."""
    tally, after = Tally(), deployers(converged.sandbox.state)
    tally.expect(not differences(converged.sandbox, converged.after), "a plan after all has something to do")
    for each in parts:
        tally.add(each.tally)
        tally.requests += len(each.seen.exchanges)
        tally.problems += each.seen.problems
        tally.gaps += each.seen.gaps(after)
    return tally


# --- the network and the server -----------------------------------------------------------------------------


def failing(kind: str, start: State, after: DesiredRepository, random: Random) -> Tally:
    what, _, count = kind.partition(" ")
    with scene(start, after) as whole:
        whole.tally.expect(whole.apply().code == 0, "the apply failed that nothing happened to")
        requests = whole.seen.exchanges
    writes = [each for each in requests if each[0] != "GET"]
    method, path = random.choice(writes if writes and random.random() < 0.7 else requests)
    fault = Fault.parse(f"{what}:{method}:{path}" + ("" if count == "lasting" else f":{count}"))
    with scene(start, after, fault=fault) as faulty:
        ran = faulty.apply()
        left = faulty.sandbox.state
        doubt = what in {"truncate", "reset", "lost", "hang"} or what.startswith("5")
        met = sum(each == (method, path) for each in faulty.seen.exchanges)
        faulty.tally.faults = faulty.seen.faults or int(met == 0 and what in {"reset", "hang"})
    with scene(left, after) as calm:
        calm.start = start  # what was applied was applied since then
        calm.truthful(ran.code, doubt=doubt)
        calm.tally.expect(
            count == "lasting" or what in {"403", "429"} or ran.code == 0,
            f"exit code {ran.code} although {fault} passed: {ran.out}{ran.err}",
        )
        if ran.code != 0:
            further(calm.shell, calm.tally)
        calm.seen.before = faulty.seen.before
        return ended(faulty, calm, converged=calm)


# --- others at work -----------------------------------------------------------------------------------------


def two_at_once(start: State, after: DesiredRepository) -> Tally:
    with scene(start, after) as both, ThreadPoolExecutor() as pool:
        codes = [each.result().code for each in [pool.submit(both.apply) for _ in range(2)]]
        both.tally.faults = 1
        both.tally.expect(set(codes) <= {0, 1, 3}, f"exit codes {codes}")
        further(both.shell, both.tally)
        return ended(both, converged=both)


def somebody(start: State, after: DesiredRepository, random: Random) -> Tally:
    """A person changes a wait timer once the plan has been read, and before the first write."""
    environments = start.repository(str(REPOSITORY)).environments
    there = [each.name.casefold() for each in after.environments if each.name.casefold() in environments]
    if not there:
        return Tally()
    name, done = random.choice(there), list[str]()

    def timer(state: State) -> Environment:
        return state.repository(str(REPOSITORY)).environments[name]

    def meddle(exchange: Exchange) -> None:
        if not done and exchange.path.endswith("/environments"):
            done.append(name)
            timer(exchange.state).protection.wait_timer = _OTHER_TIMER
            timer(exchange.state).rule_ids.setdefault("wait_timer", exchange.state.new_id())
            one.seen.also.append(deployers(exchange.state))

    with scene(start, after, meddle=meddle) as one:
        ran = one.apply()
        one.tally.faults = len(done)
        one.tally.expect(done, "nobody read the environments")
        kept = timer(one.sandbox.state).protection.wait_timer == _OTHER_TIMER
        requests = [" ".join(each) for each in one.seen.exchanges]
        one.tally.expect(kept, f"what somebody set in {name} was overwritten: {requests} {ran}")
        one.tally.expect(ran.code in (0, 1, 3), f"exit code {ran.code}")
        further(one.shell, one.tally)
        return ended(one, converged=one)


def stale(start: State, after: DesiredRepository) -> Tally:
    clock = Clock()
    with scene(start, after, options=Options(stale_reads=_LAG, now=clock)) as lagging:
        ran = lagging.apply()
        lagging.tally.faults = 1
        clock.ahead += timedelta(seconds=_LAG)
        lagging.truthful(ran.code, doubt=False)
        if ran.code != 0:
            further(lagging.shell, lagging.tally)
            clock.ahead += timedelta(seconds=_LAG)
        return ended(lagging, converged=lagging)


def case(seed: int, kind: str | None = None) -> Tally:
    random = Random(seed)
    before, after = pair(random)
    start = state_before(before)
    every = (*KINDS, *MIXED)
    match kind or every[seed % len(every)]:
        case "two applies":
            return two_at_once(start, after)
        case "somebody":
            return somebody(start, after, random)
        case "stale reads":
            return stale(start, after)
        case other:
            return failing(other, start, after, random)
