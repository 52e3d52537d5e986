"""What a run on the embedded GitHub has that another one has not."""

from __future__ import annotations

import threading
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli.output import note
from envsync.errors import Diagnostic, EnvsyncError, SecretSourceError
from envsync.model import RepositoryName, SecretValue, Team, User
from envsync.plan.changes import Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from envsync.cli.options import Options
    from envsync.config import Configuration
    from envsync.model import DesiredSecret
    from envsync.sandbox import Sandbox

SANDBOX_FOLDER = Path(".envsync/sandbox")
SANDBOX_NOTICE = Notice(None, "sandbox", "this is the embedded sandbox: nothing was compared with GitHub")


def sandbox_folder() -> Path:
    """Raises where something else stands in the place of a file or a folder of the sandbox's own.

    A checkout may bring links there, and what they lead to would be read, and written or emptied.
    """
    for path in chain((SANDBOX_FOLDER.parent, SANDBOX_FOLDER), SANDBOX_FOLDER.rglob("*")):
        if path.is_symlink() or (path.exists() and not (path.is_dir() or path.is_file())):
            message = f"{path} is neither a file nor a folder, and the sandbox uses none but its own"
            raise EnvsyncError(Diagnostic("sandbox-not-its-own", message, "take it away"))
    return SANDBOX_FOLDER


def populate(sandbox: Sandbox, configuration: Configuration) -> None:
    """Whoever and whatever the files name exists in the sandbox."""
    stand_ins = {
        pattern.text: [RepositoryName(pattern.owner, pattern.name.replace("*", "example").replace("?", "x"))]
        for pattern in configuration.patterns
    }
    desired = configuration.desired(stand_ins)
    environments = [environment for repository in desired for environment in repository.environments]
    reviewers = [reviewer for each in environments for reviewer in each.settings.required_reviewers]
    sandbox.seed(
        users=sorted({each.login for each in reviewers if isinstance(each, User)}),
        teams=sorted({(each.organization, each.slug) for each in reviewers if isinstance(each, Team)}),
        apps=sorted({app for each in environments for app in each.protection_rules}),
        repositories=sorted((repository.name.owner, repository.name.name) for repository in desired),
    )


def standing_in(
    options: Options, read: Callable[[DesiredSecret], SecretValue]
) -> Callable[[DesiredSecret], SecretValue]:
    """In the sandbox a secret whose source has nothing to give gets a value all the same."""
    said: set[str] = set()
    lock = threading.Lock()

    def stand_in(secret: DesiredSecret) -> SecretValue:
        try:
            return read(secret)
        except SecretSourceError as error:
            words = f"sandbox: {secret.name} gets a stand-in value ({secret.span}): {error}"
            with lock:
                if words not in said:  # many repositories can share a line of the file
                    note(options, words)
                    said.add(words)
            return SecretValue(b"a stand-in of the envsync sandbox")

    return stand_in
