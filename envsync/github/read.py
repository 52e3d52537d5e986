"""What is on GitHub? Environments with all that belongs to them; what may not be read is called unread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.github import live
from envsync.github.call import path
from envsync.model import (
    RECORD_VARIABLE,
    ListedEnvironment,
    LiveRepository,
    OtherEnvironment,
    RefPolicy,
    RepositoryName,
    Unread,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from envsync.github.part import Part
    from envsync.github.reader import Reader
    from envsync.model import LiveEnvironment, LivePattern, LiveRule, LiveSecret, LiveVariable

_FEWER = {"per_page": "30"}  # the most that GitHub gives of variables
_FORBIDDEN = frozenset({FailureKind.NOT_PERMITTED, FailureKind.NOT_FOUND})

T = TypeVar("T")


def _nobody(_: object) -> bool:
    return False


def read_repository(  # noqa: PLR0913 - one for each thing to read
    reader: Reader,
    requested: RepositoryName,
    details: Collection[str] | Callable[[str], bool],
    *,
    settings_only: bool,
    identify: bool = False,
    known_id: int | None = None,
    others: Callable[[str], bool] = _nobody,
    guarding: Callable[[ListedEnvironment], bool] = _nobody,
) -> LiveRepository:
    """What the list tells of all environments, those in `details` (in any case) in full, of `others` the records.

    `details` can be asked for each name instead, as GitHub spells it.
    `others` is asked for the name of each environment that is not in `details`, and not at all where only settings
    are to be read. `guarding` is asked for each environment whether to read its custom protection rules too. A
    part of an environment that the token may not see becomes `Unread`.

    One request a hundred environments; at most four for each in `details`, one for each of the others and one for
    each in `guarding` that is not in `details`, and one more for each further page of patterns (100 on one),
    variables (30) or secrets (100). One more to `identify` it by its number, unless that is known from a list of
    repositories (`known_id`), or when it has been renamed; never both. What GitHub redirects counts once.

    All that follows the lists is read together, so that two round trips do where there are hands enough.
    """
    name, number, found = _listed(reader, requested, identify=identify, known_id=known_id)
    listed, wanted = found.environments, _wanted(found.environments, details)
    parts = _Parts(reader, name, settings_only=settings_only)
    in_full = {key: each for key, each in listed.items() if key in wanted}
    beside = {
        key: each for key, each in listed.items() if not settings_only and key not in wanted and others(each.name)
    }
    guards = {key: each for key, each in found.told.items() if guarding(each)}
    parts.read(in_full.values(), beside.values(), [each.name for key, each in guards.items() if key not in wanted])
    return LiveRepository(
        name,
        requested,
        environment_names=tuple(sorted((each.name for each in listed.values()), key=str.casefold)),
        environments={key: parts.filled(each) for key, each in in_full.items()},
        id=number,
        others={key: OtherEnvironment(each.name, each.id, parts.record(each)) for key, each in beside.items()},
        listed={
            key: replace(each, protection_rules=parts.rules[each.name]) if key in guards else each
            for key, each in found.told.items()
        },
    )


def _wanted(
    listed: Mapping[str, LiveEnvironment], details: Collection[str] | Callable[[str], bool]
) -> Collection[str]:
    """Their keys."""
    if callable(details):
        return {key for key, each in listed.items() if details(each.name)}
    return {detail.casefold() for detail in details}


def read_environment(
    reader: Reader, repository: RepositoryName, name: str, *, settings_only: bool, exists: bool = True
) -> LiveEnvironment | None:
    """One environment in full; None only where the list of environments, which can be read, does not have it.

    `exists`: what to expect. Where that is right it takes one request, and one for each part of an environment
    that is there; else one more.
    """
    environment = _one(reader, repository, name) if exists else _listed_one(reader, repository, name)
    if environment is None:
        return None
    parts = _Parts(reader, repository, settings_only=settings_only)
    parts.read([environment], (), ())
    return parts.filled(environment)


def _one(reader: Reader, repository: RepositoryName, name: str) -> LiveEnvironment | None:
    purpose = f"read the environment {name} of {repository}"
    try:
        received = reader.get(environment_path(repository, name), purpose)
    except RequestFailed as failed:
        if failed.kind is not FailureKind.NOT_FOUND:
            raise
        # 404 is also GitHub's answer for what a token may not see.
        return _listed_one(reader, repository, name)
    if received.moved:
        raise moved(repository)
    return named(received.data, repository, name)


def _listed_one(reader: Reader, repository: RepositoryName, name: str) -> LiveEnvironment | None:
    listed = _list(reader, repository)
    if listed.moved:
        raise moved(repository)
    return listed.environments.get(name.casefold())


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


@dataclass(frozen=True, slots=True)
class _Variables:
    users: Mapping[str, LiveVariable]
    record: LiveVariable | None


def _read_variables(reader: Reader, repository: RepositoryName, name: str) -> _Variables:
    where = environment_path(repository, name, "variables")
    purpose = f"read the variables of {name} in {repository}"
    pages = reader.pages(where, "variables", purpose, query=_FEWER)
    found = {item.name: item for item in sorted(map(live.variable, pages.items), key=lambda item: item.name)}
    record = found.pop(RECORD_VARIABLE, None)
    return _Variables(found, record)


def read_secrets(reader: Reader, repository: RepositoryName, name: str) -> Mapping[str, LiveSecret]:
    where = environment_path(repository, name, "secrets")
    pages = reader.pages(where, "secrets", f"list the secrets of {name} in {repository}")
    return {item.name: item for item in sorted(map(live.secret, pages.items), key=lambda item: item.name)}


@dataclass(frozen=True, slots=True)
class _Listed:
    """Keys are casefolded names."""

    environments: Mapping[str, LiveEnvironment]
    told: Mapping[str, ListedEnvironment]
    moved: bool


def _list(reader: Reader, repository: RepositoryName) -> _Listed:
    where = path("repos", repository.owner, repository.name, "environments")
    pages = reader.pages(where, "environments", f"list the environments of {repository}")
    found = [(live.environment(item, owner=repository.owner), live.created_at(item)) for item in pages.items]
    return _Listed(
        {each.name.casefold(): each for each, _ in found},
        {each.name.casefold(): ListedEnvironment(each.name, created, each.settings) for each, created in found},
        pages.moved,
    )


def _listed(
    reader: Reader, requested: RepositoryName, *, identify: bool, known_id: int | None
) -> tuple[RepositoryName, int | None, _Listed]:
    """The repository's present name, its number if that is asked for, and its environments."""
    if identify and known_id is None:
        found = _find(reader, requested)
        listed = _list(reader, found.name)
        if listed.moved:
            raise moved(requested)
        return found.name, found.id, listed
    listed = _list(reader, requested)
    if not listed.moved:
        return requested, known_id if identify else None, listed
    renamed = _find(reader, requested)
    return renamed.name, renamed.id if identify else None, listed


@dataclass(frozen=True, slots=True)
class _Found:
    id: int
    name: RepositoryName


def _find(reader: Reader, requested: RepositoryName) -> _Found:
    """The repository under whatever name it has now; under the requested one, as that is written."""
    received = reader.get(path("repos", requested.owner, requested.name), f"find {requested}")
    full_name = received.data.member("full_name")
    owner, _, name = full_name.text().partition("/")
    if not owner or not name:
        raise full_name.unexpected("it should be owner/name")
    found = RepositoryName(owner, name)
    return _Found(received.data.member("id").integer(), requested if found.key == requested.key else found)


class _Parts:
    """What belongs to environments besides what the list tells of them: by name, as the list has it."""

    def __init__(self, reader: Reader, repository: RepositoryName, *, settings_only: bool) -> None:
        self._reader = reader
        self._repository = repository
        self._settings_only = settings_only
        self._patterns: dict[str, tuple[LivePattern, ...] | Unread] = {}
        self._secrets: dict[str, Mapping[str, LiveSecret] | Unread] = {}
        self._variables: dict[str, _Variables | Unread] = {}
        self.rules: dict[str, tuple[LiveRule, ...] | Unread] = {}

    def read(
        self, in_full: Iterable[LiveEnvironment], records: Iterable[LiveEnvironment], rules: Iterable[str]
    ) -> None:
        """All parts of those in `in_full`, of the others the record, and the custom rules."""
        reader, repository = self._reader, self._repository
        asks: list[Callable[[], None]] = []
        for each in in_full:
            if each.settings.deployment_branch_policy is RefPolicy.SELECTED:
                asks.append(_kept(self._patterns, read_patterns, reader, repository, each.name))
            asks.append(_kept(self.rules, read_rules, reader, repository, each.name))
            if not self._settings_only:
                asks.append(_kept(self._variables, _read_variables, reader, repository, each.name))
                asks.append(_kept(self._secrets, read_secrets, reader, repository, each.name))
        # By the list of variables: asked for by name, a record that may not be seen would look like none.
        asks += [_kept(self._variables, _read_variables, reader, repository, each.name) for each in records]
        asks += [_kept(self.rules, read_rules, reader, repository, name) for name in rules]
        reader.together(asks)

    def filled(self, environment: LiveEnvironment) -> LiveEnvironment:
        name, nobody_asked = environment.name, Unread("only settings were to be read", kind=None)
        variables = nobody_asked if self._settings_only else self._variables[name]
        return replace(
            environment,
            patterns=self._patterns.get(name, ()),
            protection_rules=self.rules[name],
            variables=variables if isinstance(variables, Unread) else variables.users,
            secrets=nobody_asked if self._settings_only else self._secrets[name],
            record=None if isinstance(variables, Unread) else variables.record,
        )

    def record(self, environment: LiveEnvironment) -> LiveVariable | Unread | None:
        variables = self._variables[environment.name]
        return variables if isinstance(variables, Unread) else variables.record


def _kept(
    kept: dict[str, T | Unread],
    read: Callable[[Reader, RepositoryName, str], T],
    reader: Reader,
    repository: RepositoryName,
    name: str,
) -> Callable[[], None]:
    def ask() -> None:
        kept[name] = _if_permitted(lambda: read(reader, repository, name))

    return ask


def _if_permitted(read: Callable[[], T]) -> T | Unread:
    """A 404 counts as "not permitted": that the environment exists has just been seen."""
    try:
        return read()
    except RequestFailed as failed:
        if failed.kind not in _FORBIDDEN:
            raise
        return Unread(str(failed), FailureKind.NOT_PERMITTED, failed.diagnostics[0].hint)
