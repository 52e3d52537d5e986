"""What environments and repositories have in common: the short layers that come to just that.

As config lays them: `defaults` below, then the environment, then the override of a repository; variables and
secrets merge name by name, everything else replaces whole. Same bodies, same layers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from envsync.model import Field
from envsync.scaffold.body import IGNORE, MERGING, MOST_NAMES, Body
from envsync.scaffold.yaml_text import Items, Word, size

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from envsync.scaffold.body import Key
    from envsync.scaffold.yaml_text import Node

Layer: TypeAlias = Body  # with removals in it
Bodies: TypeAlias = "Mapping[str, Body]"  # of one repository, by casefolded name of the environment

_NOTHING = Word("null")
_REMOVALS: Mapping[str, Node] = {
    Field.REQUIRED_REVIEWERS: Items(()),
    Field.WAIT_TIMER: Word("0"),
    Field.PREVENT_SELF_REVIEW: Word("false"),
    Field.CAN_ADMINS_BYPASS: Word("true"),
    Field.DEPLOYMENT_BRANCH_POLICY: Word("all"),
    Field.DEPLOYMENT_PROTECTION_RULES: Items(()),
    Field.VARIABLES: _NOTHING,
    Field.SECRETS: _NOTHING,
    IGNORE: Items(()),
}
_LINE = 1  # what it takes to remove something, or to name an environment
_HEADER = 2  # lines that name a repository under `overrides`


@dataclass(frozen=True, slots=True)
class Factored:
    defaults: Layer
    environments: Mapping[str, Layer]
    overrides: tuple[Mapping[str, Layer | None], ...]  # of each repository; None takes the environment out

    def layers(self) -> Iterable[Layer]:
        yield self.defaults
        yield from self.environments.values()
        yield from (layer for override in self.overrides for layer in override.values() if layer is not None)


def factor(repositories: Sequence[Bodies]) -> Factored:
    """Where removals would make a layer larger than it may be, nothing is put below what has to remove it."""
    found = _factored(repositories, removable=True)
    return found if all(map(_fits, found.layers())) else _factored(repositories, removable=False)


def _fits(layer: Layer) -> bool:
    named = Counter(what for what, _ in layer)
    return all(named[what] <= MOST_NAMES for what in MERGING)


def _factored(repositories: Sequence[Bodies], *, removable: bool) -> Factored:
    shared: dict[str, Body] = {}
    several = len(repositories) > 1
    for name in sorted({name for bodies in repositories for name in bodies}):
        found = [bodies[name] for bodies in repositories if name in bodies]
        typical = _agreed(found, removable=removable, gain=0, least=2) if several else found[0]
        # Where nothing is agreed, a repository that is named later would get an environment with no protection.
        is_typical = bool(typical) or not any(found)
        if is_typical and _is_shorter_shared(typical, found, missing=len(repositories) - len(found)):
            shared[name] = typical
    apart = [bodies[name] for bodies in repositories for name in sorted(bodies) if name not in shared]
    defaults = _agreed([*shared.values(), *apart], removable=removable, gain=1, least=2)
    environments = {name: _difference(body, defaults) for name, body in shared.items()}
    below = {name: _laid(defaults, layer) for name, layer in environments.items()}
    overrides = tuple(_override(bodies, below, defaults) for bodies in repositories)
    return Factored(defaults, environments, overrides)


def _agreed(bodies: Sequence[Body], *, removable: bool, gain: int, least: int) -> Body:
    """What is worth writing once below all of them, since it saves at least `gain` lines.

    `least`: how many have to agree: what one alone has is nothing that the next one should inherit. Secrets never
    do: those of one name have values of their own, and one source written below would be written to all.
    """
    agreed: dict[Key, Node] = {}
    for key in dict.fromkeys(key for body in bodies for key in body if key[0] != Field.SECRETS):
        counted = Counter(body[key] for body in bodies if key in body)
        missing = len(bodies) - counted.total()
        if missing and key[0] in MERGING and not removable:
            continue
        saved = {value: size(value) * (count - 1) - missing * _LINE for value, count in counted.items()}
        best = max(saved, key=lambda value: saved[value])  # of several, the first
        if saved[best] >= gain and counted[best] >= least:
            agreed[key] = best
    ignored = _ignored(agreed)
    return {key: value for key, value in agreed.items() if key[0] not in ignored}


def _is_shorter_shared(typical: Body, bodies: Sequence[Body], *, missing: int) -> bool:
    """Than under the overrides of each repository that has the environment, if not all have it."""
    if not missing:
        return True
    differences = [_size(difference) for body in bodies if (difference := _difference(body, typical))]
    shared = _LINE + _size(typical) + sum(differences) + (len(differences) + missing) * (_LINE + _HEADER)
    return shared <= sum(_LINE + _HEADER + _size(body) for body in bodies)


def _size(body: Body) -> int:
    return sum(map(size, body.values()))


def _override(bodies: Bodies, below: Bodies, defaults: Body) -> dict[str, Layer | None]:
    found: dict[str, Layer | None] = {}
    for name in sorted(below.keys() | bodies.keys()):
        if name not in bodies:
            found[name] = None
        elif name not in below:
            found[name] = _difference(bodies[name], defaults)
        elif layer := _difference(bodies[name], below[name]):
            found[name] = layer
    return found


def _difference(body: Body, below: Body) -> Layer:
    """What has to lie upon `below`. Whatever is ignored may be inherited: it has no effect."""
    ignored = _ignored(body)
    removed = {key: _REMOVALS[key[0]] for key in below if key not in body and key[0] not in ignored}
    return {**{key: value for key, value in body.items() if below.get(key) != value}, **removed}


def _ignored(body: Body) -> tuple[str, ...]:
    found = body.get((IGNORE, ""))
    return found.items if isinstance(found, Items) else ()


def _laid(below: Body, upon: Layer) -> Body:
    """Both as one, with nothing in it that was removed."""
    both = {**below, **upon}
    return {key: value for key, value in both.items() if value != _REMOVALS[key[0]]}
