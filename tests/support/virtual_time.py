"""A time that threads share and that passes only where all of them wait for it."""

from __future__ import annotations

import heapq
import threading
from itertools import count
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, Interrupted
from envsync.github.connection import Effects

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


_QUIET = 0.002  # real seconds in which whoever is not asleep and not waiting for another would have done something


class VirtualTime:
    """It goes on where all threads sleep, or all others have done nothing for a moment: they wait for a sleeper.

    Were one of them only slow, it would be late for it, as it would be on a busy machine.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.notices: list[str] = []
        self._changed = threading.Condition()
        self._awake = 0
        self._sleepers: list[tuple[float, int]] = []
        self._number = count()
        self._interrupted = False

    def sleep(self, seconds: float) -> None:
        """Raises `Interrupted` once somebody has asked for it."""
        with self._changed:
            mine = (self.now + seconds, next(self._number))
            heapq.heappush(self._sleepers, mine)
            self._awake -= 1
            self._changed.notify_all()
            while not self._interrupted and mine[0] > self.now:
                if self._sleepers[0] != mine:
                    self._changed.wait()
                elif self._awake <= 0 or not self._changed.wait(_QUIET):
                    self.now = mine[0]
            self._sleepers.remove(mine)
            heapq.heapify(self._sleepers)
            self._awake += 1
            self._changed.notify_all()
            if self._interrupted:
                raise Interrupted(Diagnostic("interrupted", "interrupted while waiting for GitHub"))

    def interrupt(self) -> None:
        with self._changed:
            self._interrupted = True
            self._changed.notify_all()

    def effects(self) -> Effects:
        return Effects(
            pause=self.sleep,
            now=lambda: EPOCH + self.now,
            stopwatch=lambda: self.now,
            jitter=lambda: 1.0,
            notify=self.notices.append,
        )

    def run(self, works: list[Callable[[], None]]) -> list[BaseException]:
        """Each in a thread of its own; what they raised."""
        raised: list[BaseException] = []

        def run_one(work: Callable[[], None]) -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - handed to the test
                raised.append(error)
            with self._changed:
                self._awake -= 1
                self._changed.notify_all()

        self._awake = len(works)
        threads = [threading.Thread(target=run_one, args=(work,), daemon=True) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive(), "a thread waits for ever"
        self._awake = 0
        return raised
