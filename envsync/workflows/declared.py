"""What do the files say of the environments that a job may have?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.model import Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from envsync.model import DesiredEnvironment, DesiredRepository
    from envsync.workflows.flow import Flow, JobRun, Reading

APPROVAL = "-approval"
_GATES = frozenset({Field.REQUIRED_REVIEWERS, Field.DEPLOYMENT_PROTECTION_RULES})


@dataclass(frozen=True, slots=True)
class Declared:
    """GitHub: "Environment names are not case sensitive" ("Managing environments for deployment")."""

    environments: Mapping[str, DesiredEnvironment]  # by casefolded name
    left_alone: frozenset[str]  # casefolded: something else manages them

    def of(self, name: str) -> DesiredEnvironment | None:
        return self.environments.get(name.casefold())

    def knows(self, name: str) -> bool:
        return name.casefold() in self.environments or name.casefold() in self.left_alone

    def approved(self) -> Iterator[tuple[DesiredEnvironment, DesiredEnvironment]]:
        """Each environment that has an approval beside it, with that."""
        for environment in self.environments.values():
            if gate := self.of(environment.name + APPROVAL):
                yield environment, gate


def declared(desired: DesiredRepository, guardians: frozenset[str]) -> Declared:
    """`guardians`: as `Reading` has them."""
    return Declared(
        {each.name.casefold(): each for each in desired.environments},
        frozenset(name.casefold() for name in desired.never_touch) | guardians,
    )


def is_gated(environment: DesiredEnvironment) -> bool:
    """Whether a person or an App has to agree."""
    return bool(environment.settings.required_reviewers or environment.protection_rules)


def leaves_gates(environment: DesiredEnvironment) -> bool:
    """Whether somebody else may see to it that a person or an App has to agree."""
    return bool(environment.ignore & _GATES)


def own_flows(reading: Reading) -> tuple[Flow, ...]:
    """Those that run in this repository.

    A workflow that nothing but a call starts, and that none calls here, has the environments and secrets of
    whoever calls it: it runs in the caller's context (GitHub: "Reusing workflow configurations").
    """
    return tuple(flow for flow in reading.flows if flow.triggers != ("workflow_call",))


def names_of(run: JobRun) -> frozenset[str]:
    """The environments that are known, as written."""
    return run.environment.names.texts - {""} if run.environment else frozenset()


def by_name(runs: Iterable[JobRun]) -> Mapping[str, Sequence[JobRun]]:
    """The runs that may name an environment, as far as it is known, by the casefolded name."""
    found: dict[str, list[JobRun]] = {}
    for run in runs:
        for name in {each.casefold() for each in names_of(run)}:
            found.setdefault(name, []).append(run)
    return found


def may_name(run: JobRun, environment: DesiredEnvironment) -> bool:
    """As far as it is known."""
    return environment.name.casefold() in {name.casefold() for name in names_of(run)}


def is_unknown(run: JobRun) -> bool:
    return run.environment is not None and run.environment.names.unknown is not None
