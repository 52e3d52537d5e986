"""A GitHub of dataclasses: enough of its semantics to take every step of an apply, with no server.

For laws that want thousands of examples. Everything that crosses HTTP is tested on the embedded GitHub.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

from envsync.model import (
    RECORD_VARIABLE,
    LiveEnvironment,
    LivePattern,
    LiveRepository,
    LiveRule,
    LiveSecret,
    LiveVariable,
    OtherEnvironment,
    Pattern,
    RefPolicy,
    RepositoryName,
    SecretValue,
    Settings,
    reviewer_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from contextlib import AbstractContextManager

    from envsync.model import Reviewer
    from envsync.plan.work import Work


START = 1_767_225_600  # 2026-01-01T00:00:00Z


def timestamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class World:
    """One repository. `fail` is asked before each call and raises what shall go wrong.

    `time` is the server's, in seconds since 1970; each write takes one.
    """

    repository: RepositoryName
    environments: dict[str, LiveEnvironment] = field(default_factory=dict)
    values: dict[tuple[str, str], bytes] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    history: list[tuple[str, dict[str, LiveEnvironment]]] = field(default_factory=list)  # before each call
    fail: Callable[[str], None] = lambda _call: None
    drop: frozenset[str] = frozenset()  # reviewers that GitHub drops without a word
    time: int = START
    id: int = 1
    turns: list[Work] = field(default_factory=list)  # how much each took
    _ids: Iterator[int] = field(default_factory=lambda: count(1000))

    def live(self, details: Collection[str] | None = None) -> LiveRepository:
        """Those in `details` in full, and the records of the others; all in full where it is None."""
        names = tuple(sorted((each.name for each in self.environments.values()), key=str.casefold))
        wanted = self.environments.keys() if details is None else {detail.casefold() for detail in details}
        return LiveRepository(
            self.repository,
            self.repository,
            names,
            {key: each for key, each in self.environments.items() if key in wanted},
            self.id,
            {
                key: OtherEnvironment(each.name, each.id, each.record)
                for key, each in self.environments.items()
                if key not in wanted
            },
        )

    def server_time(self) -> int:
        self.fail("server_time")
        return self.time

    def turn(
        self,
        repository: RepositoryName,  # noqa: ARG002 - here are no limits
        work: Work,
    ) -> AbstractContextManager[None]:
        self.fail("turn")
        self.turns.append(work)
        return nullcontext()

    def read_environment(
        self,
        repository: RepositoryName,
        name: str,
        *,
        exists: bool,  # noqa: ARG002 - it saves a request, and here are none
    ) -> LiveEnvironment | None:
        assert repository == self.repository
        self.fail("read_environment")
        return self.environments.get(name.casefold())

    def check_access(self, repository: RepositoryName, reviewers: Iterable[Reviewer]) -> None:
        self.fail("check_access")
        assert repository == self.repository
        assert all(reviewers)

    def put_environment(
        self, repository: RepositoryName, name: str, before: LiveEnvironment | None, goal: Settings
    ) -> LiveEnvironment:
        self._call("put_environment", repository, name)
        now = self.environments.get(name.casefold())
        assert (now is None) == (before is None)
        kept = tuple(each for each in goal.required_reviewers if reviewer_key(each) not in self.drop)
        made = replace(goal, required_reviewers=kept, prevent_self_review=goal.prevent_self_review and bool(kept))
        now = now or LiveEnvironment(name, next(self._ids))
        patterns = now.patterns if made.deployment_branch_policy is RefPolicy.SELECTED else ()
        ids = {reviewer_key(each): hash(reviewer_key(each)) % 10_000 for each in kept}
        self.environments[name.casefold()] = replace(now, settings=made, patterns=patterns, reviewer_ids=ids)
        return LiveEnvironment(now.name, now.id, made, ids)  # GitHub's answer has no more

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
        assert name not in self._variables(environment), "409: it exists"
        self._put_variable(environment, name, value)

    def update_variable(self, repository: RepositoryName, environment: str, name: str, value: str) -> None:
        self._call("update_variable", repository, environment)
        assert name in self._variables(environment), "404: it does not exist"
        self._put_variable(environment, name, value)

    def delete_variable(self, repository: RepositoryName, environment: str, name: str) -> None:
        self._call("delete_variable", repository, environment)
        variables = self._variables(environment)
        del variables[name]
        self._put_variables(environment, variables)

    def list_secrets(self, repository: RepositoryName, environment: str) -> dict[str, LiveSecret]:
        assert repository == self.repository
        self.fail("list_secrets")
        return dict(self._secrets(environment))

    def put_secret(self, repository: RepositoryName, environment: str, name: str, value: SecretValue) -> None:
        self._call("put_secret", repository, environment)
        secrets, now = self._secrets(environment), timestamp(self.time)
        created = secrets[name].created_at if name in secrets else now
        written = LiveSecret(name, created, now)
        self._put(replace(self._now(environment), secrets=secrets | {name: written}))
        self.values[environment, name] = value.reveal()

    def delete_secret(self, repository: RepositoryName, environment: str, name: str) -> None:
        self._call("delete_secret", repository, environment)
        secrets = self._secrets(environment)
        self._put(replace(self._now(environment), secrets={k: v for k, v in secrets.items() if k != name}))

    def _call(self, method: str, repository: RepositoryName, environment: str) -> None:
        assert repository == self.repository
        self.fail(method)
        self.history.append((f"{method} {environment}", dict(self.environments)))
        self.calls.append(f"{method} {environment}")
        self.time += 1

    def _now(self, environment: str) -> LiveEnvironment:
        return self.environments[environment.casefold()]

    def _put(self, live: LiveEnvironment) -> None:
        self.environments[live.name.casefold()] = live

    def _patterns(self, environment: str) -> tuple[LivePattern, ...]:
        patterns = self._now(environment).patterns
        assert isinstance(patterns, tuple)
        return patterns

    def _secrets(self, environment: str) -> dict[str, LiveSecret]:
        secrets = self._now(environment).secrets
        assert isinstance(secrets, dict)
        return secrets

    def _variables(self, environment: str) -> dict[str, LiveVariable]:
        """The record among them, as on GitHub."""
        now = self._now(environment)
        assert isinstance(now.variables, dict)
        return now.variables | ({} if now.record is None else {RECORD_VARIABLE: now.record})

    def _put_variable(self, environment: str, name: str, value: str) -> None:
        written = LiveVariable(name, value, timestamp(self.time))
        self._put_variables(environment, self._variables(environment) | {name: written})

    def _put_variables(self, environment: str, variables: dict[str, LiveVariable]) -> None:
        users = {name: each for name, each in variables.items() if name != RECORD_VARIABLE}
        self._put(replace(self._now(environment), variables=users, record=variables.get(RECORD_VARIABLE)))
