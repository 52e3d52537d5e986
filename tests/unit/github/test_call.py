from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import Request

from envsync.errors import FailureKind, RequestFailed
from envsync.github.call import Answer, Call, parse_answer, path
from envsync.github.server import Target


def test_each_segment_is_encoded_whole() -> None:
    assert path("repos", "acme", "web", "environments", "eu/prod 100%:?#ü🚀") == (
        "/repos/acme/web/environments/eu%2Fprod%20100%25%3A%3F%23%C3%BC%F0%9F%9A%80"
    )
    assert path("environments", "x", 7) == "/environments/x/7"


@given(st.lists(st.text(min_size=1), min_size=1))
def test_no_name_leaves_its_segment_on_the_way_to_the_server(names: list[str]) -> None:
    try:
        encoded = path(*names)
    except RequestFailed:
        return
    sent = Request("GET", f"https://api.github.com{encoded}").prepare().url

    assert sent is not None
    assert sent.removeprefix("https://api.github.com").count("/") == len(names)
    assert "?" not in sent
    assert "#" not in sent


@pytest.mark.parametrize("name", ["", ".", "..", "\ud800"])
def test_a_name_that_cannot_stand_in_a_path_is_refused(name: str) -> None:
    with pytest.raises(RequestFailed, match=r"cannot be addressed in GitHub's REST API") as raised:
        path("repos", "acme", "web", "environments", name)

    assert raised.value.kind is FailureKind.REJECTED


def test_a_call_keeps_its_body_to_itself() -> None:
    call = Call("PUT", Target("/x", (("a", "b c"),)), "do it", {"encrypted_value": "box"}, ("box",))

    assert "box" not in repr(call)
    assert call.url == "/x?a=b+c"


@pytest.mark.parametrize(
    ("method", "repeatable"), [("GET", True), ("PUT", True), ("DELETE", True), ("POST", False)]
)
def test_doing_it_twice_is_doing_it_once_for_all_but_post(method: str, repeatable: bool) -> None:  # noqa: FBT001
    assert Call(method, Target("/x"), "do it").repeatable is repeatable  # type: ignore[arg-type]  # from a table


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, b'{"a": 1}', Answer(200, {}, {"a": 1})),
        (200, b"[]", Answer(200, {}, [])),
        (200, b"", Answer(200, {}, whole=False)),
        (200, b'{"a": ', Answer(200, {}, whole=False)),
        (200, b"\xff", Answer(200, {}, whole=False)),
        (200, b"[" * 100_000, Answer(200, {}, whole=False)),
        (201, b" \n", Answer(201, {})),
        (204, b"", Answer(204, {})),
        (502, b"<html>", Answer(502, {}, whole=False)),
    ],
)
def test_an_answer_is_json_or_not_whole(status: int, body: bytes, answer: Answer) -> None:
    assert parse_answer(status, {}, body) == answer
