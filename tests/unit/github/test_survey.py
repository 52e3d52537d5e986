"""Everything that `doctor` asks, of the embedded GitHub; requests and answers as GitHub describes them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from support.app_keys import private_pem, public_pem
from support.openapi import check_exchange

from envsync.errors import CredentialError, FailureKind, RequestFailed
from envsync.github.app import AppKey
from envsync.github.connection import Access
from envsync.github.credentials import Credential
from envsync.github.installations import Installations
from envsync.github.retry import Policy
from envsync.github.survey import survey
from envsync.github.write import GitHubTarget
from envsync.github.writer import open_writer
from envsync.model import (
    DesiredEnvironment,
    DesiredRepository,
    Field,
    LiveRepository,
    RepositoryName,
    SecretValue,
    Settings,
    Team,
    Unread,
    User,
)
from envsync.plan.facts import CredentialKind, Facts, RateLimit, RepositoryFacts
from envsync.sandbox import FULL_TOKEN, READER_TOKEN, WORKFLOW_TOKEN, Exchange, Options, Plan, Sandbox
from envsync.sandbox.shared_state import SharedValue
from envsync.sandbox.state import Secret, Token, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.clockwork import World

    from envsync.github.bearer import Bearer

WEB, MINE = RepositoryName("acme", "web"), RepositoryName("lead", "mine")
THEN = "2023-11-01T00:00:00Z"
WORKFLOW = "on: push\njobs: {}\n"
REVIEWED = Settings(required_reviewers=(User("lead"), Team("acme", "devops")))
WANTED = DesiredRepository(
    WEB,
    (
        DesiredEnvironment("Prod", REVIEWED, protection_rules=frozenset({"gate"})),
        DesiredEnvironment("staging"),
    ),
)
READ = {
    "Metadata: read",
    "Actions: read",
    "Environments: read",
    "Administration: read",
    "Members: read",
    "Contents: read",
    "Secrets: read",
    "Variables: read",
    "Deployments: read",
}


@dataclass
class Lab:
    sandbox: Sandbox
    world: World
    exchanges: list[Exchange] = field(default_factory=list)
    ahead: float = 0.0  # seconds of the clock here

    def access(self, bearer: Bearer) -> Access:
        effects = replace(self.world.effects(), now=lambda: self.world.now + self.ahead)
        return Access(self.sandbox.url, bearer, 5.0, Policy(attempts=1), effects)

    def ask(self, *desired: DesiredRepository, token: str = FULL_TOKEN, **how: Any) -> Facts:
        bearer = Credential(SecretValue(token.encode()), "GH_TOKEN")
        return survey(self.access(bearer), desired or [WANTED], **{"keeps_records": True, **how})

    def of_web(self, desired: DesiredRepository = WANTED, **how: Any) -> RepositoryFacts:
        found = self.ask(desired, **how).repositories[WEB.key]
        assert isinstance(found, RepositoryFacts)
        return found

    def make(self, *names: str) -> None:
        writer = open_writer(self.access(Credential(SecretValue(FULL_TOKEN.encode()), "GH_TOKEN")))
        for name in names:
            GitHubTarget(writer).put_environment(WEB, name, None, Settings())
        writer.close()
        self.exchanges.clear()

    @property
    def lines(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.exchanges]


@pytest.fixture
def options() -> Options:
    return Options(rate_limit=5000)


@pytest.fixture
def lab(world: World, options: Options) -> Iterator[Lab]:
    exchanges: list[Exchange] = []

    def observe(exchange: Exchange) -> None:
        exchanges.append(exchange)
        check_exchange(exchange)

    options = replace(options, now=lambda: datetime.fromtimestamp(world.now, UTC))
    with Sandbox(options=options, observe=observe) as sandbox:
        sandbox.seed(
            users=["lead"],
            teams=[("acme", "devops")],
            apps=["gate", "other"],
            repositories=[("acme", "web"), ("lead", "mine")],
            files={("acme", "web"): {".github/workflows/ci.yml": WORKFLOW, ".github/workflows/notes.md": "#"}},
        )
        yield Lab(sandbox, world, exchanges)


def refused(facts: RepositoryFacts) -> set[str]:
    return {each.permission for each in facts.probes if each.refused is not None}


# --- what is told ------------------------------------------------------------------------------------------


def test_of_a_repository_all_is_told_that_a_full_token_sees(lab: Lab) -> None:
    lab.make("Prod", "stray")
    web = lab.sandbox.state.repository("acme/web")
    web.actions_secrets["OWN"] = Secret("OWN", THEN, THEN)
    web.actions_variables["Region"] = Variable("Region", "eu", THEN, THEN)
    organization = lab.sandbox.state.accounts["acme"]
    organization.actions_secrets["SHARED"] = SharedValue("SHARED", THEN, THEN)
    organization.actions_variables["SHARED_TOO"] = SharedValue("SHARED_TOO", THEN, THEN)
    lab.sandbox.deploy("acme/web", "Prod", "queued", "success", "inactive")

    facts = lab.of_web()

    assert (facts.visibility, facts.is_archived, facts.is_organizations) == ("private", False, True)
    assert (facts.name, facts.role, facts.plan, facts.granted) == (WEB, "admin", "enterprise", None)
    assert {each.permission for each in facts.probes} == READ
    assert refused(facts) == set()
    assert isinstance(facts.live, LiveRepository)
    assert facts.live.environment_names == ("Prod", "stray")
    assert set(facts.live.environments) == {"prod"}
    assert facts.live.id == web.id
    assert {key: (each.exists, each.has_access) for key, each in facts.reviewers.items()} == {
        "lead": (True, True),
        "acme/devops": (True, True),
    }
    assert facts.reviewers["lead"].members is None
    assert facts.reviewers["acme/devops"].members == tuple(sorted(lab.sandbox.state.teams["acme/devops"].members))
    assert isinstance(facts.deployers, tuple)
    assert {"lead", "sandbox"} <= set(facts.deployers)
    assert facts.apps == frozenset({"gate", "other"})
    assert isinstance(facts.workflows, tuple)
    assert [(each.file, each.text) for each in facts.workflows] == [(".github/workflows/ci.yml", WORKFLOW)]
    assert facts.secrets == frozenset({"OWN", "SHARED"})
    assert facts.variables == frozenset({"REGION", "SHARED_TOO"})
    assert facts.deployed == {"prod": True}


def test_of_server_and_credential_all_is_told_but_the_token(lab: Lab) -> None:
    facts = lab.ask()

    assert facts.server.api_url == lab.sandbox.url
    assert facts.server.version is None
    assert facts.server.skew == pytest.approx(0, abs=0.6)
    assert isinstance(facts.server.rate_limit, RateLimit)
    assert facts.server.rate_limit.limit == 5000
    assert (facts.credential.source, facts.credential.login) == ("GH_TOKEN", "sandbox")


@pytest.mark.parametrize("ahead", [-90.0, 45.0])
def test_the_clock_here_is_held_against_the_server_s(lab: Lab, ahead: float) -> None:
    lab.ahead = ahead

    assert lab.ask().server.skew == pytest.approx(ahead, abs=0.6)


def test_nothing_is_written(lab: Lab) -> None:
    lab.ask()

    assert {each.method for each in lab.exchanges} == {"GET"}


def test_what_a_file_leaves_to_others_is_not_looked_at(lab: Lab) -> None:
    left = frozenset({Field.REQUIRED_REVIEWERS, Field.DEPLOYMENT_PROTECTION_RULES})
    facts = lab.of_web(DesiredRepository(WEB, (replace(WANTED.environments[0], ignore=left),)))

    assert facts.reviewers == {}
    assert facts.apps is None


def test_owners_users_and_teams_are_asked_about_once(lab: Lab) -> None:
    lab.sandbox.seed(repositories=[("acme", "api")])

    lab.ask(WANTED, replace(WANTED, name=RepositoryName("acme", "api")))

    team = "/orgs/acme/teams/devops"
    for path in ("/orgs/acme", "/users/lead", team, f"{team}/members", "/user", "/meta"):
        assert lab.lines.count(f"GET {path}") == 1, path


def test_an_undeclared_environment_s_record_is_read_where_a_key_could_prove_it(lab: Lab) -> None:
    lab.make("stray")
    stray = "GET /repos/acme/web/environments/stray/variables"

    lab.ask(keeps_records=False)
    assert stray not in lab.lines
    lab.ask(keeps_records=True)
    assert stray in lab.lines


def test_what_a_plan_of_settings_alone_does_not_read_is_not_read(lab: Lab) -> None:
    lab.make("Prod")

    facts = lab.of_web(settings_only=True)

    assert not any(line.startswith("GET /repos/acme/web/environments/Prod/secrets") for line in lab.lines)
    assert "Environments: read" not in {each.permission for each in facts.probes}


def test_what_protects_an_undeclared_environment_is_read(lab: Lab) -> None:
    lab.make("stray")

    live = lab.of_web().live

    assert isinstance(live, LiveRepository)
    assert live.listed["stray"].protection_rules == ()


def test_a_deployment_counts_once_it_succeeded(lab: Lab) -> None:
    lab.make("Prod", "staging")
    lab.sandbox.deploy("acme/web", "Prod", "queued", "failure")

    assert lab.of_web().deployed == {"prod": False, "staging": False}


def test_apps_are_listed_for_any_environment_that_exists(lab: Lab) -> None:
    nothing_yet = lab.of_web().apps
    assert isinstance(nothing_yet, Unread)
    assert nothing_yet.kind is None
    lab.make("stray")

    assert lab.of_web().apps == frozenset({"gate", "other"})


def test_a_repository_is_called_as_the_file_writes_it(lab: Lab) -> None:
    loud = DesiredRepository(RepositoryName("ACME", "Web"), ())

    assert str(lab.of_web(loud).name) == "ACME/Web"


def test_a_renamed_repository_goes_by_its_new_name(lab: Lab) -> None:
    lab.sandbox.state.rename("acme/web", "site")

    facts = lab.of_web()

    assert (str(facts.requested), str(facts.name)) == ("acme/web", "acme/site")
    assert isinstance(facts.live, LiveRepository)
    assert facts.live.requested == WEB


# --- what an owner pays for ----------------------------------------------------------------------------------


def test_a_user_s_plan_is_told_to_the_user_alone(lab: Lab) -> None:
    mine = DesiredRepository(MINE, ())
    lab.sandbox.state.accounts["lead"].plan = Plan.FREE
    permissions = lab.sandbox.state.tokens[FULL_TOKEN].permissions
    lab.sandbox.state.tokens["leads"] = Token("leads", "lead", dict(permissions))

    own, others = (lab.ask(mine, token=token).repositories[MINE.key] for token in ("leads", FULL_TOKEN))

    assert isinstance(own, RepositoryFacts)
    assert isinstance(others, RepositoryFacts)
    assert own.plan == "free"
    assert isinstance(others.plan, Unread)
    assert not own.is_organizations


def test_an_organization_s_plan_is_not_told_to_everybody(lab: Lab) -> None:
    plan = lab.of_web(token=READER_TOKEN).plan

    assert isinstance(plan, Unread)
    assert plan.reason == "GitHub does not tell this credential what acme pays for"


# --- permissions -------------------------------------------------------------------------------------------


def test_each_missing_permission_is_found_by_the_request_that_takes_it(lab: Lab) -> None:
    lab.make("Prod")

    facts = lab.of_web(token=READER_TOKEN)

    assert refused(facts) == {
        "Members: read",
        "Contents: read",
        "Secrets: read",
        "Variables: read",
        "Deployments: read",
    }
    assert isinstance(facts.workflows, Unread)
    assert facts.workflows.kind is FailureKind.NOT_PERMITTED
    assert "Contents: read" in (facts.workflows.hint or "")
    team = facts.reviewers["acme/devops"]
    assert isinstance(team.exists, Unread)
    assert isinstance(team.has_access, Unread)
    assert isinstance(team.members, Unread)
    assert facts.reviewers["lead"].has_access is True


def test_a_workflow_s_own_token_is_nobody_s_and_reads_little(lab: Lab) -> None:
    lab.make("Prod")

    found = lab.ask(token=WORKFLOW_TOKEN)
    facts = found.repositories[WEB.key]

    assert found.credential.login is None
    assert isinstance(facts, RepositoryFacts)
    assert {"Environments: read", "Administration: read"} <= refused(facts)
    assert isinstance(facts.live, LiveRepository)


def test_without_the_list_of_environments_nothing_is_known_of_them(lab: Lab) -> None:
    lab.sandbox.state.tokens[FULL_TOKEN].permissions.pop("actions")

    facts = lab.of_web()

    assert isinstance(facts.live, Unread)
    assert facts.apps is facts.live
    assert facts.deployed == {}
    assert refused(facts) == {"Actions: read"}
    assert "Environments: read" not in {each.permission for each in facts.probes}


def test_a_repository_that_cannot_be_read_does_not_stop_the_others(lab: Lab) -> None:
    gone = DesiredRepository(RepositoryName("acme", "gone"), ())

    facts = lab.ask(gone, WANTED)

    missing = facts.repositories["acme/gone"]
    assert isinstance(missing, Unread)
    assert missing.kind is FailureKind.NOT_FOUND
    assert isinstance(facts.repositories[WEB.key], RepositoryFacts)


def test_a_repository_that_went_to_another_owner_is_not_read_further(lab: Lab) -> None:
    state = lab.sandbox.state
    web = state.repositories.pop("acme/web")
    web.former_names.append("acme/web")
    web.owner = "lead"
    state.repositories["lead/web"] = web

    found = lab.ask().repositories[WEB.key]

    assert found == Unread(
        "acme/web belongs to another owner now, as lead/web",
        FailureKind.CHANGED,
        "name it so in the file, if that is what you want",
    )


def test_a_token_that_is_not_taken_ends_it(lab: Lab) -> None:
    with pytest.raises(CredentialError, match="GitHub does not accept the token from GH_TOKEN"):
        lab.ask(token="wrong")


def test_a_server_that_does_not_answer_ends_it(world: World) -> None:
    credential = Credential(SecretValue(b"token"), "GH_TOKEN")
    access = Access("http://127.0.0.1:1", credential, 1.0, Policy(attempts=1), world.effects())

    for desired in ([WANTED], []):
        with pytest.raises(RequestFailed, match="refuses connections"):
            survey(access, desired, keeps_records=False)


def test_where_the_files_name_nothing_server_and_credential_are_told_all_the_same(lab: Lab) -> None:
    bearer = Credential(SecretValue(FULL_TOKEN.encode()), "GH_TOKEN")

    facts = survey(lab.access(bearer), [], keeps_records=False)

    assert facts.repositories == {}
    assert facts.server.skew is not None
    assert facts.credential.login == "sandbox"


# --- an Enterprise Server ----------------------------------------------------------------------------------


class TestEnterpriseServer:
    @pytest.fixture
    def options(self) -> Options:
        return Options(rate_limit=None, enterprise_version="3.16.2")

    def test_it_tells_its_version_and_knows_neither_limits_nor_plans(self, lab: Lab) -> None:
        facts = lab.ask()

        assert facts.server.version == "3.16.2"
        assert facts.server.rate_limit is None
        found = facts.repositories[WEB.key]
        assert isinstance(found, RepositoryFacts)
        assert found.plan is None


# --- a GitHub App ------------------------------------------------------------------------------------------


GRANTED = {"actions": "read", "environments": "read", "administration": "read", "metadata": "read"}


class TestApp:
    @pytest.fixture
    def bearer(self, lab: Lab) -> Installations:
        number, _ = lab.sandbox.install_app(
            "envsync-ci", public_key=public_pem(), owner="acme", permissions=GRANTED
        )
        return Installations(AppKey(str(number), SecretValue(private_pem().encode()), "ENVSYNC_APP_PRIVATE_KEY"))

    def test_what_it_was_granted_is_known_exactly(self, lab: Lab, bearer: Installations) -> None:
        facts = survey(lab.access(bearer), [WANTED], keeps_records=False)

        assert facts.credential.kind is CredentialKind.APP
        assert facts.credential.login is None
        found = facts.repositories[WEB.key]
        assert isinstance(found, RepositoryFacts)
        assert found.granted == GRANTED
        assert facts.server.skew == pytest.approx(0, abs=0.6)

    def test_its_page_is_known_once_it_signed_in(self, lab: Lab, bearer: Installations) -> None:
        pages = [bearer.permissions_page]

        survey(lab.access(bearer), [WANTED], keeps_records=False)

        pages.append(bearer.permissions_page)
        assert pages == [None, "https://127.0.0.1/organizations/acme/settings/apps/envsync-ci/permissions"]

    def test_an_owner_without_it_keeps_no_other_from_being_asked(self, lab: Lab, bearer: Installations) -> None:
        access = lab.access(bearer)

        facts = survey(access, [DesiredRepository(MINE, ()), WANTED], keeps_records=False)

        mine = facts.repositories[MINE.key]
        assert isinstance(mine, Unread)
        assert "is not installed for lead/mine" in mine.reason
        assert isinstance(facts.repositories[WEB.key], RepositoryFacts)
        assert facts.server.skew is not None

    def test_without_any_owner_the_server_tells_it_nothing(self, lab: Lab, bearer: Installations) -> None:
        for desired in ([DesiredRepository(MINE, ())], []):
            facts = survey(lab.access(bearer), desired, keeps_records=False)

            assert isinstance(facts.server.rate_limit, Unread)
            assert facts.server.skew is None
