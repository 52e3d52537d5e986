"""Ctrl-C while something is being changed."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from envsync.cli.output import note
from envsync.errors import Diagnostic, Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.cli.options import Options


class Stop:
    """Ctrl-C, as a wish: the request in flight ends, and what was done is said. A second one is obeyed at once."""

    def __init__(self, options: Options) -> None:
        self.event = threading.Event()
        self._options = options

    def _ask(self, number: int, _frame: object) -> None:
        if self.event.is_set():
            signal.default_int_handler(number, None)
        self.event.set()
        note(self._options, "\nstopping once the request in flight has ended; press Ctrl-C again to stop at once")

    def pause(self, seconds: float) -> None:
        """Wait between two requests, unless and until somebody asks to stop."""
        if self.event.wait(seconds):
            raise Interrupted(Diagnostic("interrupted", "interrupted while waiting for GitHub"))

    @contextmanager
    def listening(self) -> Iterator[None]:
        before = signal.signal(signal.SIGINT, self._ask)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
