"""One run against GitHub or the sandbox: from files and credentials to desired, live and plan."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from envsync.cli.output import note
from envsync.config import load
from envsync.errors import ConfigError, CredentialError, Diagnostic, FailureKind, Interrupted, RequestFailed
from envsync.model import Unread
from envsync.plan.changes import Notice
from envsync.plan.diff import Scope, diff

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envsync.cli.options import Options
    from envsync.config import Configuration
    from envsync.github.connection import Reader
    from envsync.model import DesiredRepository, LiveRepository
    from envsync.plan.changes import Plan

SANDBOX_FOLDER = Path(".envsync/sandbox")
