from __future__ import annotations

import pytest

from envsync.plan.record import IntendedVariable, Intent, Made, Record, RecordedSecret, RecordedVariable
from envsync.plan.record_entries import moment, read_secrets, read_variables, write_secrets, write_variables

CREATED, ADOPTED = Made.CREATED, Made.ADOPTED


@pytest.mark.parametrize(
    ("entry", "recorded", "intended"),
    [
        ("cOLD", RecordedVariable(CREATED, "OLD"), None),
        ("aOLD", RecordedVariable(ADOPTED, "OLD"), None),
        ("cOLD@0badcafe", RecordedVariable(CREATED, "OLD@0badcafe"), None),
        ("cOLD>NEW", RecordedVariable(CREATED, "OLD"), IntendedVariable("OLD", "NEW")),
        ("cOLD>", RecordedVariable(CREATED, "OLD"), IntendedVariable("OLD", None)),
        ("cOLD|MOVED>NEW", RecordedVariable(CREATED, "OLD"), IntendedVariable("MOVED", "NEW")),
        ("cOLD|>NEW", RecordedVariable(CREATED, "OLD"), IntendedVariable(None, "NEW")),
        (">NEW", None, IntendedVariable(None, "NEW")),
        ("|MOVED>NEW", None, IntendedVariable("MOVED", "NEW")),
        (">", None, IntendedVariable(None, None)),
    ],
)
def test_an_entry_of_a_variable(
    entry: str, recorded: RecordedVariable | None, intended: IntendedVariable | None
) -> None:
    variables = {} if recorded is None else {"NAME": recorded}
    intents = {} if intended is None else {"NAME": intended}
    intent = None if intended is None else Intent(variables=intents)

    assert write_variables(Record("payments", 0, CREATED, variables=variables, intent=intent)) == {"NAME": entry}
    assert read_variables({"NAME": entry}) == (variables, intents)


@pytest.mark.parametrize(
    ("entry", "recorded", "intended"),
    [
        ("c", RecordedSecret(CREATED), ()),
        ("a", RecordedSecret(ADOPTED), ()),
        ("cOLD", RecordedSecret(CREATED, "OLD"), ()),
        ("cOLD 1700000000", RecordedSecret(CREATED, "OLD", 1_700_000_000), ()),
        ("c 1700000000", RecordedSecret(CREATED, None, 1_700_000_000), ()),
        ("cOLD 1700000000>", RecordedSecret(CREATED, "OLD", 1_700_000_000), (1_700_000_000,)),
        ("cOLD 1700000000|1800000000>", RecordedSecret(CREATED, "OLD", 1_700_000_000), (1_800_000_000,)),
        ("cOLD 1700000000|>", RecordedSecret(CREATED, "OLD", 1_700_000_000), (None,)),
        ("cOLD 0|>", RecordedSecret(CREATED, "OLD", 0), (None,)),
        ("a>", RecordedSecret(ADOPTED), (None,)),
        ("a|-1>", RecordedSecret(ADOPTED), (-1,)),
        (">", None, (None,)),
        ("|1700000000>", None, (1_700_000_000,)),
    ],
)
def test_an_entry_of_a_secret(
    entry: str, recorded: RecordedSecret | None, intended: tuple[int | None, ...]
) -> None:
    """`intended`: nothing, or what `updated_at` was."""
    secrets = {} if recorded is None else {"NAME": recorded}
    intents = dict(zip(["NAME"], intended, strict=False))
    intent = Intent(secrets=intents) if intended else None

    assert write_secrets(Record("payments", 0, CREATED, secrets=secrets, intent=intent)) == {"NAME": entry}
    assert read_secrets({"NAME": entry}) == (secrets, intents)


@pytest.mark.parametrize("entry", ["", "c", "xOLD", "OLD", "cOLD|NEW", "cO LD", "cOLD>NEW>", "cOLD|A|B>C"])
def test_what_is_no_entry_of_a_variable(entry: str) -> None:
    with pytest.raises(ValueError, match="neither applied nor intended"):
        read_variables({"NAME": entry})


@pytest.mark.parametrize(
    "entry", ["", "x", "OLD", "cOLD 17|", "cOLD ", "cOLD x", "cOLD ٣", "cOLD>NEW", "cOLD 1700000000000"]
)
def test_what_is_no_entry_of_a_secret(entry: str) -> None:
    with pytest.raises(ValueError, match="neither applied nor intended"):
        read_secrets({"NAME": entry})


def test_a_time_is_a_date() -> None:
    with pytest.raises(ValueError, match="no date"):
        moment(253_402_300_800)
    with pytest.raises(ValueError, match="no date"):
        read_secrets({"NAME": "c 999999999999"})
