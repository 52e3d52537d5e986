"""Many threads, each with a connection of its own, as one reader."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from support.github_json import problem
from support.loopback import Reply

from envsync.errors import EnvsyncError, FailureKind, Interrupted, RequestFailed
from envsync.github.connection import Access
from envsync.github.credentials import Credential
from envsync.github.crew import Crew
from envsync.model import SecretValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.loopback import Loopback

LONG = 20  # seconds: longer than anything here takes


@pytest.fixture
def access(github: Loopback) -> Access:
    return Access(github.address, Credential(SecretValue(b"token"), "GH_TOKEN"))


def crew_of(access: Access, size: int = 8) -> closing[Crew]:
    return closing(Crew(access, size))


def all_wait(crew: Crew, count: int) -> None:
    """Return once so many threads have nothing to do."""
    end = time.monotonic() + LONG
    while len(crew._idle) < count and time.monotonic() < end:
        time.sleep(0.001)


def test_hands_are_hired_before_there_is_work_for_them_and_never_too_many(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    start = threading.Thread.start

    def seen(thread: threading.Thread) -> None:
        started.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", seen)
    with crew_of(access, size=4) as crew:
        crew.get_ready(3)
        assert started == ["crew 1", "crew 2", "crew 3"]
        all_wait(crew, 3)  # who waits for work is no reason to hire fewer
        crew.get_ready(2)
        assert len(started) == 3
        crew.get_ready(9)
        assert len(started) == 4
        assert crew.gather([lambda number=number: number for number in range(6)]) == list(range(6))  # type: ignore[misc]
    assert len(started) == 4


def test_who_has_nothing_to_do_is_not_waited_for(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    crew = Crew(access, 4)
    crew.get_ready(4)
    assert crew.gather([lambda: 1, lambda: 2]) == [1, 2]
    all_wait(crew, 4)
    monkeypatch.setattr(threading.Thread, "join", lambda *_: pytest.fail("somebody was waited for"))
    crew.close()


# --- gather ------------------------------------------------------------------------------------------------


def test_what_is_gathered_is_done_side_by_side_and_given_in_order(access: Access) -> None:
    together = threading.Barrier(5)

    def ask(number: int) -> int:
        together.wait(LONG)  # nobody goes on before all five are there
        return number

    with crew_of(access) as crew:
        assert crew.gather([lambda number=number: ask(number) for number in range(5)]) == [0, 1, 2, 3, 4]  # type: ignore[misc]
        assert crew.gather([]) == []


def test_whoever_gathers_helps_so_that_even_one_thread_does_not_wait_for_itself(access: Access) -> None:
    with crew_of(access, size=1) as crew:

        def outer(number: int) -> list[int]:
            return crew.gather([lambda: number, lambda: crew.gather([lambda: number * 10])[0]])

        assert crew.gather([lambda: outer(1), lambda: outer(2)]) == [[1, 10], [2, 20]]
        assert list(crew.flow([3], outer)) == [3, 30]


def test_all_are_done_before_the_first_failure_is_raised(access: Access) -> None:
    done: list[int] = []

    def ask(number: int) -> None:
        done.append(number)
        if number in {1, 3}:
            raise ValueError(number)

    with crew_of(access) as crew, pytest.raises(ValueError, match="1"):
        crew.gather([lambda number=number: ask(number) for number in range(5)])  # type: ignore[misc]
    assert sorted(done) == [0, 1, 2, 3, 4]


# --- flow --------------------------------------------------------------------------------------------------


def test_items_flow_side_by_side_and_give_as_much_as_they_like(access: Access) -> None:
    together = threading.Barrier(8)

    def work(number: int) -> Iterator[int]:
        together.wait(LONG)
        yield from range(number)

    with crew_of(access) as crew:
        assert sorted(crew.flow(range(8), work)) == sorted(one for number in range(8) for one in range(number))
        assert list(crew.flow([], work)) == []


def test_what_was_begun_is_finished_before_something_else_is_begun(access: Access) -> None:
    """Else a thousand repositories would be under way at once, each with what was read of it so far."""
    under_way: set[int] = set()
    most = 0
    lock = threading.Lock()

    def work(number: int) -> list[int]:
        nonlocal most
        with lock:
            under_way.add(number)
            most = max(most, len(under_way))
        parts = crew.gather([lambda: number] * 20)
        with lock:
            under_way.remove(number)
        return parts[:1]

    with crew_of(access, size=4) as crew:
        assert sorted(crew.flow(range(100), work)) == list(range(100))
    assert most <= 4


def test_nothing_more_is_begun_while_nobody_takes_what_there_is(access: Access) -> None:
    begun: list[int] = []
    enough = threading.Event()

    def work(number: int) -> list[int]:
        begun.append(number)
        if len(begun) == 4:
            enough.set()
        return [number]

    with crew_of(access, size=4) as crew:
        flow = crew.flow(range(100), work)
        next(flow)
        assert enough.wait(LONG)
        crew.gather([time.monotonic] * 50)  # all hands have had time to begin more
        assert len(begun) == 4
        assert len(list(flow)) == 99


def test_what_an_item_raises_ends_the_flow_and_nothing_more_is_begun(access: Access) -> None:
    begun: list[int] = []

    def work(number: int) -> list[int]:
        begun.append(number)
        raise ValueError(number)

    with crew_of(access, size=2) as crew:
        with pytest.raises(ValueError, match=r"0|1"):
            list(crew.flow(range(100), work))
        assert crew.gather([lambda: 7]) == [7]  # the crew goes on
    assert len(begun) <= 2


# --- requests ----------------------------------------------------------------------------------------------


def test_each_thread_has_a_connection_of_its_own(access: Access) -> None:
    together = threading.Barrier(4)
    found: list[int] = []

    def ask() -> None:
        together.wait(LONG)
        found.append(id(crew.connection()))
        assert found.count(id(crew.connection())) == 1  # the same one again

    with crew_of(access) as crew:
        crew.gather([ask] * 4)
        assert len(set(found)) == 4


def test_a_token_that_is_no_good_is_shown_once_before_others_try(github: Loopback, access: Access) -> None:
    """GitHub turns everybody away for a while after many bad tokens, those with a good one too."""
    github.on("GET /user", problem(401, "Bad credentials"))

    def ask() -> str:
        with pytest.raises(RequestFailed) as failed:
            crew.reader.get("/user", "see who it is")
        return failed.value.diagnostics[0].code

    with crew_of(access) as crew:
        assert crew.gather([ask] * 8) == ["not-authenticated"] * 8
    assert len(github.seen) == 1


@pytest.mark.parametrize("status", [404, 403, 200])
def test_any_other_answer_lets_the_others_go(github: Loopback, access: Access, status: int) -> None:
    github.on("GET /user", problem(status, "no") if status != 200 else Reply({"login": "lead"}))

    def ask() -> FailureKind | None:
        try:
            crew.reader.get("/user", "see who it is")
        except RequestFailed as failed:
            return failed.kind
        return None

    with crew_of(access) as crew:
        assert len(crew.gather([ask] * 8)) == 8
    assert len(github.seen) == 8


def test_who_was_told_to_stop_sends_nothing_more(github: Loopback, access: Access) -> None:
    github.on("GET /user", Reply({"login": "lead"}))

    with crew_of(access) as crew:
        crew.reader.get("/user", "see who it is")
        crew.stop()
        with pytest.raises(Interrupted):
            crew.reader.get("/user", "see who it is")
    assert len(github.seen) == 1


def test_who_does_not_come_back_is_left_behind(access: Access) -> None:
    never, began = threading.Event(), threading.Event()

    def hang(_: int) -> list[int]:
        began.set()
        never.wait(LONG)
        return []

    crew = Crew(access, 2)
    flow = crew.flow([1], hang)
    waiting = threading.Thread(target=lambda: list(flow), daemon=True)
    waiting.start()
    assert began.wait(LONG)
    start = time.monotonic()
    crew.stop()
    crew.close()
    assert time.monotonic() - start < LONG / 2
    never.set()
    waiting.join(LONG)


def test_ctrl_c_waits_for_nobody_while_something_is_gathered(access: Access) -> None:
    """It arrives in the thread that gathers, while others are on their way."""
    never, begun, done = threading.Event(), threading.Event(), []

    def ask(number: int) -> None:
        if number == 0:
            assert begun.wait(LONG)
            raise KeyboardInterrupt
        begun.set()
        never.wait(LONG)
        done.append(number)

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt), crew_of(access, size=1) as crew:
        crew.gather([lambda number=number: ask(number) for number in range(50)])  # type: ignore[misc]
    assert time.monotonic() - start < LONG / 2
    assert done == []
    never.set()


def test_a_machine_that_lets_start_no_more_threads_has_fewer(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = 0
    start = threading.Thread.start

    def few(thread: threading.Thread) -> None:
        nonlocal started
        if started == 2:
            raise RuntimeError("can't start new thread")
        started += 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", few)
    with crew_of(access) as crew:
        assert sorted(crew.flow(range(20), lambda number: [number])) == list(range(20))
    assert started == 2


def test_one_that_lets_start_none_is_told(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none)
    with crew_of(access) as crew, pytest.raises(EnvsyncError, match="lets envsync start no thread"):
        crew.flow([1], lambda number: [number])
