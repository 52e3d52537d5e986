"""What a GET sees of the repositories: for a while after a write, what was there before it."""

from __future__ import annotations

from collections import deque
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from envsync.sandbox.state import Repository, State


class Replica:
    """A copy that lags behind by so many seconds, as one of a database may that writes do not go to."""

    def __init__(self, lag: float) -> None:
        self._lag = timedelta(seconds=lag)
        self._past = deque[tuple["datetime", dict[str, "Repository"]]]()  # before each write; oldest first

    def before_write(self, state: State, now: datetime) -> None:
        if self._lag:
            self._past.append((now, deepcopy(state.repositories)))

    def seen(self, state: State, now: datetime) -> State:
        """Accounts, teams and tokens are as they are; only repositories lag."""
        while self._past and self._past[0][0] + self._lag <= now:
            self._past.popleft()
        return replace(state, repositories=self._past[0][1]) if self._past else state
