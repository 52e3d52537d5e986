"""How many requests does it take to read a repository, and to take the steps of a plan?

Exactly so many where nothing goes wrong and nobody else changes anything. docs/performance.md says it in words,
and tests/e2e/test_requests.py holds every command to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from envsync.model import RefPolicy, UnknownReviewer, Unread, reviewer_key
from envsync.plan.changes import RecordNext, Release, SecretWrite
from envsync.plan.diff import Scope
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
    from collections.abc import Iterable, Iterator

    from envsync.model import DesiredEnvironment, DesiredRepository, LiveEnvironment
    from envsync.plan.bookkeeping import Entry
    from envsync.plan.steps import Act, EnvironmentSteps, RepositorySteps, Step

# What GitHub puts on a page of a list.
_OF_VARIABLES = 30
_OF_ALL_ELSE = 100

_EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Work:
    """Requests that are still to come. `creations`: those of the writes that make something new."""

    reads: int = 0
    writes: int = 0
    creations: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(self.reads + other.reads, self.writes + other.writes, self.creations + other.creations)

    @property
    def requests(self) -> int:
        return self.reads + self.writes


_READ, _WRITE, _CREATE = Work(1), Work(0, 1), Work(0, 1, 1)


def reading(
    desired: DesiredRepository,
    scope: Scope = _EVERYTHING,
    *,
    keeps_records: bool = False,
    identify: bool = False,
    undeclared: int = 0,
    looking_open: int = 0,
) -> Work:
    """What reading one repository takes if GitHub is as the files say.

    An environment that is not there yet takes nothing but its place in the list. What no file knows of takes more:
    further pages, and the refs of an environment that is to have none.

    `keeps_records`: whether there is a key. `identify`: whether the repository is asked for its number, as it is
    where records are kept, unless a list of repositories has told it. `undeclared`: how many environments there
    are that the run is about and that are neither in a file nor in `never_touch`; `looking_open`: for how many of
    those nothing but a custom protection rule could keep anybody out, which is asked for where `scope.looks_on`.
    """
    records = keeps_records and not scope.settings_only
    read = 1 if identify else 0
    read += _pages(len(desired.environments) + undeclared)
    for each in desired.environments:
        if scope.holds(each.name):
            read += _parts(each, scope, records=records)
        elif records:  # for what it says of `never_touch`
            read += _variables(each, records=records)
    if records or (desired.prune and not scope.settings_only):
        read += undeclared
    if scope.looks_on:
        read += looking_open
    return Work(reads=read)


def _parts(environment: DesiredEnvironment, scope: Scope, *, records: bool) -> int:
    """But for its place in the list. Custom protection rules come on one page."""
    selected = environment.settings.deployment_branch_policy is RefPolicy.SELECTED
    read = 1 + (_pages(len(environment.patterns)) if selected else 0)
    if not scope.settings_only:
        read += _variables(environment, records=records) + _pages(len(environment.secrets))
    return read


def _variables(environment: DesiredEnvironment, *, records: bool) -> int:
    return _pages(len(environment.variables) + int(records), _OF_VARIABLES)


def _pages(items: int, on_one: int = _OF_ALL_ELSE) -> int:
    """An empty list is a page, too."""
    return max(1, -(-items // on_one))


# --- steps -------------------------------------------------------------------------------------------------


def work_of_repository(steps: RepositorySteps, *, write_secrets: bool = True, pages: int = 1) -> Work:
    """All that these steps take but `identities`. `pages`: of the list of the repository's environments."""
    work = Work(reads=len(_reviewers(steps.environments)))
    for environment in steps.environments:
        work += _besides_access(environment, write_secrets=write_secrets, pages=pages)
    for environment in steps.deletions:
        work += _acts(environment.steps)
    return work + Work(writes=len(steps.let_go))


def work_of(steps: EnvironmentSteps, *, write_secrets: bool = True, pages: int = 1) -> Work:
    """Of one environment that is kept, if no other one of its repository has the same reviewers."""
    access = Work(reads=len(_reviewers([steps])))
    return access + _besides_access(steps, write_secrets=write_secrets, pages=pages)


def identities(todo: Iterable[RepositorySteps]) -> Work:
    """Reviewers are looked up once a run, but for those that an environment has already."""
    unknown = {
        reviewer_key(reviewer)
        for repository in todo
        for put in _puts(repository.environments)
        for reviewer in put.settings.required_reviewers
        if not isinstance(reviewer, UnknownReviewer)
        and (put.before is None or reviewer_key(reviewer) not in put.before.reviewer_ids)
    }
    return Work(reads=len(unknown))


def _reviewers(environments: Iterable[EnvironmentSteps]) -> frozenset[str]:
    """Whose access to the repository is looked at before anything is written."""
    return frozenset(
        reviewer_key(reviewer)
        for put in _puts(environments)
        for reviewer in put.settings.required_reviewers
        if not isinstance(reviewer, UnknownReviewer)
    )


def _puts(environments: Iterable[EnvironmentSteps]) -> Iterator[PutSettings]:
    for environment in environments:
        for step in environment.steps:
            if isinstance(step.act, PutSettings):
                yield step.act


def _besides_access(environment: EnvironmentSteps, *, write_secrets: bool, pages: int) -> Work:
    steps = [each for each in environment.steps if write_secrets or not isinstance(each.act, WriteSecret)]
    seals = any(isinstance(each.act, WriteSecret) for each in steps)
    look = Work(reads=pages if environment.before is None else _again(environment.before))
    key = _READ if seals else Work()
    return look + key + _acts(steps) + _record(environment, len(steps), seals=seals, write_secrets=write_secrets)


def _again(there: LiveEnvironment) -> int:
    """The look before the first write: at the environment alone, and at all that belongs to it."""
    read = 1 + 1  # itself, and its custom protection rules
    if there.settings.deployment_branch_policy is RefPolicy.SELECTED:
        read += _pages_of(there.patterns)
    if isinstance(there.variables, Unread):
        asked = there.variables.kind is not None  # else only settings were to be read
        return read + (1 + _pages_of(there.secrets) if asked else 0)
    held = len(there.variables) + (0 if there.record is None else 1)
    return read + _pages(held, _OF_VARIABLES) + _pages_of(there.secrets)


def _pages_of(part: Iterable[object] | Unread) -> int:
    """Whether it may be read is asked each time."""
    return 1 if isinstance(part, Unread) else _pages(len(tuple(part)))


def _record(environment: EnvironmentSteps, steps: int, *, seals: bool, write_secrets: bool) -> Work:
    """What is going to be done, the dates of the secrets, and what was done."""
    book, before = environment.book, environment.before
    if book is None:
        return Work()
    if book.next is RecordNext.REMOVE or book.entry is None:
        return _WRITE
    carries = before is not None or steps > 1  # a new environment has to be there first
    intent = _WRITE if carries and _is_intended(book.entry, write_secrets=write_secrets) else Work()
    creation = Work(creations=1 if before is None or before.record is None else 0)
    return intent + (_READ if seals else Work()) + _WRITE + creation


def _is_intended(entry: Entry, *, write_secrets: bool) -> bool:
    """Of what the file gives up nothing shows on GitHub; and there may be no room before something has gone."""
    intended = [each for each in entry.changes if write_secrets or not isinstance(each, SecretWrite)]
    return entry.has_room_now() and not all(isinstance(each, Release) for each in intended)


def _acts(steps: Iterable[Step]) -> Work:
    return sum((_act(each.act) for each in steps), Work())


def _act(act: Act) -> Work:
    match act:
        case PutSettings(before):
            return _CREATE if before is None else _WRITE
        case AddRule():
            return _READ + _CREATE  # which App it is
        case AddPattern() | AddVariable() | WriteSecret():  # nobody knows whether a secret is still there
            return _CREATE
        case (
            RenamePattern()
            | SetVariable()
            | RemovePattern()
            | RemoveRule()
            | RemoveVariable()
            | RemoveSecret()
            | RemoveEnvironment()
        ):
            return _WRITE
        case _:
            assert_never(act)
