"""Users, organizations, teams and Apps as GitHub shows them."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote

from envsync.sandbox.state import Role

if TYPE_CHECKING:
    from envsync.sandbox.call import Call
    from envsync.sandbox.exchange import Json
    from envsync.sandbox.state import Account, AccountType, App, Team

Shape = dict[str, "Json"]

_NODES: dict[AccountType, str] = {"User": "U", "Organization": "O", "Bot": "BOT"}
# What an App asks for that offers a protection rule and nothing is known of.
_OF_A_RULE = {"actions": "read", "deployments": "write", "metadata": "read"}


def node_id(prefix: str, number: int) -> str:
    return f"{prefix}_{urlsafe_b64encode(number.to_bytes(8, 'big')).decode().rstrip('=')}"


def simple_user(call: Call, account: Account) -> Shape:
    """A user, or an organization in the place of one."""
    url = f"{call.api}/users/{quote(account.login)}"
    page = account.login if account.type != "Bot" else f"apps/{account.login.removesuffix('[bot]')}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id(_NODES[account.type], account.id),
        "avatar_url": f"{call.site}/avatars/u/{account.id}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{call.site}/{page}",
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": account.type,
        "user_view_type": "public",
        "site_admin": False,
    }


def public_user(call: Call, account: Account) -> Shape:
    owned = [one for one in call.state.repositories.values() if one.owner.casefold() == account.login.casefold()]
    return {
        **simple_user(call, account),
        "name": None,
        "company": None,
        "blog": "",
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": sum(not one.private for one in owned),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": account.created_at,
        "updated_at": account.created_at,
    }


def private_user(call: Call, account: Account) -> Shape:
    owned = [one for one in call.state.repositories.values() if one.owner.casefold() == account.login.casefold()]
    private = sum(one.private for one in owned)
    return {
        **public_user(call, account),
        "user_view_type": "private",
        "private_gists": 0,
        "total_private_repos": private,
        "owned_private_repos": private,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
        "plan": {"name": account.plan.value, "space": 0, "collaborators": 0, "private_repos": 0},
    }


def organization(call: Call, account: Account) -> Shape:
    url = f"{call.api}/orgs/{account.login}"
    owned = [one for one in call.state.repositories.values() if one.owner.casefold() == account.login.casefold()]
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("O", account.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{call.site}/avatars/u/{account.id}?v=4",
        "description": None,
        "html_url": f"{call.site}/{account.login}",
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": sum(not one.private for one in owned),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "type": "Organization",
        "created_at": account.created_at,
        "updated_at": account.created_at,
        "archived_at": None,
    }


def organization_with_plan(call: Call, account: Account) -> Shape:
    plan: Shape = {"name": account.plan.value, "space": 0, "private_repos": 0}
    return {**organization(call, account), "plan": plan}


def permissions_of(role: Role | None) -> dict[str, bool]:
    ranking = list(Role)
    held = ranking.index(role) if role is not None else -1
    return {one.value: ranking.index(one) <= held for one in reversed(ranking)}


def team(call: Call, one: Team) -> Shape:
    url = f"{call.api}/orgs/{one.organization}/teams/{one.slug}"
    return {
        "id": one.id,
        "node_id": node_id("T", one.id),
        "name": one.slug,
        "slug": one.slug,
        "description": None,
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "url": url,
        "html_url": f"{call.site}/orgs/{one.organization}/teams/{one.slug}",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "permission": "pull",
        "type": "organization",
        "parent": None,
    }


def team_in_repository(call: Call, one: Team, role: Role) -> Shape:
    return {**team(call, one), "permission": role.value, "permissions": permissions_of(role)}


def team_in_full(call: Call, one: Team, owner: Account) -> Shape:
    slug = one.slug.casefold()
    repositories = [
        repository
        for repository in call.state.repositories.values()
        if repository.owner.casefold() == one.organization.casefold() and slug in repository.teams
    ]
    return {
        **team(call, one),
        "created_at": one.created_at,
        "updated_at": one.created_at,
        "members_count": len(one.members),
        "repos_count": len(repositories),
        "organization": organization(call, owner),
    }


def rule_app(call: Call, app: App) -> Shape:
    return {
        "id": app.id,
        "slug": app.slug,
        "integration_url": f"{call.api}/apps/{app.slug}",
        "node_id": node_id("A", app.id),
    }


def integration(call: Call, app: App, owner: Account) -> Shape:
    permissions: Shape = dict(app.permissions or _OF_A_RULE)
    return {
        "id": app.id,
        "slug": app.slug,
        "node_id": node_id("A", app.id),
        "client_id": app.client_id,
        "owner": simple_user(call, owner),
        "name": app.name or app.slug,
        "description": None,
        "external_url": f"{call.site}/apps/{app.slug}",
        "html_url": f"{call.site}/apps/{app.slug}",
        "created_at": app.created_at,
        "updated_at": app.created_at,
        "permissions": permissions,
        "events": ["deployment_protection_rule"] if app.offers_rule else [],
    }
