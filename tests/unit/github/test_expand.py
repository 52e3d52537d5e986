from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.github_json import listing, problem
from support.loopback import Loopback, Reply

from envsync.errors import FailureKind, RequestFailed
from envsync.github.expand import Owners, expand

if TYPE_CHECKING:
    from envsync.github.reader import Reader


def repository(name: str, *, owner: str = "acme", archived: bool = False, fork: bool = False) -> dict[str, Any]:
    return {"id": 7, "name": name, "owner": {"login": owner}, "archived": archived, "fork": fork}


def expanded(reader: Reader, pattern: str, *, archived: bool = False, forks: bool = False) -> list[str]:
    return [str(name) for name in expand(Owners(reader), "acme", pattern, archived=archived, forks=forks)]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*", ["acme/api", "acme/Web", "acme/web-2", "acme/web.x"]),
        ("web*", ["acme/Web", "acme/web-2", "acme/web.x"]),
        ("WEB??", ["acme/web-2", "acme/web.x"]),
        ("web.?", ["acme/web.x"]),
        ("[aw]*", []),
        ("web", ["acme/Web"]),
    ],
)
def test_star_and_question_mark_match_in_any_case(
    github: Loopback, reader: Reader, pattern: str, names: list[str]
) -> None:
    repositories = [repository(name) for name in ("web.x", "Web", "api", "web-2")]
    github.on("GET /orgs/acme/repos", listing(None, repositories))

    assert expanded(reader, pattern) == names


def test_archived_repositories_and_forks_are_taken_in_on_demand(github: Loopback, reader: Reader) -> None:
    repositories = [repository("a", archived=True), repository("b", fork=True), repository("c")]
    github.on("GET /orgs/acme/repos", listing(None, repositories))

    assert expanded(reader, "*") == ["acme/c"]
    assert expanded(reader, "*", archived=True) == ["acme/a", "acme/c"]
    assert expanded(reader, "*", archived=True, forks=True) == ["acme/a", "acme/b", "acme/c"]


def test_an_owner_is_listed_once_for_all_patterns(github: Loopback, reader: Reader) -> None:
    github.on("GET /orgs/acme/repos", listing(None, [repository("web"), repository("api")]))
    owners = Owners(reader)

    found = [expand(owners, owner, "a*", archived=False, forks=False) for owner in ("acme", "ACME")]

    assert [[str(name) for name in each] for each in found] == [["acme/api"]] * 2
    assert len(github.seen) == 1


def test_an_organization_may_have_many(github: Loopback, reader: Reader) -> None:
    github.on("GET /orgs/acme/repos", listing(None, [repository(f"r{number:03}") for number in range(250)]))

    assert len(expanded(reader, "*")) == 250
    assert len(github.seen) == 3


def test_one_s_own_repositories_are_listed_with_the_private_ones(github: Loopback, reader: Reader) -> None:
    github.on("GET /user", Reply({"login": "Acme"}))
    github.on("GET /user/repos", listing(None, [repository("mine"), repository("theirs", owner="friend")]))

    assert expanded(reader, "*") == ["acme/mine"]
    assert "GET /user/repos?affiliation=owner&per_page=100" in github.lines


@pytest.mark.parametrize("whose", [Reply({"login": "me"}), problem(403, "Resource not accessible by integration")])
def test_of_another_user_the_public_ones_are_listed(github: Loopback, reader: Reader, whose: Reply) -> None:
    github.on("GET /user", whose)
    github.on("GET /users/acme/repos", listing(None, [repository("theirs")]))

    assert expanded(reader, "*") == ["acme/theirs"]


def test_an_installation_s_repositories_of_the_user_are_among_them(github: Loopback, reader: Reader) -> None:
    github.on("GET /user", problem(403, "Resource not accessible by integration"))
    installed = [repository("hidden"), repository("open"), repository("theirs", owner="friend")]
    github.on("GET /installation/repositories", listing("repositories", installed))
    github.on("GET /users/acme/repos", listing(None, [repository("open"), repository("public")]))

    assert expanded(reader, "*") == ["acme/hidden", "acme/open", "acme/public"]


def test_a_failure_is_no_empty_list(github: Loopback, reader: Reader) -> None:
    with pytest.raises(RequestFailed, match="cannot list the repositories of acme") as raised:
        expanded(reader, "*")
    assert raised.value.kind is FailureKind.NOT_FOUND

    github.on("GET /user", problem(403, "Resource not accessible by integration"))
    github.on("GET /installation/repositories", problem(401, "Bad credentials"))
    with pytest.raises(RequestFailed) as raised:
        expanded(reader, "*")
    assert raised.value.kind is FailureKind.NOT_AUTHENTICATED

    github.on("GET /user", problem(401, "Bad credentials"))
    with pytest.raises(RequestFailed, match="cannot find out whose the token is"):
        expanded(reader, "*")

    github.on("GET /orgs/acme/repos", problem(403, "SAML"))
    with pytest.raises(RequestFailed, match="GitHub does not permit it: SAML"):
        expanded(reader, "*")
