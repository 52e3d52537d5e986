"""What is on GitHub? Environments with all that belongs to them; what may not be read is called unread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.github import live
from envsync.github.call import path
from envsync.model import LiveRepository, RefPolicy, RepositoryName, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from envsync.github.part import Part
    from envsync.github.reader import Reader
    from envsync.model import LiveEnvironment, LivePattern, LiveRule, LiveSecret

_FEWER = {"per_page": "30"}  # the most that GitHub gives of variables
_FORBIDDEN = frozenset({FailureKind.NOT_PERMITTED, FailureKind.NOT_FOUND})

T = TypeVar("T")


def read_repository(
    reader: Reader, requested: RepositoryName, details: Collection[str], *, settings_only: bool
) -> LiveRepository:
    """The names of all environments, and those in `details` (in any case) in full.

    One request a hundred environments, and at most four for each in `details`, plus one when the repository has
    been renamed. A part of an environment that the token may not see becomes `Unread`.
    """
    listed = _list(reader, requested)
    name = _current_name(reader, requested) if listed.moved else requested
    wanted = {detail.casefold() for detail in details}
    environments = {
        key: _in_full(reader, name, environment, settings_only=settings_only)
        for key, environment in listed.environments.items()
        if key in wanted
    }
    names = sorted((environment.name for environment in listed.environments.values()), key=str.casefold)
    return LiveRepository(name, requested, tuple(names), environments)


def read_environment(
    reader: Reader, repository: RepositoryName, name: str, *, settings_only: bool
) -> LiveEnvironment | None:
    """One environment in full; None only where the list of environments, which can be read, does not have it."""
    purpose = f"read the environment {name} of {repository}"
    try:
        received = reader.get(environment_path(repository, name), purpose)
    except RequestFailed as failed:
        if failed.kind is not FailureKind.NOT_FOUND:
            raise
        # 404 is also GitHub's answer for what a token may not see.
        listed = _list(reader, repository)
        if listed.moved:
            raise moved(repository) from None
        environment = listed.environments.get(name.casefold())
    else:
        if received.moved:
            raise moved(repository)
        environment = named(received.data, repository, name)
    return None if environment is None else _in_full(reader, repository, environment, settings_only=settings_only)


def environment_path(repository: RepositoryName, name: str, *more: str | int) -> str:
    return path("repos", repository.owner, repository.name, "environments", name, *more)


def named(part: Part, repository: RepositoryName, name: str) -> LiveEnvironment:
    """The environment in an answer, which has to be the one that was asked for."""
    environment = live.environment(part, owner=repository.owner)
    if environment.name.casefold() != name.casefold():
        raise part.member("name").unexpected(f"it should be {name}")
    return environment


def moved(repository: RepositoryName) -> RequestFailed:
    text = f"{repository} has been renamed or moved since it was read"
    return RequestFailed(FailureKind.CHANGED, Diagnostic("moved", text, "run it again: it will use the new name"))


def read_patterns(reader: Reader, repository: RepositoryName, name: str) -> tuple[LivePattern, ...]:
    """Only where the environment's policy is of selected refs: GitHub answers 404 for every other."""
    where = environment_path(repository, name, "deployment-branch-policies")
    pages = reader.pages(where, "branch_policies", f"read the branch and tag patterns of {name} in {repository}")
    found = {item.id: item for item in map(live.pattern, pages.items)}
    return tuple(sorted(found.values(), key=lambda item: (item.pattern, item.id)))


def read_rules(reader: Reader, repository: RepositoryName, name: str) -> tuple[LiveRule, ...]:
    where = environment_path(repository, name, "deployment_protection_rules")
    purpose = f"read the deployment protection rules of {name} in {repository}"
    pages = reader.pages(
        where, "custom_deployment_protection_rules", purpose, query={}
    )  # GitHub has no pages of it
    return tuple(sorted(map(live.rule, pages.items), key=lambda item: (item.app, item.id)))


def _read_variables(reader: Reader, repository: RepositoryName, name: str) -> Mapping[str, str]:
    where = environment_path(repository, name, "variables")
    purpose = f"read the variables of {name} in {repository}"
    pages = reader.pages(where, "variables", purpose, query=_FEWER)
    return dict(sorted(map(live.variable, pages.items)))


def _read_secrets(reader: Reader, repository: RepositoryName, name: str) -> Mapping[str, LiveSecret]:
    where = environment_path(repository, name, "secrets")
    pages = reader.pages(where, "secrets", f"list the secrets of {name} in {repository}")
    return {item.name: item for item in sorted(map(live.secret, pages.items), key=lambda item: item.name)}


@dataclass(frozen=True, slots=True)
class _Listed:
    environments: Mapping[str, LiveEnvironment]  # key: casefolded name
    moved: bool


def _list(reader: Reader, repository: RepositoryName) -> _Listed:
    where = path("repos", repository.owner, repository.name, "environments")
    pages = reader.pages(where, "environments", f"list the environments of {repository}")
    found = (live.environment(item, owner=repository.owner) for item in pages.items)
    return _Listed({environment.name.casefold(): environment for environment in found}, pages.moved)


def _current_name(reader: Reader, former: RepositoryName) -> RepositoryName:
    received = reader.get(path("repos", former.owner, former.name), f"find the new name of {former}")
    full_name = received.data.member("full_name")
    owner, _, name = full_name.text().partition("/")
    if not owner or not name:
        raise full_name.unexpected("it should be owner/name")
    return RepositoryName(owner, name)


def _in_full(
    reader: Reader, repository: RepositoryName, environment: LiveEnvironment, *, settings_only: bool
) -> LiveEnvironment:
    name = environment.name
    selected = environment.settings.deployment_branch_policy is RefPolicy.SELECTED
    nobody_asked = Unread("only settings were to be read", kind=None)
    return replace(
        environment,
        patterns=_if_permitted(lambda: read_patterns(reader, repository, name)) if selected else (),
        protection_rules=_if_permitted(lambda: read_rules(reader, repository, name)),
        variables=nobody_asked
        if settings_only
        else _if_permitted(lambda: _read_variables(reader, repository, name)),
        secrets=nobody_asked if settings_only else _if_permitted(lambda: _read_secrets(reader, repository, name)),
    )


def _if_permitted(read: Callable[[], T]) -> T | Unread:
    """A 404 counts as "not permitted": that the environment exists has just been seen."""
    try:
        return read()
    except RequestFailed as failed:
        if failed.kind not in _FORBIDDEN:
            raise
        return Unread(str(failed), FailureKind.NOT_PERMITTED, failed.diagnostics[0].hint)
