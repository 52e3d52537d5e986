from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.github_json import problem
from support.loopback import Loopback, Reply

from envsync.errors import FailureKind, RequestFailed
from envsync.github.own import Authors, own_login
from envsync.github.part import Part

if TYPE_CHECKING:
    from envsync.github.reader import Reader


def by(login: str, kind: str = "User") -> Part:
    return Part({"user": {"login": login, "type": kind}}, "GET /x")


def test_a_user_s_token_knows_its_user(github: Loopback, reader: Reader) -> None:
    github.on("GET /user", Reply({"login": "lead"}))

    assert own_login(reader) == "lead"


@pytest.mark.parametrize("status", [403, 404])
def test_other_tokens_have_none(github: Loopback, reader: Reader, status: int) -> None:
    github.on("GET /user", problem(status, "Resource not accessible by integration"))

    assert own_login(reader) is None


def test_a_failure_is_no_answer(github: Loopback, reader: Reader) -> None:
    github.on("GET /user", problem(401, "Bad credentials"))

    with pytest.raises(RequestFailed) as raised:
        own_login(reader)
    assert raised.value.kind is FailureKind.NOT_AUTHENTICATED


def test_one_s_own_and_those_of_bots_are_own(github: Loopback, reader: Reader) -> None:
    github.on("GET /user", Reply({"login": "Lead"}))
    authors = Authors(reader)

    assert authors.is_own(by("envsync-ci[bot]", "Bot"))
    assert not github.seen
    assert authors.is_own(by("lead"))
    assert not authors.is_own(by("mallory"))
    assert not authors.is_own(Part({"user": None}, "GET /x"))
    assert github.lines == ["GET /user"]


def test_where_the_token_is_no_user_s_no_person_s_are_own(github: Loopback, reader: Reader) -> None:
    github.on("GET /user", problem(403, "Resource not accessible by integration"))
    authors = Authors(reader)

    assert not authors.is_own(by("mallory"))
    assert not authors.is_own(by("mallory[bot]"))
    assert len(github.seen) == 1
