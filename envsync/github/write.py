"""How is a change made on GitHub? One method for each kind, each one request or as few as it takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.github.body import environment_body
from envsync.github.read import (
    environment_path,
    named,
    read_environment,
    read_patterns,
    read_rules,
    read_secrets,
)
from envsync.github.reviewers import Reviewers
from envsync.github.seal import read_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager

    from envsync.github.seal import Key
    from envsync.github.writer import Writer
    from envsync.model import LiveEnvironment, LiveSecret, Pattern, RepositoryName, Reviewer, SecretValue, Settings
    from envsync.plan.work import Work

_SEE_OTHER, _CONFLICT = 303, 409


class GitHubTarget:
    """Where a plan is applied. For one thread, as the writer is; failures are raised as `RequestFailed`."""

    def __init__(self, writer: Writer, *, settings_only: bool = False, reviewers: Reviewers | None = None) -> None:
        """`reviewers`: what is known of them already, shared with other threads."""
        self._writer = writer
        self._settings_only = settings_only
        self._reviewers = reviewers or Reviewers(writer.reader)
        self._keys: dict[tuple[str, str], Key] = {}

    def turn(self, repository: RepositoryName, work: Work) -> AbstractContextManager[None]:
        """As `Connection.turn`."""
        return self._writer.turn(repository, work, "begin it now")

    def read_environment(
        self, repository: RepositoryName, name: str, *, exists: bool = True
    ) -> LiveEnvironment | None:
        """`exists`: what to expect; where that is right it takes a request less."""
        return read_environment(
            self._writer.reader, repository, name, settings_only=self._settings_only, exists=exists
        )

    def list_secrets(self, repository: RepositoryName, environment: str) -> Mapping[str, LiveSecret]:
        """Names in upper case."""
        return read_secrets(self._writer.reader, repository, environment)

    def server_time(self) -> int:
        """Seconds since 1970, as GitHub's last answer told them."""
        return self._writer.server_time()

    def check_access(self, repository: RepositoryName, reviewers: Iterable[Reviewer]) -> None:
        """Raises for a reviewer without access to the repository; asks once each."""
        self._reviewers.check_access(repository, reviewers)

    def put_environment(
        self, repository: RepositoryName, name: str, before: LiveEnvironment | None, goal: Settings
    ) -> LiveEnvironment:
        """Create or change it; `before` is None where it does not exist. Returns what GitHub made of it.

        That is its name, id, settings and ids of reviewers; patterns, rules, variables and secrets are not in the
        answer. GitHub drops reviewers who have no access to the repository without a word: compare.
        """
        where = environment_path(repository, name)
        known = {} if before is None else before.reviewer_ids
        now = None if before is None else before.settings
        body = environment_body(now, goal, lambda reviewer: self._reviewers.id_of(reviewer, known))
        try:
            received = self._writer.put(
                where,
                body,
                f"{'create' if before is None else 'change'} the environment {name} of {repository}",
                creates=before is None,
            )
        except RequestFailed as failed:
            raise _with_hint(failed) from None
        try:
            return named(received.data, repository, name)
        except RequestFailed as unclear:
            # GitHub did it, whatever it was.
            raise RequestFailed(unclear.kind, *unclear.diagnostics, uncertain=True) from None

    def delete_environment(self, repository: RepositoryName, name: str) -> None:
        self._keys.pop(_key(repository, name), None)
        self._writer.delete(environment_path(repository, name), f"delete the environment {name} of {repository}")

    def create_pattern(self, repository: RepositoryName, environment: str, pattern: Pattern) -> None:
        def there() -> bool:
            return any(
                live.pattern == pattern for live in read_patterns(self._writer.reader, repository, environment)
            )

        self._writer.post(
            environment_path(repository, environment, "deployment-branch-policies"),
            {"name": pattern.name, "type": pattern.type.value},
            f"add the {pattern.type} pattern {pattern.name} to {environment} in {repository}",
            there=there,
            exists=_SEE_OTHER,
        )

    def rename_pattern(self, repository: RepositoryName, environment: str, pattern_id: int, name: str) -> None:
        where = environment_path(repository, environment, "deployment-branch-policies", pattern_id)
        purpose = f"change a pattern of {environment} in {repository} to {name}"
        self._writer.put(where, {"name": name}, purpose, creates=False)

    def delete_pattern(self, repository: RepositoryName, environment: str, pattern_id: int) -> None:
        where = environment_path(repository, environment, "deployment-branch-policies", pattern_id)
        self._writer.delete(where, f"remove pattern {pattern_id} from {environment} in {repository}")

    def create_rule(self, repository: RepositoryName, environment: str, app: str) -> None:
        def there() -> bool:
            rules = read_rules(self._writer.reader, repository, environment)
            return any(rule.app.casefold() == app.casefold() for rule in rules)

        self._writer.post(
            environment_path(repository, environment, "deployment_protection_rules"),
            {"integration_id": self._integration(repository, environment, app)},
            f"add the protection rule of {app} to {environment} in {repository}",
            there=there,
        )

    def delete_rule(self, repository: RepositoryName, environment: str, rule_id: int) -> None:
        where = environment_path(repository, environment, "deployment_protection_rules", rule_id)
        self._writer.delete(where, f"remove protection rule {rule_id} from {environment} in {repository}")

    def create_variable(self, repository: RepositoryName, environment: str, name: str, value: str) -> None:
        where = environment_path(repository, environment, "variables")

        def there() -> bool:
            try:
                self._writer.reader.get(
                    environment_path(repository, environment, "variables", name), f"read {name}"
                )
            except RequestFailed as failed:
                if failed.kind is not FailureKind.NOT_FOUND:
                    raise
                return False
            return True

        purpose = f"create the variable {name} of {environment} in {repository}"
        created = self._writer.post(where, {"name": name, "value": value}, purpose, there=there, exists=_CONFLICT)
        if not created:
            self.update_variable(repository, environment, name, value)

    def update_variable(self, repository: RepositoryName, environment: str, name: str, value: str) -> None:
        where = environment_path(repository, environment, "variables", name)
        purpose = f"change the variable {name} of {environment} in {repository}"
        self._writer.patch(where, {"name": name, "value": value}, purpose)

    def delete_variable(self, repository: RepositoryName, environment: str, name: str) -> None:
        where = environment_path(repository, environment, "variables", name)
        self._writer.delete(where, f"delete the variable {name} of {environment} in {repository}")

    def put_secret(self, repository: RepositoryName, environment: str, name: str, value: SecretValue) -> None:
        """The environment's key is read once. GitHub may have replaced it since: a refusal has it read again."""
        at = _key(repository, environment)
        key = self._keys.get(at) or read_key(self._writer.reader, repository, environment)
        self._keys[at] = key
        try:
            self._send_secret(repository, environment, name, value, key)
        except RequestFailed as failed:
            if failed.kind is not FailureKind.REJECTED:
                raise
            fresh = read_key(self._writer.reader, repository, environment)
            if fresh == key:
                raise
            self._keys[at] = fresh
            self._send_secret(repository, environment, name, value, fresh)

    def delete_secret(self, repository: RepositoryName, environment: str, name: str) -> None:
        where = environment_path(repository, environment, "secrets", name)
        self._writer.delete(where, f"delete the secret {name} of {environment} in {repository}")

    def _send_secret(
        self, repository: RepositoryName, environment: str, name: str, value: SecretValue, key: Key
    ) -> None:
        encrypted = key.seal(value)
        self._writer.put(
            environment_path(repository, environment, "secrets", name),
            {"encrypted_value": encrypted, "key_id": key.id},
            f"set the secret {name} of {environment} in {repository}",
            hidden=(encrypted,),
        )

    def _integration(self, repository: RepositoryName, environment: str, app: str) -> int:
        where = environment_path(repository, environment, "deployment_protection_rules", "apps")
        purpose = f"list the Apps that can guard {environment} in {repository}"
        pages = self._writer.reader.pages(
            where, "available_custom_deployment_protection_rule_integrations", purpose
        )
        found = {item.member("slug").text(): item.member("id").integer() for item in pages.items}
        for slug, number in found.items():
            if slug.casefold() == app.casefold():
                return number
        raise _no_such_app(repository, environment, app, sorted(found))


def _key(repository: RepositoryName, environment: str) -> tuple[str, str]:
    return repository.key, environment.casefold()


def _no_such_app(repository: RepositoryName, environment: str, app: str, available: list[str]) -> RequestFailed:
    text = f"no GitHub App {app} can guard {environment} in {repository}"
    others = f"available: {', '.join(available)}" if available else "no App is available"
    hint = f"{others}; the App has to be installed here, and to subscribe to deployment_protection_rule"
    return RequestFailed(FailureKind.NOT_FOUND, Diagnostic("unknown-app", text, hint))


def _with_hint(failed: RequestFailed) -> RequestFailed:
    """What a refused `PUT` of an environment mostly comes from: a plan's limits, or a server's age."""
    if failed.kind is FailureKind.NOT_FOUND:
        hint = "a private repository on GitHub Free has no environments"
    elif failed.kind is not FailureKind.REJECTED:
        return failed
    elif "permitted key" in str(failed):
        hint = "this GitHub Enterprise Server is too old for the key that it names: leave the field at its default"
    else:
        hint = (
            "on a private repository, reviewers, a wait timer and prevent_self_review need GitHub Enterprise; "
            "GitHub may have created the environment all the same, without them"
        )
    diagnostics = (
        replace(diagnostic, hint="; ".join(filter(None, (diagnostic.hint, hint))))
        for diagnostic in failed.diagnostics
    )
    return RequestFailed(failed.kind, *diagnostics, uncertain=failed.uncertain)
