"""Which requests each change becomes."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

import pytest
from nacl.public import PrivateKey, SealedBox
from support.clockwork import TOKEN, World
from support.github_json import CUSTOM, environment, listing, problem, reviewers, secret, team, timer, user
from support.loopback import Loopback, Reply, Seen, Silence

from envsync.errors import FailureKind, RequestFailed
from envsync.github.write import GitHubTarget
from envsync.model import (
    LiveEnvironment,
    LiveSecret,
    Pattern,
    RefPolicy,
    RefType,
    RepositoryName,
    SecretValue,
    Settings,
    Team,
    UnknownReviewer,
    Unread,
    User,
)

if TYPE_CHECKING:
    from envsync.github.writer import Writer

WEB = RepositoryName("acme", "web")
E = "/repos/acme/web/environments"
MAIN = Pattern(RefType.BRANCH, "main")


@pytest.fixture
def target(writer: Writer) -> GitHubTarget:
    return GitHubTarget(writer)


class TestEnvironment:
    def test_is_created_with_what_is_not_a_default(self, github: Loopback, target: GitHubTarget) -> None:
        github.on("GET /users/lead", Reply({"id": 4, "login": "lead", "type": "User"}))
        github.on("GET /orgs/acme/teams/devops", Reply({"id": 6, "slug": "devops"}))
        rules = [timer(30), reviewers(team("devops", 6), user("lead", 4))]
        github.on(f"PUT {E}/prod", Reply(environment("prod", number=7, rules=rules, policy=CUSTOM)))
        goal = Settings((Team("acme", "devops"), User("lead")), 30, deployment_branch_policy=RefPolicy.SELECTED)

        made = target.put_environment(WEB, "prod", None, goal)

        assert made == LiveEnvironment("prod", 7, goal, {"acme/devops": 6, "lead": 4})
        assert github.bodies("PUT") == [
            {
                "wait_timer": 30,
                "reviewers": [{"type": "Team", "id": 6}, {"type": "User", "id": 4}],
                "deployment_branch_policy": CUSTOM,
            }
        ]

    def test_that_is_all_defaults_is_created_with_an_empty_body(
        self, github: Loopback, target: GitHubTarget
    ) -> None:
        github.on(f"PUT {E}/prod", Reply(environment("prod")))

        assert target.put_environment(WEB, "prod", None, Settings()) == LiveEnvironment("prod", 1)
        assert github.bodies("PUT") == [{}]

    def test_keeps_its_reviewers_without_looking_them_up(self, github: Loopback, target: GitHubTarget) -> None:
        before = LiveEnvironment("prod", 1, Settings((User("lead"),)), {"lead": 4})
        github.on(f"PUT {E}/prod", Reply(environment("prod", rules=[reviewers(user("lead", 4)), timer(5)])))

        target.put_environment(WEB, "prod", before, Settings((User("Lead"),), 5))

        assert github.lines == [f"PUT {E}/prod"]
        assert github.bodies("PUT") == [{"wait_timer": 5, "reviewers": [{"type": "User", "id": 4}]}]

    def test_shows_what_github_made_less_of(self, github: Loopback, target: GitHubTarget) -> None:
        before = LiveEnvironment("prod", 1, Settings(), {"lead": 4, "carol": 5})
        github.on(f"PUT {E}/prod", Reply(environment("prod", rules=[reviewers(user("lead", 4))])))

        made = target.put_environment(WEB, "prod", before, Settings((User("carol"), User("lead"))))

        assert made.settings == Settings((User("lead"),))

    def test_is_not_written_with_a_reviewer_that_cannot_be_sent(
        self, github: Loopback, target: GitHubTarget
    ) -> None:
        sre = UnknownReviewer("BusinessTeam", "sre")
        before = LiveEnvironment("prod", 1, Settings((sre,)), {"businessteam:sre": 5})

        with pytest.raises(RequestFailed, match="BusinessTeam:sre cannot be kept") as raised:
            target.put_environment(WEB, "prod", before, Settings((sre,), 30))
        assert raised.value.kind is FailureKind.REJECTED
        assert github.seen == []

    def test_answered_with_another_one_is_no_success(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"PUT {E}/prod", Reply(environment("staging")))

        with pytest.raises(RequestFailed, match="name: it should be prod") as raised:
            target.put_environment(WEB, "prod", None, Settings())
        assert raised.value.uncertain

    @pytest.mark.parametrize(
        ("message", "hint"),
        [
            (
                "Failed to create the environment protection rule. Please ensure the billing plan supports it.",
                (
                    "on a private repository, reviewers, a wait timer and prevent_self_review need "
                    "GitHub Enterprise; GitHub may have created the environment all the same, without them"
                ),
            ),
            (
                'Invalid request.\n\n"prevent_self_review" is not a permitted key.',
                (
                    "this GitHub Enterprise Server is too old for the key that it names: "
                    "leave the field at its default"
                ),
            ),
        ],
    )
    def test_refused_for_a_plan_or_a_server_s_age_says_so(
        self, github: Loopback, target: GitHubTarget, message: str, hint: str
    ) -> None:
        github.on(f"PUT {E}/prod", problem(422, message))

        with pytest.raises(RequestFailed) as raised:
            target.put_environment(WEB, "prod", None, Settings(wait_timer=30))

        (diagnostic,) = raised.value.diagnostics
        assert diagnostic.message == (
            f"cannot create the environment prod of acme/web: GitHub refuses it (422): {' '.join(message.split())}"
        )
        assert diagnostic.hint == hint

    def test_not_found_may_be_for_a_plan(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"PUT {E}/prod", problem(404, "Not Found"))

        with pytest.raises(RequestFailed) as raised:
            target.put_environment(WEB, "prod", None, Settings(wait_timer=30))

        assert raised.value.kind is FailureKind.NOT_FOUND
        assert raised.value.diagnostics[0].hint == (
            "check the name; the token from GH_TOKEN needs access to acme/web "
            "and the permission Administration: write; a private repository on GitHub Free has no environments"
        )

    def test_refused_for_want_of_permission_says_which(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"PUT {E}/prod", problem(403, "Resource not accessible by integration"))

        with pytest.raises(RequestFailed, match="cannot change the environment prod of acme/web") as raised:
            target.put_environment(WEB, "prod", LiveEnvironment("prod", 1), Settings(wait_timer=30))

        assert raised.value.diagnostics[0].hint == (
            "the token from GH_TOKEN needs access to acme/web and the permission Administration: write"
        )

    def test_is_deleted(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"DELETE {E}/eu%2Fprod", Reply(None, 204))

        target.delete_environment(WEB, "eu/prod")

        assert github.lines == [f"DELETE {E}/eu%2Fprod"]

    @pytest.mark.parametrize("name", ["", ".", ".."])
    def test_of_a_name_that_is_a_step_in_a_path_is_not_touched(
        self, github: Loopback, target: GitHubTarget, name: str
    ) -> None:
        with pytest.raises(RequestFailed, match="cannot be addressed"):
            target.delete_environment(WEB, name)
        assert github.seen == []

    def test_is_read_with_all_its_parts_or_its_settings_alone(
        self, github: Loopback, target: GitHubTarget, writer: Writer
    ) -> None:
        github.on(f"GET {E}/prod", Reply(environment("prod")))
        github.on(f"GET {E}/prod/deployment_protection_rules", listing("custom_deployment_protection_rules", []))
        github.on(f"GET {E}/prod/variables", listing("variables", []))
        github.on(f"GET {E}/prod/secrets", listing("secrets", []))

        assert target.read_environment(WEB, "prod") == LiveEnvironment("prod", 1)
        settings = GitHubTarget(writer, settings_only=True).read_environment(WEB, "prod")
        assert settings is not None
        assert isinstance(settings.secrets, Unread)


class TestPattern:
    policies = f"{E}/prod/deployment-branch-policies"

    def test_is_created(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"POST {self.policies}", Reply({"id": 1, "name": "v*", "type": "tag"}))

        target.create_pattern(WEB, "prod", Pattern(RefType.TAG, "v*"))

        assert github.bodies("POST") == [{"name": "v*", "type": "tag"}]

    def test_that_exists_is_created_too(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"POST {self.policies}", Reply(None, 303, {"Location": f"{github.address}{self.policies}/1"}))

        target.create_pattern(WEB, "prod", MAIN)

        assert len(github.seen) == 1

    def test_whose_creation_was_lost_is_looked_for(self, github: Loopback, target: GitHubTarget) -> None:
        other_type = {"id": 1, "name": "main", "type": "tag"}
        github.on(f"POST {self.policies}", Silence.CUT, Silence.CUT)
        github.on(
            f"GET {self.policies}",
            Reply({"branch_policies": [other_type]}),
            Reply({"branch_policies": [other_type, {"id": 2, "name": "main", "type": "branch"}]}),
        )

        target.create_pattern(WEB, "prod", MAIN)

        assert [seen.method for seen in github.seen] == ["POST", "GET", "POST", "GET"]

    def test_where_the_mode_is_not_custom_is_a_failure(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"POST {self.policies}", problem(404, "Not Found"))

        with pytest.raises(RequestFailed, match="cannot add the branch pattern main to prod in acme/web"):
            target.create_pattern(WEB, "prod", MAIN)

    def test_is_renamed_and_removed_by_its_number(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"PUT {self.policies}/7", Reply({"id": 7, "name": "release/*"}))
        github.on(f"DELETE {self.policies}/7", Reply(None, 204))

        target.rename_pattern(WEB, "prod", 7, "release/*")
        target.delete_pattern(WEB, "prod", 7)

        assert github.lines == [f"PUT {self.policies}/7", f"DELETE {self.policies}/7"]
        assert github.bodies("PUT") == [{"name": "release/*"}]


class TestRule:
    rules = f"{E}/prod/deployment_protection_rules"
    key = "available_custom_deployment_protection_rule_integrations"

    def test_is_created_by_the_number_of_its_app(self, github: Loopback, target: GitHubTarget) -> None:
        apps = [{"id": number, "slug": f"app-{number}"} for number in range(130)]
        github.on(f"GET {self.rules}/apps", listing(self.key, apps))
        github.on(f"POST {self.rules}", Reply({"id": 1}, 201))

        target.create_rule(WEB, "prod", "App-120")

        assert github.bodies("POST") == [{"integration_id": 120}]

    @pytest.mark.parametrize(
        ("apps", "available"),
        [
            ([{"id": 2, "slug": "gate"}, {"id": 1, "slug": "audit"}], "available: audit, gate"),
            ([], "no App is available"),
        ],
    )
    def test_of_an_app_that_is_not_available_names_those_that_are(
        self, github: Loopback, target: GitHubTarget, apps: list[Any], available: str
    ) -> None:
        github.on(f"GET {self.rules}/apps", listing(self.key, apps))

        with pytest.raises(RequestFailed, match="no GitHub App gaet can guard prod in acme/web") as raised:
            target.create_rule(WEB, "prod", "gaet")

        hint = raised.value.diagnostics[0].hint
        assert hint is not None
        assert hint.startswith(f"{available}; the App has to be installed")

    def test_whose_creation_was_lost_is_looked_for(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"GET {self.rules}/apps", listing(self.key, [{"id": 2, "slug": "gate"}]))
        github.on(f"POST {self.rules}", Silence.CUT)
        there = {"id": 9, "enabled": True, "app": {"slug": "gate"}}
        github.on(f"GET {self.rules}", listing("custom_deployment_protection_rules", [there]))

        target.create_rule(WEB, "prod", "gate")

        assert [seen.method for seen in github.seen] == ["GET", "POST", "GET"]

    def test_is_removed_by_its_number(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"DELETE {self.rules}/9", Reply(None, 204))

        target.delete_rule(WEB, "prod", 9)

        assert github.lines == [f"DELETE {self.rules}/9"]


class TestVariable:
    variables = f"{E}/prod/variables"

    def test_is_created_changed_and_deleted(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"POST {self.variables}", Reply({}, 201))
        github.on(f"PATCH {self.variables}/REGION", Reply(None, 204))
        github.on(f"DELETE {self.variables}/REGION", Reply(None, 204))

        target.create_variable(WEB, "prod", "REGION", "eu\n")
        target.update_variable(WEB, "prod", "REGION", "")
        target.delete_variable(WEB, "prod", "REGION")

        assert [seen.body for seen in github.seen] == [
            {"name": "REGION", "value": "eu\n"},
            {"name": "REGION", "value": ""},
            None,
        ]

    def test_that_exists_is_given_its_value(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"POST {self.variables}", problem(409, "Already exists"))
        github.on(f"PATCH {self.variables}/REGION", Reply(None, 204))

        target.create_variable(WEB, "prod", "REGION", "eu")

        assert github.bodies("PATCH") == [{"name": "REGION", "value": "eu"}]

    def test_whose_creation_was_lost_is_looked_for(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"POST {self.variables}", Silence.CUT, Silence.CUT)
        github.on(
            f"GET {self.variables}/REGION", problem(404, "Not Found"), Reply({"name": "REGION", "value": "us"})
        )
        github.on(f"PATCH {self.variables}/REGION", Reply(None, 204))

        target.create_variable(WEB, "prod", "REGION", "eu")

        assert [seen.method for seen in github.seen] == ["POST", "GET", "POST", "GET", "PATCH"]

    def test_that_cannot_be_looked_for_may_have_been_created(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"POST {self.variables}", Silence.CUT)
        github.on(f"GET {self.variables}/REGION", problem(403, "Forbidden"))

        with pytest.raises(RequestFailed) as raised:
            target.create_variable(WEB, "prod", "REGION", "eu")
        assert raised.value.uncertain


class Vault:
    """GitHub's side of the sealed boxes: it may change its key, and opens only what is under the present one."""

    def __init__(self, github: Loopback) -> None:
        self.private, self.key_id = PrivateKey.generate(), "1"
        self.opened: list[bytes] = []
        github.on(f"GET {E}/prod/secrets/public-key", self.tell)
        github.on(f"PUT {E}/prod/secrets/KEY", self.store)

    def change_key(self) -> None:
        self.private, self.key_id = PrivateKey.generate(), self.key_id + "x"

    def tell(self, _: Seen) -> Reply:
        return Reply({"key_id": self.key_id, "key": b64encode(bytes(self.private.public_key)).decode()})

    def store(self, seen: Seen) -> Reply:
        if seen.body["key_id"] != self.key_id:
            return problem(422, "Invalid key_id")
        self.opened.append(SealedBox(self.private).decrypt(b64decode(seen.body["encrypted_value"])))
        return Reply({}, 201) if len(self.opened) == 1 else Reply(None, 204)


class TestSecret:
    @pytest.fixture
    def vault(self, github: Loopback) -> Vault:
        return Vault(github)

    def test_is_sealed_under_a_key_that_is_read_once(
        self, github: Loopback, target: GitHubTarget, vault: Vault
    ) -> None:
        target.put_secret(WEB, "prod", "KEY", SecretValue(b"first"))
        target.put_secret(WEB, "prod", "KEY", SecretValue(b"second"))

        assert vault.opened == [b"first", b"second"]
        assert [seen.method for seen in github.seen] == ["GET", "PUT", "PUT"]

    def test_is_sealed_anew_when_github_has_another_key(
        self, github: Loopback, target: GitHubTarget, vault: Vault
    ) -> None:
        target.put_secret(WEB, "prod", "KEY", SecretValue(b"first"))
        vault.change_key()
        target.put_secret(WEB, "prod", "KEY", SecretValue(b"second"))
        target.put_secret(WEB, "prod", "KEY", SecretValue(b"third"))

        assert vault.opened == [b"first", b"second", b"third"]
        assert [seen.method for seen in github.seen] == ["GET", "PUT", "PUT", "GET", "PUT", "PUT"]

    @pytest.mark.usefixtures("vault")
    def test_that_is_refused_is_refused_when_the_key_is_right(
        self, github: Loopback, target: GitHubTarget
    ) -> None:
        github.on(f"PUT {E}/prod/secrets/KEY", problem(422, "Too large"))

        with pytest.raises(RequestFailed, match=r"cannot set the secret KEY of prod in acme/web: .*Too large"):
            target.put_secret(WEB, "prod", "KEY", SecretValue(b"first"))
        assert [seen.method for seen in github.seen] == ["GET", "PUT", "GET"]

    @pytest.mark.usefixtures("vault")
    def test_that_may_not_be_set_is_not_tried_under_another_key(
        self, github: Loopback, target: GitHubTarget
    ) -> None:
        github.on(f"PUT {E}/prod/secrets/KEY", problem(403, "Resource not accessible by integration"))

        with pytest.raises(RequestFailed) as raised:
            target.put_secret(WEB, "prod", "KEY", SecretValue(b"first"))

        assert raised.value.kind is FailureKind.NOT_PERMITTED
        assert raised.value.diagnostics[0].hint == (
            "the token from GH_TOKEN needs access to acme/web and the permission Environments: write"
        )
        assert len(github.seen) == 2

    def test_of_an_environment_made_anew_is_sealed_under_its_new_key(
        self, github: Loopback, target: GitHubTarget, vault: Vault
    ) -> None:
        github.on(f"DELETE {E}/prod", Reply(None, 204))
        target.put_secret(WEB, "prod", "KEY", SecretValue(b"first"))
        target.delete_environment(WEB, "prod")
        vault.change_key()
        target.put_secret(WEB, "prod", "KEY", SecretValue(b"second"))

        assert [seen.method for seen in github.seen] == ["GET", "PUT", "DELETE", "GET", "PUT"]

    def test_is_listed_with_its_dates(self, github: Loopback, target: GitHubTarget) -> None:
        named = [secret(f"key_{number}", f"2026-01-02T00:00:{number % 60:02}Z") for number in range(101)]
        github.on(f"GET {E}/eu%2Fprod/secrets", listing("secrets", named))

        found = target.list_secrets(WEB, "eu/prod")

        assert len(found) == 101
        assert found["KEY_7"] == LiveSecret("KEY_7", "2026-01-01T00:00:00Z", "2026-01-02T00:00:07Z")

    @pytest.mark.parametrize(("status", "kind"), [(403, FailureKind.NOT_PERMITTED), (404, FailureKind.NOT_FOUND)])
    def test_that_may_not_be_listed_is_a_failure_and_never_absent(
        self, github: Loopback, target: GitHubTarget, status: int, kind: FailureKind
    ) -> None:
        github.on(f"GET {E}/prod/secrets", problem(status, "no"))

        with pytest.raises(RequestFailed, match="cannot list the secrets of prod in acme/web") as raised:
            target.list_secrets(WEB, "prod")
        assert raised.value.kind is kind

    def test_is_deleted(self, github: Loopback, target: GitHubTarget) -> None:
        github.on(f"DELETE {E}/prod/secrets/KEY", Reply(None, 204))

        target.delete_secret(WEB, "prod", "KEY")

        assert github.lines == [f"DELETE {E}/prod/secrets/KEY"]

    @pytest.mark.usefixtures("vault")
    def test_is_nowhere_even_if_a_server_repeats_what_it_got(
        self, github: Loopback, target: GitHubTarget, world: World
    ) -> None:
        boxes: list[str] = []

        def repeat(seen: Seen) -> Reply:
            boxes.append(seen.body["encrypted_value"])
            return problem(422, json.dumps([seen.body, seen.headers["authorization"]]))

        github.on(f"PUT {E}/prod/secrets/KEY", repeat)

        with pytest.raises(RequestFailed) as raised:
            target.put_secret(WEB, "prod", "KEY", SecretValue(b"hunter2"))

        told = f"{raised.value.diagnostics} {raised.value!r} {world.traces} {world.notices} {vars(target)}"
        assert boxes
        for hidden in (*boxes, "hunter2", TOKEN):
            assert hidden not in told


def test_the_time_is_that_of_the_last_answer(github: Loopback, target: GitHubTarget) -> None:
    github.on(f"GET {E}/prod/secrets", listing("secrets", []))
    github.on(f"DELETE {E}/prod/variables/X", Reply(None, 204, {"Date": "Tue, 14 Nov 2023 22:13:21 GMT"}))

    target.list_secrets(WEB, "prod")
    with pytest.raises(RequestFailed, match="cannot tell GitHub's time"):
        target.server_time()
    target.delete_variable(WEB, "prod", "X")
    assert target.server_time() == 1_700_000_001
