"""Who and what shall exist: makes what is missing, and touches nothing that is there."""

from __future__ import annotations

import re
from hashlib import sha1
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from envsync.errors import Diagnostic, EnvsyncError
from envsync.sandbox.deployment_state import Deployment, DeploymentStatus
from envsync.sandbox.state import (
    COLLEAGUE_LOGIN,
    SERVICE_LOGIN,
    Account,
    App,
    Installation,
    Repository,
    Role,
    Team,
    bot_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envsync.sandbox.deployment_state import DeploymentState
    from envsync.sandbox.state import AccountType, State

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\[bot\])?\Z")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}\Z")


def seed(
    state: State,
    now: str,
    *,
    users: Iterable[str],
    teams: Iterable[tuple[str, str]],
    apps: Iterable[str],
    repositories: Iterable[tuple[str, str]],
    files: Mapping[tuple[str, str], Mapping[str, str]],
) -> None:
    """Gives all of `users` and `teams` access to all of `repositories`, as far as it made one or the other.

    An owner that is not among the users is an organization. The files of those repositories for which there are
    some are replaced each time: they are those of a folder, which may have changed.
    """
    people = [_person(state, now, login) for login in dict.fromkeys(users)]
    groups = [_team(state, now, *name) for name in dict.fromkeys(teams)]
    for slug in apps:
        _app(state, now, slug)
    for name in dict.fromkeys([*repositories, *files]):
        repository, repository_is_new = _repository(state, now, *name)
        if name in files:
            repository.files = dict(files[name])
        for person, is_new in people:
            if repository_is_new or is_new:
                repository.users.setdefault(person.login.casefold(), Role.PUSH)
        for group, is_new in groups:
            if (repository_is_new or is_new) and group.organization.casefold() == repository.owner.casefold():
                repository.teams.setdefault(group.slug.casefold(), Role.PUSH)


def install_app(  # noqa: PLR0913 - what GitHub's pages ask for as well
    state: State,
    now: str,
    slug: str,
    *,
    public_key: str,
    owner: str,
    permissions: Mapping[str, str],
    repositories: Iterable[str] | None,
    account: str,
) -> tuple[int, int]:
    """Registers an App and installs it on an account, or brings both up to date; gives the ids of the two.

    What an earlier call granted on other accounts stays as it was, until somebody agrees to more.
    """
    app = _app(state, now, slug)
    app.owner = _account(state, now, owner, "Organization")[0].login
    app.public_key = _checked_key(public_key)
    app.permissions = {"metadata": "read", **permissions}
    bot_of(state, app, now)
    target, _ = _account(state, now, account, "Organization")
    chosen = None if repositories is None else list(repositories)
    for name in chosen or ():
        if not name.casefold().startswith(f"{target.login}/".casefold()):
            raise _wrong(f"{name} is not a repository of {target.login}, where {slug} is installed")
    granted = dict(app.permissions)
    for one in state.installations_of(app):
        if one.account.casefold() == target.login.casefold():
            one.permissions, one.repositories = granted, chosen
            return app.id, one.id
    one = Installation(state.new_id(), app.id, target.login, now, granted, chosen)
    state.installations[one.id] = one
    return app.id, one.id


def deploy(
    state: State, now: str, repository: Repository, environment: str, ref: str, states: Iterable[DeploymentState]
) -> int:
    """A deployment as a job with an environment makes it, and what became of it, in order: its id."""
    sha = sha1(f"{repository.full_name} {ref}".encode(), usedforsecurity=False).hexdigest()
    one = Deployment(state.new_id(), environment, ref, sha, SERVICE_LOGIN, now)
    one.statuses = [DeploymentStatus(state.new_id(), each, now) for each in states]
    repository.deployments[one.id] = one
    return one.id


def _checked_key(text: str) -> str:
    if text:
        try:
            key = load_pem_public_key(text.encode())
        except ValueError:
            raise _wrong("the App's key is no public key as PEM") from None
        if not isinstance(key, RSAPublicKey):
            raise _wrong("the App's key is not for RSA, which is what GitHub's Apps sign with")
    return text


def _account(state: State, now: str, login: str, kind: AccountType) -> tuple[Account, bool]:
    _check(_LOGIN, login, "a login")
    found = state.account(login)
    if found is not None:
        return found, False
    account = state.accounts[login.casefold()] = Account(state.new_id(), login, kind, now)
    return account, True


def _person(state: State, now: str, login: str) -> tuple[Account, bool]:
    account, is_new = _account(state, now, login, "User")
    if account.type == "Organization":
        raise _wrong(f"{login} is an organization in the sandbox, and is named as a user")
    return account, is_new


def _team(state: State, now: str, organization: str, slug: str) -> tuple[Team, bool]:
    _check(_NAME, slug, "a team's slug")
    owner, _ = _account(state, now, organization, "Organization")
    if owner.type != "Organization":
        raise _wrong(f"{organization} is a user in the sandbox, and users have no teams such as {slug}")
    found = state.team(organization, slug)
    if found is not None:
        return found, False
    team = Team(state.new_id(), owner.login, slug, now, [SERVICE_LOGIN, COLLEAGUE_LOGIN])
    state.teams[f"{owner.login}/{slug}".casefold()] = team
    return team, True


def _app(state: State, now: str, slug: str) -> App:
    _check(_NAME, slug, "an App's slug")
    found = state.apps.get(slug.casefold())
    if found is None:
        found = state.apps[slug.casefold()] = App(state.new_id(), slug, now)
    return found


def _repository(state: State, now: str, owner: str, name: str) -> tuple[Repository, bool]:
    _check(_NAME, name, "a repository's name")
    if name in (".", ".."):
        raise _wrong(f"{name!r} is no repository's name")
    full_name = f"{owner}/{name}"
    found = state.repositories.get(full_name.casefold()) or state.formerly(full_name)
    if found is not None:
        return found, False
    account, _ = _account(state, now, owner, "Organization")
    repository = Repository(state.new_id(), account.login, name, now)
    repository.users = {SERVICE_LOGIN: Role.ADMIN, COLLEAGUE_LOGIN: Role.PUSH}
    state.repositories[repository.full_name.casefold()] = repository
    return repository, True


def _check(pattern: re.Pattern[str], text: str, what: str) -> None:
    if not pattern.match(text):
        raise _wrong(f"{text!r} is not {what} that GitHub would take")


def _wrong(message: str) -> EnvsyncError:
    return EnvsyncError(
        Diagnostic(code="sandbox-bad-name", message=message, hint="correct the name, or start anew with `--reset`")
    )
