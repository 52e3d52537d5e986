from __future__ import annotations

import pytest

from envsync.errors import ConfigError
from envsync.github.server import Target, api_url, is_loopback, target_of, web_host


def test_the_option_goes_before_the_variable_and_the_variable_before_github_com() -> None:
    environ = {"GITHUB_API_URL": "https://ghe.example/api/v3"}

    assert api_url("https://other.example/api/v3/", environ) == "https://other.example/api/v3"
    assert api_url(None, environ) == "https://ghe.example/api/v3"
    assert api_url(None, {"GITHUB_API_URL": ""}) == "https://api.github.com"
    assert api_url(None, {}) == "https://api.github.com"


def test_one_server_has_one_address_however_it_is_spelt() -> None:
    assert api_url("HTTPS://GHE.Example:8443/api/v3/", {}) == "https://ghe.example:8443/api/v3"


@pytest.mark.parametrize(
    "url", ["http://localhost:8080", "http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:80"]
)
def test_plain_http_is_for_this_machine(url: str) -> None:
    assert is_loopback(url)
    assert api_url(url, {}) == url


@pytest.mark.parametrize(
    "url", ["http://api.github.com", "http://localhost.example", "http://127.0.0.1.example", "http://10.0.0.1"]
)
def test_a_token_is_not_sent_to_another_machine_in_the_clear(url: str) -> None:
    with pytest.raises(ConfigError, match="unencrypted") as raised:
        api_url(url, {})

    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "insecure-api-url"
    assert diagnostic.hint == "use https; plain http is for a server on this machine only"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", "is not an http or https URL"),
        ("api.github.com", "is not an http or https URL"),
        ("ftp://ghe.example", "is not an http or https URL"),
        ("https://", "is not an http or https URL"),
        ("https://ghe.example/a b", "is not an http or https URL"),
        ("https://ghé.example", "is not an http or https URL"),
        ("https://ghe.example:port", "is not a URL"),
        ("https://[::1", "is not a URL"),
        ("https://me:hunter2@ghe.example", "has credentials in it"),
        ("https://ghe.example?token=hunter2", "has a query or a fragment"),
        ("https://ghe.example#x", "has a query or a fragment"),
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str, fault: str) -> None:
    with pytest.raises(ConfigError) as raised:
        api_url(url, {})

    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "invalid-api-url"
    assert diagnostic.message == f"--api-url {fault}"
    assert "hunter2" not in str(diagnostic)


def test_people_know_the_server_by_its_web_host() -> None:
    assert web_host("https://api.github.com") == "github.com"
    assert web_host("https://ghe.example/api/v3") == "ghe.example"
    assert web_host("https://api.acme.ghe.com") == "acme.ghe.com"


def test_a_link_is_taken_apart_under_the_address_of_the_api() -> None:
    assert target_of(
        "https://ghe.example:443/api/v3/user/repos?page=2&q=", api_url="https://ghe.example/api/v3"
    ) == (Target("/user/repos", (("page", "2"), ("q", ""))))
    assert target_of("/repositories/7", api_url="https://api.github.com") == Target("/repositories/7")


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/v3/user",
        "http://ghe.example/api/v3/user",
        "https://ghe.example:444/api/v3/user",
        "https://ghe.example/api/v4/user",
        "https://ghe.example/api/v3x/user",
        "//evil.example/api/v3/user",
        "https://ghe.example:port/api/v3/user",
    ],
)
def test_a_link_that_leads_elsewhere_is_nobody_s(link: str) -> None:
    assert target_of(link, api_url="https://ghe.example/api/v3") is None
