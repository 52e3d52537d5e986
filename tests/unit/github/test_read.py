from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from support.github_json import (
    CUSTOM,
    PROTECTED,
    environment,
    listing,
    problem,
    reviewers,
    secret,
    timer,
    user,
    variable,
)
from support.loopback import Loopback, Reply

from envsync.errors import FailureKind, RequestFailed
from envsync.github.read import read_environment, read_repository
from envsync.model import (
    ListedEnvironment,
    LiveEnvironment,
    LivePattern,
    LiveRule,
    LiveSecret,
    LiveVariable,
    OtherEnvironment,
    Pattern,
    RefPolicy,
    RefType,
    RepositoryName,
    Settings,
    Unread,
)

if TYPE_CHECKING:
    from envsync.github.reader import Reader

E = "GET /repos/acme/web/environments"
FORBIDDEN = problem(403, "Resource not accessible by personal access token")


def serve_prod(github: Loopback, name: str = "prod", encoded: str = "prod") -> None:
    """One environment with something of everything, in an order of GitHub's own."""
    github.on(E, listing("environments", [environment(name, number=7, policy=CUSTOM)]))
    github.on(f"{E}/{encoded}", Reply(environment(name, number=7, policy=CUSTOM)))
    branches = [{"id": 12, "name": "main", "type": "branch"}, {"id": 11, "name": "v*", "type": "tag"}]
    github.on(f"{E}/{encoded}/deployment-branch-policies", listing("branch_policies", branches))
    rules = [
        {"id": 3, "enabled": True, "app": {"slug": "gate"}},
        {"id": 2, "enabled": False, "app": {"slug": "audit"}},
    ]
    github.on(f"{E}/{encoded}/deployment_protection_rules", listing("custom_deployment_protection_rules", rules))
    variables = [variable("ZONE", "b"), variable("REGION", "eu")]
    github.on(f"{E}/{encoded}/variables", listing("variables", variables, most=30))
    github.on(f"{E}/{encoded}/secrets", listing("secrets", [secret("TOKEN"), secret("KEY")]))


VARIABLES = {
    "REGION": LiveVariable("REGION", "eu", "2026-01-02T00:00:00Z"),
    "ZONE": LiveVariable("ZONE", "b", "2026-01-02T00:00:00Z"),
}
RECORD = LiveVariable("ENVSYNC_RECORD", '{"v": 1}', "2026-01-02T00:00:00Z")
PROD = LiveEnvironment(
    name="prod",
    id=7,
    settings=Settings(deployment_branch_policy=RefPolicy.SELECTED),
    patterns=(LivePattern(12, Pattern(RefType.BRANCH, "main")), LivePattern(11, Pattern(RefType.TAG, "v*"))),
    protection_rules=(LiveRule(2, "audit", enabled=False), LiveRule(3, "gate")),
    variables=VARIABLES,
    secrets={
        "KEY": LiveSecret("KEY", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
        "TOKEN": LiveSecret("TOKEN", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
    },
)


def test_an_environment_is_read_in_full_and_sorted(github: Loopback, reader: Reader, web: RepositoryName) -> None:
    serve_prod(github)

    repository = read_repository(reader, web, ["PROD", "staging"], settings_only=False)

    assert repository.name == repository.requested == web
    assert repository.environment_names == ("prod",)
    assert repository.environments == {"prod": PROD}
    assert list(repository.environments["prod"].variables or ()) == ["REGION", "ZONE"]  # type: ignore[arg-type]
    assert len(github.seen) == 5


class TestNumberOfTheRepository:
    def test_is_read_first_where_it_is_asked_for(
        self, github: Loopback, reader: Reader, web: RepositoryName
    ) -> None:
        serve_prod(github)
        github.on("GET /repos/acme/web", Reply({"id": 9, "full_name": "Acme/Web"}))

        repository = read_repository(reader, web, [], settings_only=True, identify=True)

        assert repository.id == 9
        assert repository.name == web  # as the file writes it: case makes no difference to GitHub
        assert github.lines == ["GET /repos/acme/web", f"{E}?per_page=100"]

    def test_is_not_read_unless_it_is(self, github: Loopback, reader: Reader, web: RepositoryName) -> None:
        serve_prod(github)

        assert read_repository(reader, web, [], settings_only=False).id is None
        assert github.lines == [f"{E}?per_page=100"]

    @pytest.mark.parametrize("answer", [FORBIDDEN, problem(404, "Not Found"), Reply({"full_name": "acme/web"})])
    def test_that_cannot_be_read_is_a_failure(
        self, github: Loopback, reader: Reader, web: RepositoryName, answer: Reply
    ) -> None:
        serve_prod(github)
        github.on("GET /repos/acme/web", answer)

        with pytest.raises(RequestFailed):
            read_repository(reader, web, [], settings_only=False, identify=True)
        assert len(github.seen) == 1


class TestList:
    def serve(self, github: Loopback) -> None:
        serve_prod(github)
        bare = environment("Bare", number=8, rules=[timer(5)])
        del bare["created_at"]
        listed = [environment("prod", number=7, policy=CUSTOM), bare, environment("gone", created_at=None)]
        github.on(E, listing("environments", listed))
        rules = [{"id": 3, "enabled": True, "app": {"slug": "gate"}}]
        github.on(f"{E}/Bare/deployment_protection_rules", listing("custom_deployment_protection_rules", rules))

    def test_tells_of_all_environments_without_another_request(
        self, github: Loopback, reader: Reader, web: RepositoryName
    ) -> None:
        self.serve(github)

        repository = read_repository(reader, web, [], settings_only=True)

        selected = Settings(deployment_branch_policy=RefPolicy.SELECTED)
        assert repository.listed == {
            "prod": ListedEnvironment("prod", "2026-01-01T00:00:00Z", selected),
            "bare": ListedEnvironment("Bare", None, Settings(wait_timer=5)),
            "gone": ListedEnvironment("gone", None, Settings()),
        }
        assert github.lines == [f"{E}?per_page=100"]

    def test_tells_which_rules_guard_those_that_were_asked_for(
        self, github: Loopback, reader: Reader, web: RepositoryName
    ) -> None:
        self.serve(github)
        asked: list[str] = []

        def guarding(listed: ListedEnvironment) -> bool:
            asked.append(listed.name)
            return listed.name == "Bare"

        listed = read_repository(reader, web, [], settings_only=True, guarding=guarding).listed

        assert asked == ["prod", "Bare", "gone"]
        assert listed["bare"].protection_rules == (LiveRule(3, "gate"),)
        assert listed["prod"].protection_rules is None
        assert github.lines == [f"{E}?per_page=100", f"{E}/Bare/deployment_protection_rules"]

    def test_takes_rules_that_were_read_with_all_the_rest(
        self, github: Loopback, reader: Reader, web: RepositoryName
    ) -> None:
        self.serve(github)

        repository = read_repository(
            reader, web, ["prod"], settings_only=True, guarding=lambda listed: listed.name == "prod"
        )

        assert repository.listed["prod"].protection_rules == PROD.protection_rules
        assert sum(line.endswith("deployment_protection_rules") for line in github.lines) == 1

    def test_says_which_rules_could_not_be_read(
        self, github: Loopback, reader: Reader, web: RepositoryName
    ) -> None:
        self.serve(github)
        github.on(f"{E}/Bare/deployment_protection_rules", FORBIDDEN)

        listed = read_repository(
            reader, web, [], settings_only=True, guarding=lambda each: each.name == "Bare"
        ).listed

        unread = listed["bare"].protection_rules
        assert isinstance(unread, Unread)
        assert unread.kind is FailureKind.NOT_PERMITTED


class TestRecord:
    def listed(self, github: Loopback, *more: dict[str, Any], name: str = "prod") -> None:
        variables = [variable("ZONE", "b"), *more, variable("REGION", "eu")]
        github.on(f"{E}/{name}/variables", listing("variables", variables, most=30))

    @pytest.mark.parametrize("name", ["ENVSYNC_RECORD", "Envsync_Record"])
    def test_stands_apart_from_the_user_s_variables(
        self, github: Loopback, reader: Reader, web: RepositoryName, name: str
    ) -> None:
        serve_prod(github)
        self.listed(github, variable(name, RECORD.value))

        found = read_environment(reader, web, "prod", settings_only=False)

        assert found == replace(PROD, record=RECORD)
        assert read_repository(reader, web, ["prod"], settings_only=False).environments["prod"] == found

    def test_may_stand_on_any_page(self, github: Loopback, reader: Reader, web: RepositoryName) -> None:
        serve_prod(github)
        self.listed(github, *(variable(f"V{number}", "") for number in range(70)), variable(RECORD.name, "{}"))

        found = read_repository(reader, web, [], settings_only=False, others=lambda _: True)

        assert found.others["prod"].record == replace(RECORD, value="{}")
        assert len(github.seen) == 4

    def test_of_others_is_read_where_it_is_asked_for(
        self, github: Loopback, reader: Reader, web: RepositoryName
    ) -> None:
        serve_prod(github)
        names = ["prod", "Old", "bare", "github-pages"]
        github.on(E, listing("environments", [environment(name, number=7, policy=CUSTOM) for name in names]))
        self.listed(github, variable(RECORD.name, RECORD.value), name="Old")
        self.listed(github, name="bare")
        asked: list[str] = []

        def others(name: str) -> bool:
            asked.append(name)
            return name != "github-pages"

        repository = read_repository(reader, web, ["PROD"], settings_only=False, others=others)

        assert repository.others == {
            "old": OtherEnvironment("Old", 7, RECORD),
            "bare": OtherEnvironment("bare", 7, None),
        }
        assert repository.environments == {"prod": PROD}
        assert asked == ["Old", "bare", "github-pages"]
        assert github.lines[-2:] == [f"{E}/Old/variables?per_page=30", f"{E}/bare/variables?per_page=30"]
        assert len(github.seen) == 1 + 4 + 2

    @pytest.mark.parametrize("answer", [FORBIDDEN, problem(404, "Not Found")])
    def test_of_another_that_the_token_may_not_see_is_unread_and_never_absent(
        self, github: Loopback, reader: Reader, web: RepositoryName, answer: Reply
    ) -> None:
        serve_prod(github)
        github.on(f"{E}/prod/variables", answer)

        record = read_repository(reader, web, [], settings_only=False, others=lambda _: True).others["prod"].record

        assert isinstance(record, Unread)
        assert record.kind is FailureKind.NOT_PERMITTED
        assert "cannot read the variables of prod in acme/web" in record.reason
        assert "Environments: read" in str(record.hint)

    def test_of_another_that_fails_otherwise_is_a_failure(
        self, github: Loopback, reader: Reader, web: RepositoryName
    ) -> None:
        serve_prod(github)
        github.on(f"{E}/prod/variables", Reply(None, 500))

        with pytest.raises(RequestFailed, match="GitHub answered 500"):
            read_repository(reader, web, [], settings_only=False, others=lambda _: True)

    def test_of_none_is_read_with_settings_alone(
        self, github: Loopback, reader: Reader, web: RepositoryName
    ) -> None:
        serve_prod(github)

        repository = read_repository(reader, web, [], settings_only=True, others=lambda _: True)

        assert repository.others == {}
        assert github.lines == [f"{E}?per_page=100"]


def test_only_the_environments_asked_for_cost_more_than_the_list(
    github: Loopback, reader: Reader, web: RepositoryName
) -> None:
    names = [f"env-{number:03}" for number in range(120)]
    github.on(E, listing("environments", [environment(name) for name in reversed(names)]))

    repository = read_repository(reader, web, [], settings_only=False)

    assert repository.environment_names == tuple(names)
    assert repository.environments == {}
    assert github.lines == [f"{E}?per_page=100", f"{E}?page=2&per_page=100"]


def test_everything_of_an_environment_is_read_however_much(
    github: Loopback, reader: Reader, web: RepositoryName
) -> None:
    serve_prod(github)
    branches = [{"id": number, "name": f"release/{number}", "type": "branch"} for number in range(130)]
    github.on(f"{E}/prod/deployment-branch-policies", listing("branch_policies", branches))
    variables = [variable(f"V{number}", str(number)) for number in range(100)]
    github.on(f"{E}/prod/variables", listing("variables", variables, most=30))
    github.on(f"{E}/prod/secrets", listing("secrets", [secret(f"S{number}") for number in range(101)]))

    found = read_repository(reader, web, ["prod"], settings_only=False).environments["prod"]

    assert not isinstance(found.patterns, Unread)
    assert not isinstance(found.variables, Unread)
    assert not isinstance(found.secrets, Unread)
    assert (len(found.patterns), len(found.variables), len(found.secrets)) == (130, 100, 101)


@pytest.mark.parametrize("policy", [None, PROTECTED])
def test_patterns_are_not_asked_for_where_github_answers_404(
    github: Loopback, reader: Reader, web: RepositoryName, policy: object
) -> None:
    serve_prod(github)
    github.on(E, listing("environments", [environment("prod", policy=policy)]))

    found = read_repository(reader, web, ["prod"], settings_only=False).environments["prod"]

    assert found.patterns == ()
    assert not any("deployment-branch-policies" in line for line in github.lines)


def test_settings_alone_say_that_the_rest_is_unread(github: Loopback, reader: Reader, web: RepositoryName) -> None:
    serve_prod(github)

    found = read_repository(reader, web, ["prod"], settings_only=True).environments["prod"]

    assert found.patterns == PROD.patterns
    assert found.protection_rules == PROD.protection_rules
    assert found.variables == found.secrets == Unread("only settings were to be read", kind=None)
    assert len(github.seen) == 3


@pytest.mark.parametrize("answer", [FORBIDDEN, problem(404, "Not Found")])
@pytest.mark.parametrize(
    ("place", "part", "permission"),
    [
        ("deployment-branch-policies", "patterns", "Actions: read"),
        ("deployment_protection_rules", "protection_rules", "Actions: read"),
        ("variables", "variables", "Environments: read"),
        ("secrets", "secrets", "Environments: read"),
    ],
)
def test_what_the_token_may_not_see_is_unread_and_never_empty(
    github: Loopback,
    reader: Reader,
    web: RepositoryName,
    *,
    place: str,
    part: str,
    permission: str,
    answer: Reply,
) -> None:
    serve_prod(github)
    github.on(f"{E}/prod/{place}", answer)

    found = read_repository(reader, web, ["prod"], settings_only=False).environments["prod"]

    unread = getattr(found, part)
    assert isinstance(unread, Unread)
    assert unread.kind is FailureKind.NOT_PERMITTED
    assert "of prod in acme/web: GitHub" in unread.reason
    assert unread.hint is not None
    assert unread.hint.endswith(
        f"the token from GH_TOKEN needs access to acme/web and the permission {permission}"
    )


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (FORBIDDEN, FailureKind.NOT_PERMITTED),
        (problem(404, "Not Found"), FailureKind.NOT_FOUND),
        (problem(401, "Bad credentials"), FailureKind.NOT_AUTHENTICATED),
        (Reply({"total_count": 0}), FailureKind.UNAVAILABLE),
        (Reply({"environments": [{}]}), FailureKind.UNAVAILABLE),
    ],
)
def test_a_list_that_cannot_be_read_is_a_failure(
    github: Loopback, reader: Reader, web: RepositoryName, answer: Reply, kind: FailureKind
) -> None:
    github.on(E, answer)

    with pytest.raises(RequestFailed) as raised:
        read_repository(reader, web, ["prod"], settings_only=False)

    assert raised.value.kind is kind


def test_a_part_that_fails_otherwise_is_a_failure_too(
    github: Loopback, reader: Reader, web: RepositoryName
) -> None:
    serve_prod(github)
    github.on(f"{E}/prod/secrets", Reply(None, 500))

    with pytest.raises(RequestFailed, match="cannot list the secrets of prod in acme/web: GitHub answered 500"):
        read_repository(reader, web, ["prod"], settings_only=False)


@pytest.mark.parametrize(
    "name", ["eu/prod", "a b", "100%", "a:b", "a?b", "a#b", "größe", "🚀", "%2F", "a+b", "...", "~"]
)
def test_a_name_is_encoded_whole(github: Loopback, reader: Reader, web: RepositoryName, name: str) -> None:
    serve_prod(github, name, quote(name, safe=""))

    found = read_repository(reader, web, [name], settings_only=False).environments[name.casefold()]

    assert found.variables == VARIABLES
    assert read_environment(reader, web, name, settings_only=False) == found


class TestRenamedRepository:
    old = RepositoryName("acme", "old")

    @pytest.fixture(autouse=True)
    def renamed(self, github: Loopback) -> None:
        serve_prod(github)
        for rest in ("", "/environments", "/environments/prod"):
            there = f"{github.address}/repositories/9{rest}"
            github.on(
                f"GET /repos/acme/old{rest}", Reply({"message": "Moved Permanently"}, 301, {"Location": there})
            )
        github.on("GET /repositories/9", Reply({"id": 9, "full_name": "acme/web"}))
        github.on("GET /repositories/9/environments", listing("environments", [environment("prod", number=7)]))
        github.on("GET /repositories/9/environments/prod", Reply(environment("prod", number=7)))

    def test_is_read_under_its_new_name(self, github: Loopback, reader: Reader) -> None:
        repository = read_repository(reader, self.old, ["prod"], settings_only=False)

        assert repository.name == RepositoryName("acme", "web")
        assert repository.requested == self.old
        assert repository.environments["prod"].variables == VARIABLES
        assert f"{E}/prod/variables?per_page=30" in github.lines

    def test_is_identified_and_found_by_one_request(self, github: Loopback, reader: Reader) -> None:
        repository = read_repository(reader, self.old, ["prod"], settings_only=False, identify=True)

        assert (repository.name, repository.id) == (RepositoryName("acme", "web"), 9)
        assert repository.environments["prod"] == PROD
        assert github.lines[:3] == ["GET /repos/acme/old", "GET /repositories/9", f"{E}?per_page=100"]
        assert github.lines.count("GET /repositories/9") == 1

    def test_is_noticed_when_it_happens_between_the_number_and_the_list(
        self, github: Loopback, reader: Reader
    ) -> None:
        github.on("GET /repos/acme/old", Reply({"id": 9, "full_name": "acme/old"}))

        with pytest.raises(RequestFailed, match="acme/old has been renamed") as raised:
            read_repository(reader, self.old, [], settings_only=False, identify=True)
        assert raised.value.kind is FailureKind.CHANGED

    def test_has_to_have_a_new_name(self, github: Loopback, reader: Reader) -> None:
        github.on("GET /repositories/9", Reply({"full_name": "web"}))

        with pytest.raises(RequestFailed, match="full_name: it should be owner/name"):
            read_repository(reader, self.old, [], settings_only=False)

    def test_is_noticed_when_it_happens_between_two_reads(self, github: Loopback, reader: Reader) -> None:
        with pytest.raises(RequestFailed, match="acme/old has been renamed") as raised:
            read_environment(reader, self.old, "prod", settings_only=False)
        assert raised.value.kind is FailureKind.CHANGED

        github.on("GET /repositories/9/environments/prod", problem(404, "Not Found"))
        with pytest.raises(RequestFailed, match="acme/old has been renamed"):
            read_environment(reader, self.old, "prod", settings_only=False)


def test_one_environment_is_read_by_its_name(github: Loopback, reader: Reader, web: RepositoryName) -> None:
    serve_prod(github)

    assert read_environment(reader, web, "prod", settings_only=False) == PROD
    assert len(github.seen) == 5


def test_none_is_said_only_of_what_a_readable_list_does_not_have(
    github: Loopback, reader: Reader, web: RepositoryName
) -> None:
    github.on(E, listing("environments", [environment("staging")]))
    assert read_environment(reader, web, "prod", settings_only=False) is None

    github.on(E, problem(404, "Not Found"))
    with pytest.raises(RequestFailed) as raised:
        read_environment(reader, web, "prod", settings_only=False)
    assert raised.value.kind is FailureKind.NOT_FOUND


def test_an_environment_of_the_list_is_there_whatever_its_own_address_says(
    github: Loopback, reader: Reader, web: RepositoryName
) -> None:
    serve_prod(github)
    github.on(f"{E}/prod", problem(404, "Not Found"))

    assert read_environment(reader, web, "prod", settings_only=False) == PROD


def test_no_permission_is_not_no_environment(github: Loopback, reader: Reader, web: RepositoryName) -> None:
    github.on(f"{E}/prod", FORBIDDEN)

    with pytest.raises(RequestFailed, match="Resource not accessible") as raised:
        read_environment(reader, web, "prod", settings_only=False)
    assert raised.value.kind is FailureKind.NOT_PERMITTED


def test_the_environment_in_the_answer_has_to_be_the_one_asked_for(
    github: Loopback, reader: Reader, web: RepositoryName
) -> None:
    github.on(f"{E}/prod", Reply(environment("staging", rules=[reviewers(user("lead", 1))])))

    with pytest.raises(RequestFailed, match="name: it should be prod"):
        read_environment(reader, web, "prod", settings_only=False)
