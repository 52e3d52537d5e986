"""Drift checks of several repositories, in one run or in shards, as Hypothesis draws them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import strategies as st
from support.drifts import INCIDENT, MUCH, OVER, RECORDS
from support.plans import EVERYTHING, THREE_WAY

from envsync.model import Expected, RepositoryName
from envsync.plan.changes import Notice, UnreadPart
from envsync.plan.codec import dumps
from envsync.plan.drift import Asked, Checked, Difference, Drift, Excused
from envsync.plan.drift_check import DriftPart, joined_drift
from envsync.plan.drift_codec import encode_drift
from envsync.plan.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")

SCHEMAS = [
    json.loads((Path(__file__).parents[2] / f"schemas/{name}.schema.json").read_text(encoding="utf-8"))
    for name in ("drift", "plan")
]
SERVER = "https://api.github.com"
REPOSITORIES = ("acme/payments", "acme/Web", "acme/api", "other/api")
SANDBOX = Notice(None, "sandbox", "this is the embedded sandbox: nothing was compared with GitHub")
LASTING = Expected("prod*", frozenset({"variables.A", "wait_timer"}), "a move", date(2027, 1, 1))
EXPECTED = (INCIDENT, OVER, LASTING)
CHANGES = (*EVERYTHING.changes, *THREE_WAY.changes)


@dataclass(frozen=True, slots=True)
class World:
    """What there is to find in each repository, whichever run looks at it."""

    parts: dict[str, DriftPart]
    expected: Mapping[str, tuple[Expected, ...]]
    general: tuple[Notice, ...]
    asked: Asked
    pending: bool

    def checked(self, shard: Shard | None = None) -> Checked:
        """By one run: of all repositories, or of a shard."""
        names = sorted(self.parts, key=str.casefold)
        mine = tuple(each for each in names if shard is None or shard.holds(named(each)))
        found = joined_drift(
            {each: self.parts[each] for each in mine}, self.expected, self.general, pending=self.pending
        )
        return Checked(
            found,
            mine,
            SERVER,
            ("payments",),
            self.asked,
            bool(mine) and all(_is_blind(self.parts[each].drift) for each in mine),
            shard,
        )

    def shards(self, count: int) -> list[tuple[str, Checked]]:
        return [(f"{index}.json", self.checked(Shard(index, count))) for index in range(1, count + 1)]


def named(text: str) -> RepositoryName:
    owner, _, name = text.partition("/")
    return RepositoryName(owner, name)


def printed(checked: Checked) -> str:
    return dumps(encode_drift(checked))


def document(checked: Checked) -> Any:
    return json.loads(printed(checked))


def _is_blind(drift: Drift) -> bool:
    return any(each.environment is None and each.reason == "not permitted" for each in drift.unread)


def _moved(repository: str, difference: Difference) -> Difference:
    return replace(difference, at=replace(difference.at, repository=repository))


def _some(items: Sequence[T]) -> st.SearchStrategy[list[T]]:
    return st.lists(st.sampled_from(items), max_size=4, unique_by=repr)


@st.composite
def parts(draw: st.DrawFn, repository: str, *, pending: bool) -> DriftPart:
    """What may be found in one repository, sorted as it would be."""
    at = partial(_moved, repository)
    if draw(st.integers(0, 4)) == 0:
        blind = UnreadPart(repository, None, "repository", "not permitted", None, failed=True)
        return DriftPart(Drift(unread=(blind,), pending=() if pending else None), frozenset())
    lapsed = draw(_some(MUCH.lapsed))
    differences = dict.fromkeys(
        [*draw(_some((*MUCH.differences, *RECORDS.differences))), *(each.difference for each in lapsed)]
    )
    excused = [
        Excused(at(each.difference), draw(st.sampled_from(EXPECTED))) for each in draw(_some(MUCH.expected))
    ]
    changes = [replace(each, at=replace(each.at, repository=repository)) for each in draw(_some(CHANGES))]
    joined = joined_drift(
        {
            repository: DriftPart(
                Drift(
                    tuple(map(at, differences)),
                    tuple(excused),
                    tuple(replace(each, difference=at(each.difference)) for each in lapsed),
                    tuple(changes) if pending else None,
                    tuple(
                        replace(each, repository=repository)
                        for each in draw(_some((*MUCH.unread, *RECORDS.unread)))
                    ),
                    tuple(replace(each, repository=repository) for each in draw(_some(RECORDS.warnings[1:]))),
                    tuple(
                        replace(each, at=replace(each.at, repository=repository))
                        for each in draw(_some(RECORDS.unmanaged))
                    ),
                ),
                frozenset(),
            )
        },
        {},
        pending=pending,
    )
    return DriftPart(joined, draw(st.frozensets(st.sampled_from(EXPECTED))))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    names = draw(st.lists(st.sampled_from(REPOSITORIES), min_size=1, unique=True))
    pending = draw(st.booleans())
    expected = {name: tuple(draw(_some(EXPECTED))) for name in REPOSITORIES}
    asked = Asked(settings_only=draw(st.booleans()))
    found = {name: draw(parts(name, pending=pending)) for name in names}
    return World(found, expected, draw(st.sampled_from(((), (SANDBOX,)))), asked, pending)
