"""The alias, which is what callers use, and its list of good versions: both are looked at and changed here alone.

To deploy is to publish a version and to point the alias at it; to roll back is to point it at one that served well
before. The alias's description keeps those that passed their check, newest first: `good: 9 8 7`. An alias with
another description is nobody's yet: what it points at counts as good.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws import Refused, call, field
from step import NUMBER, Stop, plain, say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

VERSION = rf"\$LATEST|{NUMBER}"
KEPT = 10  # good versions
SAID_NO = ("AccessDeniedException", "ResourceNotFoundException")
# Weights of an alias outlive a move otherwise, and keep their share of the traffic.
FULL_TRAFFIC = ("--routing-config", "AdditionalVersionWeights={}")


class Unknown(Stop):
    """Whether the alias was changed: AWS did not say, and does not say what the alias is now."""

    def __init__(self, version: str, fact: str) -> None:
        super().__init__(fact)
        self.version = version


@dataclass(frozen=True)
class Alias:
    version: str  # "$LATEST", or a number
    good: tuple[int, ...]  # newest first
    revision: str
    weights: Mapping[str, float]  # other versions, and their share of the traffic
    unlisted: str | None = None  # the description, where it is no list of good versions

    @property
    def is_good(self) -> bool:
        return self.version in map(str, self.good)

    def before(self) -> list[str]:
        """Where to go back to, newest first: never forwards from what is good."""
        return [
            str(each)
            for each in self.good
            if (each < int(self.version) if self.is_good else str(each) != self.version)
        ]

    def previous(self, version: str) -> str:
        """Where to go back to from that version: what serves, if it is good; empty: nowhere."""
        served = [self.version] if self.is_good else []
        return next((each for each in [*served, *self.before()] if each != version), "")

    def without(self, lost: Collection[str], destination: str) -> tuple[int, ...]:
        """The good ones, once `destination` serves in place of what serves, and `lost` are no more."""
        gone = {self.version, *self.weights, *lost} - {destination}
        # What is newer was gone back past, by a person who knows why.
        return tuple(each for each in self.good if str(each) not in gone and each <= int(destination))

    def __str__(self) -> str:
        shares = [f"{share:.0%} of its traffic goes to {plain(each)}" for each, share in self.weights.items()]
        return f"version {plain(self.version)}{''.join(f' ({each})' for each in shares)}"


def look() -> Alias | None:
    try:
        found = call("get-alias", "--name", os.environ["ALIAS"])
    except Refused as refused:
        if refused.code == "ResourceNotFoundException":
            return None
        raise
    return alias_of(found)


def alias_of(found: dict[str, Any]) -> Alias:
    version, revision = (
        field("get-alias", found, *each) for each in (("FunctionVersion", VERSION), ("RevisionId", r"\S+"))
    )
    text = field("get-alias", {"Description": found.get("Description") or ""}, "Description", "(?s:.*)")
    weights = shares(found.get("RoutingConfig") or {})
    kept = re.fullmatch(rf"good:((?: {NUMBER})*)", text)
    if kept:
        good = sorted({int(each) for each in kept[1].split()}, reverse=True)
        return Alias(version, tuple(good), revision, weights)
    alone = (int(version),) if re.fullmatch(NUMBER, version) else ()
    return Alias(version, alone, revision, weights, text)


def shares(routing: Any) -> dict[str, float]:  # noqa: ANN401 - any JSON
    """Of the traffic, by version."""
    every = (routing.get("AdditionalVersionWeights") or {}) if isinstance(routing, dict) else None
    if not isinstance(every, dict) or not all(
        re.fullmatch(VERSION, each) and isinstance(share, (int, float)) and 0 <= share <= 1
        for each, share in every.items()
    ):
        raise Refused("get-alias", f"it answered without a RoutingConfig that can be read: {str(routing)[:100]}")
    return {each: float(share) for each, share in every.items() if share}


def described(good: Iterable[int]) -> str:
    return " ".join(["good:", *map(str, list(good)[:KEPT])])


def move(alias: Alias | None, version: str, good: Iterable[int]) -> None:
    """All traffic to that version."""
    if alias and alias.unlisted is not None:
        replaced = (
            f'the description "{plain(alias.unlisted)}" is replaced' if alias.unlisted else "no list is there"
        )
        say(f"{replaced}: version {alias.version} counts as good")
    full = FULL_TRAFFIC if alias else ()
    change(alias, version, good, lambda found: found.version == version and not found.weights, *full)


def mark(alias: Alias, version: str) -> None:
    """As good, so that it may be gone back to."""
    good = sorted({int(version), *alias.good[: KEPT - 1]}, reverse=True)
    change(alias, version, good, lambda found: found.is_good)


def change(
    alias: Alias | None, version: str, good: Iterable[int], is_done: Callable[[Alias], bool], *more: str
) -> None:
    to = ("--name", os.environ["ALIAS"], "--function-version", version, "--description", described(good))
    try:
        if alias is None:
            call("create-alias", *to)
        else:
            call("update-alias", *to, "--revision-id", alias.revision, *more)
    except Refused as refused:
        if refused.code in SAID_NO:
            raise
        try:
            found = look()  # it may have been done, and the answer lost on its way
        except Refused as silent:
            raise Unknown(version, refused.fact) from silent
        if found is None or not is_done(found):
            raise
