"""Plans, drift and results of many repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.plan.changes import (
    Address,
    EnvironmentDelete,
    FieldChange,
    Kind,
    Origin,
    Plan,
    RecordNext,
    RecordState,
    RecordStatus,
    Risk,
    SecretCreate,
    SecretState,
    SecretStatus,
    SettingsUpdate,
    Unmanaged,
    Unmet,
    UnreadPart,
    VariableCreate,
    Verdict,
)
from envsync.plan.drift import Deed, Difference, Drift, DriftField
from envsync.plan.result import Because, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.plan.changes import Change

WEAKENING, DESTROYING, LONG = "acme/m-weakens", "acme/z-destroys", f"acme/{'a-very-' * 6}long-name"
NO_SUCH = "cannot read the environments of {}: GitHub answered 404: it does not exist, or the token may not see it"
NO_VARIABLES = "cannot read the variables of in in {}: GitHub does not permit it"
NEEDS = "the token from GH_TOKEN needs access to {}"
WEAKER = Verdict(Risk.WEAKENS, "carol can approve", Origin.CONFIG)
GONE = Verdict(Risk.DESTROYS, "all in it goes with it", Origin.CONFIG)
NEUTRAL = Verdict(Risk.NEUTRAL, "not on GitHub", Origin.CONFIG)


def variables(repository: str, environment: str, number: int = 2) -> Iterator[Change]:
    for each in range(number):
        yield VariableCreate(Address(repository, environment), NEUTRAL, f"V{each}", f"value {each}")


def not_there(repository: str) -> UnreadPart:
    return UnreadPart(
        repository, None, "repository", NO_SUCH.format(repository), NEEDS.format(repository), failed=True
    )


def no_variables(repository: str) -> UnreadPart:
    return UnreadPart(
        repository, "in", "variables", NO_VARIABLES.format(repository), NEEDS.format(repository), failed=True
    )


NAMES = tuple(f"acme/service-{at:03}" for at in range(60))
LOST = tuple(f"acme/lost-{at:03}" for at in range(300))
BLIND = tuple(f"acme/blind-{at:03}" for at in range(4))
UNSURE = Address("acme/unsure", "production")

MANY = Plan(
    "0" * 64,
    changes=(
        *(change for each in (LONG, *BLIND) for change in variables(each, "production")),
        *variables(WEAKENING, "production"),
        SettingsUpdate(
            Address(WEAKENING, "staging"), WEAKER, (FieldChange("required_reviewers", ("ann",), ("ann", "carol")),)
        ),
        *(change for each in NAMES for change in variables(each, "production")),
        *(SecretCreate(Address(NAMES[-1], "production"), NEUTRAL, f"S{each}") for each in range(3)),
        EnvironmentDelete(Address(DESTROYING, "old"), GONE),
    ),
    secrets=(SecretStatus(UNSURE, "KEY", SecretState.UNVERIFIABLE, "the environment has no record"),),
    records=tuple(
        RecordStatus(Address(each, "production"), RecordState.ABSENT, RecordNext.WRITE, "") for each in NAMES
    ),
    unmanaged=(Unmanaged(Address("acme/quiet", "github-pages"), Kind.ENVIRONMENT, None),),
    unmet=(Unmet(Address("acme/poor", "production"), Kind.SECRET, "KEY", "nobody has set it on GitHub"),),
    unread=(*map(not_there, LOST), *map(no_variables, BLIND)),
)
COMPARED = (
    *(LONG, WEAKENING, DESTROYING, UNSURE.repository, "acme/poor", "acme/quiet"),
    *(*NAMES, *LOST, *BLIND),
    *(f"acme/same-{at:03}" for at in range(982)),
)

BROKEN, CUT = NAMES[7], NAMES[40:]
RESULTS = tuple(
    Result(change, Outcome.SKIPPED, Because.INTERRUPTED)
    if change.at.repository in CUT
    else Result(change, Outcome.FAILED, "GitHub answered 502 five times", "run apply again")
    if change.at.repository == BROKEN and at % 2
    else Result(change, Outcome.APPLIED)
    for at, change in enumerate(MANY.changes)
)


def difference(repository: str, risk: Risk = Risk.NEUTRAL) -> Difference:
    return Difference(
        Address(repository, "production"),
        Kind.VARIABLE,
        "LOG_LEVEL",
        Deed.CHANGED,
        Origin.OUTSIDE,
        risk,
        "its value was changed",
        (DriftField("value", "info", "debug"),),
        since="2026-11-21T03:10:59Z",
    )


MANY_DRIFTED = Drift(
    (difference(WEAKENING, Risk.WEAKENS), *map(difference, NAMES[:3])),
    pending=tuple(variables(LONG, "production")),
    unread=(*map(not_there, LOST), UnreadPart(UNSURE.repository, "in", "secrets", "as asked", None, failed=False)),
)
