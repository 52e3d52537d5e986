from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envsync.errors import FailureKind, RequestFailed
from envsync.github.part import Part

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER = Part({"name": "web", "id": 7, "on": True, "list": [{"id": 1}], "nothing": None}, "GET /repos/acme/web")


def test_a_part_gives_what_the_answer_holds() -> None:
    assert ANSWER.member("name").text() == "web"
    assert ANSWER.member("id").integer() == 7
    assert ANSWER.member("on").flag()
    assert [item.member("id").integer() for item in ANSWER.member("list").items()] == [1]
    assert ANSWER.member("nothing").is_null
    assert ANSWER.optional("else") is None


@pytest.mark.parametrize(
    ("read", "fault"),
    [
        (lambda: ANSWER.member("else"), "else: it is missing"),
        (lambda: ANSWER.member("id").text(), "id: it should be a string"),
        (lambda: ANSWER.member("name").integer(), "name: it should be a whole number"),
        (lambda: ANSWER.member("on").integer(), "on: it should be a whole number"),
        (lambda: ANSWER.member("id").flag(), "id: it should be true or false"),
        (ANSWER.items, "the answer: it should be a list"),
        (lambda: ANSWER.member("list").member("id"), "list: it should be an object"),
        (lambda: ANSWER.member("list").items()[0].member("id").text(), "list[0].id: it should be a string"),
    ],
)
def test_another_shape_is_named_with_its_place(read: Callable[[], object], fault: str) -> None:
    with pytest.raises(RequestFailed) as raised:
        read()

    assert raised.value.kind is FailureKind.UNAVAILABLE
    assert raised.value.diagnostics[0].code == "unexpected-answer"
    assert str(raised.value) == f"GET /repos/acme/web is not answered as by GitHub's API: {fault}"


def test_what_an_answer_holds_is_not_in_its_repr() -> None:
    assert "'list'" not in repr(ANSWER)
