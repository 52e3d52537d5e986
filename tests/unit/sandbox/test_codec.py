"""State as text."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envsync.sandbox.beginning import new_state
from envsync.sandbox.codec import Damaged, decode, encode
from envsync.sandbox.issue_state import Comment, Issue, Label
from envsync.sandbox.state import (
    Environment,
    Pattern,
    PolicyMode,
    Protection,
    ProtectionRule,
    Repository,
    Reviewer,
    Role,
    Secret,
    State,
    Token,
    Variable,
)

TIME = "2026-03-01T12:00:00Z"
EXAMPLE = Repository(
    1,
    "acme",
    "payments",
    TIME,
    users={"alice": Role.PUSH},
    labels={"drift": Label(11, "Drift")},
    issues={
        1: Issue(12, 1, "Drift", "alice", TIME, TIME, state_reason=None, labels=["drift"]),
        2: Issue(
            13, 2, "Drift", "alice", TIME, TIME, state="closed", state_reason="completed", is_pull_request=True
        ),
        3: Issue(14, 3, "Drift", "bob", TIME, TIME, comments={15: Comment(15, "bob", "x", TIME, TIME)}),
    },
    former_names=["acme/old"],
    environments={
        "production": Environment(
            2,
            "Production",
            TIME,
            TIME,
            Protection(5, [Reviewer("User", 7)], True, False, PolicyMode.CUSTOM),  # noqa: FBT003
            {"wait_timer": 3},
            4,
            {8: Pattern(8, "tag", "v*")},
            {9: ProtectionRule(9, 10, enabled=False)},
            {"A": Variable("A", "ä\ud800\n", TIME, TIME)},
            {"B": Secret("B", TIME, TIME)},
        )
    },
)

names = st.text(max_size=5)
variables = st.builds(Variable, name=names, value=st.text(), created_at=names, updated_at=names)
repositories = st.builds(
    Repository,
    id=st.integers(),
    owner=names,
    name=names,
    created_at=names,
    environments=st.dictionaries(
        names,
        st.builds(
            Environment,
            id=st.integers(),
            name=names,
            created_at=names,
            updated_at=names,
            variables=st.dictionaries(names, variables, max_size=2),
            patterns=st.dictionaries(st.integers(0, 9), st.builds(Pattern, st.integers(), st.just("tag"), names)),
        ),
        max_size=2,
    ),
)


def test_what_is_written_is_read_again() -> None:
    assert decode(Repository, encode(EXAMPLE)) == EXAMPLE
    state = new_state(TIME)
    state.tokens["few"] = Token("few", "sandbox", {"actions": "read"}, ["acme/payments"])
    assert decode(State, encode(state)) == state


@given(repositories)
def test_and_so_is_anything_else(repository: Repository) -> None:
    assert decode(Repository, encode(repository)) == repository


def test_what_has_a_default_may_be_left_out() -> None:
    text = '{"id": 1, "owner": "acme", "name": "payments", "created_at": ""}'
    assert decode(Repository, text) == Repository(1, "acme", "payments", "")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": None}, "id is not of the right type"),
        ({"id": True}, "id is not of the right type"),
        ({"id": 1.5}, "id is not of the right type"),
        ({"private": 1}, "private is not of the right type"),
        ({"former_names": "acme/old"}, "former_names is not of the right type"),
        ({"former_names": ["a", 2]}, "former_names[1] is not of the right type"),
        ({"users": []}, "users is not of the right type"),
        ({"users": {"alice": "boss"}}, "users.alice is none of pull, triage, push, maintain, admin"),
        ({"color": "red"}, "color is not known"),
        (
            {"issues": {"1": {**asdict(EXAMPLE.issues[1]), "state_reason": "bored"}}},
            "issues.1.state_reason is none of completed, not_planned, duplicate, reopened",
        ),
        ({"environments": {"x": 5}}, "environments.x is not an object"),
        ({"environments": {"x": {}}}, "environments.x.id is missing"),
        (
            {"environments": {"x": {**asdict(EXAMPLE.environments["production"]), "patterns": {"one": {}}}}},
            "environments.x.patterns has a key that is no number",
        ),
        (
            {"environments": {"x": {**asdict(EXAMPLE.environments["production"]), "rule_ids": {"one": 1}}}},
            "environments.x.rule_ids is none of wait_timer, required_reviewers, branch_policy",
        ),
    ],
)
def test_damage_is_reported_by_its_place(change: dict[str, object], problem: str) -> None:
    good = json.loads(encode(EXAMPLE))
    with pytest.raises(Damaged) as caught:
        decode(Repository, json.dumps({**good, **change}))
    assert str(caught.value) == problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is not JSON"),
        ('{"id": 1', "it is not JSON"),
        ("[]", "it is not an object"),
        ("{}", "id is missing"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
    ids=["empty", "cut", "list", "nothing", "deep"],
)
def test_what_is_no_state_at_all(text: str, problem: str) -> None:
    with pytest.raises(Damaged, match=problem):
        decode(Repository, text)


def test_nothing_else_is_written() -> None:
    with pytest.raises(TypeError, match="bytes is not written"):
        encode({"value": b"secret"})
