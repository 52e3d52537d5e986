"""What an `environments.yaml` that is there says, as far as it is about one repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.config import load
from envsync.errors import ConfigError
from envsync.model import FromEnvironment, RepositoryName

if TYPE_CHECKING:
    from pathlib import Path

    from envsync.model import DesiredRepository


@dataclass(frozen=True, slots=True)
class Declared:
    owner: str
    repository: DesiredRepository


def declared(file: Path) -> Declared | None:
    """A file that is there, and the one repository that it is about. None: there is none, or not just one."""
    try:
        configuration = load([file])
        desired = configuration.desired({each.text: () for each in configuration.patterns})
    except ConfigError:
        return None  # what is wrong with it, `envsync validate` says
    if configuration.patterns or len(desired) != 1:
        return None
    return Declared(configuration.declarations[0].owner, desired[0])


def sources_there(file: Path) -> tuple[str, ...]:
    """Names of the variables that its secrets come from, of whichever repositories; of a wrong file none."""
    try:
        configuration = load([file])
        any_of = {
            each.text: (RepositoryName(each.text.partition("/")[0], "any"),) for each in configuration.patterns
        }
        environments = [each for repository in configuration.desired(any_of) for each in repository.environments]
    except ConfigError:
        return ()
    secrets = (each for one in environments for each in one.secrets.values())
    found = (each.source.variable for each in secrets if isinstance(each.source, FromEnvironment))
    return tuple(dict.fromkeys(found))
