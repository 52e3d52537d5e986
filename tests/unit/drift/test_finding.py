from __future__ import annotations

import pytest

from envsync.drift.finding import Drifted, Finding, Gone, Unclear, finding_of
from envsync.plan.changes import Address, Kind, Origin, Risk, UnreadPart
from envsync.plan.drift import Deed, Difference, Drift

DIGEST = "d" * 64
DIFFERENCE = Difference(
    Address("acme/payments", "production"),
    Kind.SETTINGS,
    None,
    Deed.CHANGED,
    Origin.OUTSIDE,
    Risk.WEAKENS,
    "carol can approve",
)
UNREAD = UnreadPart("acme/payments", "production", "secrets", "no permission", None, failed=True)
UNASKED = UnreadPart("acme/payments", "production", "secrets", "--settings-only", None, failed=False)


@pytest.mark.parametrize(
    ("drift", "finding"),
    [
        (Drift(), Gone()),
        (Drift(pending=()), Gone()),
        (Drift(unread=(UNASKED,)), Gone()),
        (Drift(unread=(UNREAD,)), Unclear()),
        (Drift((DIFFERENCE,)), Drifted(DIGEST)),
        (Drift((DIFFERENCE,), unread=(UNREAD,)), Drifted(DIGEST)),
    ],
)
def test_gone_is_said_only_where_all_was_read(drift: Drift, finding: Finding) -> None:
    assert finding_of(drift, DIGEST) == finding
