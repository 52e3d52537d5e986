"""Drift with everything in it that drift can have, for renderings and formats."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from support.plans import THREE_WAY

from envsync.model import Expected
from envsync.plan.changes import Address, Kind, Notice, Origin, Risk, Unmanaged, UnreadPart
from envsync.plan.drift import Asked, Checked, Deed, Difference, Drift, DriftField, Excused, Idle

GATED = Address("acme/payments", "production")
SHARED = Address("acme/payments", "staging")
STRANGE = Address("acme/payments", "prodution")
LOST = Address("acme/web", "production")
DOUBTED = Address("acme/web", "Prüfung / 1")

APPLIED = "2026-11-20T09:12:00Z"
TOUCHED = "2026-11-21T03:10:59Z"
OPEN = "GitHub makes one for a workflow that names an environment that is not there: any ref may deploy to it"
GONE = (
    "declared and not on GitHub: somebody deleted it, or nobody has applied it yet; "
    "whoever names it in a workflow gets it with no protection"
)
REPLAYED = (
    "ENVSYNC_RECORD was written again on 2026-11-21 03:10:59 UTC, and the record in it is of "
    "2026-11-20 09:12:00 UTC: somebody put an old one back"
)


def _settings(
    at: Address, field: DriftField, reason: str, *, risk: Risk = Risk.WEAKENS, origin: Origin = Origin.OUTSIDE
) -> Difference:
    return Difference(at, Kind.SETTINGS, None, Deed.CHANGED, origin, risk, reason, (field,), after=APPLIED)


REVIEWERS = _settings(
    GATED, DriftField("required_reviewers", ("team-lead",), ("carol", "team-lead")), "carol can approve"
)
TIMER = _settings(
    GATED, DriftField("wait_timer", 30, 1), "deployments wait 1 minute instead of 30", origin=Origin.CONFLICT
)
PATTERN = Difference(
    GATED,
    Kind.BRANCH_PATTERN,
    "mallory/*",
    Deed.ADDED,
    Origin.OUTSIDE,
    Risk.WEAKENS,
    "branch mallory/* can deploy",
    after=APPLIED,
)
APPEARED = Difference(
    STRANGE, Kind.ENVIRONMENT, None, Deed.APPEARED, Origin.OUTSIDE, Risk.WEAKENS, OPEN, since=TOUCHED
)
DELETED = Difference(
    LOST,
    Kind.ENVIRONMENT,
    None,
    Deed.REMOVED,
    Origin.UNKNOWN,
    Risk.WEAKENS,
    GONE,
    (DriftField("required_reviewers", ("acme/devops-admins",), None), DriftField("wait_timer", 30, None)),
)
RECORD = Difference(
    DOUBTED,
    Kind.VARIABLE,
    "ENVSYNC_RECORD",
    Deed.DOUBTFUL,
    Origin.OUTSIDE,
    Risk.NEUTRAL,
    REPLAYED,
    since=TOUCHED,
)
RULE = Difference(
    SHARED,
    Kind.PROTECTION_RULE,
    "datadog",
    Deed.REMOVED,
    Origin.UNKNOWN,
    Risk.WEAKENS,
    "datadog no longer has to agree",
)
LEVEL = Difference(
    SHARED,
    Kind.VARIABLE,
    "LOG_LEVEL",
    Deed.CHANGED,
    Origin.OUTSIDE,
    Risk.NEUTRAL,
    "its value was changed",
    (DriftField("value", "info", 'debug\n"all"'),),
    since=TOUCHED,
    after=APPLIED,
)
FLAG = Difference(
    SHARED,
    Kind.VARIABLE,
    "FLAG",
    Deed.REMOVED,
    Origin.UNKNOWN,
    Risk.NEUTRAL,
    "not on GitHub",
    (DriftField("value", "on", None),),
)
TOKEN = Difference(
    SHARED,
    Kind.SECRET,
    "TOKEN",
    Deed.CHANGED,
    Origin.OUTSIDE,
    Risk.NEUTRAL,
    "somebody else wrote it on 2026-11-21 03:10:59 UTC",
    since=TOUCHED,
    after=APPLIED,
)
NO_RECORD = Difference(
    SHARED,
    Kind.VARIABLE,
    "ENVSYNC_RECORD",
    Deed.REMOVED,
    Origin.UNKNOWN,
    Risk.NEUTRAL,
    "no record: somebody deleted it, or nobody has applied with this key yet",
)
SWITCHED_OFF = replace(RULE, reason="it is there, but switched off: enable it on GitHub", by_hand=True)
UNKNOWN = Difference(
    SHARED,
    Kind.SETTINGS,
    None,
    Deed.CHANGED,
    Origin.UNKNOWN,
    Risk.TIGHTENS,
    "only the branches of a list can deploy",
    (DriftField("deployment_branch_policy", "all", "selected"),),
)
INCIDENT = Expected("prod*", frozenset({"wait_timer"}), "incident 4711, back on Monday", date(2026, 12, 1))
OVER = Expected("staging", frozenset(), "load test", date(2026, 11, 1))

MUCH = Drift(
    differences=(REVIEWERS, PATTERN, APPEARED, RULE, DELETED, UNKNOWN, FLAG, LEVEL, TOKEN, RECORD),
    expected=(Excused(TIMER, INCIDENT),),
    lapsed=(Excused(LEVEL, OVER),),
    pending=THREE_WAY.changes[2:4],
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
        Notice("acme/web", "expected-nothing", "`expected` names production: wait_timer, which does not differ"),
    ),
)
RECORDS = Drift(
    differences=(SWITCHED_OFF, NO_RECORD),
    unread=(
        UnreadPart(
            "acme/payments",
            "production",
            "record",
            "no ENVSYNC_RECORD_KEY is set here, so nobody can tell who changed what, or whether its secrets were "
            "written",
            "apply needs the key whose id is 5eed5eed",
            failed=True,
        ),
    ),
    warnings=(
        Notice(None, "sandbox", "this is the embedded sandbox: nothing was compared with GitHub"),
        Notice("acme/payments", "renamed-repository", "acme/payments is called acme/pay now"),
    ),
    unmanaged=(
        Unmanaged(GATED, Kind.VARIABLE, "BY_HAND"),
        Unmanaged(GATED, Kind.SECRET, "SENTRY_DSN"),
        Unmanaged(Address("acme/payments", "sandbox"), Kind.ENVIRONMENT, None),
    ),
)
NONE = Drift()
NONE_PENDING = Drift(pending=())
ONE = Drift(differences=(REVIEWERS,))
HARMLESS = Drift(differences=(LEVEL, TOKEN))
JUST_EXPECTED = Drift(expected=(Excused(TIMER, INCIDENT),))
JUST_PENDING = Drift(pending=THREE_WAY.changes[2:4])
NOT_ASKED = Drift(unread=MUCH.unread[1:])
BLIND = Drift(unread=MUCH.unread[:1])
EXAMPLES = {
    "drift": MUCH,
    "drift-records": RECORDS,
    "drift-none": NONE,
    "drift-one": ONE,
    "drift-harmless": HARMLESS,
    "drift-expected": JUST_EXPECTED,
    "drift-pending": JUST_PENDING,
    "drift-not-asked": NOT_ASKED,
    "drift-blind": BLIND,
}

CHECKED = Checked(
    replace(MUCH, idle=(Idle(OVER, ("acme/gone", "acme/payments", "acme/web"), ("acme/web",)),)),
    ("acme/gone", "acme/payments", "acme/web"),
    "https://api.github.com",
    ("payments", "web"),
    Asked(("acme/*",), ("*",), settings_only=True),
)
