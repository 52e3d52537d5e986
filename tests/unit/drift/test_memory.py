from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest
from support.trackers import FakeTracker, keyed, signed

from envsync.drift.issues import Done, Told
from envsync.drift.marker import Checksum, Marker, read_marker
from envsync.drift.memory import FileMemory, IssueMemory
from envsync.errors import EnvsyncError, Severity
from envsync.model import LiveIssue, RepositoryName

if TYPE_CHECKING:
    from pathlib import Path

    from envsync.errors import Diagnostic

HERE = RepositoryName("acme", "payments")
KEY, OTHER_KEY, DRIFT, TOLD = "a" * 64, "b" * 64, "d" * 64, "7" * 64
PROVING = keyed()


class Warnings(list["Diagnostic"]):
    @property
    def messages(self) -> list[str]:
        assert all(each.severity is Severity.WARNING for each in self)
        return [f"{each.code}: {each.message}" for each in self]


@pytest.fixture
def warnings() -> Warnings:
    return Warnings()


@pytest.fixture
def memory(tmp_path: Path, warnings: Warnings) -> FileMemory:
    return FileMemory(tmp_path / "state" / "told.json", warnings.append)


# --- in a file ---------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_has_told_nothing(memory: FileMemory, warnings: Warnings) -> None:
    assert memory.told(KEY) is None
    assert not warnings


def test_a_file_keeps_what_was_told_of_each_key(memory: FileMemory, warnings: Warnings) -> None:
    memory.remember(KEY, DRIFT)
    memory.remember(OTHER_KEY, TOLD)
    memory.remember(KEY, TOLD)

    assert FileMemory(memory.path, warnings.append).told(KEY) == TOLD
    assert memory.told(OTHER_KEY) == TOLD
    assert memory.told("c" * 64) is None
    assert json.loads(memory.path.read_text()) == {KEY: TOLD, OTHER_KEY: TOLD}
    assert stat.S_IMODE(memory.path.stat().st_mode) == 0o600
    assert [each.name for each in memory.path.parent.iterdir()] == ["told.json"]
    assert not warnings


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"9" * 5_000,
        b"[]",
        b"null",
        b'{"a": "b"}',
        b'{"%s": 1}' % (b"a" * 64),
    ],
)
def test_a_damaged_file_counts_as_nothing_told_and_is_mended(
    memory: FileMemory, warnings: Warnings, content: bytes
) -> None:
    memory.path.parent.mkdir()
    memory.path.write_bytes(content)

    assert memory.told(KEY) is None
    assert len(warnings.messages) == 1
    assert warnings.messages[0].startswith(f"notify-memory-damaged: {memory.path} ")

    memory.remember(KEY, DRIFT)
    assert memory.told(KEY) == DRIFT
    assert len(warnings) == 1


def test_what_is_whole_in_a_damaged_file_holds(memory: FileMemory, warnings: Warnings) -> None:
    memory.path.parent.mkdir()
    memory.path.write_text(json.dumps({KEY: DRIFT, OTHER_KEY: "…"}))

    assert memory.told(KEY) == DRIFT
    assert len(warnings) == 1


def test_what_cannot_be_read_or_written_is_said(memory: FileMemory, warnings: Warnings) -> None:
    memory.path.mkdir(parents=True)

    assert memory.told(KEY) is None
    assert "cannot be read: Is a directory" in warnings.messages[0]
    with pytest.raises(EnvsyncError, match=r"told\.json cannot be written: Is a directory") as caught:
        memory.remember(KEY, DRIFT)
    assert caught.value.diagnostics[0].code == "notification-not-remembered"
    assert os.listdir(memory.path.parent) == ["told.json"]  # noqa: PTH208 - nothing half written beside it


# --- in the issues -----------------------------------------------------------------------------------------


def issue(told: str | None, text: str = "what differs") -> LiveIssue:
    return signed(4, Marker(KEY, DRIFT, told), text=text)


def test_an_issue_keeps_what_was_told() -> None:
    tracker = FakeTracker()
    tracker.put(HERE, issue(None))
    memory = IssueMemory(tracker, [Told(HERE, KEY, Done.OPENED, 4, None)], PROVING)

    assert memory.told(KEY) is None
    memory.remember(KEY, DRIFT)

    assert tracker.now(HERE)[4] == issue(DRIFT)
    assert read_marker(tracker.now(HERE)[4], PROVING) == Marker(KEY, DRIFT, DRIFT)
    assert tracker.calls == ["issues", "edit 4"]


def test_what_an_issue_says_of_before() -> None:
    memory = IssueMemory(FakeTracker(), [Told(HERE, KEY, Done.LEFT, 4, TOLD)], PROVING)

    assert memory.told(KEY) == TOLD
    assert memory.told(OTHER_KEY) is None


def test_what_another_run_remembered_is_not_written_again() -> None:
    tracker = FakeTracker()
    tracker.put(HERE, issue(DRIFT))

    IssueMemory(tracker, [Told(HERE, KEY, Done.OPENED, 4, None)], PROVING).remember(KEY, DRIFT)

    assert tracker.writes == []


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ([], [issue(None)]),
        ([Told(HERE, KEY, Done.OPENED, 4, None)], []),
        ([Told(HERE, KEY, Done.LEFT, None, None)], [issue(None)]),
        ([Told(HERE, KEY, Done.OPENED, 4, None)], [LiveIssue(4, is_open=True, title="t", body="edited")]),
        (
            [Told(HERE, KEY, Done.OPENED, 4, None)],
            [signed(4, Marker(OTHER_KEY, DRIFT, None))],
        ),
    ],
)
def test_where_there_is_no_such_issue_nothing_is_remembered(told: list[Told], found: list[LiveIssue]) -> None:
    tracker = FakeTracker()
    tracker.put(HERE, *found)

    with pytest.raises(EnvsyncError, match="nothing keeps in mind that they did") as caught:
        IssueMemory(tracker, told, PROVING).remember(KEY, DRIFT)

    assert caught.value.hint == "the next check sends them again"
    assert tracker.writes == []


def test_what_somebody_wrote_into_the_issue_meanwhile_is_not_signed() -> None:
    tracker = FakeTracker()
    planted = signed(4, Marker(KEY, DRIFT, DRIFT), text="all is well", proving=Checksum())
    tracker.put(HERE, planted)

    with pytest.raises(EnvsyncError, match="somebody has just changed issue 4 of acme/payments"):
        IssueMemory(tracker, [Told(HERE, KEY, Done.EDITED, 4, None)], PROVING).remember(KEY, DRIFT)

    assert tracker.now(HERE)[4] == planted
