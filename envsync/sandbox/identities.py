"""Accounts, teams and Apps, and the server itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.sandbox.account_shapes import (
    integration,
    organization_with_plan,
    private_user,
    public_user,
    team_in_full,
)
from envsync.sandbox.exchange import Reply, not_found
from envsync.sandbox.state import SERVICE_LOGIN

if TYPE_CHECKING:
    from envsync.sandbox.call import Call
    from envsync.sandbox.state import Account, App, Team


def meta(_call: Call) -> Reply:
    return Reply(200, {"verifiable_password_authentication": False})


def rate_limit(call: Call) -> Reply:
    figures = call.allowance.figures()
    return Reply(200, {"resources": {"core": figures, "search": figures}, "rate": figures})


def authenticated_user(call: Call) -> Reply:
    return Reply(200, private_user(call, account(call, call.token.login)))


def user(call: Call) -> Reply:
    """GitHub shows organizations here as well."""
    return Reply(200, public_user(call, account(call, call.names["user"])))


def organization(call: Call) -> Reply:
    return Reply(200, organization_with_plan(call, organization_account(call)))


def team(call: Call) -> Reply:
    return Reply(200, team_in_full(call, team_named(call), organization_account(call)))


def app(call: Call) -> Reply:
    found = call.state.apps.get(call.names["app"].casefold())
    if found is None:
        raise not_found()
    return Reply(200, integration(call, found, owner_of_app(call, found)))


def owner_of_app(call: Call, app: App) -> Account:
    return account(call, app.owner or SERVICE_LOGIN)


def account(call: Call, login: str) -> Account:
    found = call.state.account(login)
    if found is None:
        raise not_found()
    return found


def organization_account(call: Call) -> Account:
    found = account(call, call.names["org"])
    if found.type != "Organization":
        raise not_found()
    return found


def team_named(call: Call) -> Team:
    found = call.state.team(call.names["org"], call.names["team"])
    if found is None:
        raise not_found()
    return found
