from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.github_json import problem
from support.loopback import Loopback, Reply

from envsync.errors import CredentialError, FailureKind
from envsync.github.app import AppKey
from envsync.github.credentials import Credential
from envsync.github.installations import Installations
from envsync.github.survey_credential import Account, kind_of, survey_credential
from envsync.model import SecretValue, Unread
from envsync.plan.facts import CredentialFacts, CredentialKind

if TYPE_CHECKING:
    from envsync.github.reader import Reader

CLASSIC = Credential(SecretValue(b"ghp_0123456789"), "GH_TOKEN")
OLD = Credential(SecretValue(b"0123456789abcdef0123456789abcdef01234567"), "GH_TOKEN")
WORKFLOW = Credential(SecretValue(b"ghs_0123456789"), "GITHUB_TOKEN")


@pytest.fixture
def account(github: Loopback, reader: Reader) -> Account:
    github.on("GET /user", Reply({"login": "lead"}))
    return Account(reader)


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        (b"github_pat_11ABC", CredentialKind.FINE_GRAINED),
        (b"ghp_abc", CredentialKind.CLASSIC),
        (b"gho_abc", CredentialKind.OAUTH),
        (b"ghs_abc", CredentialKind.INSTALLATION),
        (b"ghu_abc", CredentialKind.UNKNOWN),
        (b"0123456789abcdef", CredentialKind.UNKNOWN),
    ],
)
def test_a_token_s_prefix_tells_its_kind(token: bytes, kind: CredentialKind) -> None:
    assert kind_of(SecretValue(token)) is kind


def test_scopes_and_end_are_told_with_each_answer(account: Account) -> None:
    headers = {
        "x-oauth-scopes": "read:org, repo",
        "github-authentication-token-expiration": "2026-03-01 11:30:00 UTC",
    }

    assert survey_credential(CLASSIC, account, headers) == CredentialFacts(
        CredentialKind.CLASSIC, "GH_TOKEN", "lead", ("read:org", "repo"), "2026-03-01T11:30:00+00:00"
    )


def test_a_token_without_scopes_is_no_token_of_a_kind_that_has_none(account: Account) -> None:
    assert survey_credential(CLASSIC, account, {"x-oauth-scopes": ""}).scopes == ()
    assert survey_credential(CLASSIC, account, {}).scopes is None


def test_a_token_from_before_there_were_prefixes_is_known_by_its_scopes(account: Account) -> None:
    assert survey_credential(OLD, account, {"x-oauth-scopes": "repo"}).kind is CredentialKind.CLASSIC
    assert survey_credential(OLD, account, {}).kind is CredentialKind.UNKNOWN


@pytest.mark.parametrize(
    ("header", "expires"),
    [
        ("2026-03-01 11:30:00 +0200", "2026-03-01T09:30:00+00:00"),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_an_end_that_cannot_be_read_is_not_made_up(account: Account, header: str, expires: str | None) -> None:
    headers = {"github-authentication-token-expiration": header}

    assert survey_credential(CLASSIC, account, headers).expires == expires


def test_neither_a_workflow_s_token_nor_an_app_is_anybody(github: Loopback, account: Account) -> None:
    app = Installations(AppKey("7", SecretValue(b""), "ENVSYNC_APP_PRIVATE_KEY"))

    assert survey_credential(WORKFLOW, account, {}).login is None
    assert survey_credential(app, account, {"x-oauth-scopes": "repo"}) == CredentialFacts(
        CredentialKind.APP, "the GitHub App 7", None, None, None
    )
    assert github.seen == []


def test_whose_it_is_is_asked_once(github: Loopback, account: Account) -> None:
    assert [account.login(), account.login()] == ["lead", "lead"]
    assert github.lines == ["GET /user"]


@pytest.mark.parametrize("status", [403, 404])
def test_a_token_of_nobody_s_is_told_nothing(github: Loopback, account: Account, status: int) -> None:
    github.on("GET /user", problem(status, "Resource not accessible by integration"))

    assert account.login() is None


@pytest.mark.parametrize(
    ("reply", "kind"),
    [(problem(422, "no"), FailureKind.REJECTED), (Reply({"name": "Lead"}), FailureKind.UNAVAILABLE)],
)
def test_no_proper_answer_is_not_that_it_is_nobody_s(
    github: Loopback, account: Account, reply: Reply, kind: FailureKind
) -> None:
    github.on("GET /user", reply)

    login = account.login()

    assert isinstance(login, Unread)
    assert login.kind is kind


def test_a_token_that_is_not_taken_is_raised(github: Loopback, account: Account) -> None:
    github.on("GET /user", problem(401, "Bad credentials"))

    with pytest.raises(CredentialError):
        account.login()


def test_nothing_of_the_token_is_told(account: Account) -> None:
    told = survey_credential(replace(CLASSIC, token=SecretValue(b"ghp_hunter2")), account, {})

    assert "hunter2" not in repr(told)
