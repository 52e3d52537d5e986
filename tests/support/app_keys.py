"""Keys of GitHub Apps, made anew for each run."""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


@cache
def _key(_number: int) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@cache
def private_pem(number: int = 0) -> str:
    """As GitHub's page hands it out."""
    return _key(number).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def encrypted_pem(form: PrivateFormat) -> str:
    return _key(0).private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"hunter2")).decode()


@cache
def public_pem(number: int = 0) -> str:
    return _key(number).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
