"""What one file declares: its valid nodes, by what they are for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from envsync.config.body import Body, body_of
from envsync.config.repositories import is_pattern, matches
from envsync.documents.nodes import Mapping, Scalar, Sequence
from envsync.documents.scalars import resolve
from envsync.model import Expected

if TYPE_CHECKING:
    import collections.abc

    from envsync.documents.nodes import Node
    from envsync.documents.page import Page
    from envsync.documents.text import SourceText
    from envsync.model import RepositoryName

DEFAULT_NEVER_TOUCH = "github-pages"


@dataclass(frozen=True, slots=True)
class Override:
    key: Scalar  # a repository or a pattern
    environments: tuple[tuple[Scalar, Body | None], ...]  # None: the environment is taken out


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the file expects to differ for a while."""

    environment: Scalar  # a name or a pattern
    differences: tuple[Scalar, ...]  # empty: all of the environment
    repositories: tuple[Scalar, ...]  # names and patterns; empty: all of the file
    reason: Scalar
    until: Scalar

    def holds_for(self, repository: RepositoryName) -> bool:
        return not self.repositories or any(matches(item.text, repository) for item in self.repositories)

    def expected(self) -> Expected:
        """Raises `ValueError` where the last day is in no calendar."""
        parts = (item.text.partition(".") for item in self.differences)
        return Expected(
            environment=self.environment.text,
            differences=frozenset(f"{field}{dot}{name.upper()}" for field, dot, name in parts),
            reason=" ".join(self.reason.text.split()),
            until=date.fromisoformat(self.until.text),
        )


@dataclass(frozen=True, slots=True)
class Declaration:
    file: str  # as the user named it; no two share it
    page: Page
    root: str  # the folder of the file
    owner: str  # `name`
    repositories: tuple[Scalar, ...]  # names and patterns
    exclude: tuple[Scalar, ...]
    archived: bool
    forks: bool
    defaults: Body
    environments: tuple[tuple[Scalar, Body], ...]
    overrides: tuple[Override, ...]
    prune: bool
    never_touch: tuple[Scalar, ...] | None  # None: the default
    expected: tuple[Expectation, ...]
    lost: frozenset[str]  # top fields that were written, but not understood
    lost_environments: frozenset[str]

    def untouchable(self) -> frozenset[str]:
        if self.never_touch is None:
            return frozenset({DEFAULT_NEVER_TOUCH})
        return frozenset(name.text for name in self.never_touch)

    def excludes(self, repository: RepositoryName) -> bool:
        return any(matches(text.text, repository) for text in self.exclude)

    def names(self) -> tuple[Scalar, ...]:
        return tuple(item for item in self.repositories if not is_pattern(item.text))

    def patterns(self) -> tuple[Scalar, ...]:
        return tuple(item for item in self.repositories if is_pattern(item.text))


def declaration_of(root: Mapping, page: Page, source: SourceText) -> Declaration:
    """`root` is valid, but for required keys that are missing."""
    never_touch = root.get("never_touch")
    owner = root.get("name")
    defaults = root.get("defaults")
    environments = root.get("environments")
    return Declaration(
        file=source.file,
        page=page,
        root=source.root,
        owner=owner.text if isinstance(owner, Scalar) else "",
        repositories=scalars(root.get("repositories")),
        exclude=scalars(root.get("exclude")),
        archived=flag(root.get("archived"), default=False),
        forks=flag(root.get("forks"), default=False),
        defaults=body_of(defaults) if isinstance(defaults, Mapping) else Body(),
        environments=tuple((key, body) for key, body in _bodies(environments) if body is not None),
        overrides=tuple(_overrides(root.get("overrides"))),
        prune=flag(root.get("prune"), default=False),
        never_touch=None if never_touch is None else scalars(never_touch),
        expected=tuple(_expectations(root.get("expected"))),
        lost=root.lost,
        lost_environments=environments.lost if isinstance(environments, Mapping) else frozenset(),
    )


def scalars(node: Node | None) -> tuple[Scalar, ...]:
    items = node.items if isinstance(node, Sequence) else ()
    return tuple(item for item in items if isinstance(item, Scalar))


def flag(node: Node | None, *, default: bool) -> bool:
    return resolve(node) is True if isinstance(node, Scalar) else default


def _bodies(node: Node | None) -> collections.abc.Iterator[tuple[Scalar, Body | None]]:
    for entry in node.entries if isinstance(node, Mapping) else ():
        if isinstance(entry.value, Mapping):
            yield entry.key, body_of(entry.value)
        else:
            yield entry.key, None


def _overrides(node: Node | None) -> collections.abc.Iterator[Override]:
    entries = node.entries if isinstance(node, Mapping) else ()
    found = ((entry.key, entry.value) for entry in entries)
    return (
        Override(key, tuple(_bodies(value.get("environments"))))
        for key, value in found
        if isinstance(value, Mapping)
    )


def _expectations(node: Node | None) -> collections.abc.Iterator[Expectation]:
    """What lacks a required key is left out: it was reported."""
    items = node.items if isinstance(node, Sequence) else ()
    for item in (each for each in items if isinstance(each, Mapping)):
        match [item.get(name) for name in ("environment", "reason", "until")]:
            case [Scalar() as environment, Scalar() as reason, Scalar() as until]:
                differences, repositories = item.get("differences"), item.get("repositories")
                yield Expectation(environment, scalars(differences), scalars(repositories), reason, until)
            case _:
                pass
