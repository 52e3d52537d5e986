"""Apps that sign in with a key: what they are, where they are installed, and the tokens that they get there."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from envsync.sandbox.account_shapes import integration, simple_user
from envsync.sandbox.call import body_object, brief, whole_number
from envsync.sandbox.exchange import Reply, failure, invalid_request, not_found, timestamp
from envsync.sandbox.identification import suspended
from envsync.sandbox.identities import account, organization_account, owner_of_app
from envsync.sandbox.paging import page_of
from envsync.sandbox.permissions import LEVELS, covers
from envsync.sandbox.repository_shapes import usual
from envsync.sandbox.state import SERVICE_LOGIN, Token, bot_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.sandbox.account_shapes import Shape
    from envsync.sandbox.call import Call
    from envsync.sandbox.state import Account, Installation, Repository


def get(call: Call) -> Reply:
    shape = integration(call, call.app, owner_of_app(call, call.app))
    return Reply(200, {**shape, "installations_count": len(call.state.installations_of(call.app))})


# --- where it is installed -----------------------------------------------------------------------------------


def installations(call: Call) -> Reply:
    chunk, headers = page_of(call, call.state.installations_of(call.app))
    return Reply(200, [{**_shape(call, one), "account": _described(call, one)} for one in chunk], headers)


def _described(call: Call, one: Installation) -> Shape:
    """Here alone, GitHub's description wants what a user and an enterprise have, both at once."""
    owner = account(call, one.account)
    enterprise: Shape = {
        "name": owner.login,
        "slug": owner.login,
        "created_at": owner.created_at,
        "updated_at": owner.created_at,
    }
    return {**simple_user(call, owner), **enterprise}


def installation(call: Call) -> Reply:
    return Reply(200, _shape(call, _installation(call)))


def installation_on_repository(call: Call) -> Reply:
    found = [one for one in call.state.installations_of(call.app) if one.covers(call.repository)]
    return _first(call, found)


def installation_on_organization(call: Call) -> Reply:
    return _on_account(call, organization_account(call))


def installation_on_user(call: Call) -> Reply:
    """GitHub finds organizations here as well."""
    return _on_account(call, account(call, call.names["user"]))


def _on_account(call: Call, owner: Account) -> Reply:
    login = owner.login.casefold()
    return _first(call, [one for one in call.state.installations_of(call.app) if one.account.casefold() == login])


def _first(call: Call, found: list[Installation]) -> Reply:
    if not found:
        raise not_found()
    return Reply(200, _shape(call, found[0]))


def _installation(call: Call) -> Installation:
    found = call.state.installations.get(call.number("installation_id"))
    if found is None or found.app_id != call.app.id:
        raise not_found()
    return found


def _shape(call: Call, one: Installation) -> Shape:
    owner, url = account(call, one.account), f"{call.api}/app/installations/{one.id}"
    settings = f"organizations/{owner.login}/settings" if owner.type == "Organization" else "settings"
    return {
        "id": one.id,
        "account": simple_user(call, owner),
        "repository_selection": _selection(one.repositories),
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{call.api}/installation/repositories",
        "html_url": f"{call.site}/{settings}/installations/{one.id}",
        "app_id": call.app.id,
        "client_id": call.app.client_id,
        "app_slug": call.app.slug,
        "target_id": owner.id,
        "target_type": owner.type,
        "permissions": dict(one.permissions),
        "events": [],
        "created_at": one.created_at,
        "updated_at": one.created_at,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": simple_user(call, account(call, SERVICE_LOGIN)) if one.suspended else None,
        "suspended_at": one.created_at if one.suspended else None,
    }


def _selection(repositories: list[str] | None) -> str:
    return "all" if repositories is None else "selected"


# --- tokens --------------------------------------------------------------------------------------------------


def create_token(call: Call) -> Reply:
    one = _installation(call)
    if one.suspended:
        raise suspended()
    body = {} if call.body is None else body_object(call)
    chosen = _chosen(call, one, body)
    token = Token(
        f"ghs_{secrets.token_hex(18)}",
        bot_of(call.state, call.app, call.now).login,
        _narrowed(one, body),
        None if chosen is None else [repository.full_name for repository in chosen],
        expires_at=timestamp(call.options.now() + timedelta(seconds=call.options.token_seconds)),
        installation=one.id,
        account=one.account,
    )
    _forget_expired(call)
    call.state.issued[token.value] = token
    shape: Shape = {
        "token": token.value,
        "expires_at": token.expires_at,
        "permissions": dict(token.permissions),
        "repository_selection": _selection(one.repositories if chosen is None else token.repositories),
    }
    if chosen is not None:
        shape["repositories"] = [_repository(call, repository) for repository in chosen]
    return Reply(201, shape)


def repositories(call: Call) -> Reply:
    """Those that the token covers."""
    found = [one for one in call.state.repositories.values() if covers(call.token, one)]
    chunk, headers = page_of(call, found)
    shape: Shape = {
        "total_count": len(found),
        "repository_selection": _selection(call.token.repositories),
        "repositories": [_repository(call, one) for one in chunk],
    }
    return Reply(200, shape, headers)


def _chosen(call: Call, one: Installation, body: Mapping[str, object]) -> list[Repository] | None:
    """The repositories that the body names, by name or by id; None if it names none."""
    names = [_name(value) for value in _array(body, "repositories")]
    ids = [whole_number(value, "properties/repository_ids") for value in _array(body, "repository_ids")]
    if not names and not ids:
        return None
    chosen: dict[int, Repository] = {}
    for found in (
        *(call.state.repositories.get(f"{one.account}/{name}".casefold()) for name in names),
        *(call.state.repository_of_id(number) for number in ids),
    ):
        if found is None or not one.covers(found):
            raise failure(
                422,
                "There is at least one repository that does not exist or is not accessible to the parent "
                "installation.",
            )
        chosen[found.id] = found
    return list(chosen.values())


def _narrowed(one: Installation, body: Mapping[str, object]) -> dict[str, str]:
    asked = body.get("permissions")
    if asked is None:
        return dict(one.permissions)
    if not isinstance(asked, dict):
        raise invalid_request(f"For 'properties/permissions', {brief(asked)} is not an object.")
    for name, level in asked.items():
        held = one.permissions.get(name)
        if level not in LEVELS or held not in LEVELS or LEVELS.index(level) > LEVELS.index(held):
            raise failure(422, "The permissions requested are not granted to this installation.")
    return {**asked, "metadata": "read"}


def _array(body: Mapping[str, object], key: str) -> list[object]:
    value = body.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid_request(f"For 'properties/{key}', {brief(value)} is not an array.")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise invalid_request(f"For 'properties/repositories', {brief(value)} is not a string.")
    return value


def _repository(call: Call, repository: Repository) -> Shape:
    return usual(call, repository, call.state.accounts[repository.owner.casefold()])


def _forget_expired(call: Call) -> None:
    issued = call.state.issued
    for value in [
        one.value for one in issued.values() if one.expires_at is not None and one.expires_at <= call.now
    ]:
        del issued[value]
