"""How much may be tried for one workflow? A hostile one could ask for any amount."""

from __future__ import annotations

from dataclasses import dataclass

MOST_EFFORT = 100_000  # steps of some microseconds; a large matrix takes a thousand


class Exhausted(Exception):  # noqa: N818 - reads as what has happened
    pass


@dataclass(slots=True)
class Effort:
    left: int = MOST_EFFORT  # steps

    def spend(self, steps: int = 1) -> None:
        """Raises `Exhausted`."""
        self.left -= steps
        if self.left < 0:
            raise Exhausted
