"""Secrets: what goes in is sealed, what comes out is names and dates."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

import pytest
from nacl.public import PrivateKey, PublicKey, SealedBox
from support.sandbox_http import PRODUCTION, REPOSITORY, Clock, world

from envsync.sandbox import Options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.sandbox_http import World

SECRETS = f"{PRODUCTION}/secrets"
KEY = f"{SECRETS}/public-key"


@pytest.fixture
def github() -> Iterator[World]:
    with world() as one:
        yield one


def sealed(github: World, value: bytes) -> dict[str, str]:
    key = github.call("GET", KEY).json
    box = SealedBox(PublicKey(b64decode(key["key"])))
    return {"key_id": key["key_id"], "encrypted_value": b64encode(box.encrypt(value)).decode()}


def test_new_is_201_and_existing_is_204() -> None:
    clock = Clock()
    with world(options=Options(now=clock)) as github:
        first = github.put_secret("Token", b"one")
        assert (first.status, first.json) == (201, {})
        clock.advance(60)
        second = github.put_secret("TOKEN", b"two")
        assert (second.status, second.text) == (204, "")
        assert github.call("GET", f"{SECRETS}/token").json == {
            "name": "TOKEN",
            "created_at": "2026-03-01T12:00:00Z",
            "updated_at": "2026-03-01T12:01:00Z",
        }


def test_a_write_of_the_same_value_moves_the_date_as_well() -> None:
    clock = Clock()
    with world(options=Options(now=clock)) as github:
        github.put_secret("TOKEN", b"one")
        clock.advance(1.5)
        github.put_secret("TOKEN", b"one")
        assert github.call("GET", f"{SECRETS}/TOKEN").json["updated_at"] == "2026-03-01T12:00:01Z"


def test_the_box_is_really_opened() -> None:
    opened: list[tuple[str, str, str, bytes]] = []

    def remember(repository: str, environment: str, name: str, value: bytes) -> None:
        opened.append((repository, environment, name, value))

    with world(options=Options(on_secret=remember)) as github:
        github.put_secret("TOKEN", "Grüße\0\n".encode())
    assert opened == [("acme/payments", "production", "TOKEN", "Grüße\0\n".encode())]


def test_the_value_is_nowhere_in_the_state(tmp_path: Path) -> None:
    with world(directory=tmp_path) as github:
        body = sealed(github, b"correct horse battery staple")
        assert github.call("PUT", f"{SECRETS}/TOKEN", body).status == 201
        assert b"correct horse" not in repr(github.sandbox.state).encode()
        github.sandbox.save()
    text = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert "TOKEN" in text
    for trace in ("correct horse", body["encrypted_value"], b64encode(b"correct horse battery staple").decode()):
        assert trace not in text


def test_each_environment_has_a_key_of_its_own_which_outlives_a_restart(tmp_path: Path) -> None:
    other = f"{REPOSITORY}/environments/other"
    with world(directory=tmp_path) as github:
        github.call("PUT", other)
        keys = [github.call("GET", f"{path}/secrets/public-key").json for path in (PRODUCTION, other)]
    assert keys[0]["key"] != keys[1]["key"]
    assert keys[0]["key_id"] != keys[1]["key_id"]
    with world(directory=tmp_path) as github:
        again = [github.call("GET", f"{path}/secrets/public-key").json for path in (PRODUCTION, other)]
    assert again == keys


def test_an_environment_made_anew_has_another_key(github: World) -> None:
    before = github.call("GET", KEY).json
    body = sealed(github, b"x")
    github.call("DELETE", PRODUCTION)
    github.call("PUT", PRODUCTION)
    assert github.call("GET", KEY).json != before
    assert github.call("PUT", f"{SECRETS}/TOKEN", body).status == 422


class TestRefusals:
    def test_a_wrong_key_id(self, github: World) -> None:
        answer = github.call("PUT", f"{SECRETS}/TOKEN", {**sealed(github, b"x"), "key_id": "1"})
        assert answer.status == 422
        assert answer.json["errors"][0]["field"] == "key_id"

    @pytest.mark.parametrize(
        "value",
        ["not base64!", "", b64encode(b"short").decode(), b64encode(b"x" * 64).decode()],
        ids=["no-base64", "empty", "short", "no-box"],
    )
    def test_what_is_no_box(self, github: World, value: str) -> None:
        body = {**sealed(github, b"x"), "encrypted_value": value}
        answer = github.call("PUT", f"{SECRETS}/TOKEN", body)
        assert answer.status == 422
        assert answer.json["errors"][0]["field"] == "encrypted_value"

    def test_a_box_for_somebody_else(self, github: World) -> None:
        box = SealedBox(PrivateKey.generate().public_key).encrypt(b"x")
        body = {**sealed(github, b"x"), "encrypted_value": b64encode(box).decode()}
        assert github.call("PUT", f"{SECRETS}/TOKEN", body).status == 422

    @pytest.mark.parametrize(
        "body", [None, {}, {"key_id": "1"}, {"key_id": 1, "encrypted_value": "eA=="}], ids=str
    )
    def test_a_body_that_lacks_something(self, github: World, body: object) -> None:
        assert github.call("PUT", f"{SECRETS}/TOKEN", body).status == 422

    @pytest.mark.parametrize("name", ["1A", "A-B", "GITHUB_TOKEN", "github_x", "%C3%84", "A%0A"])
    def test_a_name_that_is_none(self, github: World, name: str) -> None:
        assert github.call("PUT", f"{SECRETS}/{name}", sealed(github, b"x")).status == 422

    def test_more_than_48_kilobytes(self, github: World) -> None:
        assert github.put_secret("FITS", b"x" * 49_152).status == 201
        assert github.put_secret("TOO_LARGE", b"x" * 49_153).status == 422
        assert github.call("GET", f"{SECRETS}/TOO_LARGE").status == 404

    def test_more_than_100(self, github: World) -> None:
        body = sealed(github, b"x")
        statuses = [github.call("PUT", f"{SECRETS}/S{number}", body).status for number in range(101)]
        assert statuses == [201] * 100 + [422]
        assert github.call("PUT", f"{SECRETS}/S0", body).status == 204
        assert len(github.call.pages(SECRETS, "secrets")) == 100
        assert len(github.call("GET", SECRETS).json["secrets"]) == 30

    def test_a_refusal_does_not_repeat_what_was_sent(self, github: World) -> None:
        answer = github.call("PUT", f"{SECRETS}/TOKEN", {"key_id": "1", "encrypted_value": ["hunter2"]})
        assert "hunter2" not in answer.text


def test_deleting(github: World) -> None:
    github.put_secret("TOKEN", b"x")
    assert github.call("DELETE", f"{SECRETS}/token").status == 204
    assert github.call("DELETE", f"{SECRETS}/token").status == 404
    assert github.call("GET", SECRETS).json == {"total_count": 0, "secrets": []}
