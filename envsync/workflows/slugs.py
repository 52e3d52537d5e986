"""What the cross-check can find: the stable slugs that scripts, and comments that silence, name."""

from __future__ import annotations

from enum import StrEnum


class Slug(StrEnum):
    UNDECLARED_ENVIRONMENT = "undeclared-environment"
    ENVIRONMENT_SPELLING = "environment-spelling"
    UNKNOWN_ENVIRONMENT = "unknown-environment"

    UNDECLARED_SECRET = "undeclared-secret"  # noqa: S105 - a slug, no secret
    UNDECLARED_VARIABLE = "undeclared-variable"

    UNUSED_ENVIRONMENT = "unused-environment"
    UNUSED_SECRET = "unused-secret"  # noqa: S105 - a slug, no secret
    UNUSED_VARIABLE = "unused-variable"
    NO_DEPLOYMENT = "no-deployment"

    APPROVAL_SKIPPED = "approval-skipped"
    GATE_OPEN = "gate-open"

    NOT_FOLLOWED = "not-followed"

    IGNORE_WITHOUT_REASON = "ignore-without-reason"
    UNUSED_IGNORE = "unused-ignore"
    MORE_FINDINGS = "more-findings"


# About the comments that silence, and about the list: nothing silences these.
ABOUT_SILENCE = frozenset({Slug.IGNORE_WITHOUT_REASON, Slug.UNUSED_IGNORE, Slug.MORE_FINDINGS})
