"""What is to be known of one repository before its environments can be read and changed?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.github.attempts import Attempts, attempt
from envsync.github.bearer import Place
from envsync.github.call import path
from envsync.github.installations import Installations
from envsync.github.people import logins
from envsync.github.read import environment_path, read_repository
from envsync.github.reader import PER_PAGE
from envsync.github.survey_contents import Contents
from envsync.github.survey_credential import Account
from envsync.github.survey_server import VERSION
from envsync.model import Field, LiveRepository, RepositoryName, Unread
from envsync.plan.appeared import environment_looks_open
from envsync.plan.facts import RepositoryFacts
from envsync.plan.undeclared import is_undeclared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.github.connection import Access, Received
    from envsync.github.part import Part
    from envsync.github.people import People
    from envsync.github.reader import Reader
    from envsync.model import DesiredEnvironment, DesiredRepository, LiveEnvironment, LiveRule

_ROLES = ("admin", "maintain", "push", "triage", "pull")  # strongest first
_GUARDS = "available_custom_deployment_protection_rule_integrations"


@dataclass(frozen=True, slots=True)
class Found:
    """What `GET` of a repository tells."""

    id: int
    name: RepositoryName  # present; as the file has it where that is the same
    visibility: str
    is_archived: bool
    is_empty: bool
    is_organizations: bool
    role: str | None
    is_on_enterprise_server: bool


class Surveyor:
    """Asks about one repository after the other. A part that cannot be read is `Unread`, and the rest goes on."""

    def __init__(
        self, reader: Reader, access: Access, people: People, *, keeps_records: bool, settings_only: bool
    ) -> None:
        self._reader = reader
        self._access = access
        self.account = Account(reader)
        self._people = people
        self._keeps_records = keeps_records
        self._settings_only = settings_only
        self._plans: dict[str, str | Unread] = {}  # by casefolded owner

    def survey(self, desired: DesiredRepository) -> RepositoryFacts:
        """Raises `RequestFailed` where the repository itself cannot be read."""
        found = self._find(desired.name)
        attempts, contents = Attempts(), Contents(self._reader, found.name, found.is_empty, found.is_organizations)
        attempts.note("Metadata: read", None)
        live = attempts.read("Actions: read", lambda: self._live(desired, found))
        _note_parts(attempts, live)
        facts = RepositoryFacts(
            requested=desired.name,
            name=found.name,
            visibility=found.visibility,
            is_archived=found.is_archived,
            is_organizations=found.is_organizations,
            plan=self._plan(found),
            role=found.role,
            granted=self._granted(found.name),
            probes=(),
            live=live,
            reviewers=self._people.of(desired, found.name, attempts),
            deployers=attempt(lambda: self._deployers(found.name)),
            apps=self._apps(desired, found.name, live, attempts),
            workflows=attempts.read("Contents: read", contents.workflows),
            secrets=attempts.read("Secrets: read", contents.secrets),
            variables=attempts.read("Variables: read", contents.variables),
            deployed=attempts.read("Deployments: read", lambda: contents.deployed(_existing(desired, live))),
        )
        return replace(facts, probes=attempts.probes)

    def _find(self, requested: RepositoryName) -> Found:
        received = self._reader.get(path("repos", requested.owner, requested.name), f"find {requested}")
        found = _found(received, requested)
        if found.name.owner.casefold() != requested.owner.casefold():
            # Secrets must not follow a repository to whoever has it now.
            text = f"{requested} belongs to another owner now, as {found.name}"
            hint = "name it so in the file, if that is what you want"
            raise RequestFailed(FailureKind.CHANGED, Diagnostic("moved", text, hint))
        return found

    def _live(self, desired: DesiredRepository, found: Found) -> LiveRepository:
        """As a plan reads it, and what protects the environments that no file declares."""
        declared = {each.name.casefold() for each in desired.environments}

        def may_have_a_record(name: str) -> bool:
            return self._keeps_records and (is_undeclared(desired, name) or name.casefold() in declared)

        live = read_repository(
            self._reader,
            found.name,
            [each.name for each in desired.environments],
            settings_only=self._settings_only,
            others=may_have_a_record,
            guarding=lambda listed: environment_looks_open(listed, desired, lambda _: True),
        )
        return replace(live, requested=desired.name, id=found.id)

    def _plan(self, found: Found) -> str | Unread | None:
        if found.is_on_enterprise_server:
            return None
        key = found.name.owner.casefold()
        if key not in self._plans:
            self._plans[key] = attempt(lambda: self._ask_for_plan(found.name.owner, found.is_organizations))
        return self._plans[key]

    def _ask_for_plan(self, owner: str, is_organization: bool) -> str | Unread:  # noqa: FBT001 - a fact, no switch
        """GitHub tells an organization's to its owners and to Apps that may see it, a user's to the user."""
        told: Part | Unread | None
        if is_organization:
            told = self._reader.get(path("orgs", owner), f"see the plan of {owner}").data
        else:
            login = self.account.login()
            is_own = isinstance(login, str) and login.casefold() == owner.casefold()
            told = self.account.told() if is_own else None
        plan = None if told is None or isinstance(told, Unread) else told.optional("plan")
        if plan is None or plan.is_null:
            reason = f"GitHub does not tell this credential what {owner} pays for"
            return Unread(reason, FailureKind.NOT_PERMITTED, f"see the billing page of {owner}")
        return plan.member("name").text()

    def _granted(self, repository: RepositoryName) -> Mapping[str, str] | Unread | None:
        credential = self._access.credential
        if not isinstance(credential, Installations):
            return None
        return attempt(lambda: credential.granted(Place(repository.owner, repository.name), self._access))

    def _deployers(self, repository: RepositoryName) -> tuple[str, ...]:
        """Who may push. GitHub tells those who may push themselves."""
        where = path("repos", repository.owner, repository.name, "collaborators")
        query = {**PER_PAGE, "permission": "push"}
        return logins(
            part
            for part in self._reader.pages(where, None, f"see who may push to {repository}", query=query).items
            # An older server does not know the parameter, and lists everybody.
            if _role(part) in {"admin", "maintain", "push", None}
        )

    def _apps(
        self,
        desired: DesiredRepository,
        repository: RepositoryName,
        live: LiveRepository | Unread,
        attempts: Attempts,
    ) -> frozenset[str] | Unread | None:
        """Those that guard an environment already, and those that GitHub offers for one that exists."""
        if not any(_wants_rules(each) for each in desired.environments):
            return None
        if isinstance(live, Unread):
            return live
        at_work = {rule.app for each in live.environments.values() for rule in _rules(each)}
        name = next(iter(_existing(desired, live)), None) or next(iter(live.environment_names), None)
        if name is None:
            reason = f"GitHub lists Apps for an environment that exists, and {repository} has none yet"
            return Unread(reason, None, "run it again once there is one")
        where = environment_path(repository, name, "deployment_protection_rules", "apps")
        purpose = f"list the Apps that can guard {name} in {repository}"
        offered = attempts.read("Administration: read", lambda: self._offered(where, purpose))
        return offered if isinstance(offered, Unread) else offered | at_work

    def _offered(self, where: str, purpose: str) -> frozenset[str]:
        return frozenset(part.member("slug").text() for part in self._reader.pages(where, _GUARDS, purpose).items)


def _found(received: Received, requested: RepositoryName) -> Found:
    data = received.data
    owner, name = (
        data.member("owner"),
        RepositoryName(data.member("owner").member("login").text(), data.member("name").text()),
    )
    visibility = data.optional("visibility")
    is_private = data.member("private").flag()
    size = data.optional("size")
    return Found(
        id=data.member("id").integer(),
        name=requested if name.key == requested.key else name,
        visibility=("private" if is_private else "public") if visibility is None else visibility.text(),
        is_archived=data.member("archived").flag(),
        is_empty=size is not None and size.value == 0,
        is_organizations=owner.member("type").text() == "Organization",
        role=_role(data),
        is_on_enterprise_server=VERSION in received.headers,
    )


def _role(part: Part) -> str | None:
    permissions = part.optional("permissions")
    held = {} if permissions is None else permissions.value
    return next((role for role in _ROLES if isinstance(held, dict) and held.get(role) is True), None)


def _note_parts(attempts: Attempts, live: LiveRepository | Unread) -> None:
    for each in () if isinstance(live, Unread) else live.environments.values():
        for permission, part in (
            ("Actions: read", each.patterns),
            ("Actions: read", each.protection_rules),
            ("Environments: read", each.variables),
            ("Environments: read", each.secrets),
        ):
            attempts.note(permission, part if isinstance(part, Unread) else None)


def _wants_rules(environment: DesiredEnvironment) -> bool:
    return bool(environment.protection_rules) and Field.DEPLOYMENT_PROTECTION_RULES not in environment.ignore


def _existing(desired: DesiredRepository, live: LiveRepository | Unread) -> tuple[str, ...]:
    """Names of the declared environments that exist."""
    there = {} if isinstance(live, Unread) else live.environments
    keys = [each.name.casefold() for each in desired.environments]
    return tuple(there[key].name for key in keys if key in there)


def _rules(environment: LiveEnvironment) -> tuple[LiveRule, ...]:
    return () if isinstance(environment.protection_rules, Unread) else environment.protection_rules
