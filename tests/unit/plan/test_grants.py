from __future__ import annotations

import pytest

from envsync.plan.changes import (
    Address,
    Change,
    EnvironmentDelete,
    Plan,
    Risk,
    RuleDelete,
    SecretDelete,
    VariableDelete,
    Verdict,
)
from envsync.plan.grants import Grants, refusals

AT = Address("acme/payments", "production")
WEAKENS = RuleDelete(AT, Verdict(Risk.WEAKENS, "change-gate no longer has to agree"), "change-gate")
DESTROYS = SecretDelete(AT, Verdict(Risk.DESTROYS, "GitHub never gives a secret back"), "TOKEN")
ALSO_DESTROYS = EnvironmentDelete(AT, Verdict(Risk.DESTROYS, "waiting jobs fail"))
HARMLESS = VariableDelete(AT, Verdict(Risk.NEUTRAL, "in no file"), "V", "1")


def test_what_weakens_or_destroys_is_refused_with_the_grant_that_lets_it() -> None:
    weakening, destroying = refusals(Plan("", (WEAKENS, DESTROYS, ALSO_DESTROYS, HARMLESS)), Grants())

    assert (weakening.code, destroying.code) == ("weakening-not-granted", "destroying-not-granted")
    assert weakening.message == (
        "the plan weakens what is on GitHub, and nobody granted that:\n"
        "  acme/payments production: delete protection rule change-gate: change-gate no longer has to agree"
    )
    assert destroying.message.splitlines()[1:] == [
        "  acme/payments production: delete secret TOKEN: GitHub never gives a secret back",
        "  acme/payments production: delete environment: waiting jobs fail",
    ]
    assert weakening.hint == "if that is what you want, add --allow-weakening"
    assert destroying.hint == "if that is what you want, add --allow-destroying"


@pytest.mark.parametrize(
    ("change", "grants"),
    [
        (WEAKENS, Grants(weakening=True)),
        (DESTROYS, Grants(destroying=True)),
        (HARMLESS, Grants()),
    ],
)
def test_what_is_granted_or_harmless_is_not_refused(change: Change, grants: Grants) -> None:
    assert refusals(Plan("", (change,)), grants) == ()


@pytest.mark.parametrize(
    ("change", "grants"), [(WEAKENS, Grants(destroying=True)), (DESTROYS, Grants(weakening=True))]
)
def test_one_grant_does_not_stand_for_the_other(change: Change, grants: Grants) -> None:
    assert len(refusals(Plan("", (change,)), grants)) == 1
