"""Plans with everything in them that a plan can have, for renderings and formats."""

from __future__ import annotations

from envsync.model import Pattern, RefType
from envsync.plan.changes import (
    Address,
    EnvironmentCreate,
    EnvironmentDelete,
    FieldChange,
    Kind,
    Notice,
    Origin,
    PatternCreate,
    PatternDelete,
    PatternRename,
    Plan,
    RecordNext,
    RecordState,
    RecordStatus,
    Release,
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
NO_RECORD = "the environment has no record that could be compared with"
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
        SecretStatus(NEW, "DB_PASSWORD", SecretState.MISSING, "not on GitHub"),
        SecretStatus(CHANGED, "API_KEY", SecretState.UNVERIFIABLE, NO_RECORD),
        SecretStatus(CHANGED, "TOKEN", SecretState.UNVERIFIABLE, NO_RECORD),
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


# --- desired, recorded and live together ---------------------------------------------------------------------

GATED = Address("acme/payments", "production")
SHARED = Address("acme/payments", "staging")
FRESH = Address("acme/web", "preview")
LOST = Address("acme/web", "production")
DOUBTED = Address("acme/web", "staging")
REPLAYED = "it was written again at 2026-03-01T12:00:00Z, later than it says: somebody put an old one back"
OTHER_KEY = "signed with the key 0badcafe, and the one at hand is 5eed5eed: set ENVSYNC_RECORD_KEY to that one"
BILLING = "it belongs to the file called billing"


def _verdict(origin: Origin, risk: Risk = Risk.NEUTRAL, reason: str = "the value differs") -> Verdict:
    return Verdict(risk, reason, origin)


THREE_WAY = Plan(
    base_digest="0" * 64,
    changes=(
        SettingsUpdate(
            GATED,
            _verdict(Origin.OUTSIDE, Risk.TIGHTENS, "mallory can no longer approve"),
            (FieldChange("required_reviewers", ("mallory", "team-lead"), ("team-lead",)),),
        ),
        SettingsUpdate(
            GATED,
            _verdict(Origin.CONFLICT, Risk.WEAKENS, "deployments wait 10 minutes instead of 60"),
            (FieldChange("wait_timer", 60, 10),),
        ),
        SettingsUpdate(
            GATED,
            _verdict(Origin.CONFIG, Risk.TIGHTENS, "administrators have to wait"),
            (FieldChange("can_admins_bypass", before=True, after=False),),
        ),
        Release(
            GATED,
            _verdict(Origin.CONFIG, Risk.WEAKENS, "nobody notices any more if somebody else changes wait_timer"),
            FieldChange("ignore", (), ("wait_timer",)),
        ),
        PatternDelete(
            GATED,
            _verdict(Origin.OUTSIDE, Risk.TIGHTENS, "branch mallory/* can no longer deploy"),
            Pattern(RefType.BRANCH, "mallory/*"),
        ),
        SecretCreate(GATED, _verdict(Origin.OUTSIDE, reason="not on GitHub"), "GONE"),
        SecretUpdate(GATED, _verdict(Origin.OUTSIDE, reason="GitHub has another value"), "MOVED"),
        SecretUpdate(GATED, _verdict(Origin.CONFIG, reason="the source has another value"), "ROTATED"),
        SecretUpdate(SHARED, _verdict(Origin.INTERRUPTED, reason="an apply was cut off"), "BEGUN"),
        SecretUpdate(SHARED, _verdict(Origin.UNKNOWN, reason="--rotate-secrets names it"), "ADOPTED"),
        VariableUpdate(SHARED, _verdict(Origin.INTERRUPTED), "AWS_REGION", "eu-west-1", "eu-central-1"),
        VariableUpdate(SHARED, _verdict(Origin.UNKNOWN), "LOG_LEVEL", "debug", "info"),
        EnvironmentCreate(FRESH, _verdict(Origin.CONFIG, reason="GitHub has no such environment"), ()),
        VariableCreate(FRESH, _verdict(Origin.CONFIG, reason="not on GitHub"), "STAGE", "preview"),
        EnvironmentCreate(
            LOST,
            _verdict(Origin.OUTSIDE, Risk.TIGHTENS, "GitHub has no such environment"),
            (FieldChange("wait_timer", 0, 30),),
        ),
        SettingsUpdate(
            DOUBTED, _verdict(Origin.UNKNOWN), (FieldChange("can_admins_bypass", before=False, after=True),)
        ),
        EnvironmentDelete(
            Address("acme/web", "old"), _verdict(Origin.INTERRUPTED, Risk.DESTROYS, "all in it goes with it")
        ),
    ),
    secrets=(
        SecretStatus(GATED, "GONE", SecretState.MISSING, "somebody deleted it"),
        SecretStatus(GATED, "KEPT", SecretState.IN_SYNC, "as it was last written"),
        SecretStatus(GATED, "LEGACY", SecretState.EXTERNAL, "its value is set elsewhere"),
        SecretStatus(
            GATED, "MOVED", SecretState.TOUCHED_OUTSIDE, "written at 2026-03-01T12:00:00Z, not by envsync"
        ),
        SecretStatus(
            GATED, "ROTATED", SecretState.SOURCE_CHANGED, "its source gives another value than last time"
        ),
        SecretStatus(SHARED, "ADOPTED", SecretState.UNVERIFIABLE, "envsync never wrote it"),
        SecretStatus(
            SHARED, "BEGUN", SecretState.SOURCE_CHANGED, "an apply was cut off, which may have written it"
        ),
        SecretStatus(DOUBTED, "API_KEY", SecretState.UNVERIFIABLE, "the record cannot be trusted"),
        SecretStatus(DOUBTED, "TOKEN", SecretState.UNVERIFIABLE, "the record cannot be trusted"),
        SecretStatus(Address("acme/web", "testing"), "KEY", SecretState.UNVERIFIABLE, "envsync never wrote it"),
    ),
    records=(
        RecordStatus(GATED, RecordState.VERIFIED, RecordNext.WRITE, ""),
        RecordStatus(SHARED, RecordState.VERIFIED, RecordNext.KEEP, ""),
        RecordStatus(Address("acme/site", "a"), RecordState.ABSENT, RecordNext.WRITE, ""),
        RecordStatus(Address("acme/site", "b"), RecordState.ABSENT, RecordNext.WRITE, ""),
        RecordStatus(
            Address("acme/site", "full"), RecordState.ABSENT, RecordNext.KEEP, "its 100 variables are used up"
        ),
        RecordStatus(Address("acme/site", "plain"), RecordState.ABSENT, RecordNext.KEEP, ""),
        RecordStatus(FRESH, RecordState.ABSENT, RecordNext.WRITE, ""),
        RecordStatus(DOUBTED, RecordState.TAMPERED, RecordNext.WRITE, REPLAYED),
        RecordStatus(Address("acme/web", "c"), RecordState.ABSENT, RecordNext.WRITE, ""),
        RecordStatus(Address("acme/web", "left"), RecordState.VERIFIED, RecordNext.REMOVE, "no file declares it"),
        RecordStatus(Address("acme/web", "odd"), RecordState.UNVERIFIED, RecordNext.KEEP, OTHER_KEY),
        RecordStatus(Address("acme/web", "another"), RecordState.FOREIGN, RecordNext.KEEP, BILLING, "billing"),
        RecordStatus(Address("acme/web", "ours"), RecordState.FOREIGN, RecordNext.WRITE, BILLING, "billing"),
        RecordStatus(
            Address("acme/web", "signed"), RecordState.VERIFIED, RecordNext.WRITE, "signed with the former key"
        ),
        RecordStatus(Address("acme/web", "taken"), RecordState.FOREIGN, RecordNext.KEEP, "owned by shop", "shop"),
        RecordStatus(Address("acme/web", "testing"), RecordState.VERIFIED, RecordNext.WRITE, ""),
        RecordStatus(Address("acme/web", "went"), RecordState.UNVERIFIED, RecordNext.REMOVE, OTHER_KEY),
    ),
    unread=(
        UnreadPart(
            "acme/web",
            "taken",
            "record",
            "the file called shop owns this environment",
            "take it over with --take-over",
            failed=True,
        ),
    ),
)
