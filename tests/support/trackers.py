"""A place that keeps issues, in memory, with failures and lists that lag; and runs that go on call by call."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from envsync.drift.marker import Marker, marked
from envsync.drift.tracker import Tracker
from envsync.model import LiveIssue, RepositoryName
from envsync.secrets.record_keys import KEY, RecordKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from envsync.drift.marker import Proving
    from envsync.errors import EnvsyncError

T = TypeVar("T")
Issues = dict[int, LiveIssue]


def keyed(byte: int = 7) -> RecordKeys:
    keys = RecordKeys.from_environ({KEY: bytes([byte] * 32).hex()})
    assert keys is not None
    return keys


def signed(
    number: int,
    marker: Marker,
    *,
    is_open: bool = True,
    title: str = "old title",
    text: str = "old body",
    proving: Proving | None = None,
) -> LiveIssue:
    """As envsync left it; `proving` is that of `keyed` unless given."""
    return LiveIssue(number, is_open, title, marked(marker, title, text, proving or keyed()))


@dataclass
class FakeTracker(Tracker):
    """`lag`: so many writes are not in a list yet."""

    public: set[str] = field(default_factory=set)
    failing: dict[tuple[str, str], EnvsyncError] = field(default_factory=dict)  # by call and repository
    lag: int = 0
    calls: list[str] = field(default_factory=list)
    comments: list[tuple[int, str]] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    history: dict[str, list[Issues]] = field(default_factory=dict)
    other_labels: set[int] = field(default_factory=set)

    def __deepcopy__(self, memo: object) -> FakeTracker:
        """Issues are never changed in place."""
        history = {name: list(states) for name, states in self.history.items()}
        return replace(
            self, calls=[*self.calls], comments=[*self.comments], reasons={**self.reasons}, history=history
        )

    def put(self, repository: RepositoryName, *issues: LiveIssue) -> None:
        self.history[repository.key] = [{issue.number: issue for issue in issues}]

    def now(self, repository: RepositoryName) -> Issues:
        return self._states(repository)[-1]

    def opened(self, repository: RepositoryName) -> list[int]:
        return [number for number, issue in self.now(repository).items() if issue.is_open]

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if not call.startswith(("is_public", "issues"))]

    def is_public(self, repository: RepositoryName) -> bool:
        self._called("is_public", repository)
        return repository.key in self.public

    def issues(self, repository: RepositoryName, label: str) -> Sequence[LiveIssue]:
        self._called("issues", repository)
        assert label == "envsync-drift"
        states = self._states(repository)
        shown = states[max(0, len(states) - 1 - self.lag)]
        return [issue for number, issue in shown.items() if number not in self.other_labels]

    def open(self, repository: RepositoryName, title: str, body: str, label: str) -> LiveIssue:
        self._called("open", repository)
        assert label == "envsync-drift"
        issue = LiveIssue(max(self.now(repository), default=0) + 1, is_open=True, title=title, body=body)
        self._write(repository, issue)
        return issue

    def edit(self, repository: RepositoryName, number: int, title: str, body: str) -> None:
        self._called(f"edit {number}", repository)
        self._write(repository, replace(self.now(repository)[number], title=title, body=body))

    def reopen(self, repository: RepositoryName, number: int) -> None:
        self._called(f"reopen {number}", repository)
        self._write(repository, replace(self.now(repository)[number], is_open=True))

    def close(self, repository: RepositoryName, number: int, reason: Literal["completed", "not_planned"]) -> None:
        self._called(f"close {number}", repository)
        self.reasons[number] = reason
        self._write(repository, replace(self.now(repository)[number], is_open=False))

    def comment(self, repository: RepositoryName, number: int, body: str) -> None:
        self._called(f"comment {number}", repository)
        self.comments.append((number, body))

    def _called(self, call: str, repository: RepositoryName) -> None:
        self.calls.append(call)
        if error := self.failing.get((call.split(maxsplit=1)[0], repository.key)):
            raise error

    def _states(self, repository: RepositoryName) -> list[Issues]:
        return self.history.setdefault(repository.key, [{}])

    def _write(self, repository: RepositoryName, issue: LiveIssue) -> None:
        self._states(repository).append({**self.now(repository), issue.number: issue})


class _Paused(BaseException):
    """The run wants to make a call more than it may."""


@dataclass
class Replay(Tracker):
    """Gives the answers of the calls made before, then makes one more, and stops the run at the one after."""

    world: FakeTracker
    answers: list[Any]
    position: int = 0
    is_over: bool = False

    def is_public(self, repository: RepositoryName) -> bool:
        return self._call(lambda: self.world.is_public(repository))

    def issues(self, repository: RepositoryName, label: str) -> Sequence[LiveIssue]:
        return self._call(lambda: self.world.issues(repository, label))

    def open(self, repository: RepositoryName, title: str, body: str, label: str) -> LiveIssue:
        return self._call(lambda: self.world.open(repository, title, body, label))

    def edit(self, repository: RepositoryName, number: int, title: str, body: str) -> None:
        self._call(lambda: self.world.edit(repository, number, title, body))

    def reopen(self, repository: RepositoryName, number: int) -> None:
        self._call(lambda: self.world.reopen(repository, number))

    def close(self, repository: RepositoryName, number: int, reason: Literal["completed", "not_planned"]) -> None:
        self._call(lambda: self.world.close(repository, number, reason))

    def comment(self, repository: RepositoryName, number: int, body: str) -> None:
        self._call(lambda: self.world.comment(repository, number, body))

    def _call(self, make: Callable[[], T]) -> T:
        if self.position < len(self.answers):
            answer: T = self.answers[self.position]
        elif self.is_over:
            raise _Paused
        else:
            answer = make()
            self.answers.append(answer)
            self.is_over = True
        self.position += 1
        return answer


@dataclass
class Stepwise:
    """A run that goes on by one call at a time. It decides by the answers alone, so that it can be run anew."""

    run: Callable[[Replay], object]
    answers: list[Any] = field(default_factory=list)
    is_done: bool = False

    def __deepcopy__(self, memo: object) -> Stepwise:
        return Stepwise(self.run, [*self.answers], self.is_done)

    def step(self, world: FakeTracker) -> None:
        try:
            self.run(Replay(world, self.answers))
        except _Paused:
            return
        self.is_done = True


def every_order(
    world: FakeTracker,
    runs: Sequence[Stepwise],
    seen: Callable[[FakeTracker], None],
    *,
    most_lag: int = 0,
    between: bool = False,
) -> int:
    """All orders in which the calls of the runs can reach the tracker, and all lags that their lists can have.

    `seen` is called with each state that they lead to, and, `between`, with each on the way. Returns how many.
    Orders that lead to one state, with the same answers given so far, go on as one.
    """
    count, known, ahead = 0, set[str](), [(world, [*runs])]
    while ahead:
        state, going = ahead.pop()
        mark = repr((state.history, [(run.answers, run.is_done) for run in going]))
        if mark in known:
            continue
        known.add(mark)
        if between or all(run.is_done for run in going):
            seen(deepcopy(state))
            count += 1
        for index, run in enumerate(going):
            if not run.is_done:
                ahead += _steps(state, going, index, most_lag)
    return count


def _steps(
    world: FakeTracker, runs: Sequence[Stepwise], index: int, most_lag: int
) -> Iterator[tuple[FakeTracker, list[Stepwise]]]:
    for lag in range(most_lag + 1):
        after, copies = deepcopy(world), [deepcopy(each) for each in runs]
        after.lag = lag
        copies[index].step(after)
        after.lag = 0
        yield after, copies
        if len(after.calls) == len(world.calls) or not after.calls[-1].startswith("issues"):
            return  # only lists lag
