"""Which endpoint a method and a path mean, and what permission it takes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from envsync.sandbox import (
    actions_values,
    apps,
    branch_policies,
    comments,
    contents,
    deployments,
    environments,
    identities,
    issues,
    labels,
    protection_rules,
    repositories,
    secret_store,
    variables,
)
from envsync.sandbox.identification import Asker
from envsync.sandbox.permissions import Needs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envsync.sandbox.call import Call
    from envsync.sandbox.exchange import Reply

_METADATA = Needs("metadata")
_MEMBERS = Needs("members")
_ACTIONS = Needs("actions")
_ENVIRONMENTS = Needs("environments")
_CHANGE_ENVIRONMENTS = Needs("environments", "write")
_ADMINISTRATION = Needs("administration")
_ADMINISTER = Needs("administration", "write")
_CONTENTS = Needs("contents")
_DEPLOYMENTS = Needs("deployments")
_REPOSITORY_SECRETS = Needs("secrets")
_REPOSITORY_VARIABLES = Needs("actions_variables")
_ISSUES = Needs("issues")
_CHANGE_ISSUES = Needs("issues", "write")
# What pull requests have in common with issues; `issues` asks for more where it is none.
_EITHER = Needs("issues", alternative="pull_requests")
_CHANGE_EITHER = Needs("issues", "write", "pull_requests")


def _never(_: Call) -> bool:
    return False


def _always(_: Call) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Endpoint:
    answer: Callable[[Call], Reply]
    needs: Needs | None
    free: bool = False  # costs nothing of the rate limit
    asker: Asker = Asker.TOKEN
    creates: Callable[[Call], bool] = _never  # whether that call is to make something new


@dataclass(frozen=True, slots=True)
class Match:
    endpoint: Endpoint
    names: Mapping[str, str]


@dataclass(slots=True)
class Branch:
    """What may follow a segment of a path: a known word goes before whatever else."""

    words: dict[str, Branch] = field(default_factory=dict)
    other: tuple[str, Branch] | None = None  # what the segment is called, and what follows it
    rest: tuple[str, Branch] | None = None  # what all segments from here on are called, together
    endpoints: dict[str, Endpoint] = field(default_factory=dict)

    def add(self, method: str, path: str, endpoint: Endpoint) -> None:
        branch = self
        for segment in path.strip("/").split("/"):
            if segment.endswith("...}"):
                branch.rest = (segment[1:-4], Branch())
                branch = branch.rest[1]
            elif segment.startswith("{"):
                if branch.other is None:
                    branch.other = (segment[1:-1], Branch())
                branch = branch.other[1]
            else:
                branch = branch.words.setdefault(segment, Branch())
        branch.endpoints[method] = endpoint

    def find(self, method: str, path: str) -> Match | None:
        """`path` is percent-encoded: an encoded slash is part of a name."""
        branch, names = self, dict[str, str]()
        segments = deque(path[1:].split("/"))
        while segments:
            segment = segments.popleft()
            if segment in branch.words:
                branch = branch.words[segment]
            elif branch.rest is not None:
                name, branch = branch.rest
                names[name] = "/".join([segment, *segments])
                segments.clear()
            elif segment and branch.other is not None:
                name, branch = branch.other
                names[name] = segment
            else:
                return None
        endpoint, decoded = branch.endpoints.get(method), _decoded(names)
        return Match(endpoint, decoded) if endpoint is not None and decoded is not None else None


def _decoded(names: Mapping[str, str]) -> Mapping[str, str] | None:
    try:
        return {name: unquote(text, errors="strict") for name, text in names.items()}
    except UnicodeDecodeError:
        return None


@cache
def endpoints() -> Branch:
    tree = Branch()
    tree.add("GET", "/user", Endpoint(identities.authenticated_user, None, asker=Asker.USER))
    for method, path, answer, needs in _SERVER:
        tree.add(method, path, Endpoint(answer, needs, free=path == "/rate_limit"))
    for method, path, answer, asker in _OF_AN_IDENTITY:
        tree.add(method, path, Endpoint(answer, None if asker is Asker.APP else _METADATA, asker=asker))
    for prefix in ("/repos/{owner}/{repo}", "/repositories/{repository_id}"):
        for method, path, answer, needs in _OF_A_REPOSITORY:
            creates = _always if method == "POST" else _CREATED_BY_PUT.get(answer, _never)
            tree.add(method, prefix + path, Endpoint(answer, needs, creates=creates))
        tree.add("GET", f"{prefix}/installation", Endpoint(apps.installation_on_repository, None, asker=Asker.APP))
    return tree


_Row = tuple[str, str, "Callable[[Call], Reply]", Needs | None]

_SERVER: tuple[_Row, ...] = (
    ("GET", "/meta", identities.meta, None),
    ("GET", "/rate_limit", identities.rate_limit, None),
    ("GET", "/users/{user}", identities.user, None),
    ("GET", "/users/{user}/repos", repositories.of_user, _METADATA),
    ("GET", "/apps/{app}", identities.app, None),
    ("GET", "/orgs/{org}", identities.organization, None),
    ("GET", "/orgs/{org}/repos", repositories.of_organization, _METADATA),
    ("GET", "/orgs/{org}/teams/{team}", identities.team, _MEMBERS),
    ("GET", "/orgs/{org}/teams/{team}/members", identities.team_members, _MEMBERS),
    ("GET", "/orgs/{org}/teams/{team}/memberships/{user}", identities.team_membership, _MEMBERS),
    ("GET", "/orgs/{org}/teams/{team}/repos/{owner}/{repo}", repositories.team_access, _MEMBERS),
)

_OF_AN_IDENTITY: tuple[tuple[str, str, Callable[[Call], Reply], Asker], ...] = (
    ("GET", "/user/repos", repositories.of_authenticated_user, Asker.USER),
    ("GET", "/app", apps.get, Asker.APP),
    ("GET", "/app/installations", apps.installations, Asker.APP),
    ("GET", "/app/installations/{installation_id}", apps.installation, Asker.APP),
    ("POST", "/app/installations/{installation_id}/access_tokens", apps.create_token, Asker.APP),
    ("GET", "/orgs/{org}/installation", apps.installation_on_organization, Asker.APP),
    ("GET", "/users/{user}/installation", apps.installation_on_user, Asker.APP),
    ("GET", "/installation/repositories", apps.repositories, Asker.INSTALLATION),
)

_ENVIRONMENT = "/environments/{environment}"
_PATTERNS = f"{_ENVIRONMENT}/deployment-branch-policies"
_RULES = f"{_ENVIRONMENT}/deployment_protection_rules"
_SECRETS = f"{_ENVIRONMENT}/secrets"
_VARIABLES = f"{_ENVIRONMENT}/variables"
_ISSUE = "/issues/{issue}"
_COMMENT = "/issues/comments/{comment}"

# What makes something new only where it is not there yet.
_CREATED_BY_PUT: Mapping[Callable[[Call], Reply], Callable[[Call], bool]] = {
    environments.put: environments.is_new,
    secret_store.put: secret_store.is_new,
}

_OF_A_REPOSITORY: tuple[_Row, ...] = (
    ("GET", "", repositories.get, _METADATA),
    ("GET", "/teams", repositories.teams, _ADMINISTRATION),
    ("GET", "/contents/{path...}", contents.get, _CONTENTS),
    ("GET", "/actions/secrets", actions_values.secrets, _REPOSITORY_SECRETS),
    ("GET", "/actions/organization-secrets", actions_values.organization_secrets, _REPOSITORY_SECRETS),
    ("GET", "/actions/variables", actions_values.variables, _REPOSITORY_VARIABLES),
    ("GET", "/actions/organization-variables", actions_values.organization_variables, _REPOSITORY_VARIABLES),
    ("GET", "/deployments", deployments.list_all, _DEPLOYMENTS),
    ("GET", "/deployments/{deployment_id}/statuses", deployments.statuses, _DEPLOYMENTS),
    ("GET", "/collaborators", repositories.collaborators, _METADATA),
    ("GET", "/collaborators/{user}", repositories.is_collaborator, _METADATA),
    ("GET", "/collaborators/{user}/permission", repositories.permission_of_user, _METADATA),
    ("GET", "/environments", environments.list_all, _ACTIONS),
    ("GET", _ENVIRONMENT, environments.get, _ACTIONS),
    ("PUT", _ENVIRONMENT, environments.put, _ADMINISTER),
    ("DELETE", _ENVIRONMENT, environments.delete, _ADMINISTER),
    ("GET", _PATTERNS, branch_policies.list_all, _ACTIONS),
    ("POST", _PATTERNS, branch_policies.create, _ADMINISTER),
    ("GET", f"{_PATTERNS}/{{pattern_id}}", branch_policies.get, _ACTIONS),
    ("PUT", f"{_PATTERNS}/{{pattern_id}}", branch_policies.rename, _ADMINISTER),
    ("DELETE", f"{_PATTERNS}/{{pattern_id}}", branch_policies.delete, _ADMINISTER),
    ("GET", _RULES, protection_rules.list_all, _ACTIONS),
    ("POST", _RULES, protection_rules.create, _ADMINISTER),
    ("GET", f"{_RULES}/apps", protection_rules.list_apps, _ADMINISTRATION),
    ("GET", f"{_RULES}/{{rule_id}}", protection_rules.get, _ACTIONS),
    ("DELETE", f"{_RULES}/{{rule_id}}", protection_rules.delete, _ADMINISTER),
    ("GET", _SECRETS, secret_store.list_all, _ENVIRONMENTS),
    ("GET", f"{_SECRETS}/public-key", secret_store.public_key, _ENVIRONMENTS),
    ("GET", f"{_SECRETS}/{{secret}}", secret_store.get, _ENVIRONMENTS),
    ("PUT", f"{_SECRETS}/{{secret}}", secret_store.put, _CHANGE_ENVIRONMENTS),
    ("DELETE", f"{_SECRETS}/{{secret}}", secret_store.delete, _CHANGE_ENVIRONMENTS),
    ("GET", _VARIABLES, variables.list_all, _ENVIRONMENTS),
    ("POST", _VARIABLES, variables.create, _CHANGE_ENVIRONMENTS),
    ("GET", f"{_VARIABLES}/{{variable}}", variables.get, _ENVIRONMENTS),
    ("PATCH", f"{_VARIABLES}/{{variable}}", variables.update, _CHANGE_ENVIRONMENTS),
    ("DELETE", f"{_VARIABLES}/{{variable}}", variables.delete, _CHANGE_ENVIRONMENTS),
    ("GET", "/labels", labels.list_all, _EITHER),
    ("POST", "/labels", labels.create, _CHANGE_EITHER),
    ("GET", "/issues", issues.list_all, _ISSUES),
    ("POST", "/issues", issues.create, _CHANGE_ISSUES),
    ("GET", _ISSUE, issues.get, _EITHER),
    ("PATCH", _ISSUE, issues.update, _CHANGE_EITHER),
    ("GET", f"{_ISSUE}/labels", issues.list_labels, _EITHER),
    ("POST", f"{_ISSUE}/labels", issues.add_labels, _CHANGE_EITHER),
    ("GET", f"{_ISSUE}/comments", comments.list_all, _EITHER),
    ("POST", f"{_ISSUE}/comments", comments.create, _CHANGE_EITHER),
    ("GET", _COMMENT, comments.get, _EITHER),
    ("PATCH", _COMMENT, comments.update, _CHANGE_EITHER),
    ("DELETE", _COMMENT, comments.delete, _CHANGE_EITHER),
)
