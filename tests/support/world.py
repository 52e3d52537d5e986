"""A GitHub of dataclasses: enough of its semantics to take every step of an apply, with no server.

For laws that want thousands of examples. Everything that crosses HTTP is tested on the embedded GitHub.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from envsync.model import (
    LiveEnvironment,
    LivePattern,
    LiveRepository,
    LiveRule,
    LiveSecret,
    Pattern,
    RefPolicy,
    RepositoryName,
    SecretValue,
    Settings,
    reviewer_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from envsync.model import Reviewer


@dataclass
class World:
    """One repository. `fail` is asked before each call and raises what shall go wrong."""

    repository: RepositoryName
    environments: dict[str, LiveEnvironment] = field(default_factory=dict)
    values: dict[tuple[str, str], bytes] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    history: list[tuple[str, dict[str, LiveEnvironment]]] = field(default_factory=list)  # before each call
    fail: Callable[[str], None] = lambda _call: None
    drop: frozenset[str] = frozenset()  # reviewers that GitHub drops without a word
    _ids: Iterator[int] = field(default_factory=lambda: count(1000))

    def live(self) -> LiveRepository:
        names = tuple(sorted(each.name for each in self.environments.values()))
        return LiveRepository(self.repository, self.repository, names, dict(self.environments))

    def read_environment(self, repository: RepositoryName, name: str) -> LiveEnvironment | None:
        assert repository == self.repository
        self.fail("read_environment")
        return self.environments.get(name.casefold())

    def check_access(self, repository: RepositoryName, reviewers: Iterable[Reviewer]) -> None:
        self.fail("check_access")
        assert repository == self.repository
        assert all(reviewers)

    def put_environment(
        self, repository: RepositoryName, name: str, before: LiveEnvironment | None, goal: Settings
    ) -> Settings:
        self._call("put_environment", repository, name)
        now = self.environments.get(name.casefold())
        assert (now is None) == (before is None)
        kept = tuple(each for each in goal.required_reviewers if reviewer_key(each) not in self.drop)
        made = replace(goal, required_reviewers=kept, prevent_self_review=goal.prevent_self_review and bool(kept))
        now = now or LiveEnvironment(name, next(self._ids))
        patterns = now.patterns if made.deployment_branch_policy is RefPolicy.SELECTED else ()
        ids = {reviewer_key(each): hash(reviewer_key(each)) % 10_000 for each in kept}
        self.environments[name.casefold()] = replace(now, settings=made, patterns=patterns, reviewer_ids=ids)
        return made

    def delete_environment(self, repository: RepositoryName, name: str) -> None:
        self._call("delete_environment", repository, name)
        del self.environments[name.casefold()]

    def create_pattern(self, repository: RepositoryName, environment: str, pattern: Pattern) -> None:
        self._call("create_pattern", repository, environment)
        now = self._now(environment)
        assert now.settings.deployment_branch_policy is RefPolicy.SELECTED, "404: the mode is not custom"
        assert pattern not in {each.pattern for each in self._patterns(environment)}
        self._put(replace(now, patterns=(*self._patterns(environment), LivePattern(next(self._ids), pattern))))

    def rename_pattern(self, repository: RepositoryName, environment: str, pattern_id: int, name: str) -> None:
        self._call("rename_pattern", repository, environment)
        renamed = tuple(
            replace(each, pattern=replace(each.pattern, name=name)) if each.id == pattern_id else each
            for each in self._patterns(environment)
        )
        assert renamed != self._patterns(environment)
        self._put(replace(self._now(environment), patterns=renamed))

    def delete_pattern(self, repository: RepositoryName, environment: str, pattern_id: int) -> None:
        self._call("delete_pattern", repository, environment)
        kept = tuple(each for each in self._patterns(environment) if each.id != pattern_id)
        assert kept != self._patterns(environment)
        self._put(replace(self._now(environment), patterns=kept))

    def create_rule(self, repository: RepositoryName, environment: str, app: str) -> None:
        self._call("create_rule", repository, environment)
        rules = self._now(environment).protection_rules
        assert isinstance(rules, tuple)
        self._put(replace(self._now(environment), protection_rules=(*rules, LiveRule(next(self._ids), app))))

    def delete_rule(self, repository: RepositoryName, environment: str, rule_id: int) -> None:
        self._call("delete_rule", repository, environment)
        rules = self._now(environment).protection_rules
        assert isinstance(rules, tuple)
        kept = tuple(each for each in rules if each.id != rule_id)
        assert kept != rules
        self._put(replace(self._now(environment), protection_rules=kept))

    def create_variable(self, repository: RepositoryName, environment: str, name: str, value: str) -> None:
        self._call("create_variable", repository, environment)
        variables = dict(self._variables(environment))
        assert name not in variables, "409: it exists"
        self._put(replace(self._now(environment), variables=variables | {name: value}))

    def update_variable(self, repository: RepositoryName, environment: str, name: str, value: str) -> None:
        self._call("update_variable", repository, environment)
        variables = dict(self._variables(environment))
        assert name in variables, "404: it does not exist"
        self._put(replace(self._now(environment), variables=variables | {name: value}))

    def delete_variable(self, repository: RepositoryName, environment: str, name: str) -> None:
        self._call("delete_variable", repository, environment)
        variables = dict(self._variables(environment))
        del variables[name]
        self._put(replace(self._now(environment), variables=variables))

    def put_secret(self, repository: RepositoryName, environment: str, name: str, value: SecretValue) -> None:
        self._call("put_secret", repository, environment)
        secrets = self._now(environment).secrets
        assert isinstance(secrets, dict)
        written = LiveSecret(name, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
        self._put(replace(self._now(environment), secrets=secrets | {name: written}))
        self.values[environment, name] = value.reveal()

    def delete_secret(self, repository: RepositoryName, environment: str, name: str) -> None:
        self._call("delete_secret", repository, environment)
        secrets = self._now(environment).secrets
        assert isinstance(secrets, dict)
        self._put(replace(self._now(environment), secrets={k: v for k, v in secrets.items() if k != name}))

    def _call(self, method: str, repository: RepositoryName, environment: str) -> None:
        assert repository == self.repository
        self.fail(method)
        self.history.append((f"{method} {environment}", dict(self.environments)))
        self.calls.append(f"{method} {environment}")

    def _now(self, environment: str) -> LiveEnvironment:
        return self.environments[environment.casefold()]

    def _put(self, live: LiveEnvironment) -> None:
        self.environments[live.name.casefold()] = live

    def _patterns(self, environment: str) -> tuple[LivePattern, ...]:
        patterns = self._now(environment).patterns
        assert isinstance(patterns, tuple)
        return patterns

    def _variables(self, environment: str) -> dict[str, str]:
        variables = self._now(environment).variables
        assert isinstance(variables, dict)
        return variables
