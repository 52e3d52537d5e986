"""What is there before anybody asks for anything, and what an older state lacks of it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from envsync.sandbox.state import (
    COLLEAGUE_LOGIN,
    FULL_TOKEN,
    READER_TOKEN,
    SERVICE_LOGIN,
    WORKFLOW_LOGIN,
    WORKFLOW_TOKEN,
    Account,
    Role,
    State,
    Token,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

EDITION = 2  # of what a state has from the beginning; 2: what `envsync doctor` asks for

# Not from the state, so that no other id moves.
_WORKFLOW_BOT_ID = 41_898_282  # as on GitHub
_COLLEAGUE_ID = 1
_READ, _WRITE = "read", "write"
_FOR_DOCTOR = {
    "contents": _READ,
    "secrets": _READ,
    "actions_variables": _READ,
    "deployments": _READ,
    "organization_administration": _READ,
}


def new_state(created_at: str) -> State:
    """A GitHub with one user, a colleague of theirs and the three tokens."""
    state = State(key_seed=secrets.token_hex(32))
    state.accounts[SERVICE_LOGIN] = Account(state.new_id(), SERVICE_LOGIN, "User", created_at)
    state.tokens.update({token.value: token for token in _own_tokens()})
    _add_others(state, created_at)
    return state


def complete(state: State, now: str, edition: int) -> None:
    """Gives a state of an earlier edition what it has by now from the beginning.

    Once; permissions that were set by hand stay, and so does a missing token.
    """
    if edition >= EDITION:
        return
    if WORKFLOW_LOGIN not in state.accounts:  # from before there were issues, or editions
        _grant(state, {token.value: token.permissions for token in _own_tokens()})
        if WORKFLOW_TOKEN in state.tokens:
            state.tokens[WORKFLOW_TOKEN].login = WORKFLOW_LOGIN
    _grant(state, {FULL_TOKEN: _FOR_DOCTOR})
    _add_others(state, now)
    for team in state.teams.values():
        team.members = team.members or [SERVICE_LOGIN, COLLEAGUE_LOGIN]
    for repository in state.repositories.values():
        repository.users.setdefault(COLLEAGUE_LOGIN, Role.PUSH)


def _add_others(state: State, now: str) -> None:
    state.accounts.setdefault(WORKFLOW_LOGIN, Account(_WORKFLOW_BOT_ID, WORKFLOW_LOGIN, "Bot", now))
    state.accounts.setdefault(COLLEAGUE_LOGIN, Account(_COLLEAGUE_ID, COLLEAGUE_LOGIN, "User", now))


def _grant(state: State, permissions: Mapping[str, Mapping[str, str]]) -> None:
    for value, granted in permissions.items():
        if value in state.tokens:
            state.tokens[value].permissions = {**granted, **state.tokens[value].permissions}


def _own_tokens() -> list[Token]:
    read, write = _READ, _WRITE
    reads = {"environments": read, "actions": read, "metadata": read}
    tracks = {"issues": write, "pull_requests": write, "metadata": read}
    changes = {"administration": write, "environments": write, "actions": write, "members": read}
    return [
        Token(FULL_TOKEN, SERVICE_LOGIN, {**changes, **tracks, **_FOR_DOCTOR}),
        Token(READER_TOKEN, SERVICE_LOGIN, {"administration": read, **reads}),
        Token(WORKFLOW_TOKEN, WORKFLOW_LOGIN, {"actions": read, "contents": read, **tracks}),
    ]
