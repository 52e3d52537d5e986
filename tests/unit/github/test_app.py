from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.app_keys import encrypted_pem, private_pem, public_pem

from envsync.errors import CredentialError, Diagnostic, ExitCode
from envsync.github.app import AppKey, app_key
from envsync.github.credentials import find

if TYPE_CHECKING:
    from pathlib import Path

ID, KEY, KEY_FILE = "ENVSYNC_APP_ID", "ENVSYNC_APP_PRIVATE_KEY", "ENVSYNC_APP_PRIVATE_KEY_FILE"
NOW = 1_700_000_000.5


def found(environ: dict[str, str]) -> AppKey:
    key = app_key(environ)
    assert key is not None
    return key


def refusal(environ: dict[str, str]) -> Diagnostic:
    with pytest.raises(CredentialError) as raised:
        app_key(environ)
    (diagnostic,) = raised.value.diagnostics
    assert raised.value.exit_code is ExitCode.NOT_PERMITTED
    assert raised.value.__context__ is None  # which could hold the key
    return diagnostic


@pytest.mark.parametrize("app_id", ["123456", "Iv1.8a61f9b3a7aba766", "Iv23liABCDEFGHIJ", " 7\n"])
def test_an_app_has_a_number_or_a_client_id_and_a_key(app_id: str) -> None:
    key = found({ID: app_id, KEY: private_pem()})

    assert (key.app_id, key.source) == (app_id.strip(), KEY)
    assert key.key.reveal() == private_pem().strip().encode()


@pytest.mark.parametrize("empty", [{}, {ID: "", KEY: "", KEY_FILE: ""}, {ID: " "}])
def test_an_empty_variable_counts_as_none(empty: dict[str, str]) -> None:
    assert app_key(empty) is None


@pytest.mark.parametrize("newline", ["\\n", "\r\n"])
def test_a_ci_system_may_have_made_something_else_of_newlines(newline: str) -> None:
    key = found({ID: "7", KEY: private_pem().replace("\n", newline)})

    assert key.token(NOW)


def test_a_key_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "app.pem"
    file.write_text(private_pem())

    key = found({ID: "7", KEY_FILE: str(file), KEY: ""})

    assert (key.key.reveal(), key.source) == (private_pem().encode(), KEY_FILE)


def test_it_signs_that_it_is_the_app_for_some_minutes() -> None:
    token = found({ID: "Iv1.8a61f9b3", KEY: private_pem()}).token(NOW)

    claims = jwt.decode(
        token.reveal(), public_pem(), algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
    )
    assert claims == {"iat": int(NOW) - 60, "exp": int(NOW) + 540, "iss": "Iv1.8a61f9b3"}


def test_an_app_goes_before_every_token() -> None:
    bearer = find(
        {ID: "7", KEY: private_pem(), "GH_TOKEN": "first"}, api_url="https://api.github.com", gh=lambda _: "last"
    )

    assert bearer.source == "the GitHub App 7"


def test_neither_the_key_nor_what_it_signed_is_shown() -> None:
    key = found({ID: "7", KEY: private_pem()})

    middle = private_pem().splitlines()[3]
    assert middle not in repr(key)
    assert key.token(NOW).reveal().decode() not in repr(key.token(NOW))


class TestWhatIsMissing:
    def test_the_key(self) -> None:
        refused = refusal({ID: "7", KEY: "", "GITHUB_TOKEN": "hunter2"})

        assert (refused.code, refused.message) == (
            "no-app-key",
            "ENVSYNC_APP_ID is set, and there is no private key with it",
        )
        assert "in GitHub Actions an empty one means that this job is not given the secret" in str(refused.hint)
        assert "a pull request from a fork" in str(refused.hint)

    @pytest.mark.parametrize("variable", [KEY, KEY_FILE])
    def test_the_id(self, variable: str) -> None:
        refused = refusal({variable: private_pem()})

        assert (refused.code, refused.message) == (
            "no-app-id",
            f"{variable} is set, and ENVSYNC_APP_ID is not",
        )

    def test_a_decision_for_one_key(self) -> None:
        refused = refusal({ID: "7", KEY: private_pem(), KEY_FILE: "app.pem"})

        assert (refused.code, refused.hint) == ("two-app-keys", "leave one of them out")


@pytest.mark.parametrize("app_id", ["envsync-ci", "7.5", "-7", "\u0667", "Iv", "Iv1 8a61"])
def test_what_is_no_id_is_refused(app_id: str) -> None:
    refused = refusal({ID: app_id, KEY: private_pem()})

    assert refused.code == "malformed-app-id"
    assert refused.message == "ENVSYNC_APP_ID is neither a number nor a client ID, which begins with Iv"


@pytest.mark.parametrize(
    ("name", "why"),
    [("none.pem", "No such file or directory"), (".", "Is a directory"), ("\0", "it has no such name")],
)
def test_a_file_that_cannot_be_read_is_refused(name: str, why: str, tmp_path: Path) -> None:
    refused = refusal({ID: "7", KEY_FILE: name if name == "\0" else str(tmp_path / name)})

    assert refused.code == "unreadable-app-key"
    assert refused.message == f"the file that ENVSYNC_APP_PRIVATE_KEY_FILE names cannot be read: {why}"


ELLIPTIC = ec.generate_private_key(ec.SECP256R1())
WHOLE = private_pem()


@pytest.mark.parametrize(
    ("pem", "looks_like"),
    [
        (public_pem(), "it is a public key"),
        (encrypted_pem(PrivateFormat.PKCS8), "it is encrypted with a passphrase"),
        (encrypted_pem(PrivateFormat.TraditionalOpenSSL), "it is encrypted with a passphrase"),
        (WHOLE.replace("RSA PRIVATE KEY", "CERTIFICATE"), "it is a certificate"),
        (
            ELLIPTIC.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            "it is not an RSA key",
        ),
        (WHOLE[: len(WHOLE) // 2], "it is damaged, or not all of it is there"),
        (WHOLE.replace("RSA ", ""), "it is damaged, or not all of it is there"),
        (b64encode(WHOLE.encode()).decode(), "it is PEM in Base64, so decode it first"),
        ("keys/app.pem", "it looks like the name of a file, which goes into ENVSYNC_APP_PRIVATE_KEY_FILE"),
        ("hunter2hunter2", "it is not PEM, which begins with -----BEGIN RSA PRIVATE KEY-----"),
        ("".join(WHOLE.splitlines()[1:-1]), "it is not PEM, which begins with -----BEGIN RSA PRIVATE KEY-----"),
        ("\udcff", "it is not PEM, which begins with -----BEGIN RSA PRIVATE KEY-----"),
    ],
)
def test_what_is_no_key_is_told_by_what_it_looks_like(pem: str, looks_like: str) -> None:
    refused = refusal({ID: "7", KEY: pem})

    assert refused.code == "malformed-app-key"
    assert refused.message == f"the private key from ENVSYNC_APP_PRIVATE_KEY cannot be used: {looks_like}"
    secret = pem.splitlines()[len(pem.splitlines()) // 2]
    assert secret not in f"{refused}"
