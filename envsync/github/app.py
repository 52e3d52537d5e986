"""Which GitHub App speaks for the user, and how does it prove that it is the one?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from envsync.errors import CredentialError, Diagnostic
from envsync.model import SecretValue

if TYPE_CHECKING:
    from collections.abc import Mapping

ID, KEY, KEY_FILE = "ENVSYNC_APP_ID", "ENVSYNC_APP_PRIVATE_KEY", "ENVSYNC_APP_PRIVATE_KEY_FILE"
_AN_ID = re.compile(r"[0-9]{1,19}|Iv[0-9A-Za-z.]{4,60}")
_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
_PEM_IN_BASE64 = b"LS0tLS1CRUdJT"
_PAST = 60  # seconds: for a clock that is a little ahead of GitHub's
_LIFE = 540  # seconds; GitHub takes ten minutes at most


@dataclass(frozen=True, slots=True)
class AppKey:
    """`app_id` is a number or a client id; `key` has been seen to be the PEM of an RSA key."""

    app_id: str
    key: SecretValue
    source: str  # the variable that gave the key

    def token(self, now: float) -> SecretValue:
        """A JSON web token as of `now`, in seconds since 1970."""
        claims = {"iat": int(now) - _PAST, "exp": int(now) + _LIFE, "iss": self.app_id}
        return SecretValue(jwt.encode(claims, self.key.reveal(), algorithm="RS256").encode("ascii"))


def app_key(environ: Mapping[str, str]) -> AppKey | None:
    """None where no variable names an App. An empty variable counts as none: Actions makes such of secrets."""
    app_id, key, file = (environ.get(name, "").strip() for name in (ID, KEY, KEY_FILE))
    if not (app_id or key or file):
        return None
    if key and file:
        raise _error("two-app-keys", f"{KEY} and {KEY_FILE} both give a private key", "leave one of them out")
    if not app_id:
        given = KEY if key else KEY_FILE
        hint = f"set {ID} to the App's ID, a number, or to its client ID: both stand on the App's page"
        raise _error("no-app-id", f"{given} is set, and {ID} is not", hint)
    if not _AN_ID.fullmatch(app_id):
        text = f"{ID} is neither a number nor a client ID, which begins with Iv"
        raise _error("malformed-app-id", text, "copy it from the App's page; the App's name is not its ID")
    if not (key or file):
        hint = (
            f"set {KEY}, or {KEY_FILE} to the name of a file; in GitHub Actions an empty one means that this job "
            "is not given the secret: a pull request from a fork or by Dependabot is not, nor a job outside the "
            "environment that holds it"
        )
        raise _error("no-app-key", f"{ID} is set, and there is no private key with it", hint)
    source = KEY if key else KEY_FILE
    # CI systems make `\n` of the newlines of a secret.
    pem = key.replace("\\n", "\n").encode("utf-8", "surrogateescape") if key else _content(file)
    fault = _fault(pem)
    if fault is not None:
        text = f"the private key from {source} cannot be used: {fault}"
        hint = "use a private key of the App's own, as its page lets you download it: a .pem file, whole"
        raise _error("malformed-app-key", text, hint)
    return AppKey(app_id, SecretValue(pem), source)


def _content(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it has no such name"
    raise _error(
        "unreadable-app-key",
        f"the file that {KEY_FILE} names cannot be read: {why}",
        "give the name of a file, from the folder that envsync runs in; the key itself goes into " + KEY,
    )


def _fault(pem: bytes) -> str | None:
    """What it looks like instead of an RSA key in PEM; the text itself is not repeated."""
    found = _LABEL.search(pem)
    label = b"" if found is None else found[1]
    if found is None and pem.startswith(_PEM_IN_BASE64):
        return "it is PEM in Base64, so decode it first"
    if found is None and pem.endswith(b".pem") and b"\n" not in pem:
        return f"it looks like the name of a file, which goes into {KEY_FILE}"
    if found is None:
        return "it is not PEM, which begins with -----BEGIN RSA PRIVATE KEY-----"
    if b"PUBLIC KEY" in label:
        return "it is a public key"
    if b"CERTIFICATE" in label:
        return "it is a certificate"
    if b"ENCRYPTED" in label or b"Proc-Type: 4,ENCRYPTED" in pem:
        return "it is encrypted with a passphrase"
    return _not_rsa(pem)


def _not_rsa(pem: bytes) -> str | None:
    try:
        loaded = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "it is damaged, or not all of it is there"
    return None if isinstance(loaded, RSAPrivateKey) else "it is not an RSA key"


def _error(code: str, text: str, hint: str) -> CredentialError:
    return CredentialError(Diagnostic(code, text, hint))
