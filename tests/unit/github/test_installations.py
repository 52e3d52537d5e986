"""A GitHub App against the embedded GitHub, which verifies what it signs; both as GitHub describes it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from support.app_keys import private_pem, public_pem
from support.github_json import problem
from support.loopback import Loopback, Reply, Silence
from support.openapi import check_exchange

from envsync.errors import CredentialError, ExitCode, FailureKind, RequestFailed
from envsync.github.app import AppKey
from envsync.github.bearer import Place
from envsync.github.connection import Access
from envsync.github.expand import Owners, expand
from envsync.github.installations import Installations
from envsync.github.links import Need
from envsync.github.read import read_repository
from envsync.github.retry import Policy
from envsync.github.write import GitHubTarget
from envsync.github.writer import open_writer
from envsync.model import Pattern, RefPolicy, RefType, RepositoryName, SecretValue, Settings, Team, Unread, User
from envsync.sandbox import Exchange, Fault, Options, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.clockwork import World

    from envsync.github.writer import Writer

WEB, TOOL, MINE = RepositoryName("acme", "web"), RepositoryName("pear", "tool"), RepositoryName("lead", "mine")
FAULTS = ("lost", "truncate", "502", "reset")
READING = {"actions": "read", "environments": "read", "metadata": "read"}


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> list[Fault]:
    return [Fault.parse(text) for text in getattr(request, "param", [])]


@pytest.fixture
def life(request: pytest.FixtureRequest) -> float:
    """Of a token, in seconds."""
    return float(getattr(request, "param", 3600))


@pytest.fixture
def sandbox(world: World, exchanges: list[Exchange], faults: list[Fault], life: float) -> Iterator[Sandbox]:
    def observe(exchange: Exchange) -> None:
        exchanges.append(exchange)
        check_exchange(exchange)

    options = Options(now=lambda: datetime.fromtimestamp(world.now, UTC), token_seconds=life)
    with Sandbox(options=options, observe=observe, faults=faults) as served:
        served.seed(
            users=["lead"],
            teams=[("acme", "devops")],
            apps=["gate"],
            repositories=[("acme", "web"), ("acme", "api"), ("pear", "tool"), ("lead", "mine")],
        )
        yield served


def install(sandbox: Sandbox, **changes: Any) -> int:
    given: dict[str, Any] = {"public_key": public_pem(), "owner": "acme", "permissions": READING, **changes}
    number, _ = sandbox.install_app("envsync-ci", **given)
    return number


@pytest.fixture
def connect(sandbox: Sandbox, world: World) -> Iterator[Callable[..., Writer]]:
    opened: list[Writer] = []

    def open_one(
        app_id: object, *, key: int = 0, ahead: float = 0.0, bearer: Installations | None = None
    ) -> Writer:
        app = AppKey(str(app_id), SecretValue(private_pem(key).encode()), "ENVSYNC_APP_PRIVATE_KEY")
        effects = replace(world.effects(), now=lambda: world.now + ahead)
        access = Access(sandbox.url, bearer or Installations(app), 5.0, Policy(), effects)
        opened.append(open_writer(access))
        return opened[-1]

    yield open_one
    for writer in opened:
        writer.close()


def lines(exchanges: list[Exchange]) -> list[str]:
    return [f"{each.method} {each.path} {each.status}" for each in exchanges]


def issued(exchanges: list[Exchange]) -> int:
    return sum(each.path.endswith("/access_tokens") for each in exchanges)


def read(writer: Writer, repository: RepositoryName = WEB) -> tuple[str, ...]:
    return read_repository(writer.reader, repository, [], settings_only=False).environment_names


def refused(writer: Writer, repository: RepositoryName = WEB) -> RequestFailed:
    with pytest.raises(RequestFailed) as raised:
        read(writer, repository)
    assert raised.value.exit_code is ExitCode.NOT_PERMITTED
    assert not raised.value.uncertain
    return raised.value


class TestSigningIn:
    def test_takes_a_request_for_the_app_one_for_the_installation_and_one_for_its_token(
        self, sandbox: Sandbox, exchanges: list[Exchange], connect: Callable[..., Writer]
    ) -> None:
        writer = connect(install(sandbox))

        for _ in range(2):
            read(writer)

        environments = "GET /repos/acme/web/environments 200"
        number = next(iter(sandbox.state.installations))
        assert lines(exchanges) == [
            "GET /app 200",
            "GET /repos/acme/web/installation 200",
            f"POST /app/installations/{number}/access_tokens 201",
            environments,
            environments,
        ]

    def test_works_by_client_id(self, sandbox: Sandbox, connect: Callable[..., Writer]) -> None:
        install(sandbox)
        client_id = sandbox.state.apps["envsync-ci"].client_id

        assert read(connect(client_id)) == ()

    def test_gives_each_owner_its_token(
        self, sandbox: Sandbox, exchanges: list[Exchange], connect: Callable[..., Writer]
    ) -> None:
        number = install(sandbox)
        install(sandbox, account="pear")
        install(sandbox, account="lead")
        writer = connect(number)

        for repository in (WEB, TOOL, MINE, WEB, TOOL, RepositoryName("ACME", "Web")):
            read(writer, repository)

        assert issued(exchanges) == 3
        assert sum(each.path.endswith("/installation") for each in exchanges) == 3

    def test_is_done_once_for_many_threads(
        self, sandbox: Sandbox, exchanges: list[Exchange], connect: Callable[..., Writer]
    ) -> None:
        number = install(sandbox)
        app = AppKey(str(number), SecretValue(private_pem().encode()), "KEY")
        bearer = Installations(app)
        writers = [connect(number, bearer=bearer) for _ in range(8)]
        threads = [threading.Thread(target=read, args=(writer,)) for writer in writers]

        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert issued(exchanges) == 1
        assert sum(line.startswith("GET /repos/acme/web/environments") for line in lines(exchanges)) == 8

    def test_makes_an_account_of_each_installation_whatever_its_token(
        self, sandbox: Sandbox, world: World, connect: Callable[..., Writer]
    ) -> None:
        acme, _ = install(sandbox), install(sandbox, owner="pear")
        bearer = Installations(AppKey(str(acme), SecretValue(private_pem().encode()), "KEY"))
        writer = connect(acme, bearer=bearer)
        numbers = {each.account: each.id for each in sandbox.state.installations.values()}

        for _ in range(2):
            read(writer)
            read(writer, TOOL)
            assert bearer.account(Place("ACME", "web")) == f"installation {numbers['acme']}"
            assert bearer.account(Place("pear", "tool")) == f"installation {numbers['pear']}"
            world.now += 3600

    @pytest.mark.parametrize(
        "faults",
        [[f"{fault}:{call}:1" for call in ("GET:/app", "GET:*/installation", "POST:*")] for fault in FAULTS],
        indirect=True,
    )
    def test_survives_lost_answers(self, sandbox: Sandbox, world: World, connect: Callable[..., Writer]) -> None:
        assert read(connect(install(sandbox))) == ()
        assert len(world.pauses) == 3

    def test_needs_the_app_s_own_key(self, sandbox: Sandbox, connect: Callable[..., Writer]) -> None:
        number = install(sandbox)

        with pytest.raises(CredentialError) as raised:
            read(connect(number, key=1))

        (diagnostic,) = raised.value.diagnostics
        assert diagnostic.code == "app-key-refused"
        assert diagnostic.message == f"GitHub does not accept the private key of the GitHub App {number}"
        assert diagnostic.hint == (
            "the key may belong to another App than ENVSYNC_APP_ID names, or have been deleted: "
            "the App's page lists its keys by their fingerprints, and makes new ones"
        )
        assert raised.value.exit_code is ExitCode.NOT_PERMITTED

    def test_needs_an_app_that_there_is(self, connect: Callable[..., Writer]) -> None:
        with pytest.raises(CredentialError) as raised:
            read(connect(4711))

        (diagnostic,) = raised.value.diagnostics
        assert diagnostic.code == "unknown-github-app"
        assert diagnostic.message == "127.0.0.1 does not know the GitHub App 4711"
        assert "check ENVSYNC_APP_ID" in str(diagnostic.hint)

    @pytest.mark.parametrize(
        ("ahead", "words"),
        [
            (720, "12 minutes ahead of"),
            (-720, "12 minutes behind"),
            (7_250, "2 hours ahead of"),
            (-10 * 86_400, "10 days behind"),
        ],
    )
    def test_needs_a_clock_that_is_right(
        self, sandbox: Sandbox, connect: Callable[..., Writer], ahead: float, words: str
    ) -> None:
        number = install(sandbox)

        with pytest.raises(CredentialError) as raised:
            read(connect(number, ahead=ahead))

        (diagnostic,) = raised.value.diagnostics
        assert diagnostic.code == "clock-off"
        assert diagnostic.message == (
            f"cannot sign in as the GitHub App {number}: this machine's clock is {words} GitHub's"
        )
        assert str(diagnostic.hint).startswith("set the clock")

    @pytest.mark.parametrize("ahead", [-400, 60])
    def test_a_clock_may_be_off_a_little(
        self, sandbox: Sandbox, connect: Callable[..., Writer], ahead: float
    ) -> None:
        assert read(connect(install(sandbox), ahead=ahead)) == ()

    def test_shows_neither_key_nor_token(
        self, sandbox: Sandbox, world: World, connect: Callable[..., Writer]
    ) -> None:
        writer = connect(install(sandbox))
        read(writer)

        said = "\n".join([*world.traces, *world.notices])
        assert "access_tokens -> 201" in said
        for token in sandbox.state.issued:
            assert token not in said
        assert private_pem().splitlines()[2] not in said


class TestLongRun:
    def run(self, world: World, writer: Writer, seconds: float, step: float) -> None:
        end = world.now + seconds
        while world.now < end:
            assert read(writer) == ()
            world.now += step

    @pytest.mark.parametrize(
        ("life", "seconds", "renewals"),
        [
            (3600, 3 * 3600, 3),  # at 0:55, 1:50 and 2:45
            (900, 3600, 5),  # each 10 minutes
            (120, 600, 9),  # each minute: half of so short a life
        ],
        indirect=["life"],
    )
    def test_survives_the_end_of_its_tokens(
        self,
        sandbox: Sandbox,
        exchanges: list[Exchange],
        world: World,
        connect: Callable[..., Writer],
        seconds: float,
        renewals: int,
    ) -> None:
        self.run(world, connect(install(sandbox)), seconds, seconds / 60)

        assert issued(exchanges) == 1 + renewals
        assert not [line for line in lines(exchanges) if line.endswith("401")]

    def test_measures_their_life_by_github_s_clock(
        self, sandbox: Sandbox, exchanges: list[Exchange], world: World, connect: Callable[..., Writer]
    ) -> None:
        """This machine's is six minutes behind: by it, they would live as much longer."""
        self.run(world, connect(install(sandbox), ahead=-360), 2 * 3600, 120)

        assert issued(exchanges) == 3
        assert not [line for line in lines(exchanges) if line.endswith("401")]

    def test_survives_the_revocation_of_its_token(
        self, sandbox: Sandbox, exchanges: list[Exchange], connect: Callable[..., Writer]
    ) -> None:
        number = install(sandbox, permissions={**READING, "administration": "write"})
        writer = connect(number)
        read(writer)
        sandbox.state.issued.clear()

        GitHubTarget(writer).put_environment(WEB, "prod", None, Settings())

        environment = "/repos/acme/web/environments/prod"
        assert [line for line in lines(exchanges) if environment in line] == [
            f"PUT {environment} 401",
            f"PUT {environment} 200",
        ]
        assert issued(exchanges) == 2

    def test_of_a_key_that_is_deleted_in_the_middle_fails_repository_by_repository(
        self, sandbox: Sandbox, connect: Callable[..., Writer]
    ) -> None:
        """What was applied until then is still told: it is no `CredentialError` any more."""
        writer = connect(install(sandbox))
        read(writer)
        sandbox.state.issued.clear()
        install(sandbox, public_key=public_pem(1))

        failed = refused(writer)

        assert failed.kind is FailureKind.NOT_AUTHENTICATED
        assert failed.diagnostics[0].code == "app-key-refused"


class TestInstallation:
    def test_that_is_missing_at_one_owner_stops_no_other(
        self, sandbox: Sandbox, exchanges: list[Exchange], connect: Callable[..., Writer]
    ) -> None:
        writer = connect(install(sandbox))

        failed = refused(writer, TOOL)

        (diagnostic,) = failed.diagnostics
        assert failed.kind is FailureKind.NOT_PERMITTED
        assert diagnostic.code == "app-not-installed"
        assert diagnostic.message == "the GitHub App envsync-ci is not installed for pear/tool"
        assert diagnostic.hint == "install it at https://127.0.0.1/apps/envsync-ci/installations/new"
        assert read(writer) == ()
        before = len(exchanges)
        refused(writer, TOOL)
        assert len(exchanges) == before

    def test_that_is_suspended(self, sandbox: Sandbox, connect: Callable[..., Writer]) -> None:
        number = install(sandbox)
        (installation,) = sandbox.state.installations.values()
        installation.suspended = True

        failed = refused(connect(number))

        (diagnostic,) = failed.diagnostics
        assert failed.kind is FailureKind.NOT_PERMITTED
        assert diagnostic.message == "the installation of the GitHub App envsync-ci for acme is suspended"
        page = f"{sandbox.url}/organizations/acme/settings/installations/{installation.id}"
        assert diagnostic.hint == f"unsuspend it at {page}"

    @pytest.mark.parametrize("faults", [["422:POST:*:1"]], indirect=True)
    def test_that_gives_no_token_for_another_reason(
        self, sandbox: Sandbox, connect: Callable[..., Writer]
    ) -> None:
        with pytest.raises(RequestFailed, match="cannot get a token for acme as the GitHub App ") as raised:
            read(connect(install(sandbox)))
        assert raised.value.kind is FailureKind.REJECTED

    def test_that_is_suspended_or_removed_in_the_middle(
        self, sandbox: Sandbox, world: World, connect: Callable[..., Writer]
    ) -> None:
        writer = connect(install(sandbox))
        read(writer)
        (installation,) = sandbox.state.installations.values()

        world.now += 3500
        installation.suspended = True
        assert refused(writer).diagnostics[0].code == "app-suspended"
        installation.suspended = False
        assert read(writer) == ()

        world.now += 3500
        sandbox.state.installations.clear()
        assert refused(writer).diagnostics[0].code == "app-not-installed"

    def test_for_selected_repositories_is_for_no_other(
        self, sandbox: Sandbox, exchanges: list[Exchange], connect: Callable[..., Writer]
    ) -> None:
        sandbox.state.repository("acme/web").private = False  # a token of anybody's could read it
        writer = connect(install(sandbox, repositories=["acme/api"]))
        api = RepositoryName("acme", "api")

        for repository in (api, api):
            read(writer, repository)
        failed = refused(writer)

        (diagnostic,) = failed.diagnostics
        assert failed.kind is FailureKind.NOT_PERMITTED
        assert diagnostic.code == "app-not-for-repository"
        assert diagnostic.message == (
            "the GitHub App envsync-ci is installed for acme, and acme/web is not among its repositories"
        )
        (number,) = sandbox.state.installations
        page = f"{sandbox.url}/organizations/acme/settings/installations/{number}"
        assert diagnostic.hint == f"check the name, and add the repository at {page}"
        assert sum(each.path.endswith("/installation") for each in exchanges) == 2
        refused(writer)
        assert sum(each.path.endswith("/installation") for each in exchanges) == 2

    def test_for_selected_repositories_is_told_from_none_at_the_first_one(
        self, sandbox: Sandbox, connect: Callable[..., Writer]
    ) -> None:
        sandbox.seed(repositories=[("lead", "other")])
        number = install(sandbox, repositories=["acme/api"])
        install(sandbox, account="lead", repositories=["lead/other"])
        writer = connect(number)

        assert refused(writer).diagnostics[0].code == "app-not-for-repository"
        assert refused(writer, MINE).diagnostics[0].code == "app-not-for-repository"

    def test_knows_a_renamed_repository(self, sandbox: Sandbox, connect: Callable[..., Writer]) -> None:
        number = install(sandbox, repositories=["acme/site"])
        sandbox.state.rename("acme/web", "site")

        found = read_repository(connect(number).reader, WEB, [], settings_only=False, identify=True)

        assert str(found.name) == "acme/site"


class TestPermissions:
    def put(self, writer: Writer) -> RequestFailed:
        with pytest.raises(RequestFailed) as raised:
            GitHubTarget(writer).put_environment(WEB, "prod", None, Settings())
        assert raised.value.kind is FailureKind.NOT_PERMITTED
        return raised.value

    def test_that_lack_are_named_with_the_page_where_they_are_granted(
        self, sandbox: Sandbox, connect: Callable[..., Writer]
    ) -> None:
        failed = self.put(connect(install(sandbox)))

        (number,) = sandbox.state.installations
        assert failed.hint == (
            "grant the GitHub App envsync-ci the permission Administration: write at "
            "https://127.0.0.1/organizations/acme/settings/apps/envsync-ci/permissions, "
            f"then accept it at {sandbox.url}/organizations/acme/settings/installations/{number}"
        )

    def test_of_a_user_s_app_are_granted_elsewhere(self, sandbox: Sandbox, connect: Callable[..., Writer]) -> None:
        failed = self.put(connect(install(sandbox, owner="lead", account="acme")))

        assert "at https://127.0.0.1/settings/apps/envsync-ci/permissions, then" in str(failed.hint)

    def test_that_are_held_are_not_the_reason(self, sandbox: Sandbox, connect: Callable[..., Writer]) -> None:
        failed = refused(connect(install(sandbox)), RepositoryName("acme", "gone"))

        (number,) = sandbox.state.installations
        assert failed.kind is FailureKind.NOT_FOUND
        assert failed.hint == (
            f"check the name; see at {sandbox.url}/organizations/acme/settings/installations/{number} that "
            "the GitHub App envsync-ci may use acme/gone; it has the permission Actions: read"
        )

    def test_of_the_reading_link_are_enough_to_read(
        self, sandbox: Sandbox, exchanges: list[Exchange], connect: Callable[..., Writer]
    ) -> None:
        everything(sandbox, connect)
        need = Need("acme", writes=False)
        install(sandbox, permissions=need.permissions)
        reading = connect(sandbox.state.apps["envsync-ci"].id)

        found = read_repository(
            reading.reader, WEB, ["prod"], settings_only=False, identify=True, guarding=lambda _: True
        )

        live = found.environments["prod"]
        assert not [
            part for part in (live.patterns, live.protection_rules, live.variables, live.secrets) if not part
        ]
        assert not isinstance(live.variables, Unread)
        assert not [line for line in lines(exchanges) if line.endswith(("403", "404"))]

    def test_of_the_writing_link_are_enough_to_write(
        self, sandbox: Sandbox, exchanges: list[Exchange], connect: Callable[..., Writer]
    ) -> None:
        everything(sandbox, connect)

        assert not [line for line in lines(exchanges) if line.endswith("403")]


def everything(sandbox: Sandbox, connect: Callable[..., Writer]) -> None:
    """Writes one of each with what the link for a writing App asks for."""
    number = install(sandbox, permissions=Need("acme", writes=True).permissions)
    target = GitHubTarget(connect(number))
    reviewers = (User("lead"), Team("acme", "devops"))
    target.check_access(WEB, reviewers)
    settings = Settings(reviewers, deployment_branch_policy=RefPolicy.SELECTED)
    assert target.put_environment(WEB, "prod", None, settings).settings.required_reviewers
    target.create_pattern(WEB, "prod", Pattern(RefType.BRANCH, "main"))
    target.create_rule(WEB, "prod", "gate")
    target.create_variable(WEB, "prod", "REGION", "eu")
    target.put_secret(WEB, "prod", "KEY", SecretValue(b"hunter2"))


class TestPatterns:
    def test_mean_all_that_the_app_may_see_of_an_organization(
        self, sandbox: Sandbox, connect: Callable[..., Writer]
    ) -> None:
        found = expand(Owners(connect(install(sandbox)).reader), "acme", "*", archived=False, forks=False)

        assert [str(name) for name in found] == ["acme/api", "acme/web"]

    def test_mean_private_repositories_of_a_user_too(
        self, sandbox: Sandbox, connect: Callable[..., Writer]
    ) -> None:
        sandbox.seed(repositories=[("lead", "open")])
        sandbox.state.repository("lead/open").private = False
        number = install(sandbox, account="lead")

        found = expand(Owners(connect(number).reader), "lead", "*", archived=False, forks=False)

        assert [str(name) for name in found] == ["lead/mine", "lead/open"]

    def test_of_an_owner_without_the_app_mean_nothing_that_is_known(
        self, sandbox: Sandbox, connect: Callable[..., Writer]
    ) -> None:
        with pytest.raises(RequestFailed, match=r"envsync-ci is not installed for pear$"):
            expand(Owners(connect(install(sandbox)).reader), "pear", "*", archived=False, forks=False)


class TestOtherServers:
    """What an Enterprise Server or a proxy may answer, and the sandbox does not."""

    APP = Reply({"slug": "ci", "owner": {"login": "acme", "type": "Organization"}})
    INSTALLATION = Reply(
        {
            "id": 7,
            "account": {"login": "acme"},
            "html_url": "https://ghe.example/x",
            "permissions": {},
            "repository_selection": "all",
            "suspended_at": None,
        }
    )

    @pytest.fixture
    def writer(self, github: Loopback, access: Callable[..., Access]) -> Iterator[Writer]:
        app = AppKey("7", SecretValue(private_pem().encode()), "KEY")
        opened = open_writer(replace(access(api_url=f"{github.address}/api/v3"), credential=Installations(app)))
        yield opened
        opened.close()

    def serve(self, github: Loopback, **token: object) -> None:
        github.on("GET /api/v3/app", self.APP)
        github.on("GET /api/v3/repos/acme/web/installation", self.INSTALLATION)
        answer = {"token": "ghs_x", "expires_at": "2023-11-14T23:13:20Z", **token}
        github.on("POST /api/v3/app/installations/7/access_tokens", Reply(answer, 201))
        github.on("GET /api/v3/repos/acme/web/environments", Reply({"environments": []}))

    def test_a_json_web_token_goes_out_as_bearer_and_what_it_got_as_token(
        self, github: Loopback, writer: Writer
    ) -> None:
        self.serve(github)

        assert read(writer) == ()

        schemes = [seen.headers["authorization"].split()[0] for seen in github.seen]
        assert schemes == ["Bearer", "Bearer", "Bearer", "token"]
        assert github.bodies("POST") == [None]

    def test_without_a_date_the_life_of_a_token_is_measured_by_this_clock(
        self, github: Loopback, writer: Writer, world: World
    ) -> None:
        self.serve(github)
        read(writer)
        world.now += 3299
        read(writer)
        assert len(github.bodies("POST")) == 1
        world.now += 2
        read(writer)
        assert len(github.bodies("POST")) == 2

    @pytest.mark.parametrize(
        ("message", "code"),
        [
            ("'Issued at' claim ('iat') must be an Integer", "clock-off"),
            ("'Expiration time' claim ('exp') is too far in the future", "clock-off"),
            ("A JSON web token could not be decoded", "app-key-refused"),
            ("Integration must generate a public key", "app-key-refused"),
        ],
    )
    def test_without_a_date_github_s_words_tell_what_is_wrong(
        self, github: Loopback, writer: Writer, message: str, code: str
    ) -> None:
        github.on("GET /api/v3/app", problem(401, message))

        with pytest.raises(CredentialError) as raised:
            read(writer)
        assert raised.value.diagnostics[0].code == code

    def test_pages_of_an_enterprise_server_have_other_addresses(self, github: Loopback, writer: Writer) -> None:
        github.on("GET /api/v3/app", self.APP)

        assert refused(writer).hint == "install it at https://127.0.0.1/github-apps/ci/installations/new"

    @pytest.mark.parametrize(
        ("token", "fault"),
        [
            ({"token": "two words"}, "token: it should be a token"),
            ({"token": "x\r\nX-Evil: 1"}, "token: it should be a token"),
            ({"expires_at": "tomorrow"}, "expires_at: it should be a time"),
            ({"expires_at": "2023-11-14T23:13:20"}, "expires_at: it should be a time with its zone"),
        ],
    )
    def test_an_answer_of_another_shape_is_no_token(
        self, github: Loopback, writer: Writer, token: dict[str, str], fault: str
    ) -> None:
        self.serve(github, **token)

        with pytest.raises(RequestFailed, match=fault) as raised:
            read(writer)
        assert raised.value.kind is FailureKind.UNAVAILABLE
        assert "X-Evil" not in f"{raised.value}"

    def test_an_app_of_an_enterprise_has_an_owner_without_login(self, github: Loopback, writer: Writer) -> None:
        self.serve(github)
        github.on("GET /api/v3/app", Reply({"slug": "ci", "owner": {"slug": "big-co"}}))

        assert read(writer) == ()

    @pytest.mark.parametrize("reply", [Silence.CUT, Reply({}, 500)])
    def test_what_does_not_answer_is_no_wrong_key(
        self, github: Loopback, writer: Writer, reply: Reply | Silence
    ) -> None:
        github.on("GET /api/v3/app", reply)

        with pytest.raises(RequestFailed, match="cannot sign in as the GitHub App 7: ") as raised:
            GitHubTarget(writer).put_environment(WEB, "prod", None, Settings())
        assert raised.value.kind is FailureKind.UNAVAILABLE
        assert not raised.value.uncertain

    def test_a_permission_that_may_not_be_asked_for_is_advised_on_by_github_alone(
        self, github: Loopback, writer: Writer
    ) -> None:
        """Of an App that is not signed in nothing is known yet."""
        github.on("GET /api/v3/app", problem(403, "Forbidden"))

        failed = refused(writer)

        assert str(failed) == "cannot sign in as the GitHub App 7: GitHub does not permit it: Forbidden"
        assert failed.hint == "the token from the GitHub App 7 needs access"

    def test_an_app_that_is_not_found_is_unknown(self, writer: Writer) -> None:
        with pytest.raises(CredentialError, match="does not know the GitHub App 7"):
            read(writer)

    def test_a_token_that_never_works_is_renewed_once(self, github: Loopback, writer: Writer) -> None:
        self.serve(github)
        github.on("GET /api/v3/repos/acme/web/environments", problem(401, "Bad credentials"))

        assert refused(writer).kind is FailureKind.NOT_AUTHENTICATED
        assert len(github.bodies("POST")) == 2

    def test_nobody_in_particular_has_no_token(self, writer: Writer) -> None:
        with pytest.raises(RequestFailed, match="has a token for each owner") as raised:
            writer.reader.get("/user", "find out")
        assert raised.value.kind is FailureKind.NOT_PERMITTED
