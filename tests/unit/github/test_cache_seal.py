"""What somebody can do who gets hold of the file, and does not know the token: throw it away."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from support.kept_answers import API, TOKEN, Runs, answer, url

from envsync.github.cache import Kept
from envsync.github.cache_seal import Seal
from envsync.model import SecretValue

if TYPE_CHECKING:
    from pathlib import Path

HONEST = Kept('W/"honest"', b'{"wait_timer": 0}', '<https://api.github.com/user?page=2>; rel="next"')


@pytest.fixture
def seal() -> Seal:
    return Seal(API, TOKEN)


@pytest.mark.parametrize("bit", [1, 128])
def test_an_answer_that_was_changed_anywhere_is_none(seal: Seal, bit: int) -> None:
    sealed = seal.close(url(1), HONEST)
    assert seal.open(url(1), sealed) == HONEST

    for place in range(len(sealed)):
        forged = bytearray(sealed)
        forged[place] ^= bit
        assert seal.open(url(1), bytes(forged)) is None


def test_an_answer_that_was_cut_or_grew_is_none(seal: Seal) -> None:
    sealed = seal.close(url(1), HONEST)

    assert not any(seal.open(url(1), sealed[:length]) for length in range(len(sealed)))
    assert seal.open(url(1), sealed + b"\0") is None


def test_an_answer_is_good_for_its_address_its_server_and_its_token_alone(seal: Seal) -> None:
    sealed = seal.close(url(1), HONEST)

    assert seal.open(url(2), sealed) is None
    assert Seal("https://github.example.com/api/v3", TOKEN).open(url(1), sealed) is None
    assert Seal(API, SecretValue(b"ghp_forger")).open(url(1), sealed) is None


def test_what_was_forged_in_the_file_is_not_found(tmp_path: Path) -> None:
    """Not under its own name, where only who knows the token can lay it, nor in the place of another one."""
    runs = Runs(tmp_path / "cache")
    runs.keep(1, 2)
    forger = Seal(API, SecretValue(b"ghp_forger"))
    with closing(sqlite3.connect(runs.file)) as file, file:
        (first, sealed), (second, other) = file.execute("SELECT name, sealed FROM answers").fetchall()
        file.execute("UPDATE answers SET sealed = ? WHERE name = ?", (other, first))
        file.execute("UPDATE answers SET sealed = ? WHERE name = ?", (forger.close(url(2), HONEST), second))
        file.execute("INSERT INTO answers VALUES (?, ?)", (forger.name(url(3)), forger.close(url(3), HONEST)))
        assert sealed != other

    assert runs.kept(1, 2, 3) == []
    assert runs.works()


def test_the_file_says_nothing(tmp_path: Path) -> None:
    """Neither the token, nor what was asked, nor what GitHub answered."""
    runs = Runs(tmp_path / "cache")
    kept = Kept(
        'W/"5d2c8f0a"', b'{"login": "octocat", "value": "eu-west-1"}', "<https://api.github.com/user?page=2>"
    )
    with runs.run() as drawer:
        drawer.keep("/repos/acme/payments/environments", kept)
        drawer.keep(url(1), answer(1))
    content = runs.file.read_bytes()

    told = [TOKEN.reveal(), kept.etag.encode(), kept.body, kept.link.encode(), answer(1).body]
    told += [b"/repos/acme/payments/environments", API.encode(), b"authorization"]
    assert runs.kept(1) == [1]
    for text in told:
        pieces = {text[start : start + 8] for start in range(max(1, len(text) - 7))}
        assert not [piece for piece in pieces if piece in content]


def test_nor_do_objects_say_the_token_or_a_body(tmp_path: Path) -> None:
    with Runs(tmp_path / "cache").run() as drawer:
        said = f"{drawer!r}{HONEST!r}"

    assert TOKEN.reveal().decode() not in said
    assert "wait_timer" not in said


def test_the_same_answer_is_sealed_anew_each_time(seal: Seal) -> None:
    """A nonce that came twice would give away what AES-GCM hides."""
    nonces = {seal.close(url(1), HONEST)[:12] for _ in range(100)}

    assert len(nonces) == 100
