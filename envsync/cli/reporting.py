"""Who writes what people read: the comment on a pull request, the issue of drift. Never the environments."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from envsync.cli.output import note
from envsync.github.comments import Commented, replace_comment
from envsync.github.credentials import token_of
from envsync.github.writer import open_reporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from envsync.cli.options import Options, PullRequest
    from envsync.github.connection import Access
    from envsync.github.credentials import Credential

VARIABLE = "ENVSYNC_REPORT_TOKEN"
LONGEST_TEXT = 65_536  # characters that GitHub takes of a comment or an issue


def reporting_access(options: Options, access: Access) -> Access:
    """With the token that is for reports alone, where there is one; the sandbox knows its own only."""
    own = None if options.sandbox else own_credential()
    return access if own is None else replace(access, credential=own)


def own_credential() -> Credential | None:
    """That for reports alone. Raises where it cannot be one."""
    token = os.environ.get(VARIABLE)
    return token_of(token, VARIABLE) if token else None


def comment(
    options: Options, access: Access, on: PullRequest, markdown: Callable[[int], str], *, only_if_there: bool
) -> None:
    """Keep one comment on the pull request up to date. One for each set of files and of what narrows a run."""
    marker = _marker(options)
    body = f"{marker}\n{markdown(LONGEST_TEXT - len(marker) - 1)}"
    with closing(open_reporter(reporting_access(options, access))) as writer:
        done = replace_comment(writer, on.repository, on.number, marker, body, only_if_there=only_if_there)
    if done in {Commented.CREATED, Commented.REPLACED}:
        note(options, f"comment: {done} on {on.repository}#{on.number}")


def _marker(options: Options) -> str:
    narrowing = [options.repositories, options.environments, options.settings_only, options.sandbox]
    asked = [options.files, *narrowing, *([] if options.shard is None else [str(options.shard)])]
    digest = hashlib.sha256(json.dumps(asked).encode("utf-8", "surrogateescape")).hexdigest()
    return f"<!-- envsync plan {digest[:16]} -->"
