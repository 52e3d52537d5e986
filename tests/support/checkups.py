"""A set-up in which nothing is wrong, and ways to plant one thing that is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from envsync.doctor.case import Case, Purpose, RecordKey, Source
from envsync.doctor.examine import examine
from envsync.documents.text import source_text
from envsync.errors import FailureKind
from envsync.model import (
    DesiredEnvironment,
    DesiredRepository,
    DesiredSecret,
    FromEnvironment,
    ListedEnvironment,
    LiveEnvironment,
    LivePattern,
    LiveRepository,
    LiveRule,
    LiveSecret,
    Pattern,
    RefPolicy,
    RefType,
    RepositoryName,
    Settings,
    Team,
    Unread,
    User,
)
from envsync.plan.changes import Address, RecordNext, RecordState, RecordStatus
from envsync.plan.checkup import Check, Status
from envsync.plan.diff import diff
from envsync.plan.facts import (
    CredentialFacts,
    CredentialKind,
    Facts,
    Probe,
    RateLimit,
    RepositoryFacts,
    ReviewerFacts,
    ServerFacts,
)
from envsync.plan.moments import seconds, stamp

NOW = seconds("2026-05-01T12:00:00Z")
DAY = 24 * 3600
WRONG = {Status.WARN, Status.FAIL}
PAYMENTS = RepositoryName("acme", "payments")
LEAD, OPS = User("team-lead"), Team("acme", "ops")
MAIN, RELEASE = Pattern(RefType.BRANCH, "main"), Pattern(RefType.TAG, "v*")
REFUSED = Unread("GitHub says 403", FailureKind.NOT_PERMITTED, "ask for it")
DOWN = Unread("GitHub says 502", FailureKind.UNAVAILABLE)
PERMISSIONS = (
    "Metadata: read",
    "Actions: read",
    "Environments: read",
    "Members: read",
    "Contents: read",
    "Secrets: read",
    "Variables: read",
    "Deployments: read",
    "Administration: read",
)


class Pages:
    """Links that say what they were asked for."""

    def new_token(self, owner: str | None) -> str:
        return f"page:new-token:{owner}"

    def permissions(self, owner: str | None) -> str:
        return f"page:permissions:{owner}"

    def settings(self, repository: RepositoryName) -> str:
        return f"page:settings:{repository}"

    def access(self, repository: RepositoryName) -> str:
        return f"page:access:{repository}"

    def environments(self, repository: RepositoryName) -> str:
        return f"page:environments:{repository}"

    def apps(self, repository: RepositoryName) -> str:
        return f"page:apps:{repository}"

    def file(self, repository: RepositoryName, path: str, line: int | None) -> str:
        return f"page:file:{repository}/{path}:{line}"

    def team(self, team: Team) -> str:
        return f"page:team:{team}"

    def plan(self, owner: str, *, is_organization: bool) -> str:
        return f"page:plan:{owner}:{'organization' if is_organization else 'user'}"


def _declared() -> tuple[DesiredEnvironment, ...]:
    gated = Settings((LEAD, OPS), 0, prevent_self_review=True, deployment_branch_policy=RefPolicy.SELECTED)
    by_main = Settings(deployment_branch_policy=RefPolicy.SELECTED)
    secret = DesiredSecret("DB_PASSWORD", FromEnvironment("DB_PASSWORD"))
    refs = frozenset({MAIN})
    return (
        DesiredEnvironment(
            "production",
            replace(gated, prevent_self_review=False),
            frozenset({MAIN, RELEASE}),
            frozenset({"change-gate"}),
            secrets={"DB_PASSWORD": secret},
        ),
        DesiredEnvironment("production-approval", gated, refs),
        DesiredEnvironment("production-rollback", by_main, refs),
        DesiredEnvironment("staging", by_main, refs),
        DesiredEnvironment("staging-rollback", by_main, refs),
    )


DECLARED = _declared()


def as_declared(environment: DesiredEnvironment) -> LiveEnvironment:
    return LiveEnvironment(
        environment.name,
        1,
        environment.settings,
        patterns=tuple(LivePattern(2, each) for each in sorted(environment.patterns)),
        protection_rules=tuple(LiveRule(3, each) for each in sorted(environment.protection_rules)),
        secrets={name: LiveSecret(name, stamp(NOW), stamp(NOW)) for name in environment.secrets},
    )


def live_of(
    *environments: LiveEnvironment, others: tuple[ListedEnvironment, ...] = (), days: int = 3
) -> LiveRepository:
    """Each has been there for so many days."""
    created = stamp(NOW - days * DAY)
    known = [ListedEnvironment(each.name, created, each.settings, ()) for each in environments]
    return LiveRepository(
        PAYMENTS,
        PAYMENTS,
        tuple(sorted(each.name for each in (*known, *others))),
        {each.name: each for each in environments},
        7,
        listed={each.name.casefold(): each for each in (*known, *others)},
    )


LIVE = live_of(*map(as_declared, DECLARED))


SERVER = ServerFacts("https://api.github.com", None, 0.4, RateLimit(5000, 4800, 1200))
CREDENTIAL = CredentialFacts(CredentialKind.FINE_GRAINED, "GH_TOKEN", "ann", None, "2026-07-01T00:00:00+00:00")
REPOSITORY = RepositoryFacts(
    requested=PAYMENTS,
    name=PAYMENTS,
    visibility="private",
    is_archived=False,
    is_organizations=True,
    plan="enterprise",
    role="admin",
    granted=None,
    probes=tuple(Probe(each, None) for each in PERMISSIONS),
    live=LIVE,
    reviewers={
        "team-lead": ReviewerFacts(LEAD, exists=True, has_access=True, members=None),
        "acme/ops": ReviewerFacts(OPS, exists=True, has_access=True, members=("bob", "carol")),
    },
    deployers=("ann", "bob"),
    apps=frozenset({"change-gate"}),
    workflows=(source_text(".github/workflows/deploy.yml", "", "on: push\n"),),
    deployed={each.name: True for each in DECLARED},
)
CASE = Case(
    Purpose.APPLY,
    (),
    NOW,
    Pages(),
    key=RecordKey(is_set=True),
    sources=(Source(Address("acme/payments", "production"), "DB_PASSWORD"),),
    crossed={PAYMENTS.key: ()},
)
RECORDS = tuple(
    RecordStatus(Address("acme/payments", each.name), RecordState.VERIFIED, RecordNext.KEEP, "")
    for each in DECLARED
)


@dataclass(frozen=True)
class SetUp:
    """All that `examine` is told."""

    server: ServerFacts
    credential: CredentialFacts
    repository: RepositoryFacts | Unread
    desired: DesiredRepository
    case: Case
    records: tuple[RecordStatus, ...]

    def on_server(self, **facts: object) -> SetUp:
        return replace(self, server=replace(self.server, **facts))  # type: ignore[arg-type]

    def with_credential(self, **facts: object) -> SetUp:
        return replace(self, credential=replace(self.credential, **facts))  # type: ignore[arg-type]

    def in_repository(self, **facts: object) -> SetUp:
        assert isinstance(self.repository, RepositoryFacts)
        return replace(self, repository=replace(self.repository, **facts))  # type: ignore[arg-type]

    def in_case(self, **known: object) -> SetUp:
        return replace(self, case=replace(self.case, **known))  # type: ignore[arg-type]

    def wants(self, name: str, **fields: object) -> SetUp:
        """The file, and GitHub with it, has an environment otherwise."""
        changed = tuple(
            replace(each, **fields) if each.name == name else each  # type: ignore[arg-type]
            for each in self.desired.environments
        )
        found = replace(self, desired=replace(self.desired, environments=changed))
        return found.in_repository(live=live_of(*map(as_declared, changed)))

    def settles(self, name: str, **fields: object) -> SetUp:
        settings = next(each.settings for each in self.desired.environments if each.name == name)
        return self.wants(name, settings=replace(settings, **fields))  # type: ignore[arg-type]

    def refuses(self, *permissions: str) -> SetUp:
        assert isinstance(self.repository, RepositoryFacts)
        probes = tuple(
            Probe(each.permission, REFUSED if each.permission in permissions else each.refused)
            for each in self.repository.probes
        )
        return self.in_repository(probes=probes)

    def checks(self) -> tuple[Check, ...]:
        """A plan is made as `envsync plan` makes it, unless the case has one."""
        desired, case = self.desired, self.case
        if isinstance(self.repository, RepositoryFacts) and case.plan is None:
            plan = diff([desired], {desired.name.key: self.repository.live})
            case = replace(case, plan=replace(plan, records=self.records))
        facts = Facts(self.server, self.credential, {desired.name.key: self.repository})
        return examine(facts, replace(case, desired=(desired,))).checks

    def findings(self) -> list[tuple[Status, str, str]]:
        """Status, code and words of all that warned or failed, each of which has to say what to do next."""
        found = [each for each in self.checks() if each.status in WRONG]
        assert all(each.next_step for each in found)
        return [(each.status, each.code, each.said) for each in found]

    def said(self, code: str) -> list[str]:
        """The words of the lines of one code that passed."""
        return [each.said for each in self.checks() if each.code == code and each.status is Status.PASS]

    def noted(self, code: str) -> list[str]:
        """The words of the notes of one code."""
        return [each.said for each in self.checks() if each.code == code and each.status is Status.NOTE]

    def line(self, code: str) -> Check:
        """The one line of that code that warned or failed."""
        (found,) = (each for each in self.checks() if each.code == code and each.status in WRONG)
        return found


HEALTHY = SetUp(SERVER, CREDENTIAL, REPOSITORY, DesiredRepository(PAYMENTS, DECLARED), CASE, RECORDS)
