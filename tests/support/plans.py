"""A plan with everything in it that a plan can have, for renderings and formats."""

from __future__ import annotations

from envsync.model import Pattern, RefType
from envsync.plan.changes import (
    Address,
    EnvironmentCreate,
    EnvironmentDelete,
    FieldChange,
    Kind,
    Notice,
    PatternCreate,
    PatternDelete,
    PatternRename,
    Plan,
    Risk,
    RuleCreate,
    RuleDelete,
    SecretCreate,
    SecretDelete,
    SecretState,
    SecretStatus,
    SecretUpdate,
    SettingsUpdate,
    Unmanaged,
    Unmet,
    UnreadPart,
    VariableCreate,
    VariableDelete,
    VariableUpdate,
    Verdict,
)

NEW = Address("acme/payments", "production")
CHANGED = Address("acme/payments", "staging")
OLD = Address("acme/payments", "old")
ELSEWHERE = Address("acme/web", "Prüfung / 1")

TIGHTENS = Verdict(Risk.TIGHTENS, "GitHub has no such environment")
NEUTRAL = Verdict(Risk.NEUTRAL, "the value differs")
REFS = Verdict(Risk.WEAKENS, "branch hotfix/* can deploy")

EVERYTHING = Plan(
    base_digest="0" * 64,
    changes=(
        EnvironmentDelete(OLD, Verdict(Risk.DESTROYS, "secrets, variables and rules go with the environment")),
        EnvironmentCreate(
            NEW,
            TIGHTENS,
            (
                FieldChange("required_reviewers", (), ("acme/devops-admins", "team-lead")),
                FieldChange("wait_timer", 0, 30),
                FieldChange("can_admins_bypass", before=True, after=False),
                FieldChange("deployment_branch_policy", "all", "selected"),
            ),
        ),
        PatternCreate(NEW, TIGHTENS, Pattern(RefType.BRANCH, "main")),
        PatternCreate(NEW, TIGHTENS, Pattern(RefType.TAG, "v*")),
        RuleCreate(NEW, TIGHTENS, "change-gate"),
        VariableCreate(NEW, NEUTRAL, "GREETING", 'two\nlines and "quotes" \x1b[31m'),
        SecretCreate(NEW, NEUTRAL, "DB_PASSWORD"),
        SettingsUpdate(
            CHANGED,
            Verdict(Risk.WEAKENS, "carol can approve; deployments wait 0 minutes instead of 30"),
            (
                FieldChange("required_reviewers", ("team-lead",), ("carol", "team-lead")),
                FieldChange("wait_timer", 30, 0),
            ),
        ),
        PatternCreate(CHANGED, REFS, Pattern(RefType.BRANCH, "hotfix/*")),
        PatternDelete(CHANGED, REFS, Pattern(RefType.BRANCH, "develop")),
        PatternRename(CHANGED, REFS, Pattern(RefType.TAG, "v1"), "v2"),
        RuleDelete(CHANGED, Verdict(Risk.WEAKENS, "datadog no longer has to agree"), "datadog"),
        VariableUpdate(CHANGED, NEUTRAL, "AWS_REGION", "eu-west-1", "eu-central-1"),
        VariableUpdate(CHANGED, NEUTRAL, "LONG", "x" * 400, ""),
        VariableDelete(CHANGED, NEUTRAL, "STALE", "1"),
        SecretUpdate(CHANGED, NEUTRAL, "TOKEN"),
        SecretDelete(
            CHANGED, Verdict(Risk.DESTROYS, "STALE_TOKEN is lost: GitHub never gives a secret back"), "STALE_TOKEN"
        ),
        EnvironmentCreate(ELSEWHERE, NEUTRAL, ()),
    ),
    secrets=(
        SecretStatus(NEW, "DB_PASSWORD", SecretState.MISSING),
        SecretStatus(CHANGED, "API_KEY", SecretState.UNVERIFIABLE),
        SecretStatus(CHANGED, "TOKEN", SecretState.UNVERIFIABLE),
    ),
    unmanaged=(
        Unmanaged(Address("acme/payments", "github-actions"), Kind.ENVIRONMENT, None),
        Unmanaged(CHANGED, Kind.VARIABLE, "LOG_LEVEL"),
        Unmanaged(CHANGED, Kind.SECRET, "SENTRY_DSN"),
    ),
    unmet=(Unmet(NEW, Kind.SECRET, "LEGACY_TOKEN", "it is external, and nobody has set it on GitHub"),),
    unread=(
        UnreadPart(
            "acme/gone",
            None,
            "repository",
            "GitHub has no repository acme/gone, or the token may not see it",
            "check the name, and that the token has Metadata: read on it",
            failed=True,
        ),
        UnreadPart("acme/web", "Prüfung / 1", "secrets", "--settings-only", None, failed=False),
    ),
    warnings=(
        Notice(None, "sandbox", "compared with the embedded sandbox, not with GitHub"),
        Notice("acme/web", "renamed-repository", "acme/web is called acme/site now; name it so in the file"),
    ),
)
