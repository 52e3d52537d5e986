from __future__ import annotations

import subprocess
import sys
import threading
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from support.kept_answers import API, FILE, TOKEN, Runs, answer, url

from envsync.github.cache import Kept, open_cache
from envsync.model import SecretValue

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "cache")


def test_a_later_run_finds_what_an_earlier_one_kept(runs: Runs) -> None:
    kept = Kept('W/"0a"', b'{"total_count": 0}', '<https://api.github.com/x?page=2>; rel="next"')
    with runs.run() as drawer:
        drawer.keep("/repos/acme/web/environments?per_page=100", kept)

    with runs.run() as drawer:
        assert drawer.find("/repos/acme/web/environments?per_page=100") == kept
        assert drawer.find("/repos/acme/web/environments") is None
    assert not runs.warnings


def test_so_does_the_same_run_though_nothing_is_written_yet(runs: Runs) -> None:
    with runs.run() as drawer:
        drawer.keep(url(1), answer(1))
        drawer.keep(url(1), answer(2))

        assert drawer.find(url(1)) == answer(2)


def test_a_newer_answer_takes_the_place_of_an_older_one(runs: Runs) -> None:
    for number in (1, 2):
        with runs.run() as drawer:
            drawer.keep("/user", answer(number))

    with runs.run() as drawer:
        assert drawer.find("/user") == answer(2)


@pytest.mark.parametrize(
    "kept",
    [
        Kept("", b"", ""),
        Kept('"é\x80"', b"\xff\x00", ""),
        Kept('"\udcff"', b"x" * 1_000_000, "l" * 70_000),
    ],
)
def test_any_answer_comes_back_as_it_was(runs: Runs, kept: Kept) -> None:
    with runs.run() as drawer:
        drawer.keep("/é\udcff", kept)

    with runs.run() as drawer:
        assert drawer.find("/é\udcff") == kept


def test_each_token_and_each_server_has_answers_of_its_own(runs: Runs) -> None:
    other = SecretValue(b"ghp_another")
    runs.keep(1)

    with runs.run(token=other) as drawer:
        assert drawer.find(url(1)) is None
        drawer.keep(url(1), answer(2))
    with runs.run(api_url="https://github.example.com/api/v3") as drawer:
        assert drawer.find(url(1)) is None
    with runs.run(api_url=f"{API}/") as drawer:
        assert drawer.find(url(1)) == answer(1)
    with runs.run(token=other) as drawer:
        assert drawer.find(url(1)) == answer(2)


def test_an_answer_that_is_too_large_is_not_kept(runs: Runs) -> None:
    with runs.run() as drawer:
        drawer.keep(url(1), Kept("", b"x" * 1_000_001, ""))

    assert runs.kept(1) == []


def test_bodies_are_compressed_where_that_pays(runs: Runs) -> None:
    with runs.run() as drawer:
        drawer.keep(url(1), Kept("", b'{"name": "production"}' * 40_000, ""))

    assert runs.kept(1) == [1]
    assert runs.file.stat().st_size < 40_000


def test_threads_share_a_cache(runs: Runs) -> None:
    cache = open_cache(runs.folder, runs.warnings.append)
    wrong: list[int] = []

    def work(first: int) -> None:
        drawer = cache.drawer(API, TOKEN)
        for number in range(first, 1600, 64):
            drawer.keep(url(number), answer(number, 2000))
            if drawer.find(url(number)) != answer(number, 2000):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cache.close()

    assert not wrong
    assert runs.kept(*range(1600)) == list(range(1600))
    assert not runs.warnings


_PROCESS = """
import sys
from pathlib import Path
from support.kept_answers import Runs, answer, url

runs, first = Runs(Path(sys.argv[1])), int(sys.argv[2])
print(flush=True)
sys.stdin.read()
for number in range(first, first + 1000, 200):
    runs.keep(*range(number, number + 200), size=1000)
    assert runs.kept(*range(number, number + 200)) == list(range(number, number + 200))
assert not runs.warnings, runs.warnings
"""


def test_processes_share_a_cache(runs: Runs) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _PROCESS, str(runs.folder), str(first)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": ":".join(sys.path)},
        )
        for first in (0, 1000, 2000)
    ]
    for process in processes:
        assert process.stdout
        process.stdout.readline()
    for process in processes:  # all have started
        assert process.stdin
        process.stdin.close()
    for process in processes:
        with process:
            assert process.wait(60) == 0

    assert runs.kept(*range(3000)) == list(range(3000))
    assert runs.there() == [FILE]


def test_a_cache_that_is_closed_finds_and_keeps_nothing(runs: Runs) -> None:
    """A thread may come back from a request when the run is over."""
    runs.keep(1)
    with runs.run() as drawer:
        pass

    drawer.keep(url(2), answer(2))
    assert drawer.find(url(1)) is None
    assert runs.kept(1, 2) == [1]
    assert not runs.warnings


def test_the_file_stays_within_its_bound_and_the_oldest_used_go_first(runs: Runs) -> None:
    runs.most = 2_000_000
    first, second, third = range(50), range(50, 100), range(100, 150)
    runs.keep(*first, size=12_000)
    runs.keep(*second, size=12_000)
    runs.kept(*first)  # which makes the second ones the oldest

    runs.keep(*third, size=12_000)

    assert runs.kept(*first) == list(first)
    assert runs.kept(*third) == list(third)
    assert 0 < len(runs.kept(*second)) < 40
    assert runs.file.stat().st_size <= runs.most


@pytest.mark.parametrize("size", [0, 2500, 5000, 90_000])
def test_so_it_does_with_more_in_one_run_than_it_may_hold(runs: Runs, size: int) -> None:
    runs.most = 1_800_000
    runs.keep(*range(2_500_000 // (size + 200)), size=size)

    assert 500_000 < runs.file.stat().st_size <= runs.most
    assert runs.works()


def test_a_run_holds_no_bodies_in_memory(runs: Runs) -> None:
    tracemalloc.start()
    try:
        runs.keep(*range(150), size=50_000)
        assert runs.kept(*range(150)) == list(range(150))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert runs.file.stat().st_size > 7_500_000
    assert peak < 3_000_000


def test_after_a_run_there_is_one_file(runs: Runs) -> None:
    runs.keep(*range(100))

    assert runs.there() == [FILE]
