"""Accounts, teams and Apps, and the server itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from envsync.sandbox.account_shapes import (
    integration,
    organization_with_plan,
    private_user,
    public_user,
    simple_user,
    team_in_full,
)
from envsync.sandbox.account_shapes import organization as organization_shape
from envsync.sandbox.exchange import Reply, failure, not_found
from envsync.sandbox.paging import page_of
from envsync.sandbox.permissions import Needs, is_of
from envsync.sandbox.state import SERVICE_LOGIN

if TYPE_CHECKING:
    from envsync.sandbox.account_shapes import Shape
    from envsync.sandbox.call import Call
    from envsync.sandbox.state import Account, App, Team

_OWNER = Needs("organization_administration")
_APP_THAT_SEES_PLANS = Needs("organization_plan")


def meta(call: Call) -> Reply:
    shape: Shape = {"verifiable_password_authentication": False}
    if call.options.enterprise_version is not None:
        shape["installed_version"] = call.options.enterprise_version
    return Reply(200, shape)


def rate_limit(call: Call) -> Reply:
    if call.options.rate_limit is None:
        raise failure(404, "Rate limiting is not enabled.")
    figures = call.allowance.figures()
    return Reply(200, {"resources": {"core": figures, "search": figures}, "rate": figures})


def authenticated_user(call: Call) -> Reply:
    return Reply(200, private_user(call, account(call, call.token.login)))


def user(call: Call) -> Reply:
    """GitHub shows organizations here as well."""
    return Reply(200, public_user(call, account(call, call.names["user"])))


def organization(call: Call) -> Reply:
    """The plan is for those alone who may see it.

    See "Get an organization" on docs.github.com: an owner, or an App with the permission Organization plan.
    """
    found = organization_account(call)
    needs = _OWNER if call.token.installation is None else _APP_THAT_SEES_PLANS
    sees_plan = is_of(call.token, found.login) and needs.are_met_by(call.token)
    return Reply(200, (organization_with_plan if sees_plan else organization_shape)(call, found))


def team(call: Call) -> Reply:
    return Reply(200, team_in_full(call, team_named(call), organization_account(call)))


def team_members(call: Call) -> Reply:
    """All are of the role `member`: nobody maintains a team here."""
    one = team_named(call)
    found = [] if call.query.get("role") == "maintainer" else _members(call, one)
    chunk, headers = page_of(call, found)
    return Reply(200, [simple_user(call, member) for member in chunk], headers)


def team_membership(call: Call) -> Reply:
    one = team_named(call)
    wanted = call.names["user"].casefold()
    login = next((each.login for each in _members(call, one) if each.login.casefold() == wanted), None)
    if login is None:
        raise not_found()
    url = f"{call.api}/orgs/{one.organization}/teams/{one.slug}/memberships/{quote(login)}"
    return Reply(200, {"state": "active", "role": "member", "url": url})


def _members(call: Call, team: Team) -> list[Account]:
    found = (call.state.account(login) for login in team.members)
    return [one for one in found if one is not None]


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
