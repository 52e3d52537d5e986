"""Interprets a plan: takes its steps in order and says of every change what became of it.

Decides nothing about what to change or in what order: that is the plan's. One failing environment does not stop
the others, and nothing is passed over in silence: every change of the plan comes back in exactly one `Result`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, assert_never

from envsync.errors import Diagnostic, FailureKind, Interrupted, RequestFailed, SecretSourceError
from envsync.model import reviewer_key
from envsync.plan.result import Because, Outcome, Result
from envsync.plan.schedule import (
    AddPattern,
    AddRule,
    AddVariable,
    PutSettings,
    RemoveEnvironment,
    RemovePattern,
    RemoveRule,
    RemoveSecret,
    RemoveVariable,
    RenamePattern,
    SetVariable,
    WriteSecret,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from envsync.model import (
        DesiredSecret,
        LiveEnvironment,
        Pattern,
        RepositoryName,
        SecretValue,
        Settings,
    )
    from envsync.plan.changes import Change
    from envsync.plan.schedule import Act, EnvironmentSteps, RepositorySteps, Step


class Target(Protocol):
    """Whom the steps are taken on. A method raises `RequestFailed`, or returns once the thing is done."""

    def put_environment(
        self, repository: RepositoryName, name: str, before: LiveEnvironment | None, goal: Settings
    ) -> Settings:
        """Returns what was made of it, which can be less than `goal`."""
        ...

    def delete_environment(self, repository: RepositoryName, name: str) -> None: ...
    def create_pattern(self, repository: RepositoryName, environment: str, pattern: Pattern) -> None: ...
    def rename_pattern(self, repository: RepositoryName, environment: str, pattern_id: int, name: str) -> None: ...
    def delete_pattern(self, repository: RepositoryName, environment: str, pattern_id: int) -> None: ...
    def create_rule(self, repository: RepositoryName, environment: str, app: str) -> None: ...
    def delete_rule(self, repository: RepositoryName, environment: str, rule_id: int) -> None: ...
    def create_variable(self, repository: RepositoryName, environment: str, name: str, value: str) -> None: ...
    def update_variable(self, repository: RepositoryName, environment: str, name: str, value: str) -> None: ...
    def delete_variable(self, repository: RepositoryName, environment: str, name: str) -> None: ...
    def put_secret(self, repository: RepositoryName, environment: str, name: str, value: SecretValue) -> None: ...
    def delete_secret(self, repository: RepositoryName, environment: str, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Takes the steps of a schedule on a target."""

    target: Target
    read_secret: Callable[[DesiredSecret], SecretValue]  # raises SecretSourceError
    write_secrets: bool = True  # False: no source of a secret is read
    stopped: Callable[[], bool] = lambda: False  # asked before each step: did the user press Ctrl-C?

    def apply(self, schedule: Sequence[RepositorySteps]) -> Iterator[Result]:
        """Take all steps, and yield the result of each change as soon as it is known."""
        for repository in schedule:
            whole = True
            for environment in repository.environments:
                for result in self._environment(repository.repository, environment):
                    whole = whole and (result.outcome is Outcome.APPLIED or result.reason == Because.NO_SECRETS)
                    yield result
            for environment in repository.deletions:
                if whole:
                    yield from self._environment(repository.repository, environment)
                else:
                    yield from _skipped(environment.steps, Because.NOT_WHOLE)

    def _environment(self, repository: RepositoryName, environment: EnvironmentSteps) -> Iterator[Result]:
        for index, step in enumerate(environment.steps):
            if self.stopped():
                yield from _skipped(environment.steps[index:], Because.INTERRUPTED)
                return
            if isinstance(step.act, WriteSecret) and not self.write_secrets:
                yield from _skipped([step], Because.NO_SECRETS)
                continue
            try:
                self._take(repository, environment.environment, step.act)
            except Interrupted:  # while it waited to try again
                yield from _skipped(environment.steps[index:], Because.INTERRUPTED)
                return
            except (RequestFailed, SecretSourceError) as error:
                for change in step.makes:
                    yield _failed(change, error)
                if step.protects:
                    yield from _skipped(environment.steps[index + 1 :], Because.UNPROTECTED)
                    return
            else:
                for change in step.makes:
                    yield Result(change, Outcome.APPLIED)

    def _take(self, repository: RepositoryName, name: str, act: Act) -> None:  # noqa: C901, PLR0912 - flat
        target = self.target
        match act:
            case PutSettings(before, settings):
                _hold(settings, target.put_environment(repository, name, before, settings))
            case AddPattern(pattern):
                target.create_pattern(repository, name, pattern)
            case RenamePattern(pattern_id, new_name):
                target.rename_pattern(repository, name, pattern_id, new_name)
            case RemovePattern(pattern_id):
                target.delete_pattern(repository, name, pattern_id)
            case AddRule(app):
                target.create_rule(repository, name, app)
            case RemoveRule(rule_id):
                target.delete_rule(repository, name, rule_id)
            case AddVariable(variable, value):
                target.create_variable(repository, name, variable, value)
            case SetVariable(variable, value):
                target.update_variable(repository, name, variable, value)
            case RemoveVariable(variable):
                target.delete_variable(repository, name, variable)
            case WriteSecret(secret):
                target.put_secret(repository, name, secret.name, self.read_secret(secret))
            case RemoveSecret(secret_name):
                target.delete_secret(repository, name, secret_name)
            case RemoveEnvironment():
                target.delete_environment(repository, name)
            case _:
                assert_never(act)


def _failed(change: Change, error: RequestFailed | SecretSourceError) -> Result:
    hints = "; ".join(each.hint for each in error.diagnostics if each.hint)
    partly = isinstance(error, RequestFailed) and (error.uncertain or error.kind is FailureKind.INCOMPLETE)
    return Result(change, Outcome.FAILED, str(error), hints or None, partly=partly)


def _skipped(steps: Sequence[Step], because: Because) -> Iterator[Result]:
    for step in steps:
        for change in step.makes:
            yield Result(change, Outcome.SKIPPED, because.value)


def _hold(wanted: Settings, made: Settings) -> None:
    """GitHub drops, without a word, a reviewer who has no access to the repository."""
    asked = {reviewer_key(each): str(each) for each in wanted.required_reviewers}
    got = {reviewer_key(each): str(each) for each in made.required_reviewers}
    found = [f"{asked[key]} is not among the reviewers" for key in sorted(asked.keys() - got.keys())]
    found += [f"{got[key]} is still among the reviewers" for key in sorted(got.keys() - asked.keys())]
    for name in ("wait_timer", "prevent_self_review", "can_admins_bypass", "deployment_branch_policy"):
        if getattr(wanted, name) != getattr(made, name):
            found.append(f"{name} is {str(getattr(made, name)).lower()}, not {str(getattr(wanted, name)).lower()}")
    if found:
        message = f"GitHub took the request and made something else of it: {'; '.join(found)}"
        hint = (
            "every reviewer needs at least read access to the repository: give it, and run apply again"
            if asked.keys() != got.keys()
            else "somebody else may have changed it at the same time: run plan"
        )
        raise RequestFailed(FailureKind.INCOMPLETE, Diagnostic("github-made-less", message, hint))
