from __future__ import annotations

import base64
import hashlib
import hmac
import pickle
import re
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.records import places, records

from envsync.errors import ConfigError
from envsync.plan.record import (
    IntendedVariable,
    Intent,
    Made,
    Place,
    Record,
    RecordedSecret,
    RecordedVariable,
    Sort,
)
from envsync.plan.record_text import SignedText, decode, peek
from envsync.secrets.record_keys import RecordKeys

RAW, OTHER_RAW = bytes(range(32)), bytes(range(100, 140))
PLACE = Place("https://api.github.com", 7, 9)


def keys_of(present: bytes, previous: bytes | None = None) -> RecordKeys:
    environ = {"ENVSYNC_RECORD_KEY": present.hex()}
    if previous is not None:
        environ["ENVSYNC_RECORD_KEY_PREVIOUS"] = previous.hex()
    found = RecordKeys.from_environ(environ)
    assert found is not None
    return found


def refusal(**environ: str) -> tuple[str, str]:
    with pytest.raises(ConfigError) as caught:
        RecordKeys.from_environ(environ)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "record-key"
    assert diagnostic.hint
    return diagnostic.message, diagnostic.hint


def signed(text: str) -> SignedText:
    found = peek(text)
    assert isinstance(found, SignedText)
    return found


KEYS, OTHERS = keys_of(RAW), keys_of(OTHER_RAW)
SEAL = KEYS.seal(PLACE)

# --- where keys come from ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environ",
    [{}, {"ENVSYNC_RECORD_KEY": ""}, {"ENVSYNC_RECORD_KEY": " \n", "ENVSYNC_RECORD_KEY_PREVIOUS": ""}],
)
def test_a_variable_that_is_empty_is_one_that_is_not_set(environ: dict[str, str]) -> None:
    assert RecordKeys.from_environ(environ) is None


@pytest.mark.parametrize("raw", [RAW, RAW + b"\xfb\xff\xfe", bytes(range(64))], ids=len)
def test_one_key_may_be_written_in_several_ways(raw: bytes) -> None:
    usual, safe = base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()
    ways = [raw.hex(), raw.hex().upper(), usual, usual.rstrip("="), safe, safe.rstrip("="), f" {usual}\n"]

    found = [RecordKeys.from_environ({"ENVSYNC_RECORD_KEY": way}) for way in ways]

    assert {each.present.id for each in found if each} == {keys_of(raw).present.id}
    assert None not in found


@pytest.mark.parametrize("variable", ["ENVSYNC_RECORD_KEY", "ENVSYNC_RECORD_KEY_PREVIOUS"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RAW.hex()[:-2], "{} has 31 bytes, and needs at least 32"),
        ("c2hvcnQ=", "{} has 5 bytes, and needs at least 32"),
        ("hunter2", "{} has 5 bytes, and needs at least 32"),
        (RAW.hex()[:-1], "{} is neither hexadecimal nor base64"),
        ("correct horse battery staple correct horse battery staple", "{} is neither hexadecimal nor base64"),
        ("z" * 45, "{} is neither hexadecimal nor base64"),
        ("ü" * 64, "{} is neither hexadecimal nor base64"),
        ("\udc80" * 64, "{} is neither hexadecimal nor base64"),
        ("====", "{} is neither hexadecimal nor base64"),
    ],
)
def test_what_is_no_key_is_refused_and_never_shown(variable: str, text: str, message: str) -> None:
    environ = {"ENVSYNC_RECORD_KEY": RAW.hex(), variable: text}

    assert refusal(**environ) == (message.format(variable), "make a key with: openssl rand -hex 32")


def test_a_previous_key_needs_a_present_one() -> None:
    message, hint = refusal(ENVSYNC_RECORD_KEY="", ENVSYNC_RECORD_KEY_PREVIOUS=RAW.hex())

    assert message == "ENVSYNC_RECORD_KEY_PREVIOUS is set, but ENVSYNC_RECORD_KEY is not"
    assert "ENVSYNC_RECORD_KEY " in hint


def test_the_ids_of_the_keys_at_hand_are_public() -> None:
    assert KEYS.ids == (KEYS.present.id,)
    assert keys_of(RAW, OTHER_RAW).ids == (KEYS.present.id, OTHERS.present.id)
    assert keys_of(RAW, RAW).ids == (KEYS.present.id,)
    assert re.fullmatch("[0-9a-f]{8}", KEYS.present.id)


def test_keys_show_themselves_nowhere() -> None:
    keys = keys_of(RAW, OTHER_RAW)
    shown = f"{keys!r} {keys.seal(PLACE)!r} {keys.present}"

    for each in (keys.present, keys.previous):
        assert each is not None
        for hidden in (each.signature, each.proof, *each.marks.values()):
            assert repr(hidden.reveal()) not in shown
            assert hidden.reveal().hex() not in shown
    assert RAW.hex() not in shown
    with pytest.raises(TypeError, match="not written anywhere"):
        pickle.dumps(keys)


# --- how they are derived ----------------------------------------------------------------------------------


def hkdf(info: bytes, length: int = 32) -> bytes:
    """RFC 5869 with SHA-256 and no salt, for up to one block."""
    extracted = hmac.digest(bytes(32), RAW, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")[:length]


def prefixed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def urlsafe(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def test_each_purpose_has_a_key_of_its_own_by_hkdf() -> None:
    key = KEYS.present

    assert key.id == hkdf(b"envsync record 1: key id", 4).hex()
    assert key.signature.reveal() == hkdf(b"envsync record 1: signature")
    assert key.marks[Sort.VARIABLE].reveal() == hkdf(b"envsync record 1: mark of a variable")
    assert key.marks[Sort.SECRET].reveal() == hkdf(b"envsync record 1: mark of a secret")
    assert key.proof.reveal() == hkdf(b"envsync record 1: proof of an issue")


def test_a_mark_is_an_hmac_over_place_sort_name_and_value() -> None:
    message = prefixed(b"https://api.github.com", b"7", b"9", b"secret", b"TOKEN", b"hunter2")
    expected = hmac.new(hkdf(b"envsync record 1: mark of a secret"), message, hashlib.sha256).digest()[:12]

    assert SEAL.mark(Sort.SECRET, "token", b"hunter2") == urlsafe(expected)


def test_a_signature_is_an_hmac_over_place_and_text() -> None:
    record = signed(SEAL.sign(Record("payments", 0, Made.CREATED)))
    message = prefixed(b"https://api.github.com", b"7", b"9", record.body)

    assert record.mac == urlsafe(hmac.digest(hkdf(b"envsync record 1: signature"), message, "sha256"))


def test_records_that_are_out_there_stay_valid() -> None:
    """Literal: what one version has written, every later one has to read."""
    region = SEAL.mark(Sort.VARIABLE, "REGION", b"eu-west-1")
    token = SEAL.mark(Sort.SECRET, "TOKEN", b"hunter2")
    record = Record(
        "payments",
        1_767_225_600,
        Made.CREATED,
        variables={"REGION": RecordedVariable(Made.CREATED, region)},
        secrets={"TOKEN": RecordedSecret(Made.ADOPTED, token, 1_767_225_590)},
    )

    assert SEAL.sign(record) == (
        '{"version":1,"key":"9b89d065","owner":"payments","time":1767225600,"made":"created",'
        '"variables":{"REGION":"cePFvhiNhXnPxvIaj"},"secrets":{"TOKEN":"a5X-bfN45tRQ9BMQZ 1767225590"},'
        '"mac":"EhrNdh9vDNuXvaQ0D9yMrb7G0C97flrBwP8XORX_U5U"}'
    )


# --- marks -------------------------------------------------------------------------------------------------

sorts = st.sampled_from(Sort)
names = st.text("ABC_", min_size=1, max_size=4)
values = st.binary(max_size=8)


@given(places, sorts, names, values)
def test_a_mark_is_of_one_value_and_looks_like_nothing(place: Place, sort: Sort, name: str, value: bytes) -> None:
    seal = KEYS.seal(place)
    mark = seal.mark(sort, name, value)

    assert re.fullmatch("[A-Za-z0-9_-]{16}", mark)
    assert seal.mark(sort, name.lower(), value) == mark
    assert seal.matches(sort, name, value, mark) is True
    assert seal.matches(sort, name, value + b"x", mark) is False
    assert seal.renew(sort, name, value, mark) == mark


@given(st.lists(st.tuples(places, sorts, names, values), min_size=2, max_size=2, unique=True))
def test_equal_values_elsewhere_have_other_marks(two: list[tuple[Place, Sort, str, bytes]]) -> None:
    one, other = (KEYS.seal(place).mark(sort, name, value) for place, sort, name, value in two)

    assert one != other


@given(st.text("ab", max_size=3), st.text("AB", max_size=3), values)
def test_where_one_part_ends_and_the_next_begins_counts(server: str, name: str, value: bytes) -> None:
    assume(name)
    seal = KEYS.seal(replace(PLACE, server=server))
    shifted = seal.mark(Sort.SECRET, name[:-1], name[-1:].encode() + value)

    assert seal.mark(Sort.SECRET, name, value) != shifted


def test_another_key_makes_other_marks() -> None:
    assert SEAL.mark(Sort.SECRET, "TOKEN", b"x") != OTHERS.seal(PLACE).mark(Sort.SECRET, "TOKEN", b"x")


@pytest.mark.parametrize("mark", ["", "x", "ü" * 16, "\ud800", "x" * 17])
def test_what_is_no_mark_matches_nothing(mark: str) -> None:
    assert SEAL.matches(Sort.SECRET, "TOKEN", b"x", mark) is False


def test_a_mark_of_the_previous_key_says_so_and_is_renewed_when_the_value_is_known() -> None:
    seal = keys_of(RAW, OTHER_RAW).seal(PLACE)
    present = SEAL.mark(Sort.SECRET, "TOKEN", b"hunter2")
    former = OTHERS.seal(PLACE).mark(Sort.SECRET, "TOKEN", b"hunter2") + f"@{OTHERS.present.id}"

    assert seal.matches(Sort.SECRET, "TOKEN", b"hunter2", former) is True
    assert seal.renew(Sort.SECRET, "TOKEN", b"hunter2", former) == present
    assert seal.matches(Sort.SECRET, "TOKEN", b"another", former) is False
    assert seal.renew(Sort.SECRET, "TOKEN", b"another", former) == former


def test_a_mark_of_a_key_that_is_not_at_hand_cannot_be_compared() -> None:
    former = OTHERS.seal(PLACE).mark(Sort.SECRET, "TOKEN", b"hunter2") + f"@{OTHERS.present.id}"

    assert SEAL.matches(Sort.SECRET, "TOKEN", b"hunter2", former) is None
    assert SEAL.renew(Sort.SECRET, "TOKEN", b"hunter2", former) == former


# --- signatures --------------------------------------------------------------------------------------------


@given(places, records)
def test_a_signature_holds_where_it_was_made(place: Place, record: Record) -> None:
    text = signed(KEYS.seal(place).sign(record))

    assert KEYS.holds(place, text) is True
    assert keys_of(OTHER_RAW, RAW).holds(place, text) is True
    assert OTHERS.holds(place, text) is None
    assert OTHERS.holds(place, replace(text, key_id=OTHERS.present.id)) is False


@given(st.lists(places, min_size=2, max_size=2, unique=True), records)
def test_a_signature_holds_nowhere_else(two: list[Place], record: Record) -> None:
    here, there = two

    assert KEYS.holds(there, signed(KEYS.seal(here).sign(record))) is False


def test_the_bits_that_base64_drops_count_too() -> None:
    text = signed(SEAL.sign(Record("payments", 0, Made.CREATED)))
    twins = {
        text.mac[:-1] + last
        for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        if base64.urlsafe_b64decode(text.mac[:-1] + last + "=") == base64.urlsafe_b64decode(text.mac + "=")
    }

    assert len(twins) == 4
    assert [each for each in twins if KEYS.holds(PLACE, replace(text, mac=each))] == [text.mac]


@given(records)
def test_every_mark_keeps_its_key_through_a_change_of_keys(record: Record) -> None:
    """What stands alone was made by the key that signed; in the program, by the present one."""
    rotated = keys_of(OTHER_RAW, RAW)
    here = KEYS.settle(record, KEYS.present.id)

    former = rotated.settle(decode(signed(SEAL.sign(here))), KEYS.present.id)
    anew = rotated.settle(decode(signed(rotated.seal(PLACE).sign(former))), OTHERS.present.id)
    back = KEYS.settle(decode(signed(rotated.seal(PLACE).sign(anew))), OTHERS.present.id)

    assert anew == former
    assert back == here


def test_a_record_of_the_previous_key_names_it_at_each_mark() -> None:
    mark = "M" * 16
    record = Record(
        "payments",
        0,
        Made.CREATED,
        variables={"REGION": RecordedVariable(Made.CREATED, mark)},
        secrets={"TOKEN": RecordedSecret(Made.CREATED, mark, 1), "OTHER": RecordedSecret(Made.ADOPTED)},
        intent=Intent(variables={"REGION": IntendedVariable(mark, None)}),
    )
    former = f"{mark}@{OTHERS.present.id}"

    assert keys_of(RAW, OTHER_RAW).settle(record, OTHERS.present.id) == replace(
        record,
        variables={"REGION": RecordedVariable(Made.CREATED, former)},
        secrets={"TOKEN": RecordedSecret(Made.CREATED, former, 1), "OTHER": RecordedSecret(Made.ADOPTED)},
        intent=Intent(variables={"REGION": IntendedVariable(former, None)}),
    )


# --- proofs ------------------------------------------------------------------------------------------------


def test_a_proof_is_an_hmac_in_hexadecimal() -> None:
    key = hkdf(b"envsync record 1: proof of an issue")

    assert KEYS.prove(b"data") == hmac.new(key, b"data", hashlib.sha256).hexdigest()


@given(st.binary(max_size=8))
def test_a_proof_holds_for_what_it_was_made_of_and_for_who_has_the_key(data: bytes) -> None:
    proof = KEYS.prove(data)

    assert KEYS.proves(data, proof)
    assert keys_of(OTHER_RAW, RAW).proves(data, proof)
    assert not KEYS.proves(data + b"x", proof)
    assert not OTHERS.proves(data, proof)


def test_after_a_change_of_keys_the_present_one_proves() -> None:
    assert keys_of(OTHER_RAW, RAW).prove(b"data") == OTHERS.prove(b"data")


@pytest.mark.parametrize("proof", ["", "x" * 64, "ü" * 64, "\ud800", KEYS.prove(b"data").upper()])
def test_what_is_no_proof_holds_for_nothing(proof: str) -> None:
    assert not KEYS.proves(b"data", proof)
