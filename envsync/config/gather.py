"""What several files say of one repository, and where they contradict each other."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from envsync.config.codes import Code
from envsync.config.declaration import DEFAULT_NEVER_TOUCH
from envsync.config.environments import Environments
from envsync.config.repositories import repository_name
from envsync.model import DesiredRepository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envsync.config.declaration import Declaration
    from envsync.documents.findings import Findings
    from envsync.errors import Span
    from envsync.model import DesiredEnvironment, RepositoryName


@dataclass(frozen=True, slots=True)
class File:
    declaration: Declaration
    findings: Findings
    environments: Environments


def file_of(declaration: Declaration, findings: Findings) -> File:
    return File(declaration, findings, Environments(declaration, findings))


@dataclass(frozen=True, slots=True)
class Part:
    """What one file says of the repository."""

    declaration: Declaration
    environments: tuple[DesiredEnvironment, ...]


@dataclass(frozen=True, slots=True)
class Gathered:
    name: RepositoryName
    parts: tuple[Part, ...]

    def desired(self) -> DesiredRepository:
        """What one file protects, all do; what one file may delete, no other declares."""
        found = [environment for part in self.parts for environment in part.environments]
        return DesiredRepository(
            name=self.name,
            environments=tuple(sorted(found, key=lambda environment: environment.name.casefold())),
            never_touch=frozenset().union(*(part.declaration.untouchable() for part in self.parts)),
            prune=any(part.declaration.prune for part in self.parts),
            expected=tuple(
                each.expected()
                for part in self.parts
                for each in part.declaration.expected
                if each.holds_for(self.name)
            ),
        )


def gather(files: Sequence[File], expanded: Mapping[str, Sequence[RepositoryName]]) -> tuple[Gathered, ...]:
    """Sorted by repository. Reports what is wrong to the findings of the file concerned."""
    names: dict[str, RepositoryName] = {}
    parts: dict[str, list[Part]] = {}
    for file in files:
        for name in _meant(file.declaration, expanded):
            names.setdefault(name.key, name)
            parts.setdefault(name.key, []).append(Part(file.declaration, file.environments.of(name)))
    findings_of = {file.declaration.file: file.findings for file in files}
    for key, found in parts.items():
        for one, other in itertools.permutations(found, 2):
            _check_untouchable(one, other, names[key], findings_of[one.declaration.file])
        for earlier, later in itertools.combinations(found, 2):
            _check_twice(later, earlier, names[key], findings_of[later.declaration.file])
    return tuple(Gathered(names[key], tuple(parts[key])) for key in sorted(parts))


def _meant(declaration: Declaration, expanded: Mapping[str, Sequence[RepositoryName]]) -> Iterator[RepositoryName]:
    """Each repository once, spelled as the file spells it if it does."""
    found = {name.key: name for name in (repository_name(item.text) for item in declaration.names())}
    for pattern in declaration.patterns():
        for name in expanded[pattern.text]:
            found.setdefault(name.key, name)
    return (name for name in found.values() if not declaration.excludes(name))


def _check_untouchable(part: Part, other: Part, name: RepositoryName, findings: Findings) -> None:
    file = other.declaration.file
    untouchable = {item.casefold() for item in other.declaration.untouchable()}
    for environment in part.environments:
        if environment.name.casefold() in untouchable:
            span = _span(environment)
            quoted = findings.quoted_text(environment.name, span)
            message = f"{quoted} of {name} is declared here, and under `never_touch` in {file}"
            hint = f"remove one of the two; without `never_touch` it is [{DEFAULT_NEVER_TOUCH}]"
            findings.error(Code.NEVER_TOUCH_DECLARED, message, span, hint)


def _check_twice(part: Part, earlier: Part, name: RepositoryName, findings: Findings) -> None:
    first = {environment.name.casefold(): environment for environment in earlier.environments}
    for environment in part.environments:
        if other := first.get(environment.name.casefold()):
            span = _span(environment)
            message = f"{findings.quoted_text(environment.name, span)} of {name} is declared by two files"
            hint = f"the other declares it at {_span(other)}; keep one of the two"
            findings.error(Code.DECLARED_TWICE, message, span, hint)


def _span(environment: DesiredEnvironment) -> Span:
    return cast("Span", environment.span)  # `desire` gives each one
