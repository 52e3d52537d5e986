"""What the embedded GitHub knows of issues."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

IssueState = Literal["open", "closed"]
StateReason = Literal["completed", "not_planned", "duplicate", "reopened"]

UNCHOSEN_COLOR = "ededed"  # of labels that are made on the way


@dataclass(slots=True)
class Label:
    id: int
    name: str
    color: str = UNCHOSEN_COLOR
    description: str | None = None


@dataclass(slots=True)
class Comment:
    id: int
    author: str  # login
    body: str
    created_at: str
    updated_at: str


@dataclass(slots=True)
class Issue:
    """An issue, or what a pull request has in common with one."""

    id: int
    number: int
    title: str
    author: str  # login
    created_at: str
    updated_at: str
    body: str | None = None
    state: IssueState = "open"
    state_reason: StateReason | None = None
    closed_at: str | None = None
    closed_by: str | None = None  # login
    is_pull_request: bool = False
    labels: list[str] = field(default_factory=list)  # keys in the repository's
    comments: dict[int, Comment] = field(default_factory=dict)
