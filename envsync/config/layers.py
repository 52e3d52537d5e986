"""Which environments a file gives one repository: defaults below, then the environment, then overrides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.config.body import Body, merged, settled
from envsync.config.repositories import is_pattern, matches

if TYPE_CHECKING:
    from envsync.config.declaration import Declaration
    from envsync.documents.nodes import Scalar
    from envsync.model import RepositoryName


@dataclass(frozen=True, slots=True)
class Layered:
    key: Scalar  # the name, where the environment is first declared
    body: Body


class Applying:
    """Which overrides apply, by their positions. Repositories that share them share all but templates."""

    def __init__(self, declaration: Declaration) -> None:
        keys = [override.key.text for override in declaration.overrides]
        self._wide = [(index, key) for index, key in enumerate(keys) if is_pattern(key)]
        self._exact = {key.casefold(): index for index, key in enumerate(keys) if not is_pattern(key)}

    def to(self, repository: RepositoryName) -> tuple[int, ...]:
        found = [index for index, key in self._wide if matches(key, repository)]
        exact = self._exact.get(repository.key)
        return tuple(sorted(found if exact is None else [*found, exact]))


def layered(declaration: Declaration, overrides: tuple[int, ...]) -> tuple[Layered, ...]:
    bottom = declaration.defaults
    found: dict[str, Layered] = {}
    for key, body in declaration.environments:
        found.setdefault(key.text.casefold(), Layered(key, merged(bottom, body)))
    for index in overrides:
        for key, overlaid in declaration.overrides[index].environments:
            name = key.text.casefold()
            if overlaid is None:
                found.pop(name, None)
            else:
                below = found.get(name, Layered(key, bottom))
                found[name] = Layered(below.key, merged(below.body, overlaid))
    return tuple(Layered(found[name].key, settled(found[name].body)) for name in sorted(found))
