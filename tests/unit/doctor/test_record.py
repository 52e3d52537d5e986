from __future__ import annotations

from dataclasses import replace

import pytest
from support.checkups import HEALTHY, REFUSED, SetUp, as_declared, live_of

from envsync.doctor.case import NO_RECORD_KEY, Purpose, RecordKey
from envsync.errors import Diagnostic
from envsync.plan.changes import Address, Plan, RecordNext, RecordState, RecordStatus, UnreadPart
from envsync.plan.checkup import Status

AT = Address("acme/payments", "staging")
KEPT = HEALTHY.records[:3]


def having(state: RecordState, reason: str, at: Address = AT) -> SetUp:
    return replace(HEALTHY, records=(*KEPT, RecordStatus(at, state, RecordNext.KEEP, reason)))


UNVERIFIED = having(RecordState.UNVERIFIED, "it was signed with another key: give that one")
NEWER = having(RecordState.UNVERIFIED, "it has format 2, which only a newer envsync knows")


# --- the key -----------------------------------------------------------------------------------------------


def test_a_key_that_is_set() -> None:
    assert HEALTHY.said("record-key") == ["ENVSYNC_RECORD_KEY is set"]
    assert HEALTHY.in_case(key=RecordKey(is_set=True, has_previous=True)).said("record-key") == [
        "ENVSYNC_RECORD_KEY is set, and so is the previous one"
    ]


def test_a_key_that_cannot_be_used() -> None:
    fault = Diagnostic("record-key", "ENVSYNC_RECORD_KEY has 16 bytes, and needs at least 32", "make a key")
    weak = HEALTHY.in_case(key=RecordKey(is_set=True, fault=fault))

    assert weak.findings() == [(Status.FAIL, "record-key", fault.message)]
    assert weak.line("record-key").next_step == "make a key"


@pytest.mark.parametrize(
    ("purpose", "lost"),
    [
        (Purpose.DRIFT, "who changed what cannot be told, nor whether a secret was touched"),
        (Purpose.APPLY, "no secret is known to be in sync, and nothing that left the file is deleted"),
    ],
)
def test_what_is_lost_without_a_key(purpose: Purpose, lost: str) -> None:
    without = HEALTHY.in_case(key=NO_RECORD_KEY, purpose=purpose)

    assert without.findings() == [(Status.WARN, "record-key", f"ENVSYNC_RECORD_KEY is not set: {lost}")]
    assert "openssl rand -hex 32" in str(without.line("record-key").next_step)


@pytest.mark.parametrize("known", [{"purpose": Purpose.PLAN}, {"purpose": Purpose.DRIFT, "settings_only": True}])
def test_what_keeps_no_record_needs_no_key(known: dict[str, object]) -> None:
    without = HEALTHY.in_case(key=NO_RECORD_KEY, **known)

    assert without.findings() == []
    assert without.said("record-key") == ["ENVSYNC_RECORD_KEY is not set: the file is compared with GitHub alone"]


# --- the records -------------------------------------------------------------------------------------------


def test_records_that_hold_are_counted() -> None:
    assert HEALTHY.said("records") == ["5 records hold"]
    assert replace(HEALTHY, records=KEPT[:1]).said("records") == ["1 record holds"]
    assert replace(HEALTHY, records=()).said("records") == []


def test_records_of_another_repository_are_not_this_ones() -> None:
    elsewhere = having(RecordState.TAMPERED, "the signature is wrong", Address("acme/other", "staging"))

    assert elsewhere.findings() == []


def test_a_record_that_somebody_else_wrote() -> None:
    forged = having(RecordState.TAMPERED, "its signature does not hold")

    assert forged.findings() == [
        (Status.WARN, "records", "staging: the record cannot be trusted: its signature does not hold")
    ]
    assert forged.line("records").link == "page:environments:acme/payments"


def test_an_environment_of_another_file() -> None:
    foreign = having(RecordState.FOREIGN, "it belongs to the file called billing")

    assert foreign.findings() == [(Status.FAIL, "records", "staging: it belongs to the file called billing")]


def test_another_files_environment_that_this_one_does_not_declare_is_as_it_shall_be() -> None:
    beside = having(
        RecordState.FOREIGN, "it belongs to the file called billing", Address("acme/payments", "other")
    )

    assert beside.findings() == []


def test_a_record_that_cannot_be_verified() -> None:
    assert UNVERIFIED.findings() == [
        (Status.WARN, "records", "staging: it was signed with another key: give that one")
    ]
    assert UNVERIFIED.line("records").next_step == (
        "give the key that signed it, as ENVSYNC_RECORD_KEY or ENVSYNC_RECORD_KEY_PREVIOUS"
    )


def test_records_that_do_not_hold_for_the_same_reason_are_one_line() -> None:
    reason = "its signature does not hold"
    names = ("production-rollback", "staging", "staging-rollback")
    forged = tuple(
        RecordStatus(replace(AT, environment=each), RecordState.TAMPERED, RecordNext.KEEP, reason)
        for each in names
    )
    foreign = RecordStatus(
        replace(AT, environment="production"), RecordState.FOREIGN, RecordNext.KEEP, "it is billing's"
    )

    assert replace(HEALTHY, records=(*forged, foreign)).findings() == [
        (
            Status.WARN,
            "records",
            "production-rollback, staging and staging-rollback: the record cannot be trusted: " + reason,
        ),
        (Status.FAIL, "records", "production: it is billing's"),
    ]


def test_apply_changes_nothing_whose_record_it_could_not_write_anew() -> None:
    open_staging = replace(as_declared(HEALTHY.desired.environments[3]), patterns=())
    rest = [as_declared(each) for each in HEALTHY.desired.environments if each.name != "staging"]
    changing = UNVERIFIED.in_repository(live=live_of(open_staging, *rest))

    assert changing.line("records").status is Status.FAIL
    assert changing.in_case(purpose=Purpose.PLAN).line("records").status is Status.WARN


def test_drift_fails_where_it_cannot_verify_a_record() -> None:
    assert UNVERIFIED.in_case(purpose=Purpose.DRIFT).line("records").status is Status.FAIL


def test_no_command_touches_what_only_a_newer_envsync_knows() -> None:
    part = UnreadPart(
        "acme/payments", "staging", "record", "it has format 2", "install a newer envsync", failed=True
    )
    plan = Plan("", records=NEWER.records, unread=(part,))
    newer = NEWER.in_case(plan=plan, purpose=Purpose.PLAN)

    assert newer.findings() == [
        (Status.FAIL, "records", "staging: it has format 2, which only a newer envsync knows")
    ]
    assert newer.line("records").next_step == "install a newer envsync"


def test_without_environments_there_are_no_records() -> None:
    blind = UNVERIFIED.refuses("Actions: read").in_repository(live=REFUSED)

    assert [code for _, code, _ in blind.findings()] == ["permission-actions-read"]
    assert HEALTHY.in_repository(live=REFUSED).in_case(plan=Plan("")).said("records") == []
