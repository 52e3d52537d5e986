from __future__ import annotations

from dataclasses import replace

import pytest
from support.life import SEAL, Life, Run, production, secrets

from envsync.model import RepositoryName
from envsync.plan.ledger import NOTHING, Ledger, spot, trusted
from envsync.plan.record import Absent, Foreign, Made, Newer, Recorded, Tampered, Unverified, Verified

RECORD = (
    Life()
    .apply(production(secrets=secrets("TOKEN"), variables={"REGION": "eu"}), Run(sources={"TOKEN": b"x"}))
    .record
)
VERIFIED = Verified(RECORD, SEAL, renewed=True)


def test_an_environment_is_the_same_in_any_case() -> None:
    assert spot(RepositoryName("Acme", "Payments"), "PRODUCTION") == ("acme/payments", "production")


@pytest.mark.parametrize("take_over", [False, True])
def test_a_verified_record_is_trusted_as_it_is(*, take_over: bool) -> None:
    assert trusted(VERIFIED, take_over=take_over) is VERIFIED


@pytest.mark.parametrize("take_over", [False, True])
@pytest.mark.parametrize(
    "recorded", [None, Absent(), Foreign("platform"), Newer(2), Tampered("edited"), Unverified("why", "hint")]
)
def test_nothing_else_is(recorded: Recorded | None, *, take_over: bool) -> None:
    assert trusted(recorded, take_over=take_over) is None


def test_what_is_taken_over_was_created_by_somebody_else() -> None:
    foreign = Foreign("platform", VERIFIED)

    found = trusted(foreign, take_over=True)

    assert trusted(foreign, take_over=False) is None
    assert RECORD.made is RECORD.variables["REGION"].made is RECORD.secrets["TOKEN"].made is Made.CREATED
    assert found == replace(
        VERIFIED,
        record=replace(
            RECORD,
            made=Made.ADOPTED,
            variables={"REGION": replace(RECORD.variables["REGION"], made=Made.ADOPTED)},
            secrets={"TOKEN": replace(RECORD.secrets["TOKEN"], made=Made.ADOPTED)},
        ),
    )


@pytest.mark.parametrize(
    ("globs", "rotated"),
    [
        ((), []),
        (("*",), ["DB_PASSWORD", "TOKEN"]),
        (("token",), ["TOKEN"]),
        (("db_*", "NOTHING"), ["DB_PASSWORD"]),
        (("TOK",), []),
    ],
)
def test_secrets_are_rotated_by_globs_in_any_case(globs: tuple[str, ...], rotated: list[str]) -> None:
    ledger = Ledger(rotate=globs)

    assert [name for name in ("DB_PASSWORD", "TOKEN") if ledger.rotates(name)] == rotated


def test_with_nothing_asked_nothing_is_rotated() -> None:
    assert not NOTHING.rotates("TOKEN")
