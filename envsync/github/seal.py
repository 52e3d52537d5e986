"""How is a secret closed so that only GitHub can open it? In a sealed box, under the environment's public key."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox

from envsync.github.read import environment_path

if TYPE_CHECKING:
    from envsync.github.part import Part
    from envsync.github.reader import Reader
    from envsync.model import RepositoryName, SecretValue


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    public: PublicKey
    part: Part = field(compare=False)  # where it came from

    def seal(self, value: SecretValue) -> str:
        try:
            return b64encode(SealedBox(self.public).encrypt(value.reveal())).decode("ascii")
        except CryptoError:
            raise self.part.unexpected("it should be a usable public key") from None


def read_key(reader: Reader, repository: RepositoryName, environment: str) -> Key:
    where = environment_path(repository, environment, "secrets", "public-key")
    data = reader.get(where, f"read the public key of {environment} in {repository}").data
    part = data.member("key")
    try:
        public = PublicKey(b64decode(part.text(), validate=True))
    except ValueError:
        raise part.unexpected("it should be a base64-encoded public key of 32 bytes") from None
    return Key(data.member("key_id").text(), public, part)
