from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envsync.errors import CredentialError, ExitCode
from envsync.github.bearer import Place
from envsync.github.credentials import Credential, find, gh_token, token_of

if TYPE_CHECKING:
    from pathlib import Path

GITHUB = "https://api.github.com"


def no_gh(_: str) -> str | None:
    return None


def test_gh_token_goes_before_github_token_and_both_before_gh() -> None:
    both = {"GH_TOKEN": "first", "GITHUB_TOKEN": "second"}

    for environ, token, source in (
        (both, b"first", "GH_TOKEN"),
        ({**both, "GH_TOKEN": ""}, b"second", "GITHUB_TOKEN"),
        ({}, b"third", "gh auth token"),
    ):
        found = find(environ, api_url=GITHUB, gh=lambda _: "third")
        assert isinstance(found, Credential)
        assert (found.token.reveal(), found.source) == (token, source)


def test_gh_is_asked_for_the_server_s_own_host() -> None:
    asked: list[str] = []

    def gh(host: str) -> str | None:
        asked.append(host)
        return "token"

    find({}, api_url="https://ghe.example/api/v3", gh=gh)
    find({}, api_url=GITHUB, gh=gh)

    assert asked == ["ghe.example", "github.com"]


def test_without_a_token_every_way_to_give_one_is_named() -> None:
    with pytest.raises(CredentialError) as raised:
        find({}, api_url=GITHUB, gh=no_gh)

    (diagnostic,) = raised.value.diagnostics
    assert raised.value.exit_code is ExitCode.NOT_PERMITTED
    assert diagnostic.code == "no-credential"
    assert diagnostic.message == "there is no token for github.com"
    assert diagnostic.hint == (
        "set GH_TOKEN or GITHUB_TOKEN, or log in with: gh auth login --hostname github.com; "
        "for a GitHub App set ENVSYNC_APP_ID and ENVSYNC_APP_PRIVATE_KEY"
    )


@pytest.mark.parametrize(
    "token", ["hunter2\n", " hunter2", "hunter 2", "hunter2\r\nX-Evil: 1", "hünter2", "\x00hunter2"]
)
def test_what_cannot_be_a_token_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(CredentialError) as raised:
        find({"GITHUB_TOKEN": token}, api_url=GITHUB, gh=no_gh)

    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "malformed-credential"
    assert diagnostic.message.startswith("the token from GITHUB_TOKEN contains")
    assert "nter" not in f"{diagnostic}{raised.value}"
    assert raised.value.__context__ is None


def test_a_token_of_gh_s_that_is_none_is_gh_s_to_repair() -> None:
    with pytest.raises(CredentialError) as raised:
        find({}, api_url=GITHUB, gh=lambda _: "two words")

    assert raised.value.diagnostics[0].hint == "log in again with: gh auth login"


def test_a_token_may_come_from_another_variable() -> None:
    found = token_of("ghs_x", "ENVSYNC_REPORT_TOKEN")
    assert (found.token.reveal(), found.source) == (b"ghs_x", "ENVSYNC_REPORT_TOKEN")

    with pytest.raises(CredentialError) as raised:
        token_of("two words", "ENVSYNC_REPORT_TOKEN")
    assert raised.value.hint == (
        "set ENVSYNC_REPORT_TOKEN to the bare token, without quotes or a trailing newline"
    )


def test_a_credential_does_not_show_its_token() -> None:
    assert "hunter2" not in repr(find({"GH_TOKEN": "hunter2"}, api_url=GITHUB, gh=no_gh))


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "gh"


def install(gh: Path, script: str) -> None:
    gh.write_text(f"#!/bin/sh\n{script}\n")
    gh.chmod(0o755)


def test_gh_prints_the_token_of_a_host(gh: Path) -> None:
    install(gh, 'echo "token-of: $*"')

    assert gh_token("ghe.example") == "token-of: auth token --hostname ghe.example"


@pytest.mark.parametrize("script", ["echo not logged in >&2; exit 1", "exit 0", "echo"])
def test_a_gh_that_is_not_logged_in_has_no_token(gh: Path, script: str) -> None:
    install(gh, script)

    assert gh_token("github.com") is None


def test_a_gh_that_is_not_installed_or_cannot_run_has_no_token(gh: Path) -> None:
    assert gh_token("github.com") is None
    gh.write_bytes(b"\x7fELF is not all that it takes")
    gh.chmod(0o755)
    assert gh_token("github.com") is None


def test_a_gh_that_does_not_answer_is_not_waited_for(gh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("envsync.github.credentials._GH_TIMEOUT", 0.05)
    install(gh, "while :; do :; done")

    assert gh_token("github.com") is None


def test_requests_with_one_token_are_of_one_account() -> None:
    credential = token_of("ghp_x", "GH_TOKEN")

    assert credential.account(None) == credential.account(Place("acme", "web")) == "GH_TOKEN"
