"""What `envsync doctor` was told by GitHub: facts alone, read by `github`, judged by `doctor`.

`Unread` stands wherever GitHub did not say, with its reason. No fact holds a token or the value of a secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.documents.text import SourceText
    from envsync.model import LiveRepository, RepositoryName, Reviewer, Unread


class CredentialKind(StrEnum):
    """By the prefix of a token. See "GitHub's token formats" on docs.github.com."""

    APP = "app"
    FINE_GRAINED = "fine-grained"  # github_pat_
    CLASSIC = "classic"  # ghp_
    OAUTH = "oauth"  # gho_, such as gh's own
    INSTALLATION = "installation"  # ghs_: a workflow's own token, or one that somebody made of an App
    UNKNOWN = "unknown"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class CredentialFacts:
    kind: CredentialKind
    source: str  # as a person would name it: `GH_TOKEN`, `gh auth token`
    login: str | Unread | None  # as whom it acts; None: it is nobody's, as an installation's
    scopes: tuple[str, ...] | None  # of classic and OAuth tokens; None: the kind has none
    expires: str | None  # ISO 8601; None: GitHub did not say, or it does not end


@dataclass(frozen=True, slots=True)
class RateLimit:
    limit: int  # requests an hour
    remaining: int
    resets_in: int  # seconds


@dataclass(frozen=True, slots=True)
class ServerFacts:
    api_url: str
    version: str | None  # of an Enterprise Server; None: GitHub's own
    skew: float | None  # seconds that the clock here is ahead of GitHub's; None: it did not say
    rate_limit: RateLimit | Unread | None  # None: the server sets none
    is_here: bool = False  # on this machine, where nothing has a page


@dataclass(frozen=True, slots=True)
class Probe:
    """A permission, tried by a request that reads."""

    permission: str  # as GitHub's pages have it: `Environments: read`
    refused: Unread | None  # None: it is there


@dataclass(frozen=True, slots=True)
class ReviewerFacts:
    reviewer: Reviewer
    exists: bool | Unread
    has_access: bool | Unread  # to the repository: without, GitHub drops the reviewer and does not say so
    members: tuple[str, ...] | Unread | None  # logins in a team; None: it is a user


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    requested: RepositoryName
    name: RepositoryName  # as GitHub calls it now
    visibility: str  # public, private or internal
    is_archived: bool
    is_organizations: bool
    plan: str | Unread | None  # the owner's, as GitHub calls it; None: an Enterprise Server has none
    role: str | None  # the strongest of whom the credential acts for: admin, maintain, push, triage, pull
    granted: Mapping[str, str] | Unread | None  # to the App: permission -> read | write; None: no App
    probes: tuple[Probe, ...]
    live: LiveRepository | Unread
    reviewers: Mapping[str, ReviewerFacts] = field(default_factory=dict)  # by `reviewer_key`; those the file names
    deployers: tuple[str, ...] | Unread = ()  # logins that may push, and so start a deployment
    apps: frozenset[str] | Unread | None = None  # slugs of those that can protect; None: no file wants one
    workflows: tuple[SourceText, ...] | Unread = ()  # of the default branch; named by their path in the repository
    secrets: frozenset[str] | Unread = frozenset()  # names of the repository's and the organization's, upper case
    variables: frozenset[str] | Unread = frozenset()
    deployed: Mapping[str, bool] | Unread | None = (
        None  # environment, casefolded -> one of its deployments succeeded
    )


@dataclass(frozen=True, slots=True)
class Facts:
    server: ServerFacts
    credential: CredentialFacts
    repositories: Mapping[str, RepositoryFacts | Unread]  # by `RepositoryName.key` of what the file names
