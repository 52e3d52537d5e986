"""Which repositories and environments is a run about?"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from envsync.errors import ConfigError, Diagnostic
from envsync.github.expand import expand
from envsync.plan.diff import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from envsync.cli.options import Options
    from envsync.config import Configuration
    from envsync.github.expand import Owners
    from envsync.model import DesiredRepository, LiveRepository, RepositoryName


def expanded(configuration: Configuration, owners: Owners) -> Mapping[str, Sequence[RepositoryName]]:
    """The repositories that each pattern matches."""
    return {
        pattern.text: expand(owners, pattern.owner, pattern.name, archived=pattern.archived, forks=pattern.forks)
        for pattern in configuration.patterns
    }


def selected(options: Options, desired: Sequence[DesiredRepository]) -> tuple[DesiredRepository, ...]:
    """Raises where something that was asked for is not there: an empty plan would read as if all were well."""
    if not desired:
        raise _nothing(
            "repository", "the files match no repository", "see `repositories` and `exclude` in the files"
        )
    keys = [each.name.key for each in desired]
    for glob in options.repositories:
        if not any(fnmatchcase(key, glob.casefold()) for key in keys):
            raise _nothing(
                "repository", f"no repository of the files matches {glob}", "see `repositories` in the files"
            )
    globs = [glob.casefold() for glob in options.repositories]
    kept = tuple(each for each in desired if not globs or any(fnmatchcase(each.name.key, glob) for glob in globs))
    names = [environment.name for repository in kept for environment in repository.environments]
    for glob in options.environments:
        if not any(Scope((glob,)).holds(name) for name in names):
            raise _nothing(
                "environment", f"no environment of the files matches {glob}", "see `environments` in the files"
            )
    _hold_rotations(options, kept)
    return kept


def _hold_rotations(options: Options, desired: Sequence[DesiredRepository]) -> None:
    secrets = {name for each in desired for environment in each.environments for name in environment.secrets}
    for glob in options.rotate:
        if glob != "*" and not any(fnmatchcase(name, glob.upper()) for name in secrets):
            raise _nothing("secret", f"no secret of the files matches {glob}", "see `secrets` in the files")


def _nothing(what: str, message: str, hint: str) -> ConfigError:
    return ConfigError(Diagnostic(f"no-{what}", message, hint))


def hold_apart(live: Iterable[LiveRepository], declared: Iterable[RepositoryName]) -> None:
    """Raises where a former name and the present one are in the files as two repositories.

    `declared`: all that the files declare, those that this run is not about among them.
    """
    known: dict[str, RepositoryName] = {name.key: name for name in declared}
    for each in live:
        first = known.setdefault(each.name.key, each.requested)
        if first.key != each.requested.key:
            message = f"{first} and {each.requested} are one repository, {each.name}"
            raise ConfigError(Diagnostic("repository-twice", message, "leave its former name out of the files"))
