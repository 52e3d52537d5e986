"""Interprets a plan: takes its steps in order and says of every change what became of it.

Decides nothing about what to change or in what order: that is the plan's. One failing environment does not stop
the others, and nothing is passed over in silence: every change of the plan comes back in exactly one `Result`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, assert_never

from envsync.errors import Diagnostic, FailureKind, Interrupted, RequestFailed, SecretSourceError
from envsync.model import RefPolicy, Unread, reviewer_key
from envsync.plan.result import Because, Outcome, Result
from envsync.plan.steps import (
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
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from envsync.model import (
        DesiredSecret,
        LiveEnvironment,
        Pattern,
        RepositoryName,
        Reviewer,
        SecretValue,
        Settings,
    )
    from envsync.plan.steps import Act, EnvironmentSteps, RepositorySteps, Step


class Target(Protocol):
    """Whom the steps are taken on. A method raises `RequestFailed`, or returns once the thing is done."""

    def read_environment(self, repository: RepositoryName, name: str) -> LiveEnvironment | None: ...
    def check_access(self, repository: RepositoryName, reviewers: Iterable[Reviewer]) -> None:
        """Raises where one of them has no access to the repository, as far as that can be found out."""
        ...

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
                    yield from self._steps(repository.repository, environment.environment, environment.steps)
                else:
                    yield from _skipped(environment.steps, Because.NOT_WHOLE)

    def _environment(self, repository: RepositoryName, environment: EnvironmentSteps) -> Iterator[Result]:
        """Look again, and take the steps. GitHub has no conditional write: what happens in between is lost."""
        name, steps = environment.environment, environment.steps
        if self.stopped():
            yield from _skipped(steps, Because.INTERRUPTED)
            return
        try:
            moved = self.target.read_environment(repository, name) != environment.before
            if not moved:
                self.target.check_access(repository, _reviewers(steps))
        except Interrupted:
            yield from _skipped(steps, Because.INTERRUPTED)
        except RequestFailed as error:
            protection = next((step for step in steps if isinstance(step.act, PutSettings)), steps[0])
            yield from _fallen(protection, steps, error)
        else:
            yield from _skipped(steps, Because.MOVED) if moved else self._steps(repository, name, steps)

    def _steps(self, repository: RepositoryName, name: str, steps: Sequence[Step]) -> Iterator[Result]:
        for index, step in enumerate(steps):
            if self.stopped():
                yield from _skipped(steps[index:], Because.INTERRUPTED)
                return
            if isinstance(step.act, WriteSecret) and not self.write_secrets:
                yield from _skipped([step], Because.NO_SECRETS)
                continue
            try:
                self._take(repository, name, step.act)
            except Interrupted:  # while it waited to try again
                yield from _skipped(steps[index:], Because.INTERRUPTED)
                return
            except (RequestFailed, SecretSourceError) as error:
                yield from _fallen(step, steps[index:] if step.vital else [step], error)
                if step.vital:
                    return
            else:
                for change in step.makes:
                    yield Result(change, Outcome.APPLIED)

    def _put(
        self, repository: RepositoryName, name: str, before: LiveEnvironment | None, settings: Settings
    ) -> None:
        """Raises where GitHub made less of it, as it does of a reviewer without access, and puts things back."""
        made = self.target.put_environment(repository, name, before, settings)
        if not (shortfall := _shortfall(settings, made)):
            return
        undone = self._undo(repository, name, before, made)
        dropped = _names(settings) != _names(made)
        message = f"GitHub took the request and made something else of it: {shortfall}"
        diagnostic = Diagnostic(
            "github-made-less",
            f"{message}; {undone or 'the former settings were put back'}",
            "every reviewer needs at least read access to the repository: give it, and run apply again"
            if dropped
            else "somebody else may have changed it at the same time: run plan",
        )
        raise RequestFailed(FailureKind.INCOMPLETE if undone else FailureKind.REJECTED, diagnostic)

    def _undo(
        self, repository: RepositoryName, name: str, before: LiveEnvironment | None, made: Settings
    ) -> str | None:
        """Put the former state back; in words why that did not work, else None."""
        try:
            if before is None:
                self.target.delete_environment(repository, name)
                return None
            there = replace(before, settings=made)
            restored = self.target.put_environment(repository, name, there, before.settings)
            if made.deployment_branch_policy is not RefPolicy.SELECTED and not isinstance(before.patterns, Unread):
                for each in before.patterns:  # they went when the policy left `selected`
                    self.target.create_pattern(repository, name, each.pattern)
        except RequestFailed as error:
            return f"the former settings could not be put back: {error}"
        shortfall = _shortfall(before.settings, restored)
        return f"the former settings could not be put back whole: {shortfall}" if shortfall else None

    def _take(self, repository: RepositoryName, name: str, act: Act) -> None:  # noqa: C901, PLR0912 - flat
        target = self.target
        match act:
            case PutSettings(before, settings):
                self._put(repository, name, before, settings)
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


def _reviewers(steps: Sequence[Step]) -> list[Reviewer]:
    """All that will be asked for, those that stay included: one who lost access would be dropped in silence."""
    puts = [step.act.settings for step in steps if isinstance(step.act, PutSettings)]
    return list(dict.fromkeys(reviewer for settings in puts for reviewer in settings.required_reviewers))


def _fallen(step: Step, left: Sequence[Step], error: RequestFailed | SecretSourceError) -> Iterator[Result]:
    """What `step` was to make has failed, and what else is `left` is skipped."""
    partly = isinstance(error, RequestFailed) and (error.uncertain or error.kind is FailureKind.INCOMPLETE)
    for change in step.stake:
        yield Result(change, Outcome.FAILED, str(error), error.hint, partly=partly)
    for result in _skipped(left, Because.UNPROTECTED):
        if result.change not in step.stake:
            yield result


def _skipped(steps: Sequence[Step], because: Because) -> Iterator[Result]:
    for step in steps:
        for change in step.makes:
            yield Result(change, Outcome.SKIPPED, because.value)


def _names(settings: Settings) -> dict[str, str]:
    return {reviewer_key(each): str(each) for each in settings.required_reviewers}


def _shortfall(wanted: Settings, made: Settings) -> str:
    """In words, what of `wanted` is not in `made`; empty where all is."""
    asked, got = _names(wanted), _names(made)
    found = [f"{asked[key]} is not among the reviewers" for key in sorted(asked.keys() - got.keys())]
    found += [f"{got[key]} is still among the reviewers" for key in sorted(got.keys() - asked.keys())]
    for name in ("wait_timer", "prevent_self_review", "can_admins_bypass", "deployment_branch_policy"):
        if getattr(wanted, name) != getattr(made, name):
            found.append(f"{name} is {str(getattr(made, name)).lower()}, not {str(getattr(wanted, name)).lower()}")
    return "; ".join(found)
