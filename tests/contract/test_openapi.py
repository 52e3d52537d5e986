"""The check itself: it has to see what is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.openapi import ContractError, check_answer, check_exchange

from envsync.sandbox import Exchange, State

if TYPE_CHECKING:
    from envsync.sandbox.exchange import Json

SECRET = {"name": "TOKEN", "created_at": "2026-03-01T12:00:00Z", "updated_at": "2026-03-01T12:00:00Z"}
GOOD = Exchange(
    method="GET",
    path="/repos/acme/payments/environments/a%2Fb/secrets",
    query={"per_page": "100"},
    request_headers={},
    request=None,
    status=200,
    response_headers={"content-type": "application/json; charset=utf-8"},
    response={"total_count": 1, "secrets": [SECRET]},
    fault=None,
    state=State(),
)
VARIABLE = replace(
    GOOD,
    method="POST",
    path="/repos/acme/payments/environments/a/variables",
    query={},
    request={"name": "A", "value": "b"},
    status=201,
    response={},
)
ENVIRONMENT = replace(
    GOOD,
    method="PUT",
    path="/repos/acme/payments/environments/a",
    query={},
    request={"wait_timer": 5, "can_admins_bypass": False, "reviewers": None, "deployment_branch_policy": None},
    response={
        "id": 1,
        "node_id": "EN_1",
        "name": "a",
        "url": "https://api.github.com/x",
        "html_url": "https://github.com/x",
        "created_at": "2026-03-01T12:00:00Z",
        "updated_at": "2026-03-01T12:00:00Z",
        "protection_rules": [{"id": 1, "node_id": "GA_1", "type": "branch_policy"}],
        "deployment_branch_policy": None,
    },
)


@pytest.mark.parametrize("exchange", [GOOD, VARIABLE, ENVIRONMENT], ids=["list", "create", "put"])
def test_what_is_described_passes(exchange: Exchange) -> None:
    check_exchange(exchange)


@pytest.mark.parametrize(
    ("exchange", "problem"),
    [
        (replace(GOOD, path="/repos/acme/payments/pulls"), "no operation is described"),
        (replace(GOOD, method="PATCH"), "no operation is described"),
        (replace(GOOD, path="/repos/acme/payments/environments//secrets"), "no operation is described"),
        (replace(GOOD, query={"perpage": "100"}), "no query parameters ['perpage']"),
        (replace(GOOD, request={}), "takes no body"),
        (replace(VARIABLE, request={"name": "A"}), "'value' is a required property"),
        (replace(VARIABLE, request={"name": "A", "value": 1}), "$.value: 1 is not of type 'string'"),
        (replace(VARIABLE, request=None), "the request is not as described"),
        (replace(ENVIRONMENT, request={"wait_minutes": 1}), "'wait_minutes' was unexpected"),
        (replace(ENVIRONMENT, request={"reviewers": [{"type": "Group", "id": 1}]}), "'Group' is not one of"),
        (
            replace(ENVIRONMENT, request={"deployment_branch_policy": {"protected_branches": True}}),
            "'custom_branch_policies' is a required property",
        ),
    ],
)
def test_a_bad_request_is_caught(exchange: Exchange, problem: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_exchange(exchange)
    assert problem in str(caught.value)
    assert f"{exchange.method} {exchange.path}" in str(caught.value)


@pytest.mark.parametrize(
    ("exchange", "problem"),
    [
        (replace(GOOD, response={"secrets": [SECRET]}), "'total_count' is a required property"),
        (replace(GOOD, response={"total_count": "1", "secrets": [SECRET]}), "'1' is not of type 'integer'"),
        (replace(GOOD, response={"total_count": 1, "secrets": [{**SECRET, "created_at": "now"}]}), "date-time"),
        (replace(GOOD, response=None), "the answer is not as described"),
        (replace(GOOD, response_headers={}), "not declared as JSON"),
        (replace(GOOD, status=202), "does not answer 202"),
        (replace(GOOD, status=204, response=None), "does not answer 204"),
        (replace(GOOD, status=404, response={"message": 404}), "404 is not of type 'string'"),
        (replace(VARIABLE, response={"name": "A"}), "'name' was unexpected"),
        (
            replace(VARIABLE, status=422, response={"message": "no", "errors": [{}]}),
            "'code' is a required property",
        ),
        (replace(ENVIRONMENT, response={}), "'id' is a required property"),
        (replace(GOOD, status=304), "has a body"),
    ],
)
def test_a_bad_answer_is_caught(exchange: Exchange, problem: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_answer(exchange)
    assert problem in str(caught.value)


def test_a_url_needs_a_scheme() -> None:
    app: Json = {
        "id": 1,
        "node_id": "A_1",
        "owner": None,
        "name": "gate",
        "description": None,
        "external_url": "gate",
        "html_url": "https://github.com/apps/gate",
        "created_at": "2026-03-01T12:00:00Z",
        "updated_at": "2026-03-01T12:00:00Z",
        "permissions": {},
        "events": [],
    }
    with pytest.raises(ContractError, match="'gate' is not a 'uri'"):
        check_answer(replace(GOOD, path="/apps/gate", response=app))


def test_what_a_proxy_answers_is_nobodys_contract() -> None:
    check_exchange(replace(GOOD, status=502, response=None, response_headers={}, fault="502:*:*"))


def test_a_fault_excuses_no_request() -> None:
    with pytest.raises(ContractError, match="no query parameters"):
        check_exchange(replace(GOOD, query={"perpage": "1"}, status=502, response=None, fault="502:*:*"))


def test_a_fault_excuses_no_work_that_was_done() -> None:
    with pytest.raises(ContractError):
        check_exchange(replace(GOOD, response={}, fault="lost:*:*"))
