"""What is there before anybody asks for anything, and what an older state lacks of it."""

from __future__ import annotations

import secrets

from envsync.sandbox.state import (
    FULL_TOKEN,
    READER_TOKEN,
    SERVICE_LOGIN,
    WORKFLOW_LOGIN,
    WORKFLOW_TOKEN,
    Account,
    State,
    Token,
)

_WORKFLOW_BOT_ID = 41_898_282  # as on GitHub; not from the state, so that no other id moves


def new_state(created_at: str) -> State:
    """A GitHub with one user and the three tokens."""
    state = State(key_seed=secrets.token_hex(32))
    state.accounts[SERVICE_LOGIN] = Account(state.new_id(), SERVICE_LOGIN, "User", created_at)
    state.tokens.update({token.value: token for token in _own_tokens()})
    state.accounts[WORKFLOW_LOGIN] = Account(_WORKFLOW_BOT_ID, WORKFLOW_LOGIN, "Bot", created_at)
    return state


def complete(state: State, now: str) -> None:
    """Gives a state from before there were issues what the three tokens may do by now.

    Once, known by the workflow's bot; permissions that were set by hand stay, and so does a missing token.
    """
    if WORKFLOW_LOGIN in state.accounts:
        return
    for token in _own_tokens():
        found = state.tokens.get(token.value)
        if found is not None:
            found.login, found.permissions = token.login, {**token.permissions, **found.permissions}
    state.accounts[WORKFLOW_LOGIN] = Account(_WORKFLOW_BOT_ID, WORKFLOW_LOGIN, "Bot", now)


def _own_tokens() -> list[Token]:
    read, write = "read", "write"
    reads = {"environments": read, "actions": read, "metadata": read}
    tracks = {"issues": write, "pull_requests": write, "metadata": read}
    everything = {"administration": write, "environments": write, "actions": write, "members": read, **tracks}
    return [
        Token(FULL_TOKEN, SERVICE_LOGIN, everything),
        Token(READER_TOKEN, SERVICE_LOGIN, {"administration": read, **reads}),
        Token(WORKFLOW_TOKEN, WORKFLOW_LOGIN, {"actions": read, "contents": read, **tracks}),
    ]
