"""Repositories, lists of them, and who has access."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.sandbox.account_shapes import permissions_of, simple_user, team_in_repository
from envsync.sandbox.exchange import Reply, failure, not_found
from envsync.sandbox.identification import acts_as_bot
from envsync.sandbox.identities import account, organization_account, team_named
from envsync.sandbox.paging import page_of
from envsync.sandbox.permissions import may_see
from envsync.sandbox.repository_shapes import full, minimal, usual
from envsync.sandbox.state import Role, role_of_team, role_of_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from envsync.sandbox.account_shapes import Shape
    from envsync.sandbox.call import Call
    from envsync.sandbox.state import Account, Repository

# GitHub shows and takes `write` and `read` where a role is named, and `push` and `pull` where rights are listed.
_SHOWN = {Role.PUSH: "write", Role.PULL: "read"}
_LEGACY = {Role.MAINTAIN: "write", Role.TRIAGE: "read", **_SHOWN}


def get(call: Call) -> Reply:
    return Reply(200, full(call, call.repository, call.owner))


def of_organization(call: Call) -> Reply:
    owner = organization_account(call)
    kind = call.query.get("type", "all")
    return _listing(call, [one for one in _owned(call, owner) if _is_of(kind, one)], minimal, "created")


def of_user(call: Call) -> Reply:
    """Public ones alone, even to whom they belong."""
    owner = account(call, call.names["user"])
    return _listing(call, [one for one in _owned(call, owner) if not one.private], minimal, "full_name")


def of_authenticated_user(call: Call) -> Reply:
    affiliations = call.query.get("affiliation", "owner,collaborator,organization_member").split(",")
    visibility = call.query.get("visibility", "all")
    found = [
        one
        for one in call.state.repositories.values()
        if may_see(call.token, one) and _is_of(visibility, one) and _affiliations(call, one) & {*affiliations}
    ]
    return _listing(call, found, usual, "full_name")


def _is_of(kind: str, repository: Repository) -> bool:
    match kind:
        case "public":
            return not repository.private
        case "private":
            return repository.private
        case "forks":
            return repository.fork
        case "sources":
            return not repository.fork
        case _:
            return True


def _owned(call: Call, owner: Account) -> list[Repository]:
    login = owner.login.casefold()
    return [
        one
        for one in call.state.repositories.values()
        if one.owner.casefold() == login and may_see(call.token, one)
    ]


def _affiliations(call: Call, repository: Repository) -> set[str]:
    login = call.token.login.casefold()
    if repository.owner.casefold() == login:
        return {"owner"}
    found = {"collaborator"} if login in repository.users else set()
    owner = call.state.accounts[repository.owner.casefold()]
    if owner.type == "Organization" and role_of_user(call.state, repository, login) is not None:
        found.add("organization_member")
    return found


def _listing(
    call: Call, found: list[Repository], shape: Callable[[Call, Repository, Account], Shape], sort: str
) -> Reply:
    by_name = call.query.get("sort", sort) == "full_name"
    ascending = call.query.get("direction", "asc" if by_name else "desc") == "asc"
    found.sort(key=lambda one: (one.full_name.casefold() if by_name else "", one.id), reverse=not ascending)
    chunk, headers = page_of(call, found)
    return Reply(200, [shape(call, one, call.state.accounts[one.owner.casefold()]) for one in chunk], headers)


# --- who has access ----------------------------------------------------------------------------------------


def collaborators(call: Call) -> Reply:
    """Only who may push sees who else may. A bot has no role: what counts for it is what was granted to its App.

    See "List repository collaborators" on docs.github.com.
    """
    ranking = list(Role)
    may_push = ranking[ranking.index(Role.PUSH) :]
    if not acts_as_bot(call) and role_of_user(call.state, call.repository, call.token.login) not in may_push:
        raise failure(403, "Must have push access to view repository collaborators.")
    wanted = call.query.get("permission", Role.PULL.value)
    found = [
        (user, role)
        for user in _people(call, call.query.get("affiliation", "all"))
        if (role := role_of_user(call.state, call.repository, user.login)) is not None
        and permissions_of(role).get(wanted, True)
    ]
    chunk, headers = page_of(call, found)
    return Reply(200, [_collaborator(call, user, role) for user, role in chunk], headers)


def _people(call: Call, affiliation: str) -> list[Account]:
    """Whose members an organization has is known by its teams alone."""
    repository = call.repository
    direct = {repository.owner.casefold(), *repository.users}
    organization = [one for one in call.state.teams.values() if one.organization == repository.owner]
    members = {login.casefold() for one in organization for login in one.members}
    match affiliation:
        case "direct":
            logins = direct
        case "outside":
            logins = direct - members - {repository.owner.casefold()}
        case _:
            logins = direct | members
    found = (call.state.account(login) for login in logins)
    people = [one for one in found if one is not None and one.type != "Organization"]
    return sorted(people, key=lambda one: one.id)


def _collaborator(call: Call, user: Account, role: Role) -> Shape:
    rights: Shape = {**permissions_of(role)}
    return {**simple_user(call, user), "permissions": rights, "role_name": _SHOWN.get(role, role.value)}


def is_collaborator(call: Call) -> Reply:
    if role_of_user(call.state, call.repository, call.names["user"]) is None:
        raise not_found()
    return Reply(204)


def permission_of_user(call: Call) -> Reply:
    """Everybody reads what is public, collaborator or not."""
    user = account(call, call.names["user"])
    role = role_of_user(call.state, call.repository, user.login)
    if role is None and not call.repository.private:
        role = Role.PULL
    shown = _SHOWN.get(role, role.value) if role is not None else "none"
    legacy = _LEGACY.get(role, role.value) if role is not None else "none"
    shape = {**simple_user(call, user), "permissions": permissions_of(role), "role_name": shown}
    return Reply(200, {"permission": legacy, "role_name": shown, "user": shape})


def teams(call: Call) -> Reply:
    repository = call.repository
    found = [
        (one, role)
        for slug, role in repository.teams.items()
        if (one := call.state.team(repository.owner, slug)) is not None
    ]
    chunk, headers = page_of(call, found)
    return Reply(200, [team_in_repository(call, one, role) for one, role in chunk], headers)


def team_access(call: Call) -> Reply:
    """204 says that there is access; the repository itself comes to whom asks for that media type."""
    role = role_of_team(call.repository, team_named(call))
    if role is None:
        raise not_found()
    if "repository+json" not in call.headers.get("accept", ""):
        return Reply(204)
    rights = permissions_of(role)
    return Reply(200, {**usual(call, call.repository, call.owner), "permissions": rights, "role_name": role.value})
