from __future__ import annotations

from dataclasses import replace

import pytest
from support.checkups import DECLARED, DOWN, HEALTHY, as_declared, live_of

from envsync.doctor.case import Purpose, Source
from envsync.errors import Diagnostic, SecretSourceError
from envsync.model import DesiredSecret, External, FromEnvironment
from envsync.plan.changes import Address, Plan, SecretState, SecretStatus
from envsync.plan.checkup import Status
from envsync.secrets.sources import Sources

AT = Address("acme/payments", "production")
UNSET = Diagnostic("secret-source-missing", "the environment variable DB_PASSWORD is not set", "set DB_PASSWORD")
MISSING = HEALTHY.in_case(sources=(Source(AT, "DB_PASSWORD", UNSET), Source(AT, "API_KEY")))
SAID = "production, DB_PASSWORD: the environment variable DB_PASSWORD is not set"


def state(found: SecretState) -> Plan:
    return Plan("", secrets=(SecretStatus(AT, "DB_PASSWORD", found, "so it is"),))


def test_sources_that_are_there_are_counted() -> None:
    two = HEALTHY.in_case(sources=(Source(AT, "DB_PASSWORD"), Source(AT, "API_KEY")))

    assert two.said("secret-source") == ["2 sources of secrets are there"]
    assert MISSING.said("secret-source") == ["1 source of secrets is there"]


@pytest.mark.parametrize("found", [SecretState.MISSING, SecretState.SOURCE_CHANGED, SecretState.TOUCHED_OUTSIDE])
def test_apply_cannot_write_a_secret_that_has_no_source(found: SecretState) -> None:
    needed = MISSING.in_case(plan=state(found))

    assert needed.findings() == [(Status.FAIL, "secret-source", SAID)]
    assert needed.line("secret-source").next_step == "set DB_PASSWORD"


@pytest.mark.parametrize("found", [SecretState.UNVERIFIABLE, SecretState.IN_SYNC])
def test_a_secret_that_stays_as_it_is_needs_none(found: SecretState) -> None:
    assert MISSING.in_case(plan=state(found)).findings() == [(Status.WARN, "secret-source", SAID)]


def test_where_there_is_no_plan_apply_needs_it() -> None:
    assert (Status.FAIL, "secret-source", SAID) in replace(MISSING, repository=DOWN).findings()


def test_plans_and_drift_do_without() -> None:
    assert MISSING.in_case(purpose=Purpose.DRIFT, plan=state(SecretState.MISSING)).findings() == [
        (Status.WARN, "secret-source", SAID)
    ]


def test_a_fault_that_nobody_knows_a_remedy_for_has_a_next_step() -> None:
    refused = Diagnostic("secret-source-refused", "it is git's own")

    assert HEALTHY.in_case(sources=(Source(AT, "DB_PASSWORD", refused),)).line("secret-source").next_step == (
        "see to its source, or pass --no-secrets to apply"
    )


def test_leaving_secrets_alone_is_an_option_of_apply_s() -> None:
    with pytest.raises(SecretSourceError) as raised:
        Sources({}).check(DesiredSecret("DB_PASSWORD", FromEnvironment("DB_PASSWORD")))
    (fault,) = raised.value.diagnostics

    assert HEALTHY.in_case(sources=(Source(AT, "DB_PASSWORD", fault),)).line("secret-source").next_step == (
        "set DB_PASSWORD where envsync runs, or pass --no-secrets to apply"
    )


def test_apply_runs_commands_only_where_it_is_allowed_to() -> None:
    run = HEALTHY.in_case(
        sources=(Source(AT, "A", command="vault"), Source(AT, "B", command="op"), Source(AT, "C", command="vault"))
    )

    assert run.noted("secret-command") == ["apply needs --allow-commands for op and vault"]
    assert run.in_case(purpose=Purpose.PLAN).noted("secret-command") == []
    assert HEALTHY.noted("secret-command") == []


def test_an_external_secret_that_nobody_has_set() -> None:
    external = replace(DECLARED[0], secrets={"LEGACY": DesiredSecret("LEGACY", External())})
    live = live_of(replace(as_declared(external), secrets={}), *map(as_declared, DECLARED[1:]))
    unset = HEALTHY.wants("production", secrets=external.secrets).in_repository(live=live)
    said = "production, LEGACY: it is external, and nobody has set it on GitHub"

    for purpose in Purpose:
        assert unset.in_case(purpose=purpose).findings() == [(Status.WARN, "external-secret", said)]
