"""What an organization lets the workflows of its repositories use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class SharedValue:
    """A variable, or a secret: of that one there is no value."""

    name: str
    created_at: str
    updated_at: str
    value: str = ""
    repositories: list[str] | None = None  # full names of those that it is shared with; None: all
