"""Apps that sign in with a key, and the tokens of their installations."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from support.app_keys import private_pem, public_pem
from support.sandbox_http import PRODUCTION, REPOSITORY, Clock, Result, world

from envsync.errors import EnvsyncError
from envsync.sandbox import Options, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from support.sandbox_http import World

NOT_DECODED = "A JSON web token could not be decoded"
NOT_ACCESSIBLE = "Resource not accessible by integration"
READING = {"actions": "read", "administration": "read", "environments": "read"}
ISSUED = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
EXPIRES = (
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion "
    "expires"
)
TOO_FAR = "'Expiration time' claim ('exp') is too far in the future"


@pytest.fixture
def github() -> Iterator[World]:
    with world() as one:
        one.sandbox.seed(
            repositories=[("acme", "web"), ("other", "tool"), ("other", "site")],
        )
        one.sandbox.state.repository("other/site").private = False
        yield one


def install(github: World, **changes: Any) -> tuple[int, int]:
    given: dict[str, Any] = {"public_key": public_pem(), "owner": "acme", "permissions": READING}
    return github.sandbox.install_app("robot", **{**given, **changes})


def assertion(github: World, app: object, *, number: int = 0, **changes: Any) -> str:
    now = int(github.clock.now.timestamp())
    claims = {"iss": app, "iat": now - 60, "exp": now + 540, **changes}
    payload = json.dumps({key: value for key, value in claims.items() if value is not None}).encode()
    return jwt.PyJWS().encode(payload, private_pem(number), algorithm="RS256")


@contextmanager
def signed_in(github: World, app: object, **claims: Any) -> Iterator[Any]:
    with github.client(assertion(github, app, **claims)) as call:
        yield call


def get_app(github: World, app: object, **claims: Any) -> Result:
    with signed_in(github, app, **claims) as call:
        found: Result = call("GET", "/app")
    return found


def issue(github: World, ids: tuple[int, int], body: Mapping[str, object] | None = None) -> Result:
    app, installation = ids
    with signed_in(github, app) as call:
        found: Result = call("POST", f"/app/installations/{installation}/access_tokens", body)
    return found


def token(github: World, ids: tuple[int, int], body: Mapping[str, object] | None = None) -> str:
    return str(issue(github, ids, body).json["token"])


class TestSigningIn:
    def test_an_app_is_known_by_its_id_as_a_number_or_as_text_and_by_its_client_id(self, github: World) -> None:
        app, _ = install(github)
        client_id = github.call("GET", "/apps/robot").json["client_id"]
        assert client_id.startswith("Iv23li")
        for issuer in (app, str(app), client_id):
            found = get_app(github, issuer).json
            assert (found["slug"], found["owner"]["login"], found["installations_count"]) == ("robot", "acme", 1)
            assert found["permissions"] == {"metadata": "read", **READING}

    def test_another_key_than_the_apps_own(self, github: World) -> None:
        app, _ = install(github)
        answer = get_app(github, app, number=1)
        assert (answer.status, answer.message) == (401, NOT_DECODED)

    def test_a_new_key_takes_the_place_of_the_old_one(self, github: World) -> None:
        app, _ = install(github)
        install(github, public_key=public_pem(1))
        assert get_app(github, app).status == 401
        assert get_app(github, app, number=1).status == 200

    def test_an_app_that_nobody_knows(self, github: World) -> None:
        install(github)
        answer = get_app(github, 1)
        assert (answer.status, answer.message) == (404, "Integration not found")

    def test_an_app_without_a_key(self, github: World) -> None:
        answer = get_app(github, github.sandbox.state.apps["change-gate"].id)
        assert (answer.status, answer.message) == (401, "Integration must generate a public key")

    @pytest.mark.parametrize(
        ("claims", "message"),
        [
            ({"exp": None}, EXPIRES),
            ({"exp": "soon"}, EXPIRES),
            ({"exp": True}, EXPIRES),
            ({"exp": 1_772_366_400}, EXPIRES),  # just now
            ({"exp": 1_772_367_001}, TOO_FAR),
            ({"iat": None}, ISSUED),
            ({"iat": "1772366400"}, ISSUED),
            ({"iat": 1_772_366_400.5}, ISSUED),
            ({"iat": 1_772_366_461}, ISSUED),
            ({"iss": None}, "'Issuer' claim ('iss') must be an Integer"),
            ({"iss": True}, "'Issuer' claim ('iss') must be an Integer"),
        ],
        ids=str,
    )
    def test_what_it_claims_is_held_against_the_clock(
        self, github: World, claims: dict[str, object], message: str
    ) -> None:
        app, _ = install(github)
        answer = get_app(github, app, **claims)
        assert (answer.status, answer.message) == (401, message)

    @pytest.mark.parametrize("claims", [{"exp": 1_772_367_000}, {"iat": 1_772_366_460}, {"exp": 1_772_366_900.5}])
    def test_and_taken_up_to_its_limits(self, github: World, claims: dict[str, object]) -> None:
        app, _ = install(github)
        assert get_app(github, app, **claims).status == 200

    def test_it_is_the_sandboxs_clock(self, github: World) -> None:
        app, _ = install(github)
        with signed_in(github, app) as call:
            assert call("GET", "/app").status == 200
            github.clock.advance(540)
            assert call("GET", "/app").message == EXPIRES

    @pytest.mark.parametrize("value", ["sandbox", "wrong", "a.b.c", "ghs_0", "e30.W10.", "..", "e30.W10.e30"])
    def test_what_is_no_such_thing(self, github: World, value: str) -> None:
        with github.client(value) as call:
            answer = call("GET", "/app")
        assert (answer.status, answer.message) == (401, NOT_DECODED)

    @pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512"])
    def test_what_is_signed_in_another_way(self, github: World, algorithm: str) -> None:
        app, _ = install(github)
        now = int(github.clock.now.timestamp())
        key: Any = {"none": None, "HS256": "k" * 64, "RS512": private_pem()}[algorithm]
        value = jwt.encode({"iss": str(app), "iat": now, "exp": now + 60}, key, algorithm=algorithm)
        with github.client(value) as call:
            assert call("GET", "/app").message == NOT_DECODED

    def test_without_anything(self, github: World) -> None:
        with github.client(None) as call:
            assert call("GET", "/app").message == "Requires authentication"

    def test_it_opens_nothing_else(self, github: World) -> None:
        app, _ = install(github)
        with signed_in(github, app) as call:
            for path in (REPOSITORY, PRODUCTION, "/user", "/user/repos", "/installation/repositories"):
                answer = call("GET", path)
                assert (answer.status, answer.message) == (403, NOT_ACCESSIBLE)
            for path in ("/meta", "/rate_limit", "/apps/robot", "/orgs/acme", "/users/alice"):
                assert call("GET", path).status == 200


class TestInstallations:
    def test_of_a_repository_of_an_organization_and_of_a_user(self, github: World) -> None:
        github.sandbox.seed(users=["carol"], repositories=[("carol", "notes")])
        app, here = install(github)
        _, there = install(github, account="carol")
        with signed_in(github, app) as call:
            for path in (f"{REPOSITORY}/installation", "/orgs/Acme/installation", "/users/acme/installation"):
                found = call("GET", path).json
                assert (found["id"], found["account"]["login"]) == (here, "acme")
                assert (found["target_type"], found["repository_selection"]) == ("Organization", "all")
                assert found["html_url"].endswith(f"/organizations/acme/settings/installations/{here}")
            found = call("GET", "/users/carol/installation").json
            assert (found["id"], found["target_type"]) == (there, "User")
            assert found["html_url"] == f"{github.sandbox.url}/settings/installations/{there}"
            assert call("GET", "/repos/carol/notes/installation").json["id"] == there
            assert call("GET", f"/app/installations/{here}").json["app_slug"] == "robot"
            assert [one["id"] for one in call.pages("/app/installations?per_page=1")] == [here, there]

    def test_where_it_is_not_installed(self, github: World) -> None:
        app, installation = install(github, repositories=["acme/web"])
        gate, _ = github.sandbox.install_app("gate", public_key=public_pem(), owner="acme", permissions={})
        with signed_in(github, app) as call:
            for path in (
                f"{REPOSITORY}/installation",  # not among the selected ones
                "/repos/other/tool/installation",
                "/repos/other/site/installation",  # public
                "/repos/acme/nothing/installation",
                "/orgs/other/installation",
                "/orgs/alice/installation",
                "/users/alice/installation",
                "/app/installations/1",
                "/app/installations/x",
            ):
                answer = call("GET", path)
                assert (answer.status, answer.message) == (404, "Not Found")
            assert call("GET", "/repos/acme/web/installation").json["repository_selection"] == "selected"
        with signed_in(github, gate) as call:  # another App's is none of its own
            assert call("GET", f"/app/installations/{installation}").status == 404

    def test_a_renamed_repository_keeps_it(self, github: World) -> None:
        app, _ = install(github, repositories=["acme/payments"])
        github.sandbox.state.rename("acme/payments", "billing")
        with signed_in(github, app) as call:
            assert call("GET", f"{REPOSITORY}/installation").status == 301
            assert call("GET", "/repos/acme/billing/installation").status == 200

    def test_a_suspended_one(self, github: World) -> None:
        ids = install(github)
        before = token(github, ids)
        github.sandbox.state.installations[ids[1]].suspended = True
        answer = issue(github, ids)
        assert (answer.status, answer.message) == (403, "This installation has been suspended")
        with signed_in(github, ids[0]) as call:
            assert call("GET", "/orgs/acme/installation").json["suspended_at"]
        with github.client(before) as call:
            assert call("GET", REPOSITORY).message == "This installation has been suspended"

    def test_one_that_was_taken_away_takes_its_tokens_along(self, github: World) -> None:
        ids = install(github)
        before = token(github, ids)
        del github.sandbox.state.installations[ids[1]]
        assert issue(github, ids).status == 404
        with github.client(before) as call:
            assert call("GET", REPOSITORY).message == "Bad credentials"


class TestTokens:
    def test_a_token_does_what_was_granted_where_it_was_granted(self, github: World) -> None:
        answer = issue(github, install(github))
        assert answer.status == 201
        assert answer.json["expires_at"] == "2026-03-01T13:00:00Z"
        assert answer.json["repository_selection"] == "all"
        assert answer.json["token"].startswith("ghs_")
        with github.client(answer.json["token"]) as call:
            assert call("GET", PRODUCTION).status == 200
            assert call("GET", f"{PRODUCTION}/variables").status == 200
            for method, path in (("PUT", PRODUCTION), ("POST", f"{PRODUCTION}/variables")):
                assert call(method, path).message == NOT_ACCESSIBLE
            assert call("GET", "/repos/other/tool").status == 404
            assert call("GET", "/repos/other/site").status == 200
            assert call("GET", "/repos/other/site/environments").message == NOT_ACCESSIBLE

    def test_it_is_nobodys_user(self, github: World) -> None:
        with github.client(token(github, install(github))) as call:
            for path in ("/user", "/user/repos"):
                assert (call("GET", path).status, call("GET", path).message) == (403, NOT_ACCESSIBLE)
            bot = call("GET", "/users/robot%5Bbot%5D").json
        assert (bot["login"], bot["type"]) == ("robot[bot]", "Bot")
        assert bot["html_url"] == f"{github.sandbox.url}/apps/robot"

    def test_members_are_those_of_its_own_organization(self, github: World) -> None:
        github.sandbox.seed(teams=[("other", "crew")])
        with github.client(token(github, install(github, permissions={"members": "read"}))) as call:
            assert call("GET", "/orgs/ACME/teams/devops").status == 200
            assert call("GET", "/orgs/other/teams/crew").status == 403

    def test_it_lives_for_so_long(self) -> None:
        clock = Clock()
        with world(options=Options(now=clock, token_seconds=90)) as github:
            github.clock = clock
            ids = install(github)
            first = token(github, ids)
            with github.client(first) as call:
                clock.advance(89)
                assert call("GET", REPOSITORY).status == 200
                clock.advance(1)
                answer = call("GET", REPOSITORY)
                assert (answer.status, answer.message) == (401, "Bad credentials")
            second = token(github, ids)
            assert github.sandbox.state.issued.keys() == {second}

    def test_any_token_can_end(self, github: World) -> None:
        github.sandbox.state.tokens["sandbox"].expires_at = "2026-03-01T12:00:00Z"
        assert github.call("GET", REPOSITORY).message == "Bad credentials"

    def test_it_can_be_narrowed(self, github: World) -> None:
        ids = install(github, permissions={"actions": "write", "issues": "write"})
        web = github.sandbox.state.repository("acme/web")
        for named in ({"repositories": ["Web"]}, {"repository_ids": [web.id]}):
            answer = issue(github, ids, {**named, "permissions": {"actions": "read"}}).json
            assert answer["permissions"] == {"actions": "read", "metadata": "read"}
            assert answer["repository_selection"] == "selected"
            assert [one["full_name"] for one in answer["repositories"]] == ["acme/web"]
            with github.client(answer["token"]) as call:
                assert call("GET", "/repos/acme/web/environments").status == 200
                assert call("GET", REPOSITORY).status == 404
                assert [one["name"] for one in call.pages("/installation/repositories", "repositories")] == ["web"]

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ({"repositories": ["payments"]}, "at least one repository that does not exist or is not accessible"),
            ({"repositories": ["nothing"]}, "at least one repository that does not exist or is not accessible"),
            ({"repository_ids": [1]}, "at least one repository that does not exist or is not accessible"),
            ({"permissions": {"actions": "write"}}, "permissions requested are not granted to this installation"),
            ({"permissions": {"issues": "read"}}, "permissions requested are not granted to this installation"),
            ({"permissions": {"actions": "admin"}}, "permissions requested are not granted to this installation"),
            ({"permissions": []}, "'properties/permissions', a value of type list is not an object"),
            ({"repositories": "web"}, "'properties/repositories', a value of type str is not an array"),
            ({"repositories": [1]}, "'properties/repositories', 1 is not a string"),
            ({"repository_ids": ["1"]}, "'properties/repository_ids', a value of type str is not an integer"),
            ([], "must be an object"),
        ],
        ids=str,
    )
    def test_but_not_beyond_what_was_granted(self, github: World, body: Any, message: str) -> None:
        answer = issue(github, install(github, repositories=["acme/web"]), body)
        assert answer.status == 422
        assert message in answer.message

    def test_it_follows_what_the_installation_covers(self, github: World) -> None:
        ids = install(github, repositories=["acme/web", "acme/payments"])
        everything = token(github, ids)
        narrowed = token(github, ids, {"repositories": ["web"]})
        install(github, repositories=["acme/payments"])
        with github.client(everything) as call:
            assert call("GET", "/repos/acme/web").status == 404
            assert call("GET", REPOSITORY).status == 200
        with github.client(narrowed) as call:
            assert call("GET", "/repos/acme/web").status == 404

    def test_the_repositories_of_an_installation(self, github: World) -> None:
        with github.client(token(github, install(github))) as call:
            answer = call("GET", "/installation/repositories?per_page=1")
            assert (answer.json["total_count"], answer.json["repository_selection"]) == (2, "all")
            found = call.pages("/installation/repositories?per_page=1", "repositories")
        assert [one["full_name"] for one in found] == ["acme/payments", "acme/web"]
        answer = github.call("GET", "/installation/repositories")
        assert answer.status == 403
        assert "authenticate with an installation access token" in answer.message

    def test_all_tokens_of_an_installation_share_a_rate_limit(self) -> None:
        clock = Clock()
        with world(options=Options(now=clock, rate_limit=50)) as github:
            ids = install(github)
            remaining = []
            for _ in range(2):
                with github.client(token(github, ids)) as call:
                    remaining.append(call("GET", REPOSITORY).headers["x-ratelimit-remaining"])
            assert remaining == ["49", "48"]


class TestInstalling:
    def test_once_more_changes_nothing(self, github: World) -> None:
        ids = install(github, repositories=["acme/web"])
        before = repr(github.sandbox.state)
        assert install(github, repositories=["acme/web"], owner="ACME") == ids
        assert repr(github.sandbox.state) == before

    def test_what_is_granted_later_is_granted_where_it_is_asked_for(self, github: World) -> None:
        app, here = install(github)
        _, there = install(github, account="other", permissions={"actions": "write"})
        state = github.sandbox.state
        assert state.installations[here].permissions["actions"] == "read"
        assert state.installations[there].permissions == {"metadata": "read", "actions": "write"}
        assert state.apps["robot"].permissions == {"metadata": "read", "actions": "write"}
        assert app == state.apps["robot"].id

    def test_owner_and_bot_exist_from_then_on(self) -> None:
        with Sandbox() as sandbox:
            sandbox.install_app("robot", public_key="", owner="acme", permissions={})
            kinds = {login: one.type for login, one in sandbox.state.accounts.items()}
        assert (kinds["acme"], kinds["robot[bot]"]) == ("Organization", "Bot")

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"public_key": "key"}, "the App's key is no public key as PEM"),
            ({"repositories": ["other/tool"]}, "other/tool is not a repository of acme"),
            ({"owner": "a b"}, "'a b' is not a login"),
        ],
    )
    def test_what_github_would_not_have(self, github: World, changes: dict[str, Any], problem: str) -> None:
        with pytest.raises(EnvsyncError, match=problem):
            install(github, **changes)

    def test_keys_are_for_rsa(self, github: World) -> None:
        public = ec.generate_private_key(ec.SECP256R1()).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with pytest.raises(EnvsyncError, match="not for RSA"):
            install(github, public_key=pem)

    def test_a_private_key_is_none_to_keep(self, github: World) -> None:
        with pytest.raises(EnvsyncError, match="no public key"):
            install(github, public_key=private_pem())

    def test_an_app_for_something_else_offers_no_protection_rule(self, github: World) -> None:
        app, _ = install(github)
        rules = f"{PRODUCTION}/deployment_protection_rules"
        offered = github.call("GET", f"{rules}/apps").json[
            "available_custom_deployment_protection_rule_integrations"
        ]
        assert [one["slug"] for one in offered] == ["change-gate"]
        assert github.call("POST", rules, {"integration_id": app}).status == 422
        install(github, permissions={"deployments": "write"})
        assert github.call("POST", rules, {"integration_id": app}).status == 201
