from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

import pytest
from nacl.public import PrivateKey, SealedBox
from support.loopback import Loopback, Reply

from envsync.errors import RequestFailed
from envsync.github.seal import read_key
from envsync.model import RepositoryName, SecretValue

if TYPE_CHECKING:
    from envsync.github.reader import Reader

KEY = "GET /repos/acme/web/environments/prod/secrets/public-key"


def test_only_the_private_key_opens_what_is_sealed(github: Loopback, reader: Reader, web: RepositoryName) -> None:
    private = PrivateKey.generate()
    github.on(KEY, Reply({"key_id": "1", "key": b64encode(bytes(private.public_key)).decode()}))

    key = read_key(reader, web, "prod")
    sealed = key.seal(SecretValue(b"p\xc3\xa4ss\x00"))

    assert key.id == "1"
    assert SealedBox(private).decrypt(b64decode(sealed, validate=True)) == b"p\xc3\xa4ss\x00"
    assert key.seal(SecretValue(b"p\xc3\xa4ss\x00")) != sealed


@pytest.mark.parametrize("key", ["", "no base64!", b64encode(b"short").decode(), b64encode(bytes(33)).decode()])
def test_a_key_that_is_none_is_refused(github: Loopback, reader: Reader, web: RepositoryName, key: str) -> None:
    github.on(KEY, Reply({"key_id": "1", "key": key}))

    with pytest.raises(RequestFailed, match="key: it should be a base64-encoded public key of 32 bytes"):
        read_key(reader, web, "prod")


def test_a_key_that_hides_nothing_is_refused(github: Loopback, reader: Reader, web: RepositoryName) -> None:
    github.on(KEY, Reply({"key_id": "1", "key": b64encode(bytes(32)).decode()}))

    with pytest.raises(RequestFailed, match="key: it should be a usable public key") as raised:
        read_key(reader, web, "prod").seal(SecretValue(b"hunter2"))
    assert "hunter2" not in str(raised.value)
