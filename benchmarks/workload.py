"""What is measured, and what it has to cost: the file, each command's requests, the bounds on their time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER = "acme"
REVIEWERS = ("team-lead", "acme/devops-admins")
_SECRET = "BENCHMARK_SECRET"  # noqa: S105 - a variable's name
_POINTS, _CREATED_A_MINUTE, _CREATED_AN_HOUR = 900, 80, 500
_MINUTE, _HOUR = 60.0, 3600.0
_PAGE = 100  # repositories


class Command(StrEnum):
    APPLY = "apply"  # of everything, where nothing is
    PLAN = "plan"  # with nothing to do
    DRIFT = "drift"  # of which there is none


@dataclass(frozen=True, slots=True)
class Environment:
    name: str
    branches: tuple[str, ...]
    is_reviewed: bool = False


_STAGING, _MAIN = ("develop", "main", "hotfix/*", "refs/pull/*/merge"), ("main",)
ENVIRONMENTS = (
    Environment("staging", _STAGING),
    Environment("production-approval", _MAIN, is_reviewed=True),
    Environment("production", _MAIN, is_reviewed=True),
    Environment("staging-rollback", _STAGING),
    Environment("production-rollback", _MAIN, is_reviewed=True),
)


@dataclass(frozen=True, slots=True)
class Requests:
    """`creations`: those of the writes that make something new."""

    reads: int
    writes: int = 0
    creations: int = 0

    @property
    def total(self) -> int:
        return self.reads + self.writes

    @property
    def points(self) -> int:
        return self.reads + 5 * self.writes


@dataclass(frozen=True, slots=True)
class Workload:
    """So many repositories, all alike. Each environment takes deployments from selected refs alone."""

    repositories: int
    environments: tuple[Environment, ...] = ENVIRONMENTS
    secrets: int = 4  # of each environment
    variables: int = 4

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"service-{number:04}" for number in range(1, self.repositories + 1))

    @property
    def patterns(self) -> int:
        """Of all environments of a repository."""
        return sum(len(each.branches) for each in self.environments)

    @property
    def reviewers(self) -> int:
        """Different ones; all of them have to be found, and to have access to each repository."""
        return len(REVIEWERS) if any(each.is_reviewed for each in self.environments) else 0


def expected(command: Command, load: Workload) -> Requests:
    """Exactly so many, whatever is in the cache. A record is one more variable of its environment."""
    repositories, environments = load.repositories, len(load.environments)
    reads = pages(repositories, _PAGE) + repositories * pages(environments, 100)
    if command is not Command.APPLY:
        secrets, variables, rules = pages(load.secrets, 100), pages(load.variables + 1, 30), 1
        patterns = sum(pages(len(each.branches), 100) for each in load.environments)
        return Requests(reads + repositories * (environments * (secrets + variables + rules) + patterns))
    made = environments * (1 + 1 + load.variables + load.secrets) + load.patterns  # environment, record, …
    again, key, listed, settled = 1, 1, 1, 1  # is it still not there? … the secrets' dates; the record's last word
    reads += load.reviewers + repositories * (load.reviewers + environments * (again + key + listed))
    return Requests(reads, repositories * (made + environments * settled), repositories * made)


def asked_again(load: Workload) -> int:
    """How many more a second run takes: that a single page was full does not tell that none follows by now."""
    return int(load.repositories == _PAGE)


def round_trips(command: Command, load: Workload) -> int:
    """Requests of which each has to wait for the answer to the one before: the critical path.

    The list of repositories (of two pages and more the others are asked for together), that of environments, and
    all that belongs to them together. Apply sends what changes one repository one after the other.
    """
    reading = min(pages(load.repositories, 100), 2) + 1
    if command is not Command.APPLY:
        return reading + 1
    one = Workload(1, load.environments, load.secrets, load.variables)
    return reading + expected(command, one).total - 2  # without the two lists


def bound(command: Command, load: Workload, *, latency: float, concurrency: int) -> float:
    """Seconds in which nobody could do it faster, where there are no limits."""
    return latency * max(round_trips(command, load), expected(command, load).total / concurrency)


def limited(requests: Requests, *, an_hour: int) -> dict[str, float]:
    """Seconds that each of GitHub's limits makes requests take, if each is sent as soon as that limit allows."""
    hours, last = divmod(max(requests.total - 1, 0), an_hour)
    full, made = divmod(max(requests.creations - 1, 0), _CREATED_AN_HOUR)
    return {
        "points a minute": _MINUTE * ((requests.points - 1) // _POINTS),
        "requests an hour": _HOUR * hours + _MINUTE * (last * requests.points // requests.total // _POINTS),
        "created a minute": _MINUTE * (max(requests.creations - 1, 0) // _CREATED_A_MINUTE),
        "created an hour": _HOUR * full + _MINUTE * (made // _CREATED_A_MINUTE),
    }


def pages(items: int, on_one: int) -> int:
    return max(1, ceil(items / on_one))


def targets(load: Workload) -> Iterator[str]:
    """What a plan asks for, but for the list of repositories."""
    for name in load.names:
        where = f"/repos/{OWNER}/{name}/environments"
        yield f"{where}?per_page=100"
        for environment in load.environments:
            yield f"{where}/{environment.name}/deployment-branch-policies?per_page=100"
            yield f"{where}/{environment.name}/deployment_protection_rules"
            yield f"{where}/{environment.name}/variables?per_page=30"
            yield f"{where}/{environment.name}/secrets?per_page=100"


def file_text(load: Workload) -> str:
    lines = ["version: 1", "name: benchmark", f"repositories: [{OWNER}/*]", "environments:"]
    for environment in load.environments:
        lines.append(f"  {environment.name}:")
        if environment.is_reviewed:
            lines.append(f"    required_reviewers: [{', '.join(REVIEWERS)}]")
            lines.append("    can_admins_bypass: false")
        lines.append(f"    deployment_branch_policy: {{branches: [{', '.join(environment.branches)}]}}")
        lines.append("    variables:")
        lines += [f"      VARIABLE_{number}: value {number}" for number in range(1, load.variables + 1)]
        lines.append("    secrets:")
        lines += [f"      SECRET_{number}: {{env: {_SECRET}}}" for number in range(1, load.secrets + 1)]
    return "\n".join(lines) + "\n"


SECRETS = {_SECRET: "as long as a token usually is: forty."}
