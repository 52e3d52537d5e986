"""Secrets of an environment: sealed boxes come in, names and dates come out."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from envsync.sandbox.call import body_object, text_in
from envsync.sandbox.exchange import Reply, not_found, validation_failed
from envsync.sandbox.naming import check_number, check_size, upper_name
from envsync.sandbox.paging import page_of
from envsync.sandbox.state import Secret

if TYPE_CHECKING:
    from envsync.sandbox.account_shapes import Shape
    from envsync.sandbox.call import Call
    from envsync.sandbox.state import Environment, State

_RESOURCE = "Secret"


def list_all(call: Call) -> Reply:
    secrets = sorted(call.environment.secrets.values(), key=lambda secret: secret.name)
    chunk, headers = page_of(call, secrets)
    return Reply(200, {"total_count": len(secrets), "secrets": [secret_shape(one) for one in chunk]}, headers)


def get(call: Call) -> Reply:
    return Reply(200, secret_shape(_secret(call)))


def public_key(call: Call) -> Reply:
    public = bytes(_key_pair(call.state, call.environment).public_key)
    return Reply(200, {"key_id": _key_id(public), "key": base64.b64encode(public).decode()})


def is_new(call: Call) -> bool:
    return call.names["secret"].upper() not in call.environment.secrets


def put(call: Call) -> Reply:
    environment = call.environment
    name = upper_name(_RESOURCE, call.names["secret"])
    body = body_object(call)
    value = _open(call.state, environment, text_in(body, "encrypted_value"), text_in(body, "key_id"))
    check_size(_RESOURCE, len(value))
    existing = environment.secrets.get(name)
    if existing is None:
        check_number("secret", len(environment.secrets))
    if call.options.on_secret is not None:
        call.options.on_secret(call.repository.full_name, environment.name, name, value)
    if existing is not None:
        existing.updated_at = call.now
        return Reply(204)
    environment.secrets[name] = Secret(name, created_at=call.now, updated_at=call.now)
    return Reply(201, {})


def delete(call: Call) -> Reply:
    del call.environment.secrets[_secret(call).name]
    return Reply(204)


def _secret(call: Call) -> Secret:
    secret = call.environment.secrets.get(call.names["secret"].upper())
    if secret is None:
        raise not_found()
    return secret


def _key_pair(state: State, environment: Environment) -> PrivateKey:
    """Derived, so that the public key outlives a restart. Nothing that it ever opened is kept."""
    seed = bytes.fromhex(state.key_seed)
    return PrivateKey(hashlib.blake2b(str(environment.id).encode(), key=seed, digest_size=32).digest())


def _key_id(public: bytes) -> str:
    return str(int.from_bytes(hashlib.blake2b(public, digest_size=8).digest(), "big") >> 1)


def _open(state: State, environment: Environment, sealed: str, key_id: str) -> bytes:
    key = _key_pair(state, environment)
    if key_id != _key_id(bytes(key.public_key)):
        raise validation_failed(_RESOURCE, "key_id", "key_id is not that of the environment's public key")
    try:
        return SealedBox(key).decrypt(base64.b64decode(sealed, validate=True))
    except (binascii.Error, ValueError):
        problem = "encrypted_value is not valid base64"
    except (CryptoError, TypeError):
        problem = "encrypted_value cannot be decrypted: seal it with the environment's public key"
    raise validation_failed(_RESOURCE, "encrypted_value", problem)


def secret_shape(secret: Secret) -> Shape:
    return {"name": secret.name, "created_at": secret.created_at, "updated_at": secret.updated_at}
