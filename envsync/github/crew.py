"""Who sends the requests? Threads, each with a connection of its own; a run has one crew of them."""

from __future__ import annotations

import threading
import time
from collections import deque
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from envsync.errors import CredentialError, Diagnostic, EnvsyncError, FailureKind, Interrupted, RequestFailed
from envsync.github.connection import Connection
from envsync.github.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from envsync.github.connection import Access, Received
    from envsync.github.server import Target

T = TypeVar("T")
Item = TypeVar("Item")

MOST = 64  # threads: of the 100 requests at once that GitHub takes of somebody, the others are for other programs
_PATIENCE = 0.2  # seconds in which threads may come back before they are left behind


_NO_THREAD = Diagnostic(
    "no-thread",
    "this machine lets envsync start no thread",
    "raise the limits of processes and of memory, such as `ulimit -u` or the container's",
)


class Crew:
    """A thread is hired when there is work and nobody is free. Who has something done helps, and waits.

    Newest work comes first, items of a `flow` last: what was begun is finished before something else is begun, so
    that little is under way at any time.
    """

    def __init__(self, access: Access, size: int = MOST) -> None:
        self._access = access
        self._size = size
        self._threads: list[threading.Thread] = []
        self._connections: list[tuple[threading.Thread, Connection]] = []
        self._mine = threading.local()
        self._lock = threading.Lock()  # of all that follows
        self._hands = threading.Condition(self._lock)
        self._open: deque[_Work] = deque()  # of which something is left to be taken on
        self._free = 0  # threads that wait, and have not been called
        self._idle: set[threading.Thread] = set()  # all that wait
        self._closed = False
        self._stopped = threading.Event()
        self._first = threading.Lock()
        self._reached = False  # by a connection that was opened ahead: others may be, too
        self._answered = False
        self._refusal: EnvsyncError | None = None  # of the credential
        self.reader = Reader(self._fetch, lambda link, why: self.connection().local(link, why), self.close, self)

    def connection(self) -> Connection:
        """That of the calling thread."""
        found: Connection | None = getattr(self._mine, "connection", None)
        if found is None:
            found = self._mine.connection = Connection(self._access)
            with self._lock:
                self._connections.append((threading.current_thread(), found))
        return found

    def get_ready(self, requests: int) -> None:
        """Hire who so many requests will want, while nothing but the first answers can be waited for.

        Once the first one has reached GitHub, the others connect as well, which takes two round trips.
        """
        with self._lock:
            self._hire(min(requests, self._size) - len(self._threads))

    def gather(self, asks: Sequence[Callable[[], T]]) -> list[T]:
        """What they give, in their order. All are done; then the first failure, in that order, is raised."""
        batch = _Batch(asks, self._lock)
        with self._lock:
            self._open.append(batch)
            self._call(len(asks) - 1)
        try:
            while (task := self._taken_on(batch)) is not None:
                task()
            return batch.results()
        except KeyboardInterrupt:
            self._stopped.set()  # nobody is to go on with the rest
            raise

    def flow(self, items: Sequence[Item], work: Callable[[Item], Iterable[T]]) -> Iterator[T]:
        """What `work` gives for all items, each thing once it is there, in no order. Raises what it raises.

        It begins at once, whether or not anybody looks at the first of them.
        """
        source = _Source(items, work, self._size)
        with self._lock:
            self._open.appendleft(source)
            self._call(len(items))
        return self._given(source, len(items))

    def _given(self, source: _Source[Item, T], count: int) -> Iterator[T]:
        try:
            for _ in range(count):
                while not isinstance(given := source.given.get(), _End):
                    yield given
                if given.error is not None:
                    raise given.error
                with self._lock:
                    source.room += 1
                    self._call(1)
        finally:
            with self._lock:
                source.is_spent = True

    def stop(self) -> None:
        """Requests in flight end; who would send another one gets `Interrupted`."""
        self._stopped.set()

    def close(self) -> None:
        """Who does not come back from a request soon is left behind: nothing waits for the answer."""
        with self._lock:
            self._closed = True
            idle = self._idle.copy()
            self._hands.notify_all()
        end = time.monotonic() + _PATIENCE
        for thread in self._threads:
            if thread not in idle:
                thread.join(max(0.0, end - time.monotonic()))
        idle.add(threading.current_thread())
        for thread, connection in self._connections:
            if thread in idle or not thread.is_alive():
                connection.close()

    # --- requests ------------------------------------------------------------------------------------------

    def _fetch(self, target: Target, purpose: str) -> Received:
        """The first request goes alone: a token that is no good is shown to GitHub once, not by everybody."""
        if not self._answered:
            with self._first:
                if self._refusal is not None:
                    raise self._refusal
                if not self._answered:
                    return self._fetched_first(target, purpose)
        return self._fetched(target, purpose)

    def _fetched_first(self, target: Target, purpose: str) -> Received:
        if not self._reached and self.connection().connect():
            with self._lock:
                self._reached = True
                self._free = 0  # all of them look up
                self._hands.notify_all()
        try:
            received = self._fetched(target, purpose)
        except EnvsyncError as failed:
            if _is_of_the_credential(failed):
                self._refusal = failed
            else:
                self._answered = True
            raise
        self._answered = True
        return received

    def _fetched(self, target: Target, purpose: str) -> Received:
        if self._stopped.is_set():
            raise Interrupted(Diagnostic("interrupted", "interrupted while reading from GitHub"))
        return self.connection().fetch(target, purpose)

    # --- work ----------------------------------------------------------------------------------------------

    def _call(self, wanted: int) -> None:
        """Have so many threads look for work, as far as there are any."""
        called = max(0, min(wanted, self._free))
        self._free -= called
        self._hands.notify(called)
        self._hire(min(wanted - called, self._size - len(self._threads)))

    def _hire(self, wanted: int) -> None:
        for _ in range(wanted):
            thread = threading.Thread(target=self._toil, name=f"crew {len(self._threads) + 1}", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # there is no memory for one more, or a container allows none
                self._size = len(self._threads)
                if not self._threads:
                    raise EnvsyncError(_NO_THREAD) from None
                return
            self._threads.append(thread)

    def _toil(self) -> None:
        here, mine = threading.current_thread(), self.connection()
        connects = True  # unless it has had something to do
        task: Callable[[], object] | None
        while True:
            with self._lock:
                while (task := self._next()) is None:
                    if self._closed:
                        return
                    if self._reached and connects:
                        task = mine.connect
                        break
                    self._free += 1
                    self._idle.add(here)
                    self._hands.wait()
                    self._idle.discard(here)
            connects = False
            task()

    def _next(self) -> Callable[[], None] | None:
        for work in reversed(self._open.copy()):
            task = self._part_of(work)
            if task is not None:
                return task
        return None

    def _taken_on(self, work: _Work) -> Callable[[], None] | None:
        with self._lock:
            return self._part_of(work)

    def _part_of(self, work: _Work) -> Callable[[], None] | None:
        task = work.claim()
        if work.is_spent and work in self._open:
            self._open.remove(work)
        return task


def _is_of_the_credential(failed: EnvsyncError) -> bool:
    not_taken = isinstance(failed, RequestFailed) and failed.kind is FailureKind.NOT_AUTHENTICATED
    return not_taken or isinstance(failed, CredentialError)


class _Work(Protocol):
    """`claim` is called under the crew's lock, and gives what nobody else has been given; None: nothing now."""

    is_spent: bool  # nothing more will be given

    def claim(self) -> Callable[[], None] | None: ...


class _Batch(Generic[T]):
    def __init__(self, asks: Sequence[Callable[[], T]], lock: threading.Lock) -> None:
        self._asks = asks
        self._claimed = 0
        self._left = len(asks)
        self._found: dict[int, T] = {}
        self._errors: dict[int, BaseException] = {}
        self._done = threading.Condition(lock)
        self.is_spent = not asks

    def claim(self) -> Callable[[], None] | None:
        if self.is_spent:
            return None
        self._claimed += 1
        self.is_spent = self._claimed == len(self._asks)
        return partial(self._do, self._claimed - 1)

    def _do(self, index: int) -> None:
        try:
            self._found[index] = self._asks[index]()
        except KeyboardInterrupt:  # in the thread that asked: it waits for nobody
            self.is_spent = True
            raise
        except BaseException as error:  # noqa: BLE001 - raised in the thread that asked
            self._errors[index] = error
        with self._done:
            self._left -= 1
            if not self._left:
                self._done.notify()

    def results(self) -> list[T]:
        with self._done:
            while self._left:
                self._done.wait()
        if self._errors:
            raise self._errors[min(self._errors)]
        return [self._found[index] for index in range(len(self._asks))]


class _End:
    """Of what an item gave."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Source(Generic[Item, T]):
    def __init__(self, items: Sequence[Item], work: Callable[[Item], Iterable[T]], room: int) -> None:
        self._items = iter(items)
        self._left = len(items)
        self._work = work
        self.given: SimpleQueue[T | _End] = SimpleQueue()
        self.room = room  # for items whose results nobody has taken yet
        self.is_spent = not items

    def claim(self) -> Callable[[], None] | None:
        if self.is_spent or not self.room:
            return None
        self.room -= 1
        self._left -= 1
        self.is_spent = not self._left
        return partial(self._do, next(self._items))

    def _do(self, item: Item) -> None:
        try:
            for each in self._work(item):
                self.given.put(each)
        except BaseException as error:  # noqa: BLE001 - raised in the thread that asked
            self.given.put(_End(error))
        else:
            self.given.put(_End())
