"""Through real connections to the embedded GitHub, which keeps to its limits; both in a time that runs faster."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from envsync.github.call import Answer, Call, Json
from envsync.github.connection import Access, Connection, Effects
from envsync.github.credentials import Credential
from envsync.github.limiter import Limiter, Rules
from envsync.github.server import Target
from envsync.model import SecretValue
from envsync.sandbox import FULL_TOKEN, Fault, Options, Sandbox, SecondaryLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EPOCH = 1_700_000_000.0
HERE = "/repos/acme/web/environments/staging"
READ = Call("GET", Target(f"{HERE}/variables"), "list the variables")


@dataclass
class Fast:
    """A clock for both ends."""

    speed: float
    notices: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def stopwatch(self) -> float:
        return (time.monotonic() - self.started) * self.speed

    def now(self) -> float:
        return EPOCH + self.stopwatch()

    def effects(self) -> Effects:
        return Effects(
            pause=lambda seconds: time.sleep(seconds / self.speed),
            now=self.now,
            stopwatch=self.stopwatch,
            notify=self.notices.append,
        )


@contextmanager
def served(clock: Fast, options: Options, *faults: str) -> Iterator[Sandbox]:
    with Sandbox(options=options, faults=[Fault.parse(fault) for fault in faults]) as sandbox:
        sandbox.seed(users=[], teams=[], apps=[], repositories=[("acme", "web")])
        access = opened(clock, sandbox, Limiter())
        with closing(Connection(access)) as connection:
            connection.exchange(Call("PUT", Target(HERE), "create staging", {}))
        sandbox.reset_traffic()
        yield sandbox


def opened(clock: Fast, sandbox: Sandbox, limiter: Limiter) -> Access:
    credential = Credential(SecretValue(FULL_TOKEN.encode()), "GH_TOKEN")
    return Access(sandbox.url, credential, effects=clock.effects(), limiter=limiter)


def variable(number: int) -> Call:
    body: Json = {"name": f"V{number}", "value": "x"}
    return Call("POST", Target(f"{HERE}/variables"), "create a variable", body)


def sent(access: Access, calls: list[Call], threads: int = 8) -> Counter[int]:
    """How often each status came back."""
    waiting, statuses = deque(calls), Counter[int]()
    lock = threading.Lock()

    def work() -> None:
        with closing(Connection(access)) as connection:
            while True:
                with lock:
                    if not waiting:
                        return
                    call = waiting.popleft()
                outcome = connection.exchange(call).outcome
                with lock:
                    statuses[outcome.status if isinstance(outcome, Answer) else 0] += 1

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return statuses


def at(clock: Fast) -> Callable[[], datetime]:
    return lambda: datetime.fromtimestamp(clock.now(), UTC)


def test_github_never_has_to_refuse_anything() -> None:
    clock = Fast(speed=150)
    rules = Rules(points_a_minute=90, created_a_minute=8, created_an_hour=50)
    strict = SecondaryLimits(points_a_minute=90, created_a_minute=8, created_an_hour=50)
    calls = [call for number in range(18) for call in (variable(number), *[READ] * 5)]

    with served(clock, Options(now=at(clock), secondary=strict)) as sandbox:
        time.sleep(61 / clock.speed)  # what making the environment cost is forgotten
        statuses = sent(opened(clock, sandbox, Limiter(rules)), calls)

        assert sandbox.traffic.refusals == {}
        assert statuses == {200: 90, 201: 18}
    assert any("90 points a minute" in notice or "8 created a minute" in notice for notice in clock.notices)


def test_the_hour_s_budget_is_waited_for_before_it_is_used_up() -> None:
    clock = Fast(speed=6000)

    with served(clock, Options(now=at(clock), rate_limit=40)) as sandbox:
        statuses = sent(opened(clock, sandbox, Limiter(Rules(points_a_minute=10**6))), [READ] * 60)

        assert sandbox.traffic.refusals == {}
        assert statuses == {200: 60}
    assert {notice.partition(": ")[2] for notice in clock.notices} == {"40 requests an hour are GitHub's limit"}


def test_a_refusal_is_waited_out_by_all() -> None:
    clock = Fast(speed=300)

    with served(clock, Options(now=at(clock)), "429+30:GET:*:1", "403+30:GET:*:1") as sandbox:
        statuses = sent(opened(clock, sandbox, Limiter()), [READ] * 20)

        assert statuses == {200: 20}
        assert sandbox.traffic.total == 22
    assert clock.stopwatch() >= 60


def test_a_server_without_limits_is_not_waited_for() -> None:
    clock = Fast(speed=1)

    with served(clock, Options(rate_limit=None)) as sandbox:
        limiter = Limiter(Rules(points_a_minute=5))
        statuses = sent(opened(clock, sandbox, limiter), [READ] * 40)

    assert statuses == {200: 40}
    assert clock.notices == []
