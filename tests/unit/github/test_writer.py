"""The care that each verb takes when an answer is lost."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from support.github_json import problem
from support.loopback import Loopback, Reply, Silence

from envsync.errors import FailureKind, RequestFailed
from envsync.github.writer import open_reporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.clockwork import World

    from envsync.github.connection import Access
    from envsync.github.writer import Writer

NOT_FOUND = problem(404, "Not Found")
LOST = [Silence.CUT, Silence.CUT_SHORT, Reply(b"<html>", 502), Reply(b'{"id": ', 201)]


def never() -> bool:
    raise AssertionError("there was no reason to read")


def create(writer: Writer, *, exists: int | None = None) -> bool:
    def there() -> bool:
        return bool(writer.reader.get("/things", "list things").data.items())

    return writer.post("/things", {"name": "x"}, "create x", there=there, exists=exists)


def test_what_is_created_is_created_once(github: Loopback, writer: Writer) -> None:
    github.on("POST /things", Reply({"id": 1}, 201))

    assert writer.post("/things", {"name": "x"}, "create x", there=never)
    assert github.lines == ["POST /things"]


def test_what_is_there_already_is_told_by_its_status(github: Loopback, writer: Writer) -> None:
    github.on("POST /things", problem(409, "Already exists"))

    assert not writer.post("/things", {"name": "x"}, "create x", there=never, exists=409)


def test_another_refusal_is_a_failure(github: Loopback, writer: Writer) -> None:
    github.on("POST /things", problem(422, "Validation Failed"))

    with pytest.raises(RequestFailed, match="Validation Failed") as raised:
        writer.post("/things", {"name": "x"}, "create x", there=never, exists=409)
    assert not raised.value.uncertain
    assert github.lines == ["POST /things"]


@pytest.mark.parametrize("fate", LOST)
def test_when_the_answer_is_lost_reading_tells_that_it_was_done(
    github: Loopback, writer: Writer, fate: Reply | Silence
) -> None:
    github.on("POST /things", fate)
    github.on("GET /things", Reply([1]))

    assert not create(writer)
    assert github.lines == ["POST /things", "GET /things"]


@pytest.mark.parametrize("fate", LOST)
def test_when_the_answer_is_lost_reading_tells_that_it_was_not_done(
    github: Loopback, writer: Writer, world: World, fate: Reply | Silence
) -> None:
    github.on("POST /things", fate, Reply({"id": 1}, 201))
    github.on("GET /things", Reply([]))

    assert create(writer)
    assert github.lines == ["POST /things", "GET /things", "POST /things"]
    assert world.notices == ["waiting 1 s: the answer was lost, and nothing was created"]


def test_what_was_done_late_is_found_after_the_repetition_is_refused(github: Loopback, writer: Writer) -> None:
    github.on("POST /things", Silence.CUT, problem(422, "Already exists"))
    github.on("GET /things", Reply([]), Reply([1]))

    assert not create(writer)


def test_a_repetition_that_is_refused_for_another_reason_stays_in_doubt(github: Loopback, writer: Writer) -> None:
    github.on("POST /things", Silence.CUT, problem(422, "Validation Failed"))
    github.on("GET /things", Reply([]))

    with pytest.raises(RequestFailed, match="Validation Failed") as raised:
        create(writer)
    assert raised.value.uncertain


def test_it_is_not_tried_without_end(github: Loopback, writer: Writer, world: World) -> None:
    github.on("POST /things", Silence.CUT)
    github.on("GET /things", Reply([]))

    with pytest.raises(
        RequestFailed, match="cut off before the answer was complete; it may have been done"
    ) as raised:
        create(writer)

    assert raised.value.kind is FailureKind.UNAVAILABLE
    assert raised.value.uncertain
    assert github.lines.count("POST /things") == 5
    assert world.pauses == [1, 2, 4, 8]


def test_when_reading_fails_too_both_failures_are_told(github: Loopback, writer: Writer) -> None:
    github.on("POST /things", Silence.CUT)
    github.on("GET /things", problem(403, "Forbidden"))

    with pytest.raises(RequestFailed) as raised:
        create(writer)

    assert raised.value.uncertain
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == ["no-answer", "not-permitted"]
    assert github.lines == ["POST /things", "GET /things"]


def test_a_deletion_that_was_lost_and_then_not_found_is_done(github: Loopback, writer: Writer) -> None:
    github.on("DELETE /things/1", Silence.CUT, NOT_FOUND)

    writer.delete("/things/1", "delete x")

    assert github.lines == ["DELETE /things/1"] * 2


def test_a_deletion_that_finds_nothing_at_once_is_a_failure(github: Loopback, writer: Writer) -> None:
    github.on("DELETE /things/1", problem(429, "slow down", headers={"Retry-After": "1"}), NOT_FOUND)

    with pytest.raises(RequestFailed, match="cannot delete x: GitHub answered 404") as raised:
        writer.delete("/things/1", "delete x")
    assert raised.value.kind is FailureKind.NOT_FOUND


def test_a_put_that_is_lost_for_good_may_have_been_done(github: Loopback, writer: Writer) -> None:
    github.on("PUT /things/1", Silence.CUT)

    with pytest.raises(RequestFailed) as raised:
        writer.put("/things/1", {}, "change x")
    assert raised.value.uncertain
    assert len(github.seen) == 5


def test_a_patch_is_repeated(github: Loopback, writer: Writer) -> None:
    github.on("PATCH /things/1", Reply(None, 503), Reply(None, 204))

    writer.patch("/things/1", {"value": "x"}, "change x")

    assert github.bodies("PATCH") == [{"value": "x"}] * 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_write_to_a_former_name_is_not_done_and_says_so(github: Loopback, writer: Writer, status: int) -> None:
    moved = Reply({}, status, {"Location": "/repositories/7/things"})
    for line in ("PUT /things", "PATCH /things", "DELETE /things", "POST /things"):
        github.on(line, moved)

    for write in (
        lambda: writer.put("/things", {}, "write"),
        lambda: writer.patch("/things", {}, "write"),
        lambda: writer.delete("/things", "write"),
        lambda: writer.post("/things", {}, "write", there=never),
    ):
        with pytest.raises(RequestFailed, match="so nothing was done") as raised:
            write()
        assert raised.value.kind is FailureKind.CHANGED
    assert len(github.seen) == 4


@pytest.mark.parametrize(
    "where",
    [
        "/repos/acme/web/environments/production",
        "/repos/acme/web/issues/../environments/production",
        "/repos/acme/web/actions/variables/issues",
        "/repos/acme/issues",
        "/orgs/acme/issues",
    ],
)
def test_what_only_reports_writes_nothing_else(
    github: Loopback, access: Callable[..., Access], where: str
) -> None:
    with closing(open_reporter(access())) as reporter:
        for write in (
            lambda: reporter.put(where, {}, "put x"),
            lambda: reporter.patch(where, {}, "change x"),
            lambda: reporter.delete(where, "delete x"),
            lambda: reporter.post(where, {}, "create x", there=never),
        ):
            with pytest.raises(RequestFailed, match="writes issues and comments, and nothing else"):
                write()
    assert github.lines == []


def test_what_only_reports_writes_issues_and_comments(github: Loopback, access: Callable[..., Access]) -> None:
    github.on("POST /repos/acme/web/issues", Reply({"number": 1}, 201))
    github.on("PATCH /repos/acme/web/issues/comments/7", Reply({}))

    with closing(open_reporter(access())) as reporter:
        assert reporter.post("/repos/acme/web/issues", {"title": "x"}, "open x", there=never)
        reporter.patch("/repos/acme/web/issues/comments/7", {"body": "x"}, "change x")
