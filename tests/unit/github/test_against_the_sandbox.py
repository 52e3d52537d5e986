"""Reader and target against the embedded GitHub, which shares no code with them; both as GitHub describes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from support.openapi import check_exchange

from envsync.errors import FailureKind, RequestFailed
from envsync.github.connection import Access
from envsync.github.credentials import Credential
from envsync.github.expand import Owners, expand
from envsync.github.read import read_repository
from envsync.github.retry import Policy
from envsync.github.write import GitHubTarget
from envsync.github.writer import open_writer
from envsync.model import (
    RECORD_VARIABLE,
    LiveEnvironment,
    LiveVariable,
    OtherEnvironment,
    Pattern,
    RefPolicy,
    RefType,
    RepositoryName,
    SecretValue,
    Settings,
    Team,
    Unread,
    User,
)
from envsync.sandbox import FULL_TOKEN, READER_TOKEN, WORKFLOW_TOKEN, Fault, Options, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.clockwork import World

    from envsync.github.writer import Writer

WEB = RepositoryName("acme", "web")
FULL = Settings(
    required_reviewers=(Team("acme", "devops"), User("lead")),
    wait_timer=30,
    prevent_self_review=True,
    can_admins_bypass=False,
    deployment_branch_policy=RefPolicy.SELECTED,
)


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> list[Fault]:
    return [Fault.parse(text) for text in getattr(request, "param", [])]


@pytest.fixture
def opened() -> list[bytes]:
    """What the sandbox took out of sealed boxes."""
    return []


@pytest.fixture
def options(request: pytest.FixtureRequest, opened: list[bytes]) -> Options:
    return replace(getattr(request, "param", Options()), on_secret=lambda *secret: opened.append(secret[3]))


@pytest.fixture
def sandbox(faults: list[Fault], options: Options) -> Iterator[Sandbox]:
    with Sandbox(faults=faults, options=options, observe=check_exchange) as served:
        served.seed(
            users=["lead", "carol"], teams=[("acme", "devops")], apps=["gate"], repositories=[("acme", "web")]
        )
        yield served


@pytest.fixture
def connect(sandbox: Sandbox, world: World) -> Iterator[Callable[..., Writer]]:
    opened: list[Writer] = []

    def open_one(token: str = FULL_TOKEN) -> Writer:
        credential = Credential(SecretValue(token.encode()), "the sandbox")
        access = Access(sandbox.url, credential, 5.0, Policy(), world.effects())
        opened.append(open_writer(access))
        return opened[-1]

    yield open_one
    for writer in opened:
        writer.close()


@pytest.fixture
def target(connect: Callable[..., Writer]) -> GitHubTarget:
    return GitHubTarget(connect())


def values(live: LiveEnvironment) -> dict[str, str]:
    assert not isinstance(live.variables, Unread)
    return {name: variable.value for name, variable in live.variables.items()}


@pytest.mark.parametrize("name", ["prod", "eu/prod", "a b", "100%", "a:b?c#d", "größe", "🚀", "%2F", "a+b", "..."])
def test_what_is_written_is_read_back(target: GitHubTarget, name: str) -> None:
    assert target.read_environment(WEB, name) is None
    made = target.put_environment(WEB, name, None, FULL)
    assert made.settings == FULL
    target.create_pattern(WEB, name, Pattern(RefType.BRANCH, "main"))
    target.create_pattern(WEB, name, Pattern(RefType.TAG, "v*"))
    target.create_pattern(WEB, name, Pattern(RefType.TAG, "v*"))
    target.create_rule(WEB, name, "gate")
    target.create_variable(WEB, name, "REGION", "eu")
    target.create_variable(WEB, name, "region", "us")
    target.put_secret(WEB, name, "KEY", SecretValue(b"hunter2"))

    live = target.read_environment(WEB, name)

    assert live is not None
    assert (live.name, live.id, live.settings) == (name, made.id, FULL)
    assert not isinstance(live.patterns, Unread)
    assert [item.pattern for item in live.patterns] == [
        Pattern(RefType.BRANCH, "main"),
        Pattern(RefType.TAG, "v*"),
    ]
    assert not isinstance(live.protection_rules, Unread)
    assert [rule.app for rule in live.protection_rules] == ["gate"]
    assert values(live) == {"REGION": "us"}
    assert not isinstance(live.secrets, Unread)
    assert list(live.secrets) == ["KEY"]
    assert target.list_secrets(WEB, name) == live.secrets

    target.rename_pattern(WEB, name, live.patterns[0].id, "release/*")
    target.delete_pattern(WEB, name, live.patterns[1].id)
    target.delete_rule(WEB, name, live.protection_rules[0].id)
    target.delete_variable(WEB, name, "REGION")
    target.delete_secret(WEB, name, "KEY")
    changed = target.put_environment(WEB, name, live, Settings(wait_timer=5))
    assert changed == LiveEnvironment(name, made.id, Settings(wait_timer=5))
    cleared = target.read_environment(WEB, name)

    assert cleared is not None
    assert cleared.settings == Settings(wait_timer=5)
    assert (cleared.patterns, cleared.protection_rules, cleared.variables, cleared.secrets) == ((), (), {}, {})
    target.delete_environment(WEB, name)
    assert target.read_environment(WEB, name) is None


def test_a_large_environment_is_read_whole(target: GitHubTarget, connect: Callable[..., Writer]) -> None:
    for number in range(103):
        target.put_environment(WEB, f"env-{number}", None, Settings(deployment_branch_policy=RefPolicy.SELECTED))
    for number in range(100):
        target.create_variable(WEB, "env-7", f"V{number}", str(number))
    for number in range(101):
        target.create_pattern(WEB, "env-7", Pattern(RefType.BRANCH, f"release/{number}"))

    repository = read_repository(connect().reader, WEB, ["ENV-7"], settings_only=False)

    live = repository.environments["env-7"]
    assert len(repository.environment_names) == 103
    assert not isinstance(live.variables, Unread)
    assert not isinstance(live.patterns, Unread)
    assert (len(live.variables), len(live.patterns)) == (100, 101)


NIGHTLY = Settings(wait_timer=60, deployment_branch_policy=RefPolicy.PROTECTED)
LATE = Settings(required_reviewers=(User("carol"),), can_admins_bypass=False)


@pytest.mark.parametrize(
    "options",
    [Options(omitted_keys="keep"), Options(omitted_keys="reset")],
    ids=["omitted kept", "omitted reset"],
    indirect=True,
)
def test_the_goal_is_reached_whatever_github_does_with_omitted_keys(target: GitHubTarget) -> None:
    before = None
    for goal in (FULL, Settings(), NIGHTLY, LATE, FULL, LATE, NIGHTLY, Settings()):
        assert target.put_environment(WEB, "prod", before, goal).settings == goal
        before = target.read_environment(WEB, "prod")
        assert before is not None
        assert before.settings == goal


@pytest.mark.parametrize(
    "options",
    [Options(refuse_keys=frozenset({"prevent_self_review", "can_admins_bypass"}))],
    ids=["old server"],
    indirect=True,
)
def test_an_old_server_is_not_sent_keys_that_need_not_change(target: GitHubTarget) -> None:
    reviewed = Settings(required_reviewers=(User("lead"),), wait_timer=5)
    assert target.put_environment(WEB, "prod", None, reviewed).settings == reviewed

    before = target.read_environment(WEB, "prod")
    with pytest.raises(RequestFailed) as raised:
        target.put_environment(WEB, "prod", before, replace(reviewed, can_admins_bypass=False))
    assert "too old for the key that it names" in str(raised.value.diagnostics[0].hint)


def test_a_secret_is_opened_by_github_alone(target: GitHubTarget, opened: list[bytes]) -> None:
    target.put_environment(WEB, "prod", None, Settings())

    target.put_secret(WEB, "prod", "KEY", SecretValue(b"p\xc3\xa4ss"))
    target.put_secret(WEB, "prod", "KEY", SecretValue(b"x" * 48_000))

    assert opened == [b"p\xc3\xa4ss", b"x" * 48_000]


def test_a_renamed_repository_is_read_and_written_under_its_new_name(
    sandbox: Sandbox, connect: Callable[..., Writer], target: GitHubTarget
) -> None:
    target.put_environment(WEB, "prod", None, FULL)
    target.create_variable(WEB, "prod", "REGION", "eu")
    sandbox.state.rename("acme/web", "site")

    repository = read_repository(connect().reader, WEB, ["prod"], settings_only=False)
    assert (str(repository.name), repository.requested) == ("acme/site", WEB)
    assert values(repository.environments["prod"]) == {"REGION": "eu"}
    target.update_variable(repository.name, "prod", "REGION", "us")
    for write in (target.update_variable, target.create_variable):
        with pytest.raises(RequestFailed, match="so nothing was done") as raised:
            write(WEB, "prod", "REGION", "never")
        assert raised.value.kind is FailureKind.CHANGED

    live = target.read_environment(repository.name, "prod")
    assert live is not None
    assert values(live) == {"REGION": "us"}


def test_a_reviewer_without_access_is_seen_to_be_missing(sandbox: Sandbox, target: GitHubTarget) -> None:
    sandbox.seed(users=["stranger"])

    made = target.put_environment(WEB, "prod", None, Settings((User("lead"), User("stranger"))))

    assert made.settings == Settings((User("lead"),))


WRITES = ("PUT", "POST", "PATCH", "DELETE")


@pytest.mark.parametrize(
    "faults",
    [[f"{fault}:{verb}:*:1" for verb in WRITES] for fault in ("lost", "truncate", "502", "reset")],
    indirect=True,
)
def test_no_lost_answer_leaves_anything_undone_or_done_twice(target: GitHubTarget, world: World) -> None:
    target.put_environment(WEB, "prod", None, FULL)
    target.create_pattern(WEB, "prod", Pattern(RefType.BRANCH, "main"))
    target.create_variable(WEB, "prod", "REGION", "eu")
    target.update_variable(WEB, "prod", "REGION", "us")
    target.delete_variable(WEB, "prod", "REGION")
    live = target.read_environment(WEB, "prod")

    assert live is not None
    assert live.settings == FULL
    assert not isinstance(live.patterns, Unread)
    assert len(live.patterns) == 1
    assert live.variables == {}
    assert len(world.pauses) >= len(WRITES) - 1  # a lost POST that was done needs none


def test_a_reader_s_token_reads_and_cannot_write(target: GitHubTarget, connect: Callable[..., Writer]) -> None:
    target.put_environment(WEB, "prod", None, FULL)
    reading = connect(READER_TOKEN)

    repository = read_repository(reading.reader, WEB, ["prod"], settings_only=False)
    assert repository.environments["prod"].settings == FULL
    assert repository.environments["prod"].variables == {}
    with pytest.raises(RequestFailed) as raised:
        GitHubTarget(reading).put_environment(WEB, "prod", repository.environments["prod"], Settings())

    assert raised.value.kind is FailureKind.NOT_PERMITTED
    assert "Administration: write" in str(raised.value.diagnostics[0].hint)


def test_a_workflow_s_token_reads_settings_alone(target: GitHubTarget, connect: Callable[..., Writer]) -> None:
    target.put_environment(WEB, "prod", None, FULL)

    live = read_repository(connect(WORKFLOW_TOKEN).reader, WEB, ["prod"], settings_only=False).environments["prod"]

    assert live.settings == FULL
    assert live.patterns == ()
    for unread in (live.variables, live.secrets):
        assert isinstance(unread, Unread)
        assert unread.kind is FailureKind.NOT_PERMITTED
        assert "Environments: read" in str(unread.hint)


def test_a_workflow_s_token_sees_no_record_and_does_not_say_that_there_is_none(
    target: GitHubTarget, connect: Callable[..., Writer]
) -> None:
    target.put_environment(WEB, "prod", None, FULL)
    target.create_variable(WEB, "prod", RECORD_VARIABLE, "{}")
    reader = connect(WORKFLOW_TOKEN).reader

    repository = read_repository(reader, WEB, [], settings_only=False, identify=True, others=lambda _: True)

    assert repository.id is not None
    assert isinstance(repository.others["prod"].record, Unread)


NOON = datetime(2026, 3, 1, 12, 0, 0, 900_000, tzinfo=UTC)


@pytest.mark.parametrize("options", [Options(now=lambda: NOON)], ids=["noon"], indirect=True)
def test_a_record_stands_apart_and_the_server_says_when_it_was_written(
    sandbox: Sandbox, target: GitHubTarget, connect: Callable[..., Writer]
) -> None:
    made = {name: target.put_environment(WEB, name, None, Settings()).id for name in ("prod", "old", "bare")}
    for name in ("prod", "old"):
        target.create_variable(WEB, name, "REGION", "eu")
        target.create_variable(WEB, name, RECORD_VARIABLE, f"of {name}")
        assert target.server_time() == int(NOON.timestamp())
    target.put_secret(WEB, "prod", "KEY", SecretValue(b"hunter2"))

    repository = read_repository(
        connect().reader, WEB, ["prod"], settings_only=False, identify=True, others=lambda _: True
    )

    noon = "2026-03-01T12:00:00Z"
    live = repository.environments["prod"]
    assert repository.id == sandbox.state.repository("acme/web").id
    assert live.variables == {"REGION": LiveVariable("REGION", "eu", noon)}
    assert live.record == LiveVariable(RECORD_VARIABLE, "of prod", noon)
    assert repository.others == {
        "bare": OtherEnvironment("bare", made["bare"], None),
        "old": OtherEnvironment("old", made["old"], LiveVariable(RECORD_VARIABLE, "of old", noon)),
    }
    assert target.list_secrets(WEB, "prod")["KEY"].updated_at == noon

    sandbox.state.rename("acme/web", "site")
    renamed = read_repository(connect().reader, WEB, ["prod"], settings_only=False, identify=True)
    assert (str(renamed.name), renamed.id) == ("acme/site", repository.id)
    assert renamed.environments == {"prod": live}


def test_a_pattern_means_the_owner_s_repositories(sandbox: Sandbox, connect: Callable[..., Writer]) -> None:
    sandbox.seed(repositories=[("acme", name) for name in ("web-api", "Web-ui", "docs")])

    found = expand(Owners(connect().reader), "acme", "web*", archived=False, forks=False)

    assert [str(name) for name in found] == ["acme/web", "acme/web-api", "acme/Web-ui"]
