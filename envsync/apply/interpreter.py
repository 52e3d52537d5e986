"""Interprets a plan: takes its steps in order and says of every change what became of it.

Decides nothing about what to change or in what order: that is the plan's. One failing environment does not stop
the others, and nothing is passed over in silence: every change of the plan comes back in exactly one `Result`.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from envsync.apply.keeper import Keeper
from envsync.apply.outcomes import cut_off, fallen, is_well, lost, passed_over, released, skipped
from envsync.errors import Diagnostic, FailureKind, Interrupted, RequestFailed, SecretSourceError
from envsync.model import RECORD_VARIABLE, RefPolicy, Unread, reviewer_key
from envsync.plan.result import Because, Outcome, RecordOutcome, Result
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
from envsync.plan.work import Work, work_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from envsync.apply.keeper import Signing
    from envsync.apply.target import Target
    from envsync.model import DesiredSecret, LiveEnvironment, RepositoryName, Reviewer, SecretValue, Settings
    from envsync.plan.steps import Act, Book, EnvironmentSteps, RepositorySteps, Step


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Takes the steps of a schedule on a target."""

    target: Target
    read_secret: Callable[[DesiredSecret], SecretValue]  # raises SecretSourceError
    write_secrets: bool = True  # False: no source of a secret is read
    signing: Signing | None = None  # None: no record is written
    stopped: Callable[[], bool] = lambda: False  # asked before each step: did the user press Ctrl-C?

    def apply(self, schedule: Sequence[RepositorySteps]) -> Iterator[Result | RecordOutcome]:
        """Take all steps, and yield what became of each change and each record as soon as it is known."""
        for repository in schedule:
            whole = True
            for result in self._kept(repository):
                whole = whole and is_well(result)
                yield result
            for environment in repository.deletions:
                if whole:
                    yield from self._steps(repository.repository, environment, None)
                else:
                    yield from skipped(environment.steps, Because.NOT_WHOLE)
            for release in repository.releases:
                yield released(release, Because.NOT_WHOLE if not whole else None)

    def _kept(self, repository: RepositorySteps) -> Iterator[Result | RecordOutcome]:
        for environment in repository.environments:
            yield from self._environment(repository, environment)
        for book in repository.let_go:
            yield from self._let_go(repository, book)

    def _environment(
        self, repository: RepositorySteps, environment: EnvironmentSteps
    ) -> Iterator[Result | RecordOutcome]:
        """Wait for one's turn, and go through with it: nothing waits for GitHub's limits in the middle of it."""
        with ExitStack() as turn:
            try:
                if not self.stopped():
                    turn.enter_context(self.target.turn(repository.repository, self._work(environment)))
            except Interrupted:
                pass  # which is seen to below
            except RequestFailed as error:
                if error.kind is not FailureKind.RATE_LIMITED:
                    yield from self._failed_before(environment, error)
                    return
                yield from skipped(environment.steps, Because.NO_ROOM, str(error))
                yield from passed_over(environment.book, Because.NO_ROOM, str(error))
                return
            yield from self._attended(repository, environment)

    def _work(self, environment: EnvironmentSteps) -> Work:
        who = Work(reads=len(_reviewers(environment.steps)))  # each may have to be looked up
        return who + work_of(environment, write_secrets=self.write_secrets)

    def _failed_before(
        self, environment: EnvironmentSteps, error: RequestFailed
    ) -> Iterator[Result | RecordOutcome]:
        """Nothing was written yet."""
        steps = environment.steps
        protection = next((step for step in steps if isinstance(step.act, PutSettings)), None)
        first = protection or next(iter(steps), None)
        if first is not None:
            yield from fallen(first, steps, error)
        yield from lost(environment.book, error)

    def _attended(
        self, repository: RepositorySteps, environment: EnvironmentSteps
    ) -> Iterator[Result | RecordOutcome]:
        """Look again, and take the steps. GitHub has no conditional write: what happens in between is lost."""
        steps = environment.steps
        keeper = None if environment.book is None else self._keeper(repository, environment, environment.book)
        try:
            because = (
                Because.INTERRUPTED if self.stopped() else self._hindrance(repository.repository, environment)
            )
        except Interrupted:
            because = Because.INTERRUPTED
        except RequestFailed as error:
            yield from self._failed_before(environment, error)
            return
        if because is not None:
            yield from skipped(steps, because)
            yield from passed_over(environment.book, because)
        elif keeper is None:
            yield from self._steps(repository.repository, environment, None)
        else:
            yield from self._recorded(repository.repository, environment, keeper)

    def _hindrance(self, repository: RepositoryName, environment: EnvironmentSteps) -> Because | None:
        before = environment.before
        there = self.target.read_environment(repository, environment.environment, exists=before is not None)
        if there != before:
            return Because.MOVED
        self.target.check_access(repository, _reviewers(environment.steps))
        return None

    def _keeper(self, repository: RepositorySteps, environment: EnvironmentSteps, book: Book) -> Keeper:
        return Keeper(
            self.target,
            self.signing,
            repository.repository,
            repository.id,
            book,
            self.write_secrets,
            environment.environment,
            environment.before,
        )

    def _recorded(
        self, repository: RepositoryName, environment: EnvironmentSteps, keeper: Keeper
    ) -> Iterator[Result | RecordOutcome]:
        """The steps, with the record written before and after them."""
        book, results = keeper.book, list[Result]()
        for result in self._steps(repository, environment, keeper):
            results.append(result)
            yield result
        if keeper.failure is not None:
            yield from lost(book, keeper.failure)
        elif self.stopped() or any(each.reason == Because.INTERRUPTED for each in results):
            yield from passed_over(book, Because.INTERRUPTED)
        else:
            yield from self._finished(keeper, results)

    def _finished(self, keeper: Keeper, results: Sequence[Result]) -> Iterator[Result | RecordOutcome]:
        try:
            is_there = keeper.finish(
                [each.change for each in results if each.outcome is Outcome.APPLIED],
                [each.change for each in results if each.partly],
            )
        except Interrupted:
            yield from passed_over(keeper.book, Because.INTERRUPTED)
        except RequestFailed as error:
            yield from lost(keeper.book, error)
        else:
            if not is_there:
                yield from passed_over(keeper.book, Because.UNPROTECTED)
                return
            yield RecordOutcome(keeper.book.at, keeper.book.next, Outcome.APPLIED)
            yield from map(released, keeper.book.makes)

    def _let_go(self, repository: RepositorySteps, book: Book) -> Iterator[Result | RecordOutcome]:
        try:
            if self.stopped():
                yield from passed_over(book, Because.INTERRUPTED)
                return
            self.target.delete_variable(repository.repository, book.at.environment, RECORD_VARIABLE)
        except Interrupted:
            yield from passed_over(book, Because.INTERRUPTED)
        except RequestFailed as error:
            yield from lost(book, error)
        else:
            yield RecordOutcome(book.at, book.next, Outcome.APPLIED)

    def _steps(
        self, repository: RepositoryName, environment: EnvironmentSteps, keeper: Keeper | None
    ) -> Iterator[Result]:
        steps, name = environment.steps, environment.environment
        for index, step in enumerate(steps):
            if self.stopped():
                yield from skipped(steps[index:], Because.INTERRUPTED)
                return
            if isinstance(step.act, WriteSecret) and not self.write_secrets:
                yield from skipped([step], Because.NO_SECRETS)
                continue
            try:
                if keeper is not None and not keeper.is_ready():
                    yield from skipped(steps[index:], Because.NO_RECORD)
                    return
                self._take(repository, name, step.act, keeper)
            except Interrupted as stopped:  # while it waited to try again
                yield from cut_off(step, steps[index:], stopped)
                return
            except (RequestFailed, SecretSourceError) as error:
                yield from fallen(step, steps[index:] if step.vital else [step], error)
                if step.vital:
                    return
                continue
            for change in step.makes:
                yield Result(change, Outcome.APPLIED)

    def _put(
        self, repository: RepositoryName, name: str, before: LiveEnvironment | None, settings: Settings
    ) -> LiveEnvironment:
        """Raises where GitHub made less of it, as it does of a reviewer without access, and puts things back."""
        there = self.target.put_environment(repository, name, before, settings)
        made = there.settings
        if not (shortfall := _shortfall(settings, made)):
            return there
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
            restored = self.target.put_environment(repository, name, there, before.settings).settings
            if made.deployment_branch_policy is not RefPolicy.SELECTED and not isinstance(before.patterns, Unread):
                for each in before.patterns:  # they went when the policy left `selected`
                    self.target.create_pattern(repository, name, each.pattern)
        except (RequestFailed, Interrupted) as error:
            return f"the former settings could not be put back: {error}"
        shortfall = _shortfall(before.settings, restored)
        return f"the former settings could not be put back whole: {shortfall}" if shortfall else None

    def _take(self, repository: RepositoryName, name: str, act: Act, keeper: Keeper | None) -> None:  # noqa: C901, PLR0912 - flat
        target = self.target
        match act:
            case PutSettings(before, settings):
                made = self._put(repository, name, before, settings)
                if before is None and keeper is not None:
                    keeper.found(made.id)
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
                before_write = 0 if keeper is None else keeper.time_before_secret()
                content = self.read_secret(secret)
                target.put_secret(repository, name, secret.name, content)
                if keeper is not None:
                    keeper.wrote(secret.name, content, before_write)
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
