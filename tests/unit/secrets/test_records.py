from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.records import places, records

from envsync.model import LiveVariable
from envsync.plan.moments import words
from envsync.plan.record import (
    FRESH_SECONDS,
    Absent,
    Foreign,
    Made,
    Newer,
    Place,
    Record,
    Recorded,
    RecordedVariable,
    Sort,
    Tampered,
    Unverified,
    Verified,
)
from envsync.plan.record_text import SignedText, close, peek
from envsync.secrets.record_keys import RecordKeys
from envsync.secrets.records import open_record

PLACE = Place("https://api.github.com", 7, 9)
NOW = 1_767_225_600
OWNERS = ("payments", "platform")


def keys_of(present: str, previous: str = "") -> RecordKeys:
    environ = {"ENVSYNC_RECORD_KEY": present * 64, "ENVSYNC_RECORD_KEY_PREVIOUS": previous * 64}
    found = RecordKeys.from_environ(environ)
    assert found is not None
    return found


KEYS, OTHERS, ROTATED = keys_of("a"), keys_of("b"), keys_of("b", "a")
ID, OTHER_ID = KEYS.present.id, OTHERS.present.id
SEAL = KEYS.seal(PLACE)
MARK = SEAL.mark(Sort.VARIABLE, "REGION", b"eu")
RECORD = Record("payments", NOW, Made.CREATED, variables={"REGION": RecordedVariable(Made.CREATED, MARK)})
THEIRS = replace(RECORD, owner="carol's")
TEXT, THEIR_TEXT = SEAL.sign(RECORD), SEAL.sign(THEIRS)


def iso(moment: int) -> str:
    return words(moment).replace(" UTC", "Z")


def opened(
    text: str, keys: RecordKeys | None = KEYS, place: Place = PLACE, written: str = iso(NOW + 1)
) -> Recorded:
    return open_record(LiveVariable("ENVSYNC_RECORD", text, written), place, keys, OWNERS)


def signed(text: str) -> SignedText:
    found = peek(text)
    assert isinstance(found, SignedText)
    return found


def resigned(old: str, new: str) -> str:
    """A record that says something else, signed with the key itself."""
    body = signed(TEXT).body.replace(old.encode(), new.encode())
    return close(body.decode(), KEYS.signature(PLACE, body))


# --- which is which ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [None, KEYS])
def test_where_no_variable_is_there_is_no_record(keys: RecordKeys | None) -> None:
    assert open_record(None, PLACE, keys, OWNERS) == Absent()


@pytest.mark.parametrize("keys", [None, KEYS, OTHERS, ROTATED])
def test_a_newer_format_is_told_whatever_the_keys(keys: RecordKeys | None) -> None:
    assert opened('{"version":2}', keys) == Newer(2)


def test_a_record_signed_with_the_key_at_hand_is_verified() -> None:
    assert opened(TEXT) == Verified(RECORD, SEAL)


def test_a_record_signed_with_the_previous_key_is_verified_and_due_to_be_signed_anew() -> None:
    found = opened(TEXT, ROTATED)

    assert isinstance(found, Verified)
    assert found.renewed
    former = found.record.variables["REGION"].mark
    assert former == f"{MARK}@{ID}"
    assert found.seal.matches(Sort.VARIABLE, "REGION", b"eu", former) is True
    assert opened(found.seal.sign(found.record), OTHERS) == Verified(found.record, OTHERS.seal(PLACE))


@pytest.mark.parametrize(
    ("text", "keys", "expected"),
    [
        (
            TEXT,
            None,
            Unverified(
                "no ENVSYNC_RECORD_KEY is set here, so that nobody can tell who changed what",
                f"apply needs the key whose id is {ID}",
            ),
        ),
        (
            TEXT,
            OTHERS,
            Unverified(
                f"the record was signed with the key {ID}, and the key at hand is {OTHER_ID}",
                "see that it is the right one; if it is a new one, set ENVSYNC_RECORD_KEY_PREVIOUS to the key"
                f" {ID}, and the next apply signs the record anew",
            ),
        ),
        (
            TEXT,
            keys_of("b", "c"),
            Unverified(
                f"the record was signed with the key {ID}, and the keys at hand are"
                f" {OTHER_ID} and {keys_of('c').present.id}",
                "see that it is the right one; if it is a new one, set ENVSYNC_RECORD_KEY_PREVIOUS to the key"
                f" {ID}, and the next apply signs the record anew",
            ),
        ),
        (
            "hello",
            None,
            Unverified(
                "ENVSYNC_RECORD holds no record: it is no JSON, or has in it what no record has",
                "see who writes ENVSYNC_RECORD: it is envsync's own; and set ENVSYNC_RECORD_KEY",
            ),
        ),
        (
            "hello",
            KEYS,
            Tampered("ENVSYNC_RECORD holds no record: it is no JSON, or has in it what no record has"),
        ),
        (
            TEXT.replace('"created"', '"adopted"', 1),
            KEYS,
            Tampered(
                "the signature of the record does not hold: somebody edited it or copied it from another"
                " environment, or the server has another address than when it was written"
            ),
        ),
        (
            resigned('"made":"created"', '"made":"stolen"'),
            KEYS,
            Unverified(
                "the record is signed, but what it says is not what this version of envsync writes",
                "use the version of envsync that wrote it, or a later one",
            ),
        ),
    ],
)
def test_what_proves_nothing_says_why(text: str, keys: RecordKeys | None, expected: Recorded) -> None:
    assert opened(text, keys) == expected


# --- time --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", [iso(NOW - 5), iso(NOW), iso(NOW + FRESH_SECONDS)])
def test_a_record_is_written_when_it_says_it_was(written: str) -> None:
    assert opened(TEXT, written=written) == Verified(RECORD, SEAL)


@pytest.mark.parametrize("keys", [KEYS, ROTATED])
def test_an_old_record_that_somebody_put_back_is_tampered_with(keys: RecordKeys) -> None:
    assert opened(TEXT, keys, written=iso(NOW + FRESH_SECONDS + 1)) == Tampered(
        "ENVSYNC_RECORD was written again on 2026-01-01 00:00:11 UTC, and the record in it is of"
        " 2026-01-01 00:00:00 UTC: somebody put an old one back"
    )


@pytest.mark.parametrize("written", ["", "yesterday", "2026-01-01T00:00:01"])
def test_a_time_that_is_none_accuses_nobody(written: str) -> None:
    found = opened(TEXT, written=written)

    assert isinstance(found, Unverified)
    assert "when ENVSYNC_RECORD was last written" in found.reason


# --- owners ------------------------------------------------------------------------------------------------


def test_each_of_the_files_at_hand_may_own_it() -> None:
    assert isinstance(opened(SEAL.sign(replace(RECORD, owner="platform"))), Verified)


def test_another_owner_is_proven_by_the_key() -> None:
    assert opened(THEIR_TEXT) == Foreign("carol's", Verified(THEIRS, SEAL))


@pytest.mark.parametrize("keys", [None, OTHERS])
def test_without_the_key_another_owner_is_what_the_record_claims(keys: RecordKeys | None) -> None:
    assert opened(THEIR_TEXT, keys) == Foreign("carol's")


@pytest.mark.parametrize("written", [iso(NOW + FRESH_SECONDS + 1), "yesterday"])
def test_another_owner_is_not_proven_by_an_old_record(written: str) -> None:
    assert opened(THEIR_TEXT, written=written) == Foreign("carol's")


def test_a_forged_owner_is_no_owner() -> None:
    assert isinstance(opened(THEIR_TEXT.replace("carol's", "mallory")), Tampered)


def test_of_an_owner_that_nobody_vouches_for_only_so_much_is_shown() -> None:
    assert opened(SEAL.sign(replace(RECORD, owner="x" * 100)), None) == Foreign("x" * 100)
    assert opened(SEAL.sign(replace(RECORD, owner="x" * 101)), None) == Foreign("x" * 99 + "…")


# --- what holds of every record ----------------------------------------------------------------------------


@given(records, places, st.sampled_from((KEYS, ROTATED)))
def test_what_was_signed_is_what_is_read(record: Record, place: Place, keys: RecordKeys) -> None:
    mine = replace(record, owner="payments")
    text = KEYS.seal(place).sign(mine)

    assert opened(text, keys, place, iso(record.time)) == Verified(
        keys.settle(KEYS.settle(mine, KEYS.present.id), KEYS.present.id), keys.seal(place), renewed=keys is ROTATED
    )


@given(records, st.data())
def test_no_change_of_a_character_goes_unnoticed(record: Record, data: st.DataObject) -> None:
    text = SEAL.sign(replace(record, owner="payments"))
    at = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.sampled_from([*text, chr(ord(text[at]) ^ 1), "ü"]))
    assume(character != text[at])
    written = iso(record.time)
    changed = opened(text[:at] + character + text[at + 1 :], written=written)
    shorter = opened(text[:at] + text[at + 1 :], written=written)

    for found in (changed, shorter):
        assert not isinstance(found, Verified)
        assert not (isinstance(found, Foreign) and found.verified)


@given(st.lists(places, min_size=2, max_size=2, unique=True))
def test_no_record_holds_in_another_place(two: list[Place]) -> None:
    here, there = two

    assert isinstance(opened(KEYS.seal(here).sign(RECORD), place=there), Tampered)
    assert isinstance(opened(KEYS.seal(here).sign(THEIRS), place=there), Tampered)


@given(st.text())
def test_any_text_at_all_has_a_verdict(text: str) -> None:
    assert isinstance(opened(text), Tampered | Newer)
    assert isinstance(opened(text, None), Unverified | Newer)


REASONS = [opened(TEXT, None), opened(TEXT, OTHERS), opened("hello"), opened(TEXT, written=""), opened(TEXT + " ")]


@pytest.mark.parametrize("found", REASONS)
def test_a_reason_is_printable_and_has_no_full_stop(found: Recorded) -> None:
    assert isinstance(found, Unverified | Tampered)
    for said in (found.reason, found.hint if isinstance(found, Unverified) else "none"):
        assert said.isprintable()
        assert not said.endswith(".")
