"""Have the secrets of the files a source that is there? No value is read, and no command is run."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.doctor.case import Source
from envsync.errors import Diagnostic, SecretSourceError
from envsync.model import External, Field, FromCommand
from envsync.plan.changes import Address
from envsync.secrets.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envsync.model import DesiredRepository, DesiredSecret


def sources_of(desired: Sequence[DesiredRepository], environ: Mapping[str, str]) -> Iterator[Source]:
    # Whoever may run a plan may see that a command is there; running it is another thing.
    sources = replace(Sources(environ), allow_commands=True)
    for repository in desired:
        for environment in repository.environments:
            secrets = {} if Field.SECRETS in environment.ignore else environment.secrets
            at = Address(str(repository.name), environment.name)
            for name, secret in sorted(secrets.items()):
                if not isinstance(secret.source, External):
                    command = secret.source.argv[0] if isinstance(secret.source, FromCommand) else None
                    yield Source(at, name, _fault(sources, secret), command)


def _fault(sources: Sources, secret: DesiredSecret) -> Diagnostic | None:
    try:
        sources.check(secret)
    except SecretSourceError as error:
        return error.diagnostics[0]
    source = secret.source
    if isinstance(source, FromCommand) and not _is_there(source, sources.environ):
        message = f"the command {source.argv[0]} is its source, and there is no such program"
        hint = f"install {source.argv[0]}, or have it found on PATH"
        return Diagnostic("secret-source-missing", message, hint, secret.span)
    return None


def _is_there(command: FromCommand, environ: Mapping[str, str]) -> bool:
    """As it would be found from the folder that it runs in."""
    program = command.argv[0]
    if os.sep in program:
        program = str(Path(command.root) / program)
    return shutil.which(program, path=environ.get("PATH")) is not None
