"""All ways in which what is not decided can be decided, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator


Made = TypeVar("Made")


class Choices:
    """The choices of one way. Whatever asks for the same thing again gets the same answer."""

    def __init__(self, script: tuple[int, ...]) -> None:
        self._script = script  # the first choices; the first alternative from there on
        self._made: dict[
            Hashable, tuple[int, int]
        ] = {}  # which one, of how many, in the order in which they came up

    def pick(self, thing: Hashable, alternatives: int) -> int:
        if thing not in self._made:
            position = len(self._made)
            picked = self._script[position] if position < len(self._script) else 0
            self._made[thing] = picked, alternatives
        return self._made[thing][0]

    def next_script(self) -> tuple[int, ...] | None:
        """Of the way that comes after this one. None: this was the last."""
        made = list(self._made.values())
        while made and made[-1][0] + 1 == made[-1][1]:
            made.pop()
        picked = [each for each, _ in made]
        return (*picked[:-1], picked[-1] + 1) if picked else None


def ways(made: Callable[[Choices], Made]) -> Iterator[Made]:
    """What `made` makes each way, however many they are."""
    script: tuple[int, ...] | None = ()
    while script is not None:
        choices = Choices(script)
        yield made(choices)
        script = choices.next_script()
