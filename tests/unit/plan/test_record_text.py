from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.records import key_ids, records

from envsync.model import (
    MOST_VARIABLES,
    Field,
    Pattern,
    RefPolicy,
    RefType,
    Settings,
    Team,
    UnknownReviewer,
    User,
)
from envsync.plan.record import (
    IntendedVariable,
    Intent,
    Made,
    Newer,
    Record,
    RecordedSecret,
    RecordedVariable,
)
from envsync.plan.record_text import FORMAT_VERSION, BadRecord, SignedText, close, decode, encode, peek
from envsync.plan.strictness import Protection

KEY_ID = "0badcafe"
MAC = "m" * 43
MARK, OTHER_MARK = "M" * 16, "N" * 16
SMALLEST = Record("payments", 1_767_225_600, Made.CREATED)
GUARDED = Protection(
    Settings(
        (User("team-lead"), Team("acme", "devops"), UnknownReviewer("BusinessTeam", "audit/eu")),
        wait_timer=30,
        prevent_self_review=True,
        can_admins_bypass=False,
        deployment_branch_policy=RefPolicy.SELECTED,
    ),
    frozenset({Pattern(RefType.TAG, "v*"), Pattern(RefType.BRANCH, "main")}),
    frozenset({"change-gate", "audit"}),
)


def text_of(record: Record) -> str:
    return close(encode(record, KEY_ID), MAC)


def signed(text: str) -> SignedText:
    found = peek(text)
    assert isinstance(found, SignedText)
    return found


def body_with(**members: Any) -> SignedText:
    body = {**json.loads(encode(SMALLEST, KEY_ID) + "}"), **members}
    return SignedText(KEY_ID, "payments", json.dumps(body).encode()[:-1], MAC)


# --- what a record looks like ------------------------------------------------------------------------------


def test_a_record_says_what_was_applied_and_leaves_out_what_is_at_its_default() -> None:
    assert text_of(SMALLEST) == (
        '{"version":1,"key":"0badcafe","owner":"payments","time":1767225600,"made":"created","mac":"' + MAC + '"}'
    )


def test_a_record_of_all_there_is() -> None:
    record = Record(
        "payments",
        1_767_225_600,
        Made.ADOPTED,
        GUARDED,
        ignore=frozenset({Field.WAIT_TIMER, Field.SECRETS}),
        unread=frozenset({Field.DEPLOYMENT_PROTECTION_RULES}),
        never_touch=frozenset({"github-pages", "Prüfung"}),
        prune=True,
        variables={"REGION": RecordedVariable(Made.ADOPTED, MARK), "LEVEL": RecordedVariable(Made.CREATED, MARK)},
        secrets={"TOKEN": RecordedSecret(Made.CREATED, MARK, 1_767_225_590), "OLD": RecordedSecret(Made.ADOPTED)},
        intent=Intent(
            (Protection(), GUARDED),
            {"REGION": IntendedVariable(MARK, OTHER_MARK)},
            {"TOKEN": 1_767_225_590, "NEW": None},
        ),
    )
    guarded = {
        "required_reviewers": ["team-lead", "acme/devops", "BusinessTeam:audit/eu"],
        "wait_timer": 30,
        "prevent_self_review": True,
        "can_admins_bypass": False,
        "deployment_branch_policy": "selected",
        "patterns": ["branch:main", "tag:v*"],
        "deployment_protection_rules": ["audit", "change-gate"],
    }

    assert json.loads(text_of(record)) == {
        "version": 1,
        "key": KEY_ID,
        "owner": "payments",
        "time": 1_767_225_600,
        "made": "adopted",
        "protection": guarded,
        "ignore": ["secrets", "wait_timer"],
        "unread": ["deployment_protection_rules"],
        "never_touch": ["Prüfung", "github-pages"],
        "prune": True,
        "variables": {"LEVEL": f"c{MARK}", "REGION": f"a{MARK}>{OTHER_MARK}"},
        "secrets": {"NEW": ">", "OLD": "a", "TOKEN": f"c{MARK} 1767225590>"},
        "intent": {"before": {}, "after": guarded},
        "mac": MAC,
    }
    assert decode(signed(text_of(record))) == record


@given(records, key_ids)
def test_a_record_is_read_as_it_was_written(record: Record, key_id: str) -> None:
    body = encode(record, key_id)

    found = signed(close(body, MAC))

    assert found == SignedText(key_id, record.owner, body.encode("ascii"), MAC)
    assert decode(found) == record


@given(records)
def test_the_same_record_has_the_same_text_in_whatever_order_it_was_made(record: Record) -> None:
    turned = replace(
        record,
        variables=dict(reversed(list(record.variables.items()))),
        secrets=dict(reversed(list(record.secrets.items()))),
    )

    assert encode(turned, KEY_ID) == encode(record, KEY_ID)


@given(records)
def test_a_text_is_ascii_on_one_line(record: Record) -> None:
    text = text_of(record)

    assert text.isascii()
    assert text.isprintable()


def test_a_full_environment_has_a_record_of_a_few_kilobytes() -> None:
    """A hundred secrets, and as many variables as there can be beside the record, in names of 20 characters."""
    variables = [f"VARIABLE_OF_20_CH{number:03}" for number in range(MOST_VARIABLES - 1)]
    secrets = [f"A_SECRET_OF_20_CH{number:03}" for number in range(100)]
    applied = replace(
        SMALLEST,
        protection=GUARDED,
        variables={name: RecordedVariable(Made.CREATED, MARK) for name in variables},
        secrets={name: RecordedSecret(Made.CREATED, MARK, 1_767_225_590) for name in secrets},
    )
    intent = Intent(
        (GUARDED, GUARDED),
        {name: IntendedVariable(MARK, OTHER_MARK) for name in variables},
        dict.fromkeys(secrets, 1_767_225_590),
    )

    assert len(text_of(applied)) < 10 * 1024
    assert len(text_of(replace(applied, intent=intent))) < 12.5 * 1024


# --- what is taken before the signature is checked ---------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '{"version":2}',
        '{"version": 999999, "anything": [{}]}',
        text_of(SMALLEST).replace('"version":1', '"version":3'),
    ],
)
def test_a_newer_format_is_told_from_all_else(text: str) -> None:
    assert peek(text) == Newer(json.loads(text)["version"])
    assert json.loads(text)["version"] > FORMAT_VERSION


GOOD = text_of(SMALLEST)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "\ufeff" + GOOD,
        GOOD + GOOD,
        GOOD[:-1],
        "[" * 49_152,
        '{"a":' * 9_000 + "1" + "}" * 9_000,
        "9" * 49_152,
        "x" * 49_152,
        '{"version":2,"time":1.5}',
        '{"version":2,"time":1e999}',
        '{"version":2,"time":NaN}',
        '{"version":2,"time":-Infinity}',
        '{"version":2,"version":2}',
        '{"version":2,"a":{"b":1,"b":1}}',
        '{"version":2,"a":"\\ud800"}',
        '{"version":2,"\\udfff":1}',
        '{"version":2,"a":"\ud800"}',
        '{"version":2,"a":"\n"}',
    ],
    ids=lambda text: ascii(text[:30]),
)
def test_what_is_no_json_or_has_what_no_record_has(text: str) -> None:
    with pytest.raises(BadRecord, match="it is no JSON"):
        peek(text)


@pytest.mark.parametrize("text", ["null", "1", '"text"', "[]", "true"])
def test_what_is_no_object(text: str) -> None:
    with pytest.raises(BadRecord, match="it is no JSON object"):
        peek(text)


@pytest.mark.parametrize(
    "version", ["0", "-1", "true", "null", '"1"', "1000000", "9" * 4_000], ids=lambda text: text[:9]
)
def test_what_has_no_version(version: str) -> None:
    for text in ("{}", GOOD.replace('"version":1', f'"version":{version}')):
        with pytest.raises(BadRecord, match="which version"):
            peek(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"key":"0badcafe",', ""),
        ('"0badcafe"', "1"),
        ('"0badcafe"', '"0BADCAFE"'),
        ('"0badcafe"', '"0badcafe0"'),
        ('"0badcafe"', '"0badcafe\\n"'),
        ('"owner":"payments",', ""),
        ('"payments"', "null"),
    ],
)
def test_what_names_no_key_or_no_owner(old: str, new: str) -> None:
    assert old in GOOD
    with pytest.raises(BadRecord, match="whose it is"):
        peek(GOOD.replace(old, new))


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace(f',"mac":"{MAC}"', ""),
        GOOD.replace(MAC, MAC[1:]),
        GOOD.replace(MAC, MAC[1:] + "="),
        GOOD.replace(MAC, MAC[1:] + "é"),
        GOOD.replace(',"mac"', ', "mac"'),
        GOOD.replace("payments", "pâyments"),
        GOOD[:-1] + ',"more":1}',
        GOOD + "\n",
    ],
)
def test_what_has_no_signature_at_its_end(text: str) -> None:
    with pytest.raises(BadRecord, match="no signature"):
        peek(text)


@given(st.text() | st.text('{}[]":,0123456789-.eE\\unltrfasevioky ', max_size=60))
def test_any_text_at_all_is_a_record_or_a_bad_one(text: str) -> None:
    try:
        found = peek(text)
    except BadRecord:
        return
    assert isinstance(found, SignedText | Newer)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


# --- what is taken after it --------------------------------------------------------------------------------

MEMBERS = (
    *("owner", "time", "made", "protection", "ignore", "unread", "never_touch", "prune", "variables", "secrets"),
    *("intent", "version", "key", "other"),
)


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=4))
def test_whatever_stands_in_a_signed_record_it_is_one_or_a_bad_one(members: dict[str, Any]) -> None:
    try:
        found = decode(body_with(**members))
    except BadRecord:
        return
    assert isinstance(found, Record)


@pytest.mark.parametrize(
    "members",
    [
        {"owner": 1},
        {"time": True},
        {"time": "now"},
        {"time": 253_402_300_800},
        {"made": "stolen"},
        {"made": None},
        {"protection": None},
        {"protection": []},
        {"protection": {"reviewers": []}},
        {"protection": {"wait_timer": False}},
        {"protection": {"prevent_self_review": 1}},
        {"protection": {"can_admins_bypass": "no"}},
        {"protection": {"deployment_branch_policy": "none"}},
        {"protection": {"required_reviewers": "team-lead"}},
        {"protection": {"required_reviewers": [1]}},
        {"protection": {"patterns": ["main"]}},
        {"protection": {"patterns": ["commit:main"]}},
        {"protection": {"deployment_protection_rules": {"change-gate": 1}}},
        {"ignore": ["nothing"]},
        {"unread": {}},
        {"never_touch": [["github-pages"]]},
        {"prune": 0},
        {"variables": []},
        {"variables": {"REGION": None}},
        {"variables": {"REGION": "x"}},
        {"variables": {"REGION": f"c{MARK}>"}},
        {"secrets": {"TOKEN": 1}},
        {"secrets": {"TOKEN": ">"}},
        {"intent": None},
        {"intent": {"before": {}}},
        {"intent": {"before": {}, "after": {}, "meanwhile": {}}},
        {"surprise": 1},
    ],
)
def test_a_signed_record_that_says_something_else(members: dict[str, Any]) -> None:
    with pytest.raises(BadRecord, match="not what this version of envsync writes"):
        decode(body_with(**members))


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"version":1', b'{"a":1,"a":1', b"\xff", b"[" * 49_152], ids=lambda body: body[:9].hex()
)
def test_a_body_that_is_none(body: bytes) -> None:
    with pytest.raises(BadRecord):
        decode(SignedText(KEY_ID, "payments", body, MAC))


def test_an_intent_of_nothing_is_still_an_intent() -> None:
    record = replace(SMALLEST, intent=Intent())

    assert '"intent":{}' in text_of(record)
    assert decode(signed(text_of(record))) == record
