"""Which names and sizes secrets and variables may have: one rule for both."""

from __future__ import annotations

import re

from envsync.sandbox.exchange import failure, validation_failed

MAX_NUMBER = 100
MAX_BYTES = 48 * 1024

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def upper_name(resource: str, name: str) -> str:
    if not _NAME.match(name):
        raise validation_failed(
            resource,
            "name",
            "names can only contain alphanumeric characters or underscores, and must not start with a number",
        )
    if name.upper().startswith("GITHUB_"):
        raise validation_failed(resource, "name", "names must not start with GITHUB_")
    return name.upper()


def check_size(resource: str, size: int) -> None:
    if size > MAX_BYTES:
        raise validation_failed(resource, "value", f"value is too large (maximum is {MAX_BYTES} bytes)")


def check_number(resource: str, number: int) -> None:
    if number >= MAX_NUMBER:
        raise failure(422, f"Cannot create {resource}: the limit of {MAX_NUMBER} per environment is reached")
